"""Writing to the ledger: one entry for one act, in the transaction of the act."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from casework.accounts.models import User
from casework.core import clock, crypto
from casework.core.postgresql.direct import AS_KEPT, AS_READ, Statement
from casework.ledger import weighty
from casework.ledger.canonical import Uncanonical, canonical_text, check_size, encode, moment, plain, quoted
from casework.ledger.models import Disclosure, Entry

VERSION = 1
_PLACE = "ledger.disclosure"


def record(
    kind: str,
    *,
    ref: str,
    actor: User | None,
    at: datetime,
    data: Mapping[str, Any],
    personal: Mapping[str, str] | None = None,
    reason: str = "",
    stream: str | None = None,
    officers: tuple[User, ...] = (),
) -> Entry:
    """Append one entry and return it; it exists if and only if the caller's transaction commits.

    ``kind``      what was done, e.g. ``case.filed``: the app's noun, a dot, the past participle.
    ``ref``       the object, e.g. ``case:42``; a text, because entries outlive rows.
    ``actor``     who did it, None for the system. Name, post and roles of that day are copied in: people move.
    ``at``        when it was done; the time of writing is added by the clock as ``rec_at``.
    ``data``      strings, whole numbers, decimals, dates; old and new value where a field changed.
    ``personal``  values that may have to be erased one day: only a salted digest goes into the entry
                  (RFC 9901), the text is kept encrypted beside it.
    ``stream``    whose sequence it belongs to, by default ``ref``: numbers without a gap show completeness.
    ``officers``  the other officers where the law demands two.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a ledger entry is written inside the transaction of its act")
    stream = stream or ref
    sealed = [(name, text, secrets.token_hex(16)) for name, text in sorted((personal or {}).items()) if text]
    digests = {name: _commit(name, text, salt) for name, text, salt in sealed}
    done = moment(at)
    actors = ",".join([canonical_text(who(user, at)) for user in ((actor,) if actor else ()) + officers])
    number = actor.pk if actor else None
    # In the order of the keys; number and hash of the one before are put in between by the database.
    head = f'"actors":[{actors}],"at":"{done}","by":{number or "null"},"data":{canonical_text(data)}'
    if digests:
        head = f'"_sd":{canonical_text(digests)},{head}'
    middle = f'"rec_at":"{moment(clock.now())}","ref":{quoted(ref)},"seq":'
    if reason:
        middle = f'"reason":{quoted(reason)},{middle}'
    pk, header, leaf_hash, seq = _append(
        f'{{{head},"kind":{quoted(kind)},"prev":"',
        f'",{middle}',
        f',"stream":{quoted(stream)},"v":{VERSION}}}',
        (stream, kind, ref, str(number) if number else None, done),
    )
    entry = Entry(pk, header, leaf_hash, stream, seq, kind, ref, number, at)
    weighty.note(kind, pk)
    if sealed:
        Disclosure.objects.bulk_create(
            Disclosure(
                entry_id=entry.pk,
                name=name,
                digest=digests[name],
                sealed_value=crypto.encrypt(f"{salt}|{text}", _PLACE),
            )
            for name, text, salt in sealed
        )
    return entry


#: Number and hash of the one before are put in by the database. A writer who comes second to a stream waits at its
#: unique key until the first one's transaction ends, gets nothing, and asks again: now he sees the first one's entry.
#: Prepared once a session: to parse and plan it would cost the server as much as the append itself.
_APPEND = Statement(
    b"""
insert into ledger.entry (header, stream, stream_seq, kind, ref, actor_id, at)
select $1::bytea || coalesce(encode(last.leaf_hash, 'hex'), '')::bytea || $2::bytea
    || coalesce(last.stream_seq + 1, 1)::text::bytea || $3::bytea,
    $4::text, coalesce(last.stream_seq + 1, 1), $5::text, $6::text, $7::bigint, $8::timestamptz
from (select) as one left join lateral (
    select stream_seq, leaf_hash from ledger.entry where stream = $4::text order by stream_seq desc limit 1
) as last on true
on conflict (stream, stream_seq) do nothing
returning id, header, leaf_hash, stream_seq
""",
    # Texts go by their length: one with a zero byte in it is refused, not cut.
    (*[AS_KEPT] * 6, AS_READ, AS_READ),
)
#: A hash in hexadecimal digits, and as many digits as a number of a stream may have.
_FILLED = 64 + 10


def _append(head: str, middle: str, tail: str, columns: tuple[str | None, ...]) -> tuple[int, bytes, bytes, int]:
    """Write the entry in one call; return its id, its bytes, their hash and its number in the stream."""
    try:
        parts = head.encode(), middle.encode(), tail.encode()
    except UnicodeEncodeError as error:
        raise Uncanonical(str(error)) from error
    check_size(sum(map(len, parts)) + _FILLED)
    row = None
    while row is None:
        row = _APPEND.row(parts + columns)
    pk, header, leaf_hash, seq = row
    return int.from_bytes(pk), header, leaf_hash, int.from_bytes(seq)


def who(user: User, at: datetime) -> dict[str, Any]:
    """Return the actor as an entry keeps him: name, post, organisation and the roles of that day."""
    return {
        "id": user.pk,
        "name": user.name,
        "post": user.post,
        "organisation": user.organisation.name,
        "roles": sorted(user.roles_on(at.date())),
    }


def _commit(name: str, text: str, salt: str) -> str:
    return hashlib.sha256(encode({"salt": salt, "name": name, "value": plain(text)})).hexdigest()


def disclosed(entry: Entry) -> dict[str, str]:
    """Return the personal values of an entry that have not been erased and that match their digest."""
    committed = entry.payload.get("_sd", {})
    values = {}
    for row in Disclosure.objects.filter(entry_id=entry.pk):
        salt, _, text = crypto.decrypt(row.sealed_value, _PLACE).partition("|")
        if _commit(row.name, text, salt) == committed.get(row.name):
            values[row.name] = text
    return values
