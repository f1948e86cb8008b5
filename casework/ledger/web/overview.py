"""The state of the whole record, for the auditor's page."""

from typing import Any

from casework.ledger.checks import count_entries


def overview() -> dict[str, Any]:
    """Return what the auditor's page tells beside the entries."""
    return {"is_auditor": True, "total": count_entries()}
