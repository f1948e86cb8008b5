"""Thin wrappers for Celery: no ids needed, safe to run twice, at any time, in any number of processes."""

from typing import Any

from celery import shared_task

from casework.core import clock
from casework.notices.services.reminders import owe_reminders
from casework.notices.services.sending import send_due


@shared_task(name="deadlines.scan")
def scan(**_: Any) -> int:
    """Owe the reminders that are due."""
    return owe_reminders(clock.today(), clock.now())


@shared_task(name="notices.send")
def send(**_: Any) -> int:
    """Send what is owed outside the system."""
    return send_due(clock.now())
