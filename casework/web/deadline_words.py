"""A deadline in words, colour and icon: the table of the design as one pure function.

Never a bare date, never a negative number; counted in the unit of the rule, natural days and months show both counts.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from casework.core.moments import SHANGHAI, cn_date

RUNNING: Final = "running"
STOPPED: Final = "stopped"
MET: Final = "met"
MET_LATE: Final = "met_late"
VOID: Final = "void"


@dataclass(frozen=True)
class DeadlineFacts:
    """What the words depend on. Day counts are never negative; ``working_days`` and ``days`` count from today to the
    due day (left) or from the due day to today (over). ``late_by`` and ``early_by`` are working days at completion.
    """

    state: str
    due_on: date | None
    today: date
    working_days: int = 0
    due_at: datetime | None = None
    now: datetime | None = None
    unit: str = "working"  # or "natural": days and months of the calendar
    stopped_days: int = 0
    stopped_why: str = ""
    early_by: int = 0
    late_by: int = 0

    @property
    def days(self) -> int:
        """Natural days between today and the due day."""
        return abs((self.due_on - self.today).days) if self.due_on else 0


@dataclass(frozen=True)
class DeadlineWords:
    """What is shown: bold words, a second line, a colour ("" is grey) and an icon."""

    words: str
    second: str
    colour: str
    icon: str


def _count(facts: DeadlineFacts) -> str:
    working = ngettext("%(n)s 个工作日", "%(n)s 个工作日", facts.working_days) % {"n": facts.working_days}
    days = ngettext("%(n)s 天", "%(n)s 天", facts.days) % {"n": facts.days}
    if not facts.working_days:
        return days
    if facts.unit == "working":
        return working
    return _("%(days)s（%(working)s）") % {"days": days, "working": working}


def _today(facts: DeadlineFacts, second: str) -> DeadlineWords:
    at = facts.due_at.astimezone(SHANGHAI) if facts.due_at else None
    if at is None or at.date() != facts.today or (at.hour, at.minute) == (0, 0):
        return DeadlineWords(_("今天"), second, "amber", "clock")
    time = f"{at:%H:%M}"
    if facts.now is not None and facts.now > at:
        return DeadlineWords(_("逾期：今天 %(time)s 已过") % {"time": time}, second, "red", "alert-triangle")
    return DeadlineWords(_("今天 %(time)s 前") % {"time": time}, second, "amber", "clock")


def deadline_words(facts: DeadlineFacts) -> DeadlineWords:
    """Return the words for a deadline; the whole table is in tests/web/test_deadline_words.py."""
    if facts.state == VOID:
        return DeadlineWords(_("已作废"), "", "", "ban")
    if facts.state == STOPPED:
        words = (
            ngettext("暂停计时，已停 %(n)s 天", "暂停计时，已停 %(n)s 天", facts.stopped_days)
            % {"n": facts.stopped_days}
            if facts.stopped_days
            else _("暂停计时")
        )
        return DeadlineWords(words, facts.stopped_why or _("恢复后重算"), "", "clock-pause")
    due = cn_date(facts.due_on, facts.today)
    if facts.state == MET:
        second = (
            ngettext("提前 %(n)s 个工作日", "提前 %(n)s 个工作日", facts.early_by) % {"n": facts.early_by}
            if facts.early_by
            else _("%(due)s 到期") % {"due": due}
        )
        return DeadlineWords(_("按期完成"), second, "green", "clock-check")
    if facts.state == MET_LATE:
        words = (
            ngettext("超期 %(n)s 个工作日完成", "超期 %(n)s 个工作日完成", facts.late_by) % {"n": facts.late_by}
            if facts.late_by
            else _("超期完成")
        )
        return DeadlineWords(words, _("%(due)s 到期") % {"due": due}, "red", "clock-x")
    if facts.due_on is None:
        return DeadlineWords(_("未定期限"), "", "", "clock")
    second = _("%(due)s 到期") % {"due": due}
    if facts.due_on < facts.today:
        return DeadlineWords(_("逾期 %(count)s") % {"count": _count(facts)}, second, "red", "alert-triangle")
    if facts.due_on == facts.today:
        return _today(facts, second if facts.due_at is None else "")
    colour = "amber" if facts.working_days <= 2 else "blue" if facts.working_days <= 5 else ""
    return DeadlineWords(_("还剩 %(count)s") % {"count": _count(facts)}, second, colour, "clock")
