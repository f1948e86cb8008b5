"""The search page: one field, hits by kind, never more than the reader may see."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from casework.accounts.requests import reader
from casework.search.registry import Group, search
from casework.search.words import read
from casework.web.watching import Watched, WatchRequest

#: What is kept of the typed text: enough to show it again, too short to be a burden.
LONGEST = 300
SUGGESTED = 3
#: So many hits of one kind are listed on its own page.
LISTED = 200


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Find people, units, addresses, numbers, texts of files."""
    text = _typed(request)
    words = read(text)
    only = request.GET.get("kind", "")[:20]
    groups = search(reader(request), text, shown=LISTED if only else 8, only=only) if words else []
    if isinstance(request, WatchRequest):
        raise Watched(_rows(groups))
    context = {
        "text": text,
        "words": words,
        "groups": groups,
        "only": only,
        "total": sum(group.count for group in groups),
        "more": any(group.more for group in groups),
    }
    return _private(render(request, "search/search.html", context))


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """The first hits of each kind while somebody types."""
    text = _typed(request)
    groups = search(reader(request), text, shown=SUGGESTED) if read(text) else []
    context = {"text": text, "groups": groups[:6], "rest": len(groups) > 6}
    return _private(render(request, "search/_suggest.html", context))


def _rows(groups: list[Group]) -> list[tuple[str, str, str]]:
    """Return every found row by its key; those beyond the shown ones bear the name of their kind."""
    said = {hit.key: (hit.label, hit.url) for group in groups for hit in group.hits}
    return [(key, *said.get(key, (str(group.label), ""))) for group in groups for key in group.keys]


def _typed(request: HttpRequest) -> str:
    return request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-store"
    return response
