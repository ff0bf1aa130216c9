"""`doctor`: what there is for each backend, and what installs what is missing."""

from __future__ import annotations

from typing import Annotated

import typer

from neurospine.commands import completion
from neurospine.errors import BuildError, suggest
from neurospine.run_output import out


def doctor(
    backend: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Show this one, and fail if it lacks something.",
            show_default=False,
            autocompletion=completion.backends,
        ),
    ] = None,
) -> None:
    """Show what each backend needs, what of it is here, and what installs the rest.

    - `neurospine doctor`
    - `neurospine doctor --backend cuda`

    The exit status is 0 if the backend named (without a name: cpp) has all it needs, else 1.
    """
    from neurospine.simulation.backends.examination import examine

    found = examine()
    if backend is not None and backend not in found:
        raise BuildError(f"no backend {backend!r}. {suggest(backend, found)}")
    for name in (backend,) if backend else found:
        lacking = [finding for finding in found[name] if finding.found is None]
        state = "ready" if not lacking else f"{len(lacking)} missing"
        out.print(f"{name}: {state}", style="bold", highlight=False)
        for finding in found[name]:
            said = finding.found or f"missing; {finding.remedy}"
            line = f"  {finding.what:<16}{said}"
            out.print(line, highlight=False, markup=False, soft_wrap=True)
    if any(finding.found is None for finding in found[backend or "cpp"]):
        raise typer.Exit(1)
