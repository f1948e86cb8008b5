"""The calendar feed: whoever knows the address reads due dates, never what they are about."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from casework.core import clock
from casework.deadlines.selectors import for_user
from casework.notices import selectors
from casework.notices.calendar_feed import Event, render

#: More than anybody holds at once; keeps an answer small.
MOST = 2000


@login_not_required
@require_safe
def feed(_request: HttpRequest, token: str) -> HttpResponse:
    """The due dates that the owner of the address holds; a stopped address and one that never was are alike."""
    owner = selectors.feed_owner(token)
    if owner is None:
        raise Http404
    base = settings.CASEWORK_BASE_URL.rstrip("/")
    host = urlsplit(base).hostname or "localhost"
    events = [
        Event(
            f"deadline-{row.pk}@{host}",
            row.due_on,
            base + reverse("deadlines:detail", args=[row.pk]),
            row.version,
            row.provisional,
            row.due_at,
        )
        for row in for_user(owner).defer("rule", "facts", "explanation", "verdict")[:MOST]
    ]
    return HttpResponse(
        render(events, made_at=clock.now()),
        content_type="text/calendar; charset=utf-8",
        headers={"Cache-Control": "private, no-store", "Content-Disposition": 'inline; filename="deadlines.ics"'},
    )
