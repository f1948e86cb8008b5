"""Bundles made in the background: asked for, made by a worker with progress, fetched, thrown away."""

import hashlib
import logging
import shutil
import tempfile
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from casework.access.models import NeedToKnow
from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import CaseworkError, NotAllowed, Refused
from casework.files import storage
from casework.ledger.record import record
from casework.ledger.refs import resolve
from evidence.enums import JobState
from evidence.models import BundleJob, Item
from evidence.services.bundle import make_bundle, subject_of

logger = logging.getLogger(__name__)
CHUNK: Final = 1 << 20
#: How long a finished bundle can be fetched.
KEPT: Final = timedelta(days=7)
#: A job that a worker took and never finished is taken again after this.
STUCK: Final = timedelta(hours=2)


def request_bundle(ref: str, *, redacted: bool, actor: User, at: datetime) -> BundleJob:
    """Ask for the bundle of an item or a case; a worker makes it. One at a time for a person and a thing."""
    known = resolve(ref, actor)
    items = _items(ref, actor) if known else []
    if known is None or not items:
        raise NotAllowed(_("没有可以装进取证包的证物，或您无权知悉。"))
    for item in items:
        require(actor, "evidence.bundle", item)
    with transaction.atomic():
        waiting = BundleJob.objects.select_for_update().filter(
            ref=ref, redacted=redacted, requested_by=actor, state__in=[JobState.QUEUED, JobState.RUNNING]
        )
        same: BundleJob | None = waiting.first()
        if same is not None:
            return same
        return BundleJob.objects.create(
            ref=ref,
            title=known.label[:300],
            compartment_id=items[0].compartment_id,
            redacted=redacted,
            requested_by=actor,
            requested_at=at,
        )


def _items(ref: str, user: User) -> list[Item]:
    """Return the items of the thing whose content the person may know: a cited item of another matter stays out."""
    keys = [item.pk for item in subject_of(ref).items]
    found: list[Item] = list(NeedToKnow(model=Item).visible_to(user).filter(pk__in=keys).order_by("number"))
    return found


def run_bundle(pk: int, *, at: datetime) -> BundleJob | None:
    """Make the bundle of a job; returns None when another worker has it. The reader's rights count as they are now."""
    with transaction.atomic():
        job: BundleJob | None = BundleJob.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
        if job is None or job.state != JobState.QUEUED:
            return None
        job.state = JobState.RUNNING
        job.save(update_fields=["state"])
    try:
        size, sha256 = _make(job, at)
    except CaseworkError as error:
        return _end(job, at, state=JobState.FAILED, error=error.message[:500])
    except Exception:
        _end(job, at, state=JobState.FAILED, error=_("制作时出错，请告诉系统管理员。可以再做一次。"))
        raise
    return _end(job, at, state=JobState.DONE, size=size, sha256=sha256)


def _make(job: BundleJob, at: datetime) -> tuple[int, str]:
    items = _items(job.ref, job.requested_by)
    place = path_of(job)
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix="bundle-", dir=place.parent) as room:
        folder = make_bundle(
            items,
            Path(room) / "bag",
            title=job.title,
            actor=job.requested_by,
            at=at,
            redacted=job.redacted,
            progress=lambda done, total: _note(job, done, total),
        )
        packed = Path(room) / "bag.zip"
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
            for path in sorted(folder.rglob("*")):
                archive.write(path, Path(name_of(job)).stem / path.relative_to(folder))
        digest = hashlib.sha256()
        with packed.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
        packed.chmod(0o400)
        shutil.move(packed, place)
    return place.stat().st_size, digest.hexdigest()


def _note(job: BundleJob, done: int, total: int) -> None:
    BundleJob.objects.filter(pk=job.pk).update(done=done, total=total)


def _end(job: BundleJob, at: datetime, **values: Any) -> BundleJob:
    for name, value in {**values, "finished_at": at}.items():
        setattr(job, name, value)
    job.save(update_fields=[*values, "finished_at"])
    return job


def path_of(job: BundleJob) -> Path:
    """Return where the finished archive lies."""
    return storage.root() / "bundles" / f"{job.pk}.zip"


def name_of(job: BundleJob) -> str:
    """Return the archive's name for the reader, from the key alone: titles stay inside."""
    return f"{job.ref.replace(':', '-')}-{job.pk}.zip"


def fetch_bundle(job: BundleJob, *, actor: User, at: datetime) -> Path:
    """Write down that the archive is handed out and return it; committed before the first byte leaves."""
    if job.state != JobState.DONE or job.requested_by_id != actor.pk or not path_of(job).is_file():
        raise Refused(_("不能下载：取证包还没有做好，或者已经清除。可以再做一次。"))
    for item in _items(job.ref, actor):
        require(actor, "evidence.bundle", item)
    if resolve(job.ref, actor) is None:
        raise NotAllowed(_("没有可以装进取证包的证物，或您无权知悉。"))
    with transaction.atomic():
        record(
            "item.bundle_fetched",
            ref=job.ref,
            actor=actor,
            at=at,
            data={"bundle": job.pk, "sha256": job.sha256, "size": str(job.size), "redacted": job.redacted},
        )
    return path_of(job)


def sweep_bundles(*, at: datetime) -> list[int]:
    """Throw away what is older than a week; return the jobs that wait for a worker, stuck ones among them."""
    for job in BundleJob.objects.filter(state=JobState.DONE, finished_at__lt=at - KEPT):
        path_of(job).unlink(missing_ok=True)
        _end(job, job.finished_at or at, state=JobState.EXPIRED)
    BundleJob.objects.filter(state=JobState.RUNNING, requested_at__lt=at - STUCK).update(state=JobState.QUEUED)
    return list(BundleJob.objects.filter(state=JobState.QUEUED).order_by("pk").values_list("pk", flat=True))
