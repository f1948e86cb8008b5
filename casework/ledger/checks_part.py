"""Checking a range of entries quickly. Without Django, so that a process of its own is at work at once."""

import json
import marshal
import os
import subprocess
import sys
from array import array
from binascii import hexlify
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from struct import unpack_from
from tempfile import TemporaryFile
from typing import IO, Any

import psycopg

from casework.ledger.verify import split

#: Entries that are read at a time.
CHUNK = 4_096
HASH_BYTES = 32
Row = tuple[Any, ...]

#: What the checks want of an entry. That the bytes are JSON and no key stands twice is asked of the database, whose
#: parser is the faster; everything else is seen here.
COLUMNS = """
id, header, leaf_hash, stream, stream_seq, kind, ref, actor_id, at at time zone 'UTC',
    convert_from(header, 'UTF8') is json object with unique keys
"""
# How the bytes must read, as far as the columns say: they are canonical, with sorted keys, and a quotation mark within
# a text is escaped. Before "at" stand people and digests only, behind "kind" texts and numbers only: the first of the
# one and the last of the other are the entry's own.
_AT, _KIND = b'],"at":"', b',"kind":"'
_SECONDS = len("2021-09-06T02:42:00.000000")
_FIRST = b'",'
_quoted: Callable[[str], str] = json.encoder.encode_basestring


@dataclass(slots=True)
class _Stream:
    """The last entry of a stream: its number, how the next one names it, and how all of them end."""

    number: int
    name: bytes
    ref: bytes
    end: bytes


class Part:
    """The streams as they stand after the entries so far.

    ``whole`` tells that nothing stands before the entries; of a later part it is kept what must have stood there, for
    ``join``. Memory grows with the number of streams only.
    """

    def __init__(self, *, whole: bool) -> None:
        self.last: dict[str, _Stream] = {}
        # Stream → number and name of its last entry before this part.
        self.open: dict[str, tuple[int, bytes]] | None = None if whole else {}
        self._kinds: dict[str, bytes] = {}
        self._people: dict[int | None, bytes] = {}

    def hashes(self, rows: Sequence[Row]) -> list[bytes]:
        """Return the hashes of the next entries; none when one has another, belies its columns or does not follow."""
        hashes = [sha256(b"\0" + row[1]).digest() for row in rows]
        # In hexadecimal digits with a mark behind, also behind the last.
        names = unpack_from("65s" * len(rows), hexlify(b"".join(hashes) + b"\0", b'"', -HASH_BYTES))
        streams, kinds, people = self.last, self._kinds, self._people
        for row, hashed, name in zip(rows, hashes, names, strict=True):
            _pk, header, leaf, stream, number, kind, ref, actor, at, readable = row
            acted = people.get(actor)
            if acted is None:
                acted = people[actor] = f'Z","by":{"null" if actor is None else actor},"data":'.encode()
            said = kinds.get(kind)
            if said is None:
                said = kinds[kind] = f',"kind":{_quoted(kind)},"prev":"'.encode()
            place = header.rfind(_KIND)
            last = streams.get(stream)
            if last is None:
                last = streams[stream] = self._begin(stream, number, header[place + len(said) :])
            begun = header.find(_AT) + len(_AT)
            mine = last.ref if ref == stream else f',"ref":{_quoted(ref)},"seq":'.encode()
            if (
                number != last.number + 1
                or leaf != hashed
                or not header.startswith(said, place)
                or not header.startswith(last.name, place + len(said))
                or not header.endswith(b"%b%d%b" % (mine, number, last.end))
                or not header.startswith(at.isoformat(timespec="microseconds").encode(), begun)
                or not header.startswith(acted, begun + _SECONDS)
                or not readable
            ):
                return []
            last.number, last.name = number, name
        return hashes

    def _begin(self, stream: str, number: int, rest: bytes) -> _Stream:
        quoted = _quoted(stream)
        before = _Stream(0, _FIRST, f',"ref":{quoted},"seq":'.encode(), f',"stream":{quoted},"v":1}}'.encode())
        if number > 1 and self.open is not None:
            before.number, before.name = self.open[stream] = number - 1, rest[: 2 * HASH_BYTES + 1]
        return before

    def join(self, later: "Part") -> bool:
        """Tell whether the part that comes next goes on where this ends, and take it over."""
        opened = later.open or {}
        for stream in later.last:
            mine, wanted = self.last.get(stream), opened.get(stream)
            if (mine and (mine.number, mine.name)) != wanted:
                return False
        self.last.update(later.last)
        return True


class Helper:
    """A process that checks the entries with numbers above ``after`` up to ``until``, in a snapshot of another's.

    What it finds goes to a file without a name: it waits for nobody, and nobody has to hold it in memory.
    """

    def __init__(self, link: "psycopg.Connection[Any]", snapshot: str, after: int, until: int) -> None:
        connect = {**link.info.get_parameters(), "password": link.info.password}
        order = {"connect": connect, "snapshot": snapshot, "after": after, "until": until}
        self._found: IO[bytes] = TemporaryFile()  # noqa: SIM115 (closed by ``close``)
        program = "import sys; sys.path.insert(0, sys.argv[1]); from casework.ledger.checks_part import main; main()"
        self._process = subprocess.Popen(
            [sys.executable, "-c", program, str(Path(__file__).parents[2])],
            stdin=subprocess.PIPE,
            stdout=self._found,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        if self._process.stdin:
            with self._process.stdin as pipe:  # not by the command line, which others may read
                pipe.write(json.dumps(order).encode())

    def found(self) -> Iterator[dict[int, bytes]]:
        """Yield the hashes of its entries by their numbers, some at a time, as soon as it has ended."""
        if self._process.wait() == 0:
            self._found.seek(0)
            while told := marshal.load(self._found):  # noqa: S302 (told by ourselves)
                yield dict(zip(array("q", told[0]), split(told[1]), strict=True))

    def part(self) -> Part | None:
        """Return the streams of its entries, after ``found``; None when something does not agree."""
        if self._process.wait():
            return None
        part = Part(whole=False)
        part.open, last = marshal.load(self._found)  # noqa: S302 (told by ourselves)
        part.last = {stream: _Stream(*values) for stream, values in last.items()}
        return part

    def close(self) -> None:
        """Let it go."""
        self._process.kill()
        self._process.wait()
        self._found.close()


def main() -> None:
    """Be a helper: read what is to be done from standard input, write what was found to standard output."""
    order = json.load(sys.stdin)
    out, part = sys.stdout.buffer, Part(whole=False)
    with psycopg.connect(**order["connect"]) as link, psycopg.Cursor(link) as cursor:
        cursor.execute("set transaction isolation level repeatable read")
        cursor.execute(f"set transaction snapshot '{order['snapshot']}'")
        cursor.execute(declared(order["after"], order["until"]))
        while rows := cursor.execute(FETCH, binary=True).fetchall():
            hashes = part.hashes(rows)
            if not hashes:
                sys.exit(1)
            marshal.dump((array("q", [row[0] for row in rows]).tobytes(), b"".join(hashes)), out)
        marshal.dump((), out)
        last = {stream: (one.number, one.name, one.ref, one.end) for stream, one in part.last.items()}
        marshal.dump((part.open, last), out)


def declared(after: int, until: int) -> str:
    """Return the statement that opens a cursor over the entries with numbers above ``after`` up to ``until``."""
    return (
        f"declare entries no scroll cursor for select {COLUMNS} from ledger.entry"  # noqa: S608 (whole numbers)
        f" where id > {after:d} and id <= {until:d} order by id"
    )


FETCH = f"fetch {CHUNK} from entries"
