"""Taking evidence: a collection with its list, the items on it and their parts."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.models import Compartment
from casework.access.policy import require, why_not
from casework.accounts.models import User
from casework.core.errors import Invalid, Missing, NotAllowed, NotReady, Refused
from casework.deadlines.services import open_deadline
from casework.ledger.record import record
from evidence.custody_workflow import intact_seal
from evidence.enums import UNHELD, Act, Kind, Measure, Signature, State
from evidence.models import Collection, CollectionOfficer, Custody, Device, Holding, Item
from evidence.rules import LIST_SERIES, DeviceFacts, item_number, part_number
from evidence.services.chain import Link, Officers, add_link, lock_item, require_two
from units.models import Unit

#: Measures whose whole course is recorded in sound and picture (监察法第四十四条; 实施条例第六十条).
RECORDED = frozenset({Measure.SEIZURE, Measure.SEALING})
#: Measures after which the thing goes to the department that keeps property (实施条例第一百六十条, P04).
KEPT = frozenset({Measure.SEIZURE, Measure.SEALING, Measure.TEMPORARY})


def open_collection(
    *,
    compartment: Compartment,
    place: str,
    officers: Sequence[User],
    actor: User,
    at: datetime,
    measure: Measure = Measure.SEIZURE,
    unit: Unit | None = None,
    basis: str = "",
    holder_name: str = "",
    witness_name: str = "",
    witness_note: str = "",
    recording_ref: str = "",
    note: str = "",
) -> Collection:
    """Open a list for one taking of evidence and give it its number.

    ``officers`` two at least, the actor among them; without a witness the reason is written down; seizing and sealing
    name the recording. All that is missing is told at once.
    """
    require(actor, "evidence.collect")
    people = {user.pk: user for user in officers}
    for user in people.values():
        if reason := why_not(user, "evidence.collect"):
            raise NotAllowed(_("%(name)s不能作为办理人员：%(reason)s") % {"name": user.name, "reason": reason})
    missing = []
    if len(people) < 2 or actor.pk not in people:
        missing.append(Missing(_("办理人员不足二人，或者不包括经办人")))
    if not place.strip():
        missing.append(Missing(_("没有写明地点")))
    if not witness_name.strip() and not witness_note.strip():
        missing.append(Missing(_("没有见证人，也没有写明原因")))
    if measure in RECORDED and not recording_ref.strip():
        missing.append(Missing(_("没有写明全程录音录像的编号")))
    if missing:
        raise NotReady(
            _("不能开始提取：%(said)s。依据监察法第二十八条、第四十四条。可以补齐后再办。")
            % {"said": "；".join(one.text for one in missing)},
            missing,
        )
    with transaction.atomic():
        collection = _numbered(
            timezone.localtime(at).year,
            compartment=compartment,
            measure=measure,
            basis=basis,
            place=place,
            unit=unit,
            began_at=at,
            holder_name=holder_name,
            witness_name=witness_name,
            witness_note=witness_note,
            recording_ref=recording_ref,
            note=note,
            created_at=at,
            created_by=actor,
        )
        CollectionOfficer.objects.bulk_create(
            CollectionOfficer(collection=collection, user=user, signed_at=at) for user in people.values()
        )
        record(
            "collection.opened",
            ref=f"collection:{collection.pk}",
            actor=actor,
            at=at,
            officers=tuple(user for user in people.values() if user != actor),
            personal={"holder": holder_name, "witness": witness_name},
            data={"number": collection.number, "measure": measure, "basis": basis, "recording": recording_ref},
        )
    return collection


def _numbered(year: int, **values: Any) -> Collection:
    """Create the list under a number of the year that nobody can foretell.

    Numbers in sequence would show everybody outside that a list he may not know of was made, and how many. That none is
    missing is proved by the ledger, not by the numbers. After 9,999 lists a year numbers have five digits.
    """
    taken = Collection._base_manager.filter(year=year).count()
    lowest, highest = (1_000, 9_999) if taken < 5_000 else (10_000, 99_999)
    while True:
        serial = secrets.randbelow(highest - lowest + 1) + lowest
        try:
            with transaction.atomic():
                number = f"{LIST_SERIES}〔{year}〕{serial}号"
                return Collection.objects.create(number=number, year=year, serial=serial, **values)
        except IntegrityError:
            if not Collection._base_manager.filter(year=year, serial=serial).exists():
                raise


def close_collection(
    collection: Collection,
    *,
    holder_signature: Signature,
    signature_note: str = "",
    actor: User,
    at: datetime,
) -> Collection:
    """Close the list when it has been read and signed on the spot; nothing is added to it afterwards."""
    require(actor, "evidence.collect", collection)
    if holder_signature != Signature.SIGNED and not signature_note.strip():
        raise Invalid(
            _("不能结束提取：持有人没有签名，也没有写明原因。可以补写原因。"), details={"signature_note": _("写明原因")}
        )
    with transaction.atomic():
        row = Collection.locked(collection.pk)
        if row.ended_at is not None:
            raise Refused(_("不能结束提取：清单 %(number)s 已经结束。可以查看清单。") % {"number": row.number})
        if at < row.began_at:
            raise Invalid(_("结束时间早于开始时间。可以核对后重填。"), details={"at": _("早于开始时间")})
        if not row.items.exists():
            raise NotReady(_("不能结束提取：清单上还没有证物。可以先登记证物。"), [Missing(_("清单上还没有证物"))])
        row.ended_at, row.holder_signature, row.signature_note = at, holder_signature, signature_note
        row.bump("ended_at", "holder_signature", "signature_note")
        record(
            "collection.closed",
            ref=f"collection:{row.pk}",
            actor=actor,
            at=at,
            data={"items": row.items.count(), "signature": holder_signature, "note": signature_note},
        )
    return row


def take_item(
    collection: Collection,
    *,
    kind: Kind,
    title: str,
    officers: Officers,
    actor: User,
    at: datetime,
    features: str = "",
    quantity: int = 1,
    quantity_unit: str = "",
    source: str = "",
    found_where: str = "",
    hidden_how: str = "",
    found_at: datetime | None = None,
    device: DeviceFacts | None = None,
    note: str = "",
) -> Item:
    """Put an item on the list; from now on the actor holds it. ``found_at`` adds the link of its discovery.

    Both officers must be officers of the collection. Starts the 30 days until the hand-over to the store (P04).
    """
    second = require_two(officers, actor, "evidence.collect", None)
    if not title.strip():
        raise Invalid(_("没有写明证物名称。可以照清单填写名称。"), details={"title": _("须填写")})
    if quantity < 1:
        raise Invalid(_("数量须是 1 以上的整数。"), details={"quantity": _("1 以上的整数")})
    with transaction.atomic():
        row = _open_list(collection)
        _on_the_list(row, officers)
        position = row.items.filter(parent=None).count() + 1
        item = Item.objects.create(
            number=item_number(row.year, row.serial, position),
            kind=kind,
            title=title,
            features=features,
            quantity=quantity,
            quantity_unit=quantity_unit or "件",
            source=source,
            found_where=found_where,
            hidden_how=hidden_how,
            compartment_id=row.compartment_id,
            collection=row,
            position=position,
            state=State.IDENTIFIED,
            created_at=at,
            updated_at=at,
        )
        _describe(item, device)
        if found_at is not None:
            add_link(item, Link(Act.FOUND, actor, found_at, second, place=found_where or row.place, note=hidden_how))
        add_link(
            item,
            Link(
                Act.COLLECTED,
                actor,
                at,
                second,
                holder=actor,
                state=State.COLLECTED,
                place=row.place,
                document=row.number,
                note=note,
                data={"kind": kind, "quantity": quantity, "measure": row.measure},
            ),
        )
        if row.measure in KEPT:
            open_deadline(
                f"item:{item.pk}",
                "P04",
                start_on=timezone.localdate(at),
                title=_("将证物 %(number)s 移交保管部门") % {"number": item.number},
                holder=actor,
                compartment=row.compartment,
                actor=actor,
                at=at,
            )
    return item


def add_part(
    whole: Item,
    *,
    title: str,
    officers: Officers,
    actor: User,
    at: datetime,
    kind: Kind | None = None,
    features: str = "",
    quantity: int = 1,
    quantity_unit: str = "",
    device: DeviceFacts | None = None,
) -> Item:
    """Register a part (card, board, disk) of an item; it goes where the whole goes until it is taken out."""
    second = require_two(officers, actor, "evidence.collect", whole)
    if not title.strip():
        raise Invalid(_("没有写明部件名称。可以照清单填写名称。"), details={"title": _("须填写")})
    with transaction.atomic():
        parent = lock_item(whole)
        if parent.state in UNHELD or parent.holder is None:
            raise Refused(_("不能登记部件：证物已不在本机关。可以在提取清单上另行登记。"))
        if (seal := intact_seal(parent)) is not None:
            raise Refused(
                _("不能登记部件：整机已用封条 %(number)s 封存。依据监察法实施条例第一百五十九条。可以先由二人启封。")
                % {"number": seal.number},
                article="监察法实施条例第一百五十九条",
            )
        if parent.holder not in officers:
            raise Refused(_("不能登记部件：证物现由%(name)s持有。可以由持有人办理。") % {"name": parent.holder.name})
        position = parent.parts.count() + 1
        part = Item.objects.create(
            number=part_number(parent.number, position),
            kind=kind or parent.kind,
            title=title,
            features=features,
            quantity=quantity,
            quantity_unit=quantity_unit or "件",
            compartment_id=parent.compartment_id,
            collection_id=parent.collection_id,
            parent=parent,
            position=position,
            state=parent.state,
            holder=parent.holder,
            keeper=parent.keeper,
            place=parent.place,
            created_at=at,
            updated_at=at,
        )
        _describe(part, device)
        entry = record(
            "item.collected",
            ref=f"item:{part.pk}",
            actor=actor,
            at=at,
            officers=(second,),
            data={"number": part.number, "whole": parent.number, "to": part.state, "quantity": quantity},
        )
        Custody.objects.create(
            item=part,
            seq=1,
            act=Act.COLLECTED,
            at=at,
            state=part.state,
            actor=actor,
            second=second,
            receiver=parent.holder,
            place=parent.place,
            document=parent.collection.number,
            entry_id=entry.pk,
        )
        Holding.objects.create(item=part, holder=parent.holder, from_seq=1, began_at=at)
    return part


def _open_list(collection: Collection) -> Collection:
    row = Collection.locked(collection.pk)
    if row.ended_at is not None:
        raise Refused(
            _("不能登记证物：清单 %(number)s 已由各方签名。依据监察法第二十八条。可以另开清单。")
            % {"number": row.number},
            article="监察法第二十八条",
        )
    return row


def _on_the_list(collection: Collection, officers: Officers) -> None:
    known = set(collection.officers.values_list("user_id", flat=True))
    for user in officers:
        if user.pk not in known:
            raise Refused(
                _("不能登记证物：%(name)s不在清单的办理人员中。可以由清单上的人员办理。") % {"name": user.name}
            )


def _describe(item: Item, device: DeviceFacts | None) -> None:
    if device is not None:
        Device.objects.create(
            item=item,
            device_kind=device.device_kind,
            make=device.make,
            model=device.model,
            serial=device.serial,
            mac=device.mac,
            hash_rate=device.hash_rate,
            watts=device.watts,
            software=device.software,
            pool=device.pool,
        )
