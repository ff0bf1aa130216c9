"""The page as a file: safe, whole, and refused where there is nothing to report."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import neurospine
from neurospine import NeurospineError, Trajectory, write_report
from neurospine.report_page.figures_data import script_json, short, spread

HOSTILE = "</script><script>document.title='taken'</script><img src=x onerror=alert(1)>&\"'"


class Elements(HTMLParser):
    """Collects tags with their attributes, and the texts of scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(scope="module")
def page(living_file: Path) -> str:
    return write_report(living_file, living_file.parent / "page.html").read_text("utf-8")


@pytest.fixture
def hostile_file(living_file: Path, tmp_path: Path) -> Path:
    """A result whose texts try to become part of the page."""
    made = Trajectory.from_hdf5(living_file)
    files = dict(made.info.files)
    protocol = files["protocols/living"].replace("Pairs of spikes, then days.", HOSTILE_TOML)
    protocol = (
        protocol.replace("[-10, 10]", f'["{HOSTILE_TOML}", "b"]')
        .replace('unit    = "ms"\n', "")
        .replace('interval     = "interval"', 'interval     = "5 ms"')
    )
    files["protocols/living"] = protocol
    conditions = made.info.conditions.assign(interval=np.array([HOSTILE, "b"], object))
    parameters = made.info.parameters.copy()
    parameters["meaning"] = HOSTILE
    info = replace(made.info, files=files, conditions=conditions, parameters=parameters)
    return replace(made, info=info, measures={}).to_hdf5(tmp_path / "hostile.h5")


HOSTILE_TOML = HOSTILE.replace('"', '\\"')


def test_texts_of_files_never_become_html(hostile_file: Path, page: str) -> None:
    made = write_report(hostile_file).read_text("utf-8")
    elements, usual = Elements(made), Elements(page)
    assert "taken" in made  # it is there, as a text
    assert len(elements.of("script")) == len(usual.of("script")) == 2
    assert len(elements.of("img")) == len(usual.of("img")) == 1
    for _, attributes in elements.found:
        assert not [name for name in attributes if name.startswith("on")]
    (data,) = re.findall(r'<script type="application/json" id="run-0-data">(.*?)</script>', made)
    assert json.loads(data)["conditions"][0].endswith(HOSTILE)


def test_json_cannot_leave_its_element() -> None:
    made = script_json({"a": f"{HOSTILE}<!--\u2028"})
    assert not set("<>&'\u2028") & set(made)
    assert json.loads(made) == {"a": f"{HOSTILE}<!--\u2028"}
    with pytest.raises(ValueError, match="JSON"):
        script_json(float("nan"))


def test_numbers_are_short() -> None:
    assert short([0.123456, np.nan, np.inf, 2.0, 0]) == [0.1235, None, None, 2, 0]
    assert spread(5, 9).tolist() == [0, 1, 2, 3, 4]
    assert spread(100, 3).tolist() == [0, 50, 99]


def test_the_page_needs_nothing_else(page: str) -> None:
    elements = Elements(page)
    sources = [a.get("src") for _, a in elements.found if "src" in a]
    assert all(str(source).startswith("data:image/png;base64,") for source in sources)
    assert not any("src" in attributes for attributes in elements.of("script"))
    assert [a["href"] for a in elements.of("link")] == ["data:,"]
    links = [str(a["href"]) for a in elements.of("a")]
    assert all(link.startswith(("#", "https://doi.org/10.")) for link in links)
    ids = {a["id"] for _, a in elements.found if "id" in a}
    assert {link[1:] for link in links if link.startswith("#")} <= ids
    (policy,) = (m["content"] for m in elements.of("meta") if "http-equiv" in m)
    assert str(policy).startswith("default-src 'none'; img-src data:;")
    assert "unsafe" not in str(policy)
    assert not any("style" in attributes for _, attributes in elements.found)


def test_headings_go_down_one_by_one(page: str) -> None:
    levels = [int(tag[1]) for tag, _ in Elements(page).found if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))


def test_the_page_says_what_was_run(page: str) -> None:
    text = " ".join(Elements(page).texts)
    for words in (
        "Pairs of spikes, then days.", "living.h5", "bi_poo_all_to_all", "spines are lost",
        "1 met, 0 near, 0 miss of 1", 'n_<wbr>sites</th><td class="number">60</td>', "override",
        "@article{kasai2021,",
        "200 of 240 sites", "Left out", "The circuit has no neuromodulator.",
    ):  # fmt: skip
        assert words in text or words in page, words


def test_runs_come_side_by_side(living_file: Path, dopamine_file: Path, tmp_path: Path) -> None:
    made = write_report([living_file, dopamine_file], tmp_path / "both.html").read_text("utf-8")
    text = re.sub(r"\s+", " ", " ".join(Elements(made).texts))
    assert "2 runs: living, burst" in text
    assert "Where the runs differ" in text
    assert made.count("@article{stimberg2019,") == 1
    (row,) = re.findall(r"<tr><th scope=\"row\">Protocol</th>.*?</tr>", made)
    assert "<td>living</td><td>burst</td>" in row
    row = re.findall(r"<tr><th scope=\"row\">spines are lost</th>.*?</tr>", made, re.DOTALL)[0]
    assert row.count("<td") == 3
    assert "met" in row


def test_a_run_that_was_cut_off_has_no_scorecard(living_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.h5"
    path.write_bytes(living_file.read_bytes())
    with h5py.File(path, "r+") as file:
        file.attrs["complete"] = False
    made = write_report(path).read_text("utf-8")
    assert "This run was cut off before its end" in made
    assert "0 near" not in made


def _missing(folder: Path) -> Path:
    return folder / "none.h5"


def _text(folder: Path) -> Path:
    (folder / "text.h5").write_text("no HDF5")
    return folder / "text.h5"


def _other(folder: Path) -> Path:
    with h5py.File(folder / "other.h5", "w") as file:
        file["x"] = 1
    return folder / "other.h5"


def _learnt(folder: Path) -> Path:
    with h5py.File(folder / "learnt.h5", "w") as file:
        file.create_group("networks")
    return folder / "learnt.h5"


def _half(folder: Path) -> Path:
    (folder / "half.h5.part").mkdir()
    return folder / "half.h5.part"


def _folder(folder: Path) -> Path:
    (folder / "sweep").mkdir()
    return folder / "sweep"


def _empty(folder: Path) -> Path:
    with h5py.File(folder / "empty.h5", "w") as file:
        file.create_group("files")
    return folder / "empty.h5"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (_missing, "no such file"),
        (_text, "no HDF5 file"),
        (_other, "is no result of 'run'"),
        (_learnt, "is a result of 'learn'; reports are of results of 'run'"),
        (_half, "half.h5.part: is half a result; 'neurospine run --resume' ends"),
        (_folder, "is a folder; name the result files in it"),
        (_empty, "an HDF5 file, but not a neurospine result"),
    ],
)
def test_what_is_no_result_is_refused(
    make: Callable[[Path], Path], message: str, tmp_path: Path
) -> None:
    target = tmp_path / "page.html"
    with pytest.raises(NeurospineError, match=message):
        write_report(make(tmp_path), target)
    assert not target.exists()


def test_a_result_without_its_protocol_is_refused(living_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "bare.h5"
    path.write_bytes(living_file.read_bytes())
    with h5py.File(path, "r+") as file:
        del file["files/protocols/living"]
    with pytest.raises(NeurospineError, match=r"bare\.h5: .*nothing called 'living'"):
        write_report(path)
    with h5py.File(path, "r+") as file:
        del file.attrs["seed"]
    with pytest.raises(NeurospineError, match=r"bare\.h5: .*seed"):
        write_report(path)


def test_the_command_writes_beside_and_asks_before_it_replaces(
    command: Any, living_file: Path
) -> None:
    Path("run.h5").write_bytes(living_file.read_bytes())
    Path("run.html").write_text("mine")
    said = command("report", "run.h5")
    assert said.status == 2
    assert "run.html: exists already" in said.err
    assert Path("run.html").read_text() == "mine"
    said = command("report", "run.h5", "--force")
    assert (said.status, said.out.strip()) == (0, "run.html")
    assert Path("run.html").read_text("utf-8").startswith("<!doctype html>")
    said = command("report", "run.h5", "-o", "run.h5", "--force")
    assert said.status == 2
    assert "must be the name of a page, such as run.html" in said.err
    assert sorted(path.name for path in Path().iterdir()) == ["run.h5", "run.html"]


def test_the_function_is_found_when_it_is_wanted() -> None:
    assert neurospine.write_report is write_report
    with pytest.raises(AttributeError, match="no attribute 'write_repor'"):
        neurospine.write_repor  # noqa: B018
