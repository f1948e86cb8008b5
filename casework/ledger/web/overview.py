"""The state of the whole record, for the auditor's page."""

import base64
from typing import Any

from django.utils.translation import get_language

from casework.ledger import tree
from casework.ledger.checks import count_entries
from casework.ledger.signer import fingerprint
from casework.ledger.web.proof import PENDING_SECONDS, signed_head

#: So many faults stand on the page; ``ledger verify`` tells all.
SHOWN = 10


def said(fault: str) -> str:
    """Return a fault in the reader's language: Chinese alone, or both, as the English leaves the place out."""
    return fault.partition(" / ")[0] if (get_language() or "zh").startswith("zh") else fault


def overview() -> dict[str, Any]:
    """Return what the auditor's page tells beside the entries."""
    total, lag, newest = count_entries(), tree.lag_seconds(), tree.newest()
    head, checked, vkeys = signed_head(), tree.last_check("verify"), tree.vkeys()
    faults = []
    for kind in ("verify", "sign", "integrate"):
        last = tree.last_check(kind)
        if last is not None:
            faults += [{"at": last.ended_at, "text": said(text)} for text in last.faults]
    return {
        "is_auditor": True,
        "total": total,
        "lag": lag,
        "late": lag > PENDING_SECONDS,
        "faults": faults[:SHOWN],
        "fault_count": len(faults),
        "newest": newest,
        "unsigned": newest is not None and head is None,
        "waiting": total - (head[0].size if head else 0),
        "root": base64.b64encode(newest.root).decode() if newest else "",
        "origin": newest.note.partition("\n")[0] if newest else "",
        "key": fingerprint(vkeys[-1]) if vkeys else "",
        "checked": checked,
        "seconds": (checked.ended_at - checked.begun_at).total_seconds() if checked else None,
    }
