"""Typed builders for evidence, through the services that people use."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from casework.access.models import Compartment
from casework.accounts.models import User
from evidence.enums import Kind
from evidence.models import Collection, Item
from evidence.rules import DeviceFacts
from evidence.selectors.desk import acts_to_confirm
from evidence.services import (
    Checked,
    accept_item,
    add_part,
    approve_check_out,
    check_out_item,
    confirm_acts,
    offer_item,
    open_collection,
    request_check_out,
    seal_item,
    take_item,
)
from tests.build import a_compartment, moment
from tests.cast import Cast
from units.models import Unit

_seals = count(1)
START = moment("2021-09-07 10:42")


def a_seal_number() -> str:
    """Return a seal number that no other test uses."""
    return f"ZJ21-{next(_seals):06d}"


def a_collection(
    cast: Cast,
    *,
    compartment: Compartment | None = None,
    at: datetime = START,
    officers: tuple[User, ...] = (),
    unit: Unit | None = None,
) -> Collection:
    """Return an open list of the two officers of the cast."""
    return open_collection(
        compartment=compartment or a_compartment(*cast.members()),
        place="实验室北墙铁柜",
        unit=unit,
        officers=officers or (cast.officer, cast.second_officer),
        holder_name="金某某",
        witness_name="后勤管理员",
        recording_ref="LX-2021-0907-1",
        actor=cast.officer,
        at=at,
    )


def an_item(
    cast: Cast,
    *,
    collection: Collection | None = None,
    at: datetime = START,
    title: str = "自组矿机 3 号",
    parts: int = 0,
) -> Item:
    """Return a rig that was just taken, with as many cards in it."""
    item = take_item(
        collection or a_collection(cast, at=at),
        kind=Kind.PHYSICAL,
        title=title,
        officers=(cast.officer, cast.second_officer),
        device=DeviceFacts("rig", make="自组", software="NBMiner"),
        actor=cast.officer,
        at=at,
    )
    for number in range(1, parts + 1):
        add_part(
            item,
            title=f"显卡 {number}",
            device=DeviceFacts("gpu", model="RTX 3080", serial=f"3080-{number:03d}"),
            officers=(cast.officer, cast.second_officer),
            actor=cast.officer,
            at=at,
        )
    item.refresh_from_db()
    return item


def a_sealed_item(cast: Cast, *, at: datetime = START, parts: int = 0, seal: str = "") -> Item:
    """Return an item sealed by the two officers."""
    item = an_item(cast, at=at, parts=parts)
    return seal_item(
        item, seal or a_seal_number(), officers=(cast.officer, cast.second_officer), actor=cast.officer, at=at
    )


def checked(item: Item) -> Checked:
    """Return what an honest receiver sees: the number that is on the seal."""
    seal = item.seals.filter(broken_at=None).first()
    return Checked(seal=seal.number if seal else "", quantity=item.quantity)


def a_stored_item(cast: Cast, *, at: datetime = START, parts: int = 0) -> Item:
    """Return a sealed item in the custodian's store."""
    item = a_sealed_item(cast, at=at, parts=parts)
    confirm_all(cast.second_officer, at=at)
    at += timedelta(hours=1)
    offer_item(item, cast.custodian, actor=cast.officer, at=at)
    return accept_item(item, actor=cast.custodian, at=at, checked=checked(item), place="B 库 04-12")


def confirm_all(*users: User, at: datetime) -> None:
    """Let everybody confirm what he did as the second officer."""
    for user in users:
        confirm_acts(list(acts_to_confirm(user)), actor=user, at=at)


@dataclass(frozen=True)
class Outside:
    """An item that is out, and when that was."""

    item: Item
    at: datetime


def an_item_outside(cast: Cast, *, at: datetime = START, parts: int = 0) -> Outside:
    """Return an item checked out to the officer for an examination."""
    item = a_stored_item(cast, at=at, parts=parts)
    at += timedelta(days=1)
    asked = request_check_out(item, purpose="送鉴定", due_on=(at + timedelta(days=9)).date(), actor=cast.officer, at=at)
    approve_check_out(asked, actor=cast.approver, at=at)
    check_out_item(item, actor=cast.custodian, at=at)
    return Outside(accept_item(item, actor=cast.officer, at=at, checked=checked(item)), at)
