"""Work of cases that nobody asks for: influence periods that end by themselves."""

from cases.services.penalty_execution import expire_due
from casework.core import clock
from casework.core.background import shared_task


@shared_task(name="penalties.expire")
def expire() -> int:
    """Expire the penalties whose period is over; safe to run twice. Returns how many."""
    return len(expire_due(at=clock.now()))
