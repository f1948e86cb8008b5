"""The unit's leader reads the decisions and recommendations that were served on his unit."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cases.enums_bodies import BodyState
from cases.models import BodyDecision
from cases.services.body_notices import body_ref
from casework.accounts.requests import reader
from casework.core import clock
from units.web.portal import clocks


@require_safe
def body(request: HttpRequest, pk: int) -> HttpResponse:
    """The paper as it was served, or the same 404 for absent, another unit's and not yet served."""
    rows: Any = BodyDecision.objects.for_leader(reader(request)).select_related("unit")
    found: BodyDecision | None = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    lines = found.document.split("\n")
    ref = body_ref(found)
    context = {
        "decision": found,
        "title": lines[0],
        "number": found.number,
        "lines": lines[2:],
        "chip": clocks([ref], clock.today()).get(ref) if found.state == BodyState.SERVED else None,
    }
    return render(request, "cases/portal_body.html", context)
