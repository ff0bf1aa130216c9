"""The literature behind a result file, as BibTeX."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import h5py

from neurospine.description.hdf5_files import opened
from neurospine.description.library import list_files, read_text
from neurospine.description.references import Reference, references
from neurospine.errors import ResultError

#: Of the simulator, and of random numbers that do not depend on order.
_SIMULATION = ("stimberg2019", "salmon2011")
_CUDA = "alevi2022"


def citations(paths: Iterable[str | Path]) -> list[Reference]:
    """Return the publications that runs rest on, sorted by key.

    They are those that files of models, disorders, protocols and networks name (a result holds
    the texts), those of the published values that protocols compare with or draw, and of the
    simulator.

    Parameters
    ----------
    paths
        Files that `run` or `learn` wrote.

    Raises
    ------
    ResultError
        If there is no such file, or it is no result.
    """
    known, found = references(), set()
    for path in paths:
        words: set[str] = set()
        for text in _texts(Path(path)):
            words |= set(re.findall(r"\w+", text))
        for name, table in list_files("data", ".csv").items():
            if name in words:  # the first line of a table names the publication
                words |= set(re.findall(r"\w+", read_text(table).split("\n", 1)[0]))
        found |= words & known.keys()
    return [known[key] for key in sorted(found)]


def _texts(path: Path) -> list[str]:
    """Return the texts in a result file that name publications, and the keys of the software."""
    if not path.is_file():
        raise ResultError(f"{path}: no such file")

    def unreadable(why: str) -> ResultError:
        what = "result of 'run' or 'learn'" if h5py.is_hdf5(path) else "HDF5 file"
        return ResultError(f"{path}: is no {what} ({why})")

    with opened(path, unreadable) as file:
        found = list(_of_run(file) if "files" in file else _of_learning(file))
        if not all(isinstance(text, str) for text in found):
            raise TypeError("a file in it is no text")
        return found


def _of_run(file: h5py.File) -> Iterator[str]:
    yield " ".join(_SIMULATION)
    yield _CUDA if file.attrs["backend"] == "cuda" else ""
    for kind in ("models", "disorders", "protocols"):
        for dataset in file["files"].get(kind, {}).values():
            yield dataset.asstr()[()]


def _of_learning(file: h5py.File) -> Iterator[str]:
    for network in file["networks"].values():
        text = network["network"].asstr()[()]
        yield text
        if re.search(r'^kind *= *"spiking_network"', text, re.MULTILINE):
            yield " ".join(_SIMULATION)


def bibtex(reference: Reference) -> str:
    """Return an entry of BibTeX, in UTF-8, with the key that files use."""
    fields = {
        "author": " and ".join(_author(name) for name in reference.authors.split(", ")),
        "title": f"{{{reference.title}}}",
        "journal": reference.journal,
        "volume": reference.volume,
        "pages": reference.pages.replace("-", "--"),
        "year": str(reference.year),
        "doi": reference.doi,
    }
    lines = [
        f"  {name:<7} = {{{text if name == 'doi' else _escaped(text)}}},"
        for name, text in fields.items()
        if text
    ]
    return "\n".join([f"@article{{{reference.key},", *lines, "}"])


def _author(name: str) -> str:
    """Return ``Family, A. B.`` of ``Family AB``."""
    if name == "et al.":
        return "others"
    family, _, initials = name.rpartition(" ")
    return f"{family}, {' '.join(f'{letter}.' for letter in initials.replace('-', ''))}"


def _escaped(text: str) -> str:
    return re.sub(r"[&%#_$]", r"\\\g<0>", text)
