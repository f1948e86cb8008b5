"""The text of what a unit attached to its report, beside its page, with what was looked for marked."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from casework.access.policy import get_visible
from casework.accounts.requests import reader
from casework.core import clock
from casework.files import previews
from casework.search.beside import beside, finder
from units.models import Attachment
from units.services.reading import note_file_read


def _attachment(request: HttpRequest, pk: int, attachment: int) -> Attachment:
    """Return the attachment of a report that the official may see; taken away again, it is found no more."""
    rows = Attachment.objects.select_related("blob", "inspection__unit", "inspection__campaign_unit__campaign")
    found: Attachment = get_visible(rows, reader(request), pk=attachment, inspection_id=pk, removed_at=None)
    return found


@require_safe
def attachment_found(request: HttpRequest, pk: int, attachment: int) -> HttpResponse:
    """One page of the text beside its picture; the ledger knows of it before it is sent."""
    row = _attachment(request, pk, attachment)
    one = beside(request, "attachment", row.pk, row.inspection.compartment_id, row.blob, row.name)
    note_file_read(row, actor=reader(request), at=clock.now())
    response = render(request, "units/attachment_found.html", {"row": row, "inspection": row.inspection, "one": one})
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
def attachment_page(request: HttpRequest, pk: int, attachment: int, number: int) -> HttpResponse:
    """A page drawn anew as a picture, the words of ``?q=`` on yellow; written down before it is sent."""
    row = _attachment(request, pk, attachment)
    if row.blob.malware:
        raise Http404
    note_file_read(row, actor=reader(request), at=clock.now())
    try:
        drawn = previews.drawing(row.blob.sha256, number - 1, "", find=finder(request))
    except (FileNotFoundError, LookupError) as error:
        raise Http404 from error
    response = HttpResponse(drawn, content_type="image/png")
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
