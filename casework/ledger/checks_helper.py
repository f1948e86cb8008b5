"""Reading entries to be checked, by this process or by a further one. Without Django, so that it is at work at once."""

import gc
import json
import marshal
import os
import signal
import sys
import threading
from array import array
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path
from struct import Struct, iter_unpack
from tempfile import TemporaryFile
from typing import IO, Any

import psycopg
from psycopg.types.datetime import TimestampBinaryLoader
from psycopg.types.string import ByteaBinaryLoader

from casework.ledger.checks_part import COLUMNS, Part, Row

#: Entries that are read at a time: as many as the processor's own memory holds.
CHUNK = 512
HASH_BYTES = 32
#: Lets no time pass for compiling statements that are run once.
PLAIN = "set local jit = off"
_PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from casework.ledger.checks_helper import main; main()"
_LENGTH = Struct("=I")
_FOUND = 3  # the file that a process of its own finds open


def rows_between(link: "psycopg.Connection[Any]", after: int, until: int) -> Generator[list[Row]]:
    """Yield the entries with numbers above ``after`` up to ``until``, some at a time, within a transaction."""
    with psycopg.Cursor(link) as cursor:
        # As they come: text as bytes, moments as they are kept, in universal time.
        cursor.adapters.register_loader("text", ByteaBinaryLoader)
        cursor.adapters.register_loader("timestamptz", TimestampBinaryLoader)
        cursor.execute(
            f"declare entries no scroll cursor for select {COLUMNS} from ledger.entry"  # noqa: S608 (whole numbers)
            f" where id > {after:d} and id <= {until:d} order by id"
        )
        while rows := cursor.execute(f"fetch {CHUNK} from entries", binary=True).fetchall():
            yield rows


class Helper:
    """A process that checks the entries with numbers above ``after`` up to ``until``, in a snapshot of another's.

    It is a copy of this process where this has one thread, else a new one; ``kept`` is the folder where what that
    imports is kept compiled. What it finds goes to a file without a name: it waits for nobody, and nobody has to hold
    it in memory. How long each piece of it is it tells through a pipe.
    """

    def __init__(self, link: "psycopg.Connection[Any]", snapshot: str, after: int, until: int, kept: Path) -> None:
        connect = {**link.info.get_parameters(), "password": link.info.password}
        order = {"connect": connect, "snapshot": snapshot, "after": after, "until": until}
        self._found: IO[bytes] = TemporaryFile()  # noqa: SIM115 (closed by ``close``)
        self._place = 0
        self._told, tell = os.pipe()
        try:
            self._pid = self._copy(order, tell) if threading.active_count() == 1 else self._new(order, tell, kept)
        except OSError:
            os.close(self._told)
            self._found.close()
            raise
        finally:
            os.close(tell)

    def _copy(self, order: dict[str, Any], tell: int) -> int:
        pid = os.fork()
        if not pid:
            done = 1
            try:
                with suppress(Exception):
                    _work(order, self._found, tell)
                    done = 0
            finally:
                os._exit(done)
        return pid

    def _new(self, order: dict[str, Any], tell: int, kept: Path) -> int:
        given, give = os.pipe()
        try:
            with open(give, "wb") as pipe:  # not by the command line, which others may read
                pipe.write(json.dumps(order).encode())
            arguments = ["-X", f"pycache_prefix={kept}", "-c", _PROGRAM, str(Path(__file__).parents[2])]
            nowhere = (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)
            handles = ((given, 0), (tell, 1), (self._found.fileno(), _FOUND))
            return os.posix_spawn(
                sys.executable,
                [sys.executable, *arguments],
                {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
                file_actions=[*((os.POSIX_SPAWN_DUP2, one, other) for one, other in handles), nowhere],
            )
        finally:
            os.close(given)

    def found(self) -> Iterator[dict[int, bytes]]:
        """Yield the hashes of its entries by their numbers, some at a time, as it finds them."""
        while told := self._next():
            hashes = (hashed for (hashed,) in iter_unpack(f"{HASH_BYTES}s", told[1]))
            yield dict(zip(array("q", told[0]), hashes, strict=True))

    def part(self) -> Part | None:
        """Return the streams of its entries, after ``found``; None when something does not agree."""
        part = Part(whole=False)
        told = self._next()
        if told is None:
            return None
        part.open, part.last = told
        return part

    def _next(self) -> Any:
        """Return the next piece, or None when it has ended or what it found does not agree."""
        length = os.read(self._told, _LENGTH.size)
        if len(length) < _LENGTH.size:
            return None
        (size,) = _LENGTH.unpack(length)
        piece = os.pread(self._found.fileno(), size, self._place)
        self._place += size
        return marshal.loads(piece)  # noqa: S302 (told by ourselves)

    def close(self) -> None:
        """Let it go."""
        os.close(self._told)
        os.kill(self._pid, signal.SIGKILL)  # it has told all, or nobody asks any more
        os.waitpid(self._pid, 0)
        self._found.close()


def _work(order: dict[str, Any], found: IO[bytes], tell: int) -> None:
    """Be a helper: check what is ordered; what was found goes to the file, how long each piece of it is to the pipe.

    The pieces end with an empty one and the streams; those are missing when something does not agree.
    """
    gc.disable()  # nothing here refers to itself
    part = Part(whole=False)

    def add(piece: tuple[Any, ...]) -> None:
        data = marshal.dumps(piece)
        found.write(data)
        found.flush()
        os.write(tell, _LENGTH.pack(len(data)))

    with psycopg.connect(**order["connect"]) as link:
        link.execute("set transaction isolation level repeatable read")
        link.execute(f"set transaction snapshot '{order['snapshot']}'")
        link.execute(PLAIN)
        for rows in rows_between(link, order["after"], order["until"]):
            hashes = part.hashes(rows)
            if not hashes:
                return
            add((array("q", [row[0] for row in rows]).tobytes(), b"".join(hashes)))
    add(())
    add((part.open, part.last))


def main() -> None:
    """Be a helper that was begun anew: what is to be done comes by standard input."""
    with open(_FOUND, "wb") as found:
        _work(json.load(sys.stdin), found, sys.stdout.fileno())
