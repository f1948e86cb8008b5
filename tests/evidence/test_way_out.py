"""The way out of the store: holds, check-outs, disposals, and who decides on them."""

from datetime import timedelta

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from casework.accounts.models import User
from casework.core.errors import Invalid, NotReady, Refused
from casework.deadlines.models import Deadline
from casework.ledger.models import Entry
from evidence.enums import ENDS, Outcome, State
from evidence.selectors import desk
from evidence.services import (
    accept_item,
    approve_check_out,
    approve_disposal,
    archive_item,
    carry_out_disposal,
    check_out_item,
    decline_check_out,
    lift_hold,
    mark_unrelated,
    place_hold,
    propose_disposal,
    report_loss,
    request_check_out,
    return_item,
    store_item,
)
from evidence.services.chain import kind_of
from evidence.web.matter_forms import TAKERS
from tests.build import a_user
from tests.build_evidence import (
    START,
    a_stored_item,
    an_item_outside,
    checked,
)
from tests.cast import Cast

LATER = START + timedelta(hours=3)


def test_keeper_approver_and_officer_are_three(cast: Cast) -> None:
    item = a_stored_item(cast)
    leader_officer = a_user("承办又分管", *cast.officer.roles, *cast.approver.roles)
    keeper_leader = a_user("保管又分管", *cast.custodian.roles, *cast.approver.roles)

    own = propose_disposal(
        item, Outcome.CONFISCATED, document="1 号", reason="违纪所得", actor=leader_officer, at=LATER
    )
    with pytest.raises(Refused, match="意见是您提出的"):
        approve_disposal(own, actor=leader_officer, at=LATER)
    with pytest.raises(Refused, match="已有没办完的处置意见"):
        propose_disposal(item, Outcome.RETURNED, document="2 号", reason="无关", actor=cast.officer, at=LATER)
    approve_disposal(own, actor=keeper_leader, at=LATER)
    with pytest.raises(Refused, match="自己批准的"):
        carry_out_disposal(item, receipt="1", officers=(cast.custodian, keeper_leader), actor=cast.custodian, at=LATER)
    item.refresh_from_db()
    assert item.state == State.DISPOSAL_APPROVED


def test_nothing_under_hold_is_disposed_of(cast: Cast) -> None:
    item = a_stored_item(cast)
    hold = place_hold(item, reason="另案需要", actor=cast.officer, at=LATER)
    proposal = propose_disposal(item, Outcome.RETURNED, document="1 号", reason="无关", actor=cast.officer, at=LATER)

    with pytest.raises(NotReady, match="另案需要"):
        approve_disposal(proposal, actor=cast.approver, at=LATER)
    lift_hold(hold, reason="另案已结", actor=cast.approver, at=LATER)
    approve_disposal(proposal, actor=cast.approver, at=LATER)


def test_an_approved_disposal_and_an_act_to_confirm_stand_on_the_home_page(cast: Cast) -> None:
    item, bystander = a_stored_item(cast), a_stored_item(cast)
    second = a_user("保管员乙", *cast.custodian.roles)

    def home(user: User) -> str:
        client = Client()
        client.force_login(user)
        return client.get("/").content.decode()

    address = reverse("evidence:act", args=[item.pk, "dispose"])
    proposal = propose_disposal(item, Outcome.DESTROYED, document="1 号", reason="已结案", actor=cast.officer, at=LATER)
    assert address not in home(cast.custodian)
    approve_disposal(proposal, actor=cast.approver, at=LATER)
    page = home(cast.custodian)
    assert address in page
    assert reverse("evidence:act", args=[bystander.pk, "dispose"]) not in page
    assert address not in home(second)

    carry_out_disposal(item, receipt="1", officers=(cast.custodian, second), actor=cast.custodian, at=LATER)
    assert address not in home(cast.custodian)
    assert "共同办理，待您确认 1 项" in home(second)
    assert "共同办理，待您确认" not in home(cast.custodian).split('id="c"')[1]


def test_a_check_out_is_asked_for_and_approved_by_others(cast: Cast) -> None:
    item = a_stored_item(cast)
    day = LATER.date() + timedelta(days=3)
    with pytest.raises(NotReady, match="还没有批准的调取申请"):
        check_out_item(item, actor=cast.custodian, at=LATER)
    with pytest.raises(Invalid, match="已经过去"):
        request_check_out(item, purpose="鉴定", due_on=START.date() - timedelta(days=1), actor=cast.officer, at=LATER)
    row = request_check_out(item, purpose="鉴定", due_on=day, actor=cast.officer, at=LATER)
    with pytest.raises(Refused, match="已有没办完的调取"):
        request_check_out(item, purpose="再鉴定", due_on=day, actor=cast.officer, at=LATER)
    with pytest.raises(NotReady):
        check_out_item(item, actor=cast.custodian, at=LATER)
    with pytest.raises(Invalid, match="不批准的理由"):
        decline_check_out(row, opinion="", actor=cast.approver, at=LATER)
    approve_check_out(row, actor=cast.approver, at=LATER)
    with pytest.raises(Refused, match="已经是"):
        approve_check_out(row, actor=cast.approver, at=LATER)
    with pytest.raises(NotReady, match="须由持有人办理"):
        check_out_item(item, actor=a_user("保管员乙", *cast.custodian.roles), at=LATER)


def test_own_requests_and_own_store_are_decided_by_others(cast: Cast) -> None:
    leader = a_user("承办又分管", *cast.officer.roles, *cast.approver.roles)
    item = a_stored_item(cast)
    row = request_check_out(item, purpose="鉴定", due_on=LATER.date(), actor=leader, at=LATER)

    with pytest.raises(Refused, match="您自己的申请"):
        approve_check_out(row, actor=leader, at=LATER)


def test_a_check_out_has_a_clock_that_ends_with_the_return(cast: Cast) -> None:
    way = an_item_outside(cast)
    deadline = Deadline.objects.get(ref=f"item:{way.item.pk}", kind="P10")
    late = deadline.due_on + timedelta(days=1)

    assert list(desk.check_outs_overdue(cast.custodian, late).values_list("item", flat=True)) == [way.item.pk]
    assert not desk.check_outs_overdue(cast.custodian, deadline.due_on).exists()
    assert not desk.check_outs_overdue(cast.outsider, late).exists()
    with pytest.raises(NotReady, match="现在是"):
        store_item(way.item, place="C 库", actor=cast.custodian, at=way.at)
    return_item(way.item, actor=cast.officer, at=way.at)
    accept_item(way.item, actor=cast.custodian, at=way.at, checked=checked(way.item))
    deadline.refresh_from_db()
    assert deadline.state == "met"


def test_unrelated_things_go_back_within_three_days(cast: Cast) -> None:
    item = a_stored_item(cast)

    mark_unrelated(item, reason="学生个人电脑", actor=cast.officer, at=LATER)

    deadline = Deadline.objects.get(ref=f"item:{item.pk}", kind="P02")
    assert ((deadline.due_on - LATER.date()).days, deadline.holder) == (3, cast.officer)


def page_of(user: User, *address: object) -> str:
    client = Client()
    client.force_login(user, backend="casework.accounts.backends.AccountBackend")
    return client.get(reverse(str(address[0]), args=list(address[1:]))).content.decode()


def test_every_end_is_proposed_approved_carried_out_and_filed(cast: Cast) -> None:
    second_keeper = a_user("保管员乙", *cast.custodian.roles)
    bystander = a_stored_item(cast)
    for number, (outcome, act) in enumerate(ENDS.items()):
        item = a_stored_item(cast)
        row = propose_disposal(item, outcome, document=f"处 {number} 号", reason="已结案", actor=cast.officer, at=LATER)
        assert "待批准" in page_of(cast.custodian, "evidence:item", item.pk)
        assert "涉案财物处置单" not in page_of(cast.custodian, "evidence:sheet", item.pk)
        approve_disposal(row, actor=cast.approver, at=LATER, opinion="同意")
        # What is done is before the keepers' eyes, and its paper can be printed while they still see the item.
        form, paper = (
            page_of(cast.custodian, "evidence:act", item.pk, "dispose"),
            page_of(cast.custodian, "evidence:sheet", item.pk),
        )
        assert all(word in form for word in (row.get_outcome_display(), f"处 {number} 号", str(TAKERS[outcome])))
        assert reverse("evidence:sheet", args=[item.pk]) in form
        assert "已结案" not in form + paper  # the reason belongs to the matter
        assert paper.count(f"涉案财物处置单（{row.get_outcome_display()}）") == 3
        assert f"据 {number}" not in paper
        carry_out_disposal(
            item, receipt=f"据 {number}", officers=(cast.custodian, second_keeper), actor=cast.custodian, at=LATER
        )
        paper = page_of(cast.officer, "evidence:sheet", item.pk)
        assert (paper.count(f"据 {number}"), paper.count("保管员乙")) == (3, 3)
        page = page_of(cast.auditor, "evidence:item", item.pk)
        assert all(word in page for word in ("已办理", f"据 {number}", f"处 {number} 号", "同意", "已不在本机关"))
        item.refresh_from_db()
        assert (item.state, item.holder, item.chain.last().act) == (outcome.value, None, act)  # type: ignore[union-attr]
        assert Entry.objects.filter(ref=f"item:{item.pk}", kind=kind_of(act)).count() == 1
        archive_item(item, document="案卷 1", actor=cast.custodian, at=LATER)

    lost = a_stored_item(cast)
    officers = (cast.custodian, second_keeper)
    report_loss(lost, document="情况报告 1 号", reason="库房进水", officers=officers, actor=cast.custodian, at=LATER)
    archive_item(lost, document="案卷 1", actor=cast.custodian, at=LATER)  # its papers too go into the file
    bystander.refresh_from_db()
    assert bystander.state == State.DEPOSITED


def test_pages_say_beforehand_what_keeps_an_item(cast: Cast) -> None:
    item = a_stored_item(cast)
    row = propose_disposal(item, Outcome.DESTROYED, document="1 号", reason="无价值", actor=cast.officer, at=LATER)
    place_hold(item, reason="另案需要", actor=cast.officer, at=LATER)
    mark_unrelated(item, reason="学生个人电脑", actor=cast.officer, at=LATER)

    decision = page_of(cast.approver, "evidence:disposal", row.pk)
    page = page_of(cast.officer, "evidence:item", item.pk)

    assert "还差 1 项" in decision
    assert 'aria-disabled="true"' in decision
    assert [one for one in ("暂缓处置，解除之前不能处置", "另案需要", "退还与案件无关的证物") if one not in page] == []
    outside = an_item_outside(cast)
    with override_settings(CASEWORK_NOW="2021-09-20 12:00"):
        assert "调取逾期未还，已超 3 天" in page_of(cast.custodian, "evidence:item", outside.item.pk)
