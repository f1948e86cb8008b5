"""What a list of taken evidence holds for official documents: seizure, sealing, electronic data."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.urls import reverse
from django.utils import timezone

from casework.accounts.models import User
from casework.documents.registry import Subject, register_document, register_subject
from casework.documents.services.documents import NUMBER
from evidence.enums import Signature
from evidence.models import Collection, Device, Item, ItemFile


def _collection(pk: int, user: User) -> Subject | None:
    row = Collection.objects.visible_to(user).select_related("unit").filter(pk=pk).first()
    if row is None:
        return None
    return Subject(f"collection:{pk}", str(row), reverse("evidence:collection", args=[pk]), row.compartment_id, row)


def _moment(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{local.year}年{local.month}月{local.day}日{local.hour}时{local.minute:02d}分"


def _head(row: Collection, heading: str) -> dict[str, Any]:
    officers = row.officers.select_related("user").order_by("pk")
    until = f"至{_moment(row.ended_at)}" if row.ended_at else ""
    signed = row.holder_signature in {"", Signature.SIGNED}
    return {
        "heading": heading,
        "unit": row.unit.name if row.unit else "",
        "place": row.place,
        "time": f"{_moment(row.began_at)}{until}",
        "document": row.basis,
        "holder": row.holder_name,
        "witness": row.witness_name or row.witness_note,
        "recording": row.recording_ref,
        "officers": "、".join(one.user.name for one in officers),
        "refusal": "" if signed else f"{row.get_holder_signature_display()}：{row.signature_note}",
        NUMBER: row.number,
    }


def _items(row: Collection) -> Iterable[Item]:
    return row.items.select_related("device").prefetch_related("seals").order_by("number")


def device_words(device: Device | None) -> list[str]:
    """Return what tells a device from others, each number with what it is and its unit."""
    if device is None:
        return []
    named = (("序列号 ", device.serial), ("MAC 地址 ", device.mac), ("算力 ", device.hash_rate))
    watts = [f"实测功率 {device.watts:,} W"] if device.watts is not None else []
    model = " ".join(filter(None, (device.make, device.model))) or device.get_device_kind_display()
    return [model, *(f"{word}{value}" for word, value in named if value), *watts]


def _features(item: Item) -> str:
    return "；".join(part for part in (*device_words(getattr(item, "device", None)), item.features) if part)


def seizure_list(row: Collection, _user: User, _at: datetime) -> dict[str, Any]:
    """Return the list of all that was taken."""
    items = [
        {
            "number": item.number,
            "title": item.title,
            "quantity": f"{item.quantity} {item.quantity_unit}",
            "features": _features(item),
            "where": item.found_where,
        }
        for item in _items(row)
    ]
    return {**_head(row, f"{row.get_measure_display()}财物、文件清单"), "items": items}


def sealing_list(row: Collection, _user: User, _at: datetime) -> dict[str, Any]:
    """Return the list of what was sealed, each with its first seal."""
    items = []
    for item in _items(row):
        seal = next(iter(item.seals.all()), None)
        if seal is not None:
            items.append(
                {
                    "number": item.number,
                    "title": item.title,
                    "seal": seal.number,
                    "sealed": _moment(seal.applied_at),
                    "features": _features(item),
                }
            )
    return {**_head(row, "封存清单"), "items": items}


#: How a list that people sign names the formats; another is named after the ending of the file's name.
_FORMATS = {
    "application/pdf": "PDF",
    "application/zip": "压缩包",
    "text/csv": "CSV",
    "text/plain": "文本",
}


def format_of(file: ItemFile) -> str:
    """Return what a file is, as a list that people sign says it."""
    said = file.blob.media_type
    if said.startswith("image/"):
        return "图片"
    ending = Path(file.name).suffix.lstrip(".")
    return _FORMATS.get(said) or ending.upper()[:8] or "数据"


def electronic_list(row: Collection, user: User, _at: datetime) -> dict[str, Any]:
    """Return the list of the data, each file with its digests."""
    files = ItemFile.objects.visible_to(user).filter(item__collection=row, original=True).select_related("item", "blob")
    items = [
        {
            "number": file.item.number,
            "title": file.name,
            "kind": format_of(file),
            "size": f"{file.blob.size:,} 字节",
            "digest": f"SHA-256 {file.blob.sha256} SM3 {file.blob.sm3}",
        }
        for file in files.order_by("item__number", "pk")
    ]
    return {**_head(row, "电子数据提取清单"), "items": items}


def _closed(row: Collection) -> bool:
    return row.ended_at is not None


def _sealed(row: Collection) -> bool:
    return _closed(row) and row.items.filter(seals__isnull=False).exists()


def _data(row: Collection) -> bool:
    return _closed(row) and row.items.filter(files__original=True).exists()


register_subject("collection", _collection)
register_document("seizure_list", "collection", seizure_list, _closed)
register_document("sealing_list", "collection", sealing_list, _sealed)
register_document("electronic_list", "collection", electronic_list, _data)
