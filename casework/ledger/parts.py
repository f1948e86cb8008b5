"""The long list of one act in as many entries as its length needs: an entry has 65,535 bytes at most."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from casework.accounts.models import User
from casework.ledger.canonical import MAX_BYTES, plain
from casework.ledger.record import record

#: What of an entry's length is left for the list when the rest (who, when, names) is written.
_ROOM = MAX_BYTES - 5_000


def record_parts(
    kind: str, name: str, rows: Sequence[Mapping[str, Any]], *, ref: str, actor: User | None, at: datetime
) -> None:
    """Append what one act did to ``rows`` under one reference; nothing for no rows.

    ``data`` of each entry has its part of the list under ``name``, its own ``count``, and ``of`` for the whole act's.
    """
    part: list[Mapping[str, Any]] = []
    room = _ROOM
    for row in rows:
        size = len(json.dumps(plain(row))) + 1  # never less than the canonical bytes
        if part and size > room:
            record(kind, ref=ref, actor=actor, at=at, data={"count": len(part), "of": len(rows), name: part})
            part, room = [], _ROOM
        part.append(row)
        room -= size
    if part:
        record(kind, ref=ref, actor=actor, at=at, data={"count": len(part), "of": len(rows), name: part})
