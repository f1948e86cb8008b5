"""Work of the files that goes on by itself."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from casework.files.scrub import scrub


@shared_task(name="files.scrub")
def scrub_files(**_: Any) -> None:
    """Read stored files again, the longest unread first."""
    scrub(begun=timezone.now())
