"""The hearing officer's page: facts, proof and law side by side, and whether this officer may hear the case."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cases.enums import Side
from cases.models import Case, CaseMember, Penalty
from cases.proof import matrix
from cases.selectors.cases import next_step, officers_of
from cases.web.page import clocks_of
from casework.access.policy import can, get_visible
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock


@require_safe
def hearing(request: HttpRequest, pk: int) -> HttpResponse:
    """Facts | proof | law, one row for each fact and one for each person."""
    user = reader(request)
    case: Case = get_visible(Case.objects.select_related("unit", "compartment"), user, pk=pk)
    found = matrix(case)
    labels = {column.item_id: column.label for column in found.columns}
    rows = []
    for row in found.rows:
        cells = [cell for cell in row.cells if cell.stance]
        rows.append(
            {
                "fact": row.fact,
                "verdict": row.verdict,
                "sources": row.sources,
                "for": [(cell, labels[cell.item_id]) for cell in cells if cell.stance == "for"],
                "against": [(cell, labels[cell.item_id]) for cell in cells if cell.stance == "against"],
                "people": [suspect.name for suspect in row.fact.suspects.all()],
            }
        )
    penalties = (
        Penalty.objects.alive()
        .filter(suspect__case=case)
        .select_related("suspect")
        .prefetch_related("measures")
        .order_by("suspect_id", "pk")
    )
    context = {
        "case": case,
        "rows": rows,
        "suspects": case.suspects.select_related("unit").prefetch_related("facts_shown").order_by("pk"),
        "penalties": penalties,
        "clocks": clocks_of(case, user, clock.today(), clock.now()),
        "why_not": _why_not(case, user),
        "next": next_step(case, user),
        "may_write": can(user, "case.write_hearing", case),
        "hearers": [row for row in officers_of(case) if row.side == Side.HEAR],
        "interviews": case.interviews.count(),
        "measures": case.measures.count(),
    }
    return render(request, "cases/hearing.html", context)


def _why_not(case: Case, user: User) -> str:
    """Say whether the reader may hear the case, and if not, why (查审分离)."""
    sides = set(CaseMember.objects.filter(case=case, user=user).values_list("side", flat=True))
    if Side.INVESTIGATE in sides:
        return _("您调查过本案，不能审理。依据监察法实施条例第二百二十二条第三款。")
    if Side.HEAR not in sides:
        return _("您不在本案审理组，只能看。")
    return ""
