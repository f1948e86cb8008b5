"""What has to be done to carry a decision out, from its measures. Pure.

Sources: 纪律处分条例 2023 第四十四条 (file, formalities within a month), 政务处分法第五十四条,
劳动合同法第四十三条 (the union is told first), 政务处分法第六十条 (what an amendment or a revocation gives back).
"""

from collections.abc import Collection, Sequence
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


#: Done once is done: an amendment that keeps the measure does not ask for it again.
_ONCE: Final = frozenset({"bonus", "contract", "property"})


def left_over(planned: Sequence[PlannedTask], done: Collection[tuple[str, str]]) -> list[PlannedTask]:
    """Return the tasks of an amended decision that were not carried out before it; ``done`` are kinds and texts."""
    kinds = {kind for kind, _text in done}
    return [
        task
        for task in planned
        if task.kind == "archive" or not ((task.kind, task.text) in done or (task.kind in _ONCE and task.kind in kinds))
    ]


def _bonus_months(specs: Sequence[MeasureSpec]) -> int:
    lengths = [(spec.quantity or 0) * (3 if spec.unit == "quarter" else 1) for spec in specs]
    return sum(length for spec, length in zip(specs, lengths, strict=True) if spec.code == "HR_BONUS_CUT")


def _has(specs: Sequence[MeasureSpec], family: str) -> bool:
    return any(catalogue().measures[spec.code].family.code == family for spec in specs)


def _heavy(specs: Sequence[MeasureSpec]) -> bool:
    return any(catalogue().measures[spec.code].band == "heavy" for spec in specs)


def restoration(
    before: Sequence[MeasureSpec], after: Sequence[MeasureSpec], done: Collection[str], *, revoked: bool, paid: str = ""
) -> list[PlannedTask]:
    """Return what has to be given back when a decision is amended or revoked (政务处分法第六十条), due in a month.

    ``done``  kinds of the tasks that were carried out: nobody gives back what was never taken.
    ``paid``  yuan paid by the person, in words; empty when nothing was.
    A revocation restores post, pay and name in any case: a grade without tasks holds back rises of both.
    """
    tasks = []
    lifted = revoked or (_heavy(before) and not _heavy(after))
    if revoked or (lifted and "post" in done):
        tasks.append(PlannedTask("post", "恢复级别、职务、岗位", PERSONNEL, 1))
    if revoked or (lifted and "pay" in done):
        tasks.append(PlannedTask("pay", "恢复工资待遇，补发减少的部分", PERSONNEL, 1))
    months = _bonus_months(before) - (0 if revoked else _bonus_months(after))
    if "bonus" in done and months > 0:
        tasks.append(PlannedTask("bonus", f"补发多扣的 {months} 个月绩效考核奖金", UNIT, 1))
    left = {"HR_TERMINATE", "HR_RETURN_DISPATCH"} & {spec.code for spec in before}
    if "contract" in done and left and (revoked or not left & {spec.code for spec in after}):
        tasks.append(PlannedTask("contract", "恢复劳动（人事）关系，补发其间的待遇", UNIT, 1))
    if revoked:
        tasks.append(PlannedTask("archive", "撤销决定归入档案，在原宣布范围恢复名誉", PERSONNEL, 1))
    else:
        tasks.append(PlannedTask("notify", "变更决定在原宣布范围宣布", COMMISSION, 1))
    if paid and (revoked or (_has(before, "property") and not _has(after, "property"))):
        tasks.append(PlannedTask("property", f"核对已缴 {paid} 元，收缴、追缴有误的返还本人", COMMISSION, 1))
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
