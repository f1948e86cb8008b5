"""The text of a file beside its page, with what was looked for marked."""

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from casework.accounts.requests import reader
from casework.core import clock
from casework.files import previews
from casework.search.models import Entry, PageText
from casework.search.registry import matching
from casework.search.words import mark, places_of, read
from evidence.models import ItemFile
from evidence.services import note_preview
from evidence.web.previews import file_of
from evidence.web.reading_said import reading_said

SHOWN = 100


@require_safe
def found(request: HttpRequest, pk: int, file_pk: int) -> HttpResponse:
    """One page of the text with the words marked, beside its picture; the ledger knows of it before it is sent."""
    file = file_of(request, pk, file_pk)
    typed = request.GET.get("q", "").replace("\x00", "")[:300]
    words = read(typed)
    hits = _hits(file, typed)
    wanted = request.GET.get("page", "")
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 8 else (hits[0] if hits else 1)
    text = PageText.objects.filter(blob_id=file.blob_id, page=number).first()
    if text is None and not _pages(file).exists():
        raise Http404
    note_preview(file, actor=reader(request), at=clock.now(), page=number)
    place = hits.index(number) if number in hits else -1
    context = {
        "file": file,
        "item": file.item,
        "typed": typed,
        "number": number,
        "text": mark(text.text, words.marked) if text else SafeString(""),
        "by_ocr": bool(text and text.by_ocr),
        "hits": hits[:SHOWN],
        "previous": hits[place - 1] if place > 0 else 0,
        "next": hits[place + 1] if 0 <= place < len(hits) - 1 else 0,
        "pictured": _pictured(file),
        "said": reading_said(file),
    }
    response = render(request, "evidence/found.html", context)
    response["Cache-Control"] = "private, no-store"
    return response


def _pages(file: ItemFile) -> QuerySet[PageText]:
    return PageText.objects.filter(blob_id=file.blob_id)


def _hits(file: ItemFile, typed: str) -> list[int]:
    """Return the pages on which every word stands."""
    words = read(typed)
    if not words:
        return []
    places = places_of("file", [file.item.compartment_id], by_circle=True)
    rows: QuerySet[Entry] = matching("file", words, words.tsquery(places)).filter(row_id=file.pk, part__gt=0)
    return list(rows.order_by("part").values_list("part", flat=True)[: SHOWN + 1])


def _pictured(file: ItemFile) -> bool:
    """Tell whether the pages of the text are pages of pictures, too."""
    if file.blob.malware:
        return False
    try:
        with previews.at_hand(file.blob.sha256) as path:
            return previews.look_into(path, file.name).kind in {"pdf", "image"}
    except FileNotFoundError:
        return False
