"""Work of the files that goes on by itself."""

from typing import Any

from django.utils import timezone

from casework.core.background import shared_task
from casework.files.scrub import scrub


@shared_task(name="files.scrub")
def scrub_files(**_: Any) -> None:
    """Read stored files again, the longest unread first."""
    scrub(begun=timezone.now())
