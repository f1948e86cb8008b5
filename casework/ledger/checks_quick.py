"""Telling quickly that nothing is wrong with the log. What is wrong, and where, is told by ``checks_tree``, more slowly.

Entries are read in the order of their numbers, some thousands at a time, while the next ones are on their way; the tree
is read beside them, a tile at a time. The bytes are hashed here, never by the database. It puts together from its
columns how the bytes must read at three places; whether they do is seen here too. Memory grows with the number of
objects only.
"""

from binascii import hexlify
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from hashlib import sha256
from struct import unpack_from
from typing import Any

import psycopg
from django.db import DatabaseError, connection, transaction

from casework.ledger import tree
from casework.ledger.merkle import HASH_BYTES
from casework.ledger.tiles import WIDTH
from casework.ledger.verify import Frontier, fold

#: Entries that are read at a time.
CHUNK = 4_096
#: Root by number of entries: what was signed.
Signed = dict[int, list[bytes]]
Row = tuple[Any, ...]

# How the bytes must read, as far as the columns say: they are canonical, with sorted keys, and a quotation mark within
# a text is escaped. Before "at" stand people and digests only, behind "kind" texts and numbers only: the first of the
# one and the last of the other are the entry's own.
_AT, _KIND = b'],"at":"', b',"kind":"'
_ENTRIES = """
declare entries no scroll cursor for select id, header, leaf_hash, stream, stream_seq,
    convert_to(concat('],"at":"', to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        '","by":', coalesce(actor_id::text, 'null'), ',"data":'), 'UTF8'),
    convert_to(concat(',"kind":', to_json(kind), ',"prev":"'), 'UTF8'),
    convert_to(concat(',"ref":', to_json(ref), ',"seq":', stream_seq, ',"stream":', to_json(stream), ',"v":1}'), 'UTF8'),
    convert_from(header, 'UTF8') is json object
from ledger.entry order by id
"""
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
    try:
        with transaction.atomic():
            agreed = _Walk(signed, progress).agrees(snapshot)
            transaction.set_rollback(True)  # the savepoint, and with it the cursors
            return agreed
    except (DatabaseError, psycopg.Error):  # bytes that are no text, for one
        return False


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
        # Stream → number of its last entry, and how the next one must name it, with the closing mark.
        self._last: dict[str, tuple[int, bytes]] = {}

    def agrees(self, snapshot: str) -> bool:
        head = tree.head()
        if any(size > head.size for size in self._signed):
            return False
        with _chunks(snapshot) as chunks:
            if not (self._tiles(head.size, chunks) and all(map(self._entries, chunks))):
                return False
        with connection.cursor() as cursor:
            cursor.execute("select entry_id from ledger.queue")
            queued = {pk for (pk,) in cursor.fetchall()}
        return self._hashes.keys() == queued and self._edge.root() == head.root and self._upper()

    def _tiles(self, size: int, chunks: Iterator[Sequence[Row]]) -> bool:
        """Check the lowest tiles against the entries, reading as many of these as they need."""
        hashes = self._hashes
        with psycopg.Cursor(connection.connection) as cursor:
            cursor.execute(_TILES)
            while rows := cursor.execute("fetch 64 from tiles", binary=True).fetchall():
                for data, numbers, leaves in rows:
                    while not all(map(hashes.__contains__, numbers or ())):
                        chunk = next(chunks, None)
                        if chunk is None or not self._entries(chunk):
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

    def _entries(self, rows: Sequence[Row]) -> bool:
        """Tell whether entries have their hash, say what their columns say, and follow each the one before it."""
        hashes = [sha256(b"\0" + row[1]).digest() for row in rows]
        # In hexadecimal digits with a mark behind, also behind the last.
        names = unpack_from("65s" * len(rows), hexlify(b"".join(hashes) + b"\0", b'"', -HASH_BYTES))
        last, first, kept = self._last, (0, b'",'), self._hashes
        for row, hashed, name in zip(rows, hashes, names, strict=True):
            pk, header, leaf, stream, number, acted, kind, tail, readable = row
            before, prev = last.get(stream, first)
            place = header.rfind(_KIND)
            if (
                number != before + 1
                or leaf != hashed
                or not header.startswith(kind, place)
                or not header.startswith(prev, place + len(kind))
                or not header.endswith(tail)
                or not header.startswith(acted, header.find(_AT))
                or not readable
            ):
                return False
            last[stream] = number, name
            kept[pk] = hashed
        self._done += len(rows)
        self._progress(self._done)
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


@contextmanager
def _chunks(snapshot: str) -> Iterator[Iterator[Sequence[Row]]]:
    """Give the entries in chunks; with a snapshot, another connection reads the next chunk while one is checked."""
    with ExitStack() as stack:
        lane = connection
        if snapshot:
            lane = connection.copy()
            stack.callback(lane.close)
            with lane.cursor() as begin:
                begin.execute("begin isolation level repeatable read")
                begin.execute("set transaction snapshot %s", [snapshot])
        cursor = stack.enter_context(psycopg.Cursor(lane.connection))
        cursor.execute(_ENTRIES)

        def fetch() -> Sequence[Row]:
            return cursor.execute(f"fetch {CHUNK} from entries", binary=True).fetchall()

        def ahead() -> Generator[Sequence[Row]]:
            with ThreadPoolExecutor(1) as reader:
                following = reader.submit(fetch)
                while rows := following.result():
                    following = reader.submit(fetch)
                    yield rows

        yield stack.enter_context(closing(ahead())) if snapshot else iter(fetch, [])
