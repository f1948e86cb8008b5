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
from casework.core.errors import Invalid, Refused
from casework.files import storage
from casework.ledger.bundles import write_ledger_part
from casework.ledger.models import Entry
from casework.ledger.record import record
from casework.ledger.waiting import wait_signed
from evidence.attribution_reading import attribution_facts
from evidence.bundle.attributions import attribution_nodes
from evidence.bundle.graph import ActFacts, FileFacts, ItemFacts, graph
from evidence.bundle.redaction import Pen
from evidence.models import Attribution, Item, ItemFile

CHUNK: Final = 1 << 20
#: So long a bundle waits for the checkpoint over its own entries; those not covered by then are listed as pending.
SIGNED_SECONDS: Final = 5.0


@dataclass(frozen=True)
class Subject:
    """What a bundle is about: a name for people, and the items."""

    title: str
    items: Sequence[Item]


#: Returns the subject of a key (``42`` of ``case:42``) or of a number; None when there is no such thing.
Source = Callable[[str], Subject | None]
_sources: dict[str, Source] = {}


def register_bundle_source(noun: str, source: Source) -> None:
    """Let an app above say which items ``noun:key`` stands for, and which numbers it knows."""
    _sources[noun] = source


def _one(key: str) -> Subject | None:
    lookup = {"pk": int(key)} if key.isdecimal() else {"number": key}
    found = Item._base_manager.filter(**lookup).first()
    return Subject(f"{found.number} {found.title}", [found]) if found else None


register_bundle_source("item", _one)

#: Returns the names of the people whom the items are about: those that a redacted bundle leaves out.
People = Callable[[Sequence[Item]], Iterable[str]]
_people: list[People] = []


def register_bundle_people(source: People) -> None:
    """Let an app above say whose names the matter of the items is about."""
    _people.append(source)


def _from_the_lists(items: Sequence[Item]) -> Iterable[str]:
    for item in items:
        yield from (item.collection.holder_name, item.collection.witness_name)


register_bundle_people(_from_the_lists)


def subject_of(ref: str) -> Subject:
    """Return what a reference (``item:42``, ``case:42``) or a number means; raises ``Invalid`` when nothing."""
    noun, colon, key = ref.partition(":")
    sources = [_sources[noun]] if colon and noun in _sources else [] if colon else list(_sources.values())
    for source in sources:
        found = source(key if colon else ref)
        if found is not None and (colon or not ref.isdecimal()):
            return found
    known = "、".join(f"{name}:42" for name in sorted(_sources))
    raise Invalid(_("没有“%(ref)s”。可以写证物编号、案号，或 %(known)s。") % {"ref": ref, "known": known})


@dataclass(frozen=True)
class Copied:
    """A file of the items: its path in the bag ("" where its content stays out), its name there, its digests."""

    path: str
    name: str
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
    progress: Callable[[int, int], object] | None = None,
) -> Path:
    """Write the bundle of the items and their parts into an empty folder and return it.

    Each item gets a ledger entry first, so that the bundle itself tells of its making. ``actor`` is None for the
    command line. ``progress`` is told the bytes copied and to copy.

    ``redacted`` leaves out the disclosed personal values and the names of people and of files. It leaves out the files
    that hold what people said, and the bundles of other houses. The digests of all these stay, and every proof stays
    valid.
    """
    if folder.exists() and any(folder.iterdir()):
        raise Invalid(_("不能写入“%(folder)s”：文件夹不是空的。可以换一个文件夹。") % {"folder": folder})
    rows = _with_parts(items)
    if not rows:
        raise Invalid(_("没有可以装进取证包的证物。可以先登记证物。"))
    for item in rows:
        if actor is not None:
            require(actor, "evidence.bundle", item)
    with transaction.atomic():
        made = [
            record(
                "item.bundled",
                ref=f"item:{item.pk}",
                actor=actor,
                at=at,
                data={"number": item.number, "redacted": redacted, "items": len(rows)},
            )
            for item in rows
        ]
    # The bundle carries the proofs of all its entries, of those about its own making too.
    wait_signed([entry.pk for entry in made], seconds=SIGNED_SECONDS, integrate=actor is None)
    (folder / "data").mkdir(parents=True)
    files = list(
        ItemFile.objects.filter(item__in=rows)
        .select_related("blob", "item__received_bundle")
        .order_by("item__number", "pk")
    )
    pen = Pen(name for source in _people for name in source(rows)) if redacted else Pen()
    title = pen.text(title)
    copied, done, total = [], 0, sum(file.blob.size for file in files if not pen.withholds(file))
    for file in files:
        if pen.withholds(file):
            copied.append(Copied("", pen.file_name(file), file, file.blob.sha256, file.blob.sm3))
            continue
        copied.append(_copy(file, folder, pen.file_name(file)))
        done += file.blob.size
        if progress is not None:
            progress(done, total)
    cards = _attributions(rows)
    streams = [*_streams(rows), *(card["ref"] for card in cards)]
    entries = write_ledger_part(folder, streams, redacted=redacted)
    if redacted:
        cards = []
    _write_metadata(folder, title, rows, copied, cards, pen)
    _write_report(folder, title, rows, copied, entries, at, cards=cards, redacted=redacted, pen=pen)
    _write_bag(folder, title, [one for one in copied if one.path], at)
    return folder


def _with_parts(items: Sequence[Item]) -> list[Item]:
    found: dict[int, Item] = {}
    for item in items:
        found[item.pk] = item
        for part in _with_parts(list(item.parts.order_by("position"))):
            found[part.pk] = part
    return sorted(found.values(), key=lambda item: item.number)


def _copy(file: ItemFile, folder: Path, name: str) -> Copied:
    # A percent sign is coded in manifests, and older readers do not decode it: it stays out of paths.
    path = f"data/items/{file.item.number}/{file.pk}-{name}".replace("%", "_")
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
    return Copied(path, name, file, sha256.hexdigest(), sm3.hexdigest())


def _streams(rows: Sequence[Item]) -> list[str]:
    collections = sorted({row.collection_id for row in rows})
    return [*(f"item:{row.pk}" for row in rows), *(f"collection:{pk}" for pk in collections)]


def _facts(item: Item, pen: Pen) -> ItemFacts:
    device = getattr(item, "device", None)
    chain = item.chain.select_related("actor", "second", "giver", "receiver").order_by("seq")
    return ItemFacts(
        number=item.number,
        title=pen.item_title(item),
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
                place=pen.text(row.place),
            )
            for row in chain
        ],
        files=[
            FileFacts(
                number=str(file.pk),
                name=pen.file_name(file),
                size=file.blob.size,
                media_type=file.blob.media_type,
                sha256=file.blob.sha256,
                sm3=file.blob.sm3,
            )
            for file in item.files.select_related("blob", "item")
        ],
    )


def _attributions(rows: Sequence[Item]) -> list[dict[str, Any]]:
    """Return the newest edition of every attribution that began from one of the items; nothing is in a redacted bundle."""
    found = Attribution._base_manager.filter(item__in=rows).select_related("event", "finding").order_by("pk")
    return [attribution_facts(row) for row in found]


def _write_metadata(
    folder: Path,
    title: str,
    rows: Sequence[Item],
    copied: Sequence[Copied],
    cards: Sequence[dict[str, Any]],
    pen: Pen,
) -> None:
    (folder / "metadata").mkdir()
    further = [node for card in cards for node in attribution_nodes(card)]
    _json(folder / "metadata" / "case.jsonld", graph(title, [_facts(item, pen) for item in rows], further))
    if cards:
        _json(folder / "metadata" / "attributions.json", list(cards))
    _json(
        folder / "metadata" / "files.json",
        [
            {
                "path": one.path,
                "item": one.file.item.number,
                "file": one.file.pk,
                "name": one.name,
                **({} if one.path else {"withheld": True, "sha256": one.sha256, "sm3": one.sm3}),
            }
            for one in copied
        ],
    )


def _write_report(
    folder: Path,
    title: str,
    rows: Sequence[Item],
    copied: Sequence[Copied],
    entries: Sequence[Entry],
    at: datetime,
    *,
    cards: Sequence[dict[str, Any]],
    redacted: bool,
    pen: Pen,
) -> None:
    context = {
        "title": title,
        "cards": cards,
        "items": [
            {
                "item": item,
                "title": pen.item_title(item),
                "taken": item.collection,
                "officers": item.collection.officers.select_related("user").order_by("pk"),
                "discrepancies": item.discrepancies.order_by("pk"),
                "chain": item.chain.select_related(
                    "actor", "second", "giver", "receiver", "seal", "confirmation"
                ).order_by("seq"),
                "files": [one for one in copied if one.file.item_id == item.pk],
                "seals": item.seals.all(),
            }
            for item in rows
        ],
        "redacted": redacted,
        "withheld": sum(1 for one in copied if not one.path),
        "entries": len(entries),
        "at": at,
    }
    report = pen.markup(render_to_string("evidence/bundle_report.html", context))
    (folder / "report.html").write_text(report, encoding="utf-8")
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
