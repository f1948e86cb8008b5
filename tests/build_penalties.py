"""Builders of cases with suspects of every standing, and of penalties at any step."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from cases.enums import SIDE_OF, CaseKind, CaseState, Duty
from cases.ladder import MeasureSpec
from cases.models import Case, CaseMember, Penalty, Suspect
from cases.ranges import Finding
from cases.services.penalties import advance_penalty, draft_penalty
from cases.services.penalty_execution import finish_task
from casework.accounts.models import User
from tests.build import a_compartment, moment
from tests.cast import Cast
from units.models import Region, Unit

_serial = count(1)
ACTS = (date(2021, 3, 1), date(2021, 8, 31))
DRAFTED = moment("2021-10-08 09:00")
MINING = Finding("CN_USE_PUBLIC_PROPERTY_FOR_PROFIT")


@dataclass(frozen=True)
class Team:
    """Who works on a case and on which side."""

    officer: User
    second: User
    hearer: User
    approver: User


def a_unit(name: str = "某地理信息中心") -> Unit:
    """Return a new unit in a region."""
    region, _created = Region.objects.get_or_create(code="330521", defaults={"name": "德清县"})
    return Unit.objects.create(code=f"U{next(_serial):05}", name=name, kind="institution", region=region)


def a_case(
    cast: Any, *, title: str = "利用公共资源“挖矿”案", state: str = CaseState.DELIBERATION, number: int | None = None
) -> Case:
    """Return a filed case whose members are the cast's officers, hearer and approver; ``number`` where others exist."""
    number = number or next(_serial)
    users = [cast.officer, cast.second_officer, cast.hearing_officer, cast.approver]
    compartment = a_compartment(*users, name=f"第 {number} 号案")
    case = Case.objects.create(
        number=f"浙纪立〔2021〕{number}号",
        title=title,
        kind=CaseKind.BOTH,
        compartment=compartment,
        state=state,
        drafted_by=cast.officer,
        proposed_at=moment("2021-09-10 09:00"),
        filed_on=date(2021, 9, 13),
        state_since=moment("2021-09-30 09:00"),
        updated_at=moment("2021-09-30 09:00"),
        unit=a_unit(),
    )
    duties = (Duty.LEAD, Duty.OFFICER, Duty.HEARER, Duty.DECIDER)
    for user, duty in zip(users, duties, strict=True):
        CaseMember.objects.create(case=case, user=user, duty=duty, side=SIDE_OF[duty], from_on=date(2021, 9, 10))
    return case


def a_suspect(case: Case, name: str = "吴某某", **fields: Any) -> Suspect:
    """Return a suspect: a party member on the staff of an institution unless said otherwise."""
    values: dict[str, Any] = {
        "unit": case.unit,
        "post": "工作人员",
        "employment": "institution_staff",
        "party_member": True,
        "public_official": False,
        "leading_cadre": False,
        "standing_on": date(2021, 8, 31),
        "conduct_from": ACTS[0],
        "conduct_until": ACTS[1],
        "added_at": moment("2021-09-14 09:00"),
    }
    return Suspect.objects.create(case=case, name=name, **{**values, **fields})


def a_penalty(cast: Cast, suspect: Suspect, *specs: MeasureSpec, at: datetime = DRAFTED, **fields: Any) -> Penalty:
    """Return a draft; a party warning unless measures are given."""
    values: dict[str, Any] = {
        "grounds": "用单位电脑挖矿",
        "evidence": "谈话笔录、网络日志",
        "acts_on": ACTS,
        "findings": [MINING],
    }
    return draft_penalty(
        suspect,
        measures=specs or [MeasureSpec("PD_WARNING")],
        actor=cast.officer,
        at=at,
        **{**values, **fields},
    )


def steps(cast: Cast, penalty: Penalty, start: datetime = DRAFTED) -> dict[str, dict[str, Any]]:
    """Return actor, moment and data of every forward step, a day apart."""
    day = start + timedelta(days=1)

    def at(number: int) -> datetime:
        return day + timedelta(days=number)

    second = cast.second_officer
    return {
        "inform": {"actor": cast.officer, "at": at(0), "second_officer": second},
        "deliberate": {
            "actor": cast.hearing_officer, "at": at(1), "body": "纪委常委会", "held_on": at(1).date(),
            "members": 7, "votes_for": 6, "abstentions": 1, "minutes": "浙纪常〔2021〕20号",
        },
        "approve": {"actor": cast.approver, "at": at(2)},
        "issue": {"actor": cast.hearing_officer, "at": at(3)},
        "serve": {
            "actor": cast.officer, "at": at(4), "second_officer": second, "served_on": at(4).date(),
            "receiver": "本人", "receipt": "送达回证1号",
        },
        "announce": {
            "actor": cast.officer, "at": at(5), "second_officer": second, "announced_on": at(5).date(),
            "place": "所在党支部",
        },
        "execute": {"actor": cast.officer, "at": at(6)},
        "finish": {"actor": cast.hearing_officer, "at": at(8)},
    }  # fmt: skip


FORWARD = ("inform", "deliberate", "approve", "issue", "serve", "announce", "execute", "finish")


def walk(cast: Cast, penalty: Penalty, until: str, *, start: datetime = DRAFTED, skip: tuple[str, ...] = ()) -> Penalty:
    """Bring a draft along the procedure up to and including the step ``until``, with every task done on the way."""
    data = steps(cast, penalty, start)
    for name in FORWARD:
        if name in skip:
            continue
        penalty = Penalty.objects.get(pk=penalty.pk)
        extra = {"digest": penalty.digest} if name == "approve" else {}
        if name == "finish":
            for task in penalty.tasks.all():
                finish_task(
                    task,
                    done_on=data["execute"]["at"].date(),
                    proof="回执",
                    actor=cast.officer,
                    at=data["finish"]["at"],
                )
        penalty = advance_penalty(penalty, name, **data[name], **extra)
        if name == until:
            return penalty
    return penalty
