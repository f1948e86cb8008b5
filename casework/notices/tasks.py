"""Thin wrappers for Celery: no ids needed, safe to run twice, at any time, in any number of processes.

The moment is the database's: a worker whose own clock runs ahead owes nothing early.
"""

from typing import Any

from django.utils import timezone

from casework.core import clock
from casework.core.background import shared_task
from casework.notices.services.reminders import owe_reminders
from casework.notices.services.sending import send_waiting


@shared_task(name="deadlines.scan")
def scan(**_: Any) -> int:
    """Owe the reminders that are due."""
    at = clock.shared_now()
    return owe_reminders(timezone.localdate(at), at)


@shared_task(name="notices.send")
def send(**_: Any) -> int:
    """Send what is owed outside the system, for a minute at most: beat asks again."""
    return send_waiting(clock.shared_now)
