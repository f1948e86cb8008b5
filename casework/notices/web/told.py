"""Who knew what when: every notice about one deadline, on which channel it went, and who signed for it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from casework.access.policy import get_visible
from casework.accounts.enums import Role
from casework.accounts.requests import reader
from casework.deadlines.models import Deadline
from casework.notices.models import Letter
from casework.notices.selectors import told_of


@require_safe
def told(request: HttpRequest, pk: int) -> HttpResponse:
    """The commission and auditors read it; to others, who knew is not theirs to see."""
    user = reader(request)
    if not user.is_commission and not user.has_role(Role.AUDITOR):
        raise Http404
    found: Deadline = get_visible(Deadline.objects.all(), user, pk=pk)
    notices = [
        one
        for one in told_of(found.ref)
        if one.due_on is None or one.kind != "deadline.reminder" or one.key.startswith(f"deadline:{found.pk}:")
    ]
    letters = (
        Letter.objects.visible_to(user).filter(deadline=found).select_related("signed_by").order_by("made_at", "id")
    )
    return render(request, "notices/told.html", {"deadline_row": found, "notices": notices, "letters": letters})
