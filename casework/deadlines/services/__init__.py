"""Writes on clocks and on the holiday table."""

from casework.deadlines.services.calendar import HolidayRow, apply_holiday_rows
from casework.deadlines.services.changes import extend_deadline, hand_over_deadlines, resume_deadline, suspend_deadline
from casework.deadlines.services.lifecycle import Opening, cancel_deadline, meet_deadline, open_deadline, open_deadlines
from casework.deadlines.services.recount import recompute

__all__ = [
    "HolidayRow",
    "Opening",
    "apply_holiday_rows",
    "cancel_deadline",
    "extend_deadline",
    "hand_over_deadlines",
    "meet_deadline",
    "open_deadline",
    "open_deadlines",
    "recompute",
    "resume_deadline",
    "suspend_deadline",
]
