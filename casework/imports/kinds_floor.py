"""Holidays and worked weekends as a list: the one kind that belongs to the floor itself."""

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from casework.accounts.models import User
from casework.core.calendar import Kind as DayKind
from casework.core.errors import Missing, NotReady
from casework.deadlines.models import Holiday
from casework.deadlines.services.calendar import HolidayRow, apply_holiday_rows
from casework.imports.enums import Outcome
from casework.imports.models import ImportRun
from casework.imports.registry import Column, Context, Verdict, register_kind
from casework.imports.rules import one_of, parse_date, text_up_to
from casework.imports.selectors import read_rows
from casework.imports.services.staging import store_verdicts


class HolidaysKind:
    """放假安排, as the yearly notice gives it."""

    name = "holidays"
    label = gettext_lazy("放假安排")
    act = "holidays.change"
    in_compartment = False
    columns = (
        Column("date", "日期", parse_date, True, "2021-10-01", ("day",)),
        Column(
            "kind",
            "类别",
            one_of(
                [(DayKind.HOLIDAY.value, "放假"), (DayKind.WORKDAY.value, "上班")],
                {"休": "holiday", "节假日": "holiday", "调休上班": "workday", "班": "workday", "补班": "workday"},
            ),
            True,
            "holiday / workday",
            ("类型",),
        ),
        Column("name", "名称", text_up_to(40), False, "国庆节", ("节日",)),
        Column("source", "来源", text_up_to(300), False, "国办发明电〔2020〕27号", ("依据", "文号")),
    )

    def check(self, values: dict[str, Any], context: Context) -> str:
        """A worked day must be a weekend: a notice never names an ordinary working day."""
        day = date.fromisoformat(values["date"])
        if values["kind"] == DayKind.WORKDAY.value and day.weekday() < 5:
            return _("“日期”%(day)s 本来就是工作日；上班只填调休的周六、周日") % {"day": values["date"]}
        return ""

    def classify(self, run: ImportRun, *, at: datetime) -> dict[str, Any]:
        """Compare with the calendar; a day named twice with two kinds is refused the second time."""
        present = {row.date.isoformat(): row for row in Holiday.objects.all()}
        seen: dict[str, tuple[int, dict[str, Any]]] = {}
        store_verdicts(run, [self._verdict(line, values, present, seen) for line, values in read_rows(run)])
        return {}

    def _verdict(
        self,
        line: int,
        values: dict[str, Any],
        present: dict[str, Holiday],
        seen: dict[str, tuple[int, dict[str, Any]]],
    ) -> Verdict:
        first, earlier = seen.setdefault(values["date"], (line, values))
        if first != line:
            if earlier["kind"] != values["kind"]:
                return Verdict(line, Outcome.REFUSED, _("与第 %(line)d 行矛盾；同一天只留一行") % {"line": first})
            return Verdict(line, Outcome.UNCHANGED, _("与第 %(line)d 行相同") % {"line": first})
        stored = present.get(values["date"])
        if stored is None:
            return Verdict(line, Outcome.CREATED)
        new = {"kind": values["kind"], "name": values.get("name") or stored.name}
        changes = {
            field: [getattr(stored, field), value] for field, value in new.items() if getattr(stored, field) != value
        }
        return Verdict(line, Outcome.UPDATED if changes else Outcome.UNCHANGED, "", changes or None, stored.pk)

    def apply(self, run: ImportRun, *, actor: User | None, at: datetime) -> dict[str, Any]:
        """Hand the rows to the calendar, which computes every running clock anew."""
        rows = run.lines.filter(outcome__in=[Outcome.CREATED, Outcome.UPDATED]).order_by("line")
        applied = apply_holiday_rows(
            [
                HolidayRow(
                    date.fromisoformat(row.data["date"]),
                    DayKind(row.data["kind"]),
                    row.data.get("name", ""),
                    row.data.get("source", ""),
                )
                for row in rows
            ],
            actor=actor,
            at=at,
        )
        return {"moved": applied.moved}

    def undo(self, run: ImportRun, *, actor: User | None, at: datetime) -> None:
        """Never: the clocks that run have been computed with these days."""
        raise NotReady(
            _("不能撤销：因为正在计时的期限已按这份安排计算。可以再导入一份改正的安排。"),
            [Missing(_("再导入一份改正的安排"))],
        )


register_kind(HolidaysKind())
