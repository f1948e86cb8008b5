"""Refusals of custody: who, with whom, when and in which state; each leaves everything as it was."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from casework.access.policy import acts, can
from casework.access.services.compartments import let_out, recuse
from casework.core.errors import CaseworkError, Invalid, NotAllowed, NotReady, Refused
from casework.ledger.models import Entry
from evidence.conflicts import _checks, register_conflict_check
from evidence.custody_workflow import STEPS
from evidence.enums import Act, DiscrepancyKind, Kind, Outcome, Signature, State
from evidence.models import Custody, Discrepancy, Holding, Item
from evidence.services import (
    Checked,
    accept_item,
    add_part,
    approve_disposal,
    close_collection,
    examine_item,
    offer_item,
    open_collection,
    open_discrepancy,
    propose_disposal,
    refuse_item,
    report_loss,
    resolve_discrepancy,
    return_item,
    seal_item,
    store_item,
    take_item,
    verify_item,
    withdraw_offer,
)
from tests.build import a_compartment, a_user
from tests.build_evidence import (
    START,
    a_collection,
    a_seal_number,
    a_sealed_item,
    a_stored_item,
    an_item,
    confirm_all,
)
from tests.cast import Cast

LATER = START + timedelta(hours=3)


def both(cast: Cast) -> tuple[Any, Any]:
    return (cast.officer, cast.second_officer)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"officers": 1}, "办理人员不足二人"),
        ({"place": " "}, "没有写明地点"),
        ({"witness_name": ""}, "没有见证人"),
        ({"recording_ref": ""}, "没有写明全程录音录像的编号"),
    ],
)
def test_a_list_is_not_opened_without(cast: Cast, change: dict[str, Any], said: str) -> None:
    given: dict[str, Any] = {
        "compartment": a_compartment(*cast.members()), "place": "机房", "officers": both(cast),
        "witness_name": "后勤管理员", "recording_ref": "LX-1", "actor": cast.officer, "at": START, **change,
    }  # fmt: skip
    if change.get("officers"):
        given["officers"] = (cast.officer,)

    with pytest.raises(NotReady, match=said):
        open_collection(**given)

    assert not Entry.objects.exists()


def test_all_that_is_missing_is_told_at_once(cast: Cast) -> None:
    with pytest.raises(NotReady) as refused:
        open_collection(compartment=a_compartment(), place="", officers=(cast.officer,), actor=cast.officer, at=START)

    assert len(refused.value.missing) == 4


def test_numbers_of_lists_tell_nothing_of_each_other(cast: Cast) -> None:
    circle = a_compartment(*cast.members())
    lists = [a_collection(cast, compartment=circle) for _ in range(12)]

    serials = [row.serial for row in lists]
    assert len(set(serials)) == 12
    assert serials != sorted(serials)  # one in half a thousand million by chance
    assert all(row.number == f"浙纪扣〔2021〕{row.serial}号" and 1_000 <= row.serial <= 9_999 for row in lists)
    assert an_item(cast, collection=lists[2]).number == f"ZJ21-{serials[2]}-001"
    assert an_item(cast, collection=lists[2]).number == f"ZJ21-{serials[2]}-002"


def test_a_signed_list_takes_nothing_more(cast: Cast) -> None:
    collection = a_collection(cast)
    with pytest.raises(NotReady, match="还没有证物"):
        close_collection(collection, holder_signature=Signature.SIGNED, actor=cast.officer, at=LATER)
    an_item(cast, collection=collection)
    with pytest.raises(Invalid, match="没有写明原因"):
        close_collection(collection, holder_signature=Signature.REFUSED, actor=cast.officer, at=LATER)
    close_collection(collection, holder_signature=Signature.SIGNED, actor=cast.officer, at=LATER)

    with pytest.raises(Refused, match="已由各方签名"):
        an_item(cast, collection=collection)
    assert collection.items.count() == 1


def test_only_the_officers_of_the_list_put_items_on_it(cast: Cast) -> None:
    collection = a_collection(cast)

    with pytest.raises(Refused, match="不在清单的办理人员中"):
        take_item(
            collection, kind=Kind.PHYSICAL, title="账本", officers=(cast.officer, cast.inspector), actor=cast.officer,
            at=START,
        )  # fmt: skip


TWO: list[tuple[str, Callable[[Cast, Item, Any], object]]] = [
    ("seal", lambda cast, item, two: seal_item(item, "ZJ21-900001", officers=two, actor=cast.officer, at=LATER)),
    (
        "part",
        lambda cast, item, two: add_part(item, title="显卡", officers=two, actor=cast.officer, at=LATER),
    ),
    (
        "examine",
        lambda cast, item, two: examine_item(
            item, method="镜像", document="1 号", officers=two, actor=cast.officer, at=LATER
        ),
    ),
    (
        "loss",
        lambda cast, item, two: report_loss(
            item, document="1 号", reason="水损", officers=two, actor=cast.officer, at=LATER
        ),
    ),
]


@pytest.mark.parametrize(("name", "do"), TWO, ids=[name for name, _do in TWO])
def test_one_alone_cannot(cast: Cast, name: str, do: Callable[[Cast, Item, Any], object]) -> None:
    item = an_item(cast)
    before = Entry.objects.count()

    with pytest.raises(Refused, match="同一个人"):
        do(cast, item, (cast.officer, cast.officer))
    with pytest.raises(Invalid, match="经办人不在"):
        do(cast, item, (cast.second_officer, cast.inspector))
    with pytest.raises(NotAllowed):
        do(cast, item, (cast.officer, cast.auditor))

    assert Entry.objects.count() == before
    item.refresh_from_db()
    assert (item.state, item.chain.count()) == (State.COLLECTED, 1)


def test_giver_and_receiver_are_two(cast: Cast) -> None:
    item = an_item(cast)

    with pytest.raises(Refused, match="接收人就是交出人"):
        offer_item(item, cast.officer, actor=cast.officer, at=LATER)
    offer_item(item, cast.custodian, actor=cast.officer, at=LATER)
    with pytest.raises(Refused, match="您是这件证物的交出人"):
        accept_item(item, actor=cast.officer, at=LATER)
    with pytest.raises(Refused, match="是交给保管员甲的"):
        accept_item(item, actor=cast.second_officer, at=LATER)
    with pytest.raises(NotReady, match="还没有签收或拒收"):
        offer_item(item, cast.second_officer, actor=cast.officer, at=LATER)

    assert item.offers.count() == 1


@pytest.mark.parametrize("name", ["auditor", "approver", "unit_leader", "system_admin"])
def test_not_everybody_receives(cast: Cast, name: str) -> None:
    item = an_item(cast)

    with pytest.raises(Refused, match="没有办理这件事的职责"):
        offer_item(item, cast.everyone()[name], actor=cast.officer, at=LATER)


def test_whoever_took_it_does_not_keep_it(cast: Cast) -> None:
    double = a_user("既办案又保管", *cast.officer.roles, *cast.custodian.roles)
    collection = a_collection(cast, officers=(cast.officer, double))
    item = take_item(
        collection, kind=Kind.PHYSICAL, title="矿机", officers=(cast.officer, double), actor=double, at=START
    )

    with pytest.raises(Refused, match="是提取这件证物的人员"):
        store_item(item, place="A 库", actor=double, at=LATER)


def test_an_investigator_of_the_case_does_not_keep_it(cast: Cast) -> None:
    item = an_item(cast)

    def known_above(found: Item, user: Any) -> str:
        return "保管员甲是本案承办人" if (found.pk, user) == (item.pk, cast.custodian) else ""

    register_conflict_check(known_above)
    register_conflict_check(known_above)
    try:
        with pytest.raises(Refused, match="保管员甲是本案承办人"):
            offer_item(item, cast.custodian, actor=cast.officer, at=LATER)
        offer_item(an_item(cast), cast.custodian, actor=cast.officer, at=LATER)
    finally:
        _checks.remove(known_above)
    assert known_above not in _checks


def test_whoever_stands_back_gives_away_what_he_holds_and_does_nothing_else_with_it(cast: Cast) -> None:
    item = an_item(cast)
    holder = item.holder
    assert holder == cast.officer
    recuse(item.compartment, holder, decided_by=cast.approver, at=START, reason="近亲属")
    let_out(item.compartment, holder, actor=cast.approver, at=START, reason="近亲属")

    for act in sorted(name for name in ALLOWED if name != "evidence.offer"):
        assert not can(holder, act, item), act
    offer_item(item, cast.custodian, actor=holder, at=LATER)
    accept_item(item, actor=cast.custodian, at=LATER)

    item.refresh_from_db()
    assert item.holder == cast.custodian
    assert not Item.objects.visible_to(holder).filter(pk=item.pk).exists()


def test_refusing_needs_a_reason_and_leaves_the_holder(cast: Cast) -> None:
    item = an_item(cast)
    offer_item(item, cast.custodian, actor=cast.officer, at=LATER)

    with pytest.raises(Invalid, match="拒收的理由"):
        refuse_item(item, reason=" ", actor=cast.custodian, at=LATER)
    item = refuse_item(item, reason="封条破损", actor=cast.custodian, at=LATER)

    assert (item.holder, item.state) == (cast.officer, State.COLLECTED)
    assert list(item.chain.values_list("act", flat=True)) == ["collected", "offered", "refused"]
    offer_item(item, cast.custodian, actor=cast.officer, at=LATER)
    item = withdraw_offer(item, actor=cast.officer, at=LATER)
    assert item.chain.last().act == Act.WITHDRAWN
    with pytest.raises(Refused, match="没有待签收"):
        accept_item(item, actor=cast.custodian, at=LATER)


def test_accepting_a_sealed_item_needs_its_number(cast: Cast) -> None:
    item = a_sealed_item(cast)
    offer_item(item, cast.custodian, actor=cast.officer, at=LATER)

    with pytest.raises(NotReady, match="从封条上读到的号码"):
        accept_item(item, actor=cast.custodian, at=LATER)

    assert item.offers.get().state == "open"


def test_what_does_not_fit_blocks_the_way_out(cast: Cast) -> None:
    item = a_sealed_item(cast)
    offer_item(item, cast.custodian, actor=cast.officer, at=LATER)
    item = accept_item(
        item, actor=cast.custodian, at=LATER, place="B 库",
        checked=Checked(seal="ZJ21-999999", quantity=2, condition="外壳变形"),
    )  # fmt: skip
    rows = Discrepancy.objects.filter(item=item)
    assert set(rows.values_list("kind", flat=True)) == {"seal_number", "quantity", "condition"}

    proposal = propose_disposal(item, Outcome.RETURNED, document="1 号", reason="无关", actor=cast.officer, at=LATER)
    with pytest.raises(NotReady) as refused:
        approve_disposal(proposal, actor=cast.approver, at=LATER)
    assert sum("账实不符" in one.text for one in refused.value.missing) == 3
    for row in rows:
        resolve_discrepancy(row, resolution="记录笔误", actor=cast.approver, at=LATER)
    confirm_all(cast.second_officer, at=LATER)
    approve_disposal(proposal, actor=cast.approver, at=LATER)
    item.refresh_from_db()
    assert item.state == State.DISPOSAL_APPROVED


def test_a_discrepancy_is_settled_by_somebody_else(cast: Cast) -> None:
    item = a_stored_item(cast)
    double = a_user("保管又分管", *cast.custodian.roles, *cast.approver.roles)
    row = open_discrepancy(item, DiscrepancyKind.MISSING, actor=double, at=LATER)
    same = open_discrepancy(item, DiscrepancyKind.MISSING, actor=double, at=LATER)

    assert same == row
    with pytest.raises(Refused, match="是您登记的"):
        resolve_discrepancy(row, resolution="找到了", actor=double, at=LATER)
    with pytest.raises(Invalid):
        resolve_discrepancy(row, resolution=" ", actor=cast.approver, at=LATER)
    resolve_discrepancy(row, resolution="在 C 库找到", actor=cast.approver, at=LATER)
    with pytest.raises(Refused, match="已由"):
        resolve_discrepancy(row, resolution="再查", actor=cast.approver, at=LATER)


def test_a_changed_file_is_noticed_at_the_hand_over(cast: Cast) -> None:
    from casework.files import storage
    from evidence.services import add_file

    item = an_item(cast)
    file = add_file(item, [b"log line\n"], name="网络日志.txt", actor=cast.officer, at=START)
    path = storage.path_of(file.blob.sha256)
    path.chmod(0o600)
    path.write_bytes(b"log line!\n")
    try:
        offer_item(item, cast.custodian, actor=cast.officer, at=LATER)
        accept_item(item, actor=cast.custodian, at=LATER)
    finally:
        path.unlink()

    assert Discrepancy.objects.get(item=item).kind == DiscrepancyKind.DIGEST


def test_the_chain_does_not_go_back_in_time(cast: Cast) -> None:
    item = a_sealed_item(cast)

    with pytest.raises(Invalid, match="早于"):
        offer_item(item, cast.custodian, actor=cast.officer, at=START - timedelta(minutes=1))

    assert not item.offers.exists()


def test_taking_stock(cast: Cast) -> None:
    item = a_stored_item(cast)
    number = item.seals.get().number

    with pytest.raises(NotReady, match="封条上读到的号码"):
        verify_item(item, actor=cast.custodian, at=LATER)
    verify_item(item, seal=number, place="B 库 04-12", actor=cast.custodian, at=LATER)
    assert not Discrepancy.objects.exists()
    verify_item(item, present=False, actor=cast.custodian, at=LATER)
    assert Discrepancy.objects.get().kind == DiscrepancyKind.MISSING
    with pytest.raises(NotReady, match="账实不符还没有查清"):
        report_loss(
            item, document="情况报告 1 号", reason="灭失", actor=cast.custodian, at=LATER,
            officers=(cast.custodian, a_user("保管员乙", *cast.custodian.roles)),
        )  # fmt: skip


@pytest.mark.parametrize("act", sorted(STEPS))
def test_every_step_names_an_act_of_the_policy(act: Act) -> None:
    step = STEPS[act]

    assert step.policy in acts()
    assert act in Act
    assert step.to is None or step.to in State


#: What each role of the cast may do with evidence it can see: the whole table.
ALLOWED = {
    "evidence.read_logs": {"officer", "second_officer", "outsider", "inspector"},
    "evidence.mark_events": {"officer", "second_officer", "outsider", "inspector", "hearing_officer"},
    "evidence.collect": {"officer", "second_officer", "outsider", "inspector"},
    "evidence.seal": {"officer", "second_officer", "outsider", "inspector"},
    "evidence.hand_over": {
        "officer", "second_officer", "outsider", "inspector", "hearing_officer", "custodian", "liaison",
    },
    "evidence.offer": {
        "officer", "second_officer", "outsider", "inspector", "hearing_officer", "custodian", "liaison",
    },
    "evidence.receive": {
        "officer", "second_officer", "outsider", "inspector", "hearing_officer", "custodian", "liaison",
    },
    "evidence.confirm": {
        "officer", "second_officer", "outsider", "inspector", "hearing_officer", "custodian", "liaison",
    },
    "evidence.bundle": {
        "officer", "second_officer", "outsider", "inspector", "hearing_officer", "approver",
    },
    "evidence.keep": {"custodian"},
    "evidence.request": {"officer", "second_officer", "outsider", "inspector", "hearing_officer"},
    "evidence.approve": {"approver"},
    "evidence.examine": {"officer", "second_officer", "outsider", "inspector", "liaison"},
    "evidence.propose": {"officer", "second_officer", "outsider", "hearing_officer"},
    "evidence.dispose": {"custodian"},
    "evidence.archive": {"officer", "second_officer", "outsider", "custodian"},
    "evidence.report": {
        "officer", "second_officer", "outsider", "inspector", "hearing_officer", "custodian", "liaison",
    },
    "evidence.upload": {"officer", "second_officer", "outsider", "inspector"},
    "evidence.download": {
        "officer", "second_officer", "outsider", "inspector", "campaign_officer", "hearing_officer", "approver",
        "auditor",
    },
    "evidence.attribute": {"officer", "second_officer", "outsider", "inspector"},
    "evidence.review_attribution": {"officer", "second_officer", "outsider", "inspector", "hearing_officer"},
    "evidence.import_pools": {"officer", "second_officer", "outsider", "inspector", "campaign_officer", "intake"},
}  # fmt: skip


def test_the_whole_table_of_roles(cast: Cast) -> None:
    item = an_item(cast)
    registered = {name for name in acts() if name.startswith("evidence.")}

    assert registered == set(ALLOWED)
    found = {
        name: {who for who, user in cast.everyone().items() if can(user, name, item)} for name in sorted(registered)
    }
    assert found == ALLOWED


def test_a_refusal_changes_nothing(cast: Cast) -> None:
    item = a_stored_item(cast)
    before = (Entry.objects.count(), Custody.objects.count())

    for wrong in (
        lambda: seal_item(item, a_seal_number(), officers=both(cast), actor=cast.officer, at=LATER),
        lambda: offer_item(item, cast.second_officer, actor=cast.officer, at=LATER),
        lambda: return_item(item, actor=cast.custodian, at=LATER),
        lambda: store_item(item, place="", actor=cast.custodian, at=LATER),
        lambda: examine_item(item, method="", document="", officers=both(cast), actor=cast.officer, at=LATER),
    ):
        with pytest.raises(CaseworkError):
            wrong()

    assert (Entry.objects.count(), Custody.objects.count()) == before


@pytest.mark.parametrize("statement", ["update evidence_custody set note = 'x'", "delete from evidence_custody"])
def test_the_database_refuses_to_edit_the_chain(cast: Cast, statement: str) -> None:
    an_item(cast)

    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    for edit in (lambda: Custody.objects.update(note="x"), lambda: Custody.objects.all().delete()):
        with pytest.raises(TypeError):
            edit()


def test_the_database_allows_no_two_holders_at_once(cast: Cast) -> None:
    item = an_item(cast)
    held = Holding.objects.get(item=item)

    for wrong in (
        Holding(item=item, holder=cast.custodian, from_seq=9, began_at=LATER),
        Holding(item=item, holder=cast.custodian, from_seq=9, began_at=START, ended_at=LATER),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            wrong.save()
    with pytest.raises(IntegrityError, match="item_held_while_here"), transaction.atomic():
        Item.objects.filter(pk=item.pk).update(holder=None)

    assert Holding.objects.get(item=item) == held
