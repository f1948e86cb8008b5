"""Hostile and broken input: never a crash, never a silent loss, memory flat."""

import bz2
import gzip
import io
import lzma
import os
import random
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence.parsing import formats
from evidence.parsing.archives import members
from evidence.parsing.room import Room
from evidence.parsing.run import start
from evidence.parsing.source import LONGEST_LINE, Source, file_source, unpacked
from tests.parsing.reading import SAMPLES, lines, needs_samples, read, source_of
from tests.parsing.test_binary import journal, sshd
from tests.parsing.test_formats import CASES, H3C_LEASES
from tests.parsing.test_h3c_flow import H3C_FLOW
from tests.parsing.test_netflow import IPFIX, NETFLOW5, NETFLOW9

LINE = b"Sep  9 10:21:48 rig sshd[7]: Accepted password for huang from 10.3.7.21 port 50022 ssh2\n"
AUDIT = (
    b"type=USER_LOGIN msg=audit(1631154000.000:7): pid=1 uid=0 auid=0 ses=1 msg='op=login acct=\"root\" res=success'\n"
)
TEXTS: dict[str, bytes] = {
    "syslog": LINE,
    "auditd": AUDIT,
    "journald": b'{"__CURSOR": "s=a;i=1;b=c", "__REALTIME_TIMESTAMP": "1631154000000000", "MESSAGE": "x"}\n',
    "zeek": b"#separator \\x09\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\n1.5\tC\t1.1.1.1\t1\t2.2.2.2\t2\n",
    "nfdump": b"ts,te,td,sa,da,sp,dp,pr\n2021-09-09 10:00:00,2021-09-09 10:00:01,1.0,1.1.1.1,2.2.2.2,1,2,TCP\n",
    "dhcpd-leases": b"lease 10.0.0.1 {\n  starts 2 2013/12/10 12:57:04;\n  hardware ethernet 60:a4:4c:b5:6a:dd;\n}\n",
    "switch-table": b"MAC Address    VLAN/VSI\nb8d6-f6ff-7390 10/-/-    XGE0/0/1   dynamic\n",
    "nvidia-smi": b"timestamp, name\n2021/09/09 10:21:48.000, RTX 3080\nTimestamp   : Thu Sep  9 10:21:48 2021\nDriver Version  : 470.57\n"
    b"GPU 00000000:01:00.0\n    Product Name  : RTX 3080\n    Utilization\n        Gpu  : 100 %\n    Processes\n"
    b"        GPU instance ID  : N/A\n        Process ID  : 4711\n            Name  : xmrig\n# gpu  pid  type\n    0  4711  C  99  xmrig\n",
    "bash-history": b"#1631154108\nls\n",
    "fish-history": b"- cmd: ls\n  when: 1631154108\n",
    "journald-binary": journal([sshd(1), sshd(2)]),
    "not-read": b"\x0c\xa5\x01\x00" + bytes(60),
    "netflow": NETFLOW5 + NETFLOW9 + IPFIX,
    "h3c-flow": H3C_FLOW,
    "lease-table": H3C_LEASES,
    **{name: data for name, data, _, _ in CASES},
}
EXAMPLES = 10 * int(os.environ.get("CASEWORK_FUZZ", "1"))
NAMES = tuple(sorted(set(formats.names()) - {"text"}))


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
@pytest.mark.parametrize("name", NAMES)
def test_any_bytes_are_read_or_named_as_unread(name: str, data: st.DataObject) -> None:
    """Mutate a good fixture, or give plain noise, to every reader."""
    good = TEXTS.get(name, b"ElfFile\0" + bytes(120))
    kind = data.draw(st.sampled_from(["noise", "flip", "cut", "splice", "repeat"]))
    chance = random.Random(data.draw(st.integers(0, 2**32)))
    if kind == "noise":
        given_bytes = data.draw(st.binary(max_size=600))
    else:
        body = bytearray(good * chance.randint(1, 3))
        if kind == "flip":
            for _ in range(chance.randint(1, 12)):
                body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
        elif kind == "cut":
            del body[chance.randrange(len(body)) :]
        elif kind == "splice":
            at = chance.randrange(len(body))
            body[at:at] = data.draw(st.binary(max_size=80))
        given_bytes = bytes(body)

    events, _, _ = read(given_bytes, name=name)

    for event in events:
        assert event["raw_offset"] >= 0
        assert event["raw_offset"] + event["raw_length"] <= len(given_bytes)
        assert event["event_action"]


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=2000))
def test_recognition_takes_any_bytes(data: bytes) -> None:
    _, said, run = read(data)

    assert said["format"] == run.format.name


def test_the_longer_search_names_what_fails_and_can_be_repeated(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests import fuzz

    assert fuzz.fuzz("squid", 0.05, 7)[1] == 0
    good = fuzz.seeds_of("squid")
    assert fuzz.mutant(good, good, random.Random("7")) == fuzz.mutant(good, good, random.Random("7"))

    def fails(name: str, data: bytes) -> None:
        raise IndexError(name)

    monkeypatch.setattr(fuzz, "_try", fails)
    assert fuzz.main(["squid", "--seconds", "5", "--seed", "7", "--keep", str(tmp_path)]) == 1
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == [f"squid-7-{number}.bin" for number in range(fuzz.MOST)]
    assert "squid: seed 7, input 0" in capsys.readouterr().out


def test_an_empty_file() -> None:
    _, said, _ = read(b"")

    assert (said["format"], said["lines"], said["events"]) == ("text", 0, 0)


@needs_samples
@pytest.mark.parametrize("name", ["evtx/new-user-security.evtx", "mining/xmr.suprnova.cc.pcapng", "utmp/utmp"])
def test_real_records_flipped_and_cut(name: str) -> None:
    whole = (SAMPLES / name).read_bytes()
    chance = random.Random(7)
    for _ in range(8):
        body = bytearray(whole)
        for _ in range(chance.randint(1, 40)):
            body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
        if chance.random() < 0.4:
            del body[chance.randrange(len(body)) :]
        read(bytes(body), file=Path(name).name)


@pytest.mark.parametrize(
    ("data", "count"),
    [
        (b"\n", 1), (b"a\nb", 2), (b"\n\n\n", 3), (b"a\n\nb", 3), (b"\r\n", 1), (b"\xef\xbb\xbf\n", 1), (b"\xff\xfe\n\0", 1), (b"\xff\xfea\0\n\0b\0", 2),
    ],
)  # fmt: skip
def test_lines_of_a_text_of_a_few_bytes_are_counted_one_by_one(data: bytes, count: int) -> None:
    for name in ("syslog", "text"):
        assert read(data, name=name)[1]["lines"] == count


def test_a_line_without_end_is_counted_and_not_held() -> None:
    data = LINE + b"A" * (3 * LONGEST_LINE) + b"\n" + LINE

    events, said, run = read(data)

    assert (said["events"], said["lines"], said["unparsed"]) == (2, 3, 1)
    assert events[1]["raw_offset"] == len(LINE) + 3 * LONGEST_LINE + 1
    assert any(finding.check == "long_line" for finding in run.findings)


def test_memory_stays_flat_over_a_long_line_and_a_long_file() -> None:
    import tracemalloc

    class Endless(io.RawIOBase):
        def __init__(self) -> None:
            self.left = 48 << 20

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            size = min(size, self.left)
            self.left -= size
            return b"A" * size

    run = start(Source("log", Endless, None, 0.0), name="syslog")  # type: ignore[arg-type]
    tracemalloc.start()
    for _ in run.batches():
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 16 << 20
    assert run.context.tally.unparsed == 1


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress], ids=["gz", "bz2", "xz"])
def test_a_bomb_is_stopped_and_said(pack: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evidence.parsing.source.LIMIT", 4 << 20)
    # Lines that differ: bzip2 takes many times as long over the same line again and again.
    data = pack(b"".join(LINE.replace(b"50022", b"%05d" % number) for number in range(60_000)))

    events, said, run = read(data)

    assert any(finding.check == "bomb" for finding in run.findings)
    assert 0 < said["events"] < 60_000
    assert events


def test_a_damaged_archive_gives_what_it_has() -> None:
    packed = gzip.compress(b"".join(LINE.replace(b"50022", b"%05d" % number) for number in range(60_000)))

    events, _, run = read(packed[: len(packed) // 2])

    assert any(finding.check == "broken_stream" for finding in run.findings)
    assert 0 < len(events) < 60_000


def a_tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in (
            ("var/log/auth.log", LINE),
            ("var/log/auth.log.1", LINE * 2),
            ("var/log/auth.log.2.gz", gzip.compress(LINE * 3)),
            ("../../etc/cron.d/x", LINE),
        ):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo("var/log/secure")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/shadow"
        archive.addfile(link)
    return out.getvalue()


def a_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("auth.log", LINE)
        archive.writestr("inner.tar.gz", a_tar())
    return out.getvalue()


def test_archives_are_walked_without_unpacking(tmp_path: Path) -> None:
    path = tmp_path / "logs.zip"
    path.write_bytes(a_zip())

    found = list(members(file_source(path)))

    # Oldest of a rotated set first, so that what continues is read in its order.
    assert [one.name for one in found] == [
        "auth.log",
        "../../etc/cron.d/x",
        "var/log/auth.log.2.gz",
        "var/log/auth.log.1",
        "var/log/auth.log",
    ]
    counted = []
    for one in found:
        run = start(one)
        counted.append(sum(len(batch) for batch in run.batches()))
    assert counted == [1, 1, 3, 2, 1]
    notes = {code for one in found for code, _ in one.notes}
    assert notes == {"member_skipped", "unsafe_name"}
    assert list(tmp_path.iterdir()) == [path]


def a_set(logs: int, size: int = 100) -> bytes:
    """Return a compressed archive of so many logs of so many lines."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for number in range(logs):
            info = tarfile.TarInfo(f"host-{number:02d}/auth.log")
            data = b"".join(LINE.replace(b"50022", b"%05d" % (number * size + line)) for line in range(size))
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def test_a_compressed_archive_is_unpacked_once_and_leaves_nothing(tmp_path: Path) -> None:
    opened = 0

    def packed() -> IO[bytes]:
        nonlocal opened
        opened += 1
        return io.BytesIO(a_set(30))

    (tmp_path / "room").mkdir()
    source = unpacked(Source("logs.tar.gz", packed), b"\x1f\x8b")

    # What is held of a walk can be opened when the walk is over.
    found = list(members(source, room=Room(tmp_path / "room")))
    read = [sum(len(batch) for batch in start(one).batches()) for one in found]

    assert (len(found), set(read)) == (30, {100})
    assert opened <= 3  # its head, whether it can be moved about in, and the copy
    assert list((tmp_path / "room").iterdir()) == []


def test_an_archive_without_room_is_said_and_the_others_are_read(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/large.tar.gz", a_set(30))
        archive.writestr("b/small.tar.gz", a_set(3))
        archive.writestr("c/auth.log", LINE)
    source, whole = Source("logs.zip", lambda: io.BytesIO(out.getvalue())), 30 * 100 * len(LINE)
    notes = lambda found: {code for one in found for code, _ in one.notes}  # noqa: E731

    tight = list(members(source, room=Room(tmp_path, spare=0, most=whole // 2)))
    full = list(members(source, room=Room(tmp_path, spare=1 << 60)))
    roomy = list(members(source, room=Room(tmp_path, spare=0)))

    assert [one.name for one in tight] == [
        "a/large.tar.gz",
        *(f"host-{n:02d}/auth.log" for n in range(3)),
        "c/auth.log",
    ]
    assert ([one.name for one in full], notes(full)) == (
        ["a/large.tar.gz", "b/small.tar.gz", "c/auth.log"],
        {"archive_too_large"},
    )
    assert notes(tight) == {"archive_too_large"}
    assert sum(len(batch) for batch in start(tight[1]).batches()) == 100
    assert (len(roomy), notes(roomy)) == (34, set())


def test_a_damaged_compressed_archive_gives_what_lies_before_the_damage() -> None:
    whole = a_set(30, 500)
    source = Source("logs.tar.gz", lambda: io.BytesIO(whole[: len(whole) * 2 // 3]))

    found = list(members(unpacked(source, b"\x1f\x8b")))

    assert 5 < len(found) < 30
    assert {code for one in found for code, _ in one.notes} >= {"broken_stream"}
    assert sum(len(batch) for batch in start(found[0]).batches()) == 500


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32))
def test_broken_archives_never_fail(seed: int) -> None:
    chance = random.Random(seed)
    body = bytearray(chance.choice([ZIP, TAR]))
    for _ in range(chance.randint(1, 20)):
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
    if chance.random() < 0.3:
        del body[chance.randrange(len(body)) :]

    for one in members(source_of(bytes(body), "logs")):
        for _ in start(one).batches():
            pass


ZIP, TAR = a_zip(), a_tar()


def test_xml_within_an_event_log_is_never_expanded() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;">]><lolz>&b;</lolz>'

    _, said, _ = read(b"ElfFile\0" + bomb * 50, file="x.evtx")

    assert (said["format"], said["events"], said["unparsed"]) == ("evtx", 0, 1)


def test_a_wrong_ending_does_not_deceive() -> None:
    _, said, _ = read(lines(LINE.decode().strip()), file="holiday.evtx")

    assert said["format"] == "syslog"
