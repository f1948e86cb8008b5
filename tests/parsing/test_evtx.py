"""What is ours of reading .evtx: values from their bytes as the library has them, numbers in few bytes, chunks that lead in circles."""

import gzip
import random
import struct
from collections.abc import Callable
from typing import Any, cast

import pytest

from evidence.parsing import evtx_plain
from evidence.parsing.events import Event
from evidence.parsing.evtx_chunks import untied
from evidence.parsing.evtx_numbers import Numbers
from evidence.parsing.evtx_plain import Plain
from evidence.parsing.evtx_shapes import Unknown
from tests.parsing.reading import SAMPLES, needs_samples, read

CHUNK = 65_536
FILES = sorted((SAMPLES / "evtx").glob("*.evtx")) if SAMPLES.is_dir() else []


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


@needs_samples
def test_a_packed_log_is_read_as_the_plain_one() -> None:
    good = (SAMPLES / "evtx" / "new-user-security.evtx").read_bytes()

    assert read(gzip.compress(good))[:2] == read(good)[:2]


@needs_samples
def test_names_that_lead_in_a_circle_hold_nobody_up() -> None:
    good = (SAMPLES / "evtx" / "new-user-security.evtx").read_bytes()
    tied = bytearray(good)
    name = next(at for at in struct.unpack_from("<64I", tied, 4096 + 128) if at)
    struct.pack_into("<I", tied, 4096 + name, name)
    assert untied(bytes(tied[4096:]))[128:512] == bytes(384)  # else the library would never come back from it
    struct.pack_into("<H", tied, 4096 + 512 + 28, 0)  # a token that is none of ours: the library is asked

    events, said, _ = read(bytes(tied), name="evtx")

    whole, before, _ = read(good, name="evtx")
    assert said["lines"] == before["lines"]
    assert events == [event | {"seq": event["seq"] - 1} for event in whole[1:]]


@needs_samples
def test_chunks_without_circles_keep_their_tables() -> None:
    chunk = (SAMPLES / "evtx" / "new-user-security.evtx").read_bytes()[4096:]

    assert any(chunk[128:512])
    assert untied(chunk) == chunk


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


@pytest.fixture
def read_twice(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], tuple[Any, Any, list[Event]]]:
    """Return (what is read, what the library reads, records as we read them before the library was asked) of a file."""
    ours = Plain.read
    alone: list[Event] = []

    def noted(self: Plain, *given: Any) -> list[Event]:
        events = ours(self, *given)
        alone.extend({**event, "attrs": {**event["attrs"]}} for event in events)
        return events

    def none(*_given: object) -> list[Event]:
        raise Unknown

    def both(body: bytes) -> tuple[Any, Any, list[Event]]:
        alone.clear()
        monkeypatch.setattr(Plain, "read", noted)
        mine = read(body, name="evtx")
        monkeypatch.setattr(Plain, "read", none)
        return mine, read(body, name="evtx"), alone

    return both


@needs_samples
@pytest.mark.parametrize("path", FILES, ids=[path.stem[:20] for path in FILES])
def test_what_is_read_from_the_bytes_is_what_the_library_says(path: Any, read_twice: Any) -> None:
    (mine, said, run), (theirs, also_said, other), alone = read_twice(path.read_bytes())

    assert mine == theirs
    assert said == also_said
    assert run.findings == other.findings
    # All but a chunk that the file cuts is read from the bytes, before the library is asked for what is new.
    assert alone == [{**event, "seq": 0} for event in theirs[: len(theirs) - (89 if "truncated" in path.stem else 0)]]


@needs_samples
@pytest.mark.parametrize("seed", range(4))
def test_bytes_that_were_changed_are_read_as_the_library_reads_them(seed: int, read_twice: Any) -> None:
    chance = random.Random(seed)
    for path in chance.sample(FILES, 4):
        whole = path.read_bytes()
        body = bytearray(whole[: 4096 + CHUNK])
        free = min(int.from_bytes(body[4096 + 48 : 4096 + 52], "little"), CHUNK)
        for _ in range(chance.randint(1, 4)):
            body[4096 + chance.randrange(512, free)] ^= 1 << chance.randrange(8)

        (mine, _, _), (theirs, _, _), alone = read_twice(bytes(body))

        assert mine == theirs
        said = {event["raw_offset"]: {**event, "seq": 0} for event in theirs}
        for event in alone:
            assert event == said.get(event["raw_offset"])


@needs_samples
def test_what_the_library_reads_otherwise_is_believed_of_the_library_to_the_end_of_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    good = (SAMPLES / "evtx" / "password-spray.evtx").read_bytes()
    whole, ours, asked = read(good)[:2], Plain.read, []

    def wrong(self: Plain, *given: Any) -> list[Event]:
        asked.append(given)
        events = ours(self, *given)
        events[-1]["host"] = "another"
        return events

    monkeypatch.setattr(Plain, "read", wrong)

    assert read(good)[:2] == whole
    assert len(asked) == 1


@needs_samples
def test_little_memory_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    good = (SAMPLES / "evtx" / "password-spray.evtx").read_bytes()
    whole = read(good)[:2]

    for name in ("_LAYOUTS", "_MADE", "_HEADS"):
        monkeypatch.setattr(evtx_plain, name, 2)

    assert read(good)[:2] == whole
