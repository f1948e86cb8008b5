"""How the references of cases and inspections are shown, to whom, and in which words their acts are told."""

from collections.abc import Collection

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cases.models import Case, Exhibit, Fact, Inspection, Interview, Site, Suspect
from cases.workflow import STEPS
from casework.accounts.models import User
from casework.ledger.refs import Resolved, by_rows, register_finder, register_refs
from casework.ledger.words import register_words


def _cases(pks: Collection[int], user: User) -> dict[int, Resolved]:
    rows = Case.objects.visible_to(user).filter(pk__in=pks)
    return {row.pk: Resolved(str(row), reverse("cases:detail", args=[row.pk])) for row in rows}


def _interview_page(row: Interview) -> str:
    if row.case_id:
        return reverse("cases:interview", args=[row.case_id, row.pk])
    return reverse("cases:site-interview", args=[row.site_id, row.pk])


def _find(text: str, user: User) -> list[str]:
    cases = Case.objects.visible_to(user).filter(number=text).values_list("pk", flat=True)
    inspections = Inspection.objects.visible_to(user).filter(number=text).values_list("pk", flat=True)
    return [f"case:{pk}" for pk in cases] + [f"inspection:{pk}" for pk in inspections]


register_finder(_find)
register_refs("case", _cases)
register_refs(
    "suspect", by_rows(Suspect.objects.visible_to, lambda row: reverse("cases:suspect", args=[row.case_id, row.pk]))
)
register_refs("fact", by_rows(Fact.objects.visible_to, lambda row: reverse("cases:fact", args=[row.case_id, row.pk])))
register_refs(
    "exhibit",
    by_rows(
        lambda user: Exhibit.objects.visible_to(user).select_related("fact"),
        lambda row: reverse("cases:fact", args=[row.case_id, row.fact_id]),
        lambda row: row.label,
    ),
)
register_refs("interview", by_rows(Interview.objects.visible_to, _interview_page))
register_refs(
    "inspection",
    by_rows(
        Inspection.objects.visible_to, lambda row: reverse("cases:inspection", args=[row.pk]), lambda row: row.number
    ),
)
register_refs(
    "site",
    by_rows(
        lambda user: Site.objects.visible_to(user).select_related("unit"),
        lambda row: reverse("cases:site", args=[row.pk]),
        lambda row: row.unit.name,
    ),
)

register_words(
    {
        **{f"case.{step.name}": step.label for step in STEPS},
        "case.filed": _("报请立案"),
        "case.amended": _("修改案件"),
        "case.shared_judged": _("判断案件关联"),
        "case.paper_read": _("阅读呈批稿"),
        "case.member_joined": _("增派办案人员"),
        "case.member_left": _("办案人员退出"),
        "case.member_recused": _("决定回避"),
        "suspect.added": _("列入被审查调查人"),
        "suspect.standing_changed": _("更正身份"),
        "suspect.facts_shown": _("事实材料见面"),
        "fact.stated": _("列出待证事实"),
        "fact.amended": _("修改待证事实"),
        "fact.dropped": _("不再认定事实"),
        "exhibit.cited": _("引用证物"),
        "exhibit.uncited": _("撤下证物"),
        "case.matrix_exported": _("导出证明矩阵"),
        "interview.taken": _("登记笔录"),
        "interview.page_signed": _("笔录签名"),
        "inspection.planned": _("部署突击检查"),
        "inspection.member_joined": _("编入检查组"),
        "inspection.member_left": _("退出检查组"),
        "inspection.member_recused": _("检查人员回避"),
        "inspection.leader_left": _("不再负责检查"),
        "inspection.closed": _("结束突击检查"),
        "site.arrived": _("到场"),
        "site.findings_recorded": _("登记现场情况"),
        "site.confirmed": _("确认现场情况"),
        "site.reported": _("两人确认现场情况"),
        "site.evidence_taken": _("现场提取证据"),
    }
)
