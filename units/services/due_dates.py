"""Due dates that lists of reports and rectification show: copies that follow their clocks."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from units.models import Rectification, SelfInspection


def _follow(model: Any) -> Callable[[Mapping[int, date]], None]:
    def follow(dates: Mapping[int, date]) -> None:
        by_day: dict[date, list[int]] = {}
        for pk, due_on in dates.items():
            by_day.setdefault(due_on, []).append(pk)
        for due_on, ids in by_day.items():
            model._base_manager.filter(pk__in=ids).update(due_on=due_on)

    return follow


follow_reports = _follow(SelfInspection)
follow_rectification = _follow(Rectification)
