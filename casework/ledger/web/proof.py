"""The proof state of entries, as the pages show it: computed from the bytes, not read from a column."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from casework.core.moments import cn_datetime
from casework.ledger import merkle, tree, verify
from casework.ledger.checks import entry_fault
from casework.ledger.models import Entry
from casework.ledger.notes import BadNote, Checkpoint, Verifier, read_checkpoint
from casework.ledger.tiles import Tiles
from casework.web.components import Proof

#: An entry that waits longer than this is an alarm.
PENDING_SECONDS = 10.0


def proof_of(entry: Entry) -> Proof:
    """Return the proof state of one entry, computed from its bytes now."""
    return proofs_of([entry])[entry.pk]


def proofs_of(entries: Iterable[Entry]) -> dict[int, Proof]:
    """Return the proof states of several entries by entry number, in a few queries whatever their number."""
    rows = list(entries)
    around = tree.surroundings(row.pk for row in rows)
    head, seen = _signed(around), around.seen
    found = {}
    for row in rows:
        here = around.entries[row.pk]
        fault = _fault(row, here.before)
        if fault:
            found[row.pk] = _proof(row, "failed", fault_words(fault))
        elif head is not None and here.index is not None and here.index < head[0].size:
            found[row.pk] = _included(row, here.index, head, around.tiles, seen)
        elif here.index is None and here.waiting is None:
            found[row.pk] = _proof(row, "failed", _("条目不在树中，也不在等候的队列中。"))
        else:
            found[row.pk] = _pending(row, here.waiting or 0.0)
    return found


def signed_head() -> tuple[Checkpoint, tree.Published] | None:
    """Return the newest checkpoint whose signature holds now, with when it was published."""
    return _signed(tree.surroundings(()))


def _signed(around: tree.Surroundings) -> tuple[Checkpoint, tree.Published] | None:
    if around.newest is None:
        return None
    try:
        return read_checkpoint(around.newest.note, *(Verifier.parse(vkey) for vkey in around.vkeys)), around.newest
    except BadNote:
        return None


def _fault(row: Entry, before: str) -> str:
    columns = (row.pk, row.header, row.leaf_hash, row.stream, row.stream_seq, row.kind, row.ref, row.actor_id, row.at)
    return entry_fault(columns, row.stream_seq - 1 if before else 0, before)


def _included(
    row: Entry, index: int, head: tuple[Checkpoint, tree.Published], tiles: Tiles, seen: tree.Published | None
) -> Proof:
    checkpoint, published = head
    try:
        path = merkle.inclusion_proof(index, checkpoint.size, tiles.node)
    except LookupError:
        path = []
    leaf = merkle.leaf_hash(bytes(row.header))
    if not verify.inclusion_holds(leaf, index, checkpoint.size, path, checkpoint.root):
        return _proof(row, "failed", _("推不出已签名检查点的根：条目或者树被改动过。"))
    words = ngettext("%(n)s 条，%(at)s 签名", "%(n)s 条，%(at)s 签名", checkpoint.size) % {
        "n": f"{checkpoint.size:,}",
        "at": cn_datetime(published.published_at),
    }
    witness = _("没有外部见证")
    if seen is not None and index < seen.size:
        witness = _("%(names)s 见证到 %(n)s 条") % {"names": _("、").join(seen.witnesses), "n": f"{seen.size:,}"}
    return _proof(row, "verified", _("条目在已签名的检查点内，证明已算过一遍。"), words, witness)


def _pending(row: Entry, seconds: float) -> Proof:
    words = _("已等 %(n)s 秒，几秒内并入下一个检查点。") % {"n": f"{seconds:.0f}"}
    if seconds > PENDING_SECONDS:
        words = _("已等 %(n)s 秒，超过了 10 秒：入账进程可能停了。") % {"n": f"{seconds:.0f}"}
    return _proof(row, "pending", words)


def _proof(row: Entry, state: str, note: str, checkpoint: str = "", witness: str = "") -> Proof:
    return Proof(
        state=state,
        number=row.pk,
        checkpoint=checkpoint,
        witness=witness,
        url=reverse("ledger:entry", args=[row.pk]),
        note=note,
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
