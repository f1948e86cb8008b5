"""Tasks of the floor itself."""

from typing import Any

from celery import shared_task

from casework.core import heartbeat


@shared_task(name="core.heartbeat")
def mark_alive(**_: Any) -> None:
    """Leave the sign of life that ``/readyz`` reads."""
    heartbeat.beat()
