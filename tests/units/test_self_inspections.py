"""Self-inspections: the whole step table, what is written, refused, frozen and told, and what two at once may do."""

import hashlib
import json
import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core.errors import CaseworkError, Invalid, NotAllowed, NotReady, Refused, Stale
from casework.deadlines.models import Deadline
from casework.files.services.blobs import store_blob
from casework.ledger.models import Entry
from casework.notices.models import Notice
from tests.build import a_user, moment
from tests.build_campaigns import (
    DUE,
    ISSUED,
    OPENED,
    STAGES,
    ZERO,
    Scene,
    a_campaign,
    a_device,
    a_leader,
    a_scene,
    a_terminal,
    a_unit,
    campaign_unit_of,
    fill,
    stage_of,
    submitted,
)
from tests.cast import Cast, make_cast
from units.enums import UnitState
from units.enums_campaign import InspectionState as S
from units.inspection_workflow import BY_NAME, LEADER, STEPS, offers
from units.models import (
    Answer,
    CampaignUnit,
    Report,
    SelfInspection,
    SpotCheck,
    Unit,
    UnitLeader,
)
from units.questionnaire import V1
from units.rules.drawing import drawn
from units.selectors.self_inspections import missing_answers
from units.services.campaigns import add_units, close_campaign, open_campaign, record_finding, set_outcome
from units.services.issuing import issue_self_inspections, remind_overdue
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
    acknowledge,
    add_rows,
    attach,
    change_row,
    detach,
    remove_row,
    save_answer,
    save_answers,
    submit_report,
)

NOON = moment("2021-10-26 12:00")


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return a_scene(cast)


def entries_of(inspection: SelfInspection) -> list[str]:
    """Return the kinds of the inspection's entries, oldest first."""
    return list(Entry.objects.filter(ref=inspection.ref).order_by("id").values_list("kind", flat=True))


# --- the step table ------------------------------------------------------------------------------------------------


def take(name: str, inspection: SelfInspection, actor: User) -> Any:
    """Take a step of the table by the service that stands for it."""
    acts: dict[str, Callable[[], Any]] = {
        "acknowledge": lambda: acknowledge(inspection, actor=actor, at=NOON),
        "draft": lambda: save_answer(inspection, "rooms", "改过的机房", actor=actor, at=NOON),
        "submit": lambda: submit_report(inspection, signed_name="单位负责人甲", actor=actor, at=NOON),
        "start_review": lambda: start_review(inspection, actor=actor, at=NOON),
        "return": lambda: return_report(inspection, {"rooms": "写明检查的人。"}, actor=actor, at=NOON),
        "spot_check": lambda: start_spot_check(inspection, actor=actor, at=NOON),
        "verify": lambda: verify_report(inspection, actor=actor, at=NOON),
        "accept": lambda: accept_report(inspection, actor=actor, at=NOON),
        "rectify": lambda: order_rectification(
            campaign_unit_of(inspection),
            title="加固口令",
            measures="改掉弱口令",
            due_on=date(2021, 11, 20),
            inspection=inspection,
            actor=actor,
            at=NOON,
        ),
        "rectified": lambda: report_rectification(inspection.rectifications.get(), done="已改", actor=actor, at=NOON),
        "relapse": lambda: return_rectification(
            inspection.rectifications.get(), remark="复测再现", due_on=date(2021, 11, 20), actor=actor, at=NOON
        ),
        "close": lambda: close_report(inspection, actor=actor, at=NOON),
    }
    return acts[name]()


def bring_to(inspection: SelfInspection, state: str, cast: Cast) -> SelfInspection:
    """Walk the report to the state by the services, with all gates met for the next step."""
    leader, officer = cast.unit_leader, cast.campaign_officer
    set_outcome(campaign_unit_of(inspection), "cleared", basis_ref=inspection.ref, actor=officer, at=NOON)
    if state == S.ISSUED:
        return inspection
    if state == S.ACKNOWLEDGED:
        return acknowledge(inspection, actor=leader, at=NOON)
    if state == S.DRAFTING:
        return fill(inspection, leader, at=NOON)
    submitted(inspection, leader, at=NOON)
    path: dict[str, tuple[str, ...]] = {
        S.SUBMITTED: (),
        S.UNDER_REVIEW: ("start_review",),
        S.RETURNED: ("start_review", "return"),
        S.SPOT_CHECK: ("start_review", "spot_check"),
        S.VERIFIED: ("start_review", "verify"),
        S.ACCEPTED: ("start_review", "verify", "accept"),
        S.RECTIFYING: ("start_review", "verify", "rectify"),
        S.RECTIFIED: ("start_review", "verify", "rectify", "rectified"),
        S.CLOSED: ("start_review", "verify", "accept", "close"),
    }
    for name in path[state]:
        who = leader if BY_NAME[name].who == LEADER else cast.approver if name == "accept" else officer
        take(name, inspection, who)
        if name == "spot_check":
            record_spot_check(inspection.spot_checks.get(), "confirmed", note="", actor=officer, at=NOON)
    inspection.refresh_from_db()
    return inspection


def prepare(inspection: SelfInspection, name: str, cast: Cast) -> None:
    """Meet what the step needs besides its state."""
    if name == "submit" and inspection.state == S.RETURNED:
        inspection.remarks.update(settled_at=NOON)
    if name == "close" and inspection.state == S.RECTIFIED:
        close_rectification(inspection.rectifications.get(), checked="复测", actor=cast.campaign_officer, at=NOON)


#: Every step in every state; a duty that does not exist can be neither reported nor returned.
TRIED = [
    pytest.param(step, state, id=f"{step.name}-{state}")
    for step in STEPS
    for state in S.values
    if step.name not in {"rectified", "relapse"} or state in {S.RECTIFYING, S.RECTIFIED}
]


@pytest.mark.parametrize(("step", "state"), TRIED)
def test_a_step_is_open_from_its_states_only(cast: Cast, scene: Scene, step: Any, state: str) -> None:
    inspection = bring_to(scene.inspection, state, cast)
    prepare(inspection, step.name, cast)
    before = entries_of(inspection)
    actor = (
        cast.unit_leader if step.who == LEADER else cast.approver if step.name == "accept" else cast.campaign_officer
    )
    expected = state in step.sources or (step.name, state) in {
        ("draft", S.DRAFTING),  # goes on writing
        ("rectify", S.RECTIFYING),  # a further duty
        ("acknowledge", state),  # a second time changes nothing
    }
    if expected:
        take(step.name, inspection, actor)
    else:
        with pytest.raises(Refused):
            take(step.name, inspection, actor)

    inspection.refresh_from_db()
    if state in step.sources:
        assert inspection.state == step.target
        assert len(entries_of(inspection)) > len(before)
    elif not expected:
        assert inspection.state == state
        assert entries_of(inspection) == before
    scene.bystander.refresh_from_db()
    assert scene.bystander.state == S.ISSUED


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
@pytest.mark.parametrize(
    "who",
    ["officer", "outsider", "campaign_officer", "approver", "auditor", "unit_leader", "other_leader", "system_admin"],
)
def test_a_step_is_taken_by_its_roles_only(cast: Cast, scene: Scene, step: Any, who: str) -> None:
    state = min(step.sources)
    inspection = bring_to(scene.inspection, state, cast)
    prepare(inspection, step.name, cast)
    allowed = {
        "accept": {"approver"},  # the campaign officer verified it
        "rectify": {"campaign_officer", "approver"},
    }.get(step.name, {"unit_leader"} if step.who == LEADER else {"campaign_officer"})
    actor = cast.everyone()[who]

    if who in allowed:
        take(step.name, inspection, actor)
        inspection.refresh_from_db()
        assert inspection.state == step.target
        return
    with pytest.raises(NotReady if (step.name, who) == ("accept", "campaign_officer") else NotAllowed):
        take(step.name, inspection, actor)
    inspection.refresh_from_db()
    assert inspection.state == state


@pytest.mark.parametrize("state", S.values)
def test_the_buttons_are_the_steps_of_the_table(cast: Cast, scene: Scene, state: str) -> None:
    inspection = bring_to(scene.inspection, state, cast)

    drawn = {offer.step.name for offer in offers(inspection, cast.campaign_officer)}

    assert drawn == {step.name for step in STEPS if step.who != LEADER and state in step.sources}
    assert offers(inspection, cast.auditor) == []
    assert offers(inspection, cast.unit_leader) == []


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


# --- answering -----------------------------------------------------------------------------------------------------


def test_everything_that_is_missing_is_listed_with_its_address(scene: Scene) -> None:
    missing = missing_answers(scene.inspection)

    assert len(missing) == V1.total + 1  # question 10 lacks answer and attachment
    assert all(item.url.startswith(f"/portal/self-inspections/{scene.inspection.pk}/") for item in missing)


def test_writing_before_signing_for_is_refused(cast: Cast, scene: Scene) -> None:
    with pytest.raises(Refused, match="还没有签收"):
        save_answer(scene.inspection, "rooms", "一楼", actor=cast.unit_leader, at=NOON)

    assert not Answer.objects.exists()


def test_the_first_answer_makes_it_a_draft_and_the_text_stays_out_of_the_entry(cast: Cast, scene: Scene) -> None:
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)

    save_answer(scene.inspection, "rooms", "一楼机房，甲某某", actor=cast.unit_leader, at=NOON)

    scene.inspection.refresh_from_db()
    entry = Entry.objects.filter(ref=scene.inspection.ref).order_by("-id").first()
    assert scene.inspection.state == S.DRAFTING
    assert scene.inspection.answered == 1
    assert entry is not None
    assert entry.kind == "selfinspection.answered"
    assert "甲某某" not in json.dumps(entry.payload, ensure_ascii=False)


@pytest.mark.parametrize(
    ("code", "value", "words"),
    [
        ("terminals", "-1", "“-1”不是整数"),
        ("terminals", "1.5", "“1.5”不是整数"),
        ("terminals", "99999999", "太大"),
        ("accounts", "maybe", "不在可选的范围内"),
        ("accounts", "", "还没有选"),
        ("logs", "昨天", "不是日期"),
        ("logs", "2021-2-30", "不是日期"),
        ("rooms", "  ", "没有就写“没有”"),
        ("rooms", "字" * 4001, "最多 4000 字"),
        ("addresses", "1", "这一题只填清单"),
        ("nothing", "1", "没有题目“nothing”"),
    ],
)
def test_a_wrong_answer_says_what_would_be_right(cast: Cast, scene: Scene, code: str, value: str, words: str) -> None:
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)

    with pytest.raises(Invalid, match=words) as refused:
        save_answer(scene.inspection, code, value, actor=cast.unit_leader, at=NOON)

    assert code in refused.value.details
    assert not Answer.objects.exists()


def test_several_answers_are_saved_together_or_not_at_all(cast: Cast, scene: Scene) -> None:
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)

    with pytest.raises(Invalid, match="有 2 题要改") as refused:
        save_answers(
            scene.inspection, {"rooms": "一楼", "terminals": "x", "logs": "y"}, actor=cast.unit_leader, at=NOON
        )

    assert set(refused.value.details) == {"terminals", "logs"}
    assert not Answer.objects.exists()


def test_an_older_form_keeps_both_values(cast: Cast, scene: Scene) -> None:
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)
    save_answer(scene.inspection, "rooms", "一楼", version=0, actor=cast.unit_leader, at=NOON)

    with pytest.raises(Stale) as refused:
        save_answer(scene.inspection, "rooms", "二楼", version=0, actor=cast.unit_leader, at=NOON)
    same = save_answer(scene.inspection, "rooms", "一楼", version=0, actor=cast.unit_leader, at=NOON)

    assert refused.value.details == {"code": "rooms", "theirs": "一楼", "yours": "二楼", "version": 1}
    assert same.version == 1
    assert Answer.objects.get().value == "一楼"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"found": 1, "computers_sealed": 1, "rigs_sealed": 1}, "封存 2 台（第 6、7 题），多于发现的 1 台"),
        ({"terminals": 1, "computers_sealed": 2, "found": 2}, "封存 2 台计算机（第 6 题），多于自查的 1 台终端"),
        ({"found": 0, "people": 1}, "却填了涉及人员 1"),
        ({"found": 0, "currencies": 2}, "却填了涉及币种 2"),
        ({"terminals": 3}, "填了 3 台，清单有 0 行。可以加 3 行，或改成 0"),
    ],
)
def test_contradicting_numbers_are_kept_but_not_signed(
    cast: Cast, scene: Scene, values: dict[str, int], words: str
) -> None:
    fill(scene.inspection, cast.unit_leader, at=NOON)
    scene.inspection.terminals.all().delete()

    save_answers(scene.inspection, values, actor=cast.unit_leader, at=NOON)
    with pytest.raises(NotReady) as refused:
        submit_report(scene.inspection, signed_name=cast.unit_leader.name, actor=cast.unit_leader, at=NOON)

    assert any(words in missing.text for missing in refused.value.missing)
    code, value = next(iter(values.items()))
    assert Answer.objects.get(inspection=scene.inspection, code=code).value == value
    assert not Report.objects.exists()


def test_rows_are_checked_whole_and_all_errors_named(cast: Cast, scene: Scene) -> None:
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)
    rows = [a_terminal(1), a_terminal(1), a_terminal(2, kind="tv"), a_terminal(3, place="", ip="x")]

    with pytest.raises(Invalid) as refused:
        add_rows(scene.inspection, "terminals", rows, actor=cast.unit_leader, at=NOON)

    wrong = refused.value.details["rows"]
    assert {number: set(fields) for number, fields in wrong.items()} == {
        "2": {"asset_number"},
        "3": {"kind"},
        "4": {"place", "ip"},
    }
    assert not scene.inspection.terminals.exists()


def test_a_seal_stands_on_one_machine_only(cast: Cast, scene: Scene) -> None:
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)
    add_rows(scene.inspection, "computers", [a_device(1)], actor=cast.unit_leader, at=NOON)

    with pytest.raises(Invalid, match="封条号 SY-0001 在清单里已有一行"):
        add_rows(scene.inspection, "rigs", [a_device(2, seal_number="SY-0001")], actor=cast.unit_leader, at=NOON)


def test_changing_and_removing_rows_touches_only_that_row(cast: Cast, scene: Scene) -> None:
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)
    first, second = add_rows(
        scene.inspection, "terminals", [a_terminal(1), a_terminal(2)], actor=cast.unit_leader, at=NOON
    )
    acknowledge(scene.bystander, actor=cast.other_leader, at=NOON)
    (other,) = add_rows(scene.bystander, "terminals", [a_terminal(1)], actor=cast.other_leader, at=NOON)

    change_row(scene.inspection, "terminals", first.pk, a_terminal(1, place="教务处"), actor=cast.unit_leader, at=NOON)
    remove_row(scene.inspection, "terminals", second.pk, actor=cast.unit_leader, at=NOON)
    with pytest.raises(Refused, match="清单里没有这一行"):
        remove_row(scene.inspection, "terminals", other.pk, actor=cast.unit_leader, at=NOON)

    assert list(scene.inspection.terminals.values_list("place", flat=True)) == ["教务处"]
    assert list(scene.bystander.terminals.values_list("place", flat=True)) == ["信息楼 206"]


def test_the_same_file_twice_is_one_attachment(cast: Cast, scene: Scene) -> None:
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)
    blob = store_blob([b"same"], actor=cast.unit_leader, at=NOON)

    first = attach(scene.inspection, "watch", blob, "a.txt", actor=cast.unit_leader, at=NOON)
    second = attach(scene.inspection, "watch", blob, "b.txt", actor=cast.unit_leader, at=NOON)
    detach(scene.inspection, first, actor=cast.unit_leader, at=NOON)

    assert first == second
    assert not scene.inspection.attachments.filter(removed_at=None).exists()


# --- who may write -------------------------------------------------------------------------------------------------


def test_a_former_leader_reads_until_when_he_led(cast: Cast, scene: Scene) -> None:
    fill(scene.inspection, cast.unit_leader, at=NOON)
    UnitLeader.objects.filter(unit=scene.unit).update(until=date(2021, 10, 20))

    with pytest.raises(NotAllowed, match="您担任负责人到 2021年10月20日 为止。可以请现任负责人办理"):
        submit_report(scene.inspection, signed_name=cast.unit_leader.name, actor=cast.unit_leader, at=NOON)

    assert not Report.objects.exists()


def test_the_successor_goes_on_where_the_former_leader_stopped(cast: Cast, scene: Scene) -> None:
    fill(scene.inspection, cast.unit_leader, at=NOON)
    UnitLeader.objects.filter(unit=scene.unit).update(until=date(2021, 10, 25))
    successor = a_user("继任者", Role.UNIT_LEADER)
    UnitLeader.objects.create(unit=scene.unit, user=successor, name="继任者", from_on=date(2021, 10, 26))

    report = submit_report(scene.inspection, signed_name="继任者", actor=successor, at=NOON)

    assert report.submitted_by == successor


@pytest.mark.parametrize("state", [UnitState.CLOSED, UnitState.MERGED])
def test_a_unit_that_no_longer_exists_cannot_report(cast: Cast, scene: Scene, state: str) -> None:
    fill(scene.inspection, cast.unit_leader, at=NOON)
    into = scene.other_unit if state == UnitState.MERGED else None
    Unit.objects.filter(pk=scene.unit.pk).update(state=state, closed_on=date(2021, 10, 20), merged_into=into)

    with pytest.raises(NotReady) as refused:
        submit_report(scene.inspection, signed_name=cast.unit_leader.name, actor=cast.unit_leader, at=NOON)

    assert any("本单位" in missing.text for missing in refused.value.missing)


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


def test_a_report_that_admits_mining_goes_through_rectification(cast: Cast, scene: Scene) -> None:
    submitted(scene.inspection, cast.unit_leader, at=NOON, found="active", computers=2)
    start_review(scene.inspection, actor=cast.campaign_officer, at=NOON)
    verify_report(scene.inspection, actor=cast.campaign_officer, at=NOON)

    with pytest.raises(NotReady) as refused:
        accept_report(scene.inspection, actor=cast.approver, at=NOON)
    with pytest.raises(NotReady) as unclassified:
        take("rectify", scene.inspection, cast.campaign_officer)

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
    duty = take("rectify", scene.inspection, officer)

    with pytest.raises(Refused, match="单位还没有报整改结果"):
        close_rectification(duty, checked="复测", actor=officer, at=NOON)
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


# --- the campaign --------------------------------------------------------------------------------------------------


def test_a_campaign_with_the_code_of_another_is_refused(cast: Cast, scene: Scene) -> None:
    with pytest.raises(Invalid, match="已有。可以换一个"):
        open_campaign(scene.campaign.code, "另一个", stages=STAGES, actor=cast.campaign_officer, at=NOON)


def test_closed_units_are_not_taken_in_and_all_are_named(cast: Cast, scene: Scene) -> None:
    gone = [a_unit("旧一"), a_unit("旧二")]
    Unit.objects.filter(pk__in=[unit.pk for unit in gone]).update(state=UnitState.CLOSED, closed_on=date(2021, 1, 1))
    for unit in gone:
        unit.refresh_from_db()

    with pytest.raises(Invalid, match="旧一、旧二 已撤销"):
        add_units(scene.campaign, [a_unit("新一"), *gone], actor=cast.campaign_officer, at=NOON)

    assert scene.campaign.campaign_units.count() == 2


def test_an_outcome_is_changed_only_with_a_reason(cast: Cast, scene: Scene) -> None:
    row = campaign_unit_of(scene.inspection)
    set_outcome(row, "active", basis_ref="lead:1", actor=cast.campaign_officer, at=NOON)

    with pytest.raises(Invalid, match="已有的结论是“主动”"):
        set_outcome(row, "passive", basis_ref="lead:1", actor=cast.campaign_officer, at=NOON)
    set_outcome(row, "passive", basis_ref="lead:1", reason="鉴定为木马", actor=cast.campaign_officer, at=NOON)

    entry = Entry.objects.filter(ref=f"campaignunit:{row.pk}").order_by("-id").first()
    assert entry is not None
    assert entry.payload["data"]["from"] == "active"
    assert entry.payload["reason"] == "鉴定为木马"
    assert campaign_unit_of(scene.bystander).outcome == ""


def test_a_campaign_ends_only_when_every_unit_is_explained(cast: Cast, scene: Scene) -> None:
    first, second = CampaignUnit.objects.order_by("pk")
    set_outcome(first, "active", basis_ref="lead:1", actor=cast.campaign_officer, at=NOON)

    with pytest.raises(Refused, match="还有 1 家单位没有说明去向"):
        close_campaign(scene.campaign, actor=cast.campaign_officer, at=NOON)
    set_outcome(second, "cleared", basis_ref="lead:2", actor=cast.campaign_officer, at=NOON)

    assert close_campaign(scene.campaign, actor=cast.campaign_officer, at=NOON).state == "closed"


def test_a_finding_needs_its_source_and_its_own_unit(cast: Cast, scene: Scene) -> None:
    row = campaign_unit_of(scene.inspection)

    with pytest.raises(Invalid, match="写明来源的记录"):
        record_finding(row, kind="active", summary="一台矿机", source_ref=" ", actor=cast.officer, at=NOON)
    finding = record_finding(row, kind="active", summary="一台矿机", source_ref="lead:1", actor=cast.officer, at=NOON)

    assert finding.compartment == scene.campaign.compartment


def test_urging_reaches_the_leader_of_that_day_once(cast: Cast, scene: Scene) -> None:
    submitted(scene.inspection, cast.unit_leader, at=NOON)
    UnitLeader.objects.filter(unit=scene.other_unit).update(until=date(2021, 10, 31))
    successor = a_user("继任者", Role.UNIT_LEADER)
    UnitLeader.objects.create(unit=scene.other_unit, user=successor, name="继任者", from_on=date(2021, 11, 1))

    first = remind_overdue(scene.stage, actor=cast.campaign_officer, at=moment("2021-11-02 09:00"))
    again = remind_overdue(scene.stage, actor=cast.campaign_officer, at=moment("2021-11-02 16:00"))
    next_day = remind_overdue(scene.stage, actor=cast.campaign_officer, at=moment("2021-11-03 09:00"))

    assert (first, again, next_day) == (1, 0, 1)
    urged = Notice.objects.filter(kind="selfinspection.urged")
    assert {notice.recipient for notice in urged} == {successor}
    assert {notice.level for notice in urged} == {"alarm"}


# --- two at once ---------------------------------------------------------------------------------------------------


def together(*acts: Callable[[], Any]) -> list[Any]:
    """Run the acts at the same moment, each on its own connection; return results and refusals in their order."""
    start = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            start.wait(10)
            results[place] = act()
        except CaseworkError as refusal:
            results[place] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


@pytest.mark.django_db(transaction=True)
def test_two_submissions_at_once_make_one_report() -> None:
    cast = make_cast()
    scene = a_scene(cast)
    fill(scene.inspection, cast.unit_leader, at=NOON)

    def submit() -> Report:
        return submit_report(scene.inspection, signed_name=cast.unit_leader.name, actor=cast.unit_leader, at=NOON)

    results = together(submit, submit, submit)

    assert sum(isinstance(one, Report) for one in results) == 1
    assert sum(isinstance(one, Refused) for one in results) == 2
    assert Report.objects.count() == 1
    assert entries_of(scene.inspection).count("selfinspection.submitted") == 1


@pytest.mark.django_db(transaction=True)
def test_two_saves_at_once_keep_both_values() -> None:
    cast = make_cast()
    scene = a_scene(cast)
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)

    def save(text: str) -> Callable[[], Answer]:
        return lambda: save_answer(scene.inspection, "rooms", text, version=0, actor=cast.unit_leader, at=NOON)

    results = together(save("一楼"), save("二楼"))

    (kept,) = [one for one in results if isinstance(one, Answer)]
    (stale,) = [one for one in results if isinstance(one, Stale)]
    assert Answer.objects.get().value == kept.value
    assert {stale.details["theirs"], stale.details["yours"]} == {"一楼", "二楼"}


@pytest.mark.django_db(transaction=True)
def test_saving_and_submitting_at_once_never_changes_a_frozen_report() -> None:
    cast = make_cast()
    scene = a_scene(cast)
    fill(scene.inspection, cast.unit_leader, at=NOON)

    results = together(
        lambda: submit_report(scene.inspection, signed_name=cast.unit_leader.name, actor=cast.unit_leader, at=NOON),
        lambda: save_answer(scene.inspection, "rooms", "三楼", actor=cast.unit_leader, at=NOON),
    )

    scene.inspection.refresh_from_db()
    answer = Answer.objects.get(inspection=scene.inspection, code="rooms").value
    assert isinstance(results[0], Report)
    assert json.loads(Report.objects.get().content)["answers"]["rooms"] == answer
    assert scene.inspection.state == S.SUBMITTED


@pytest.mark.django_db(transaction=True)
def test_two_issues_at_once_give_each_unit_one() -> None:
    cast = make_cast()
    campaign = a_campaign(cast.campaign_officer)
    unit = a_unit()
    a_leader(unit)
    add_units(campaign, [unit], actor=cast.campaign_officer, at=OPENED)
    stage = stage_of(campaign)

    def issue() -> int:
        return len(issue_self_inspections(stage, due_on=DUE, actor=cast.campaign_officer, at=ISSUED))

    assert sorted(together(issue, issue)) == [0, 1]
    assert SelfInspection.objects.count() == 1
    assert Deadline.objects.count() == 1
