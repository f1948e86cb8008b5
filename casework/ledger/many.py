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
_INSERT_NEW = (
    "insert into ledger.entry (header, stream, stream_seq, kind, ref, actor_id, at) select header, ref, seq, %s, ref, %s, %s"
    " from unnest(%s::bytea[], %s::text[], %s::int[]) as new (header, ref, seq) returning stream"
)
_INSERT = _INSERT_NEW.replace(" returning", " on conflict (stream, stream_seq) do nothing returning")
Entries = Sequence[tuple[str, Mapping[str, Any]]]


def record_many(kind: str, entries: Entries, *, actor: User | None, at: datetime, reason: str = "") -> int:
    """Append one entry for each (ref, data) and return how many; see ``record``.

    Each ref stands once and is its own stream. Writers of the same streams queue here until commit, in one order, so
    that two batches never wait for each other.
    """
    return _write(kind, entries, actor=actor, at=at, reason=reason, new=False)


def record_new(kind: str, entries: Entries, *, actor: User | None, at: datetime) -> int:
    """Append the first entry of each of many new things and return how many; as ``record_many``, without locks.

    The things were made in this very transaction: nobody else can write to their streams. A stream that has an entry
    already fails at the unique key and takes the whole act with it.
    """
    return _write(kind, entries, actor=actor, at=at, reason="", new=True)


def _write(kind: str, entries: Entries, *, actor: User | None, at: datetime, reason: str, new: bool) -> int:
    if not connection.in_atomic_block:
        raise RuntimeError("a ledger entry is written inside the transaction of its act")
    rows = sorted(entries, key=lambda row: row[0])
    if len({ref for ref, _data in rows}) != len(rows):
        raise ValueError("one entry for each object: a reference stands twice")
    base: dict[str, Any] = {
        "v": VERSION,
        "kind": kind,
        "at": at,
        "by": actor.pk if actor else None,
        "actors": [who(actor, at)] if actor else [],
    }
    if reason:
        base["reason"] = reason
    for start in range(0, len(rows), SIZE):
        _insert(base, rows[start : start + SIZE], new=new)
    return len(rows)


def _insert(base: Mapping[str, Any], rows: Entries, *, new: bool) -> None:
    waiting = dict(rows)
    while waiting:
        last = {} if new else _last_of(list(waiting))
        written = clock.now()
        headers, numbers = [], []
        for ref, data in waiting.items():
            seq, prev = last.get(ref, (0, ""))
            own = {"ref": ref, "stream": ref, "seq": seq + 1, "prev": prev, "rec_at": written, "data": data}
            headers.append(encode({**base, **own}))
            numbers.append(seq + 1)
        with connection.cursor() as cursor:
            cursor.execute(
                _INSERT_NEW if new else _INSERT, [base["kind"], base["by"], base["at"], headers, list(waiting), numbers]
            )
            # A single act on one of them may have come in between (see ``record``): those are written anew.
            for (stream,) in cursor.fetchall():
                del waiting[stream]


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
