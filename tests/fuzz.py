"""`python -m tests.fuzz [PARSER …] [--seconds N] [--seed S] [--keep FOLDER]`: hostile input for every reader, for as long as wished.

Good lines of each format are flipped, cut, spliced, mixed and filled with what is seldom foreseen, and read. A reading may
call anything unread; it may not fail, lose a line, point outside the file or take long. Seconds are CPU seconds for each
parser, so that a busy machine tries as much as an idle one. What fails is printed with its seed and kept as a file.
"""

import argparse
import random
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.parsing.reading import SAMPLES, read
from tests.parsing.test_hostile import NAMES, TEXTS

#: A small input that takes longer has found a pattern that runs away.
SLOW = 5.0
#: A reader that failed so often is left for the next.
MOST = 5
#: What is put between good letters.
_ODD: Sequence[bytes] = (
    b"\0", b"\r", b"\r\n", b"\n\n", b"\xff\xfe", b"\xef\xbb\xbf", "矿".encode(), "矿".encode("gb18030"), b"\xd4", b'"', b"'", b"=", b",", b";", b"{" * 40,
    b"[" * 200, b"(" * 60, b"99999999999999999999999999", b"-1", b"1e999", b"NaN", b"%s%n", b"\x1b[2J", b"A" * 5000, b" " * 3000, b"Feb 30 25:61:61",
    b"0000-00-00T00:00:00Z", b"9999-12-31 23:59:59", b"::ffff:1.2.3.4", b"999.999.999.999", b"msg=audit(", b"type=", b"<!ENTITY x SYSTEM 'file:///etc/passwd'>",
)  # fmt: skip
_FILES = {
    "evtx": ("evtx/new-user-security.evtx", "evtx/DE_1102_security_log_cleared.evtx"), "pcap": ("mining/xmr.suprnova.cc.pcapng",),
    "utmp": ("utmp/utmp",), "zeek": ("zeek/conn.log",), "syslog": ("linux_auth/cseanburns_auth.log",), "auditd": ("auditd/normal.log",),
}  # fmt: skip


def seeds_of(name: str) -> list[bytes]:
    """Return good inputs of a format: the fixture, and the public samples where they are."""
    found = [TEXTS[name]] if name in TEXTS else []
    found += [(SAMPLES / path).read_bytes()[: 1 << 18] for path in _FILES.get(name, ()) if (SAMPLES / path).is_file()]
    return found or [b"ElfFile\0" + bytes(120)]


def _flip(body: bytearray, chance: random.Random, _others: Sequence[bytes]) -> None:
    for _ in range(chance.randint(1, 20)):
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)


def _cut(body: bytearray, chance: random.Random, _others: Sequence[bytes]) -> None:
    at = chance.randrange(len(body))
    del body[at : at + chance.choice([1, 2, 7, 64, len(body)])]


def _odd(body: bytearray, chance: random.Random, _others: Sequence[bytes]) -> None:
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(body) + 1)
        body[at:at] = chance.choice(_ODD)


def _mix(body: bytearray, chance: random.Random, others: Sequence[bytes]) -> None:
    other = chance.choice(others)
    begin = chance.randrange(len(other))
    at = chance.randrange(len(body) + 1)
    body[at:at] = other[begin : begin + chance.randint(1, 400)]


def _turn(body: bytearray, chance: random.Random, _others: Sequence[bytes]) -> None:
    lines = bytes(body).split(b"\n")
    chance.shuffle(lines)
    body[:] = b"\n".join(lines + lines[: chance.randrange(len(lines))])


def _noise(body: bytearray, chance: random.Random, _others: Sequence[bytes]) -> None:
    at = chance.randrange(len(body))
    body[at : at + 40] = chance.randbytes(chance.randint(0, 80))


_WAYS: tuple[Callable[[bytearray, random.Random, Sequence[bytes]], None], ...] = (
    _flip,
    _cut,
    _odd,
    _mix,
    _turn,
    _noise,
)


def mutant(good: Sequence[bytes], others: Sequence[bytes], chance: random.Random) -> bytes:
    """Return a good input that was spoilt one to four times."""
    body = bytearray(chance.choice(good))
    for _ in range(chance.randint(1, 4)):
        if not body:
            break
        chance.choice(_WAYS)(body, chance, others)
    return bytes(body)


def _try(name: str, data: bytes) -> None:
    began = time.process_time()
    events, _, _ = read(data, name=name)
    for event in events:
        assert event["raw_offset"] >= 0, "a place before the file"
        assert event["raw_offset"] + event["raw_length"] <= len(data), "a place behind the file"
    took = time.process_time() - began
    assert took <= SLOW, f"{took:.1f} s for {len(data):,} bytes"


def fuzz(name: str, seconds: float, seed: int, keep: Path | None = None) -> tuple[int, int]:
    """Try a reader for so many CPU seconds; return (inputs tried, failures)."""
    good, others = seeds_of(name), list(TEXTS.values())
    ends = time.process_time() + seconds
    tried = failures = 0
    while time.process_time() < ends and failures < MOST:
        data = mutant(good, others, random.Random(f"{seed} {name} {tried}"))
        if keep is not None:  # for the case that nobody comes back from it
            keep.mkdir(parents=True, exist_ok=True)
            (keep / f"{name}-tried.bin").write_bytes(data)
        try:
            _try(name, data)
        except Exception:  # noqa: BLE001 (whatever a reader fails with is what is looked for)
            failures += 1
            print(f"{name}: seed {seed}, input {tried}, {len(data):,} bytes")
            traceback.print_exc(limit=-3)
            if keep is not None:
                (keep / f"{name}-{seed}-{tried}.bin").write_bytes(data)
        tried += 1
    if keep is not None:
        (keep / f"{name}-tried.bin").unlink(missing_ok=True)
    return tried, failures


def main(given: Sequence[str] | None = None) -> int:
    """Read the command line, try each reader, print what was tried."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("parsers", nargs="*", choices=[[], *NAMES], metavar="PARSER", help=", ".join(NAMES))
    parser.add_argument("--seconds", type=float, default=300, help="CPU seconds for each parser (300)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    parser.add_argument("--keep", type=Path, help="folder for inputs that fail")
    asked = parser.parse_args(given)
    failed = 0
    for name in asked.parsers or NAMES:
        tried, failures = fuzz(name, asked.seconds, asked.seed, asked.keep)
        print(f"{name:18} {tried:>8,} inputs, {failures} failures, seed {asked.seed}", flush=True)
        failed += failures
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
