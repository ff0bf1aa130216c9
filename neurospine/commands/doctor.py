"""`doctor`: what there is for each backend, and what installs what is missing."""

from __future__ import annotations

from typing import Annotated

import typer

from neurospine.commands import completion
from neurospine.errors import BuildError, suggest
from neurospine.run_output import err, out


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
    measure: Annotated[
        bool,
        typer.Option("--measure", help="Measure from which size of a network on a GPU is faster."),
    ] = False,
) -> None:
    """Show what each backend needs, what of it is here, and what installs the rest.

    - `neurospine doctor`
    - `neurospine doctor --backend cuda`

    The exit status is 0 if the backend named (without a name: cpp) has all it needs, else 1.

    On a machine with a GPU `--measure` runs plastic networks of 1e4 to 3e6 spines there and on one
    core, which takes a few minutes, and remembers from which size on the GPU is worth it.
    """
    from neurospine.simulation import break_even
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
        if name == "cuda":
            if measure and lacking:
                missing = ", ".join(finding.what for finding in lacking)
                raise BuildError(f"nothing can be measured, cuda lacks: {missing}")
            if measure:
                break_even.keep(break_even.measure(watch=_say))
            known = break_even.last_measured()
            text = str(known) if known else "not measured; neurospine doctor --measure does it"
            out.print(f"  {'break-even':<16}{text}", highlight=False, markup=False, soft_wrap=True)
    if any(finding.found is None for finding in found[backend or "cpp"]):
        raise typer.Exit(1)


def _say(what: str) -> None:
    err.print(f"measuring: {what}", highlight=False, markup=False)
