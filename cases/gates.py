"""What must be in order before a step. Each gate returns all that is missing, with the place to mend it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from django.db.models import Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases.approval import chain_of, valid_signatures
from cases.enums import ApprovalLevel, CaseKind, InterviewKind, MeasureState, PageMark, Side, Verdict
from cases.models import Case, CaseMember, Interview, InterviewPage, PaperReading, Suspect
from cases.papers import content_of, digest_of, right_to_write
from cases.proof import matrix
from casework.access.models import Recusal
from casework.access.policy import can
from casework.accounts.models import User
from casework.core import clock
from casework.core.errors import Missing
from evidence.models import Discrepancy

Text = str | Promise
Find = Callable[[Case, User], list[Missing]]


@dataclass(frozen=True)
class Gate:
    """``find`` returns what is missing; ``met`` is shown when nothing is."""

    name: str
    met: Text
    find: Find


#: What the modules above add: penalties proposed, decided and executed.
_hooks: dict[str, list[Find]] = {"penalties_proposed": [], "penalties_decided": [], "executions_done": []}


def register_gate(name: str, find: Find) -> None:
    """Let ``find`` add what it misses to the gate of that name (``penalties_proposed``, ``penalties_decided``, …)."""
    _hooks[name].append(find)


def _hooked(name: str) -> Find:
    def find(case: Case, user: User) -> list[Missing]:
        return [missing for hook in _hooks[name] for missing in hook(case, user)]

    return find


def _case(case: Case, part: str = "") -> str:
    return reverse("cases:detail", args=[case.pk]) + (f"#{part}" if part else "")


def _two_officers(case: Case, _user: User) -> list[Missing]:
    recused = Recusal.objects.standing().filter(compartment=case.compartment_id).values("user_id")
    officers = CaseMember.objects.filter(case=case, side=Side.INVESTIGATE, until__isnull=True, user__is_active=True)
    count = officers.exclude(user__in=recused).count()
    if count >= 2:
        return []
    return [
        Missing(
            ngettext("办案人员只有 %(n)s 名，至少两名", "办案人员只有 %(n)s 名，至少两名", count) % {"n": count},
            reverse("cases:members", args=[case.pk]),
            _("去增派"),
        )
    ]


def _hearers_named(case: Case, _user: User) -> list[Missing]:
    recused = Recusal.objects.standing().filter(compartment=case.compartment_id).values("user_id")
    hearers = CaseMember.objects.filter(case=case, side=Side.HEAR, until__isnull=True, user__is_active=True)
    count = hearers.exclude(user__in=recused).count()
    if count >= 2:
        return []
    return [
        Missing(
            _("审理组只有 %(n)s 人，至少两人") % {"n": count}, reverse("cases:members", args=[case.pk]), _("去指定")
        )
    ]


def _suspects_named(case: Case, _user: User) -> list[Missing]:
    if case.suspects.exists():
        return []
    return [Missing(_("没有列出被审查调查人"), reverse("cases:suspect-add", args=[case.pk]), _("去列出"))]


#: Field of the standing → what it is called when it is not known.
STANDING: Final = (
    ("party_member", gettext_lazy("是不是中共党员")),
    ("public_official", gettext_lazy("是不是公职人员")),
    ("leading_cadre", gettext_lazy("是不是领导干部")),
    ("employment", gettext_lazy("用工形式")),
    ("post", gettext_lazy("职务")),
)


def unknown_standing(suspect: Suspect) -> list[str]:
    """Return what of the standing has not been found out."""
    return [str(label) for field, label in STANDING if getattr(suspect, field) in (None, "")]


def _standing_complete(case: Case, user: User) -> list[Missing]:
    found = _suspects_named(case, user)
    for suspect in case.suspects.order_by("pk"):
        unknown = unknown_standing(suspect)
        if unknown:
            text = _("%(name)s：%(what)s没有查明") % {"name": suspect.name, "what": "、".join(unknown)}
            found.append(Missing(text, reverse("cases:suspect", args=[case.pk, suspect.pk]), _("去查明")))
    return found


def _rights_told(case: Case, _user: User) -> list[Missing]:
    told = Interview.objects.filter(case=case, rights_told_at__isnull=False).values("suspect_id")
    return [
        Missing(
            _("%(name)s没有告知权利义务的记录") % {"name": suspect.name},
            f"{reverse('cases:interview-add', args=[case.pk])}?suspect={suspect.pk}",
            _("去告知"),
        )
        for suspect in case.suspects.exclude(pk__in=told.filter(suspect__isnull=False)).order_by("pk")
    ]


def _records_signed(case: Case, _user: User) -> list[Missing]:
    pages = (
        InterviewPage.objects.filter(interview__case=case, mark=PageMark.UNSIGNED)
        .select_related("interview")
        .order_by("interview_id", "number")
    )
    by_record: dict[int, tuple[Interview, list[int]]] = {}
    for page in pages:
        by_record.setdefault(page.interview_id, (page.interview, []))[1].append(page.number)
    return [
        Missing(
            _("%(name)s第 %(time)s 次%(kind)s笔录：第 %(pages)s 页未签名")
            % {
                "name": record.person_name,
                "time": record.number,
                "kind": InterviewKind(record.kind).label,
                "pages": "、".join(str(number) for number in numbers),
            },
            reverse("cases:interview", args=[case.pk, record.pk]),
            _("去补签"),
        )
        for record, numbers in by_record.values()
    ]


def _facts_stated(case: Case, _user: User) -> list[Missing]:
    if case.facts.filter(dropped_at__isnull=True).exists():
        return []
    return [Missing(_("没有列出待证事实"), reverse("cases:fact-add", args=[case.pk]), _("去列出"))]


def _by_verdict(case: Case, words: dict[Verdict, str], verb: str) -> list[Missing]:
    return [
        Missing(
            words[row.verdict] % {"fact": row.fact.statement},
            reverse("cases:fact", args=[case.pk, row.fact.pk]),
            verb,
        )
        for row in (case.matrix_known or matrix(case)).rows
        if row.verdict in words
    ]


def _corroborated(case: Case, _user: User) -> list[Missing]:
    words = {
        Verdict.UNPROVED: _("“%(fact)s”没有证据"),
        Verdict.LONE: _("“%(fact)s”只有一份证据，是孤证，没有说明"),
    }
    return _by_verdict(case, words, _("去补证"))


def _contradictions_explained(case: Case, _user: User) -> list[Missing]:
    words = {Verdict.CONTRADICTED: _("“%(fact)s”有反对的证据，没有说明")}
    return _by_verdict(case, words, _("去说明"))


def _discrepancies_settled(case: Case, _user: User) -> list[Missing]:
    used = case.exhibits.values("item_id")
    rows = (
        Discrepancy.objects.filter(
            Q(item__compartment=case.compartment_id) | Q(item__in=used), resolved_at__isnull=True
        )
        .select_related("item")
        .order_by("pk")
        .distinct()
    )
    return [
        Missing(
            _("证物 %(number)s 账实不符，没有处理") % {"number": row.item.number},
            reverse("evidence:item", args=[row.item_id]),
            _("去处理"),
        )
        for row in rows
    ]


def _facts_shown(case: Case, _user: User) -> list[Missing]:
    return [
        Missing(
            _("事实材料没有与%(name)s见面") % {"name": suspect.name},
            reverse("cases:facts-shown", args=[case.pk, suspect.pk]),
            _("去见面"),
        )
        for suspect in case.suspects.filter(facts_shown__isnull=True).order_by("pk")
    ]


def _written(field: str, text: Text, part: str) -> Find:
    def find(case: Case, user: User) -> list[Missing]:
        if getattr(case, field).strip():
            return []
        # Whoever may not write it is told what the step waits for, and not sent to a page that turns him away.
        may = can(user, right_to_write(part), case)
        return [
            Missing(str(text), reverse("cases:write", args=[case.pk, part]) if may else "", _("去写") if may else "")
        ]

    return find


def _not_returned(case: Case, _user: User) -> list[Missing]:
    return [Missing(_("已退回修改，等送审人改好再送"), _case(case))] if case.returned else []


def _paper_read(case: Case, user: User) -> list[Missing]:
    digest = digest_of(content_of(case))
    if PaperReading.objects.filter(paper__case=case, paper__digest=digest, user=user).exists():
        return []
    text = (
        _("内容已变，请重新阅读")
        if PaperReading.objects.filter(paper__case=case, user=user).exists()
        else _("这一稿您还没有读")
    )
    return [Missing(text, reverse("cases:paper", args=[case.pk]), _("去读"))]


def _signed_before(step: str) -> Find:
    """Every level before the deciding one has signed the present draft; a later edit made a signature void."""

    def find(case: Case, _user: User) -> list[Missing]:
        chain = chain_of(case, clock.today())
        if len(chain.levels) < 2:
            return []
        digest = digest_of(content_of(case))
        valid = {row.level for row in valid_signatures(case, step, digest)}
        void = {
            row.level: row
            for row in case.signatures.filter(step=step).exclude(paper__digest=digest).select_related("user", "paper")
        }
        found = []
        for level in chain.levels[:-1]:
            if level in valid:
                continue
            text = _("%(level)s没有签批") % {"level": ApprovalLevel(level).label}
            if level in void:
                text = _("%(level)s签的是第 %(n)d 稿，其后内容有改动，签名已失效") % {
                    "level": ApprovalLevel(level).label,
                    "n": void[level].paper.number,
                }
            found.append(Missing(text, reverse("cases:paper", args=[case.pk]), _("看签批")))
        return found

    return find


def _remarks_settled(case: Case, _user: User) -> list[Missing]:
    return [
        Missing(_("退回意见没有处理：%(text)s") % {"text": row.text[:40]}, _case(case, f"remark-{row.pk}"), _("去处理"))
        for row in case.remarks.filter(settled_at__isnull=True).order_by("pk")
    ]


def _tasks_done(case: Case, _user: User) -> list[Missing]:
    return [
        Missing(_("任务没有完成：%(title)s") % {"title": row.title}, reverse("cases:work", args=[case.pk]), _("去办"))
        for row in case.tasks.filter(done_at__isnull=True).order_by("due_on", "pk")
    ]


def _measures_ended(case: Case, _user: User) -> list[Missing]:
    return [
        Missing(
            _("%(measure)s还在执行") % {"measure": row},
            reverse("cases:measures", args=[case.pk]),
            _("去解除"),
        )
        for row in case.measures.filter(state=MeasureState.IN_FORCE).order_by("number")
    ]


def _crime_suspected(case: Case, _user: User) -> list[Missing]:
    if case.kind == CaseKind.CRIME:
        return []
    return [Missing(_("案件性质是%(kind)s，不是涉嫌职务犯罪") % {"kind": case.get_kind_display()}, _case(case))]


def _has_statutory_clock(case: Case, _user: User) -> list[Missing]:
    if case.kind == CaseKind.DISCIPLINE:
        return [Missing(_("违纪案件没有一年的法定期限，由本机关延期"), _case(case))]
    return []


def _returned_at_most_twice(case: Case, _user: User) -> list[Missing]:
    times = case.steps_taken.filter(step="procurator_returns").count()
    return (
        [
            Missing(
                ngettext("检察机关已退回 %(n)s 次，以二次为限", "检察机关已退回 %(n)s 次，以二次为限", times)
                % {"n": times},
                _case(case),
            )
        ]
        if times >= 2
        else []
    )


two_officers = Gate("two_officers", gettext_lazy("两名办案人员在案，均无回避情形"), _two_officers)
hearers_named = Gate("hearers_named", gettext_lazy("审理组两人以上，均未参与调查"), _hearers_named)
suspects_named = Gate("suspects_named", gettext_lazy("被审查调查人已列明"), _suspects_named)
standing_complete = Gate("standing_complete", gettext_lazy("当时身份已查明"), _standing_complete)
rights_told = Gate("rights_told", gettext_lazy("权利义务已告知"), _rights_told)
records_signed = Gate("records_signed", gettext_lazy("笔录逐页签名或者注明拒签"), _records_signed)
facts_stated = Gate("facts_stated", "", _facts_stated)
corroborated = Gate("corroborated", gettext_lazy("事实均有印证，孤证已说明"), _corroborated)
contradictions_explained = Gate("contradictions_explained", gettext_lazy("反对证据已作说明"), _contradictions_explained)
discrepancies_settled = Gate("discrepancies_settled", gettext_lazy("证物账实相符"), _discrepancies_settled)
facts_shown = Gate("facts_shown", gettext_lazy("事实材料已与本人见面"), _facts_shown)
plan_written = Gate(
    "plan_written", gettext_lazy("审查调查方案已写好"), _written("plan", gettext_lazy("没有审查调查方案"), "plan")
)
report_written = Gate(
    "report_written", gettext_lazy("审查调查报告已写好"), _written("report", gettext_lazy("没有审查调查报告"), "report")
)
hearing_report_written = Gate(
    "hearing_report_written",
    gettext_lazy("审理报告已写好"),
    _written("hearing_report", gettext_lazy("没有审理报告"), "hearing_report"),
)
not_returned = Gate("not_returned", "", _not_returned)
paper_read = Gate("paper_read", gettext_lazy("您读过的就是这一稿"), _paper_read)
signed_for_filing = Gate("signed_for_filing", gettext_lazy("各级已签批"), _signed_before("approve_filing"))
signed_for_transfer = Gate("signed_for_transfer", gettext_lazy("各级已签批"), _signed_before("transfer"))
signed_for_deliberation = Gate("signed_for_deliberation", gettext_lazy("各级已签批"), _signed_before("to_deliberation"))
remarks_settled = Gate("remarks_settled", gettext_lazy("退回意见都已处理"), _remarks_settled)
tasks_done = Gate("tasks_done", gettext_lazy("案内任务都已完成"), _tasks_done)
measures_ended = Gate("measures_ended", gettext_lazy("没有还在执行的措施"), _measures_ended)
crime_suspected = Gate("crime_suspected", gettext_lazy("涉嫌职务犯罪"), _crime_suspected)
has_statutory_clock = Gate("has_statutory_clock", "", _has_statutory_clock)
returned_at_most_twice = Gate("returned_at_most_twice", "", _returned_at_most_twice)
penalties_proposed = Gate("penalties_proposed", gettext_lazy("处分建议齐全"), _hooked("penalties_proposed"))
penalties_decided = Gate("penalties_decided", gettext_lazy("处分均已决定"), _hooked("penalties_decided"))
executions_done = Gate("executions_done", gettext_lazy("处分执行完毕"), _hooked("executions_done"))


def all_gates() -> Iterable[Gate]:
    """Return every gate once, for the documentation and the tests."""
    return [value for value in globals().values() if isinstance(value, Gate)]
