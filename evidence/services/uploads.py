"""Files of items that come in pieces: opened for an item, and made one of its files when all is there."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import CaseworkError, Invalid
from casework.files.enums import UploadState
from casework.files.errors import StorageAway
from casework.files.models import Upload
from casework.files.services.uploads import Busy, drop_upload, held, open_upload, postpone_upload, seal_upload
from evidence.models import Item, ItemFile
from evidence.rules import file_name
from evidence.services.files import attach_blob

#: A worker that took an upload and never finished it is followed by another after this.
STUCK: Final = timedelta(minutes=2)


def open_item_upload(
    item: Item,
    *,
    name: str,
    size: int,
    actor: User,
    at: datetime,
    derived_from: ItemFile | None = None,
    note: str = "",
    sha256: str = "",
) -> Upload:
    """Open an upload for a file of the item; ``sha256`` is what the sender computed before, "" when he did not."""
    require(actor, "evidence.upload", item)
    if not file_name(name):
        raise Invalid(
            _("文件名不能用：去掉路径和控制字符后是空的。可以改名后再上传。"), details={"name": _("可以改名")}
        )
    if sha256 and (len(sha256) != 64 or set(sha256.lower()) - set("0123456789abcdef")):
        raise Invalid(_("SHA-256 应为 64 位十六进制数。"), details={"sha256": _("64 位十六进制数")})
    return open_upload(
        f"item:{item.pk}",
        name=name,
        size=size,
        sha256=sha256,
        facts={"derived_from": derived_from.pk if derived_from else None, "note": note[:200]},
        actor=actor,
        at=at,
    )


def finish_upload(pk: int, *, at: datetime) -> Upload:
    """Make a received upload a file of its item; what cannot be is told in the row, and its bytes go."""
    with transaction.atomic():
        upload = Upload.objects.select_for_update().get(pk=pk)
        if upload.state != UploadState.RECEIVED:
            return upload
        Upload.objects.filter(pk=pk).update(touched_at=at)
    try:
        with held(upload):
            upload.refresh_from_db()
            return _store(upload, at) if upload.state == UploadState.RECEIVED else upload
    except Busy:  # a worker is at it, for longer than it was thought to be stuck
        return upload
    except FileNotFoundError:
        upload.refresh_from_db()
        if upload.state == UploadState.RECEIVED:
            drop_upload(upload, state=UploadState.FAILED, error=_("已收的部分不在了"))
        return upload


def _store(upload: Upload, at: datetime) -> Upload:
    item = Item._base_manager.get(pk=int(upload.purpose.partition(":")[2]))
    try:
        require(upload.owner, "evidence.upload", item)
        blob = seal_upload(upload, at=at)
        original = upload.facts.get("derived_from")
        file = attach_blob(
            item,
            blob,
            name=upload.name,
            derived_from=ItemFile.objects.get(pk=original) if original else None,
            note=upload.facts.get("note", ""),
            actor=upload.owner,
            at=at,
        )
    except StorageAway as error:
        postpone_upload(upload, error=error.message)
        return upload
    except CaseworkError as error:
        drop_upload(upload, state=UploadState.FAILED, error=error.message)
        return upload
    drop_upload(upload, state=UploadState.DONE, result=f"item_file:{file.pk}")
    return upload


def unfinished(*, at: datetime) -> list[int]:
    """Return the uploads that are all there and that no worker has taken up."""
    rows = Upload.objects.filter(state=UploadState.RECEIVED, purpose__startswith="item:", touched_at__lt=at - STUCK)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def abandon_upload(upload: Upload) -> None:
    """Throw away an upload that its owner gives up."""
    if upload.state == UploadState.OPEN:
        drop_upload(upload, state=UploadState.FAILED, error=_("上传人放弃"))
