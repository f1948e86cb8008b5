"""The text of a file beside its page, with what was looked for marked."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from casework.accounts.requests import reader
from casework.core import clock
from casework.search.beside import beside
from evidence.services import note_preview
from evidence.web.previews import file_of
from evidence.web.reading_said import reading_said


@require_safe
def found(request: HttpRequest, pk: int, file_pk: int) -> HttpResponse:
    """One page of the text with the words marked, beside its picture; the ledger knows of it before it is sent."""
    file = file_of(request, pk, file_pk)
    one = beside(request, "file", file.pk, file.item.compartment_id, file.blob, file.name)
    note_preview(file, actor=reader(request), at=clock.now(), page=one.number)
    context = {"file": file, "item": file.item, "one": one, "said": reading_said(file)}
    response = render(request, "evidence/found.html", context)
    response["Cache-Control"] = "private, no-store"
    return response
