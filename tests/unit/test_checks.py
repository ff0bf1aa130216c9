"""Each check has a pair of files, `valid/NAME.toml` and `invalid/NAME.toml`.

The first line of a bad file gives the words that the error must have.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from neurospine.description.library import display
from neurospine.errors import NeurospineError
from neurospine.listing import check_files

HERE = Path(__file__).parent
NAMES = sorted(path.stem for path in (HERE / "invalid").glob("*.toml"))


def test_each_bad_file_has_a_good_one() -> None:
    assert NAMES
    assert sorted(path.stem for path in (HERE / "valid").glob("*.toml")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_good_file_passes(name: str) -> None:
    path = HERE / "valid" / f"{name}.toml"
    (line,) = check_files([str(path)], everything=False)
    assert line.startswith(f"{display(path)}: ok")


@pytest.mark.parametrize("name", NAMES)
def test_a_bad_file_is_refused_with_file_table_and_key(name: str) -> None:
    path = HERE / "invalid" / f"{name}.toml"
    first, _ = path.read_text().split("\n", 1)
    words = first.removeprefix("# error: ").split(" | ")
    with pytest.raises(NeurospineError) as caught:
        list(check_files([str(path)], everything=False))
    message = str(caught.value)
    assert message.startswith(f"{display(path)}: ")
    assert [word for word in words if word not in message] == []
    assert "\n" not in message
