"""The cases: five published ones and those of five further people, from filing to carried-out decisions."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from cases.enums import InterviewKind, MeetingOutcome, Stance
from cases.models import Case, Execution, Penalty, Suspect
from cases.ranges import Finding, Severity
from cases.services import (
    cases,
    facts,
    interviews,
    papers,
    penalties,
    penalty_execution,
    penalty_steps,
    recovery,
    suspects,
)
from casework.figures.services.claims import cite_case
from casework.scenarios.zhejiang_2021.inspection import hand_to_custodian
from casework.scenarios.zhejiang_2021.people import Crew
from casework.scenarios.zhejiang_2021.stories import SOURCE, STORIES, Gain, Story, Who, when
from evidence.enums import Kind, Measure, Signature
from evidence.models import Collection, Item
from evidence.services import collections, files
from units.models import Campaign, Lead, Person

SHANGHAI = ZoneInfo("Asia/Shanghai")


def play_cases(
    campaign: Campaign, crew: Crew, taken: dict[str, Collection], keys: dict[str, str], say: Callable[[str], None]
) -> None:
    """Play every story; ``keys`` maps a unit's key to its code, ``taken`` to the list of evidence from the scene."""
    leads = {lead.unit.code: lead for lead in Lead.objects.filter(campaign=campaign).select_related("unit")}
    for number, collection in enumerate(taken.values()):
        hand_to_custodian(collection, crew, at=when(9, 13, 9) + timedelta(hours=number))
    for story in STORIES:
        teller = _Teller(story, leads[keys[story.key]], crew, taken.get(story.key))
        case = teller.tell()
        if story.published:
            cite_case(campaign, story.key, case, source=SOURCE, actor=crew["campaign1"], at=when(12, 13, 10))
        say(f"{case.number} {case.get_state_display()}")


class _Teller:
    """Takes one case through the steps; holds who does what and the running moment."""

    def __init__(self, story: Story, lead: Lead, crew: Crew, scene: Collection | None) -> None:
        self.story, self.lead, self.crew, self.scene = story, lead, crew, scene
        self.first, self.second = crew["officer1"], crew["officer2"]
        self.judge, self.judge2 = crew["hearing1"], crew["hearing2"]
        self.leader = crew["approver1"]
        self.at = story.filed
        self.case: Case
        self.suspects: dict[str, Suspect] = {}

    def later(self, days: int = 0, hours: int = 1) -> datetime:
        """Move the story's clock on, within working hours, and return it."""
        self.at += timedelta(days=days, hours=hours if not days else 0)
        if self.at.hour >= 18:
            self.at = self.at.replace(hour=9) + timedelta(days=1)
        while self.at.weekday() >= 5:
            self.at += timedelta(days=1)
        return self.at

    def tell(self) -> Case:
        """Play the case as far as the story goes."""
        self._file()
        if self.story.reach == "filing":
            return self.case
        self._open()
        self._prove()
        if self.story.reach == "investigating":
            return self.case
        self._show_and_report()
        if self.story.reach == "hearing":
            return self.case
        self._hear_and_decide()
        return self.case

    def _step(self, name: str, actor: Any, **data: Any) -> None:
        self.case = cases.advance(self.case, name, actor=actor, at=self.later(), **data)

    def _decide(self, name: str, *, days: int = 1, **data: Any) -> None:
        """The leader reads the present draft and decides on exactly that."""
        paper = papers.read_paper(self.case, actor=self.leader, at=self.later(days))
        self._step(name, self.leader, digest=paper.digest, reason="同意。", **data)

    def _file(self) -> None:
        self.case = cases.file_case(
            self.lead,
            title=self.story.title,
            unit=self.lead.unit,
            kind=self.story.kind,
            members=[self.second, self.judge, self.judge2, self.leader],
            grounds="；".join(self.story.facts),
            actor=self.first,
            at=self.at,
        )
        register = {person.name: person for person in Person.objects.filter(unit=self.lead.unit)}
        for who in self.story.people:
            self.suspects[who.name] = suspects.add_suspect(
                self.case,
                name=who.name,
                person=register.get(who.name),
                standing_on=self.story.conduct[0],
                conduct_from=self.story.conduct[0],
                conduct_until=self.story.conduct[1],
                actor=self.first,
                at=self.later(),
                **({"leading_cadre": False} if who.name in register else {"unit": self.lead.unit}),
                **who.standing,
            )

    def _open(self) -> None:
        self._decide("approve_filing", document="浙委批〔2021〕12号")
        self.case = cases.amend_case(
            self.case,
            plan="查明设备、起止时间、所得和责任；调取日志、台账和钱包记录。",
            actor=self.first,
            at=self.later(1),
        )
        self._decide("approve_plan")
        self._step("start", self.first)

    def _prove(self) -> None:
        """Two independent sources for each fact, and a talk with each person."""
        both = (self.first, self.second)
        taking = collections.open_collection(
            compartment=self.case.compartment,
            place=f"{self.lead.unit.name}信息中心",
            officers=both,
            actor=self.first,
            at=self.later(2),
            measure=Measure.OBTAINING,
            unit=self.lead.unit,
            basis="调取证据通知书",
            holder_name="信息中心负责人",
            witness_name="工会干部",
        )
        sources = [
            self._obtain(taking, kind, title, both)
            for kind, title in (
                (Kind.ELECTRONIC, "会话日志"),
                (Kind.DOCUMENTARY, "采购凭证和用电记录"),
                (Kind.ELECTRONIC, "收益记录（钱包和矿池）"),
            )
        ]
        collections.close_collection(taking, holder_signature=Signature.SIGNED, actor=self.first, at=self.later())
        if self.story.reach == "closed":
            hand_to_custodian(taking, self.crew, at=self.later(1))
        for who in self.story.people:
            begin = self.later(1)
            interviews.take_interview(
                self.case,
                kind=InterviewKind.TALK,
                suspect=self.suspects[who.name],
                place="省纪委监委谈话室",
                began_at=begin,
                ended_at=begin + timedelta(minutes=70),
                second_officer=self.second,
                rights_told_at=begin,
                recorded=True,
                pages=2,
                actor=self.first,
                at=begin + timedelta(minutes=75),
                lines=[
                    ("你是否参与“挖矿”？", "参与了。"),
                    ("用的什么设备、多长时间？", "单位的电和网，时间如前所述。"),
                ],
                signed=True,
            )
        for statement in self.story.facts:
            fact = facts.state_fact(
                self.case, statement, actor=self.first, at=self.later(), suspects=list(self.suspects.values())
            )
            for item in sources[:2]:
                facts.cite_item(fact, item, stance=Stance.FOR, label=item.title[:4], actor=self.first, at=self.later())
        for who in self.story.people:
            for gain in who.gains:
                self._register_gain(gain, self.suspects[who.name])

    def _obtain(self, taking: Collection, kind: Kind, title: str, both: Any) -> Item:
        item = collections.take_item(
            taking, kind=kind, title=title, officers=both, source=self.lead.unit.name, found_where="信息中心",
            actor=self.first, at=self.later(),
        )  # fmt: skip
        text = f"{self.lead.unit.name} {title} {self.story.conduct[0]} — {self.story.conduct[1]}\n"
        files.add_file(item, [text.encode()], name=f"{title}.txt", actor=self.first, at=self.later())
        return item

    def _register_gain(self, gain: Gain, suspect: Suspect) -> None:
        recovery.register_gain(
            self.case,
            label=gain.label,
            suspect=suspect,
            coin=gain.coin,
            quantity=Decimal(gain.quantity) if gain.quantity else None,
            price=Decimal(gain.price) if gain.price else None,
            value=Decimal(gain.value) if gain.value else None,
            priced_at=datetime(2021, 9, 6, 12, 0, tzinfo=SHANGHAI) if gain.coin else None,
            price_source=gain.source if gain.coin else "",
            approximate=gain.approximate,
            amount_due=Decimal(gain.value) if gain.value else Decimal(gain.quantity) * Decimal(gain.price),
            actor=self.first,
            at=self.later(),
        )

    def _show_and_report(self) -> None:
        self._step("meet_facts", self.first)
        for suspect in self.suspects.values():
            suspects.show_facts(
                suspect, outcome=MeetingOutcome.AGREED, second_officer=self.second, actor=self.first, at=self.later(1)
            )
        self.case = Case.objects.get(pk=self.case.pk)
        self.case = cases.amend_case(
            self.case, report="事实清楚，证据相互印证，建议移送审理。", actor=self.first, at=self.later(2)
        )
        self._step("submit_report", self.first)
        self._decide("transfer")
        self._step("accept_hearing", self.judge)

    def _hear_and_decide(self) -> None:
        drafts = [self._draft(who) for who in self.story.people]
        self.case = Case.objects.get(pk=self.case.pk)
        self.case = cases.amend_case(
            self.case,
            hearing_report="事实、证据、定性和程序均已审核，同意处分建议。",
            actor=self.judge,
            at=self.later(3),
        )
        self._step("submit_hearing_report", self.judge)
        self._decide("to_deliberation", days=2)
        drafts = [self._approve(penalty) for penalty in drafts]
        self.case = Case.objects.get(pk=self.case.pk)
        self._decide("decide", days=1, document="浙纪常〔2021〕31号")
        for penalty in drafts:
            self._carry_out(penalty)
        self.case = Case.objects.get(pk=self.case.pk)
        self._step("close", self.judge)

    def _draft(self, who: Who) -> Penalty:
        sanction = any(spec.code.startswith(("PD_", "GS_")) for spec in who.measures)
        penalty = penalties.draft_penalty(
            self.suspects[who.name],
            measures=who.measures,
            grounds="；".join(self.story.facts),
            acts_on=self.story.conduct,
            findings=(Finding("CN_USE_PUBLIC_PROPERTY_FOR_PROFIT", Severity.LIGHT),) if sanction else (),
            evidence="会话日志、采购凭证、收益记录和本人陈述相互印证",
            reason=who.reason,
            actor=self.judge,
            at=self.later(1),
        )
        return penalty_steps.inform_person(
            penalty, second_officer=self.judge2, statement="", place="单位会议室", actor=self.judge, at=self.later(1)
        )

    def _approve(self, penalty: Penalty) -> Penalty:
        penalty = Penalty.objects.get(pk=penalty.pk)
        penalty = penalty_steps.deliberate_penalty(
            penalty,
            body="省纪委常委会",
            held_on=self.at.date(),
            members=9,
            votes_for=8,
            minutes="浙纪常〔2021〕31号",
            actor=self.judge,
            at=self.later(),
        )
        reading = penalties.read_draft(penalty, actor=self.leader, at=self.later())
        return penalty_steps.approve_penalty(
            penalty, digest=reading.draft.digest, opinion="同意。", actor=self.leader, at=self.later()
        )

    def _carry_out(self, penalty: Penalty) -> None:
        judge, judge2 = self.judge, self.judge2
        penalty = Penalty.objects.get(pk=penalty.pk)
        penalty = penalty_execution.issue_decision(penalty, actor=judge, at=self.later(1))
        name = penalty.suspect.name
        at = self.later(1)
        penalty = penalty_execution.serve_decision(
            penalty,
            served_on=at.date(),
            receiver=name,
            second_officer=judge2,
            receipt="送达回证已签名",
            actor=judge,
            at=at,
        )
        at = self.later(2)
        penalty = penalty_execution.announce_decision(
            penalty,
            announced_on=at.date(),
            place="所在党支部和部门全体人员",
            second_officer=judge2,
            receiver=name,
            opinion="本人无异议。",
            actor=judge,
            at=at,
        )
        penalty = penalty_execution.start_execution(penalty, actor=judge, at=self.later())
        for row in penalty.suspect.recoveries.all():
            if row.remainder > 0:
                recovery.register_payment(
                    row,
                    amount=row.remainder,
                    paid_on=self.later(1).date(),
                    receipt=f"浙财收 2021-{row.pk:06d}",
                    actor=judge,
                    at=self.at,
                )
        for task in Execution.objects.filter(penalty=penalty, done_on__isnull=True).order_by("pk"):
            at = self.later(1)
            penalty_execution.finish_task(
                task, done_on=at.date(), proof="单位回执", document="执行情况报告单", actor=judge, at=at
            )
        penalty_execution.finish_execution(Penalty.objects.get(pk=penalty.pk), actor=judge, at=self.later(1))
