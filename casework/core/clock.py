"""The one place that reads the clock. Views, tasks and commands call it; services get ``at=``."""

from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from casework.env import BadSetting

_started = timezone.now()


def _demo_offset() -> timedelta:
    given = settings.CASEWORK_NOW
    if not given:
        return timedelta(0)
    day = parse_date(given)
    if day is not None:
        # The demo's day at the present time of day, so that the hours on screen run on.
        local = timezone.localtime(_started)
        return timedelta(days=(day - local.date()).days)
    moment = parse_datetime(given)
    if moment is None:
        raise BadSetting(f"CASEWORK_NOW={given!r}: a day such as 2021-12-15 is needed")
    if timezone.is_naive(moment):
        moment = timezone.make_aware(moment)
    return moment - _started


def now() -> datetime:
    """Return the present moment, or the demo's (``CASEWORK_NOW``)."""
    return timezone.now() + _demo_offset()


def today() -> date:
    """Return the present day in Asia/Shanghai."""
    return day_of(now())


def day_of(moment: datetime) -> date:
    """Return the day of a moment in Asia/Shanghai."""
    return timezone.localtime(moment).date()


def shared_now() -> datetime:
    """Return the moment by the database's clock, which all workers share, shifted to the demo's day where one is set.

    What must not happen early is decided by it: a worker whose own clock is wrong would otherwise act for all others.
    """
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment.astimezone(UTC) + _demo_offset()
