"""Stages of a template: how long each takes, counted from the first day of the campaign; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.utils.translation import gettext as _

from units.enums_campaign import StageCode

#: Longer than this no campaign was ever planned; a wrong figure, not a plan.
LONGEST_DAYS: Final = 1500
#: Stages whose state is worked out from other records; every other stage collects reports.
WORKED_OUT: Final = frozenset({StageCode.PREPARATION, StageCode.KEY_SUPERVISION, StageCode.INSTITUTION})
#: Stages in which units report nothing. In the last one they may be asked how the rules are kept.
NEVER_ISSUED: Final = WORKED_OUT - {StageCode.INSTITUTION}


@dataclass(frozen=True)
class StagePlan:
    """A stage: what it is (``StageCode``), its name, the day on which it starts (1 is the first) and its days."""

    code: str
    name: str
    first_day: int
    days: int

    def as_data(self) -> dict[str, Any]:
        """Return plain data as a template keeps it."""
        return asdict(self)

    def starts_on(self, begin: date) -> date:
        """Return the first day of the stage when the campaign begins on ``begin``."""
        return begin + timedelta(days=self.first_day - 1)

    def due_on(self, begin: date) -> date:
        """Return the last day of the stage, included."""
        return begin + timedelta(days=self.first_day + self.days - 2)


def plans(data: Sequence[Mapping[str, Any]]) -> tuple[StagePlan, ...]:
    """Return the stages that a template keeps as plain data."""
    return tuple(StagePlan(one["code"], one["name"], one["first_day"], one["days"]) for one in data)


def coded(stages: Sequence[StagePlan]) -> tuple[StagePlan, ...]:
    """Return the stages with codes of their own: a second round of reports is ``self_inspection_2``."""
    rounds = 0
    found = []
    for one in stages:
        code = one.code
        if code == StageCode.SELF_INSPECTION:
            rounds += 1
            code = code if rounds == 1 else f"{StageCode.SELF_INSPECTION}_{rounds}"
        found.append(StagePlan(code, one.name, one.first_day, one.days))
    return tuple(found)


def problems(stages: Sequence[StagePlan]) -> list[str]:
    """Return everything that makes the plan unusable, in sentences; empty when it can be used."""
    wrong = []
    if not stages:
        wrong.append(_("至少要有一个阶段。"))
    for number, one in enumerate(stages, 1):
        words = {"n": number, "name": one.name.strip() or _("没有名称")}
        if one.code not in StageCode.values:
            wrong.append(_("阶段“%(name)s”没有选类型。") % words)
        if not one.name.strip():
            wrong.append(_("第 %(n)s 个阶段没有名称。") % words)
        if one.first_day < 1 or one.days < 1:
            wrong.append(_("阶段“%(name)s”的开始日和天数都从 1 起。") % words)
        elif one.first_day + one.days > LONGEST_DAYS:
            wrong.append(_("阶段“%(name)s”超过 1,500 天。可以改短，或分成两次行动。") % words)
    codes = [one.code for one in coded(stages)]
    twice = sorted({code for code in codes if codes.count(code) > 1 and code in WORKED_OUT})
    wrong += [_("“%(name)s”只能有一个阶段；自查自纠可以有几轮。") % {"name": StageCode(code).label} for code in twice]
    if stages and not any(one.code not in WORKED_OUT for one in stages):
        wrong.append(_("没有自查自纠阶段，单位就没有报告可填。可以加一个。"))
    return wrong
