"""Files received in pieces (tus 1.0): each piece is on disk for good before its offset is told."""

import fcntl
import hashlib
import os
import shutil
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any, Final
from uuid import uuid4

from django.conf import settings
from django.utils.translation import gettext as _

from casework.accounts.models import User
from casework.core.errors import CaseworkError, Invalid, Refused
from casework.files import storage
from casework.files.enums import UploadState
from casework.files.errors import StorageAway
from casework.files.models import Blob, Upload
from casework.files.services.blobs import CHUNK, Digests, Hashing, Readable, keep_received, read_digests

#: An upload that nobody continued for so long is thrown away.
PATIENCE: Final = timedelta(hours=48)
#: Open uploads one person may have.
OPEN_AT_ONCE: Final = 50
#: A file up to this size is read again in the request when its digests could not be computed on the way.
READ_AT_ONCE: Final = 512 * 1024**2
#: A file up to this size is sent on to an S3 server within the request.
SENT_AT_ONCE: Final = 64 * 1024**2
CHECKSUMS: Final = ("sha256", "sha1", "sm3")


class Mismatch(CaseworkError):
    """The piece does not begin where the last one ended."""

    code, status = "offset_differs", 409


class ChecksumDiffers(CaseworkError):
    """The piece is not what its checksum says; nothing of it is kept."""

    code, status = "checksum_differs", 460


class Busy(CaseworkError):
    """Somebody else is sending a piece of the same upload."""

    code, status = "upload_busy", 423


class Gone(CaseworkError):
    """The upload was thrown away, or its bytes are lost."""

    code, status = "upload_gone", 410


@dataclass(frozen=True)
class Checksum:
    """What a piece must add up to."""

    algorithm: str
    digest: bytes


def open_upload(
    purpose: str,
    *,
    name: str,
    size: int,
    actor: User,
    at: datetime,
    facts: Mapping[str, Any] | None = None,
    sha256: str = "",
) -> Upload:
    """Open an upload of ``size`` bytes; refused before a byte is sent when it cannot fit."""
    limit = settings.CASEWORK_MAX_FILE_BYTES
    if size < 1:
        raise Invalid(_("不能上传：文件是空的。可以重新选择文件。"))
    if size > limit:
        raise Invalid(
            _("不能上传：文件超过 %(limit)d MB。可以分卷后上传。") % {"limit": limit // 1024**2}, code="too_large"
        )
    if Upload.objects.filter(owner=actor, state=UploadState.OPEN).count() >= OPEN_AT_ONCE:
        raise Refused(_("不能上传：您有 %(n)s 个没传完的文件。可以先传完或放弃。") % {"n": OPEN_AT_ONCE})
    if shutil.disk_usage(storage.incoming()).free < size + settings.CASEWORK_FREE_BYTES:
        raise Refused(_("不能上传：存储空间不足。可以联系系统管理员。"), code="no_space")
    return Upload.objects.create(
        key=uuid4(),
        owner=actor,
        purpose=purpose,
        name=name[:255],
        facts=dict(facts or {}),
        size=size,
        sha256=sha256.lower(),
        created_at=at,
        touched_at=at,
    )


def part_of(upload: Upload) -> Path:
    """Return where the bytes lie until all are there."""
    return storage.incoming() / f"{upload.key}.part"


def append_piece(
    upload: Upload, stream: Readable, *, offset: int, length: int, at: datetime, checksum: Checksum | None = None
) -> Upload:
    """Append ``length`` bytes that begin at ``offset``; what arrives of a torn piece without checksum is kept.

    Memory stays flat; the row says no more than the disk has. Two senders at once: one is told to wait.
    """
    with _alone(upload) as handle:
        upload.refresh_from_db()
        if upload.state != UploadState.OPEN:
            raise Gone(_("上传已经结束。可以查看结果。"))
        if offset != upload.offset:
            raise Mismatch(
                _("这一段从第 %(given)s 字节开始，应从第 %(known)s 字节开始。可以先问位置再续传。")
                % {"given": offset, "known": upload.offset},
                details={"offset": upload.offset},
            )
        if offset + length > upload.size:
            raise Invalid(_("这一段超出了文件的大小。"), code="beyond_size")
        if os.fstat(handle).st_size < offset:
            Upload.objects.filter(pk=upload.pk).update(state=UploadState.FAILED, error=_("已收的部分不在了"))
            raise Gone(_("已收的部分不在了。可以重新上传。"))
        os.ftruncate(handle, offset)  # bytes of a piece that was never acknowledged
        os.lseek(handle, offset, os.SEEK_SET)
        running = _running.take(upload, offset)
        with ExitStack() as undone:
            undone.callback(running.close)  # its threads end with a piece that fails
            check = hashlib.new(checksum.algorithm) if checksum else None
            received = _receive(handle, stream, length, running, check)
            if checksum and check and check.digest() != checksum.digest:
                os.ftruncate(handle, offset)
                raise ChecksumDiffers(_("这一段的校验值不符，没有保存。可以重传这一段。"))
            os.fsync(handle)
            upload.offset, upload.touched_at = offset + received, at
            if upload.offset == upload.size:
                upload.state = UploadState.RECEIVED
            upload.save(update_fields=["offset", "touched_at", "state"])
            undone.pop_all()
        _running.give(upload, running)
    return upload


def _receive(handle: int, stream: Readable, length: int, running: Hashing, check: Any) -> int:
    received = 0
    while received < length:
        try:
            chunk = stream.read(min(CHUNK, length - received))
        except OSError:  # the sender went away; what came is kept
            break
        if not chunk:
            break
        view = memoryview(chunk)
        while view:
            view = view[os.write(handle, view) :]
        running.update(chunk)
        if check is not None:
            check.update(chunk)
        received += len(chunk)
    return received


@contextmanager
def _alone(upload: Upload) -> Iterator[int]:
    """Hold the file against other senders; the lock ends with the process."""
    handle = os.open(part_of(upload), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy(_("同一个文件正在另一处上传。可以稍后再试。")) from error
        yield handle
    finally:
        os.close(handle)


class _Running:
    """Digests of what this process has received so far: a file that came through one process is not read again."""

    KEPT: Final = 16

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[int, Hashing]] = OrderedDict()
        self._lock = Lock()

    def take(self, upload: Upload, offset: int) -> Hashing:
        with self._lock:
            known = self._known.pop(str(upload.key), None)
        if known is not None and known[0] == offset:
            return known[1]
        if known is not None:
            known[1].close()
        return Hashing() if offset == 0 else Hashing(useless=True)

    def give(self, upload: Upload, running: Hashing) -> None:
        with self._lock:
            self._known[str(upload.key)] = (upload.offset, running)
            while len(self._known) > self.KEPT:
                self._known.popitem(last=False)[1][1].close()

    def digests(self, upload: Upload) -> Digests | None:
        with self._lock:
            known = self._known.pop(str(upload.key), None)
        if known is None or known[0] != upload.size:
            return None
        return known[1].finish()


_running = _Running()


def may_finish_now(upload: Upload) -> bool:
    """Tell whether finishing takes no long reading, so that a request can wait for it."""
    if storage.server() is not None:
        return upload.size <= SENT_AT_ONCE
    known = _running._known.get(str(upload.key))
    return upload.size <= READ_AT_ONCE or bool(known and known[0] == upload.size and not known[1].useless)


@contextmanager
def held(upload: Upload) -> Iterator[None]:
    """Hold the received bytes while they are stored for good, which may take long; raises ``Busy`` where another does.

    Raises:
        FileNotFoundError: they are gone, or were stored meanwhile.
    """
    handle = os.open(part_of(upload), os.O_RDWR)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy(_("这个文件正在核验入库。可以稍后查看结果。")) from error
        yield
    finally:
        os.close(handle)


def seal_upload(upload: Upload, *, at: datetime) -> Blob:
    """Make the received bytes a stored file; raises ``Refused`` when they are not what the sender said they are."""
    path = part_of(upload)
    digests = _running.digests(upload) or read_digests(path)
    if digests.size != upload.size:
        raise Refused(_("收到的字节数与申报的不一致。可以重新上传。"))
    if upload.sha256 and upload.sha256 != digests.sha256:
        raise Refused(
            _("文件的 SHA-256 是 %(found)s，上传前算得 %(given)s：传送中变了。可以重新上传。")
            % {"found": digests.sha256, "given": upload.sha256},
            code="digest_differs",
        )
    return keep_received(path, digests, actor=upload.owner, at=at)


def postpone_upload(upload: Upload, *, error: str) -> None:
    """Leave a received upload as it is and say why it is not stored yet; the sweep takes it up again."""
    upload.error = error[:300]
    upload.save(update_fields=["error"])


def drop_upload(upload: Upload, *, state: UploadState, error: str = "", result: str = "") -> None:
    """End an upload and remove what is left of its bytes."""
    part_of(upload).unlink(missing_ok=True)
    upload.state, upload.error, upload.result = state, error[:300], result
    upload.save(update_fields=["state", "error", "result"])


def sweep_uploads(*, at: datetime) -> int:
    """Throw away what nobody continues, and bytes that no row knows. Returns how many files went."""
    gone = 0
    for upload in Upload.objects.filter(state=UploadState.OPEN, touched_at__lt=at - PATIENCE):
        drop_upload(upload, state=UploadState.FAILED, error=_("48 小时没有续传"))
        gone += 1
    live = {
        f"{key}.part"
        for key in Upload.objects.filter(state__in=[UploadState.OPEN, UploadState.RECEIVED]).values_list(
            "key", flat=True
        )
    }
    with suppress(StorageAway):  # the next night is soon enough
        gone += storage.sweep(before=at - PATIENCE)
    oldest = at.timestamp() - PATIENCE.total_seconds()
    for path in storage.incoming().iterdir():
        with suppress(FileNotFoundError):
            if path.name not in live and path.stat().st_mtime < oldest:
                path.unlink()
                gone += 1
    return gone
