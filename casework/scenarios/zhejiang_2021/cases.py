"""The cases: five published ones and those of five further people, from filing to carried-out decisions."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from cases.enums import CaseKind, InterviewKind, MeetingOutcome, Stance
from cases.ladder import MeasureSpec
from cases.models import Case, Execution, Penalty, Suspect
from cases.ranges import Finding, Severity
from cases.services import cases, facts, interviews, penalties, penalty_execution, penalty_steps, recovery, suspects
from casework.figures.services.claims import cite_case
from casework.scenarios.zhejiang_2021.inspection import hand_to_custodian
from casework.scenarios.zhejiang_2021.people import Crew
from casework.scenarios.zhejiang_2021.reports import referred_name
from evidence.enums import Kind, Measure, Signature
from evidence.models import Collection, Item
from evidence.services import collections, files
from units.models import Campaign, Lead, Person

SHANGHAI = ZoneInfo("Asia/Shanghai")
SOURCE = "中国纪检监察报 2021年12月"

CRITICISE = MeasureSpec("FF_CRITICISE_EDUCATE")
CHECK = MeasureSpec("FF_SELF_CHECK")
WARNING = MeasureSpec("PD_WARNING")
TERMINATE = MeasureSpec("HR_TERMINATE")


def _bonus(quantity: int, unit: str) -> MeasureSpec:
    return MeasureSpec("HR_BONUS_CUT", quantity=quantity, unit=unit)


@dataclass(frozen=True)
class Gain:
    """What somebody gained: coin at a stated price, coin with a stated value, or yuan."""

    label: str
    coin: str = ""
    quantity: str = ""
    price: str = ""
    value: str = ""
    source: str = SOURCE
    approximate: bool = False


@dataclass(frozen=True)
class Who:
    """A person of a case. Those of the register keep their standing; others bring it along."""

    name: str
    measures: tuple[MeasureSpec, ...] = ()
    gains: tuple[Gain, ...] = ()
    standing: dict[str, Any] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True)
class Story:
    """One case: how far it goes by the day of the demo, and on what facts."""

    key: str
    title: str
    filed: datetime
    people: tuple[Who, ...]
    facts: tuple[str, ...]
    conduct: tuple[date, date]
    reach: str  # filing, investigating, hearing, closed
    kind: CaseKind = CaseKind.BOTH
    published: bool = True


def _when(month: int, day: int, hour: int = 9) -> datetime:
    return datetime(2021, month, day, hour, 0, tzinfo=SHANGHAI)


_STAFF = {"employment": "institution_staff", "public_official": True, "leading_cadre": False, "post": "网络管理员"}


def _further(key: str, count: int, filed: datetime) -> Story:
    return Story(
        key,
        "职工利用单位电力和服务器“挖矿”案",
        filed,
        tuple(
            Who(
                referred_name(key, serial),
                (WARNING,) if serial == 0 else (MeasureSpec("GS_WARNING"),),
                (Gain("“挖矿”所得", value="3600.00"),),
                {**_STAFF, "party_member": serial == 0},
            )
            for serial in range(count)
        ),
        ("用单位服务器运行“挖矿”程序", "持续约 3 个月"),
        (date(2021, 4, 1), date(2021, 7, 5)),
        "closed",
        published=False,
    )


STORIES = (
    Story(
        "ding-he",
        "绍兴市上虞区职业教育中心丁某某、何某某利用公共资源“挖矿”案",
        _when(9, 18),
        (
            Who("丁某某", (WARNING, _bonus(3, "month")), (Gain("渡鸦币所得（与何某某合计）", value="15000.00"),)),
            Who("何某某", (TERMINATE,), reason="劳务派遣人员，不是中共党员，由用工单位处理"),
        ),
        ("自购矿机 3 台，放在信息技术楼", "用办公电脑“挖矿”", "持续 111 天", "所得约 15,000 元"),
        (date(2021, 3, 10), date(2021, 6, 28)),
        "closed",
    ),
    Story(
        "yu-wu",
        "湖州市德清县地理信息中心虞某、吴某某利用公共资源“挖矿”案",
        _when(9, 22),
        (
            Who(
                "虞某",
                (CRITICISE, CHECK, _bonus(1, "quarter")),
                (Gain("虞某所得以太币", "ETH", "0.03", price="22560"),),
                reason="数量很小，时间短，主动说明",
            ),
            Who(
                "吴某某",
                (WARNING, _bonus(3, "quarter")),
                (Gain("吴某某所得以太币", "ETH", "0.76", price="22560"),),
                reason="数量为虞某的 25 倍，持续时间长，故予党纪处分",
            ),
        ),
        ("用单位工作站“挖矿”", "虞某得 0.03 枚、吴某某得 0.76 枚以太币"),
        (date(2021, 2, 1), date(2021, 8, 20)),
        "closed",
    ),
    _further("unit-01", 2, _when(9, 27)),
    _further("unit-02", 2, _when(9, 28)),
    _further("unit-03", 1, _when(9, 29)),
    Story(
        "jin",
        "温州市某职业技术学院金某某利用公共资源“挖矿”案",
        _when(11, 8),
        (
            Who(
                "金某某",
                gains=(Gain("2.4 枚以太币", "ETH", "2.4", value="43000.00", approximate=True),),
            ),
        ),
        ("在实验室安放自组矿机 4 台、显卡 32 张", "运行约 4 个月，得 2.4 枚以太币"),
        (date(2021, 5, 6), date(2021, 9, 7)),
        "hearing",
    ),
    Story(
        "huang",
        "浙江某大学下属学院黄某某利用学院电脑“挖矿”并删除日志案",
        _when(9, 30),
        (Who("黄某某"),),
        ("用学院电脑“挖矿”", "故意删除服务器日志"),
        (date(2021, 6, 1), date(2021, 9, 5)),
        "investigating",
    ),
    Story(
        "six-ip-university",
        "浙江某大学实验室计算机“挖矿”案",
        _when(12, 14),
        (Who("研究生甲", standing={"employment": "temporary", "party_member": False, "public_official": False,
                               "leading_cadre": False, "post": "实验室学生助理"}),),
        ("实验室公用计算机和个人计算机“挖矿”，6 个地址均已确认",),
        (date(2021, 5, 1), date(2021, 9, 6)),
        "filing",
        kind=CaseKind.DISCIPLINE,
    ),
)  # fmt: skip


def play_cases(
    campaign: Campaign, crew: Crew, taken: dict[str, Collection], keys: dict[str, str], say: Callable[[str], None]
) -> None:
    """Play every story; ``keys`` maps a unit's key to its code, ``taken`` to the list of evidence from the scene."""
    leads = {lead.unit.code: lead for lead in Lead.objects.filter(campaign=campaign).select_related("unit")}
    for number, collection in enumerate(taken.values()):
        hand_to_custodian(collection, crew, at=_when(9, 13, 9) + timedelta(hours=number))
    for story in STORIES:
        teller = _Teller(story, leads[keys[story.key]], crew, taken.get(story.key))
        case = teller.tell()
        if story.published:
            cite_case(campaign, story.key, case, source=SOURCE, actor=crew["campaign1"], at=_when(12, 13, 10))
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
        paper = cases.read_paper(self.case, actor=self.leader, at=self.later(days))
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
