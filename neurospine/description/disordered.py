"""The numbers of a model under disorders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from neurospine.description.disorder import Change, Disorder
from neurospine.description.library import display, find_file, list_files, parse_toml, read_text
from neurospine.description.parameters import OVERRIDE, Parameters
from neurospine.errors import LibraryError, ModelError, NeurospineError, suggest


def load_disorder(name: str | Path) -> Disorder:
    """Return a disorder by library name or path.

    Raises
    ------
    LibraryError
        If there is no such file.
    ModelError
        If the file is wrong.
    """
    known = list_files("models")
    if not str(name).endswith(".toml") and str(name) not in known:
        raise LibraryError(
            f"no disorder named {str(name)!r}. {suggest(str(name), disorder_names())}"
        )
    path = find_file(name, "models")
    origin, text = display(path), read_text(path)
    kind = parse_toml(text, origin).get("kind")
    if kind != "disorder":
        raise ModelError(f"{origin}: a disorder is wanted here, this is a {kind}")
    disorder = Disorder.from_text(text, origin)
    if disorder.name != path.stem:
        raise ModelError(
            f"{origin}: the name inside is {disorder.name!r}; it must agree with the file's, "
            f"{path.stem!r}"
        )
    return disorder


def disorder_names() -> list[str]:
    """Return the names of the disorders in the library."""
    return [
        name
        for name, path in list_files("models").items()
        if parse_toml(read_text(path), display(path)).get("kind") == "disorder"
    ]


def disordered(
    control: Parameters, disorders: Sequence[Disorder], moment: float | None = None
) -> Parameters:
    """Return the parameters of a model under disorders, which are applied in their order.

    Factors of one disorder on a parameter multiply, each with its own course.

    Parameters
    ----------
    control
        The numbers without them.
    disorders
        What changes them.
    moment
        The time in seconds from when courses count; by default all changes are complete.

    Raises
    ------
    ModelError
        If a change finds nothing in the model, two disorders change the same parameter (or one
        of them twice, and not by factors), or a value is out of range.
    """
    entries, earlier = dict(control.entries), dict[str, tuple[int, Change]]()
    for place, disorder in enumerate(disorders):
        for number, change in enumerate(disorder.changes, 1):
            course = change.course
            degree = 1.0 if course is None or moment is None else course.degree(moment)
            try:
                for full in changed_by(change, control):
                    owner, before = earlier.get(full, (place, None))
                    if owner != place:
                        name = disorders[owner].name
                        raise ModelError(f"{full} is changed by the disorder {name!r} already")
                    if before and (before.factor is None or change.factor is None):
                        raise ModelError(f"{full} is changed twice; only factors go together")
                    if change.value is not None and entries[full].source == OVERRIDE:
                        raise ModelError(
                            f"gives {full} a value, so no other can be given for it in this run"
                        )
                    entries[full] = change.applied(entries[full], disorder.name, degree)
                    earlier[full] = place, change
            except NeurospineError as error:
                raise ModelError(
                    f"disorder {disorder.name!r}: [[changes]] {number}: {error}"
                ) from None
    return Parameters(entries)


def changed_by(change: Change, parameters: Parameters) -> list[str]:
    """Return the qualified names of the parameters that a change is about.

    Raises
    ------
    ModelError
        If there is none; the message lists what the model has.
    """
    if change.parameter:
        return [parameters.qualify(change.parameter)]
    found = [full for full, entry in parameters.entries.items() if entry.role == change.role]
    if not found:
        raise ModelError(
            f"no parameter of the model has the role {change.role!r}. {_roles(parameters)}"
        )
    return found


def _roles(parameters: Parameters) -> str:
    """Return in words which roles the parameters of a model have."""
    roles: dict[str, list[str]] = {}
    for full, entry in parameters.entries.items():
        if entry.role:
            roles.setdefault(entry.role, []).append(full)
    if not roles:
        return f"It has no parameter with a role; parameters: {', '.join(parameters.entries)}"
    listed = "; ".join(f"{role} ({', '.join(names)})" for role, names in sorted(roles.items()))
    return f"It has: {listed}"
