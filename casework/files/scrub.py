"""The rolling scrub: stored files are read again, the longest unread first, and what changed or is lost is an alarm."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Min, Q
from django.db.models.functions import Coalesce

from casework.files.errors import StorageAway
from casework.files.models import Blob
from casework.files.services.blobs import recheck
from casework.files.services.types import correct_type
from casework.ledger import tree

#: A file read within this time is left for the next nights.
FRESH = timedelta(days=7)


@dataclass(frozen=True)
class Fixity:
    """How the stored files stand: how many, since when the longest unread one was not read, and how many are wrong."""

    files: int
    oldest_at: datetime | None
    wrong: int


def fixity() -> Fixity:
    """Return how the stored files stand."""
    found = Blob.objects.aggregate(oldest=Min(Coalesce("checked_at", "stored_at")))
    return Fixity(Blob.objects.count(), found["oldest"], Blob.objects.filter(intact=False).count())


def scrub(*, begun: datetime, seconds: float = 300.0) -> int:
    """Read files again for so long at most, keep the outcome for the auditor's page, and return how many were read."""
    until, done = time.monotonic() + seconds, 0
    away: list[str] = []
    waiting = Blob.objects.filter(Q(checked_at=None) | Q(checked_at__lt=begun - FRESH))
    for blob in waiting.order_by(F("checked_at").asc(nulls_first=True), "pk").iterator():
        if done and time.monotonic() > until:
            break
        try:
            if recheck(blob, at=begun):
                correct_type(blob, at=begun)
        except StorageAway:  # says nothing about the files; the next night goes on with this one
            away = ["文件存储没有应答，没有查完 / the storage does not answer, not all was read"]
            break
        done += 1
    wrong = away + [
        f"文件 {sha256[:16]}…：已改动或不在存储中 / stored file altered or missing"
        for sha256 in Blob.objects.filter(intact=False).order_by("pk").values_list("sha256", flat=True)[:100]
    ]
    last = tree.last_check("files")
    if done or last is None or last.faults != wrong:
        tree.note_check(
            "files", begun, begun + timedelta(seconds=seconds - max(0.0, until - time.monotonic())), done, wrong
        )
    return done
