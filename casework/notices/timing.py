"""When a message may leave: quiet hours and the daily collection. Pure functions; no database, no clock."""

from datetime import datetime, time, timedelta

from casework.deadlines.rules import CIVIL


def leaves_at(at: datetime, *, loud: bool, quiet: tuple[time, time] | None, digest_at: time | None) -> datetime:
    """Return the moment from which a message owed ``at`` may be sent; what is ``loud`` (警示) is never held back."""
    if loud:
        return at
    if digest_at is not None:
        return next_time(at, digest_at)
    return after_quiet(at, *quiet) if quiet else at


def next_time(at: datetime, moment: time) -> datetime:
    """Return the next moment with that time of day in Asia/Shanghai, later than ``at``."""
    local = at.astimezone(CIVIL)
    found = datetime.combine(local.date(), moment, CIVIL)
    return found if found > local else found + timedelta(days=1)


def after_quiet(at: datetime, begin: time, end: time) -> datetime:
    """Return ``at``, or the end of the quiet hours when it lies in them; they may run over midnight."""
    now = at.astimezone(CIVIL).time()
    inside = begin <= now < end if begin < end else now >= begin or now < end
    return next_time(at, end) if inside else at
