"""Files of items: taken in once, never changed, and no byte handed out before the ledger knows of it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused
from casework.files.models import Blob
from casework.files.services.blobs import store_blob
from casework.files.services.types import register_retyped
from casework.ledger.record import record
from evidence.enums import ENDED, DiscrepancyKind
from evidence.models import Item, ItemFile
from evidence.rules import file_name
from evidence.services.chain import lock_item
from evidence.services.discrepancies import note_discrepancy


def add_file(
    item: Item,
    chunks: Iterable[bytes],
    *,
    name: str,
    actor: User,
    at: datetime,
    derived_from: ItemFile | None = None,
    note: str = "",
) -> ItemFile:
    """Store a file of the item with SHA-256 and SM3; one that names ``derived_from`` is a working copy.

    The same bytes are kept once for an item: an original stays an original.
    """
    require(actor, "evidence.upload", item)
    clean = file_name(name)
    if not clean:
        raise Invalid(
            _("文件名不能用：去掉路径和控制字符后是空的。可以改名后再上传。"), details={"name": _("可以改名")}
        )
    if derived_from is not None and derived_from.item_id != item.pk:
        raise Invalid(
            _("工作副本的原件不属于这件证物。可以在原件所属的证物下上传。"),
            details={"derived_from": _("不属于这件证物")},
        )
    blob = store_blob(chunks, actor=actor, at=at)
    return attach_blob(item, blob, name=name, derived_from=derived_from, note=note, actor=actor, at=at)


def attach_blob(
    item: Item, blob: Blob, *, name: str, actor: User, at: datetime, derived_from: ItemFile | None, note: str
) -> ItemFile:
    """Make stored bytes a file of the item."""
    require(actor, "evidence.upload", item)
    clean = file_name(name)
    with transaction.atomic():
        row = lock_item(item)
        if (known := ItemFile.objects.filter(item=row, blob__sha256=blob.sha256).first()) is not None:
            raise Refused(
                _("不能上传：内容与“%(name)s”逐字节相同。可以直接使用已有的文件。") % {"name": known.name},
                code="same_file",
            )
        file = ItemFile.objects.create(
            item=row,
            blob=blob,
            name=clean,
            original=derived_from is None,
            derived_from=derived_from,
            note=note,
            added_at=at,
            added_by=actor,
        )
        record(
            "item.file_added",
            ref=f"item:{row.pk}",
            actor=actor,
            at=at,
            personal={"name": clean, "note": note},
            data={
                **_of_file(file),
                "sm3": blob.sm3,
                "size": str(blob.size),
                "media_type": blob.media_type,
                "original": file.original,
                "derived_from": derived_from.pk if derived_from else None,
            },
        )
    return file


def _of_file(file: ItemFile) -> dict[str, Any]:
    """Return which file of which item: what every entry about a file says first."""
    return {"number": file.item.number, "file": file.pk, "sha256": file.blob.sha256}


def note_retyped(blob: Blob, before: str, at: datetime) -> None:
    """Write down beside the entry of the upload that the type said there was wrong; nobody did it, the bytes say so."""
    for file in ItemFile.objects.filter(blob=blob).select_related("item", "blob").order_by("pk"):
        record(
            "item.file_type_corrected",
            ref=f"item:{file.item_id}",
            actor=None,
            at=at,
            personal={"name": file.name},
            data={
                **_of_file(file),
                "from": before,
                "to": blob.media_type,
            },
        )


register_retyped(note_retyped)


def note_view(item: Item, *, actor: User, at: datetime) -> None:
    """Write down that the person looked at an item that is or was sealed; before the page is sent."""
    if not item.seals.exists():
        return
    with transaction.atomic():
        record("item.viewed", ref=f"item:{item.pk}", actor=actor, at=at, data={"number": item.number})


def note_download(file: ItemFile, *, actor: User, at: datetime, marked: bool = False) -> ItemFile:
    """Write down that the file, or a copy marked with the reader's name, is handed out; before the first byte leaves."""
    require(actor, "evidence.download", file.item)
    with transaction.atomic():
        record(
            "item.downloaded",
            ref=f"item:{file.item_id}",
            actor=actor,
            at=at,
            personal={"name": file.name},
            data={
                **_of_file(file),
                **({"marked": True} if marked else {}),
            },
        )
    return file


def note_preview(file: ItemFile, *, actor: User, at: datetime, page: int = 0) -> ItemFile:
    """Write down that the person looks into the file; committed before anything of it is sent."""
    require(actor, "evidence.download", file.item)
    with transaction.atomic():
        record(
            "item.previewed",
            ref=f"item:{file.item_id}",
            actor=actor,
            at=at,
            data={
                **_of_file(file),
                **({"page": page} if page else {}),
            },
            personal={"name": file.name},
        )
    return file


def report_broken_files(*, at: datetime) -> list[ItemFile]:
    """Open a discrepancy for each item whose file the scrub found altered or lost, and return those files.

    An item that has left for good keeps its record; the alarm on the auditor's page names its file all the same.
    """
    broken = list(ItemFile.objects.filter(blob__intact=False).select_related("item", "blob").order_by("pk"))
    for file in broken:
        with transaction.atomic():
            item = lock_item(file.item)
            if item.state not in ENDED:
                note_discrepancy(
                    item,
                    DiscrepancyKind.DIGEST,
                    actor=None,
                    at=at,
                    expected=file.blob.sha256,
                    found=_("与记录不一致"),
                    note=file.name,
                )
    return broken
