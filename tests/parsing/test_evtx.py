"""What is ours of reading .evtx: the places and numbers of records in few bytes, and chunks that lead a reader in circles."""

import gzip
import io
import struct
from typing import cast

import pytest

from evidence.parsing.events import Event
from evidence.parsing.evtx_chunks import Bones, Padded, Untied, walk
from evidence.parsing.evtx_numbers import NOWHERE, Numbers, Places
from tests.parsing.reading import SAMPLES, needs_samples, read

CHUNK = 65_536


def places(*numbers: int) -> Places:
    made = Places()
    for at, number in enumerate(numbers):
        made.add(number, at * 100, 100)
    return made


def test_records_that_the_library_skips_are_left_with_their_places() -> None:
    made = places(1, 2, 3, 4, 1, 2, 9)

    assert [made.take(number)[0] for number in (1, 3, 4, 1)] == [0, 200, 300, 400]
    assert made.take(7) == NOWHERE
    assert made.take(9) == (600, 100)
    # The library came back to one that it had passed over: the later of the two of that number.
    assert made.take(2) == (500, 100)
    assert [offset for offset, _ in made.left()] == [100]


def numbered(*numbers: int) -> Numbers:
    """Return the numbers as the reader notes them: it alone knows which one is due."""
    made, due, latest = Numbers(), -1, None
    for number in numbers:
        event = cast("Event", {"raw_offset": number * 10, "raw_length": 9, "ts": number or None})
        if number != due:
            if latest is not None:
                made.end(due, latest)
            due = made.begin(number, event) - 1
        due, latest = due + 1, event
    if latest is not None:
        made.end(due, latest)
    return made


def test_holes_are_found_in_whatever_order_the_numbers_come() -> None:
    made = numbered(7, 8, 9, 1, 2, 3, 12, 2, 3, 13)

    found = [
        (first, last, before.offset, after.offset, before.text) for first, last, before, after in made.holes("System")
    ]

    assert found == [(4, 6, 30, 70, "System EventRecordID 3"), (10, 11, 90, 120, "System EventRecordID 9")]
    assert not list(numbered(4, 5, 6, 0, 1, 2, 3).holes("System"))
    assert not list(numbered(1 << 63, 1).holes("System"))


def test_numbers_that_follow_each_other_need_no_more_room_however_many_they_are() -> None:
    made = numbered(*range(5_000))

    assert (len(made.first), len(made.edges)) == (1, 6)


def test_tables_are_taken_from_knotted_chunks_alone_wherever_reading_begins() -> None:
    body = bytes(4096) + b"\x01" * (3 * CHUNK)
    knotted = Bones().knotted
    knotted.append(4096 + CHUNK)
    low, high = 4096 + CHUNK + 128, 4096 + CHUNK + 512
    untied = body[:low] + bytes(high - low) + body[high:]

    for begin, size in (
        (0, len(body)),
        (low + 5, 20),
        (low - 5, 20),
        (high - 5, 20),
        (high, 20),
        (4096 + CHUNK, CHUNK),
        (4096, CHUNK),
    ):
        stream = Untied(io.BytesIO(body), knotted)
        stream.seek(begin)
        assert stream.read(size) == untied[begin : begin + size]


@needs_samples
def test_a_packed_log_is_read_as_the_plain_one_from_memory_and_from_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    good = (SAMPLES / "evtx" / "new-user-security.evtx").read_bytes()
    plain = read(good)[:2]

    assert read(gzip.compress(good))[:2] == plain
    monkeypatch.setattr("evidence.parsing.evtx.HELD", 1000)
    assert read(gzip.compress(good))[:2] == plain


@needs_samples
def test_names_that_lead_in_a_circle_hold_nobody_up() -> None:
    good = (SAMPLES / "evtx" / "new-user-security.evtx").read_bytes()
    tied = bytearray(good)
    name = next(at for at in struct.unpack_from("<64I", tied, 4096 + 128) if at)
    struct.pack_into("<I", tied, 4096 + name, name)
    bones = Bones()
    walk(io.BytesIO(tied), bones)
    assert list(bones.knotted) == [4096]  # else the reading below would never end

    events, said, _ = read(bytes(tied), name="evtx")

    assert (events, said) == read(good, name="evtx")[:2]


def test_a_log_that_ends_within_a_chunk_goes_on_with_nothing_to_the_end_of_it() -> None:
    padded = Padded(io.BytesIO(b"abcdef"), 4)

    assert padded.seek(0, 2) == 10
    assert padded.read(3) == b""
    assert (padded.seek(4), padded.read(3), padded.tell(), padded.read()) == (4, b"ef\0", 7, bytes(3))
    assert (padded.seek(8), padded.read(9), padded.seek(-10, 1), padded.read(2)) == (8, bytes(2), 0, b"ab")


@needs_samples
def test_a_log_cut_anywhere_keeps_every_record_that_is_whole() -> None:
    whole = (SAMPLES / "evtx" / "new-user-security.evtx").read_bytes()
    events, _, _ = read(whole)
    ends = [event["raw_offset"] + event["raw_length"] for event in events]

    for cut in (ends[0], ends[0] - 1, ends[0] + 7, ends[0] + 30, ends[1], ends[1] + 200, ends[-1] - 1, ends[-1]):
        kept, said, _ = read(whole[:cut])
        assert kept == [event for event, end in zip(events, ends, strict=True) if end <= cut]
        # A record that the file ends within is one of its lines, unless not even its head is there.
        begun = any(end - event["raw_length"] + 24 <= cut < end for event, end in zip(events, ends, strict=True))
        assert (said["lines"], said["unparsed_reasons"]) == (len(kept) + begun, {"cut_short": 1} if begun else {})
