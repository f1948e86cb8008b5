"""Pages on which a running clock is lengthened, stopped or resumed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from casework.access.policy import can, get_visible
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.english import said
from casework.core.errors import CaseworkError
from casework.core.moments import cn_date
from casework.deadlines.enums import State
from casework.deadlines.models import Deadline
from casework.deadlines.selectors import with_bars
from casework.deadlines.services.changes import extend_deadline, resume_deadline, suspend_deadline
from casework.deadlines.web.forms import ExtendForm, ResumeForm, SuspendForm
from casework.web.forms import add_refusal
from casework.web.toast import toast
from casework.web.vocabulary import Text


@dataclass(frozen=True)
class Act:
    """One act on a clock: the policy's name, the words, in which states, the form and the service."""

    name: str
    label: Text
    states: tuple[str, ...]
    form: Callable[..., forms.Form]
    service: Callable[..., Deadline]


ACTS = {
    "extend": Act(
        "deadline.extend", gettext_lazy("延长期限"), (State.OPEN, State.STOPPED), ExtendForm, extend_deadline
    ),
    "suspend": Act("deadline.suspend", gettext_lazy("暂停计时"), (State.OPEN,), SuspendForm, suspend_deadline),
    "resume": Act("deadline.resume", gettext_lazy("恢复计时"), (State.STOPPED,), ResumeForm, resume_deadline),
}


def acts_for(user: User, deadline: Deadline) -> list[tuple[str, Act]]:
    """Return the acts that the reader may do on the clock as it stands."""
    return [(key, act) for key, act in ACTS.items() if deadline.state in act.states and can(user, act.name, deadline)]


@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, pk: int, key: str) -> HttpResponse:
    """Ask for what the act needs and do it; a refusal keeps everything typed."""
    user = reader(request)
    row: Deadline = get_visible(with_bars(Deadline.objects.all()), user, pk=pk)
    found = dict(acts_for(user, row)).get(key)
    if found is None:
        raise Http404
    given: dict[str, Any] = {"data": request.POST} if request.method == "POST" else {"initial": _initial(row)}
    form = found.form(row, **given)
    if form.is_valid():
        try:
            changed = found.service(row, **form.cleaned_data, actor=user, at=clock.now())
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            words = {"act": found.label, "title": said(changed.title), "due": cn_date(changed.due_on)}
            toast(request, _("%(act)s：%(title)s，到期日 %(due)s。") % words)
            return redirect("deadlines:detail", pk=pk)
    return render(
        request,
        "deadlines/act.html",
        {"deadline_row": row, "act": found, "form": form},
        status=409 if form.errors else 200,
    )


def _initial(row: Deadline) -> dict[str, object]:
    today = clock.today()
    return {"version": row.version, "from_on": today, "to_on": today}
