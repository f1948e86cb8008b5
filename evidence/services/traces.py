"""What an item shows to have happened, and to whom that leads."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid
from casework.ledger.record import record
from evidence.enums import Precision, Strength
from evidence.models import Event, EvidenceLink, Item, ItemFile


def add_event(
    item: Item,
    *,
    kind: str,
    text: str,
    actor: User,
    at: datetime,
    happened_at: datetime | None = None,
    precision: Precision = Precision.SECOND,
    raw: str = "",
    file: ItemFile | None = None,
    byte_offset: int | None = None,
) -> Event:
    """Put one event on the item's time line, with the raw line and its place in the file it stands in."""
    require(actor, "evidence.attribute", item)
    if file is not None and file.item_id != item.pk:
        raise Invalid(_("原文所在的文件不属于这件证物。"), details={"file": _("不属于这件证物")})
    if byte_offset is not None and file is None:
        raise Invalid(_("写了字节位置，没有写是哪个文件。"), details={"file": _("须填写")})
    if happened_at is None and precision != Precision.UNKNOWN:
        raise Invalid(_("没有写明时间。时间不明的，精度选“不明”。"), details={"happened_at": _("须填写")})
    if not text.strip() or not kind.strip():
        raise Invalid(_("没有写明类别或事项。"), details={"text": _("须填写")})
    with transaction.atomic():
        event = Event.objects.create(
            item=item,
            file=file,
            at=happened_at,
            precision=precision,
            kind=kind,
            text=text,
            raw=raw,
            byte_offset=byte_offset,
            created_at=at,
            created_by=actor,
        )
        record(
            "item.event_added",
            ref=f"item:{item.pk}",
            actor=actor,
            at=at,
            data={
                "number": item.number,
                "event": event.pk,
                "kind": kind,
                "happened_at": happened_at,
                "precision": precision,
                "file": file.pk if file else None,
                "byte_offset": byte_offset,
            },
            personal={"text": text, "raw": raw},
        )
    return event


def link_evidence(
    item: Item,
    *,
    person: str,
    relation: str,
    strength: Strength,
    actor: User,
    at: datetime,
    event: Event | None = None,
    note: str = "",
    limits: str = "",
) -> EvidenceLink:
    """Note what connects the item, or an event in it, with a person, how far that carries and what limits it."""
    require(actor, "evidence.attribute", item)
    wrong = {name: _("须填写") for name, text in (("person", person), ("relation", relation)) if not text.strip()}
    if wrong:
        raise Invalid(_("归属线索没有写全。"), details=wrong)
    if event is not None and event.item_id != item.pk:
        raise Invalid(_("事件不属于这件证物。"), details={"event": _("不属于这件证物")})
    with transaction.atomic():
        link = EvidenceLink.objects.create(
            item=item,
            event=event,
            person=person,
            relation=relation,
            note=note,
            limits=limits,
            strength=strength,
            created_at=at,
            created_by=actor,
        )
        record(
            "item.linked",
            ref=f"item:{item.pk}",
            actor=actor,
            at=at,
            data={
                "number": item.number,
                "link": link.pk,
                "event": event.pk if event else None,
                "relation": relation,
                "strength": strength,
            },
            personal={"person": person, "note": note, "limits": limits},
        )
    return link
