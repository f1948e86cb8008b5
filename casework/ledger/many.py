"""Many acts of one kind at once: one entry for each object, in a fixed number of statements."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from casework.accounts.models import User
from casework.core import clock
from casework.ledger.canonical import encode
from casework.ledger.record import VERSION, who

#: Entries written by one statement.
SIZE = 1000


def record_many(
    kind: str,
    entries: Sequence[tuple[str, Mapping[str, Any]]],
    *,
    actor: User | None,
    at: datetime,
    reason: str = "",
) -> int:
    """Append one entry for each (ref, data) and return how many; see ``record``.

    Each ref stands once and is its own stream. Writers of the same streams queue here until commit, in one order, so
    that two batches never wait for each other.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a ledger entry is written inside the transaction of its act")
    rows = sorted(entries, key=lambda row: row[0])
    if len({ref for ref, _data in rows}) != len(rows):
        raise ValueError("one entry for each object: a reference stands twice")
    people = [who(actor, at)] if actor else []
    by = actor.pk if actor else None
    for start in range(0, len(rows), SIZE):
        part = rows[start : start + SIZE]
        refs = [ref for ref, _data in part]
        last = _last_of(refs)
        written = clock.now()
        headers, numbers = [], []
        for ref, data in part:
            seq, prev = last.get(ref, (0, ""))
            payload: dict[str, Any] = {
                "v": VERSION,
                "kind": kind,
                "ref": ref,
                "stream": ref,
                "seq": seq + 1,
                "prev": prev,
                "at": at,
                "rec_at": written,
                "by": by,
                "actors": people,
                "data": data,
            }
            if reason:
                payload["reason"] = reason
            headers.append(encode(payload))
            numbers.append(seq + 1)
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into ledger.entry (header, stream, stream_seq, kind, ref, actor_id, at)"
                " select header, ref, seq, %s, ref, %s, %s"
                " from unnest(%s::bytea[], %s::text[], %s::int[]) as new (header, ref, seq)",
                [kind, by, at, headers, refs, numbers],
            )
    return len(rows)


def _last_of(streams: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Lock the streams in order and return the last number and hash of each that has entries."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(hashtextextended('ledger:' || s.name, 20))"
            ' from (select name from unnest(%s::text[]) as given(name) order by name collate "C") s',
            [list(streams)],
        )
        cursor.execute(
            "select distinct on (stream) stream, stream_seq, leaf_hash from ledger.entry"
            " where stream = any(%s) order by stream, stream_seq desc",
            [list(streams)],
        )
        return {stream: (seq, bytes(leaf).hex()) for stream, seq, leaf in cursor.fetchall()}


def record_new(kind: str, things: Sequence[tuple[str, Mapping[str, Any]]], *, actor: User | None, at: datetime) -> None:
    """Append one entry for each thing (its reference, its data), the same as ``record`` would write.

    The things were made in this very transaction and have no entry yet: nobody else can write to their streams, so
    none is locked. A stream that has an entry already fails at the unique key and takes the whole act with it.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a ledger entry is written inside the transaction of its act")
    if not things:
        return
    base: dict[str, Any] = {
        "v": VERSION,
        "kind": kind,
        "seq": 1,
        "prev": "",
        "at": at,
        "rec_at": clock.now(),
        "by": actor.pk if actor else None,
        "actors": [who(actor, at)] if actor else [],
    }
    headers = [encode({**base, "ref": ref, "stream": ref, "data": data}) for ref, data in things]
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into ledger.entry (header, stream, stream_seq, kind, ref, actor_id, at)"
            " select header, ref, 1, %s, ref, %s, %s from unnest(%s::bytea[], %s::text[]) as new (header, ref)",
            [kind, actor.pk if actor else None, at, headers, [ref for ref, _data in things]],
        )
