"""The workflow of a case as data: every move there is, read top to bottom.

One row says who may move the case from where to where, what must be in order, which clocks it starts, stops or ends and
which document it makes. The same rows guard ``services.cases.advance``, draw the buttons and the state line, fill
the API's ``actions``, draw the diagram in the docs and enumerate the tests.

Sources: 监督执纪工作规则（2019）, 监察法实施条例（2025）, 监察法（2024). Where a body outside the commission
decides (the Party committee, the next upper organ), the step registers its document; nobody here decides in its place.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases import gates as g
from cases.enums import AWAITS_DECISION, CaseKind, CaseState, Side
from cases.models import Case
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core.errors import Missing

Text = str | Promise


@dataclass(frozen=True)
class Who:
    """Who takes a step: a role, held by a member of the case on this side."""

    role: Role
    side: Side
    label: Text


@dataclass(frozen=True)
class Clock:
    """What a step does to a time limit (deadlines/data/timelimits.yaml), for the kinds of case it applies to."""

    act: str  # start, meet, cancel, pause, resume, extend
    rule: str
    kinds: frozenset[str] = frozenset(CaseKind.values)
    amount: int = 0
    unit: str = ""


@dataclass(frozen=True)
class Step:
    """One row of the table. ``to`` is None where the case stays where it is."""

    name: str
    label: Text
    froms: tuple[CaseState, ...]
    to: CaseState | None
    who: Who
    title: Text = ""  # what the next-step card says
    gates: tuple[g.Gate, ...] = ()
    clocks: tuple[Clock, ...] = ()
    level: str = ""  # head, deputy, committee, party_committee, upper: on whose level it is decided
    decides: bool = False  # a decision on a paper: bound to the draft that was read
    back: bool = False  # sends the case back or ends it; never the solid button
    needs_reason: bool = False
    needs_document: Text = ""  # what the document is that must be named
    document: Text = ""  # the official document it makes
    basis: Text = ""
    signed: bool = False  # levels before the deciding one sign the draft first
    page: str = ""  # taken on a page of its own, which asks for more than a reason
    when_returned: bool | None = None  # only while the paper was sent back (True), or only while it was not (False)

    def leads_to(self, state: str) -> str:
        """Return the state after the step taken from ``state``."""
        return self.to or state

    def offered(self, case: Case) -> bool:
        """Tell whether the case stands where this step begins."""
        return case.state in self.froms and self.when_returned in (None, case.returned)


INVESTIGATORS: Final = Who(Role.CASE_OFFICER, Side.INVESTIGATE, _("承办人"))
HEARERS: Final = Who(Role.HEARING_OFFICER, Side.HEAR, _("审理人员"))
DECIDERS: Final = Who(Role.APPROVER, Side.DECIDE, _("分管领导"))

_PARTY = frozenset({CaseKind.DISCIPLINE, CaseKind.BOTH})
_DUTY = frozenset({CaseKind.DUTY, CaseKind.BOTH, CaseKind.CRIME})
_PROOF = (g.facts_stated, g.corroborated, g.contradictions_explained, g.discrepancies_settled)
_PAPER = (g.not_returned, g.paper_read)

S = CaseState
STEPS: Final = (
    Step(
        "approve_filing", _("批准立案"), (S.FILING_PENDING,), S.FILED, DECIDERS,
        title=_("审批立案"), gates=(g.two_officers, g.suspects_named, g.signed_for_filing, *_PAPER), level="head", decides=True,
        signed=True,
        clocks=(Clock("meet", "C01"), Clock("start", "C02", _PARTY), Clock("start", "C03", _DUTY)),
        needs_document=_("同级党委主要负责人批准文号"), document=_("立案决定书"),
        basis=_("监督执纪工作规则第三十八条"),
    ),
    Step(
        "refuse_filing", _("不予立案"), (S.FILING_PENDING,), S.CLOSED, DECIDERS,
        gates=(g.paper_read,), level="head", decides=True, back=True, needs_reason=True,
        clocks=(Clock("meet", "C01"),), basis=_("监督执纪工作规则第三十八条"),
    ),
    Step(
        "approve_plan", _("批准方案"), (S.FILED,), S.PLAN_APPROVED, DECIDERS,
        title=_("审批审查调查方案"), gates=(g.plan_written, g.two_officers, *_PAPER), level="head", decides=True,
        document=_("审查调查方案"), basis=_("监察法实施条例第二百一十六条"),
    ),
    Step(
        "transfer_simple", _("一并移送审理"), (S.FILED,), S.TRANSFERRED_TO_HEARING, DECIDERS,
        title=_("案情简单，一并移送审理"),
        gates=(*_PROOF, g.standing_complete, g.facts_shown, g.report_written, g.hearers_named, *_PAPER),
        level="head", decides=True, needs_reason=True,
        document=_("移送审理函"), basis=_("监察法实施条例第二百一十二条、第二百一十七条第三款"),
    ),
    Step(
        "start", _("开始审查调查"), (S.PLAN_APPROVED,), S.INVESTIGATING, INVESTIGATORS,
        title=_("开始审查调查"), gates=(g.two_officers,), document=_("立案通知书"),
        basis=_("监察法实施条例第二百一十四条"),
    ),
    Step(
        "ask_extension", _("报请延期"), (S.INVESTIGATING,), S.EXTENSION_PENDING, INVESTIGATORS,
        back=True, needs_reason=True, document=_("延期申请"), basis=_("监察法实施条例第二百一十五条第二款"),
    ),
    Step(
        "grant_extension", _("批准延期"), (S.EXTENSION_PENDING,), S.INVESTIGATING, DECIDERS,
        title=_("审批延期"), gates=_PAPER, level="head", decides=True,
        clocks=(Clock("extend", "C02", _PARTY, 1, "month"),), needs_document=_("延期批准文号"),
        basis=_("本机关设定的办案期限"),
    ),
    Step(
        "register_extension", _("登记上级延期批复"), (S.EXTENSION_PENDING,), S.INVESTIGATING, INVESTIGATORS,
        title=_("登记上一级监察机关的延期批复"), gates=(g.has_statutory_clock,), level="upper",
        clocks=(Clock("extend", "C03", _DUTY, 6, "month"),), needs_document=_("上一级监察机关批复文号"),
        basis=_("监察法实施条例第二百一十五条第二款"),
    ),
    Step(
        "meet_facts", _("提交见面"), (S.INVESTIGATING,), S.FACTS_MEETING, INVESTIGATORS,
        title=_("事实材料见面"),
        gates=(g.two_officers, g.standing_complete, g.rights_told, g.records_signed, *_PROOF),
        document=_("违纪违法事实材料"), basis=_("监督执纪工作规则第五十一条、监察法第四十四条"),
    ),
    Step(
        "verify_defence", _("核实新的辩解"), (S.FACTS_MEETING,), S.INVESTIGATING, INVESTIGATORS,
        back=True, needs_reason=True, basis=_("监察法实施条例第二百一十七条"),
    ),
    Step(
        "submit_report", _("送审调查报告"), (S.FACTS_MEETING,), S.REPORT_PENDING, INVESTIGATORS,
        title=_("送审调查报告"), gates=(g.facts_shown, g.report_written, *_PROOF),
        document=_("审查调查报告"), basis=_("监察法实施条例第二百一十八条"),
    ),
    Step(
        "transfer", _("批准移送审理"), (S.REPORT_PENDING,), S.TRANSFERRED_TO_HEARING, DECIDERS,
        title=_("审批调查报告"), gates=(g.report_written, *_PROOF, g.hearers_named, g.signed_for_transfer, *_PAPER),
        level="head", decides=True, signed=True, document=_("移送审理函"), basis=_("监察法实施条例第二百二十条"),
    ),
    Step(
        "withdraw", _("撤销案件"), (S.REPORT_PENDING,), S.WITHDRAWN, DECIDERS,
        gates=(g.paper_read,), level="head", decides=True, back=True, needs_reason=True,
        clocks=(Clock("cancel", "C02"), Clock("cancel", "C03"), Clock("start", "C07")),
        document=_("撤销案件决定书"), basis=_("监察法实施条例第二百三十七条"),
    ),
    Step(
        "accept_hearing", _("受理"), (S.TRANSFERRED_TO_HEARING,), S.HEARING, HEARERS,
        title=_("审核受理"), gates=(g.hearers_named,), clocks=(Clock("start", "H01"),),
        document=_("受理通知"), basis=_("监察法实施条例第二百二十一条、第二百二十二条"),
    ),
    Step(
        "decline_hearing", _("不予受理"), (S.TRANSFERRED_TO_HEARING,), S.REPORT_PENDING, HEARERS,
        back=True, needs_reason=True, basis=_("监察法实施条例第二百二十一条第二款"),
    ),
    Step(
        "return_supplement", _("退回补充调查"), (S.HEARING,), S.RETURNED_SUPPLEMENT, DECIDERS,
        level="deputy", back=True, needs_reason=True, clocks=(Clock("pause", "H01"),),
        document=_("审核意见"), basis=_("监察法实施条例第二百二十六条第二款"),
    ),
    Step(
        "return_redo", _("退回重新调查"), (S.HEARING,), S.RETURNED_REDO, DECIDERS,
        level="head", back=True, needs_reason=True, clocks=(Clock("cancel", "H01"),),
        document=_("审核意见"), basis=_("监察法实施条例第二百二十六条第一款"),
    ),
    Step(
        "resupply", _("送回审理"), (S.RETURNED_SUPPLEMENT,), S.HEARING, INVESTIGATORS,
        title=_("补充调查后送回审理"), gates=_PROOF, clocks=(Clock("resume", "H01"),),
        document=_("补充调查报告"), basis=_("监察法实施条例第二百二十六条"),
    ),
    Step(
        "redo", _("重新调查"), (S.RETURNED_REDO,), S.INVESTIGATING, INVESTIGATORS,
        title=_("重新调查"), basis=_("监察法实施条例第二百二十六条第一款"),
    ),
    Step(
        "submit_hearing_report", _("送审审理报告"), (S.HEARING,), S.HEARING_REPORT_PENDING, HEARERS,
        title=_("送审审理报告"), gates=(g.hearing_report_written, *_PROOF, g.penalties_proposed),
        document=_("审理报告"), basis=_("监察法实施条例第二百二十三条"),
    ),
    Step(
        "to_deliberation", _("提请审议"), (S.HEARING_REPORT_PENDING,), S.DELIBERATION, DECIDERS,
        title=_("审批审理报告"), gates=(g.hearing_report_written, g.signed_for_deliberation, *_PAPER),
        level="head", decides=True, signed=True,
        clocks=(Clock("meet", "H01"),), basis=_("监察法实施条例第二百二十七条第一款"),
    ),
    Step(
        "send_back", _("发回审理"), (S.DELIBERATION,), S.HEARING, DECIDERS,
        level="committee", back=True, needs_reason=True, clocks=(Clock("start", "H01"),),
        basis=_("监察法实施条例第二百二十七条第一款"),
    ),
    Step(
        "decide", _("作出决定"), (S.DELIBERATION,), S.DECIDED, DECIDERS,
        title=_("纪委常委会审议并作出决定"), gates=(g.penalties_decided, *_PAPER), level="committee", decides=True,
        clocks=(Clock("meet", "C02"), Clock("meet", "C03")), needs_document=_("审议纪要文号"),
        document=_("处分决定书"), basis=_("监察法实施条例第二百二十七条第一款"),
    ),
    Step(
        "to_party_committee", _("报党委审批"), (S.DELIBERATION,), S.PC_APPROVAL, DECIDERS,
        title=_("报同级党委审批"), gates=_PAPER, level="committee", decides=True,
        document=_("处分请示"), basis=_("处分违纪党员批准权限和程序规定第六条"),
    ),
    Step(
        "register_approval", _("登记党委批复"), (S.PC_APPROVAL,), S.DECIDED, HEARERS,
        title=_("登记同级党委批复"), gates=(g.penalties_decided,), level="party_committee",
        clocks=(Clock("meet", "C02"), Clock("meet", "C03")), needs_document=_("党委批复文号"),
        document=_("处分决定书"), basis=_("处分违纪党员批准权限和程序规定第六条"),
    ),
    Step(
        "prosecute", _("移送检察机关"), (S.DECIDED,), S.PROSECUTED, INVESTIGATORS,
        title=_("移送检察机关审查起诉"), gates=(g.crime_suspected,), needs_document=_("起诉意见书文号"),
        document=_("起诉意见书"), basis=_("监察法第五十二条"),
    ),
    Step(
        "procurator_returns", _("登记检察退回"), (S.PROSECUTED,), S.INVESTIGATING, INVESTIGATORS,
        gates=(g.returned_at_most_twice,), back=True, needs_reason=True, needs_document=_("退回补充调查决定书文号"),
        clocks=(Clock("start", "H02"),), basis=_("监察法第五十四条"),
    ),
    Step(
        "close", _("结案"), (S.DECIDED,), S.CLOSED, HEARERS,
        title=_("执行完毕后结案"), gates=(g.executions_done, g.discrepancies_settled, g.measures_ended, g.tasks_done),
        document=_("结案报告"), basis=_("监察法实施条例第二百三十三条"),
    ),
    Step(
        "close_prosecuted", _("结案"), (S.PROSECUTED,), S.CLOSED, INVESTIGATORS,
        title=_("判决生效后结案"), clocks=(Clock("meet", "H02"),), needs_document=_("生效判决文号"),
        document=_("结案报告"), basis=_("监察法实施条例第二百二十条第三款"),
    ),
    Step(
        "close_withdrawn", _("结案"), (S.WITHDRAWN,), S.CLOSED, INVESTIGATORS,
        title=_("向上一级报备后结案"), clocks=(Clock("meet", "C07"),), needs_document=_("备案报告文号"),
        document=_("备案报告"), basis=_("监察法实施条例第二百三十七条第一款"),
    ),
    Step(
        "refile", _("重新报请立案"), (S.WITHDRAWN,), S.FILING_PENDING, INVESTIGATORS,
        back=True, needs_reason=True, clocks=(Clock("meet", "C07"), Clock("start", "C01")),
        basis=_("监察法实施条例第二百三十七条第五款"),
    ),
    Step(
        "archive", _("归档"), (S.CLOSED,), S.ARCHIVED, INVESTIGATORS,
        title=_("整理归档"), document=_("案卷目录"), basis=_("监察法实施条例第二百二十条第三款"),
    ),
    Step(
        "reopen", _("重新启动"), (S.CLOSED, S.ARCHIVED), S.INVESTIGATING, DECIDERS,
        level="head", back=True, needs_reason=True, needs_document=_("重新启动批准文号"),
        clocks=(Clock("start", "C02", _PARTY), Clock("start", "C03", _DUTY)),
        document=_("重新启动审查调查决定"), basis=_("本机关办案规定"),
    ),
    Step(
        "merge_into", _("并入他案"), (S.FILED, S.PLAN_APPROVED, S.INVESTIGATING), S.CLOSED, DECIDERS,
        level="head", back=True, needs_reason=True, page="cases:merge",
        clocks=(Clock("cancel", "C02"), Clock("cancel", "C03")),
        document=_("并案决定"), basis=_("本机关办案规定"),
    ),
    Step(
        "return_paper", _("退回"),
        (S.FILING_PENDING, S.FILED, S.EXTENSION_PENDING, S.REPORT_PENDING, S.HEARING_REPORT_PENDING), None, DECIDERS,
        gates=(g.paper_read,), level="head", decides=True, back=True, needs_reason=True, when_returned=False,
    ),
    Step(
        "resubmit", _("改好，再送审"),
        (S.FILING_PENDING, S.FILED, S.EXTENSION_PENDING, S.REPORT_PENDING), None, INVESTIGATORS,
        title=_("按退回意见修改"), gates=(g.remarks_settled,), when_returned=True,
    ),
    Step(
        "resubmit_hearing", _("改好，再送审"), (S.HEARING_REPORT_PENDING,), None, HEARERS,
        title=_("按退回意见修改"), gates=(g.remarks_settled,), when_returned=True,
    ),
)  # fmt: skip
BY_NAME: Final = {step.name: step for step in STEPS}

#: The state line of the case page, in order: what each column is called and which states it covers.
LINE: Final[tuple[tuple[Text, tuple[CaseState, ...]], ...]] = (
    (_("立案"), (S.FILING_PENDING,)),
    (_("方案批准"), (S.FILED,)),
    (_("审查调查"), (S.PLAN_APPROVED, S.INVESTIGATING, S.EXTENSION_PENDING, S.RETURNED_SUPPLEMENT, S.RETURNED_REDO)),
    (_("事实见面"), (S.FACTS_MEETING,)),
    (_("报告审批"), (S.REPORT_PENDING,)),
    (_("移送审理"), (S.TRANSFERRED_TO_HEARING,)),
    (_("审理"), (S.HEARING, S.HEARING_REPORT_PENDING)),
    (_("审议"), (S.DELIBERATION, S.PC_APPROVAL)),
    (_("决定"), (S.DECIDED, S.PROSECUTED, S.WITHDRAWN)),
    (_("执行、归档"), (S.CLOSED, S.ARCHIVED)),
)


def steps_from(case: Case) -> list[Step]:
    """Return the steps that begin where the case stands, forward ones first."""
    return sorted((step for step in STEPS if step.offered(case)), key=lambda step: step.back)


def awaits(case: Case) -> Who | None:
    """Return whose turn it is: the side of the first forward step, or None when the case is over."""
    steps = steps_from(case)
    return steps[0].who if steps else None


@dataclass(frozen=True)
class Readiness:
    """What one step still needs and what is already in order."""

    step: Step
    missing: tuple[Missing, ...]
    met: tuple[Text, ...]


def readiness(case: Case, step: Step, user: User) -> Readiness:
    """Check every gate of the step, never stopping at the first."""
    missing: list[Missing] = []
    met: list[Text] = []
    for gate in step.gates:
        found = gate.find(case, user)
        missing += found
        if not found and gate.met:
            met.append(gate.met)
    return Readiness(step, tuple(missing), tuple(met))


def diagram(steps: Iterable[Step] = STEPS) -> str:
    """Return the table as a Mermaid state diagram for the docs."""
    lines = ["stateDiagram-v2"]
    lines += [f"    {state.value}: {state.label}" for state in CaseState]
    for step in steps:
        lines += [f"    {state.value} --> {step.leads_to(state)}: {step.label}" for state in step.froms]
    return "\n".join(lines) + "\n"


Finder = Callable[[Case, User], list[Missing]]

__all__ = [
    "AWAITS_DECISION",
    "BY_NAME",
    "LINE",
    "STEPS",
    "Clock",
    "Readiness",
    "Step",
    "Who",
    "awaits",
    "readiness",
    "steps_from",
]
