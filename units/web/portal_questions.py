"""One question a page: saved as answered, with its sheet and its attachments beside it."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from casework.access.policy import get_visible
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError, Stale
from casework.files.responses import download
from casework.files.services.blobs import store_blob
from casework.web.forms import version_read
from casework.web.toast import toast
from units.enums_campaign import WRITABLE
from units.models import Answer, Attachment, SelfInspection
from units.questionnaire import SHEETS, Question
from units.rules.answers import Gap
from units.selectors.self_inspections import gaps_of, question_url, rows_of, template_of
from units.services.reading import note_file_read
from units.services.self_inspections import attach, detach, save_answer
from units.web.former import keeps_what_was_typed
from units.web.portal import clocks, in_words, index_of, own_inspection

#: Rows of a sheet shown at its question before 再显示.
SHOWN = 10
MOST_SHOWN = 500
#: A portal's attachment: scans and logs, not disk images.
MAX_BYTES = 200 * 1024**2


def question_of(inspection: SelfInspection, code: str) -> Question:
    """Return the question of that code, or 404."""
    found = template_of(inspection).by_code.get(code)
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@keeps_what_was_typed
def question(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Show a question; a POST saves the answer (by itself while typing, or before going on)."""
    user = reader(request)
    inspection = own_inspection(request, pk)
    asked = question_of(inspection, code)
    error: CaseworkError | None = None
    typed: str | None = None
    if request.method == "POST":
        typed = request.POST.get("fix") or request.POST.get("value", "")
        go = request.POST.get("go", "")
        known = inspection.answers.filter(code=code).first()
        blank = not typed.strip() and (known is None or inspection.state not in WRITABLE)
        same = known is not None and typed == str(known.value) and inspection.state not in WRITABLE
        if asked.kind != "table" and not (go and blank) and not same:
            try:
                save_answer(inspection, code, typed, version=version_read(request), actor=user, at=clock.now())
                typed = None
            except CaseworkError as refusal:
                error = refusal
        if error is None and go:
            inspection.refresh_from_db()
            return redirect(_following(inspection, code, back=go == "back"))
        if error is None and "fix" in request.POST:
            return redirect(question_url(inspection, code))
        inspection.refresh_from_db()
    context = _context(inspection, asked, error, typed)
    context["all_rows"] = request.GET.get("rows") == "all"
    context["shown"] = context["rows"][: MOST_SHOWN if context["all_rows"] else SHOWN]
    context["hidden"] = len(context["rows"]) - len(context["shown"])
    if getattr(request, "htmx", False):
        # The part answers 200 also for a refusal: it belongs to the form, which keeps what was typed.
        return render(request, "units/portal/_saved.html", context)
    return render(request, "units/portal/question.html", context, status=error.status if error else 200)


def _following(inspection: SelfInspection, code: str, *, back: bool) -> str:
    """Return where to go: back by number; on to what was returned or is unanswered first, then to the signature."""
    questions = template_of(inspection).questions
    codes = [one.code for one in questions]
    here = codes.index(code)
    if back:
        return question_url(inspection, codes[here - 1] if here else "")
    gaps = [gap for gap in gaps_of(inspection) if gap.code and gap.code != code]
    urgent = [gap.code for gap in gaps if gap.kind in {"returned", "contradiction"}]
    open_codes = urgent + [gap.code for gap in gaps if gap.code not in urgent]
    later = [one for one in open_codes if codes.index(one) > here]
    following = next(iter(urgent), None) or next(iter(later), None) or next(iter(open_codes), None)
    if following:
        return question_url(inspection, following)
    return reverse("units:portal-sign", args=[inspection.pk])


def _context(
    inspection: SelfInspection, asked: Question, error: CaseworkError | None, typed: str | None
) -> dict[str, Any]:
    gaps = gaps_of(inspection)
    template = template_of(inspection)
    answer = inspection.answers.select_related("answered_by").filter(code=asked.code).first()
    sheet = SHEETS.get(asked.sheet)
    rows = list(rows_of(inspection, sheet)) if sheet else []
    number = template.numbers[asked.code]
    missing = len({gap.code for gap in gaps if gap.code})
    return {
        "inspection": inspection,
        "question": asked,
        "number": number,
        "total": template.total,
        "done": template.total - missing,
        "missing": missing,
        "answer": answer,
        "version": answer.version if answer else 0,
        "value": typed if typed is not None else (answer.value if answer else ""),
        "choices": asked.choices,
        "remarks": inspection.remarks.filter(code__in=[asked.code, ""]).order_by("-pk")[:5],
        "problems": _problems(gaps, asked.code),
        "error": error,
        "conflict": _conflict(error, asked, answer),
        "sheet": sheet,
        "columns": sheet.columns if sheet else (),
        "rows": rows,
        "attachments": inspection.attachments.filter(code=asked.code, removed_at=None).select_related("blob"),
        "index": index_of(inspection, gaps, asked.code),
        "chip": clocks([inspection.ref], clock.today()).get(inspection.ref),
        "writable": inspection.state in WRITABLE,
        "last": number == template.total,
        "said": in_words(asked, answer.value if answer else None),
    }


def _problems(gaps: Sequence[Gap], code: str) -> list[Gap]:
    return [gap for gap in gaps if gap.code == code and gap.kind == "contradiction"]


def _conflict(error: CaseworkError | None, asked: Question, answer: Answer | None) -> dict[str, Any] | None:
    if not isinstance(error, Stale) or answer is None:
        return None
    return {
        "who": answer.answered_by,
        "at": answer.answered_at,
        "theirs": in_words(asked, error.details["theirs"]),
        "yours": in_words(asked, error.details["yours"]),
        "raw_theirs": error.details["theirs"],
        "raw_yours": error.details["yours"],
        "version": error.details["version"],
    }


@require_POST
@keeps_what_was_typed
def add_attachment(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Store a file and add it to the question."""
    user = reader(request)
    inspection = own_inspection(request, pk)
    asked = question_of(inspection, code)
    given = request.FILES.get("file")
    at = clock.now()
    wrong, status = "", 400
    if given is None:
        wrong = _("没有选文件，或上传中断。可以重新选择后再传。")
    elif not given.size:
        wrong = _("文件“%(name)s”是空的，可能没有传完。可以重新选择后再传。") % {"name": given.name}
    else:
        try:
            blob = store_blob(given.chunks(), actor=user, at=at, max_bytes=MAX_BYTES)
            added = attach(inspection, code, blob, given.name or _("附件"), actor=user, at=at)
        except CaseworkError as error:
            wrong, status = error.message, error.status
        else:
            toast(request, _("已上传附件“%(name)s”。") % {"name": added.name})
            return redirect(question_url(inspection, code))
    context = _context(inspection, asked, None, request.POST.get("value"))
    context["file_error"] = wrong
    context["shown"] = context["rows"][:SHOWN]
    context["hidden"] = len(context["rows"]) - len(context["shown"])
    return render(request, "units/portal/question.html", context, status=status)


@require_POST
def drop_attachment(request: HttpRequest, pk: int, attachment: int) -> HttpResponse:
    """Take an attachment out of the draft."""
    user = reader(request)
    inspection = own_inspection(request, pk)
    found = inspection.attachments.filter(pk=attachment, removed_at=None).first()
    if found is None:
        raise Http404
    detach(inspection, found, actor=user, at=clock.now())
    toast(request, _("已去掉附件“%(name)s”。") % {"name": found.name})
    return redirect(question_url(inspection, found.code))


@require_safe
def attachment(request: HttpRequest, pk: int, attachment: int) -> HttpResponseBase:
    """Hand the unit its own attachment, also those of submitted versions."""
    user = reader(request)
    inspection = own_inspection(request, pk)
    found = inspection.attachments.select_related("blob").filter(pk=attachment).first()
    if found is None:
        raise Http404
    note_file_read(found, actor=user, at=clock.now())
    return download(found.blob, found.name)


@require_safe
def office_attachment(request: HttpRequest, pk: int, attachment: int) -> HttpResponseBase:
    """Hand an official an attachment of a report that he may see."""
    user = reader(request)
    found: Attachment = get_visible(Attachment.objects.select_related("blob"), user, pk=attachment, inspection_id=pk)
    note_file_read(found, actor=user, at=clock.now())
    return download(found.blob, found.name)
