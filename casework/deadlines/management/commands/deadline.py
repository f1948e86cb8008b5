"""``manage.py deadline explain REF_OR_RULE``: how a due date came about."""

from argparse import ArgumentParser
from datetime import date, datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date

from casework.core import clock
from casework.core.errors import CaseworkError
from casework.deadlines.enums import Unit
from casework.deadlines.models import Deadline
from casework.deadlines.rules import Facts, due, rule, rules
from casework.deadlines.selectors import current_calendar, with_bars


class Command(BaseCommand):
    """Explain a running clock by its reference, or a rule from a given day."""

    help = "How a due date came about: start fact, days counted, suspensions, extensions, rule and version."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("act", choices=["explain"])
        parser.add_argument("what", help="a reference such as selfinspection:12 or deadline:5, or a rule such as L01")
        parser.add_argument("--start", default="", help="day of the starting event, for a rule (default: today)")
        parser.add_argument("--named", default="", help="the day that the plan names, for a rule that counts nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        what = options["what"]
        try:
            if what in rules():
                self._explain_rule(what, self._day(options["start"]) or clock.today(), self._day(options["named"]))
            else:
                self._explain_ref(what)
        except CaseworkError as error:
            raise CommandError(error.message) from error

    def _day(self, text: str) -> date | None:
        if not text:
            return None
        try:
            day = parse_date(text)
        except ValueError:
            day = None
        if day is None:
            raise CommandError(f"“{text}”不是日期，例如 2026-09-01")
        return day

    def _explain_rule(self, rule_id: str, start: date, named: date | None) -> None:
        found = rule(rule_id)
        start_at = timezone.make_aware(datetime.combine(start, time(9))) if found.unit == Unit.HOUR else None
        named_on = named or start if found.unit == Unit.NAMED else None
        self._print(due(found, Facts(start, start_at, named_on), current_calendar()).steps)

    def _explain_ref(self, what: str) -> None:
        noun, _colon, number = what.partition(":")
        by = {"pk": int(number)} if noun == "deadline" and number.isdecimal() else {"ref": what}
        found = list(with_bars(Deadline.objects.filter(**by)).order_by("id"))
        if not found:
            raise CommandError(f"没有“{what}”的期限，也没有这个编号的规则。规则编号为 {'、'.join(rules())}。")
        for deadline in found:
            self.stdout.write(f"{deadline.ref}  {deadline.title}（{deadline.get_state_display()}）")
            self._print(deadline.explanation)

    def _print(self, steps: list[str] | tuple[str, ...]) -> None:
        for number, step in enumerate(steps, 1):
            self.stdout.write(f"{number}. {step}")
