"""One page of a file's text with what was looked for marked, to stand beside its picture."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils.safestring import SafeString

from casework.files import previews
from casework.files.models import Blob
from casework.search.models import Entry, PageText
from casework.search.registry import matching
from casework.search.words import mark, places_of, read, spans_of

SHOWN = 100
#: Of what is typed, so much is kept.
LONGEST = 300


@dataclass(frozen=True)
class Beside:
    """What was typed, the page, its text with the words marked, and the pages where all of them stand."""

    typed: str
    number: int
    text: SafeString
    by_ocr: bool
    hits: list[int]
    previous: int
    next: int
    pictured: bool

    @property
    def asked(self) -> str:
        """What was typed, as part of an address."""
        return quote(self.typed)


def beside(request: HttpRequest, kind: str, row_id: int, circle: int, blob: Blob, name: str) -> Beside:
    """Return the page that ``?page=`` names, or the first where the words of ``?q=`` stand.

    Whether the reader may see the file is decided before. Raises ``Http404`` when the file has no text.
    """
    typed = typed_in(request)
    words = read(typed)
    hits = _hits(kind, row_id, circle, typed)
    wanted = request.GET.get("page", "")
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 8 else (hits[0] if hits else 1)
    pages = PageText.objects.filter(blob=blob)
    text = pages.filter(page=number).first()
    if text is None and not pages.exists():
        raise Http404
    place = hits.index(number) if number in hits else -1
    return Beside(
        typed=typed,
        number=number,
        text=mark(text.text, words.marked) if text else SafeString(""),
        by_ocr=bool(text and text.by_ocr),
        hits=hits[:SHOWN],
        previous=hits[place - 1] if place > 0 else 0,
        next=hits[place + 1] if 0 <= place < len(hits) - 1 else 0,
        pictured=_pictured(blob, name),
    )


def typed_in(request: HttpRequest) -> str:
    """Return what was looked for."""
    return request.GET.get("q", "").replace("\x00", "")[:LONGEST]


def finder(request: HttpRequest) -> Callable[[str], Sequence[tuple[int, int]]] | None:
    """Return what tells where in a text the words of ``?q=`` stand, for the picture; None when nothing is looked for."""
    words = read(typed_in(request))
    return partial(spans_of, words=words.marked) if words else None


def _hits(kind: str, row_id: int, circle: int, typed: str) -> list[int]:
    """Return the pages on which every word stands."""
    words = read(typed)
    if not words:
        return []
    queries = words.tsqueries(places_of(kind, [circle], by_circle=True))
    rows: QuerySet[Entry] = matching(kind, words, *queries).filter(row_id=row_id, part__gt=0)
    return list(rows.order_by("part").values_list("part", flat=True)[: SHOWN + 1])


def _pictured(blob: Blob, name: str) -> bool:
    """Tell whether the pages of the text are pages of pictures, too."""
    if blob.malware:
        return False
    try:
        with previews.at_hand(blob.sha256) as path:
            return previews.look_into(path, name).kind in {"pdf", "image"}
    except FileNotFoundError:
        return False
