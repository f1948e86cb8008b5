"""Builders for cases and inspections, through the services that people use."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from cases.enums import CaseKind, Duty, MeetingOutcome, Stance
from cases.models import Case, Fact, Inspection, Interview, Suspect
from cases.services.cases import advance, amend_case, file_case
from cases.services.facts import cite_item, state_fact
from cases.services.inspections import MemberPlan, SitePlan, TeamPlan, plan_inspection
from cases.services.interviews import take_interview
from cases.services.members import add_member
from cases.services.papers import read_paper
from cases.services.suspects import add_suspect, show_facts
from casework.accounts.enums import Role
from casework.accounts.models import User
from tests.build import a_user, moment
from tests.build_penalties import a_penalty
from tests.build_penalties import walk as walk_penalty
from tests.cast import Cast
from units.models import Region, Unit

#: The day on which everything in these builders happens, one hour after the other.
DAY = "2021-09-18"


def a_unit(name: str = "绍兴市上虞区职业教育中心", code: str = "") -> Unit:
    """Return the unit of that name, made on first use."""
    found = Unit.objects.filter(name=name).first()
    if found is not None:
        return found
    region, _made = Region.objects.get_or_create(code="330604", defaults={"name": "绍兴市上虞区"})
    number = Unit.objects.count() + 1
    return Unit.objects.create(code=code or f"T{number:05}", name=name, name_key=name, kind="school", region=region)


def a_case(cast: Cast, *, kind: str = CaseKind.BOTH, title: str = "丁某某利用公共资源“挖矿”案", **more: Any) -> Case:
    """Return a case proposed by the officer, with the other officer and the approver on it."""
    return file_case(
        more.pop("lead", None),
        title=title,
        unit=more.pop("unit", None) or a_unit(),
        kind=kind,
        members=[cast.second_officer, cast.approver],
        actor=cast.officer,
        at=moment(f"{DAY} 09:00"),
        grounds="利用单位机房“挖矿”。",
        **more,
    )


def a_suspect(cast: Cast, case: Case, name: str = "丁某某", **standing: Any) -> Suspect:
    """Return a suspect whose standing is complete."""
    values: dict[str, Any] = {
        "unit": case.unit,
        "post": "机房管理员",
        "employment": "institution_staff",
        "party_member": True,
        "public_official": True,
        "leading_cadre": False,
    }
    return add_suspect(
        case,
        name=name,
        standing_on=date(2021, 9, 1),
        actor=cast.officer,
        at=moment(f"{DAY} 09:10"),
        **{**values, **standing},
    )


def a_record(cast: Cast, case: Case, *, suspect: Suspect | None = None, signed: bool = True, **more: Any) -> Interview:
    """Return a talk of half an hour, rights told, one page."""
    return take_interview(
        case,
        kind=more.pop("kind", "talk" if suspect else "inquiry"),
        suspect=suspect,
        person_name=more.pop("person_name", "" if suspect else "王某"),
        place="谈话室",
        began_at=moment(f"{DAY} 10:00"),
        ended_at=moment(f"{DAY} 10:30"),
        rights_told_at=more.pop("rights_told_at", moment(f"{DAY} 10:01")),
        second_officer=more.pop("second_officer", cast.second_officer),
        lines=more.pop("lines", [("机器是谁的？", "是我买的。")]),
        actor=more.pop("actor", cast.officer),
        at=moment(f"{DAY} 10:40"),
        signed=signed,
        **more,
    )


def a_proved_fact(cast: Cast, case: Case, suspect: Suspect, statement: str = "自购矿机 3 台放在机房") -> Fact:
    """Return a fact which the suspect's record and a witness's record support."""
    mine, other = a_record(cast, case, suspect=suspect), a_record(cast, case)
    fact = state_fact(case, statement, suspects=[suspect], actor=cast.officer, at=moment(f"{DAY} 10:50"))
    for place, record in enumerate((mine, other)):
        assert record.item is not None
        cite_item(
            fact,
            record.item,
            stance=Stance.FOR,
            label=f"谈话{place + 1}",
            actor=cast.officer,
            at=moment(f"{DAY} 10:51"),
        )
    return fact


def a_second_hearer() -> User:
    """Return another hearing officer, because a hearing group has two at least."""
    return a_user("审理员乙", Role.HEARING_OFFICER)


def decide(case: Case, step: str, user: User, at: str, **words: str) -> Case:
    """Read the draft and decide on it."""
    read_paper(case, actor=user, at=moment(at))
    return advance(case, step, actor=user, at=moment(at), **words)


#: Where the usual ways end; what lies between is passed on the way to "archived".
ENDS = ("archived", "extension_pending", "withdrawn", "returned_supplement", "returned_redo", "pc_approval")


def walk(cast: Cast, case: Case, until: str) -> Case:
    """Take the case along the usual way up to a state, everything in order."""
    for case in way(cast, case, until):  # noqa: B020 (the case as it is after each step)
        if case.state == until:
            break
    return case


def way(cast: Cast, case: Case, until: str) -> Iterator[Case]:
    """Give the case in every state on the usual way to that state, the first included."""
    suspect = case.suspects.first() or a_suspect(cast, case)
    yield case
    case = decide(case, "approve_filing", cast.approver, f"{DAY} 11:00", document="浙委批〔2021〕3号")
    yield case
    case = amend_case(case, plan="查明设备来源、时长、所得。", actor=cast.officer, at=moment(f"{DAY} 11:10"))
    case = decide(case, "approve_plan", cast.approver, f"{DAY} 11:20")
    yield case
    case = advance(case, "start", actor=cast.officer, at=moment(f"{DAY} 11:30"))
    yield case
    if until == "extension_pending":
        yield advance(case, "ask_extension", actor=cast.officer, at=moment(f"{DAY} 11:40"), reason="等鉴定意见")
        return
    if not case.facts.exists():
        a_proved_fact(cast, case, suspect)
    case = advance(case, "meet_facts", actor=cast.officer, at=moment(f"{DAY} 12:00"))
    yield case
    for person in case.suspects.filter(facts_shown__isnull=True):
        show_facts(
            person,
            outcome=MeetingOutcome.AGREED,
            second_officer=cast.second_officer,
            actor=cast.officer,
            at=moment(f"{DAY} 12:10"),
        )
    case = amend_case(case, report="事实清楚，证据确凿。", actor=cast.officer, at=moment(f"{DAY} 12:20"))
    case = advance(case, "submit_report", actor=cast.officer, at=moment(f"{DAY} 12:30"))
    yield case
    if until == "withdrawn":
        yield decide(case, "withdraw", cast.approver, f"{DAY} 12:40", reason="证据不足")
        return
    for user in (cast.hearing_officer, a_second_hearer()):
        add_member(case, user, duty=Duty.HEARER, actor=cast.approver, at=moment(f"{DAY} 12:35"))
    case = decide(case, "transfer", cast.approver, f"{DAY} 12:40")
    yield case
    case = advance(case, "accept_hearing", actor=cast.hearing_officer, at=moment(f"{DAY} 12:50"))
    yield case
    if until in {"returned_supplement", "returned_redo"}:
        name = "return_supplement" if until == "returned_supplement" else "return_redo"
        yield advance(case, name, actor=cast.approver, at=moment("2021-09-22 13:00"), reason="遗漏事实")
        return
    case = amend_case(case, hearing_report="同意调查意见。", actor=cast.hearing_officer, at=moment(f"{DAY} 13:00"))
    yield from _decide_on(cast, case, until)


def _decide_on(cast: Cast, case: Case, until: str) -> Iterator[Case]:
    penalties = [a_penalty(cast, suspect) for suspect in case.suspects.order_by("pk")]
    case = advance(case, "submit_hearing_report", actor=cast.hearing_officer, at=moment("2021-10-08 13:10"))
    yield case
    case = decide(case, "to_deliberation", cast.approver, "2021-10-08 13:20")
    yield case
    if until == "pc_approval":
        yield decide(case, "to_party_committee", cast.approver, "2021-10-08 13:30")
        return
    penalties = [walk_penalty(cast, penalty, "approve") for penalty in penalties]
    case = decide(case, "decide", cast.approver, "2021-10-12 13:30", document="浙纪委会〔2021〕9号")
    yield case
    if until == "prosecuted":
        document = "浙监诉字〔2021〕2号"
        yield advance(case, "prosecute", actor=cast.officer, at=moment("2021-10-12 13:40"), document=document)
        return
    for penalty in penalties:
        walk_penalty(cast, penalty, "finish", skip=("inform", "deliberate", "approve"))
    case = advance(case, "close", actor=cast.hearing_officer, at=moment("2021-10-18 13:50"))
    yield case
    yield advance(case, "archive", actor=cast.officer, at=moment("2021-10-19 14:00"))


def the_inspectors() -> list[User]:
    """Return the members of the teams besides the cast's inspector, made on first use."""
    return [
        User.objects.filter(name=name).first() or a_user(name, Role.INSPECTOR)
        for name in ("检查员乙", "检查员丙", "检查员丁")
    ]


def an_inspection(
    cast: Cast, *, units: int = 2, teammate: User | None = None, leads: dict[int, Any] | None = None
) -> Inspection:
    """Return an inspection of two teams: the inspector's with the first unit, another one's with the rest."""
    second, *others = the_inspectors()
    mate = teammate or second
    places = [a_unit(f"检查单位{number}") for number in range(1, units + 1)]
    plans = [
        SitePlan(unit, addresses=[f"10.1.{number}.7"], lead=(leads or {}).get(unit.pk))
        for number, unit in enumerate(places, start=1)
    ]
    return plan_inspection(
        None,
        from_on=date(2021, 9, 6),
        to_on=date(2021, 9, 9),
        teams=[
            TeamPlan(
                [
                    MemberPlan(cast.inspector.name, "省纪委监委", cast.inspector),
                    MemberPlan(mate.name, "省网信办", mate),
                ],
                plans[:1],
            ),
            TeamPlan([MemberPlan(user.name, "省纪委监委", user) for user in others], plans[1:]),
        ],
        actor=cast.officer,
        at=moment("2021-09-03 09:00"),
    )
