"""Checking the record: every entry against its bytes, every stream for completeness. Memory stays flat."""

import hashlib
import json
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from django.db import connection, transaction

#: Rows that travel from the database at a time.
CHUNK = 2_000


@dataclass(frozen=True)
class Defect:
    """One thing that is wrong with the record: which entry, and what.

    ``what``: ``hash`` the bytes do not have the stored hash, ``gap`` a number of the stream is missing or twice,
    ``chain`` the predecessor is another one, ``index`` a column does not say what the bytes say, ``bytes`` the bytes
    are no entry.
    """

    entry_id: int
    stream: str
    seq: int
    what: str


_COLUMNS = "id, header, leaf_hash, stream, stream_seq, kind, ref, actor_id, at"


def count_entries() -> int:
    """Return how many entries the record has."""
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from ledger.entry")
        (count,) = cursor.fetchone()
    return int(count)


def stream_rows(statement: str) -> Generator[tuple[Any, ...], None, None]:
    """Yield the rows of a query through a cursor of the server, so that memory does not grow with the record."""
    with transaction.atomic():
        connection.ensure_connection()
        with connection.connection.cursor(name=f"ledger_{uuid4().hex}") as cursor:
            cursor.itersize = CHUNK
            cursor.execute(statement)
            yield from cursor


def entry_defects(progress: Callable[[int], None] = lambda done: None) -> Iterator[Defect]:
    """Yield what is wrong with entries and streams, stream by stream; ``progress`` gets the number read so far."""
    stream, seq, before = "", 0, ""
    done = 0
    for row in stream_rows(f"select {_COLUMNS} from ledger.entry order by stream, stream_seq"):  # noqa: S608
        pk, _header, leaf_hash, of_stream, number = row[:5]
        if of_stream != stream:
            stream, seq, before = of_stream, 0, ""
        what = entry_fault(row, seq, before)
        if what:
            yield Defect(pk, stream, number, what)
        seq, before = number, bytes(leaf_hash).hex()
        done += 1
        if done % CHUNK == 0:
            progress(done)
    progress(done)


def entry_fault(row: tuple[Any, ...], seq: int, before: str) -> str:
    """Return what is wrong with one row that follows number ``seq`` with hash ``before``, or ""."""
    _pk, header, leaf_hash, stream, number, kind, ref, actor_id, at = row
    header = bytes(header)
    if hashlib.sha256(b"\0" + header).digest() != bytes(leaf_hash):
        return "hash"
    try:
        body = json.loads(header, object_pairs_hook=_once)
        said = (body["stream"], body["seq"], body["kind"], body["ref"], body["by"], _moment(body["at"]))
        prev = body["prev"]
    except (ValueError, KeyError, TypeError):
        return "bytes"
    if said != (stream, number, kind, ref, actor_id, at):
        return "index"
    if number != seq + 1:
        return "gap"
    return "chain" if prev != before else ""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object of the pairs; raises ValueError when a key stands twice, for readers differ in which they take."""
    body = dict(pairs)
    if len(body) != len(pairs):
        raise ValueError("a key stands twice")
    return body


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def defects() -> list[Defect]:
    """Return all that is wrong with entries and streams, oldest entry first."""
    return sorted(entry_defects(), key=lambda defect: defect.entry_id)
