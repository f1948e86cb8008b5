"""Issuing the self-inspection: to a few at once, to thousands in the background with a page of progress."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from casework.access.policy import get_visible, require
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError, NotReady
from casework.core.wake import wake
from casework.web.forms import DayField, add_refusal
from casework.web.toast import toast
from units.models import Campaign, IssueRun, Stage
from units.rules.stage_plans import NEVER_ISSUED
from units.services.issue_runs import AT_ONCE, begin_issue
from units.services.issuing import issue_self_inspections, ready_members
from units.web.campaigns import campaign_of
from units.web.posted import posted


class IssueForm(forms.Form):
    """The day by which the units must have reported, and whether those not ready may be left for later."""

    due_on = DayField(label=gettext_lazy("上报期限"))
    ready_only = forms.BooleanField(label=gettext_lazy("先发给准备好的单位，没有准备好的以后再发"), required=False)

    stage = forms.CharField(required=False, widget=forms.HiddenInput)


@require_http_methods(["GET", "HEAD", "POST"])
def issue(request: HttpRequest, code: str) -> HttpResponse:
    """Issue the self-inspection to all units that have none yet."""
    user = reader(request)
    found = campaign_of(request, code)
    require(user, "campaign.issue", found)
    stages = [one for one in found.stages.select_related("campaign").order_by("order") if one.code not in NEVER_ISSUED]
    given = request.POST.get("stage") or request.GET.get("stage", "")
    waits = {one.pk: found.campaign_units.exclude(self_inspections__stage=one).count() for one in stages}
    stage = next((one for one in stages if one.code == given), None) or _first_waiting(stages, waits, clock.today())
    if stage is None:
        raise Http404
    asked = [stage] if given else stages
    running = IssueRun.objects.visible_to(user).filter(stage__in=asked, state="running").first()
    if running is not None:
        return redirect("units:campaign-issue-run", code=found.code, pk=running.pk)
    form = IssueForm(posted(request), initial={"due_on": stage.due_on, "stage": stage.code})
    missing: Any = ()
    if request.method == "POST" and form.is_valid():
        try:
            return _issue(request, found, stage, form, user)
        except NotReady as error:
            missing = error.missing
        except CaseworkError as error:
            add_refusal(form, error)
    waiting = waits[stage.pk]
    ready = ready_members(stage, clock.today()).count()
    context = {
        "campaign": found,
        "stage": stage,
        "stages": [(one, waits[one.pk]) for one in stages] if len(stages) > 1 else (),
        "waiting": waiting,
        "ready": ready,
        "unready": waiting - ready,
        "form": form,
        "missing": missing[:100],
        "missing_more": max(len(missing) - 100, 0),
        "runs": IssueRun.objects.visible_to(user).filter(stage=stage).order_by("-pk")[:10],
    }
    return render(request, "units/campaign_issue.html", context, status=409 if missing or form.errors else 200)


def _first_waiting(stages: Sequence[Stage], waits: Mapping[int, int], today: date) -> Stage | None:
    """Return the newest stage that has begun and is not issued to everybody, else the first one that is not."""
    waiting = [one for one in stages if waits[one.pk]]
    begun = [one for one in waiting if one.starts_on <= today]
    found = begun[-1:] or waiting[:1] or list(stages[:1])
    return found[0] if found else None


def _issue(request: HttpRequest, found: Campaign, stage: Stage, form: IssueForm, user: User) -> HttpResponse:
    due_on, ready_only, at = form.cleaned_data["due_on"], form.cleaned_data["ready_only"], clock.now()
    waiting = found.campaign_units.exclude(self_inspections__stage=stage).count()
    if waiting > AT_ONCE:
        run = begin_issue(stage, due_on=due_on, ready_only=ready_only, actor=user, at=at)
        wake("campaigns.issue", run.pk)
        return redirect("units:campaign-issue-run", code=found.code, pk=run.pk)
    chosen = [one.unit for one in ready_members(stage, timezone.localdate(at))] if ready_only else None
    rows = issue_self_inspections(stage, chosen, due_on=due_on, actor=user, at=at)
    toast(request, ngettext("已向 %(n)s 家单位下发自查。", "已向 %(n)s 家单位下发自查。", len(rows)) % {"n": len(rows)})
    return redirect("units:campaign", code=found.code)


@require_safe
def issue_run(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """How far an issue has come; renews itself while it runs."""
    user = reader(request)
    found = campaign_of(request, code)
    require(user, "campaign.issue", found)
    run = get_visible(IssueRun.objects.select_related("stage", "started_by"), user, pk=pk, stage__campaign=found)
    context = {
        "campaign": found,
        "run": run,
        "left": found.campaign_units.exclude(self_inspections__stage=run.stage).count(),
    }
    part = bool(getattr(request, "htmx", False))
    return render(request, "units/_issue_run.html" if part else "units/campaign_issue_run.html", context)
