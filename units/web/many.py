"""Triage of all leads under the present conditions at once: choose the way, read the sentence, confirm; by keyboard."""

from dataclasses import replace

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from casework.access.policy import require
from casework.accounts.enums import Role
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError, NotReady
from casework.web.guards import commission_only
from casework.web.list_query import ListQuery
from casework.web.toast import toast
from units.enums import Disposition
from units.lead_workflow import ways
from units.models import ChangeSet
from units.services.change_sets import MOST, handle_leads
from units.web.leads import CHANGE_SET, TABLE
from units.web.letters import AgencyField


class ManyForm(forms.Form):
    """What is to be done with all of them, and why."""

    way = forms.ChoiceField(label=gettext_lazy("处置方式"), choices=Disposition.choices)
    reason = forms.CharField(label=gettext_lazy("批注"), required=False, max_length=4000)
    to = AgencyField(label=gettext_lazy("移送给"), required=False)
    count = forms.IntegerField(required=False)


def conditions_of(query: ListQuery) -> str:
    """Return the conditions of the list in words, e.g. 状态：待提处置意见；地区：湖州市."""
    words = [
        f"{term.filter.label}{_('不是') if term.negated else _('：')}{'、'.join(str(word) for word in term.words)}"
        for term in query.terms
    ]
    if query.words:
        words.append(_("包含：%(words)s") % {"words": query.words})
    return "；".join(words)


@require_http_methods(["GET", "HEAD", "POST"])
@commission_only
def many(request: HttpRequest) -> HttpResponse:
    """All leads under the conditions in the address: choose, confirm in a plain sentence, done as one change set."""
    user = reader(request)
    require(user, "lead.note")
    params = request.GET or QueryDict("phase=pending" if user.has_role(Role.APPROVER) else "phase=waiting&phase=study")
    query = ListQuery(replace(TABLE, facets=False), user, params)
    count, told = query.exact_count, conditions_of(query)
    back = f"{reverse('units:leads')}?{params.urlencode()}"
    form = ManyForm(request.POST if request.method == "POST" else None)
    asked = False
    problem: list[str] = []
    if request.method == "POST" and form.is_valid() and count:
        data = form.cleaned_data
        asked = True
        if data["count"] == count and count <= MOST:  # the sentence that was read still holds
            try:
                name = handle_leads(
                    query.rows.order_by().select_related(None).only("pk"), data["way"], actor=user, at=clock.now(),
                    reason=data["reason"].strip(), to=data["to"], conditions=told,
                )  # fmt: skip
            except NotReady as error:
                asked, problem = False, [error.message, *(item.text for item in error.missing)]
            except CaseworkError as error:
                asked, problem = False, [error.message]
            else:
                request.session[CHANGE_SET] = name
                made = ChangeSet.objects.get(name=name)
                toast(
                    request,
                    ngettext("已对 %(n)s 条线索%(way)s。", "已对 %(n)s 条线索%(way)s。", made.count)
                    % {"n": f"{made.count:,}", "way": made.get_disposition_display()},
                    undo_url=reverse("units:leads-undo"),
                )
                return redirect("units:leads")
    context = {
        "form": form,
        "ways": ways(),
        "count": count,
        "too_many": count > MOST,
        "most": MOST,
        "conditions": told,
        "asked": asked,
        "way": Disposition(form.cleaned_data["way"]).label if asked else "",
        "back": back,
        "here": request.get_full_path(),
        "problem": problem,
    }
    return render(request, "units/many.html", context, status=409 if problem else 200)
