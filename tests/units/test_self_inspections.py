"""Self-inspections from issue to close-out: what is issued, frozen, reviewed and refused."""

import hashlib
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import ProgrammingError, transaction

from casework.accounts.models import User
from casework.core.errors import Invalid, NotAllowed, NotReady, Refused
from casework.deadlines.models import Deadline
from casework.ledger.models import Entry
from casework.notices.models import Notice
from tests.build import moment
from tests.build_campaigns import (
    DUE,
    ISSUED,
    OPENED,
    ZERO,
    Scene,
    a_campaign,
    a_leader,
    a_scene,
    a_unit,
    campaign_unit_of,
    fill,
    stage_of,
    submitted,
)
from tests.cast import Cast
from units.enums_campaign import InspectionState as S
from units.models import (
    Rectification,
    Report,
    SelfInspection,
    SpotCheck,
)
from units.rules.drawing import drawn
from units.services.campaigns import add_units, set_outcome
from units.services.issuing import issue_self_inspections
from units.services.rectification import (
    close_rectification,
    order_rectification,
    report_rectification,
    return_rectification,
)
from units.services.reviews import (
    accept_report,
    close_report,
    draw_spot_checks,
    record_spot_check,
    return_report,
    start_review,
    start_spot_check,
    verify_report,
)
from units.services.self_inspections import (
    save_answer,
    submit_report,
)

NOON = moment("2021-10-26 12:00")


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return a_scene(cast)


def entries_of(inspection: SelfInspection) -> list[str]:
    """Return the kinds of the inspection's entries, oldest first."""
    return list(Entry.objects.filter(ref=inspection.ref).order_by("id").values_list("kind", flat=True))


# --- issuing -------------------------------------------------------------------------------------------------------


def test_issuing_gives_every_unit_its_own_clock_and_notice(cast: Cast, scene: Scene) -> None:
    clocks = Deadline.objects.filter(kind="S02").order_by("pk")

    assert [clock.ref for clock in clocks] == [scene.inspection.ref, scene.bystander.ref]
    assert [clock.holder for clock in clocks] == [cast.unit_leader, cast.other_leader]
    assert {clock.due_on for clock in clocks} == {DUE}
    assert {notice.recipient for notice in Notice.objects.filter(kind="selfinspection.issued")} == {
        cast.unit_leader,
        cast.other_leader,
    }
    assert entries_of(scene.inspection) == ["selfinspection.issued"]


def test_issuing_again_leaves_those_alone_that_have_theirs(cast: Cast, scene: Scene) -> None:
    newcomer = a_unit()
    a_leader(newcomer)
    add_units(scene.campaign, [newcomer], actor=cast.campaign_officer, at=NOON)

    rows = issue_self_inspections(scene.stage, due_on=date(2021, 11, 5), actor=cast.campaign_officer, at=NOON)
    again = issue_self_inspections(scene.stage, due_on=date(2021, 11, 5), actor=cast.campaign_officer, at=NOON)

    assert [row.unit for row in rows] == [newcomer]
    assert again == []
    scene.bystander.refresh_from_db()
    assert scene.bystander.due_on == DUE


def test_issuing_names_every_unit_without_a_leader_and_writes_nothing(cast: Cast) -> None:
    campaign = a_campaign(cast.campaign_officer)
    units = [a_unit(), a_unit(), a_unit()]
    a_leader(units[0])
    a_leader(units[1], until=date(2021, 1, 1))
    add_units(campaign, units, actor=cast.campaign_officer, at=OPENED)

    with pytest.raises(NotReady) as refused:
        issue_self_inspections(stage_of(campaign), due_on=DUE, actor=cast.campaign_officer, at=ISSUED)

    assert [missing.text for missing in refused.value.missing] == [
        f"{units[1].name} 没有能登录的负责人",
        f"{units[2].name} 没有能登录的负责人",
    ]
    assert not SelfInspection.objects.exists()
    assert not Deadline.objects.exists()


@pytest.mark.parametrize("due_on", [date(2021, 10, 10), date(2020, 1, 1)])
def test_issuing_with_a_day_that_has_passed_is_refused(cast: Cast, due_on: date) -> None:
    campaign = a_campaign(cast.campaign_officer)

    with pytest.raises(Invalid, match="早于下发日"):
        issue_self_inspections(stage_of(campaign), due_on=due_on, actor=cast.campaign_officer, at=ISSUED)


def test_issuing_to_a_unit_outside_the_campaign_is_refused(cast: Cast, scene: Scene) -> None:
    stranger = a_unit("外单位")

    with pytest.raises(Invalid, match="外单位 没有列入专项行动"):
        issue_self_inspections(scene.stage, [stranger], due_on=DUE, actor=cast.campaign_officer, at=ISSUED)


def test_issuing_costs_few_statements_a_unit(cast: Cast, django_assert_max_num_queries: Any) -> None:
    campaign = a_campaign(cast.campaign_officer)
    units = [a_unit() for _ in range(10)]
    for unit in units:
        a_leader(unit)
    add_units(campaign, units, actor=cast.campaign_officer, at=OPENED)

    with django_assert_max_num_queries(30 + 10 * 5):
        rows = issue_self_inspections(stage_of(campaign), due_on=DUE, actor=cast.campaign_officer, at=ISSUED)

    assert len(rows) == 10


# --- submitting ----------------------------------------------------------------------------------------------------


def test_a_zero_report_is_allowed_but_signed(cast: Cast, scene: Scene) -> None:
    fill(scene.inspection, cast.unit_leader, at=NOON)

    with pytest.raises(Invalid, match="签名与登记的负责人姓名不一致"):
        submit_report(scene.inspection, signed_name="", actor=cast.unit_leader, at=NOON)
    report = submit_report(scene.inspection, signed_name=" 单位负责人甲 ", actor=cast.unit_leader, at=NOON)

    said = json.loads(report.content)
    assert said["answers"]["found"] == 0
    assert said["signed"]["name"] == cast.unit_leader.name
    assert [row["asset_number"] for row in said["sheets"]["terminals"]] == list(
        scene.inspection.terminals.values_list("asset_number", flat=True)
    )


def test_the_digest_is_that_of_the_frozen_text(cast: Cast, scene: Scene) -> None:

    submitted(scene.inspection, cast.unit_leader, at=NOON)

    report = Report.objects.get()
    entry = Entry.objects.get(ref=scene.inspection.ref, kind="selfinspection.submitted")
    assert hashlib.sha256(report.content.encode()).hexdigest() == report.sha256
    assert entry.payload["data"]["sha256"] == report.sha256
    assert json.dumps(json.loads(report.content), ensure_ascii=False, sort_keys=True, separators=(",", ":")) == (
        report.content
    )


@pytest.mark.parametrize(("day", "late"), [("2021-10-29 23:59", False), ("2021-10-30 00:01", True)])
def test_lateness_is_judged_by_the_day_in_shanghai(cast: Cast, scene: Scene, day: str, late: bool) -> None:
    submitted(scene.inspection, cast.unit_leader, at=moment(day))

    clock = Deadline.objects.get(ref=scene.inspection.ref)
    assert scene.inspection.late is late
    assert Report.objects.get().late is late
    assert clock.verdict is not None
    assert clock.verdict["in_time"] is not late
    other = Deadline.objects.get(ref=scene.bystander.ref)
    assert other.state == "open"


def test_a_second_submission_is_refused_with_a_sentence(cast: Cast, scene: Scene) -> None:
    submitted(scene.inspection, cast.unit_leader, at=NOON)

    with pytest.raises(Refused, match="这份报告已经上报"):
        submit_report(scene.inspection, signed_name=cast.unit_leader.name, actor=cast.unit_leader, at=NOON)

    assert Report.objects.count() == 1


def test_a_return_starts_a_new_clock_and_keeps_the_first_version(cast: Cast, scene: Scene) -> None:
    submitted(scene.inspection, cast.unit_leader, at=NOON)
    start_review(scene.inspection, actor=cast.campaign_officer, at=NOON)
    at = moment("2021-10-28 10:00")

    return_report(scene.inspection, {"rooms": "写明检查的人。"}, actor=cast.campaign_officer, at=at)
    with pytest.raises(NotReady) as refused:
        submit_report(scene.inspection, signed_name=cast.unit_leader.name, actor=cast.unit_leader, at=at)
    save_answer(scene.inspection, "rooms", "一楼，甲检查", actor=cast.unit_leader, at=at)
    second = submit_report(scene.inspection, signed_name=cast.unit_leader.name, actor=cast.unit_leader, at=at)

    scene.inspection.refresh_from_db()
    assert [missing.text for missing in refused.value.missing] == ["第 4 题 写明检查的人。"]
    assert scene.inspection.due_on == date(2021, 11, 4)  # five working days
    assert second.number == 2
    assert not second.late
    first = Report.objects.get(number=1)
    assert json.loads(first.content)["answers"]["rooms"] == ZERO["rooms"]
    assert scene.inspection.first_submitted_at == NOON
    assert Deadline.objects.filter(ref=scene.inspection.ref, state="met").count() == 2


@pytest.mark.parametrize("act", [lambda rows: rows.update(late=True), lambda rows: rows.delete()])
def test_the_database_refuses_to_change_a_submitted_report(cast: Cast, scene: Scene, act: Callable[[Any], Any]) -> None:
    submitted(scene.inspection, cast.unit_leader, at=NOON)

    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        act(Report.objects.filter(inspection=scene.inspection))

    assert Report.objects.get().late is False


# --- reviewing -----------------------------------------------------------------------------------------------------


def order(inspection: SelfInspection, officer: User) -> Rectification:
    """Order a rectification by the report."""
    return order_rectification(
        campaign_unit_of(inspection),
        title="加固口令",
        measures="改掉弱口令",
        due_on=date(2021, 11, 20),
        inspection=inspection,
        actor=officer,
        at=NOON,
    )


def test_a_report_that_admits_mining_goes_through_rectification(cast: Cast, scene: Scene) -> None:
    submitted(scene.inspection, cast.unit_leader, at=NOON, found="active", computers=2)
    start_review(scene.inspection, actor=cast.campaign_officer, at=NOON)
    verify_report(scene.inspection, actor=cast.campaign_officer, at=NOON)

    with pytest.raises(NotReady) as refused:
        accept_report(scene.inspection, actor=cast.approver, at=NOON)
    with pytest.raises(NotReady) as unclassified:
        order(scene.inspection, cast.campaign_officer)

    assert [item.text for item in refused.value.missing] == ["上报了 2 台设备、1 个地址的问题，先下发整改"]
    assert [item.text for item in unclassified.value.missing] == ["还没有结论：主动、被动、科研或排除"]


def test_a_draw_can_be_repeated_by_anybody(cast: Cast) -> None:

    campaign = a_campaign(cast.campaign_officer)
    units = [a_unit() for _ in range(6)]
    leaders = [a_leader(unit) for unit in units]
    add_units(campaign, units, actor=cast.campaign_officer, at=OPENED)
    stage = stage_of(campaign)
    issue_self_inspections(stage, due_on=DUE, actor=cast.campaign_officer, at=ISSUED)
    for row, leader in zip(SelfInspection.objects.order_by("pk"), leaders, strict=True):
        assert leader.user is not None
        submitted(row, leader.user, at=NOON)
        start_review(row, actor=cast.campaign_officer, at=NOON)

    draw = draw_spot_checks(stage, 2, actor=cast.campaign_officer, at=NOON)

    picked = list(SpotCheck.objects.order_by("inspection").values_list("inspection", flat=True))
    assert drawn(draw.population, draw.seed, 2) == picked
    assert drawn(list(reversed(draw.population)), draw.seed, 2) == picked
    assert SelfInspection.objects.filter(state=S.SPOT_CHECK).count() == 2
    assert SelfInspection.objects.filter(state=S.UNDER_REVIEW).count() == 4


def test_a_false_report_is_marked_for_good_and_needs_a_note(cast: Cast, scene: Scene) -> None:
    submitted(scene.inspection, cast.unit_leader, at=NOON)
    start_review(scene.inspection, actor=cast.campaign_officer, at=NOON)
    check = start_spot_check(scene.inspection, actor=cast.campaign_officer, at=NOON)

    with pytest.raises(NotReady, match="还差 1 项"):
        verify_report(scene.inspection, actor=cast.campaign_officer, at=NOON)
    with pytest.raises(Invalid, match="没有写明哪里不实"):
        record_spot_check(check, "false_report", note="", actor=cast.campaign_officer, at=NOON)
    record_spot_check(check, "false_report", note="漏报两台", actor=cast.campaign_officer, at=NOON)
    return_report(scene.inspection, {"found": "重新核对。"}, actor=cast.campaign_officer, at=NOON)

    scene.inspection.refresh_from_db()
    scene.bystander.refresh_from_db()
    assert scene.inspection.false_report
    assert not scene.bystander.false_report


def test_rectification_runs_whole_from_order_to_close_out(cast: Cast, scene: Scene) -> None:
    leader, officer = cast.unit_leader, cast.campaign_officer
    submitted(scene.inspection, leader, at=NOON, found="passive", computers=1)
    start_review(scene.inspection, actor=officer, at=NOON)
    verify_report(scene.inspection, actor=officer, at=NOON)
    set_outcome(campaign_unit_of(scene.inspection), "passive", basis_ref=scene.inspection.ref, actor=officer, at=NOON)
    duty = order(scene.inspection, officer)

    with pytest.raises(NotReady) as refused:
        close_rectification(duty, checked="复测", actor=officer, at=NOON)
    assert "单位还没有报整改结果" in refused.value.missing[0].text
    with pytest.raises(NotAllowed):
        report_rectification(duty, done="已改", actor=cast.other_leader, at=NOON)
    report_rectification(duty, done="已改", actor=leader, at=NOON)
    with pytest.raises(NotReady, match="还差 1 项"):
        close_report(scene.inspection, actor=officer, at=NOON)
    return_rectification(duty, remark="复测再现", due_on=date(2021, 12, 3), actor=officer, at=NOON)
    report_rectification(duty, done="再改", actor=leader, at=NOON)
    close_rectification(duty, checked="复测无异常", actor=officer, at=NOON)
    close_report(scene.inspection, actor=officer, at=NOON)

    scene.inspection.refresh_from_db()
    duty.refresh_from_db()
    assert scene.inspection.state == S.CLOSED
    assert (duty.state, duty.due_on) == ("closed", date(2021, 12, 3))
    assert Deadline.objects.filter(ref=f"rectification:{duty.pk}", state="met").count() == 2
