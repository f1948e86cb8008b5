"""Pages of saved filters: what is kept, keeping the list one comes from, alerts."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from casework.access.models import Compartment, compartments_of
from casework.access.policy import can, get_visible, require
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError, Invalid
from casework.search.models import SavedFilter
from casework.search.services.filters import drop_filter, save_filter, set_alert
from casework.web.forms import add_refusal
from casework.web.toast import toast


class FilterForm(forms.Form):
    """Name, sharing and alert of a filter; the address comes along."""

    at = forms.CharField(widget=forms.HiddenInput, max_length=1400)
    name = forms.CharField(label=gettext_lazy("名称"), max_length=60)
    shared_in = forms.ModelChoiceField(
        Compartment.objects.none(),
        label=gettext_lazy("共享给"),
        required=False,
        empty_label=gettext_lazy("只给自己"),
    )
    alert = forms.BooleanField(label=gettext_lazy("有新的就提醒我"), required=False)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        circles: Any = self.fields["shared_in"]
        circles.queryset = Compartment.objects.filter(pk__in=compartments_of(user), closed_at=None).order_by("name")


@require_safe
def filters(request: HttpRequest) -> HttpResponse:
    """The reader's filters and those shared with him."""
    user = reader(request)
    rows = SavedFilter.objects.visible_to(user).select_related("owner", "shared_in").order_by("name", "pk")[:300]
    context = {
        "own": [row for row in rows if row.owner_id == user.pk],
        "shared": [row for row in rows if row.owner_id != user.pk],
        "may": can(user, "filter.save"),
    }
    return render(request, "search/filters.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Keep the list at ``?at=``."""
    user = reader(request)
    require(user, "filter.save")
    form = FilterForm(user, request.POST or None, initial={"at": request.GET.get("at", "")})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            saved = save_filter(
                data["at"], name=data["name"], alert=data["alert"], shared_in=data["shared_in"],
                actor=user, at=clock.now(),
            )  # fmt: skip
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已存下“%(name)s”。") % {"name": saved.name})
            return redirect("search:filters")
    context = {"form": form, "at": form["at"].value()}
    return render(request, "search/filter_new.html", context, status=409 if form.errors else 200)


@require_POST
def alert(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch the alert of one's own filter."""
    user = reader(request)
    saved: SavedFilter = get_visible(SavedFilter.objects, user, pk=pk)
    on = request.POST.get("on") == "1"
    set_alert(saved, on, expected_version=_version(request), actor=user, at=clock.now())
    said = _("“%(name)s”有新的会提醒您。") if on else _("“%(name)s”不再提醒。")
    toast(request, said % {"name": saved.name})
    return redirect("search:filters")


@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one's own filter out of use."""
    user = reader(request)
    saved: SavedFilter = get_visible(SavedFilter.objects, user, pk=pk)
    drop_filter(saved, expected_version=_version(request), actor=user, at=clock.now())
    toast(request, _("已作废“%(name)s”。") % {"name": saved.name})
    return redirect("search:filters")


def _version(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Invalid(_("页面缺少版本号。请刷新后再办。"))
    return int(text)
