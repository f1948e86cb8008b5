"""Whole case files: asked for, watched, fetched, stopped."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from casework.access.policy import can, get_visible, require
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.wake import wake
from casework.documents.enums import JobKind, JobState
from casework.documents.models import Job
from casework.documents.registry import has_case_file, sheaves_of, subject_of
from casework.documents.services.jobs import cancel_job, documents_of, note_job_download, request_case_file
from casework.files.responses import download
from casework.web.guards import commission_only
from casework.web.toast import toast


@require_http_methods(["GET", "HEAD", "POST"])
@commission_only
def bind(request: HttpRequest, ref: str) -> HttpResponse:
    """What goes into the case file, and the button that has it bound."""
    user = reader(request)
    subject = subject_of(ref, user)
    if subject is None or not has_case_file(subject):
        raise Http404
    if request.method == "POST":
        job = request_case_file(subject, actor=user, at=clock.now())
        wake("documents.run", job.pk)
        return redirect("documents:job", job.pk)
    context = {
        "subject": subject,
        "documents": documents_of(subject, user),
        "sheaves": sheaves_of(subject, user),
        "jobs": Job.objects.visible_to(user).filter(subject=ref, kind=JobKind.CASE_FILE).order_by("-pk")[:5],
        "may": can(user, "document.bind"),
    }
    return render(request, "documents/bind.html", context)


@require_safe
@commission_only
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it is; renews itself."""
    user = reader(request)
    row: Job = get_visible(Job.objects.select_related("result", "document"), user, pk=pk)
    busy = row.state in {JobState.QUEUED, JobState.RUNNING}
    context = {
        "job": row,
        "busy": busy,
        "percent": 100 * row.done // row.total if row.total else 0,
        "subject": subject_of(row.subject, user),
        "may_cancel": busy and can(user, "document.bind", row),
        "may_download": row.result_id is not None and can(user, "document.download", row),
    }
    part = bool(getattr(request, "htmx", False)) and request.headers.get("HX-Target") == "docjob"
    return render(request, "documents/_job.html" if part else "documents/job.html", context)


@require_POST
@commission_only
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop it."""
    user = reader(request)
    row: Job = get_visible(Job.objects, user, pk=pk)
    cancel_job(row, actor=user, at=clock.now())
    toast(request, _("已取消。"))
    return redirect("documents:job", pk)


@require_safe
@commission_only
def file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The bound file as a download."""
    user = reader(request)
    row: Job = get_visible(Job.objects.select_related("result"), user, pk=pk)
    require(user, "document.download", row)
    if row.result is None:
        raise Http404
    note_job_download(row, actor=user, at=clock.now())
    return download(row.result, f"{row.title}.pdf")
