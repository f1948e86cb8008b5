"""systemd's own journal files, read after the format's description; and files that are known and refused with a way out."""

import io
import lzma
import struct
import zipfile
from typing import Any

import pytest

from evidence.log_words import REASONS
from tests.parsing.reading import read

COMPACT = 16


def journal(entries: list[dict[str, Any]], *, compact: bool = False, told: int | None = None, first: int = 1) -> bytes:
    """Return a journal file: a head, and for each entry its fields and itself. A value may be (flag, packed payload)."""
    body, places = bytearray(), {}
    for number, fields in enumerate(entries, first):
        items = b""
        for name, value in fields.items():
            flag, payload = value if isinstance(value, tuple) else (0, name.encode() + b"=" + value)
            key = (flag, payload)
            if key not in places:
                places[key] = 256 + len(body)
                before = 72 if compact else 64
                body += struct.pack("<BB6xQ", 1, flag, before + len(payload)).ljust(before, b"\0") + payload
                body += bytes(-len(body) % 8)
            items += struct.pack("<I", places[key]) if compact else struct.pack("<QQ", places[key], 0)
        moment = 1_631_154_000_000_000 + number
        body += struct.pack("<BB6xQQQQ16sQ", 3, 0, 64 + len(items), number, moment, 5, b"\xcd" * 16, 0) + items
        body += bytes(-len(body) % 8)
    head = struct.pack(
        "<8sII8x16s16s16s16sQQ",
        b"LPKSHHRH",
        0,
        COMPACT if compact else 0,
        b"f" * 16,
        b"m" * 16,
        b"b" * 16,
        b"s" * 16,
        256,
        len(body),
    )
    count = struct.pack("<Q", len(entries) if told is None else told)
    return head.ljust(152, b"\0") + count + bytes(256 - 160) + bytes(body) + bytes(64)


def sshd(number: int) -> dict[str, Any]:
    return {
        "SYSLOG_IDENTIFIER": b"sshd", "_PID": b"7", "_HOSTNAME": b"rig",
        "MESSAGE": b"Accepted password for huang from 10.3.7.%d port 50022 ssh2" % number,
    }  # fmt: skip


@pytest.mark.parametrize("compact", [False, True])
def test_a_journal_is_read_with_its_places_and_its_count(compact: bool) -> None:
    data = journal([sshd(number) for number in range(1, 6)], compact=compact)

    events, said, run = read(data, file="system.journal")

    assert (said["format"], said["lines"], said["unparsed"], said["gaps"]) == ("journald-binary", 5, 0, [])
    assert [event["source_ip"] for event in events] == [f"10.3.7.{number}" for number in range(1, 6)]
    assert (events[0]["host"], events[0]["process_pid"], events[0]["attrs"]["cursor"]) == ("rig", 7, 1)
    for event in events:
        own = data[event["raw_offset"] : event["raw_offset"] + event["raw_length"]]
        assert struct.unpack_from("<Q", own, 16)[0] == event["attrs"]["cursor"]
    assert run.findings[-1].check == "coverage_short"


def test_entries_taken_from_a_journal_are_counted() -> None:
    whole = [sshd(number) for number in range(1, 200)]
    cut = journal(whole[:50])[:-64] + journal(whole[50:], first=60)[256:]

    _, said, _ = read(cut, file="system.journal", name="journald-binary")

    (gap,) = [gap for gap in said["gaps"] if gap["check"] == "journal_cursor"]
    assert (gap["verdict"], gap["missing"]) == ("deleted-proved", 9)


def test_packed_fields_are_unpacked_or_named() -> None:
    long = b"MESSAGE=" + b"Accepted password for huang from 10.3.7.9 port 50022 ssh2"
    entries: list[dict[str, Any]] = [
        {"SYSLOG_IDENTIFIER": b"sshd", "MESSAGE": (1, lzma.compress(long))},
        {"SYSLOG_IDENTIFIER": b"sshd", "MESSAGE": (2, b"\x10\0\0\0\0\0\0\0lz4")},
        {"SYSLOG_IDENTIFIER": b"sshd", "MESSAGE": (1, b"no xz")},
    ]

    events, said, _ = read(journal(entries), file="system.journal")

    assert [event["event_action"] for event in events] == ["login", "message", "message"]
    assert [event["attrs"].get("packed_fields") for event in events] == [None, 1, 1]
    assert {"records": 2} in [one["facts"] for one in said["findings"] if one["check"] == "journal_packed"]


def test_a_journal_that_ends_in_the_middle() -> None:
    data = journal([sshd(number) for number in range(1, 6)])

    events, said, _ = read(data[: len(data) - 64 - 40], file="system.journal")

    assert (len(events), said["unparsed_reasons"]) == (4, {"cut_short": 1})


def test_a_head_that_counts_more_than_there_is() -> None:
    _, said, _ = read(journal([sshd(1), sshd(2)], told=7), file="system.journal")

    (gap,) = said["gaps"]
    assert (gap["check"], gap["verdict"], gap["missing"]) == ("journal_entries", "coverage-unknown", 5)


def office() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "reason", "way"),
    [
        (b"\x0c\xa5\x01\x00" + bytes(400), "nfcapd_file", "nfdump"),
        (b"\x30\x00\x00\x00LfLe" + bytes(400), "evt_file", "wevtutil"),
        (b"\x28\xb5\x2f\xfd" + bytes(40), "packed_otherwise", "解压"),
        (office(), "office_file", "CSV"),
    ],
    ids=["nfcapd", "evt", "zst", "office"],
)
def test_what_is_not_read_says_so_and_names_the_way_out(data: bytes, reason: str, way: str) -> None:
    events, said, _ = read(data)

    assert (said["format"], events, said["unparsed_reasons"]) == ("not-read", [], {reason: 1})
    assert way in str(REASONS[reason])
