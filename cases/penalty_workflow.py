"""The procedure of a penalty as data: every move there is, read top to bottom.

The same rows guard ``services.penalties``, draw the buttons and what is missing, fill the API's ``actions``, and
enumerate the tests. Sources: 公职人员政务处分法, 监察法实施条例, 纪律处分条例, 监督执纪工作规则.

Other handling than a sanction (批评教育, 扣除绩效, 解聘 …) may go the short way: approved after hearing the person,
carried out without a decision document. It may also go the whole way.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.enums import ApprovalLevel, Side
from cases.enums_penalties import PenaltyState, Situation, Track
from cases.models import Penalty, Recovery
from cases.penalty_content import substance_of
from cases.penalty_route import chain, lacking, next_level, passed, route
from cases.selectors import penalties as read
from casework.accounts.enums import Role
from casework.core.errors import Missing

Text = str | Promise


@dataclass(frozen=True)
class Gate:
    """``find`` returns what is missing on that day; ``met`` is shown when nothing is."""

    name: str
    met: Text
    find: Callable[[Penalty, date], list[Missing]]


@dataclass(frozen=True)
class PenaltyStep:
    """One row of the table; ``to`` None = the penalty stays where it is."""

    name: str
    label: Text
    froms: tuple[PenaltyState, ...]
    to: PenaltyState | None
    roles: tuple[Role, ...]
    sides: tuple[Side, ...]
    gates: tuple[Gate, ...] = ()
    short_froms: tuple[PenaltyState, ...] = ()  # further states it may start from when it is no sanction
    title: Text = ""
    basis: Text = ""
    document: Text = ""
    back: bool = False
    needs_reason: bool = False
    only: Callable[[Penalty], bool] | None = None  # what kind of penalty it is for; None = every one

    def begins(self, penalty: Penalty) -> bool:
        """Tell whether the penalty stands where this step begins, and is one that the step is for."""
        here = penalty.state in self.froms or (penalty.track == Track.HANDLING and penalty.state in self.short_froms)
        return here and (self.only is None or self.only(penalty))


def _page(penalty: Penalty, part: str = "") -> str:
    return reverse("cases:penalty", args=[penalty.pk]) + (f"#{part}" if part else "")


def _form(penalty: Penalty, step: str) -> str:
    return reverse("cases:penalty-step", args=[penalty.pk, step])


def _lawful(penalty: Penalty, day: date) -> list[Missing]:
    return [Missing(found.sentence, _page(penalty, "choice"), _("去改")) for found in read.problems(penalty, day)]


def _standing(penalty: Penalty, _day: date) -> list[Missing]:
    suspect = penalty.suspect
    url = reverse("cases:suspect", args=[suspect.case_id, suspect.pk])
    missing = [
        Missing(_("%(name)s的%(what)s尚未查明") % {"name": suspect.name, "what": what}, url, _("去认定"))
        for what, unknown in (
            (_("政治面貌"), suspect.party_member is None),
            (_("公职人员身份"), suspect.public_official is None),
            (_("用工形式"), not suspect.employment),
        )
        if unknown and penalty.track == Track.SANCTION
    ]
    if penalty.standing != read.standing_words(suspect):
        words = _("起草以后身份认定有变化，须按现在的身份重新核对")
        missing.append(Missing(words, _page(penalty, "choice"), _("去改")))
    return missing


def _evidence(penalty: Penalty, _day: date) -> list[Missing]:
    if penalty.evidence.strip() or penalty.track == Track.HANDLING:
        return []
    return [Missing(_("没有写明认定事实的证据"), _page(penalty, "choice"), _("去写"))]


def _reason(penalty: Penalty, _day: date) -> list[Missing]:
    if penalty.reason.strip():
        return []
    return [Missing(words, _page(penalty, "equal"), _("写理由")) for words in read.inequality(penalty)[:1]]


def _defence(penalty: Penalty, _day: date) -> list[Missing]:
    if penalty.defences.filter(substance=substance_of(penalty)).exists():
        return []
    if penalty.situation == Situation.DECEASED:
        return []
    text = _("没有就现在的事实和处理告知本人，听取本人陈述申辩")
    return [Missing(text, _form(penalty, "inform"), _("去告知"))]


def _deliberated(penalty: Penalty, _day: date) -> list[Missing]:
    if penalty.track == Track.HANDLING:
        return []
    held = penalty.deliberations.filter(draft=penalty.draft).order_by("-at").first()
    url = _form(penalty, "deliberate")
    if held is None:
        return [Missing(_("这一稿没有集体审议"), url, _("去登记"))]
    if not held.quorate:
        text = _("审议到会 %(n)s 人，未过应到 %(all)s 人的半数") % {"n": held.present, "all": held.members}
        return [Missing(text, url, _("再审议"))]
    if not held.carried:
        text = _("审议同意 %(n)s 票，未过应到 %(all)s 人的半数") % {"n": held.votes_for, "all": held.members}
        return [Missing(text, url, _("再审议"))]
    return []


def _contents(penalty: Penalty, _day: date) -> list[Missing]:
    suspect, url = penalty.suspect, _page(penalty)
    people = reverse("cases:suspect", args=[suspect.case_id, suspect.pk])
    wanted = (
        (suspect.name.strip(), _("决定书缺被处分人姓名"), people),
        (suspect.unit, _("决定书缺工作单位"), people),
        (suspect.post.strip(), _("决定书缺职务"), people),
        (penalty.grounds.strip(), _("决定书缺违纪违法事实"), url),
        (penalty.evidence.strip() or penalty.track == Track.HANDLING, _("决定书缺证据"), url),
        (penalty.effective_on, _("决定书缺生效日期"), url),
    )
    return [Missing(text, where, _("去补")) for value, text, where in wanted if not value]


def _tasks(penalty: Penalty, _day: date) -> list[Missing]:
    return [
        Missing(
            _("未办结：%(task)s（%(who)s）") % {"task": task.text, "who": task.responsible},
            reverse("cases:penalty-task", args=[task.pk]),
            _("去登记"),
        )
        for task in penalty.tasks.filter(done_on__isnull=True)
    ]


def _paid(penalty: Penalty, _day: date) -> list[Missing]:
    return [
        Missing(
            _("“%(label)s”还有 %(sum)s 元未缴清") % {"label": row.label, "sum": f"{row.remainder:,.2f}"},
            reverse("cases:recovery", args=[row.pk]),
            _("去登记"),
        )
        for row in Recovery.objects.filter(suspect_id=penalty.suspect_id).order_by("pk")
        if row.remainder > 0
    ]


def _period_over(penalty: Penalty, day: date) -> list[Missing]:
    if penalty.probation_until and penalty.restored_on is None:
        return [Missing(_("留党察看期满须另行作出恢复党员权利的决定"), _form(penalty, "restore"), _("去登记"))]
    if penalty.period_until is not None and penalty.period_until >= day:
        return [Missing(_("影响期未满"), "", "")]
    return []


def _probation_over(penalty: Penalty, day: date) -> list[Missing]:
    if penalty.probation_until is None:
        return [Missing(_("不是留党察看处分"), "", "")]
    if penalty.restored_on is not None:
        return [Missing(_("已经恢复党员权利"), "", "")]
    if penalty.probation_until >= day:
        return [Missing(_("察看期未满"), "", "")]
    return []


def _stations(penalty: Penalty, day: date) -> list[Missing]:
    rows = passed(penalty)
    url = _form(penalty, "station")
    return [
        Missing(why, url, _("去登记"))
        for stop in route(penalty, day).stops
        if stop.registered and (why := lacking(stop, rows.get(stop.code)))
    ]


def _signed(penalty: Penalty, day: date) -> list[Missing]:
    level = next_level(penalty, day)
    if not level:
        return []
    text = _("%(level)s还没有会签这一稿") % {"level": ApprovalLevel(level).label}
    return [Missing(text, reverse("cases:penalty-approval", args=[penalty.pk]), _("去会签"))]


def _on_probation(penalty: Penalty) -> bool:
    return penalty.probation_until is not None and penalty.restored_on is None


def _one_year(penalty: Penalty) -> bool:
    one = penalty.measures.filter(code="PD_PROBATION_1").exists()
    return _on_probation(penalty) and penalty.probation_extended_on is None and one


def _has_stations(penalty: Penalty) -> bool:
    return any(stop.registered for stop in route(penalty, timezone.localdate(penalty.updated_at)).stops)


def _signs_before(penalty: Penalty) -> bool:
    return len(chain(penalty, timezone.localdate(penalty.updated_at)).levels) > 1


lawful = Gate("lawful", gettext_lazy("处分档次在合法幅度内，没有对同一行为重复处分"), _lawful)
standing = Gate("standing", gettext_lazy("身份为行为发生时身份，已核"), _standing)
evidence = Gate("evidence", gettext_lazy("写明了证据"), _evidence)
reason = Gate("reason", gettext_lazy("轻重差别已写明理由"), _reason)
defence = Gate("defence", gettext_lazy("已听取本人陈述申辩"), _defence)
deliberated = Gate("deliberated", gettext_lazy("已集体审议并过半数同意"), _deliberated)
contents = Gate("contents", gettext_lazy("决定书必备内容齐全"), _contents)
tasks_done = Gate("tasks_done", gettext_lazy("执行事项均已办结"), _tasks)
paid = Gate("paid", gettext_lazy("应缴款项已缴清"), _paid)
period_over = Gate("period_over", gettext_lazy("影响期已满"), _period_over)
stations = Gate("stations", gettext_lazy("须经的会议和上级组织均已同意"), _stations)
signed = Gate("signed", gettext_lazy("前面各级均已会签"), _signed)
probation_over = Gate("probation_over", gettext_lazy("察看期已满"), _probation_over)

_WORKERS = (Role.CASE_OFFICER, Role.HEARING_OFFICER)
_WORK = (Side.INVESTIGATE, Side.HEAR)
_DECIDE = (Side.DECIDE,)
S = PenaltyState
STEPS: Final = (
    PenaltyStep(
        "inform", gettext_lazy("告知并听取申辩"), (S.PROPOSED,), S.INFORMED, _WORKERS, _WORK,
        gates=(lawful, standing, evidence), title=gettext_lazy("告知事实和依据，听取陈述申辩"),
        basis=gettext_lazy("公职人员政务处分法第四十三条"), document=gettext_lazy("告知书、陈述申辩笔录"),
    ),
    PenaltyStep(
        "consult", gettext_lazy("登记征求意见"), (S.INFORMED,), S.CONSULTED, _WORKERS, _WORK,
        title=gettext_lazy("征求组织部门和所在单位意见"), document=gettext_lazy("征求意见函"),
    ),
    PenaltyStep(
        "deliberate", gettext_lazy("登记集体审议"), (S.INFORMED, S.CONSULTED, S.DELIBERATED), S.DELIBERATED,
        (Role.HEARING_OFFICER, Role.APPROVER, Role.CASE_OFFICER), (Side.HEAR, Side.DECIDE, Side.INVESTIGATE),
        gates=(lawful, standing, evidence, defence, reason), title=gettext_lazy("集体审议"),
        basis=gettext_lazy("公职人员政务处分法第四十四条"), document=gettext_lazy("会议纪要"),
    ),
    PenaltyStep(
        "station", gettext_lazy("登记报批经过"), (S.INFORMED, S.CONSULTED, S.DELIBERATED), None, _WORKERS, _WORK,
        only=_has_stations, title=gettext_lazy("登记会议、上级组织的决定"), document=gettext_lazy("会议纪要、批复"),
    ),
    PenaltyStep(
        "sign", gettext_lazy("会签"), (S.DELIBERATED,), None, (Role.APPROVER,), _DECIDE,
        gates=(lawful, standing, evidence, defence, reason, deliberated), short_froms=(S.INFORMED, S.CONSULTED),
        only=_signs_before, title=gettext_lazy("会签"),
    ),
    PenaltyStep(
        "approve", gettext_lazy("同意并签名"), (S.DELIBERATED,), S.APPROVED, (Role.APPROVER,), _DECIDE,
        gates=(lawful, standing, evidence, defence, reason, deliberated, stations, signed), short_froms=(S.INFORMED, S.CONSULTED),
        title=gettext_lazy("审批"), basis=gettext_lazy("公职人员政务处分法第四十四条"),
    ),
    PenaltyStep(
        "return", gettext_lazy("退回"), (S.INFORMED, S.CONSULTED, S.DELIBERATED), S.PROPOSED, (Role.APPROVER,), _DECIDE,
        back=True, needs_reason=True,
    ),
    PenaltyStep(
        "decline", gettext_lazy("不同意"), (S.INFORMED, S.CONSULTED, S.DELIBERATED), S.PROPOSED, (Role.APPROVER,),
        _DECIDE, back=True, needs_reason=True,
    ),
    PenaltyStep(
        "issue", gettext_lazy("制发决定书"), (S.APPROVED,), S.ISSUED, _WORKERS, _WORK, gates=(contents,),
        title=gettext_lazy("制发决定书"), basis=gettext_lazy("公职人员政务处分法第四十五条"),
        document=gettext_lazy("处分决定书"),
    ),
    PenaltyStep(
        "serve", gettext_lazy("登记送达"), (S.ISSUED,), S.SERVED, _WORKERS, _WORK, title=gettext_lazy("送达决定书"),
        basis=gettext_lazy("公职人员政务处分法第四十六条"), document=gettext_lazy("送达回证"),
    ),
    PenaltyStep(
        "announce", gettext_lazy("登记宣布"), (S.SERVED,), S.ANNOUNCED, _WORKERS, _WORK,
        title=gettext_lazy("在一定范围内宣布"), basis=gettext_lazy("公职人员政务处分法第四十六条"),
        document=gettext_lazy("宣布记录"),
    ),
    PenaltyStep(
        "execute", gettext_lazy("开始执行"), (S.ANNOUNCED, S.AMENDED), S.EXECUTING, _WORKERS, _WORK, short_froms=(S.APPROVED,),
        title=gettext_lazy("执行决定"), document=gettext_lazy("处分执行通知"),
    ),
    PenaltyStep(
        "finish", gettext_lazy("登记执行完毕"), (S.EXECUTING,), S.EXECUTED, _WORKERS, _WORK, gates=(tasks_done, paid),
        title=gettext_lazy("报告执行情况"), document=gettext_lazy("执行情况报告"),
    ),
    PenaltyStep(
        "restore", gettext_lazy("恢复党员权利"), (S.RUNNING,), None, (Role.APPROVER,), _DECIDE, gates=(probation_over,),
        needs_reason=True, only=_on_probation, document=gettext_lazy("恢复党员权利的决定"),
    ),
    PenaltyStep(
        "extend", gettext_lazy("延长留党察看一年"), (S.RUNNING,), None, (Role.APPROVER,), _DECIDE, gates=(probation_over,),
        needs_reason=True, only=_one_year, document=gettext_lazy("延长留党察看的决定"),
    ),
    PenaltyStep(
        "expire", gettext_lazy("登记影响期满"), (S.RUNNING,), S.EXPIRED, _WORKERS, _WORK, gates=(period_over,),
        title=gettext_lazy("影响期满"),
    ),
    PenaltyStep(
        "void", gettext_lazy("作废"), (S.PROPOSED, S.INFORMED, S.CONSULTED, S.DELIBERATED), S.VOID, (Role.APPROVER,),
        _DECIDE, back=True, needs_reason=True,
    ),
)  # fmt: skip
BY_NAME: Final = {step.name: step for step in STEPS}

#: The state line of the page: what each column is called and which states it covers.
LINE: Final[tuple[tuple[Text, tuple[PenaltyState, ...]], ...]] = (
    (gettext_lazy("起草"), (S.PROPOSED,)),
    (gettext_lazy("告知申辩"), (S.INFORMED, S.CONSULTED)),
    (gettext_lazy("集体审议"), (S.DELIBERATED,)),
    (gettext_lazy("批准"), (S.APPROVED,)),
    (gettext_lazy("决定书"), (S.ISSUED,)),
    (gettext_lazy("送达宣布"), (S.SERVED, S.ANNOUNCED)),
    (gettext_lazy("执行"), (S.EXECUTING,)),
    (gettext_lazy("影响期"), (S.EXECUTED, S.RUNNING, S.AMENDED)),
    (gettext_lazy("期满"), (S.EXPIRED,)),
)


def steps_from(penalty: Penalty) -> list[PenaltyStep]:
    """Return the steps that begin where the penalty stands, forward ones first."""
    return sorted((step for step in STEPS if step.begins(penalty)), key=lambda step: step.back)


def readiness(penalty: Penalty, step: PenaltyStep, day: date) -> tuple[list[Missing], list[Text]]:
    """Return everything that the step still needs, and what is already in order."""
    missing: list[Missing] = []
    met: list[Text] = []
    for gate in step.gates:
        found = gate.find(penalty, day)
        missing += found
        if not found:
            met.append(gate.met)
    return missing, met
