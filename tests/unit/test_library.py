"""Files are found by path, in the user's folders, then among the shipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from neurospine.description.library import (
    LARGEST_FILE,
    display,
    find_file,
    list_files,
    read_text,
    search_path,
    user_folder,
)
from neurospine.description.references import Reference, check_source, references
from neurospine.errors import LibraryError, ModelError, suggest

REFERENCE = """
[{key}]
authors = "A B, C D, E F"
title   = "A title"
journal = "Journal"
volume  = "3"
year    = 1999
doi     = "{doi}"
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the user's, searched first."""
    for folder in ("models", "protocols", "data/reference"):
        (tmp_path / "own" / folder).mkdir(parents=True)
    monkeypatch.setenv("NEUROSPINE_LIBRARY", str(tmp_path / "own"))
    return tmp_path / "own"


def test_names_are_searched_in_named_folders_then_the_users_then_the_shipped(
    own: Path, shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEUROSPINE_LIBRARY", f"{own}::/another")
    assert search_path() == (own, Path("/another"), user_folder(), shipped)
    monkeypatch.delenv("NEUROSPINE_LIBRARY")
    assert search_path() == (user_folder(), shipped)


def test_the_users_folder_follows_the_desktop_standard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert user_folder() == Path("/data/neurospine")
    monkeypatch.delenv("XDG_DATA_HOME")
    assert user_folder() == Path.home() / ".local/share/neurospine"


def test_the_first_hit_wins(own: Path, shipped: Path) -> None:
    assert find_file("pair", "models") == shipped / "models/plasticity/pair.toml"
    mine = own / "models" / "deep" / "pair.toml"
    mine.parent.mkdir()
    mine.touch()
    assert find_file("pair", "models") == list_files("models")["pair"] == mine


def test_a_path_is_taken_as_it_is(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(own)
    Path("pair.toml").touch()
    assert find_file("pair.toml", "models") == Path("pair.toml")
    assert find_file("./pair.toml", "models") == Path("pair.toml")
    with pytest.raises(LibraryError, match=r"no file none\.toml"):
        find_file("none.toml", "models")
    with pytest.raises(LibraryError, match="no file"):
        find_file("folder/pair", "models")


@pytest.mark.parametrize("name", ["", "..", "pair ", "PAIR", "../pair", "pair\x00"])
def test_odd_names_are_no_files(name: str) -> None:
    with pytest.raises(LibraryError):
        find_file(name, "models")


def test_an_unknown_name_gets_the_nearest_one() -> None:
    with pytest.raises(LibraryError, match=r"no model named 'tripled'\. Did you mean 'triplet'"):
        find_file("tripled", "models")


def test_files_are_shown_by_their_place_in_the_library(own: Path, tmp_path: Path) -> None:
    assert display(find_file("pair", "models")) == "models/plasticity/pair.toml"
    assert display(own / "models" / "x.toml") == "models/x.toml"
    assert display(tmp_path / "x.toml") == str(tmp_path / "x.toml")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe", "not a UTF-8"),
        (b"a" * (LARGEST_FILE + 1), "larger than"),
        (None, "cannot be read"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "x.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LibraryError) as caught:
        read_text(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert words in str(caught.value)


def test_a_user_may_add_references(own: Path) -> None:
    with pytest.raises(ModelError, match="'mine1999'"):
        check_source("mine1999")
    (own / "data/references.toml").write_text(REFERENCE.format(key="mine1999", doi="10.1234/x"))
    references_now = references()
    assert str(references_now["mine1999"]) == "A B et al. 1999, Journal 3, doi:10.1234/x"
    assert "pfister2006" in references_now
    check_source("mine1999")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (REFERENCE.format(key="a", doi="doi:10.1234/x"), "is not a DOI"),
        (REFERENCE.format(key="a", doi="10.12/x"), "is not a DOI"),
        (REFERENCE.format(key="a", doi="10.1234/x").replace('"10.1234/x"', "10.1234"), "DOI"),
        (REFERENCE.format(key="a", doi="10.1234/x") + "number = 3", "number"),
        (REFERENCE.format(key="a", doi="10.1234/x").replace('title   = "A title"', ""), "title"),
        (REFERENCE.format(key="assumed", doi="10.1234/x"), "assumed"),
        ("a = 3", "[a]"),
        ("[a", "not a TOML file"),
    ],
)
def test_a_wrong_reference_is_refused_with_file_and_key(own: Path, text: str, words: str) -> None:
    (own / "data/references.toml").write_text(text)
    with pytest.raises(LibraryError) as caught:
        references()
    message = str(caught.value)
    assert message.startswith("data/references.toml: ")
    assert words in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("authors", "shown"),
    [("A B", "A B 1999"), ("A B, C D", "A B and C D 1999"), ("A B, C D, E F", "A B et al. 1999")],
)
def test_authors_are_named_as_in_a_text(authors: str, shown: str) -> None:
    reference = Reference("k", authors, "T", "J", 1999, "10.1234/x")
    assert str(reference) == f"{shown}, J, doi:10.1234/x"


def test_suggestions_name_the_nearest_or_a_few() -> None:
    assert suggest("tau", ["tau_plus", "gain"]) == "Did you mean 'tau_plus'?"
    assert suggest("x", ["beta", "alpha"]) == "Known: alpha, beta."
    assert suggest("x", []) == "There is nothing to choose from."
    assert len(suggest("x", [f"name{k}" for k in range(2000)])) < 300
