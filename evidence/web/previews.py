"""Looking into a file of an item: drawn anew, marked with the reader's name where the level asks, written down first."""

from pathlib import Path
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from casework.access.enums import Secrecy
from casework.access.policy import get_visible
from casework.core import clock
from casework.files import previews, storage
from casework.files.models import Blob
from casework.web.formats import cn_datetime
from evidence.models import Item, ItemFile
from evidence.services import note_preview
from evidence.web.people import reader
from evidence.web.reading_said import reading_said

#: Levels whose pictures carry the reader's name.
MARKED: Final = frozenset({Secrecy.WORK_SECRET})


def file_of(request: HttpRequest, pk: int, file_pk: int) -> ItemFile:
    """Return the file of the item that the reader may know of, or raise 404."""
    user = reader(request)
    item = get_visible(Item.objects, user, pk=pk)
    rows = ItemFile.objects.select_related("blob", "item__compartment")
    found: ItemFile = get_visible(rows, user, pk=file_pk, item=item)
    return found


@require_safe
def preview(request: HttpRequest, pk: int, file_pk: int) -> HttpResponse:
    """What can be shown of a file; the ledger knows of it before anything is sent."""
    user = reader(request)
    file = file_of(request, pk, file_pk)
    at = clock.now()
    note_preview(file, actor=user, at=at)
    shown = previews.Preview("")
    lost = False
    if not file.blob.malware:
        try:
            shown = previews.look_into(_path(file.blob), file.name)
        except FileNotFoundError:
            lost = True
    marked = file.item.compartment.secrecy in MARKED
    context = {
        "file": file,
        "item": file.item,
        "shown": shown,
        "lost": lost,
        "pages": range(1, shown.pages + 1),
        "mark": f"{user.name} {cn_datetime(at)}" if marked else "",
        "said": reading_said(file),
        "secrecy": file.item.compartment.get_secrecy_display(),
    }
    return render(request, "evidence/preview.html", context)


@require_safe
def page(request: HttpRequest, pk: int, file_pk: int, number: int) -> HttpResponse:
    """A picture, or a page of a PDF, as a picture of our own making, written down before it is sent."""
    user = reader(request)
    file = file_of(request, pk, file_pk)
    if file.blob.malware:
        raise Http404
    note_preview(file, actor=user, at=clock.now(), page=number)
    mark = ""
    if file.item.compartment.secrecy in MARKED:
        mark = f"{user.username} {timezone.localtime(clock.now()):%Y-%m-%d %H:%M} {file.item.number}"
    try:
        drawn = previews.picture(_path(file.blob), number - 1, mark)
    except (FileNotFoundError, LookupError) as error:
        raise Http404 from error
    response = HttpResponse(drawn, content_type="image/png")
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _path(blob: Blob) -> Path:
    return storage.path_of(blob.sha256)
