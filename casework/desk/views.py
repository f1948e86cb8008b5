"""The home page: what waits for this reader today."""

from collections.abc import Callable
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.desk import officials, others
from casework.desk.board import Board, deadline_todos

#: Role → home, in the order of precedence for people who hold several.
HOMES: dict[str, Callable[[User, date], Board]] = {
    Role.APPROVER: officials.approver_board,
    Role.CASE_OFFICER: officials.officer_board,
    Role.CAMPAIGN_OFFICER: others.campaign_board,
    Role.HEARING_OFFICER: officials.hearing_board,
    Role.CUSTODIAN: officials.custodian_board,
    Role.INTAKE: others.intake_board,
    Role.INSPECTOR: others.inspector_board,
    Role.AUDITOR: others.auditor_board,
    Role.LIAISON: others.liaison_board,
    Role.SYSTEM_ADMIN: others.system_board,
    Role.SECURITY_ADMIN: others.security_board,
    Role.AUDIT_ADMIN: others.audit_board,
}


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Show the reader's home; leaders of units have the portal."""
    user, today = reader(request), clock.today()
    if user.has_role(Role.UNIT_LEADER) and not user.is_commission:
        return redirect("units:portal")
    make = next((board for role, board in HOMES.items() if role in user.roles), None)
    board = make(user, today) if make else Board(todos=deadline_todos(user, today))
    board.more = board.more or reverse("deadlines:list")
    return render(request, "desk/home.html", {"board": board, "today": today})
