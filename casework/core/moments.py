"""How moments are written, on screens, in papers and in what services say; one way for all of them.

Pages have more to write (casework.web.formats); services, papers and previews need days and hours alone.
"""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
#: What stands where there is nothing to say.
DASH: Final = "—"


def weekday(day: date) -> str:
    """Return 星期一 … 星期日."""
    return (_("星期一"), _("星期二"), _("星期三"), _("星期四"), _("星期五"), _("星期六"), _("星期日"))[day.weekday()]


def cn_date(day: date | None, today: date | None = None) -> str:
    """Return 9月6日 when the year is today's, else 2021年9月6日; without ``today`` always with the year."""
    if day is None:
        return DASH
    if isinstance(day, datetime):
        day = day.astimezone(SHANGHAI).date()
    parts = {"y": day.year, "m": day.month, "d": day.day}
    if today is not None and day.year == today.year:
        return _("%(m)s月%(d)s日") % parts
    return _("%(y)s年%(m)s月%(d)s日") % parts


def cn_datetime(moment: datetime | None, today: date | None = None, *, seconds: bool = False) -> str:
    """Return 9月6日 14:20 in Asia/Shanghai; logs ask for seconds."""
    if moment is None:
        return DASH
    local = moment.astimezone(SHANGHAI)
    return (
        f"{cn_date(local.date(), today)} {local:%H:%M:%S}"
        if seconds
        else f"{cn_date(local.date(), today)} {local:%H:%M}"
    )


def on_paper(moment: datetime | None) -> str:
    """Return a moment as a printed page says it: with year and zone, for paper leaves the house and its day."""
    if moment is None:
        return DASH
    return _("%(moment)s（北京时间）") % {"moment": cn_datetime(moment)}
