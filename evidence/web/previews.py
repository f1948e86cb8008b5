"""Looking into a file of an item: drawn anew, marked with the reader's name where the level asks, written down first."""

from datetime import datetime
from typing import Final

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from casework.access.enums import Secrecy
from casework.access.policy import get_visible
from casework.accounts.models import User
from casework.core import clock
from casework.core.errors import Refused
from casework.core.moments import cn_datetime
from casework.files import previews
from casework.files.responses import download_marked
from casework.search.beside import finder
from evidence.models import Item, ItemFile
from evidence.services import note_download, note_preview
from evidence.web.cautions import cautions
from evidence.web.people import reader
from evidence.web.reading_said import reading_said

#: Levels whose pictures carry the reader's name.
MARKED: Final = frozenset({Secrecy.WORK_SECRET})
#: What a mark can be written across.
MARKABLE: Final = frozenset({"image", "pdf"})


def mark_of(user: User, item: Item, at: datetime) -> str:
    """Return what is written across what the reader takes away: who, with which post, when, of what."""
    return " ".join(filter(None, (user.name, user.post, user.username, cn_datetime(at), item.number)))


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
    lost, mind = False, []
    if not file.blob.malware:
        try:
            with previews.at_hand(file.blob.sha256) as path:
                shown = previews.look_into(path, file.name)
                mind = cautions(path, shown)
        except FileNotFoundError:
            lost = True
    marked = file.item.compartment.secrecy in MARKED
    context = {
        "file": file,
        "item": file.item,
        "shown": shown,
        "lost": lost,
        "mind": "".join(mind),
        "pages": range(1, shown.pages + 1),
        "mark": f"{user.name} {cn_datetime(at)}" if marked else "",
        "marked_copy": marked and shown.kind in MARKABLE,
        "said": reading_said(file),
        "secrecy": file.item.compartment.get_secrecy_display(),
    }
    return render(request, "evidence/preview.html", context)


@require_safe
def page(request: HttpRequest, pk: int, file_pk: int, number: int) -> HttpResponse:
    """A picture, or a page of a PDF, as a picture of our own making, the words of ``?q=`` on yellow; written down first."""
    user = reader(request)
    file = file_of(request, pk, file_pk)
    if file.blob.malware:
        raise Http404
    at = clock.now()
    note_preview(file, actor=user, at=at, page=number)
    mark = mark_of(user, file.item, at) if file.item.compartment.secrecy in MARKED else ""
    try:
        drawn = previews.drawing(file.blob.sha256, number - 1, mark, find=finder(request))
    except (FileNotFoundError, LookupError) as error:
        raise Http404 from error
    response = HttpResponse(drawn, content_type="image/png")
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def copy_for(file: ItemFile, *, user: User, at: datetime) -> FileResponse | None:
    """Hand a marked copy out where the level asks for one, written down first; None where the file itself may go.

    Raises:
        Refused: it is too long to be drawn anew, or cannot be drawn.
    """
    if file.item.compartment.secrecy not in MARKED or file.blob.malware:
        return None
    try:
        with previews.at_hand(file.blob.sha256) as path:
            shown = previews.look_into(path, file.name)
    except FileNotFoundError:  # told by whoever opens the file itself
        return None
    if shown.kind not in MARKABLE:
        return None
    if shown.cut:
        raise _not_drawn()
    note_download(file, actor=user, at=at, marked=True)
    try:
        return download_marked(file.blob, file.name, mark_of(user, file.item, at))
    except LookupError as error:
        raise _not_drawn() from error


def _not_drawn() -> Refused:
    return Refused(
        _("不能下载带水印的副本：文件太长或画不出来。可以在预览里看，或者随取证包取出原件。"), code="not_drawn"
    )
