"""After an older copy was restored: bringing the record back to what was published, from the files of the log.

Nothing is believed: the checkpoint must be signed by a known key, the files must prove that its tree begins with the
restored one (RFC 9162 consistency), and every entry must have the hash that leads to the signed root.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from casework.ledger import merkle, tree, verify
from casework.ledger.tiles import WIDTH, Tiles, width_of
from casework.ledger.verify import AlteredError, NotALedgerError

ERASED = b'"kind":"disclosure.erased"'


class ReplayError(Exception):
    """The record cannot be brought to the published checkpoint; the text says why and what helps."""


@dataclass(frozen=True)
class Head:
    """A published checkpoint that was found, and the folder with the log it stands for, if there is one."""

    size: int
    root: bytes
    note: str
    place: str
    folder: Path | None = None


def head_of(note: str, vkeys: Sequence[str], place: str, folder: Path | None = None) -> Head | None:
    """Return the head that a note states when one of the keys has signed it, else None."""
    try:
        _origin, size, root = verify.read_checkpoint(note, "\n".join(vkeys))
    except (AlteredError, NotALedgerError):
        return None
    return Head(size, root, note, place, folder)


def floor_of(heads: Sequence[Head]) -> Head | None:
    """Return the highest of the heads: what a restore may not go below.

    Raises:
        ReplayError: two heads of one size have different roots; the log was forked.
    """
    roots: dict[int, Head] = {}
    for head in heads:
        other = roots.setdefault(head.size, head)
        if other.root != head.root:
            raise ReplayError(
                f"{head.place} 和 {other.place} 同为 {head.size} 条，根不同：账本分叉过"
                f" / forked: {head.place} and {other.place} have different roots for {head.size} entries"
            )
    # Of equal heads, the one with a folder to read from.
    return max(heads, key=lambda head: (head.size, head.folder is not None), default=None)


class LogFolder:
    """A log as static files, read up to a signed size."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder, self.size = folder, size
        self.tiles = Tiles(self.tile)

    def tile(self, level: int, n: int) -> bytes:
        """Return a tile; raises ``AlteredError``."""
        return verify.read_tile(self.folder, str(level), n, width_of(level, n, self.size))

    def entries(self, start: int) -> list[tuple[bytes, bytes]]:
        """Return (bytes, hash) of the entries from ``start`` to the end of its bundle; raises ``AlteredError``."""
        n = start // WIDTH
        width = width_of(0, n, self.size)
        found = list(verify.entries_of(verify.read_tile(self.folder, "entries", n, width), f"entries/{n}"))[:width]
        if len(found) < width:
            raise AlteredError(f"entries/{n}: 缺少条目 / entries missing")
        return [(entry, merkle.leaf_hash(entry)) for entry in found[start - n * WIDTH :]]


def replay(to: Head) -> int:
    """Append what the log of ``to`` has beyond the present tree, in one transaction, and return how many entries.

    Raises:
        ReplayError: there are no files, they do not continue the present tree, or they do not lead to the signed root.
    """
    now = tree.head()
    if now.size >= to.size:
        return 0
    if to.folder is None:
        raise ReplayError(
            f"恢复后只有 {now.size} 条，已公布到 {to.size} 条（{to.place}），缺少这些条目的文件。"
            " 可以用 --log 指明账本导出或镜像的文件夹。"
            f" / {now.size} entries, {to.size} were published: give the log's files with --log"
        )
    log = LogFolder(to.folder, to.size)
    erased: list[dict[str, Any]] = []
    try:
        _continues(log, now, to)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [tree.LOCK])
            place = now.size
            while place < to.size:
                rows = log.entries(place)
                erased += [
                    body
                    for entry, _hashed in rows
                    if ERASED in entry and (body := json.loads(entry))["kind"] == "disclosure.erased"
                ]
                tree.append_leaves(cursor, [(_entry(cursor, entry, hashed), hashed) for entry, hashed in rows])
                place += len(rows)
            if tree.head().root != to.root:
                raise ReplayError(f"{to.folder}: 条目推不出签过的根 / the entries do not give the signed root")
            for body in erased:
                _erase_again(cursor, body)
    except (AlteredError, LookupError, OSError) as error:
        raise ReplayError(f"{to.folder}: {error}") from error
    return to.size - now.size


def _erase_again(cursor: Any, body: dict[str, Any]) -> None:
    """Erase what the copy still holds of values whose erasure the record tells of, on the same approvals."""
    data = body["data"]
    cursor.execute(
        "select entry_id, array_agg(name) from ledger.disclosure where digest = any(%s) group by entry_id",
        [list(data["digests"].values())],
    )
    for entry_id, names in cursor.fetchall():
        cursor.execute(
            "insert into ledger.erasure (entry_id, names, basis, reason, asked_by, asked_at)"
            " values (%s, %s, %s, %s, 0, %s) returning id",
            [entry_id, names, data["basis"], body.get("reason") or data["basis"], datetime.fromisoformat(body["at"])],
        )
        (erasure,) = cursor.fetchone()
        cursor.execute(
            "insert into ledger.erasure_approval (erasure_id, user_id, at) select %s, unnest(%s::bigint[]), %s",
            [erasure, data["approvers"], datetime.fromisoformat(body["at"])],
        )
        cursor.execute("select ledger.erase(%s)", [erasure])


def _continues(log: LogFolder, now: tree.Head, to: Head) -> None:
    """Refuse unless the tree of ``to`` begins with the present one."""
    if now.size == 0:
        return
    proof = merkle.consistency_proof(now.size, to.size, log.tiles.node)
    if not verify.consistency_holds(now.size, to.size, now.root, to.root, proof):
        raise ReplayError(
            f"备份的前 {now.size} 条与已公布的 {to.size} 条不一致：其中一个被改动过"
            f" / the backup's {now.size} entries are not the beginning of the {to.size} that were published"
        )


def _entry(cursor: Any, header: bytes, hashed: bytes) -> int:
    """Return the number of the entry with these bytes, written now unless the copy had it waiting in the queue."""
    body = json.loads(header)
    cursor.execute(
        "select id, leaf_hash from ledger.entry where stream = %s and stream_seq = %s", [body["stream"], body["seq"]]
    )
    row = cursor.fetchone()
    if row is None:
        cursor.execute(
            "insert into ledger.entry (header, stream, stream_seq, kind, ref, actor_id, at)"
            " values (%s, %s, %s, %s, %s, %s, %s) returning id, leaf_hash",
            [
                header, body["stream"], body["seq"], body["kind"], body["ref"], body["by"],
                datetime.fromisoformat(body["at"]),
            ],
        )  # fmt: skip
        row = cursor.fetchone()
    if bytes(row[1]) != hashed:
        raise ReplayError(
            f"{body['stream']} 第 {body['seq']} 号：备份与已公布的账本不同 / the backup differs from what was published"
        )
    cursor.execute("delete from ledger.queue where entry_id = %s", [row[0]])
    return int(row[0])
