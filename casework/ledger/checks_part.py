"""Checking a range of entries quickly. Without Django, so that a process of its own is at work at once."""

import gc
import json
import marshal
import os
import subprocess
import sys
from array import array
from binascii import hexlify
from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from operator import itemgetter
from pathlib import Path
from struct import iter_unpack
from tempfile import TemporaryFile
from typing import IO, Any

import orjson
import psycopg

#: Entries that are read at a time: as many as the processor's own memory holds.
CHUNK = 512
Row = tuple[Any, ...]
#: How the next entry of a stream must name the one before, and that one's number.
Last = tuple[str, int]

COLUMNS = "id, header, leaf_hash, stream, stream_seq, kind, ref, actor_id, at at time zone 'UTC'"
_said = itemgetter("stream", "seq", "kind", "ref", "by", "prev")
_leaf = sha256(b"\0").copy
_moment = datetime.fromisoformat
HASH_BYTES = 32
_MOMENT = len("2021-09-06T02:42:00.000000")
_FIRST: Last = ("", 0)
# Behind "actors" comes "at".
_ACTORS = b'],"'


class Part:
    """The streams as they stand after the entries so far.

    ``whole`` tells that nothing stands before the entries; of a later part it is kept what must have stood there, for
    ``join``. Memory grows with the number of streams only.
    """

    def __init__(self, *, whole: bool) -> None:
        self.last: dict[str, Last] = {}
        # The same before this part, of the streams that it goes on with.
        self.open: dict[str, Last] | None = None if whole else {}
        # Actor → how his entries begin, up to the end of "actors": what is the same for many is read once.
        self._heads: dict[int | None, bytes] = {}

    def hashes(self, rows: Sequence[Row]) -> list[bytes]:
        """Return the hashes of the next entries; none when one has another, belies its columns or does not follow."""
        hashes = []
        for row in rows:
            leaf = _leaf()
            leaf.update(row[1])
            hashes.append(leaf.digest())
        names, last, heads = iter_unpack("64s", hexlify(b"".join(hashes))), self.last, self._heads
        try:
            for row, hashed, (name,) in zip(rows, hashes, names, strict=True):
                _pk, header, kept, stream, number, kind, ref, actor, at = row
                head = heads.get(actor)
                if head is None or not header.startswith(head):
                    head = self._head(header, actor)
                rest = b"{" + header[len(head) :] if head else header
                body = orjson.loads(rest)
                said = body["at"]
                before, count = last.get(stream) or self._begin(stream, number, body["prev"])
                if (
                    kept != hashed
                    # Which also tells that no key stands twice: of two, one would be missing.
                    or orjson.dumps(body) != rest
                    or (head and "actors" in body)
                    or _said(body) != (stream, number, kind, ref, actor, before)
                    or number != count + 1
                    or _moment(said[:_MOMENT]) != at
                    or said[_MOMENT:] != "Z"
                ):
                    return []
                last[stream] = name.decode(), number
        except (ValueError, KeyError, TypeError):  # no JSON, or not an entry's
            return []
        return hashes

    def _head(self, header: bytes, actor: int | None) -> bytes:
        """Return how the entry begins, kept for the actor's next ones; nothing when it has more than "actors" there."""
        end = header.find(_ACTORS) + len(_ACTORS) - 1
        if header.startswith(b'{"actors":[') and end > 0:
            begun = header[: end - 1] + b"}"
            if orjson.dumps(orjson.loads(begun)) == begun:
                self._heads[actor] = header[:end]
                return header[:end]
        return b""

    def _begin(self, stream: str, number: int, prev: str) -> Last:
        if number == 1 or self.open is None:
            return _FIRST
        self.open[stream] = prev, number - 1
        return self.open[stream]

    def join(self, later: "Part") -> bool:
        """Tell whether the part that comes next goes on where this ends, and take it over."""
        opened = later.open or {}
        if any(self.last.get(stream) != opened.get(stream) for stream in later.last):
            return False
        self.last.update(later.last)
        return True


class Helper:
    """A process that checks the entries with numbers above ``after`` up to ``until``, in a snapshot of another's.

    What it finds goes to a file without a name: it waits for nobody, and nobody has to hold it in memory. ``kept`` is
    the folder where what it imports is kept compiled: half of its beginning would be compiling.
    """

    def __init__(self, link: "psycopg.Connection[Any]", snapshot: str, after: int, until: int, kept: Path) -> None:
        connect = {**link.info.get_parameters(), "password": link.info.password}
        order = {"connect": connect, "snapshot": snapshot, "after": after, "until": until}
        self._found: IO[bytes] = TemporaryFile()  # noqa: SIM115 (closed by ``close``)
        program = "import sys; sys.path.insert(0, sys.argv[1]); from casework.ledger.checks_part import main; main()"
        self._process = subprocess.Popen(
            [sys.executable, "-X", f"pycache_prefix={kept}", "-c", program, str(Path(__file__).parents[2])],
            stdin=subprocess.PIPE,
            stdout=self._found,
            stderr=subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        )
        if self._process.stdin:
            with self._process.stdin as pipe:  # not by the command line, which others may read
                pipe.write(json.dumps(order).encode())

    def found(self) -> Iterator[dict[int, bytes]]:
        """Yield the hashes of its entries by their numbers, some at a time, as soon as it has ended."""
        if self._process.wait() == 0:
            self._found.seek(0)
            while told := marshal.load(self._found):  # noqa: S302 (told by ourselves)
                hashes = (hashed for (hashed,) in iter_unpack(f"{HASH_BYTES}s", told[1]))
                yield dict(zip(array("q", told[0]), hashes, strict=True))

    def part(self) -> Part | None:
        """Return the streams of its entries, after ``found``; None when something does not agree."""
        if self._process.wait():
            return None
        part = Part(whole=False)
        part.open, part.last = marshal.load(self._found)  # noqa: S302 (told by ourselves)
        return part

    def close(self) -> None:
        """Let it go."""
        self._process.kill()
        self._process.wait()
        self._found.close()


def main() -> None:
    """Be a helper: read what is to be done from standard input, write what was found to standard output."""
    gc.disable()  # nothing here refers to itself
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
        marshal.dump((part.open, part.last), out)


def declared(after: int, until: int) -> str:
    """Return the statement that opens a cursor over the entries with numbers above ``after`` up to ``until``."""
    return (
        f"declare entries no scroll cursor for select {COLUMNS} from ledger.entry"  # noqa: S608 (whole numbers)
        f" where id > {after:d} and id <= {until:d} order by id"
    )


FETCH = f"fetch {CHUNK} from entries"
