"""What `cite` says of results."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import pytest

from neurospine import NeurospineError, Protocol, load_protocol, simulate
from neurospine.analysis.citations import bibtex, citations
from neurospine.description.references import Reference, references


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose protocol compares with published values and draws points of others.

    One pair in a second is as much to cite as sixty in a minute.
    """
    path = tmp_path_factory.mktemp("runs") / "stdp_window.h5"
    text = load_protocol("stdp_window").text
    for whole, short in (('"61 s"', '"2 s"'), ("= 60\n", "= 1\n")):
        assert whole in text
        text = text.replace(whole, short)
    simulate(None, Protocol.from_text(text), backend="numpy", output=path)
    return path


def test_models_data_and_simulator_are_cited(result: Path) -> None:
    found = [reference.key for reference in citations([result])]
    assert found == sorted(set(found))
    assert {"bi_poo1998", "stimberg2019", "salmon2011"} <= set(found)
    assert "alevi2022" not in found  # it did not run on a GPU
    with h5py.File(result) as file:
        texts = [d.asstr()[()] for kind in file["files"].values() for d in kind.values()]
    words = set(re.findall(r"\w+", " ".join(texts)))
    assert words & references().keys() <= set(found)


def test_several_results_have_each_publication_once(result: Path, command: Any) -> None:
    said = command("cite", str(result), str(result))
    assert said.status == 0
    assert said.out.count("@article{stimberg2019,") == 1
    assert said.out.count("@article{") == len(citations([result]))


def test_an_entry_has_all_fields() -> None:
    made = Reference("a2001", "Brown AB, van der Berg C, et al.", "Ends & means", "Cell", 2001,
                     "10.1/a_b", "3", "4-5")  # fmt: skip
    assert bibtex(made).splitlines() == [
        "@article{a2001,",
        "  author  = {Brown, A. B. and van der Berg, C. and others},",
        r"  title   = {{Ends \& means}},",
        "  journal = {Cell},",
        "  volume  = {3},",
        "  pages   = {4--5},",
        "  year    = {2001},",
        "  doi     = {10.1/a_b},",
        "}",
    ]


@pytest.mark.parametrize("reference", references().values(), ids=lambda r: r.key)
def test_braces_of_every_reference_match(reference: Reference) -> None:
    text = bibtex(reference)
    assert text.count("{") == text.count("}")
    assert "author  = {" in text


def _missing(folder: Path) -> Path:
    return folder / "none.h5"


def _text(folder: Path) -> Path:
    path = folder / "text.h5"
    path.write_text("no HDF5")
    return path


def _other(folder: Path) -> Path:
    path = folder / "other.h5"
    with h5py.File(path, "w") as file:
        file["x"] = 1
    return path


def _half(folder: Path) -> Path:
    path = folder / "half.h5"
    with h5py.File(path, "w") as file:
        file["networks/some/weights"] = 1
    return path


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (_half, "is no result of"),
        (_missing, "no such file"),
        (_text, "is no HDF5 file"),
        (_other, "is no result of"),
    ],
)
def test_what_is_no_result_is_refused(
    make: Callable[[Path], Path], message: str, tmp_path: Path
) -> None:
    with pytest.raises(NeurospineError, match=message):
        citations([make(tmp_path)])
