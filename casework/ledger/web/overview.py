"""The state of the whole record, for the auditor's page."""

import base64
from collections.abc import Callable
from typing import Any

from django.utils.translation import get_language

from casework.ledger import tree
from casework.ledger.checks import count_entries
from casework.ledger.signer import fingerprint
from casework.ledger.timestamps import stamped
from casework.ledger.verify import NotALedgerError
from casework.ledger.web.proof import PENDING_SECONDS, signed_head
from casework.ledger.witnessing import cosigned_size, witnesses

#: So many faults stand on the page; ``ledger verify`` tells all.
SHOWN = 10


#: How the stored files stand; registered from above, the ledger knows no files.
_fixity: Callable[[], Any] | None = None


def register_fixity(fixity: Callable[[], Any]) -> None:
    """Let an app above say how many files there are, since when the longest unread one was not read, how many are wrong."""
    global _fixity  # noqa: PLW0603
    _fixity = fixity


def _witnesses() -> list[dict[str, Any]]:
    """Return the witnesses of the policy with the size up to which each has cosigned."""
    try:
        known = witnesses()
    except NotALedgerError:
        return []
    return [{"name": one.name, "size": cosigned_size(one), "by_hand": not one.url} for one in known]


def said(fault: str) -> str:
    """Return a fault in the reader's language: Chinese alone, or both, as the English leaves the place out."""
    return fault.partition(" / ")[0] if (get_language() or "zh").startswith("zh") else fault


def overview() -> dict[str, Any]:
    """Return what the auditor's page tells beside the entries."""
    total, lag, newest = count_entries(), tree.lag_seconds(), tree.newest()
    head, checked, vkeys = signed_head(), tree.last_check("verify"), tree.vkeys()
    faults = []
    for kind in ("verify", "sign", "integrate", "witness", "timestamp", "files", "clock"):
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
        "seen": _witnesses(),
        "unwitnessed": tree.witnessed() is None,
        "stamp": stamped(),
        "files": _fixity() if _fixity else None,
        "files_checked": tree.last_check("files"),
        "seconds": (checked.ended_at - checked.begun_at).total_seconds() if checked else None,
    }
