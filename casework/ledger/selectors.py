"""Reading the ledger."""

from dataclasses import dataclass

from django.db import connection

from casework.ledger.models import AppendOnlyQuerySet, Entry


def trail(*refs: str) -> AppendOnlyQuerySet:
    """Return every entry about the references, oldest first. The caller has checked that the reader may see them."""
    return Entry.objects.of(*refs)


def lag_seconds() -> float:
    """Return how long the oldest entry waits for its place in the tree, in seconds.

    Entries are final with their transaction; there is no queue, so nothing can wait.
    """
    return 0.0


@dataclass(frozen=True)
class Defect:
    """One thing that is wrong with the record: which entry, and what."""

    entry_id: int
    stream: str
    seq: int
    what: str


_CHECK = """
with e as (
    select id, stream, stream_seq, kind, ref, actor_id, at, leaf_hash, header,
           convert_from(header, 'UTF8')::jsonb as body,
           lag(stream_seq) over w as before_seq,
           lag(leaf_hash) over w as before_hash
    from ledger.entry
    window w as (partition by stream order by stream_seq)
)
select id, stream, stream_seq,
       case
         when leaf_hash <> sha256('\\x00'::bytea || header) then 'hash'
         when stream_seq <> coalesce(before_seq, 0) + 1 then 'gap'
         when body->>'prev' <> coalesce(encode(before_hash, 'hex'), '') then 'chain'
         else 'index'
       end
from e
where leaf_hash <> sha256('\\x00'::bytea || header)
   or stream_seq <> coalesce(before_seq, 0) + 1
   or body->>'prev' <> coalesce(encode(before_hash, 'hex'), '')
   or body->>'kind' <> kind or body->>'ref' <> ref or body->>'stream' <> stream
   or (body->>'seq')::int <> stream_seq
   or (body->>'at')::timestamptz <> at
   or coalesce((body->>'by')::bigint, -1) <> coalesce(actor_id, -1)
order by id
"""


def defects() -> list[Defect]:
    """Check every entry against its bytes and every stream for completeness; return what is wrong."""
    with connection.cursor() as cursor:
        cursor.execute(_CHECK)
        return [Defect(*row) for row in cursor.fetchall()]
