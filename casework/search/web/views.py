"""The search page: one field, hits by kind, never more than the reader may see."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from casework.accounts.requests import reader
from casework.search.registry import search

LONGEST = 100


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Find people, units, addresses, numbers."""
    text = request.GET.get("q", "").strip()[:LONGEST]
    groups = search(reader(request), text)
    context = {"text": text, "groups": groups, "total": sum(group.count for group in groups)}
    response = render(request, "search/search.html", context)
    response["Cache-Control"] = "private, no-store"
    return response
