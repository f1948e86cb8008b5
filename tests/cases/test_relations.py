"""Joining cases and taking them apart, reopening and correcting, work of a case, and what of a lead goes along."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from cases.models import Case, CaseLink, CaseNote, Correction, Interview, KeyMoment, Penalty, Recovery, StepTaken, Tie
from cases.selectors.timeline import bands_of, events_of, picture, window
from cases.services.cases import advance, amend_case
from cases.services.facts import cite_item
from cases.services.measures import begin_measure, decide_measure, propose_measure
from cases.services.members import add_member, recuse_member, remove_member
from cases.services.recovery import register_gain
from cases.services.relations import correct_closed, merge_case, split_case
from cases.services.work import add_moment, add_note, change_moment, finish_task, publish_case_type, set_task
from casework.access.models import Grant, Recusal
from casework.accounts.enums import Role
from casework.core.errors import CaseworkError, Invalid, NotAllowed, NotReady, Refused
from casework.deadlines.models import Deadline
from casework.ledger.models import Entry
from tests.build import a_user, moment
from tests.build_cases import DAY, a_case, a_proved_fact, a_suspect, a_unit, decide, walk
from tests.build_evidence import a_collection, an_item
from tests.build_penalties import a_penalty
from tests.cast import Cast
from units.models import Person

pytestmark = pytest.mark.django_db
LATER = moment(f"{DAY} 16:00")


def _open(cast: Cast, title: str, name: str) -> Case:
    case = a_case(cast, title=title)
    a_suspect(cast, case, name)
    return walk(cast, case, "investigating")


def test_a_merged_case_brings_people_facts_and_records_along(cast: Cast) -> None:
    case, into = _open(cast, "一案", "丁某某"), _open(cast, "二案", "何某某")
    bystander = _open(cast, "三案", "虞某")
    a_proved_fact(cast, case, case.suspects.get())
    newcomer = a_user("承办人戊", Role.CASE_OFFICER)
    add_member(into, newcomer, actor=cast.officer, at=LATER)
    due = Deadline.objects.live().filter(ref=f"case:{case.pk}").order_by("due_on")[0].due_on

    link = merge_case(case, into, actor=cast.approver, at=LATER, reason="同一事实")

    case.refresh_from_db()
    assert case.state == "closed"
    assert StepTaken.objects.get(case=case, step="merge_into").reason == "同一事实"
    assert sorted(into.suspects.values_list("name", flat=True)) == ["丁某某", "何某某"]
    assert into.facts.count() == 1
    assert into.interviews.count() == 2
    assert link.carried["suspects"] == ["丁某某"]
    assert not Deadline.objects.live().filter(ref=f"case:{case.pk}").exists()
    assert KeyMoment.objects.get(case=into, pinned=True).at.date() == due
    assert Grant.objects.filter(compartment=case.compartment, user=newcomer, until=None).exists()
    assert Entry.objects.filter(kind="case.merged").count() == 2
    assert bystander.suspects.count() == 1


def test_a_case_is_merged_by_a_leader_of_both_into_one_that_is_open(cast: Cast) -> None:
    case, into = _open(cast, "一案", "丁某某"), _open(cast, "二案", "何某某")
    other = a_user("分管领导乙", Role.APPROVER)
    add_member(case, other, actor=cast.officer, at=LATER)

    for act in (
        lambda: merge_case(case, into, actor=other, at=LATER, reason="同一事实"),
        lambda: merge_case(case, case, actor=cast.approver, at=LATER, reason="同一事实"),
        lambda: merge_case(case, into, actor=cast.officer, at=LATER, reason="同一事实"),
        lambda: merge_case(case, into, actor=cast.approver, at=LATER, reason=" "),
        lambda: merge_case(case, a_case(cast, title="未立"), actor=cast.approver, at=LATER, reason="同一事实"),
        lambda: advance(case, "merge_into", actor=cast.approver, at=LATER, reason="绕过"),
    ):
        with pytest.raises(CaseworkError):
            act()

    assert not CaseLink.objects.exists()
    case.refresh_from_db()
    assert case.state == "investigating"


def test_whoever_stands_back_from_one_of_two_joined_cases_stands_back_from_both(cast: Cast) -> None:
    case, into = _open(cast, "一案", "丁某某"), _open(cast, "二案", "何某某")
    by_leader, by_tie, bystander = (a_user(name, Role.CASE_OFFICER) for name in ("承办人戊", "承办人己", "承办人庚"))
    for user in (by_leader, by_tie, bystander):
        add_member(into, user, actor=cast.officer, at=LATER)
    add_member(case, by_leader, actor=cast.officer, at=LATER)
    recuse_member(case, by_leader, actor=cast.approver, at=LATER, reason="近亲属")
    # Known of nobody in either case yet: the tie is to a person of the first, declared when it had another name there.
    Tie.objects.create(
        user=by_tie,
        kind="relative",
        person_name="丁某某",
        from_on=date(2021, 1, 1),
        declared_by=by_tie,
        declared_at=LATER,
    )

    merge_case(case, into, actor=cast.approver, at=LATER, reason="同一事实")

    for user in (by_leader, by_tie):
        assert not Case.objects.visible_to(user).exists()
        assert not Interview.objects.visible_to(user).exists()
        with pytest.raises(NotAllowed):
            add_note(into, "我来记", actor=user, at=LATER)
    assert Entry.objects.filter(kind="case.member_recused", ref=f"case:{into.pk}").count() == 2
    assert Case.objects.visible_to(bystander).filter(pk=into.pk).exists()
    assert Recusal.objects.get(compartment=into.compartment, user=by_leader).decided_by == cast.approver


def test_sums_and_proposals_go_where_the_people_go(cast: Cast) -> None:
    case, into = _open(cast, "一案", "丁某某"), _open(cast, "二案", "何某某")
    unit = a_unit()
    person = Person.objects.create(unit=unit, name="虞某")
    doubles = [a_suspect(cast, one, "虞某", person=person) for one in (case, into)]
    first, second = case.suspects.order_by("pk")[0], into.suspects.order_by("pk")[0]
    gains = [
        register_gain(one.case, suspect=one, label="币", value=Decimal(100), actor=cast.officer, at=LATER)
        for one in (first, second, doubles[0])
    ]
    mine, theirs = (a_penalty(cast, one, at=LATER) for one in doubles)

    with pytest.raises(Refused, match="虞某") as refusal:
        merge_case(case, into, actor=cast.approver, at=LATER, reason="同一事实")
    assert refusal.value.code == "two_penalties"
    Penalty.objects.filter(pk=theirs.pk).update(state="void")
    merge_case(case, into, actor=cast.approver, at=LATER, reason="同一事实")
    assert set(into.recoveries.all()) == set(gains)
    assert Recovery.objects.get(pk=gains[2].pk).suspect == doubles[1]
    assert Penalty.objects.get(pk=mine.pk).suspect == doubles[1]

    late = a_user("承办人戊", Role.CASE_OFFICER)
    new = split_case(into, [first], title="丁某某案", actor=cast.approver, at=LATER, reason="单独处理").other
    add_member(new, late, actor=cast.officer, at=LATER)
    assert list(Recovery.objects.visible_to(late)) == [gains[0]]


def test_whoever_investigated_what_was_joined_to_a_case_does_not_hear_it(cast: Cast) -> None:
    case, into = _open(cast, "一案", "丁某某"), _open(cast, "二案", "何某某")
    both = a_user("承办人戊", Role.CASE_OFFICER, Role.HEARING_OFFICER)
    hearer = a_user("审理员戊", Role.HEARING_OFFICER)
    add_member(case, both, duty="officer", actor=cast.officer, at=LATER)
    add_member(into, both, duty="hearer", actor=cast.officer, at=LATER)

    with pytest.raises(Refused, match=both.name) as refusal:
        merge_case(case, into, actor=cast.approver, at=LATER, reason="同一事实")
    assert refusal.value.code == "side_taken"
    remove_member(into, both, actor=cast.officer, at=LATER, reason="另派")
    merge_case(case, into, actor=cast.approver, at=LATER, reason="同一事实")

    for duty in ("hearer", "officer"):
        with pytest.raises(Refused):
            add_member(into, both, duty=duty, actor=cast.officer, at=LATER)
    assert add_member(into, hearer, actor=cast.officer, at=LATER).side == "hear"


def test_who_joins_or_leaves_a_case_later_joins_or_leaves_what_was_joined_to_it(cast: Cast) -> None:
    case, into = _open(cast, "一案", "丁某某"), _open(cast, "二案", "何某某")
    merge_case(case, into, actor=cast.approver, at=LATER, reason="同一事实")
    late = a_user("承办人戊", Role.CASE_OFFICER)

    add_member(into, late, actor=cast.officer, at=LATER)
    assert set(Interview.objects.visible_to(late)) == set(into.interviews.all())
    remove_member(into, late, actor=cast.officer, at=LATER, reason="调离")
    assert not Interview.objects.visible_to(late).exists()

    add_member(into, late, actor=cast.officer, at=LATER)
    recuse_member(into, late, actor=cast.approver, at=LATER, reason="近亲属")
    assert not Interview.objects.visible_to(late).exists()
    assert not Case.objects.visible_to(late).exists()


def test_clocks_of_those_who_are_split_off_are_known_where_they_are(cast: Cast) -> None:
    case = _open(cast, "两人案", "丁某某")
    second = a_suspect(cast, case, "何某某")
    rows = {}
    for suspect in case.suspects.order_by("pk"):
        measure = propose_measure(
            case, kind="freeze", suspect=suspect, target="账户", purpose="查明", actor=cast.officer, at=LATER
        )
        measure = decide_measure(measure, approve=True, document="文号", actor=cast.approver, at=LATER)
        begin_measure(measure, began_at=LATER, second_officer=cast.second_officer, actor=cast.officer, at=LATER)
        rows[suspect.pk] = Deadline.objects.get(ref=f"measure:{measure.pk}")
    late = a_user("承办人戊", Role.CASE_OFFICER)

    new = split_case(case, [second], title="何某某案", actor=cast.approver, at=LATER, reason="单独处理").other
    add_member(case, late, actor=cast.officer, at=LATER)

    seen = set(Deadline.objects.visible_to(late).filter(ref__startswith="measure:"))
    assert seen == {row for pk, row in rows.items() if pk != second.pk}
    assert Deadline.objects.get(pk=rows[second.pk].pk).compartment_id == new.compartment_id


def test_a_split_keeps_people_clocks_and_recusals(cast: Cast) -> None:
    case = _open(cast, "两人案", "丁某某")
    first = case.suspects.get()
    second = a_suspect(cast, case, "何某某")
    shared = a_proved_fact(cast, case, first, "二人共用机房")
    shared.suspects.add(second)
    a_proved_fact(cast, case, second, "何某某另有一台")
    Recusal.objects.create(
        compartment=case.compartment, user=cast.custodian, reason="近亲属", decided_by=cast.approver, at=LATER
    )
    clocks = dict(Deadline.objects.live().filter(ref=f"case:{case.pk}").values_list("kind", "due_on"))

    link = split_case(case, [second], title="何某某案", actor=cast.approver, at=LATER, reason="单独处理")

    new = link.other
    assert (new.state, new.filed_on) == (case.state, case.filed_on)
    assert [row.statement for row in new.facts.all()] == ["何某某另有一台"]
    assert [row.name for row in shared.suspects.all()] == ["丁某某"]
    assert dict(Deadline.objects.live().filter(ref=f"case:{new.pk}").values_list("kind", "due_on")) == clocks
    assert Recusal.objects.filter(compartment=new.compartment, user=cast.custodian).exists()
    assert Entry.objects.filter(kind="compartment.recused", ref=f"compartment:{new.compartment_id}").exists()
    assert set(new.members.values_list("user", "side")) == set(case.members.values_list("user", "side"))
    assert new.interviews.filter(compartment=new.compartment).exists()
    with pytest.raises(Refused):
        split_case(case, [first], title="又分", actor=cast.approver, at=LATER, reason="没人了")
    with pytest.raises(NotAllowed):
        split_case(case, [first], title="又分", actor=cast.officer, at=LATER, reason="自己分")


def test_a_split_takes_chosen_evidence_along_and_leaves_what_still_proves(cast: Cast) -> None:
    case = _open(cast, "两人案", "丁某某")
    second = a_suspect(cast, case, "何某某")
    rig, stays = (
        an_item(cast, collection=a_collection(cast, compartment=case.compartment)),
        an_item(cast, collection=a_collection(cast, compartment=case.compartment)),
    )
    other, neighbour = a_proved_fact(cast, case, second, "何某某另有一台"), _open(cast, "邻案", "虞某")
    strange = an_item(cast, collection=a_collection(cast, compartment=neighbour.compartment))
    cite_item(other, rig, stance="for", label="矿机", actor=cast.officer, at=LATER)
    kept = a_proved_fact(cast, case, case.suspects.order_by("pk")[0], "丁某某的一台")
    cite_item(kept, stays, stance="for", label="账单", actor=cast.officer, at=LATER)
    words = {"title": "何某某案", "actor": cast.approver, "at": LATER, "reason": "单独处理"}

    with pytest.raises(Refused, match=stays.number):
        split_case(case, [second], items=[rig, stays], **words)
    with pytest.raises(Invalid):
        split_case(case, [second], items=[strange], **words)
    assert not CaseLink.objects.exists()
    link = split_case(case, [second], items=[rig], **words)

    new = link.other
    rig.refresh_from_db()
    stays.refresh_from_db()
    strange.refresh_from_db()
    assert rig.compartment_id == new.compartment_id
    assert (stays.compartment_id, strange.compartment_id) == (case.compartment_id, neighbour.compartment_id)
    assert rig.number in link.carried["items"]
    assert Entry.objects.filter(kind="item.moved", ref=f"item:{rig.pk}").count() == 1
    records = new.interviews.exclude(item=None).values_list("item__compartment", flat=True)
    assert set(records) == {new.compartment_id}


def test_reopening_keeps_the_first_closing_on_record(cast: Cast) -> None:
    case = walk(cast, a_case(cast), "closed")
    closed = case.steps_taken.get(step="close").at

    with pytest.raises(NotAllowed):
        advance(case, "reopen", actor=cast.officer, at=LATER, reason="新证据", document="文号")
    with pytest.raises(Invalid):
        advance(case, "reopen", actor=cast.approver, at=LATER, reason="新证据")
    case = advance(
        case, "reopen", actor=cast.approver, at=moment("2021-11-01 09:00"), reason="新证据", document="浙纪〔2021〕30号"
    )

    assert (case.state, case.closed_on) == ("investigating", None)
    assert case.steps_taken.get(step="close").at == closed
    assert Deadline.objects.live().filter(ref=f"case:{case.pk}", kind="C02").exists()


def test_a_forced_correction_is_a_right_of_its_own(cast: Cast) -> None:
    case = walk(cast, a_case(cast), "archived")
    old = case.report
    common = {"field": "report", "text": "更正后的报告。", "reason": "笔误", "document": "浙纪更〔2021〕1号"}

    with pytest.raises(NotAllowed):
        amend_case(case, report="改", actor=cast.officer, at=LATER)
    with pytest.raises(NotAllowed):
        correct_closed(case, **common, actor=cast.officer, at=LATER)
    for wrong in ({"field": "number"}, {"reason": " "}, {"document": ""}, {"text": old}):
        with pytest.raises(Invalid):
            correct_closed(case, **{**common, **wrong}, actor=cast.approver, at=LATER)
    row = correct_closed(case, **common, actor=cast.approver, at=LATER)

    case.refresh_from_db()
    assert (case.report, case.state) == ("更正后的报告。", "archived")
    assert (row.old, Correction.objects.count()) == (old, 1)
    with pytest.raises(NotAllowed):
        correct_closed(a_case(cast, title="在办"), **common, actor=cast.approver, at=LATER)


def test_tasks_and_notes_belong_to_those_who_work_on_the_case(cast: Cast) -> None:
    case = a_case(cast)
    task = set_task(
        case, title="调取考勤", holder=cast.second_officer, due_on=LATER.date(), actor=cast.officer, at=LATER
    )
    add_note(case, "电话联系了单位。", actor=cast.approver, at=LATER)

    for wrong in (
        lambda: set_task(case, title=" ", holder=cast.officer, actor=cast.officer, at=LATER),
        lambda: set_task(case, title="外人", holder=cast.outsider, actor=cast.officer, at=LATER),
        lambda: set_task(
            case, title="昨天", holder=cast.officer, due_on=date(2021, 1, 1), actor=cast.officer, at=LATER
        ),
        lambda: add_note(case, "", actor=cast.officer, at=LATER),
        lambda: add_note(case, "我来记", actor=cast.outsider, at=LATER),
        lambda: add_note(case, "我来记", actor=cast.auditor, at=LATER),
    ):
        with pytest.raises(CaseworkError):
            wrong()
    finish_task(task, actor=cast.second_officer, at=LATER, result="已调取")
    finish_task(task, actor=cast.officer, at=LATER + timedelta(hours=1))

    task.refresh_from_db()
    assert (task.done_by, task.done_at) == (cast.second_officer, LATER)
    assert CaseNote.objects.count() == 1


def test_an_open_task_holds_up_the_closing(cast: Cast) -> None:
    case = walk(cast, a_case(cast), "decided")
    set_task(case, title="归还借阅材料", holder=cast.officer, actor=cast.officer, at=moment("2021-10-13 09:00"))

    with pytest.raises(NotReady) as refusal:
        advance(case, "close", actor=cast.hearing_officer, at=moment("2021-10-18 13:50"))

    assert "任务没有完成：归还借阅材料" in [row.text for row in refusal.value.missing]


def test_a_running_case_keeps_the_version_of_its_type(cast: Cast) -> None:
    first = publish_case_type(
        code="mining", name="“挖矿”案", kind="both", tasks=[{"title": "核对用电", "days": 10}], actor=cast.approver, at=LATER
    )  # fmt: skip
    case = a_case(cast, case_type=first)
    a_suspect(cast, case)
    publish_case_type(code="mining", name="“挖矿”案", kind="both", tasks=[], actor=cast.approver, at=LATER)

    case = decide(case, "approve_filing", cast.approver, f"{DAY} 16:10", document="文号")

    assert case.type == first
    assert [(row.title, row.due_on) for row in case.tasks.all()] == [("核对用电", LATER.date() + timedelta(days=10))]
    with pytest.raises(NotAllowed):
        publish_case_type(code="x", name="x", kind="both", tasks=[], actor=cast.officer, at=LATER)


def test_the_timeline_shows_one_reader_what_he_may_know(cast: Cast) -> None:
    case = walk(cast, a_case(cast), "facts_meeting")
    add_moment(
        case, lane="conduct", title="购入矿机", moment=moment("2021-03-01 00:00"), source="采购合同", precision="about",
        pinned=True, actor=cast.officer, at=LATER,
    )  # fmt: skip
    gone = add_moment(case, lane="field", title="写错的", moment=LATER, source="无", actor=cast.officer, at=LATER)
    change_moment(gone, actor=cast.officer, at=LATER)

    mine = events_of(case, cast.officer)
    shown = window(mine, lanes={"conduct"}, first=None, last=None)
    early = window(mine, lanes=set(), first=None, last=date(2021, 4, 1))
    drawn = picture(window(mine, lanes=set(), first=None, last=None), bands_of(case, cast.officer), LATER.date())

    assert [event.title for event in shown.events] == ["购入矿机"]
    assert [event.title for event in early.events] == ["购入矿机"]
    assert "写错的" not in {event.title for event in mine}
    assert {event.lane for event in mine} >= {"conduct", "field", "evidence", "approvals"}
    assert {event.lane for event in events_of(case, cast.outsider)} & {"evidence", "monitoring"} == set()
    assert bands_of(case, cast.outsider) == []
    assert drawn is not None
    assert all(116 <= float(mark["x"]) <= 984 for lane in drawn["lanes"] for mark in lane["marks"])
    assert {row["title"] for row in drawn["bands"]} >= {"党纪案件调查"} or len(drawn["bands"]) >= 2
