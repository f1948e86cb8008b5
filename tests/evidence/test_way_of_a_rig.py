"""The whole way of one rig, from the cabinet to the treasury, and what the ledger says of it."""

from datetime import timedelta

from casework.deadlines.models import Deadline
from casework.ledger.selectors import defects, trail
from evidence.enums import Outcome, State
from evidence.models import Holding, Item
from evidence.services import (
    accept_item,
    approve_disposal,
    archive_item,
    carry_out_disposal,
    detach_part,
    examine_item,
    offer_item,
    propose_disposal,
    rejoin_part,
    reseal_item,
    return_item,
    store_item,
    unseal_item,
)
from tests.build import a_user
from tests.build_evidence import START, a_seal_number, a_stored_item, an_item, an_item_outside, checked, confirm_all
from tests.cast import Cast


def test_a_rig_goes_all_the_way(cast: Cast) -> None:
    other = an_item(cast, title="旁边的打印机")
    way = an_item_outside(cast, parts=2)
    item, at = way.item, way.at
    both = (cast.officer, cast.second_officer)

    at += timedelta(hours=1)
    item = unseal_item(item, item.seals.get().number, reason="做镜像", officers=both, actor=cast.officer, at=at)
    card = detach_part(item.parts.first(), officers=both, actor=cast.officer, at=at)
    item = examine_item(item, method="只读镜像", document="委托鉴定书 1 号", officers=both, actor=cast.officer, at=at)
    rejoined = card
    assert (rejoined.state, rejoined.apart) == (State.CHECKED_OUT, True)
    examine_item(card, method="拍照", document="委托鉴定书 1 号", officers=both, actor=cast.officer, at=at)
    rejoin_part(card, actor=cast.officer, at=at)
    item = reseal_item(item, a_seal_number(), officers=both, actor=cast.officer, at=at)
    return_item(item, actor=cast.officer, at=at)
    item = accept_item(item, actor=cast.custodian, at=at, checked=checked(item))
    assert (item.state, item.holder, item.place) == (State.DEPOSITED, cast.custodian, "B 库 04-12")

    confirm_all(cast.second_officer, at=at)
    second = a_user("保管员乙", *cast.custodian.roles)
    proposal = propose_disposal(
        item, Outcome.CONFISCATED, document="处理意见 1 号", reason="违纪所得", actor=cast.officer, at=at
    )
    approve_disposal(proposal, actor=cast.approver, at=at)
    item = carry_out_disposal(item, receipt="收据 7 号", officers=(cast.custodian, second), actor=cast.custodian, at=at)
    item = archive_item(item, document="卷 3", actor=cast.custodian, at=at)

    assert (item.state, item.holder, item.place) == (State.ARCHIVED, None, "")
    assert set(item.parts.values_list("state", "holder")) == {(State.ARCHIVED, None)}
    assert list(item.chain.values_list("act", flat=True)) == [
        "collected", "sealed", "offered", "accepted", "stored", "offered", "checked_out", "unsealed", "examined",
        "resealed", "offered", "checked_in", "disposal_approved", "confiscated", "archived",
    ]  # fmt: skip
    assert list(item.chain.values_list("seq", flat=True)) == list(range(1, 16))
    assert [row.holder.name for row in Holding.objects.filter(item=item)] == [
        "承办人甲", "保管员甲", "承办人甲", "保管员甲",
    ]  # fmt: skip
    assert not Holding.objects.filter(item=item, ended_at=None).exists()
    assert {row.state for row in Deadline.objects.filter(ref=f"item:{item.pk}")} == {"met"}
    kinds = list(trail(f"item:{item.pk}").values_list("kind", flat=True))
    assert kinds.count("item.sealed") == kinds.count("item.resealed") == kinds.count("item.checked_in") == 1
    assert defects() == []
    other.refresh_from_db()
    assert (other.state, other.holder, other.chain.count()) == (State.COLLECTED, cast.officer, 1)


def test_parts_travel_with_the_whole(cast: Cast) -> None:
    item = a_stored_item(cast, parts=2)

    assert {(part.state, part.holder, part.place) for part in item.parts.all()} == {
        (State.DEPOSITED, cast.custodian, "B 库 04-12")
    }
    for part in item.parts.all():
        assert [row.act for row in part.chain.all()] == ["collected", "sealed", "offered", "accepted", "stored"]
        assert all(row.whole.item_id == item.pk for row in part.chain.filter(seq__gt=1))


def test_store_without_a_seal(cast: Cast) -> None:
    item = an_item(cast)
    bystander = Item.objects.get(pk=an_item(cast).pk)
    at = START + timedelta(hours=2)

    offer_item(item, cast.custodian, actor=cast.officer, at=at)
    item = accept_item(item, actor=cast.custodian, at=at)
    item = store_item(item, place="A 库 01-01", actor=cast.custodian, at=at)

    assert (item.state, item.keeper, item.holder) == (State.DEPOSITED, cast.custodian, cast.custodian)
    bystander.refresh_from_db()
    assert bystander.holder == cast.officer
