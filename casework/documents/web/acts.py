"""Making documents and moving them on."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from casework.access.policy import get_visible, require
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.core.wake import wake
from casework.documents.catalogue import current, template_of
from casework.documents.filling import wrong_inputs
from casework.documents.models import Document
from casework.documents.registry import Subject, collected, offered, subject_of
from casework.documents.services.documents import (
    NUMBER,
    attach_signed,
    draft_document,
    issue_document,
    redraft_document,
    return_document,
    serve_document,
    submit_document,
    withdraw_document,
)
from casework.documents.services.rendering import data_of
from casework.documents.web.forms import DocumentForm, IssueForm, ReasonForm, ServeForm, SignedForm, typed
from casework.web.forms import add_refusal
from casework.web.guards import commission_only
from casework.web.toast import toast


def _subject(request: HttpRequest, ref: str) -> Subject:
    found = subject_of(ref, reader(request))
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@commission_only
def new(request: HttpRequest, ref: str, code: str) -> HttpResponse:
    """Make a document of a thing: what the records hold is filled in, what is missing is named."""
    user = reader(request)
    subject = _subject(request, ref)
    if code not in offered(subject):
        raise Http404
    require(user, "document.draft")
    template, _own = current(code)
    at = clock.now()
    known = collected(code, subject, user, at)
    number = str(known.pop(NUMBER, ""))
    form = DocumentForm(request.POST or None, template=template, initial=typed(template, known))
    if request.method == "POST" and form.is_valid():
        try:
            row = draft_document(subject, code, form.data_of_template(), actor=user, at=at, number=number)
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已拟制%(kind)s。") % {"kind": row.kind})
            return redirect("documents:detail", row.pk)
    missing = [] if form.is_bound else list(wrong_inputs(template, known).values())
    context = {
        "form": form, "template": template, "subject": subject, "missing": missing, "number": number,
        "verb": _("存为草稿"),
    }  # fmt: skip
    return render(request, "documents/edit.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@commission_only
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a draft."""
    user = reader(request)
    row: Document = get_visible(Document.objects, user, pk=pk)
    require(user, "document.draft", row)
    template = template_of(row)
    form = DocumentForm(request.POST or None, template=template, initial=typed(template, data_of(row)))
    if request.method == "POST" and form.is_valid():
        try:
            version = int(request.POST.get("version", "0") or 0)
            redraft_document(row, form.data_of_template(), version=version, actor=user, at=clock.now())
        except ValueError:
            form.add_error(None, _("这张表缺少版本号，请刷新后再存。"))
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已存。"))
            return redirect("documents:detail", row.pk)
    context = {
        "form": form, "template": template, "document": row, "subject": subject_of(row.subject, user), "missing": [],
        "verb": _("存草稿"), "version": request.POST.get("version", row.version),
    }  # fmt: skip
    return render(request, "documents/edit.html", context, status=422 if form.is_bound else 200)


_ACTS = ("submit", "issue", "return", "serve", "withdraw", "signed")


@require_http_methods(["GET", "HEAD", "POST"])
@commission_only
def act(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """One act on the document; a refusal comes back with what was typed."""
    user = reader(request)
    row: Document = get_visible(Document.objects, user, pk=pk)
    if name not in _ACTS:
        raise Http404
    require(user, {"return": "document.issue", "submit": "document.draft", "signed": "document.attach"}.get(
        name, f"document.{name}"), row)  # fmt: skip
    form, verb = _form(request, name)
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            said = _do(row, name, form.cleaned_data if form else {}, user)
        except CaseworkError as error:
            if form is None:
                raise
            add_refusal(form, error)
        else:
            toast(request, said)
            return redirect("documents:detail", pk)
    context = {"document": row, "form": form, "verb": verb, "multipart": name == "signed"}
    return render(request, "documents/act.html", context, status=422 if request.method == "POST" else 200)


def _form(request: HttpRequest, name: str) -> tuple[Any, str]:
    data, files = request.POST or None, request.FILES or None
    day = {"issued_on": clock.today(), "served_on": clock.today()}
    return {
        "submit": (None, _("送签")),
        "issue": (IssueForm(data, initial=day), _("签发")),
        "return": (ReasonForm(data, prefix="return"), _("退回修改")),
        "serve": (ServeForm(data, initial=day), _("登记送达")),
        "withdraw": (ReasonForm(data, prefix="withdraw"), _("撤回")),
        "signed": (SignedForm(data if data is not None else ({} if files else None), files), _("附扫描件")),
    }[name]


def _do(row: Document, name: str, given: dict[str, Any], user: Any) -> str:
    at = clock.now()
    if name == "submit":
        return _("已送签%(kind)s。") % {"kind": submit_document(row, actor=user, at=at).kind}
    if name == "issue":
        done = issue_document(row, actor=user, at=at, **given)
        for job in done.jobs.filter(state="queued"):
            wake("documents.run", job.pk)
        return _("已印发 %(number)s。") % {"number": done.number}
    if name == "return":
        return _("已退回%(kind)s。") % {"kind": return_document(row, actor=user, at=at, **given).kind}
    if name == "serve":
        return _("已登记送达 %(number)s。") % {"number": serve_document(row, actor=user, at=at, **given).number}
    if name == "withdraw":
        return _("已撤回%(kind)s。") % {"kind": withdraw_document(row, actor=user, at=at, **given).kind}
    file = given["file"]
    attach_signed(row, file.chunks(), file.name, actor=user, at=at)
    return _("已附签名扫描件。")
