"""The page of what cases share: a picture, and the same as a list with decisions."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cases.enums import SharedKind, SharedSaid
from cases.models import Case
from cases.selectors.shared import graph_of, relations
from cases.services.shared import judge_shared
from casework.access.policy import can, get_visible
from casework.accounts.requests import reader
from casework.core import clock
from casework.web.toast import toast

_VERDICTS = {*SharedSaid.values, "open"}


@require_safe
def shared(request: HttpRequest) -> HttpResponse:
    """What the reader's cases share."""
    user = reader(request)
    kind = request.GET.get("kind", "")
    kind = kind if kind in SharedKind.values else ""
    verdict = request.GET.get("verdict", "")
    verdict = verdict if verdict in _VERDICTS else ""
    number = request.GET.get("case", "")
    key = int(number) if number.isascii() and number.isdigit() and len(number) < 12 else 0
    found = relations(user, kind=kind, case=key, verdict=verdict)
    urls = {pk: reverse("cases:detail", args=[pk]) for pk in found.cases}
    graph = graph_of(found, urls)
    context = {
        "found": found,
        "graph": graph,
        "nodes": len(graph["nodes"]),
        "kind": kind,
        "verdict": verdict,
        "case": found.cases.get(key),
        "kinds": SharedKind.choices,
        "verdicts": [("open", _("未下结论")), *SharedSaid.choices],
        "may": can(user, "case.judge_shared"),
    }
    return render(request, "cases/shared.html", context)


@require_POST
def judge(request: HttpRequest, pk: int, other_pk: int) -> HttpResponse:
    """Write down a decision on one shared thing of two cases."""
    user = reader(request)
    case: Case = get_visible(Case.objects, user, pk=pk)
    other: Case = get_visible(Case.objects, user, pk=other_pk)
    data = request.POST
    row = judge_shared(
        case, other, kind=data.get("kind", ""), value=data.get("value", ""), verdict=data.get("verdict", ""),
        reason=data.get("reason", ""), actor=user, at=clock.now(),
    )  # fmt: skip
    said = {"one": case.number, "two": other.number, "said": row.get_verdict_display()}
    toast(request, _("%(one)s 与 %(two)s：%(said)s，已记下。") % said)
    return HttpResponseRedirect(reverse("cases:shared"))
