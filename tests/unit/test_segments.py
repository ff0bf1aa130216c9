"""Records of a run in progress: whole ones are read back, torn and damaged ones are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurospine.errors import ResultError
from neurospine.results.segments import CONTACTS, SPIKES, append, checksum, read, segment_path

STREAM = "spines_pair"
TWO = ("<f8", "<f8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A stream of three records: two arrays of three, two and no elements."""
    for tick, count in ((0, 3), (10, 2), (20, 0)):
        values = np.arange(count) + tick
        append(tmp_path, STREAM, tick, count, values * 1.5, -values.astype(float))
    return tmp_path


def test_records_come_back_as_they_were_written(folder: Path) -> None:
    records = list(read(folder, STREAM))
    assert [(record.tick, record.count) for record in records] == [(0, 3), (10, 2), (20, 0)]
    one, other = records[1].arrays(TWO)
    assert (one.tolist(), other.tolist()) == ([15.0, 16.5], [-10.0, -11.0])
    assert [a.size for a in records[2].arrays(TWO)] == [0, 0]


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_spikes_are_padded_to_whole_words(tmp_path: Path, count: int) -> None:
    times, cells = np.arange(count) * 0.1, np.arange(count, dtype=np.int32)[::-1].copy()
    append(tmp_path, "spikes_cells", 5, count, times, cells)
    append(tmp_path, "spikes_cells", 6, 0, times[:0], cells[:0])
    (record, last) = read(tmp_path, "spikes_cells")
    assert [a.tolist() for a in record.arrays(SPIKES)] == [times.tolist(), cells.tolist()]
    assert segment_path(tmp_path, "spikes_cells").stat().st_size % 8 == 0
    assert last.tick == 6


@pytest.mark.parametrize("count", [0, 1, 3, 8, 9])
def test_arrays_of_any_width_begin_at_whole_words(tmp_path: Path, count: int) -> None:
    random = np.random.default_rng(0)
    columns = [random.integers(1, 100, count).astype(kind) for kind in CONTACTS]
    append(tmp_path, "contacts_pair", 5, count, *columns)
    (record,) = read(tmp_path, "contacts_pair")
    found = record.arrays(CONTACTS)
    assert [a.dtype for a in found] == [np.dtype(kind) for kind in CONTACTS]
    assert [a.tolist() for a in found] == [column.tolist() for column in columns]
    assert record.payload.size == sum(-(-a.nbytes // 8) * 8 for a in columns)


def test_traces_have_times_and_a_row_for_each(tmp_path: Path) -> None:
    values = np.arange(12.0).reshape(2, 2, 3)
    append(tmp_path, "traces_cells", 0, 2, np.array([0.5, 1.0]), *values)
    (record,) = read(tmp_path, "traces_cells")
    times, *arrays = record.samples(2, 3)
    assert times.tolist() == [0.5, 1.0]
    assert np.array_equal(arrays, values)


def test_a_stream_that_was_never_written_is_empty(tmp_path: Path) -> None:
    assert list(read(tmp_path, STREAM)) == []
    segment_path(tmp_path, STREAM).touch()
    assert list(read(tmp_path, STREAM)) == []


def test_a_stream_torn_at_any_byte_ends_before_the_torn_record(folder: Path) -> None:
    append(folder, STREAM, 30, 1, np.ones(1), np.zeros(1))
    path = segment_path(folder, STREAM)
    whole = path.read_bytes()
    start = len(whole) - 5 * 8 - 2 * 8
    for size in range(start, len(whole)):
        path.write_bytes(whole[:size])
        assert [record.tick for record in read(folder, STREAM)] == [0, 10, 20]
    path.write_bytes(whole)
    assert [record.tick for record in read(folder, STREAM)] == [0, 10, 20, 30]


def test_a_flipped_bit_ends_the_stream_at_its_record(folder: Path) -> None:
    path = segment_path(folder, STREAM)
    whole = path.read_bytes()
    first = 5 * 8 + 6 * 8
    second = first + 5 * 8 + 4 * 8
    seen = {}
    for bit in range(8 * first, 8 * second):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        seen[bit] = [record.tick for record in read(folder, STREAM)]
    assert {bit: ticks for bit, ticks in seen.items() if ticks != [0]} == {}


def test_an_appended_record_follows_an_undamaged_stream(folder: Path) -> None:
    append(folder, STREAM, 30, 0, np.zeros(0))
    assert [record.tick for record in read(folder, STREAM)] == [0, 10, 20, 30]


@settings(derandomize=True, database=None)
@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=20), st.data())
def test_the_checksum_sees_every_bit_and_every_exchange(
    words: list[int], data: st.DataObject
) -> None:
    payload = np.array(words, "<u8")
    place = data.draw(st.integers(0, len(words) - 1))
    flipped = payload.copy()
    flipped[place] ^= np.uint64(1 << data.draw(st.integers(0, 63)))
    assert checksum(flipped.view("u1")) != checksum(payload.view("u1"))
    total = sum(word * (2 * k + 1) for k, word in enumerate(words)) % 2**64
    assert checksum(payload.view("u1")) == total


def test_a_record_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ResultError, match="could not be written"):
        append(tmp_path / "file", STREAM, 0, 1, np.ones(1))
