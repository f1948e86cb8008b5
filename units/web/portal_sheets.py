"""Rows of the unit's sheets: one at a time, or many from a spreadsheet."""

import csv
import io
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError, Invalid, Stale
from casework.web.forms import DayField, add_refusal
from casework.web.toast import toast
from units.models import SelfInspection
from units.models.self_inspections import Row
from units.questionnaire import SHEETS, Column, Question, Sheet
from units.selectors.self_inspections import question_url, rows_of, template_of
from units.services.self_inspections import add_rows, change_row, remove_row
from units.services.sheet_import import SheetResult, import_rows, template_rows
from units.web.former import keeps_what_was_typed
from units.web.portal import own_inspection
from units.web.posted import posted

MAX_BYTES = 20 * 1024**2
_CHOICE = gettext_lazy("选一项")


class RowForm(forms.Form):
    """A row of a sheet; its fields come from the sheet's columns, the rules stay in ``rules.answers``."""

    def __init__(self, sheet: Sheet, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for column in sheet.columns:
            self.fields[column.field] = _field(column)


def _field(column: Column) -> forms.Field:
    label = str(column.label)
    if column.kind == "choice":
        choices = [("", _CHOICE), *column.choices]
        return forms.ChoiceField(label=label, choices=choices, required=column.required)
    if column.kind == "yes_no":
        return forms.BooleanField(label=label, required=False)
    if column.kind == "date":
        return DayField(label=label, required=column.required)
    return forms.CharField(label=label, required=column.required, max_length=column.longest)


def _place(inspection: SelfInspection, code: str) -> tuple[Question, Sheet]:
    question = template_of(inspection).by_code.get(code)
    if question is None or question.sheet not in SHEETS:
        raise Http404
    return question, SHEETS[question.sheet]


def _initial(sheet: Sheet, row: Row) -> dict[str, Any]:
    return {field: getattr(row, field) for field in sheet.fields}


@require_http_methods(["GET", "HEAD", "POST"])
@keeps_what_was_typed
def new_row(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Add a row to the question's sheet."""
    user = reader(request)
    inspection = own_inspection(request, pk)
    question, sheet = _place(inspection, code)
    form = RowForm(sheet, posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            add_rows(inspection, sheet.code, [form.cleaned_data], actor=user, at=clock.now())
        except CaseworkError as error:
            _place_errors(form, error)
        else:
            toast(request, _("已在%(sheet)s加一行。") % {"sheet": sheet.title})
            if request.POST.get("again"):
                return redirect("units:portal-row-new", pk=pk, code=code)
            return redirect(question_url(inspection, code))
    return _row_page(request, inspection, question, sheet, form, None)


def _place_errors(form: RowForm, error: CaseworkError) -> None:
    rows = error.details.get("rows")
    if isinstance(rows, Mapping) and rows:
        for field, text in next(iter(rows.values())).items():
            if field:
                form.add_error(field, str(text))
    else:
        add_refusal(form, error)


@require_http_methods(["GET", "HEAD", "POST"])
@keeps_what_was_typed
def edit_row(request: HttpRequest, pk: int, code: str, row: int) -> HttpResponse:
    """Change a row of the question's sheet."""
    user = reader(request)
    inspection = own_inspection(request, pk)
    question, sheet = _place(inspection, code)
    found = rows_of(inspection, sheet).filter(pk=row).first()
    if found is None:
        raise Http404
    form = RowForm(sheet, posted(request), initial=_initial(sheet, found))
    conflict = None
    if request.method == "POST" and form.is_valid():
        given = request.POST.get("version", "")
        try:
            change_row(
                inspection,
                sheet.code,
                found.pk,
                form.cleaned_data,
                version=int(given) if given.isdecimal() and len(given) < 9 else None,
                actor=user,
                at=clock.now(),
            )
        except Stale as error:
            conflict = error.details["theirs"]
            found.refresh_from_db()
            add_refusal(form, error)
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已修改%(sheet)s的一行。") % {"sheet": sheet.title})
            return redirect(question_url(inspection, code))
    return _row_page(request, inspection, question, sheet, form, found, conflict)


def _row_page(
    request: HttpRequest,
    inspection: SelfInspection,
    question: Question,
    sheet: Sheet,
    form: RowForm,
    row: Row | None,
    conflict: Mapping[str, Any] | None = None,
) -> HttpResponse:
    context = {
        "inspection": inspection,
        "question": question,
        "number": template_of(inspection).numbers[question.code],
        "sheet": sheet,
        "form": form,
        "row": row,
        "conflict": [(column.label, conflict.get(column.field)) for column in sheet.columns] if conflict else None,
        "back": question_url(inspection, question.code),
    }
    return render(request, "units/portal/row.html", context, status=400 if form.errors else 200)


@require_POST
def drop_row(request: HttpRequest, pk: int, code: str, row: int) -> HttpResponse:
    """Take a row out of the draft."""
    user = reader(request)
    inspection = own_inspection(request, pk)
    _question, sheet = _place(inspection, code)
    remove_row(inspection, sheet.code, row, actor=user, at=clock.now())
    toast(request, _("已从%(sheet)s去掉一行。") % {"sheet": sheet.title})
    return redirect(question_url(inspection, code))


@require_http_methods(["GET", "HEAD", "POST"])
@keeps_what_was_typed
def import_sheet(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Take rows from a file or from pasted cells; those that cannot be taken are shown with what is wrong."""
    user = reader(request)
    inspection = own_inspection(request, pk)
    question, sheet = _place(inspection, code)
    error: CaseworkError | None = None
    result: SheetResult | None = None
    pasted = request.POST.get("pasted", "")
    if request.method == "POST":
        try:
            with tempfile.TemporaryDirectory() as folder:
                path = _received(request, Path(folder), pasted)
                result = import_rows(inspection, sheet.code, path, actor=user, at=clock.now())
        except CaseworkError as refusal:
            error = refusal
        if result is not None and not result.refused:
            words = ngettext(
                "已导入 %(n)s 行，%(same)s 行原来就有。", "已导入 %(n)s 行，%(same)s 行原来就有。", result.taken
            ) % {"n": result.taken, "same": result.unchanged}
            toast(request, words)
            return redirect(question_url(inspection, code))
    context = {
        "inspection": inspection,
        "question": question,
        "number": template_of(inspection).numbers[code],
        "sheet": sheet,
        "error": error,
        "result": result,
        "refused": _refused(sheet, result) if result else [],
        "pasted": _left_over(sheet, result) if result else pasted,
        "back": question_url(inspection, code),
        "header": "\t".join(str(column.label) for column in sheet.columns),
    }
    return render(request, "units/portal/import.html", context, status=error.status if error else 200)


def _received(request: HttpRequest, folder: Path, pasted: str) -> Path:
    given = request.FILES.get("file")
    if given is None and not pasted.strip():
        raise Invalid(_("没有选文件，也没有粘贴内容。可以选一个，或从表格里复制后粘贴。"))
    path = folder / "sheet"
    if given is None:
        path.write_text(pasted, encoding="utf-8")
        return path
    if given.size is None or given.size > MAX_BYTES:
        raise Invalid(_("不能导入：文件超过 20 MB。可以分成几个文件。"))
    with path.open("wb") as out:
        for chunk in given.chunks():
            out.write(chunk)
    return path


def _refused(sheet: Sheet, result: SheetResult) -> list[dict[str, Any]]:
    labels = {column.field: column.label for column in sheet.columns}
    return [
        {
            "line": one.line,
            "wrong": [(labels.get(field, ""), one.cells.get(field, ""), text) for field, text in one.wrong.items()],
        }
        for one in result.refused[:200]
    ]


def _left_over(sheet: Sheet, result: SheetResult) -> str:
    """Return the refused rows as cells to be put right and sent again, so that nothing typed is lost."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter="\t", lineterminator="\n")
    writer.writerow([str(column.label) for column in sheet.columns])
    writer.writerows([one.cells.get(column.field, "") for column in sheet.columns] for one in result.refused)
    return out.getvalue() if result.refused else ""


@require_safe
def sheet_template(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Hand out an empty table with the right header."""
    inspection = own_inspection(request, pk)
    _question, sheet = _place(inspection, code)
    out = io.StringIO()
    csv.writer(out).writerows(template_rows(sheet))
    response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{sheet.code}.csv"'
    return response
