"""Work in the background: large documents and whole case files, with progress, until it is done or stopped.

A worker that dies leaves a job that has not moved; the next scan takes it up from its beginning. What it had made so
far lies in a file that nobody knows of and that is thrown away.
"""

import os
import tempfile
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import CaseworkError, Refused
from casework.documents.binding import CannotBind, Piece, bind, pages_in
from casework.documents.catalogue import current
from casework.documents.enums import OUT, JobKind, JobState
from casework.documents.filling import complete, fill
from casework.documents.models import Document, Job
from casework.documents.pdf import Sheet, draw_pdf
from casework.documents.registry import Sheaf, Subject, collected, has_case_file, sheaves_of, subject_of
from casework.documents.services.rendering import pages_of, render_document
from casework.files import storage
from casework.files.services.blobs import keep_received, read_digests
from casework.ledger.record import record

#: A job that has not moved for so long has lost its worker.
LOST_AFTER: Final = timedelta(seconds=120)
#: After so many lost workers the job itself is the trouble.
TRIES: Final = 3
MAX_PAGES: Final = 5_000


class _Stopped(Exception):
    """Somebody cancelled the job."""


def request_case_file(subject: Subject, *, actor: User, at: datetime) -> Job:
    """Ask for the whole file of the subject; a worker binds it. One at a time."""
    if not has_case_file(subject):
        raise Refused(_("这件事没有案卷可以装订。"), code="no_case_file")
    job = Job(
        kind=JobKind.CASE_FILE,
        subject=subject.ref,
        compartment_id=subject.compartment_id,
        title=_("案卷：%(label)s") % {"label": subject.label[:280]},
        asked_by=actor,
        asked_at=at,
    )
    require(actor, "document.bind", job)
    if not documents_of(subject, actor) and not sheaves_of(subject, actor):
        raise Refused(_("不能装订：还没有印发的文书，也没有可以装订的附件。可以先印发文书。"), code="nothing_to_bind")
    with transaction.atomic():
        going = Job._base_manager.select_for_update().filter(
            subject=subject.ref, kind=JobKind.CASE_FILE, state__in=[JobState.QUEUED, JobState.RUNNING]
        )
        same: Job | None = going.first()
        if same is not None:
            return same
        job.save()
    return job


def cancel_job(job: Job, *, actor: User, at: datetime) -> Job:
    """Stop the job; what was made so far is thrown away."""
    require(actor, "document.bind", job)
    with transaction.atomic():
        going = Job._base_manager.filter(pk=job.pk, state__in=[JobState.QUEUED, JobState.RUNNING])
        if not going.update(state=JobState.CANCELLED, ended_at=at):
            raise Refused(_("不能取消：因为已经做完或者已经停止。"), code="wrong_state")
        if job.kind == JobKind.CASE_FILE:
            record("document.binding_cancelled", ref=job.subject, actor=actor, at=at, data={"job": job.pk})
    job.refresh_from_db()
    return job


def waiting_jobs() -> list[int]:
    """Return the jobs that nobody works on: not begun yet, or whose worker was lost."""
    lost = Q(moved_at__isnull=True) | Q(moved_at__lt=Now() - LOST_AFTER)
    rows = Job._base_manager.filter(lost, state__in=[JobState.QUEUED, JobState.RUNNING]).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:20])


def run_job(pk: int, *, at: datetime) -> Job | None:
    """Do the job, unless another worker has it or it is over; a second run finds nothing to do."""
    lost = Q(moved_at__isnull=True) | Q(moved_at__lt=Now() - LOST_AFTER)
    mine = Job._base_manager.filter(lost, pk=pk, state__in=[JobState.QUEUED, JobState.RUNNING])
    tries = Job._base_manager.filter(pk=pk).values_list("tries", flat=True).first() or 0
    if not mine.update(state=JobState.RUNNING, moved_at=Now(), tries=tries + 1, done=0):
        return None
    job: Job = Job._base_manager.select_related("document", "asked_by").get(pk=pk)
    try:
        if job.tries > TRIES:
            _end(job, at, state=JobState.FAILED, message=_("制作多次中断。可以再做一次，或者告诉系统管理员。"))
        elif job.kind == JobKind.RENDER:
            _render(job, at)
        else:
            with override("zh-hans"):
                _bind(job, at)
    except _Stopped:
        pass
    except CaseworkError as error:
        _end(job, at, state=JobState.FAILED, message=error.message[:500])
    except Exception:
        _end(job, at, state=JobState.FAILED, message=_("制作时出错，请告诉系统管理员。可以再做一次。"))
        raise
    job.refresh_from_db()
    return job


def _end(job: Job, at: datetime, **values: Any) -> bool:
    going = Job._base_manager.filter(pk=job.pk, state=JobState.RUNNING)
    return bool(going.update(**values, ended_at=at))


def _move(job: Job, done: int, total: int) -> None:
    """Say how far it is; raises ``_Stopped`` when somebody cancelled it."""
    going = Job._base_manager.filter(pk=job.pk, state=JobState.RUNNING)
    if not going.update(done=done, total=total, moved_at=Now()):
        raise _Stopped


def _render(job: Job, at: datetime) -> None:
    _move(job, 0, 2)
    document = job.document
    if document is None:
        raise TypeError("a job of drawing has a document")
    row = render_document(document, actor=job.asked_by, at=at)
    _end(job, at, state=JobState.DONE, done=2, total=2, pages=row.pages)


def documents_of(subject: Subject, user: User) -> list[Document]:
    """Return the documents that belong to the file of the subject and that the reader may know, oldest first."""
    rows = Document.objects.visible_to(user).filter(compartment_id=subject.compartment_id, state__in=sorted(OUT))
    if not subject.whole:
        rows = rows.filter(subject__in=[subject.ref, *subject.also])
    return list(rows.select_related("pdf", "signed", "drafted_by").order_by("issued_on", "pk"))


def _sheaves(subject: Subject, job: Job) -> list[Sheaf]:
    """Return all pieces: the documents, signed ones as they were signed, then the attached files."""
    found = []
    for row in documents_of(subject, job.asked_by):
        blob = row.signed or row.pdf
        if blob is not None:
            found.append(Sheaf(row.title, blob, row.number, row.issued_on, row.drafted_by.name))
    return found + sheaves_of(subject, job.asked_by)


def _bind(job: Job, at: datetime) -> None:
    subject = subject_of(job.subject, job.asked_by)
    if subject is None:
        raise Refused(_("不能装订：您已经无权知悉这件事。"))
    with ExitStack() as hand:
        _bind_all(job, subject, hand, at)


def _bind_all(job: Job, subject: Subject, hand: ExitStack, at: datetime) -> None:
    """Bind the pieces; ``hand`` holds their files until the case file is stored."""
    usable, skipped, sizes = [], [], []
    sheaves = _sheaves(subject, job)
    for sheaf in sheaves:
        try:
            piece = Piece(sheaf.title, hand.enter_context(storage.at_hand(sheaf.blob.sha256)))
            sizes.append(pages_in(piece))
            usable.append((sheaf, piece))
        except (CannotBind, FileNotFoundError):
            skipped.append(sheaf)
        _move(job, 0, max(sum(sizes), 1))
    if sum(sizes) > MAX_PAGES:
        raise Refused(_("不能装订：案卷有 %(n)d 页，超过 %(max)d 页。") % {"n": sum(sizes), "max": MAX_PAGES})
    rows = _lines(usable, sizes, skipped)
    front = _index(subject, job, rows, at)
    before = pages_of(front)
    for row in rows:
        if "first" in row:
            first, last = before + row.pop("first"), before + row.pop("last")
            row["page"] = str(first) if first == last else f"{first}-{last}"
    front = _index(subject, job, rows, at)
    total = before + sum(sizes)
    handle, name = tempfile.mkstemp(dir=storage.incoming(), suffix=".bind")
    os.close(handle)
    path = Path(name)
    try:
        pages = bind(front, [piece for _sheaf, piece in usable], path, moved=lambda n: _move(job, n, total))
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
        blob = keep_received(path, read_digests(path), actor=job.asked_by, at=at)
    except CannotBind as error:
        raise Refused(_("不能装订：“%(title)s”打不开。") % {"title": error}) from error
    finally:
        path.unlink(missing_ok=True)
    with transaction.atomic():
        contents = [{key: row[key] for key in ("title", "number", "day", "page")} for row in rows]
        values = {"result": blob, "pages": pages, "contents": contents, "done": total, "total": total}
        if not _end(job, at, state=JobState.DONE, **values):
            return
        record(
            "document.bound",
            ref=job.subject,
            actor=job.asked_by,
            at=at,
            data={
                "job": job.pk,
                "sha256": blob.sha256,
                "pages": pages,
                "pieces": len(usable),
                "left_out": len(skipped),
            },
        )


def _lines(usable: list[tuple[Sheaf, Piece]], sizes: list[int], skipped: list[Sheaf]) -> list[dict[str, Any]]:
    """Return the lines of the index; what cannot be bound is named in it, never dropped in silence."""
    rows: list[dict[str, Any]] = []
    at = 1
    for (sheaf, _piece), size in zip(usable, sizes, strict=True):
        rows.append({**_line(sheaf), "page": "000-000", "first": at, "last": at + size - 1})
        at += size
    return rows + [{**_line(sheaf), "page": _("打不开，未装订")} for sheaf in skipped]


def _line(sheaf: Sheaf) -> dict[str, Any]:
    day = sheaf.day.isoformat() if sheaf.day else ""
    return {"title": sheaf.title, "number": sheaf.number, "day": day, "who": sheaf.who}


def _index(subject: Subject, job: Job, rows: list[dict[str, Any]], at: datetime) -> bytes:
    template, _own = current("case_index")
    lines = [{key: row[key] for key in ("title", "number", "day", "who", "page")} for row in rows]
    data = {**collected("case_index", subject, job.asked_by, at), "entries": lines}
    blocks = fill(template, complete(template, data))
    return draw_pdf(Sheet(job.title, blocks, timezone.localdate(at), grid=False))


def note_job_download(job: Job, *, actor: User, at: datetime) -> None:
    """Write down that the case file is handed out; committed before the first byte leaves."""
    require(actor, "document.download", job)
    with transaction.atomic():
        data = {"job": job.pk, "what": "case_file", "sha256": job.result.sha256 if job.result else ""}
        record("document.downloaded", ref=job.subject, actor=actor, at=at, data=data)
