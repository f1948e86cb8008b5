"""The proof state of entries, as the pages show it."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from casework.ledger.checks import entry_fault
from casework.ledger.models import Entry
from casework.web.components import Proof


def proof_of(entry: Entry) -> Proof:
    """Return the proof state of one entry, computed from its bytes now."""
    return proofs_of([entry])[entry.pk]


def proofs_of(entries: Iterable[Entry]) -> dict[int, Proof]:
    """Return the proof states of several entries by entry number, in one query."""
    rows = list(entries)
    before = {
        (entry.stream, entry.stream_seq): bytes(entry.leaf_hash).hex()
        for entry in Entry.objects.filter(
            stream__in={row.stream for row in rows}, stream_seq__in={row.stream_seq - 1 for row in rows}
        )
    }
    return {row.pk: _proof(row, before.get((row.stream, row.stream_seq - 1), "")) for row in rows}


def _proof(row: Entry, before: str) -> Proof:
    seq = row.stream_seq - 1 if before else 0
    fault = entry_fault(
        (row.pk, row.header, row.leaf_hash, row.stream, row.stream_seq, row.kind, row.ref, row.actor_id, row.at),
        seq,
        before,
    )
    return Proof(
        state="failed" if fault else "verified",
        number=row.pk,
        url=reverse("ledger:entry", args=[row.pk]),
        note=fault_words(fault) if fault else _("内容、摘要和前一条都核对过。"),
    )


def fault_words(what: str) -> str:
    """Return in a sentence what is wrong with an entry."""
    return {
        "hash": _("内容与入账时的摘要不符。"),
        "bytes": _("内容已不是一条完整的条目。"),
        "index": _("索引与内容不符。"),
        "gap": _("前面缺少条目，或者有两条同号。"),
        "chain": _("与前一条不相接：前一条被改动或替换过。"),
    }.get(what, what)
