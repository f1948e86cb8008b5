"""Writing an evidence bundle: a BagIt 1.0 bag that explains and proves itself."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.contrib.staticfiles import finders
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.policy import require
from casework.accounts.models import User
from casework.core import crypto
from casework.core.errors import Invalid, Refused
from casework.files import storage
from casework.ledger.models import Disclosure, Entry
from casework.ledger.record import record
from evidence.bundle import verify
from evidence.bundle.graph import ActFacts, FileFacts, ItemFacts, graph
from evidence.models import Item, ItemFile

CHUNK: Final = 1 << 20
#: Returns the items of a reference such as ``case:42``; None when there is no such thing.
Source = Callable[[int], Iterable[Item] | None]
_sources: dict[str, Source] = {}


def register_bundle_source(noun: str, source: Source) -> None:
    """Let an app above say which items ``noun:pk`` stands for."""
    _sources[noun] = source


def _one(pk: int) -> list[Item] | None:
    found = Item._base_manager.filter(pk=pk).first()
    return [found] if found else None


register_bundle_source("item", _one)


def items_of(ref: str) -> list[Item]:
    """Return the items of a reference, or of an item's number; raises ``Invalid`` when there are none."""
    noun, colon, pk = ref.partition(":")
    if not colon:
        found = Item._base_manager.filter(number=ref).first()
        rows: Iterable[Item] | None = [found] if found else None
    else:
        source = _sources.get(noun)
        rows = source(int(pk)) if source is not None and pk.isdigit() else None
    if rows is None:
        known = "、".join(f"{name}:42" for name in sorted(_sources))
        raise Invalid(_("没有“%(ref)s”。可以写证物编号，或 %(known)s。") % {"ref": ref, "known": known})
    return list(rows)


@dataclass(frozen=True)
class Copied:
    """A file in the bag: its path there, and what was read while it was copied."""

    path: str
    file: ItemFile
    sha256: str
    sm3: str


def make_bundle(
    items: Sequence[Item],
    folder: Path,
    *,
    title: str,
    actor: User | None,
    at: datetime,
    redacted: bool = False,
) -> Path:
    """Write the bundle of the items and their parts into an empty folder and return it.

    Each item gets a ledger entry first, so that the bundle itself tells of its making. ``redacted`` leaves out the
    disclosed personal values; every proof stays valid. ``actor`` is None for the command line.
    """
    if folder.exists() and any(folder.iterdir()):
        raise Invalid(_("不能写入“%(folder)s”：文件夹不是空的。可以换一个文件夹。") % {"folder": folder})
    rows = _with_parts(items)
    if not rows:
        raise Invalid(_("没有可以装进取证包的证物。可以先登记证物。"))
    for item in rows:
        if actor is not None:
            require(actor, "evidence.download", item)
    with transaction.atomic():
        for item in rows:
            record(
                "item.bundled",
                ref=f"item:{item.pk}",
                actor=actor,
                at=at,
                data={"number": item.number, "redacted": redacted, "items": len(rows)},
            )
    (folder / "data").mkdir(parents=True)
    copied = [_copy(file, folder) for item in rows for file in item.files.select_related("blob", "item")]
    streams = _streams(rows)
    entries = _write_entries(folder, streams, redacted=redacted)
    _write_metadata(folder, title, rows, copied)
    _write_report(folder, title, rows, copied, entries, at)
    shutil.copyfile(str(verify.__file__), folder / "verify.py")
    _write_bag(folder, title, copied, at)
    return folder


def _with_parts(items: Sequence[Item]) -> list[Item]:
    found: dict[int, Item] = {}
    for item in items:
        found[item.pk] = item
        for part in _with_parts(list(item.parts.order_by("position"))):
            found[part.pk] = part
    return sorted(found.values(), key=lambda item: item.number)


def _copy(file: ItemFile, folder: Path) -> Copied:
    # A percent sign is coded in manifests, and older readers do not decode it: it stays out of paths.
    name = f"{file.pk}-{file.name}".replace("%", "_")
    path = f"data/items/{file.item.number}/{name}"
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    sha256, sm3 = hashlib.sha256(), hashlib.new("sm3")
    try:
        with storage.open_blob(file.blob.sha256) as source, target.open("wb") as out:
            while chunk := source.read(CHUNK):
                sha256.update(chunk)
                sm3.update(chunk)
                out.write(chunk)
    except FileNotFoundError as error:
        raise Refused(_("不能制作取证包：“%(name)s”不在存储中。可以先登记账实不符。") % {"name": file.name}) from error
    if (sha256.hexdigest(), sm3.hexdigest()) != (file.blob.sha256, file.blob.sm3):
        raise Refused(_("不能制作取证包：“%(name)s”与登记的摘要不符。可以先登记账实不符。") % {"name": file.name})
    return Copied(path, file, sha256.hexdigest(), sm3.hexdigest())


def _streams(rows: Sequence[Item]) -> list[str]:
    collections = sorted({row.collection_id for row in rows})
    return [*(f"item:{row.pk}" for row in rows), *(f"collection:{pk}" for pk in collections)]


def _write_entries(folder: Path, streams: Sequence[str], *, redacted: bool) -> list[Entry]:
    entries = list(Entry.objects.filter(stream__in=streams).order_by("id"))
    place = folder / "ledger" / "entries"
    place.mkdir(parents=True)
    heads: dict[str, Entry] = {}
    for entry in entries:
        (place / f"{entry.pk}.json").write_bytes(bytes(entry.header))
        if entry.stream not in heads or heads[entry.stream].stream_seq < entry.stream_seq:
            heads[entry.stream] = entry
    _json(
        folder / "ledger" / "heads.json",
        [
            {"stream": stream, "seq": entry.stream_seq, "leaf": bytes(entry.leaf_hash).hex()}
            for stream, entry in sorted(heads.items())
        ],
    )
    if not redacted:
        _write_disclosures(folder, entries)
    return entries


def _write_disclosures(folder: Path, entries: Sequence[Entry]) -> None:
    found: dict[int, list[dict[str, str]]] = {}
    for row in Disclosure.objects.filter(entry_id__in=[entry.pk for entry in entries]).order_by("id"):
        salt, _bar, text = crypto.decrypt(row.sealed_value, "ledger.disclosure").partition("|")
        found.setdefault(row.entry_id, []).append({"name": row.name, "salt": salt, "value": text})
    if found:
        (folder / "ledger" / "disclosures").mkdir()
    for number, values in found.items():
        _json(folder / "ledger" / "disclosures" / f"{number}.json", values)


def _facts(item: Item) -> ItemFacts:
    device = getattr(item, "device", None)
    chain = item.chain.select_related("actor", "second", "giver", "receiver").order_by("seq")
    return ItemFacts(
        number=item.number,
        title=item.title,
        device=device is not None,
        make=device.make if device else "",
        model=device.model if device else "",
        serial=device.serial if device else "",
        acts=[
            ActFacts(
                seq=row.seq,
                label=row.get_act_display(),
                at=timezone.localtime(row.at).isoformat(),
                performer=(f"user:{row.actor_id}", row.actor.name),
                participants=[
                    (f"user:{user.pk}", user.name)
                    for user in {row.second, row.giver, row.receiver} - {None, row.actor}
                    if user is not None
                ],
                place=row.place,
            )
            for row in chain
        ],
        files=[
            FileFacts(
                number=str(file.pk),
                name=file.name,
                size=file.blob.size,
                media_type=file.blob.media_type,
                sha256=file.blob.sha256,
                sm3=file.blob.sm3,
            )
            for file in item.files.select_related("blob")
        ],
    )


def _write_metadata(folder: Path, title: str, rows: Sequence[Item], copied: Sequence[Copied]) -> None:
    (folder / "metadata").mkdir()
    _json(folder / "metadata" / "case.jsonld", graph(title, [_facts(item) for item in rows]))
    _json(
        folder / "metadata" / "files.json",
        [
            {"path": one.path, "item": one.file.item.number, "file": one.file.pk, "name": one.file.name}
            for one in copied
        ],
    )


def _write_report(
    folder: Path, title: str, rows: Sequence[Item], copied: Sequence[Copied], entries: Sequence[Entry], at: datetime
) -> None:
    context = {
        "title": title,
        "items": [
            {
                "item": item,
                "chain": item.chain.select_related("actor", "second", "giver", "receiver", "seal").order_by("seq"),
                "files": [one for one in copied if one.file.item_id == item.pk],
                "seals": item.seals.all(),
            }
            for item in rows
        ],
        "entries": len(entries),
        "at": at,
    }
    (folder / "report.html").write_text(render_to_string("evidence/bundle_report.html", context), encoding="utf-8")
    style = finders.find("evidence/bundle.css")
    if style:
        shutil.copyfile(str(style), folder / "report.css")


def _write_bag(folder: Path, title: str, copied: Sequence[Copied], at: datetime) -> None:
    size = sum(one.file.blob.size for one in copied)
    _text(folder / "bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    _text(
        folder / "bag-info.txt",
        f"External-Description: {title}\n"
        f"Bagging-Date: {timezone.localtime(at).date().isoformat()}\n"
        f"Payload-Oxum: {size}.{len(copied)}\n",
    )
    ordered = sorted(copied, key=lambda one: one.path)
    _text(folder / "manifest-sha256.txt", "".join(f"{one.sha256}  {one.path}\n" for one in ordered))
    _text(folder / "manifest-sm3.txt", "".join(f"{one.sm3}  {one.path}\n" for one in ordered))
    tags = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and "data" not in path.relative_to(folder).parts[:1] and path.name != "tagmanifest-sha256.txt"
    )
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n" for path in tags
    ]
    _text(folder / "tagmanifest-sha256.txt", "".join(lines))


def _json(path: Path, value: Any) -> None:
    _text(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
