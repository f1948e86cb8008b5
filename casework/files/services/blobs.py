"""Taking in files: streamed once, digested while written, named by their digest."""

import codecs
import hashlib
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Protocol

from django.conf import settings
from django.utils.translation import gettext as _

from casework.accounts.models import User
from casework.core.errors import Invalid
from casework.core.later import later
from casework.files import packed, storage
from casework.files.models import Blob
from casework.files.services.scanner import scan

if TYPE_CHECKING:
    import puremagic
else:
    puremagic = later("puremagic")

#: Small enough that the allocators give the bytes back and that few wait; larger ones are not digested faster.
CHUNK: Final = 128 * 1024
#: So much of a file tells whether it is text; in a text none of these bytes stands.
HEAD: Final = 64 * 1024
_NO_TEXT: Final = bytes(set(range(32)) - set(b"\t\n\f\r\x1b"))


class Readable(Protocol):
    """What bytes are read from."""

    def read(self, size: int = ..., /) -> bytes | None: ...


@dataclass(frozen=True)
class Digests:
    """SHA-256 and SM3 of the same bytes, and how many there were."""

    sha256: str
    sm3: str
    size: int


class Hashing:
    """SHA-256 and SM3 of the same bytes, each in a thread of its own: together they take as long as the slower one.

    What waits is bounded in bytes, so memory does not grow with the file.
    """

    #: Bytes that may wait: whoever reads or writes goes on meanwhile, and a pause of his is not one of the digests.
    WAITING: Final = 4 * 1024**2

    def __init__(self, *, useless: bool = False) -> None:
        self.useless = useless  # the beginning is not known
        self.size = 0
        self._lanes = () if useless else (_Lane(hashlib.sha256()), _Lane(hashlib.new("sm3")))

    def update(self, chunk: bytes) -> None:
        """Take in a chunk while those before may still be digested; waits when too many do."""
        self.size += len(chunk)
        for lane in self._lanes:
            lane.update(chunk)

    def finish(self) -> Digests | None:
        """Return the digests; None when the beginning was not known."""
        if not self._lanes:
            return None
        try:
            sha256, sm3 = (lane.finish() for lane in self._lanes)
        finally:
            self.close()
        return Digests(sha256, sm3, self.size)

    def close(self) -> None:
        """Let the threads go; what still waits is not digested any more."""
        for lane in self._lanes:
            lane.close()


class _Lane:
    """One digest and its thread: chunks go in by one queue, and how long each was comes back by the other."""

    def __init__(self, digest: Any) -> None:
        self._digest = digest
        self._chunks: SimpleQueue[bytes | None] = SimpleQueue()
        self._done: SimpleQueue[int] = SimpleQueue()
        self._waiting = 0
        self._failed: Exception | None = None
        self._given_up = False
        self._thread = Thread(target=self._run, name="digest", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while chunk := self._chunks.get():
            try:
                if not self._given_up:
                    self._digest.update(chunk)
            except Exception as error:  # noqa: BLE001  (told by finish; whoever waits for room must not wait for ever)
                self._failed = error
            self._done.put(len(chunk))
            del chunk  # not held while the next is waited for

    def update(self, chunk: bytes) -> None:
        while self._waiting and self._waiting + len(chunk) > Hashing.WAITING:
            self._waiting -= self._done.get()
        if chunk:
            self._waiting += len(chunk)
            self._chunks.put(chunk)

    def finish(self) -> str:
        self._chunks.put(None)
        self._thread.join()
        if self._failed is not None:
            raise self._failed
        found: str = self._digest.hexdigest()
        return found

    def close(self) -> None:
        self._given_up = True
        self._chunks.put(None)
        self._thread.join()


def read_digests(path: Path) -> Digests:
    """Return the digests of a file, read once."""
    with path.open("rb", buffering=0) as stream:
        return digests_of(stream)


def digests_of(stream: Readable) -> Digests:
    """Return the digests of what a stream still has to give."""
    running = Hashing()
    try:
        while chunk := stream.read(CHUNK):
            running.update(chunk)
        found = running.finish()
    finally:
        running.close()
    assert found is not None  # noqa: S101  (known from the beginning)
    return found


def store_blob(chunks: Iterable[bytes], *, actor: User, at: datetime, max_bytes: int | None = None) -> Blob:
    """Store the bytes and return this keeping of them; nothing in it tells whether they were there before.

    Memory stays flat whatever the size. A broken stream leaves nothing behind.
    """
    handle, name = tempfile.mkstemp(dir=storage.incoming())
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            digests = _copy(chunks, out, max_bytes or settings.CASEWORK_MAX_FILE_BYTES)
            out.flush()
            os.fsync(out.fileno())
        return keep_received(path, digests, actor=actor, at=at)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def keep_received(path: Path, digests: Digests, *, actor: User, at: datetime) -> Blob:
    """Move received and synced bytes to their place for good and return this keeping of them.

    They are looked at and scanned each time, whether or not the same are there: neither the outcome nor the time it
    takes tells of another's file.
    """
    media_type = sniff(path)
    malware = scan(path)
    storage.keep(path, digests.sha256)
    return Blob.objects.create(
        sha256=digests.sha256,
        sm3=digests.sm3,
        size=digests.size,
        media_type=media_type,
        malware=malware or "",
        scanned=malware is not None,
        stored_at=at,
        stored_by=actor,
    )


def _copy(chunks: Iterable[bytes], out: BinaryIO, max_bytes: int) -> Digests:
    running = Hashing()
    try:
        for chunk in chunks:
            if running.size + len(chunk) > max_bytes:
                raise Invalid(_("不能上传：文件超过 %(limit)d MB。可以分卷后上传。") % {"limit": max_bytes // 1024**2})
            running.update(chunk)
            out.write(chunk)
        if running.size == 0:
            raise Invalid(_("不能上传：文件是空的。可以重新选择文件。"))
        found = running.finish()
    finally:
        running.close()
    assert found is not None  # noqa: S101  (known from the beginning)
    return found


def sniff(path: Path) -> str:
    """Return the media type by content; the name a file came with is never believed."""
    with path.open("rb") as stream:
        head = stream.read(HEAD)
        if head.startswith(packed.BEGIN):
            return packed.type_of_packed(stream)
    try:
        found = puremagic.magic_file(str(path))
    except (puremagic.PureError, ValueError):
        found = []
    if found and (said := str(found[0].mime_type or "")):
        return said
    return "text/plain" if is_text(head) else "application/octet-stream"


def is_text(head: bytes) -> bool:
    """Tell whether a file that begins so is text: of UTF-8 or GB18030, without control characters."""
    if not head or head.translate(None, _NO_TEXT) != head:
        return False
    for name in ("utf-8", "gb18030"):
        try:
            codecs.getincrementaldecoder(name)().decode(head)  # the last character may be cut
        except UnicodeDecodeError:
            continue
        return True
    return False


def recheck(blob: Blob, *, at: datetime) -> bool:
    """Read the stored bytes again and note whether they still have their digests.

    Raises:
        StorageAway: the storage does not answer, which says nothing about the file.
    """
    try:
        with storage.open_blob(blob.sha256) as stream:
            found = digests_of(stream)
        intact = (found.sha256, found.sm3) == (blob.sha256, blob.sm3)
    except FileNotFoundError:
        intact = False
    Blob.objects.filter(pk=blob.pk).update(checked_at=at, intact=intact)
    blob.checked_at, blob.intact = at, intact
    return intact
