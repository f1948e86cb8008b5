"""Telling quickly that nothing is wrong with the log. What is wrong, and where, is told by ``checks_tree``, more slowly.

Entries are read in the order of their numbers, some hundreds at a time; the later ones of a long record are read by
further processes at the same time: while one waits for the database, another is at work. The tree is read beside them,
a tile at a time. The bytes are hashed here, never by the database, whose administrator is among those who are checked,
and compared with what its columns say. Memory grows with the number of objects only.
"""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from itertools import pairwise
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from casework.ledger import tree
from casework.ledger.checks_helper import PLAIN, Helper, rows_between
from casework.ledger.checks_part import Part, Row
from casework.ledger.merkle import HASH_BYTES
from casework.ledger.tiles import WIDTH
from casework.ledger.verify import Frontier, fold, processors

#: Entries that are worth a process of their own.
MANY = 50_000
#: What the tree costs beside an entry: the process that reads it takes the fewer entries.
TREE = 0.2
#: Root by number of entries: what was signed.
Signed = dict[int, list[bytes]]

_TILES = f"""
declare tiles no scroll cursor for select coalesce(tile.data, ''), leaves.*
from generate_series(0, (select (max(idx)) / {WIDTH} from ledger.leaf)) as asked (n)
left join ledger.tile on tile.level = 0 and tile.n = asked.n
cross join lateral (
    select array_agg(entry_id), string_agg(leaf_hash, '') from (
        select entry_id, leaf_hash from ledger.leaf
        where idx >= asked.n * {WIDTH} and idx < asked.n * {WIDTH} + {WIDTH} order by idx
    ) as one
) as leaves order by asked.n
"""  # noqa: S608 (numbers)


def nothing_wrong(signed: Signed, progress: Callable[[int], None], *, alone: bool) -> bool:
    """Tell whether entries, streams, tree, tiles and what was signed agree.

    ``alone``: the transaction is the caller's own and sees what is committed, so that a second connection may help.
    A no may also mean that something has another form than entries are written in today.
    """
    snapshot = _snapshot() if alone else ""  # a savepoint has none to give
    gc.freeze()  # rows come and go by the thousand: what is there already need not be looked through each time
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(PLAIN)
            agreed = _Walk(signed, progress).agrees(snapshot)
            transaction.set_rollback(True)  # the savepoint, and with it the cursors
            return agreed
    except (DatabaseError, psycopg.Error, OSError, EOFError, ValueError):  # bytes that are no text, for one
        return False
    finally:
        gc.unfreeze()


def _snapshot() -> str:
    with connection.cursor() as cursor:
        cursor.execute("select pg_export_snapshot()")
        return str(cursor.fetchone()[0])


class _Walk:
    def __init__(self, signed: Signed, progress: Callable[[int], None]) -> None:
        self._signed, self._progress = signed, progress
        self._edge = Frontier()
        self._above: list[bytes] = []
        self._done = 0
        #: Hashes of the entries that were read and whose place in the tree was not.
        self._hashes: dict[int, bytes] = {}
        self._part = Part(whole=True)

    def agrees(self, snapshot: str) -> bool:
        head = tree.head()
        if any(size > head.size for size in self._signed):
            return False
        with ExitStack() as stack:
            edges = _edges(snapshot)
            compiled = Path(settings.CASEWORK_HOME) / "run" / "compiled"
            helpers = [
                stack.enter_context(closing(Helper(connection.connection, snapshot, after, until, compiled)))
                for after, until in pairwise(edges[1:])
            ]
            own = stack.enter_context(closing(rows_between(connection.connection, 0, edges[1])))
            read = self._read(own, helpers)
            if not (self._tiles(head.size, read) and all(read)):
                return False
        with connection.cursor() as cursor:
            cursor.execute("select entry_id from ledger.queue")
            queued = {pk for (pk,) in cursor.fetchall()}
        return self._hashes.keys() == queued and self._edge.root() == head.root and self._upper()

    def _read(self, own: Iterator[list[Row]], helpers: Sequence[Helper]) -> Iterator[bool]:
        """Take in entries, some at a time; yield each time whether all agreed."""
        for rows in own:
            hashes = self._part.hashes(rows)
            self._take({row[0]: hashed for row, hashed in zip(rows, hashes, strict=False)})
            yield bool(hashes)
        for helper in helpers:
            for found in helper.found():
                self._take(found)
                yield True
            part = helper.part()
            yield part is not None and self._part.join(part)

    def _take(self, hashes: dict[int, bytes]) -> None:
        self._hashes.update(hashes)
        self._done += len(hashes)
        self._progress(self._done)

    def _tiles(self, size: int, read: Iterator[bool]) -> bool:
        """Check the lowest tiles against the entries, reading as many of these as they need."""
        hashes = self._hashes
        with psycopg.Cursor(connection.connection) as cursor:
            cursor.execute(_TILES)
            while rows := cursor.execute("fetch 64 from tiles", binary=True).fetchall():
                for data, numbers, leaves in rows:
                    while not all(map(hashes.__contains__, numbers or ())):
                        if not next(read, False):
                            return False
                    if (
                        len(numbers or ()) != min(WIDTH, size - self._edge.size)
                        or not data == leaves == b"".join(map(hashes.pop, numbers))
                        or not self._grow(data)
                    ):
                        return False
        return self._edge.size == size

    def _grow(self, data: bytes) -> bool:
        """Take a tile into the tree; tell whether the roots signed within it are the tree's."""
        start, width, edge = self._edge.size, len(data) // HASH_BYTES, self._edge
        if width < WIDTH or not self._signed.keys().isdisjoint(range(start + 1, start + width + 1)):
            edge = self._edge.copy()
            for place in range(0, len(data), HASH_BYTES):
                edge.append(data[place : place + HASH_BYTES])
                if any(root != edge.root() for root in self._signed.get(edge.size, ())):
                    return False
        if width < WIDTH:
            self._edge = edge
        else:
            self._above.append(fold(data))
            self._edge.append(self._above[-1], WIDTH)
        return True

    def _upper(self) -> bool:
        """Tell whether the tiles above the lowest follow from those below."""
        level, hashes = 1, self._above
        while hashes:
            above = []
            for n in range(-(-len(hashes) // WIDTH)):
                data = b"".join(hashes[n * WIDTH : (n + 1) * WIDTH])
                if tree.load_tile(level, n) != data:
                    return False
                if len(data) == WIDTH * HASH_BYTES:
                    above.append(fold(data))
            level, hashes = level + 1, above
        return True


def _edges(snapshot: str) -> list[int]:
    """Return between which numbers entries are to be read by this process, and by which further ones."""
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(min(id), 1) - 1, coalesce(max(id), 0) from ledger.entry")
        first, last = cursor.fetchone()
    parts = max(1, min(processors(), (last - first) // MANY)) if snapshot else 1
    own = max(0.0, (1 + TREE) / parts - TREE)
    return [
        first,
        *(first + round((last - first) * (own + (1 - own) * part / max(1, parts - 1))) for part in range(parts)),
    ]
