"""Taking in files: streamed once, digested while written, named by their digest."""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import puremagic
from django.db import transaction
from django.utils.translation import gettext as _

from casework.accounts.models import User
from casework.core.errors import Invalid
from casework.files import storage
from casework.files.models import Blob

CHUNK = 1024 * 1024
MAX_BYTES = 20 * 1024**3


@dataclass(frozen=True)
class Digests:
    """SHA-256 and SM3 of the same bytes, and how many there were."""

    sha256: str
    sm3: str
    size: int


def store_blob(chunks: Iterable[bytes], *, actor: User, at: datetime, max_bytes: int = MAX_BYTES) -> Blob:
    """Store the bytes and return their blob; the same bytes a second time return the first blob.

    Memory stays flat whatever the size. A broken stream leaves nothing behind.
    """
    handle, name = tempfile.mkstemp(dir=storage.incoming())
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            digests = _copy(chunks, out, max_bytes)
            out.flush()
            os.fsync(out.fileno())
        media_type = sniff(path)
        storage.keep(path, digests.sha256)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    with transaction.atomic():
        blob, _created = Blob.objects.get_or_create(
            sha256=digests.sha256,
            defaults={
                "sm3": digests.sm3,
                "size": digests.size,
                "media_type": media_type,
                "stored_at": at,
                "stored_by": actor,
            },
        )
    return blob


def _copy(chunks: Iterable[bytes], out: BinaryIO, max_bytes: int) -> Digests:
    sha256, sm3, size = hashlib.sha256(), hashlib.new("sm3"), 0
    for chunk in chunks:
        size += len(chunk)
        if size > max_bytes:
            raise Invalid(_("不能上传：文件超过 %(limit)d MB。可以分卷后上传。") % {"limit": max_bytes // 1024**2})
        sha256.update(chunk)
        sm3.update(chunk)
        out.write(chunk)
    if size == 0:
        raise Invalid(_("不能上传：文件是空的。可以重新选择文件。"))
    return Digests(sha256.hexdigest(), sm3.hexdigest(), size)


def sniff(path: Path) -> str:
    """Return the media type by content; the name a file came with is never believed."""
    try:
        found = puremagic.magic_file(str(path))
    except (puremagic.PureError, ValueError):
        return "application/octet-stream"
    return found[0].mime_type if found and found[0].mime_type else "application/octet-stream"


def recheck(blob: Blob, *, at: datetime) -> bool:
    """Read the stored bytes again and note whether they still have their digests."""
    try:
        with storage.open_blob(blob.sha256) as stream:
            sha256, sm3 = hashlib.sha256(), hashlib.new("sm3")
            while chunk := stream.read(CHUNK):
                sha256.update(chunk)
                sm3.update(chunk)
        intact = (sha256.hexdigest(), sm3.hexdigest()) == (blob.sha256, blob.sm3)
    except FileNotFoundError:
        intact = False
    Blob.objects.filter(pk=blob.pk).update(checked_at=at, intact=intact)
    blob.checked_at, blob.intact = at, intact
    return intact
