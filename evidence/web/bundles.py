"""Asking for a bundle, watching it being made, fetching it."""

from django import forms
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods, require_safe

from casework.access.policy import get_visible, require
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.core.wake import wake
from casework.ledger.refs import resolve
from casework.web.forms import add_refusal
from casework.web.guards import officials_only
from evidence.models import BundleJob
from evidence.services.bundle_jobs import fetch_bundle, name_of, request_bundle
from evidence.web.people import reader


class BundleForm(forms.Form):
    """Whole, or without the personal values."""

    redacted = forms.BooleanField(
        label=_l("删减：不含个人信息"),
        required=False,
        help_text=_l(
            "账本中个人信息的原文不装入；人名以 ■■■ 代替，文件改用编号作名称；证人证言、被调查人供述的文件和外来取证包只列摘要。"
            "其他文件的内容照原样装入，逐条证明照样成立"
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@officials_only
def new(request: HttpRequest) -> HttpResponse:
    """Ask for the bundle of an item or a case (``?ref=item:42``)."""
    user = reader(request)
    ref = request.GET.get("ref", "")
    known = resolve(ref, user)
    if known is None or not known.trail:
        raise Http404
    require(user, "evidence.bundle")
    form = BundleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            job = request_bundle(ref, redacted=form.cleaned_data["redacted"], actor=user, at=clock.now())
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            wake("evidence.bundle", job.pk)
            return redirect("evidence:bundle-job", pk=job.pk)
    context = {
        "form": form,
        "known": known,
        "jobs": BundleJob.objects.visible_to(user).filter(ref=ref).order_by("-pk")[:5],
    }
    return render(request, "evidence/bundle_new.html", context, status=409 if request.method == "POST" else 200)


@require_safe
@officials_only
def jobs(request: HttpRequest) -> HttpResponse:
    """The reader's own bundles."""
    rows = BundleJob.objects.visible_to(reader(request)).order_by("-pk")[:100]
    return render(request, "evidence/bundles.html", {"jobs": rows})


@require_safe
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a bundle is; renews itself while it is being made."""
    user = reader(request)
    row = get_visible(BundleJob.objects, user, pk=pk)
    context = {
        "job": row,
        "known": resolve(row.ref, user),
        "busy": row.state in ("queued", "running"),
        "percent": row.done * 100 // row.total if row.total else 0,
    }
    part = bool(getattr(request, "htmx", False))
    return render(request, "evidence/_bundle_job.html" if part else "evidence/bundle_job.html", context)


@require_safe
def fetch(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Hand out the finished archive; the ledger knows of it before the first byte leaves."""
    user = reader(request)
    row = get_visible(BundleJob.objects, user, pk=pk)
    if request.method == "HEAD":
        return HttpResponse(headers={"Content-Length": str(row.size)})
    path = fetch_bundle(row, actor=user, at=clock.now())
    response = FileResponse(path.open("rb"), as_attachment=True, filename=name_of(row), content_type="application/zip")
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
