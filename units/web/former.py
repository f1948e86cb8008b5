"""A leader whose time ended while a form was open: he is told since when, and keeps what he typed."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from casework.accounts.requests import reader
from casework.core import clock
from units.models import SelfInspection, UnitLeader

View = Callable[..., HttpResponseBase]
#: Fields of the machinery, not of the person.
_OURS = frozenset({"csrfmiddlewaretoken", "once", "version", "go", "again", "fix"})


def keeps_what_was_typed(view: View) -> View:
    """Answer a former leader's POST with a sentence and his own words instead of a bare 404.

    Only for a report that was issued in his time, so that he learns nothing that he did not know.
    """

    @wraps(view)
    def guarded(request: HttpRequest, pk: int, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, pk, *args, **kwargs)
        except Http404:
            page = _former(request, pk) if request.method == "POST" else None
            if page is None:
                raise
            return page

    return guarded


def _former(request: HttpRequest, pk: int) -> HttpResponse | None:
    user, today = reader(request), clock.today()
    found = SelfInspection._base_manager.select_related("unit").filter(pk=pk).first()
    if found is None or not user.is_active:
        return None
    held: UnitLeader | None = (
        UnitLeader._base_manager.filter(unit=found.unit_id, user=user, until__lt=today, until__gte=found.issued_on)
        .filter(until__gte=F("from_on"))
        .order_by("-until")
        .first()
    )
    if held is None or held.until is None:
        return None
    words = {"unit": found.unit, "y": held.until.year, "m": held.until.month, "d": held.until.day}
    sentence = (
        _("没有保存：您担任%(unit)s负责人到%(y)s年%(m)s月%(d)s日为止。可以把下面的内容交给现任负责人填报。") % words
    )
    typed = [value for name in request.POST if name not in _OURS for value in request.POST.getlist(name) if value]
    part = "units/portal/_former.html" if getattr(request, "htmx", False) else "units/portal/former.html"
    # The part answers 200, or the page that holds it would not show it.
    status = 200 if getattr(request, "htmx", False) else 403
    return render(request, part, {"sentence": sentence, "typed": typed}, status=status)
