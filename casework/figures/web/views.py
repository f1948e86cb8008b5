"""A campaign's figures, what does not fit among them, and the rows behind each."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from casework.access.policy import can, get_visible
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.figures.definition import Scope
from casework.figures.selectors import compute_figures, contradictions, rows_of
from casework.figures.services.claims import explain
from casework.figures.web.labels import group_label, row_link, value_words
from casework.web.formats import parse_day
from casework.web.toast import toast
from units.models import Campaign

ROWS_A_PAGE = 100


def _scope(request: HttpRequest, code: str) -> Scope:
    user = reader(request)
    campaign: Campaign = get_visible(Campaign.objects, user, code=code)
    return Scope(campaign, _as_of(request), user)


def _as_of(request: HttpRequest) -> date:
    return parse_day(request.GET.get("as_of", "")) or clock.today()


@require_GET
def figures(request: HttpRequest, code: str) -> HttpResponse:
    """All figures of the campaign that the reader may know of."""
    return _page(request, _scope(request, code))


def _page(request: HttpRequest, scope: Scope, status: int = 200, **more: Any) -> HttpResponse:
    found = compute_figures(scope)
    groups: dict[str, list[Any]] = {}
    for figure in found.values():
        label = group_label(figure.definition.key) or str(figure.definition.words)
        words = value_words(figure.value, figure.definition.unit)
        groups.setdefault(label, []).append((figure, words, isinstance(figure.value, int | Decimal)))
    context = {
        "campaign": scope.campaign,
        "as_of": scope.as_of,
        "groups": groups,
        "contradictions": contradictions(scope, found),
        "may_explain": can(reader(request), "figure.explain", scope.campaign),
        **more,
    }
    return render(request, "figures/list.html", context, status=status)


@require_GET
def rows(request: HttpRequest, code: str, key: str) -> HttpResponse:
    """The rows behind one figure, page by page."""
    scope = _scope(request, code)
    definition, found = rows_of(scope, key)
    page = Paginator(found, ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "campaign": scope.campaign,
        "as_of": scope.as_of,
        "definition": definition,
        "value": value_words(definition.compute(scope), definition.unit),
        "page": page,
        "lines": [(row, row_link(row, scope.reader)) for row in page.object_list],
    }
    return render(request, "figures/rows.html", context)


@require_POST
def explain_difference(request: HttpRequest, code: str) -> HttpResponse:
    """State why figures differ."""
    scope = _scope(request, code)
    key, reason = request.POST.get("key", ""), request.POST.get("reason", "")
    if key not in {item.key for item in contradictions(scope, compute_figures(scope))}:
        return _page(request, scope, 400, refused=_("没有这处差异，可能已经消除。可以刷新后再看。"))
    try:
        explain(scope.campaign, key, reason, actor=reader(request), at=clock.now())
    except CaseworkError as error:
        return _page(request, scope, 400, refused=error.message, refused_key=key, typed=reason)
    toast(request, _("已写明差异的原因。"))
    return redirect("figures:list", code=code)
