"""The log as static files in the C2SP tlog-tiles layout, and the proof of one entry."""

import os
from collections.abc import Iterator
from pathlib import Path

from django.db import connection

from casework.ledger import tree
from casework.ledger.merkle import HASH_BYTES
from casework.ledger.models import Entry
from casework.ledger.notes import proof_text
from casework.ledger.tiles import WIDTH, bundle, tile_path, tiles_of, width_of


class DiffersError(Exception):
    """A file that is never changed holds something else than the log."""


def entry_bundle(n: int, width: int) -> bytes:
    """Return the bundle of entries ``n * 256`` … in the order of the tree; shorter when entries are missing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select entry.header from ledger.leaf join ledger.entry on entry.id = leaf.entry_id"
            " where leaf.idx >= %s and leaf.idx < %s order by leaf.idx",
            [n * WIDTH, n * WIDTH + width],
        )
        return bundle(bytes(header) for (header,) in cursor.fetchall())


def published_tile(level: int | None, n: int, width: int, size: int) -> bytes | None:
    """Return a tile (level None: a bundle) of the log of ``size`` entries, or None when the log has no such tile."""
    if width > width_of(level or 0, n, size):
        return None
    if level is None:
        return entry_bundle(n, width)
    return tree.load_tile(level, n)[: width * HASH_BYTES]


def proof_of_entry(entry: Entry) -> str | None:
    """Return the C2SP tlog-proof of an entry under the newest checkpoint, witnessed where possible; None while it waits."""
    found = tree.proof_of(entry.pk)
    return proof_text(*found) if found else None


def write_log(folder: Path, checkpoint: tree.Published, since: int = 0) -> int:
    """Write the log up to the checkpoint into the folder and return how many files are new.

    Full tiles and bundles are written once; one that is there already must be the same. Partial ones that a wider one
    replaces are removed. The checkpoint comes last, so that a reader never finds one whose tiles are missing.
    ``since`` is the size that the folder is known to hold: what was full then is not looked at again.

    Raises:
        DiffersError: a file that is there differs from the log.
    """
    made = 0
    for path, data in _files(folder, checkpoint.size, since):
        made += _write_once(folder / path, data)
        _drop_narrower(folder / path)
    _replace(folder / "vkey", "".join(f"{vkey}\n" for vkey in tree.vkeys()[-1:]).encode())
    _replace(folder / "checkpoint", checkpoint.note.encode())
    return made


def _drop_narrower(path: Path) -> None:
    """Remove the partial tiles that this one begins with; readers take any that is wide enough."""
    partial = path.parent.name.endswith(".p")
    folder = path.parent if partial else path.with_name(f"{path.name}.p")
    if not folder.is_dir():
        return
    for other in folder.iterdir():
        if not partial or (other.name.isdecimal() and int(other.name) < int(path.name)):
            other.unlink(missing_ok=True)
    if not partial:
        folder.rmdir()


def _files(folder: Path, size: int, since: int) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of every tile and bundle; what is full and already there is left out but for the newest."""
    for level, n, width in tiles_of(size, since):
        full = width == WIDTH and n < (size >> (8 * (level + 1))) - 1
        path = f"tile/{tile_path(level, n, width)}"
        if not (full and (folder / path).exists()):
            yield path, tree.load_tile(level, n)[: width * HASH_BYTES]
        if level == 0:
            path = f"tile/{tile_path('entries', n, width)}"
            if not (full and (folder / path).exists()):
                yield path, entry_bundle(n, width)


def _write_once(path: Path, data: bytes) -> int:
    if path.exists():
        if path.read_bytes() != data:
            raise DiffersError(f"{path}: 与账本不同 / differs from the log")
        return 0
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path, data)
    path.chmod(0o444)
    return 1


def _replace(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(data)
    draft.replace(path)
