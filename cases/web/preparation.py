"""Preparing drafts for many people of a campaign at once; each is then decided by itself."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases.selectors.preparation import CAP, candidates, dossiers
from cases.services.preparation import Prepared, prepare_penalties
from cases.web.penalty_forms import PrepareForm
from casework.access.policy import get_visible, require
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.web.forms import add_refusal
from casework.web.toast import toast
from units.models import Campaign


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Who has settled facts and no draft yet; the same measures for those that are ticked."""
    user: Any = request.user
    require(user, "penalty.draft", None)
    asked = request.GET.get("campaign", "")
    campaign = None
    if asked:
        campaign = get_visible(Campaign.objects, user, pk=int(asked) if asked.isdecimal() else 0)
    form = PrepareForm(request.POST if request.method == "POST" else None)
    ticked = {int(key) for key in request.POST.getlist("people") if key.isdecimal() and len(key) < 19}
    done: Prepared | None = None
    if request.method == "POST" and form.is_valid():
        try:
            chosen = list(candidates(user, campaign).filter(pk__in=ticked)[: CAP + 1])
            done = prepare_penalties(chosen, **form.content(), actor=user, at=clock.now())
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            ticked = {suspect.pk for suspect, _why in done.refused}
            toast(request, _("已拟 %(n)d 份建议。") % {"n": len(done.drafted)})
    found = candidates(user, campaign)
    return render(
        request,
        "cases/penalty_prepare.html",
        {
            "form": form,
            "conduct_rows": [(form[f"conduct_{n}"], form[f"severity_{n}"]) for n in (1, 2, 3)],
            "people": dossiers(found[:CAP]),
            "count": found.count(),
            "cap": CAP,
            "ticked": ticked,
            "done": done,
            "campaign": campaign,
            "campaigns": list(Campaign.objects.visible_to(user).order_by("-starts_on", "pk")[:50]),
        },
        status=200 if request.method != "POST" or done is not None else 400,
    )
