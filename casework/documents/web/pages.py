"""The list of documents, one document, its pages as pictures, its files."""

import os
import tempfile
from pathlib import Path
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from casework.access.policy import can, get_visible, require
from casework.access.readers import only_reads
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.core.moments import cn_date, cn_datetime
from casework.documents.catalogue import codes, shipped, template_of
from casework.documents.enums import DocumentState, JobState
from casework.documents.fonts import substitutions
from casework.documents.models import Document
from casework.documents.registry import subject_of
from casework.documents.services.documents import note_download
from casework.documents.services.rendering import (
    check_document,
    draw_document,
    draw_document_docx,
    pages_of,
)
from casework.documents.web.forms import IssueForm, ReasonForm, ServeForm, SignedForm
from casework.files import previews
from casework.files.responses import download
from casework.ledger.models import Entry
from casework.ledger.web.proof import proofs_of
from casework.web.guards import commission_only
from casework.web.lists import Column, Filter, ListPage, address_of, render_list
from casework.web.templatetags.cw import status

#: Pixels of a page: sharp on a screen, quickly drawn.
WIDTH = 1_240


def kind_choices(_user: User) -> list[tuple[str, str]]:
    """Return the kinds of documents for the filter."""
    return [(code, shipped()[code][0].name) for code in codes()]


def _whole(text: str) -> SafeString:
    """Keep a number or a day on one line."""
    return format_html('<span class="nowrap">{}</span>', text)


PAGE = ListPage(
    title=pgettext_lazy("places", "文书"),
    queryset=lambda user: Document.objects.visible_to(user).select_related("drafted_by"),
    columns=(
        Column(
            "number", _l("文号"), lambda row: _whole(row.number or "—"), sort="number", export=lambda row: row.number
        ),
        Column("title", _l("标题"), "title", link=True),
        Column("kind", _l("文种"), "kind", sort="kind"),
        Column(
            "state", _l("状态"), lambda row: status("document", row.state), export=lambda row: row.get_state_display()
        ),
        Column(
            "issued_on",
            _l("成文日期"),
            lambda row: _whole(cn_date(row.issued_on)) if row.issued_on else "",
            sort="-issued_on",
            export=lambda row: row.issued_on,
        ),
        Column(
            "drafted_by", _l("拟稿人"), lambda row: _whole(row.drafted_by.name), export=lambda row: row.drafted_by.name
        ),
        Column(
            "updated_at",
            _l("更新"),
            lambda row: _whole(cn_datetime(row.updated_at)),
            sort="-updated_at",
            export=lambda row: row.updated_at,
        ),
    ),
    filters=(
        Filter("code", _l("文种"), "code", kind_choices),
        Filter("state", _l("状态"), "state", DocumentState.choices),
        Filter("issued", _l("成文日期"), "issued_on", kind="date"),
    ),
    search=("title__icontains", "number__icontains"),
    order=("-updated_at", "-pk"),
    row_url=address_of("documents:detail"),
    unit=_l("件"),
    empty_text=_l("还没有文书"),
    empty_why=_l("在案件、线索、处分、清单的页面上制作。"),
)


@require_safe
@commission_only
def listing(request: HttpRequest) -> HttpResponseBase:
    """All documents that the reader may know of."""
    return render_list(request, PAGE, {}, "documents/list.html")


def _document(request: HttpRequest, pk: int) -> Document:
    rows = Document.objects.select_related("pdf", "docx", "signed", "own_template", "drafted_by", "issued_by")
    found: Document = get_visible(rows, reader(request), pk=pk)
    return found


@require_safe
@commission_only
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One document: its pages, where it stands, what can be done with it, its proof."""
    user = reader(request)
    row = _document(request, pk)
    trouble, pages = "", row.pages
    try:
        if not pages:
            pages = pages_of(draw_document(row))
        substituted = substitutions()
    except CaseworkError as error:
        trouble, pages, substituted = error.message, 0, []
    entry = Entry.objects.filter(pk=row.entry_id).first() if row.entry_id else None
    template = template_of(row)
    context = {
        "document": row,
        "template": template,
        "subject": subject_of(row.subject, user),
        "pages": range(1, pages + 1),
        "trouble": trouble,
        "substituted": substituted,
        "proof": proofs_of([entry])[entry.pk] if entry else None,
        "job": row.jobs.order_by("-pk").first(),
        "going": (JobState.QUEUED, JobState.RUNNING),
        **_acts(row, user, template.by_officer, template.served),
    }
    return render(request, "documents/detail.html", context)


def _acts(row: Document, user: User, by_officer: bool, served: bool) -> dict[str, Any]:
    """Return what the reader may do now, each with its form."""
    draft, waiting = row.state == DocumentState.DRAFT, row.state == DocumentState.FOR_SIGNATURE
    out = row.state in {DocumentState.ISSUED, DocumentState.SERVED}
    may_issue = (waiting or (draft and by_officer)) and can(user, "document.issue", row)
    withdraw = not row.withdrawn_at and can(user, "document.withdraw", row)
    return {
        "may_edit": draft and can(user, "document.draft", row),
        "may_submit": draft and not by_officer and can(user, "document.draft", row),
        "issue_form": IssueForm(initial={"issued_on": clock.today()}) if may_issue else None,
        "return_form": ReasonForm(prefix="return") if waiting and may_issue else None,
        "serve_form": ServeForm(initial={"served_on": clock.today()})
        if row.state == DocumentState.ISSUED and served and can(user, "document.serve", row)
        else None,
        "signed_form": SignedForm() if out and not row.signed_id and can(user, "document.attach", row) else None,
        "withdraw_form": ReasonForm(prefix="withdraw")
        if withdraw and (not row.number or can(user, "document.issue", row))
        else None,
        "may_check": bool(row.pdf_id) and can(user, "document.download", row) and not only_reads(user),
        "may_download": can(user, "document.download", row),
    }


@require_safe
@commission_only
def page(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """A page of the document as a picture; of a draft, drawn now."""
    row = _document(request, pk)
    drawn = _picture(row, number - 1)
    response = HttpResponse(drawn, content_type="image/png")
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _picture(row: Document, index: int) -> bytes:
    try:
        if row.pdf is not None:
            return previews.drawing(row.pdf.sha256, index, "", WIDTH)
        return picture_of(draw_document(row), index)
    except (LookupError, FileNotFoundError, CaseworkError) as error:
        raise Http404 from error


def picture_of(pdf: bytes, index: int) -> bytes:
    """Return a page of a PDF that is not kept as a picture."""
    handle, name = tempfile.mkstemp(suffix=".pdf")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(pdf)
        return previews.picture(Path(name), index, "", WIDTH)
    finally:
        os.unlink(name)


@require_safe
@commission_only
def signed_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The first page of the signed copy, to be held beside the document."""
    row = _document(request, pk)
    if row.signed is None or row.signed.malware:
        raise Http404
    try:
        drawn = previews.drawing(row.signed.sha256, 0, "", WIDTH)
    except (LookupError, FileNotFoundError) as error:
        raise Http404 from error
    response = HttpResponse(drawn, content_type="image/png")
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
@commission_only
def file(request: HttpRequest, pk: int, what: str) -> HttpResponseBase:
    """PDF, DOCX or the signed copy as a download; the record knows of it first."""
    row = _document(request, pk)
    user = reader(request)
    blob = {"pdf": row.pdf, "docx": row.docx, "signed": row.signed}[what]
    name = f"{row.kind}{row.number or '（草稿）'}"
    if blob is None and (what == "signed" or row.number):
        raise Http404
    note_download(row, what, actor=user, at=clock.now())
    if blob is not None:
        return download(blob, row.signed_name if what == "signed" else f"{name}.{what}")
    drawn = draw_document(row) if what == "pdf" else draw_document_docx(row)
    response = HttpResponse(drawn, content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="draft-{row.pk}.{what}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
@commission_only
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Draw the document again and compare the bytes."""
    user = reader(request)
    row = _document(request, pk)
    require(user, "document.download", row)
    if row.pdf is None:
        raise Http404
    found = check_document(row, actor=user, at=clock.now())
    if getattr(request, "htmx", False):
        return render(request, "documents/_check.html", {"check": found, "document": row})
    return render(request, "documents/check.html", {"check": found, "document": row})
