"""Tasks of the floor itself."""

from typing import Any

from casework.core import heartbeat
from casework.core.background import shared_task


@shared_task(name="core.heartbeat")
def mark_alive(**_: Any) -> None:
    """Leave the sign of life that ``/readyz`` reads."""
    heartbeat.beat()
