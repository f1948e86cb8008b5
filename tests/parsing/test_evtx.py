"""What is ours of reading .evtx: the places and numbers of records in few bytes, and chunks that lead a reader in circles."""

import gzip
import io
import struct
from typing import cast

import pytest

from evidence.parsing.events import Event
from evidence.parsing.evtx_chunks import Bones, Untied, walk
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
