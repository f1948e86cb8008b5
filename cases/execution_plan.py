"""What has to be done to carry a decision out, from its measures. Pure.

Sources: 纪律处分条例 2023 第四十四条 (file, formalities within a month), 政务处分法第五十四条,
劳动合同法第四十三条 (the union is told first).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cases.catalogue import catalogue
from cases.ladder import MeasureSpec
from cases.periods import EMPLOYER, GOV, PARTY

UNIT: Final = "所在单位"
COMMISSION: Final = "承办部门"
PERSONNEL: Final = "组织（人事）部门"


@dataclass(frozen=True)
class PlannedTask:
    """One task, due ``months`` after the effective day; ``code`` is the measure it carries out ("" = the decision)."""

    kind: str
    text: str
    responsible: str
    months: int
    code: str = ""


def plan(specs: Sequence[MeasureSpec]) -> list[PlannedTask]:
    """Return the tasks in the order in which they are usually done."""
    tasks = []
    families = {catalogue().measures[spec.code].family.code for spec in specs}
    if families & {PARTY, GOV, EMPLOYER}:
        tasks.append(PlannedTask("archive", "处分决定书归入本人档案", PERSONNEL, 1))
    for spec in specs:
        tasks += _of(spec)
    return tasks


def _of(spec: MeasureSpec) -> list[PlannedTask]:
    measure = catalogue().measures[spec.code]
    family = measure.family.code
    if family in {PARTY, GOV, EMPLOYER}:
        if measure.band != "heavy" or spec.code == "PD_SERIOUS_WARNING_IN_LIEU":
            return []
        return [
            PlannedTask("post", f"办理{measure.title}的职务、岗位变更", PERSONNEL, 1, spec.code),
            PlannedTask("pay", f"办理{measure.title}的工资待遇变更", PERSONNEL, 1, spec.code),
        ]
    if spec.code == "HR_BONUS_CUT":
        length = f"{spec.quantity} {'个季度' if spec.unit == 'quarter' else '个月'}"
        return [PlannedTask("bonus", f"扣除 {length}绩效考核奖金", UNIT, 6, spec.code)]
    if spec.code == "HR_TERMINATE":
        return [PlannedTask("contract", "通知工会后解除劳动（人事）关系", UNIT, 1, spec.code)]
    if spec.code == "HR_RETURN_DISPATCH":
        return [PlannedTask("contract", "退回劳务派遣单位", UNIT, 1, spec.code)]
    if family == "property":
        money = f" {spec.amount:,.2f} 元" if spec.amount is not None else ""
        return [PlannedTask("property", f"{measure.title}{money}", COMMISSION, 1, spec.code)]
    if measure.family.decider != "commission":
        return [PlannedTask("advice", f"提出{measure.title}的建议并取得回复", COMMISSION, 3, spec.code)]
    return [PlannedTask("talk", f"对本人{measure.title}并留存记录", COMMISSION, 1, spec.code)]
