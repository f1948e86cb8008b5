"""Changing the register by hand: rename, another superior, another leader, closing; and who held an address."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from casework.access.policy import get_visible, require
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.imports.rules import BadCell, parse_address, parse_moment, parse_port
from casework.web.forms import DayField, add_refusal
from casework.web.guards import commission_only
from casework.web.toast import toast
from casework.web.vocabulary import Text
from units.models import Sighting, Unit
from units.selectors.holders import who_held
from units.services.placing import place_unit
from units.services.register import change_leader, close_unit, rename_unit


class CodeField(forms.CharField):
    """A unit of the register, named by its code or its whole name."""

    def clean(self, value: Any) -> Any:
        text = str(super().clean(value) or "").strip()
        if not text:
            return None
        found = list(Unit.objects.filter(code=text.upper())[:1]) or list(Unit.objects.filter(name=text)[:2])
        if len(found) != 1:
            raise forms.ValidationError(_("登记册里没有“%(text)s”，或有几家同名。可以填单位代码。") % {"text": text})
        return found[0]


class ChangeForm(forms.Form):
    """What every change of a unit says besides its own."""

    reason = forms.CharField(label=gettext_lazy("说明"), max_length=400, required=False, widget=forms.Textarea)


class RenameForm(ChangeForm):
    field_order = ("name", "from_on", "document")
    name = forms.CharField(label=gettext_lazy("新名称"), max_length=200)
    from_on = DayField(label=gettext_lazy("自哪天起"))
    document = forms.CharField(label=gettext_lazy("依据文号"), max_length=120, required=False)


class PlaceForm(ChangeForm):
    field_order = ("parent", "supervisor", "from_on", "document")
    parent = CodeField(label=gettext_lazy("上级单位"), required=False)
    supervisor = CodeField(label=gettext_lazy("主管单位"), required=False)
    from_on = DayField(label=gettext_lazy("自哪天起"))
    document = forms.CharField(label=gettext_lazy("依据文号"), max_length=120, required=False)


class LeaderForm(ChangeForm):
    field_order = ("name", "post", "email", "mobile", "from_on")
    name = forms.CharField(label=gettext_lazy("姓名"), max_length=80)
    post = forms.CharField(label=gettext_lazy("职务"), max_length=120, required=False)
    email = forms.EmailField(label=gettext_lazy("电子邮箱"), required=False)
    mobile = forms.CharField(label=gettext_lazy("手机"), max_length=20, required=False)
    from_on = DayField(label=gettext_lazy("自哪天起"))


class CloseForm(ChangeForm):
    field_order = ("closed_on", "merged_into")
    closed_on = DayField(label=gettext_lazy("撤并日期"))
    merged_into = CodeField(label=gettext_lazy("并入单位"), required=False)


Start = Callable[[Unit, date], dict[str, Any]]
#: act → (heading, verb, form, service, what the form begins with, what is said afterwards)
ACTS: dict[str, tuple[Text, Text, type[ChangeForm], Callable[..., Any], Start, Text]] = {
    "rename": (
        gettext_lazy("更名"), gettext_lazy("登记更名"), RenameForm, rename_unit,
        lambda unit, day: {"name": unit.name, "from_on": day}, gettext_lazy("已登记更名：%(unit)s。"),
    ),
    "place": (
        gettext_lazy("变更隶属"), gettext_lazy("登记隶属"), PlaceForm, place_unit,
        lambda unit, day: {
            "parent": unit.parent.code if unit.parent else "",
            "supervisor": unit.supervisor.code if unit.supervisor else "",
            "from_on": day,
        },
        gettext_lazy("已变更%(unit)s的隶属。"),
    ),
    "leader": (
        gettext_lazy("更换负责人"), gettext_lazy("登记负责人"), LeaderForm, change_leader,
        lambda _unit, day: {"from_on": day}, gettext_lazy("已登记%(unit)s的负责人。"),
    ),
    "close": (
        gettext_lazy("撤销或并入"), gettext_lazy("登记撤并"), CloseForm, close_unit,
        lambda _unit, day: {"closed_on": day}, gettext_lazy("已登记%(unit)s的撤并。"),
    ),
}  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@commission_only
def change(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """One change of a unit, from a day on; what was before stays in the register."""
    user: User = reader(request)
    found: Unit = get_visible(Unit.objects.select_related("parent", "supervisor"), user, pk=pk)
    if act not in ACTS:
        raise Http404
    require(user, "register.change")
    heading, verb, form_class, service, start, said = ACTS[act]
    form = form_class(request.POST if request.method == "POST" else None, initial=start(found, clock.today()))
    if request.method == "POST" and form.is_valid():
        try:
            done = service(found, actor=user, at=clock.now(), **form.cleaned_data)
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, str(said) % {"unit": done if isinstance(done, Unit) else found.name})
            return redirect("units:unit", pk)
    context = {"unit": found, "form": form, "act": act, "heading": heading, "verb": verb}
    return render(request, "units/unit_change.html", context, status=422 if form.errors else 200)


class HolderForm(forms.Form):
    """An address, a moment, and behind NAT a port."""

    ip = forms.CharField(label=gettext_lazy("IP地址"), max_length=60)
    at = forms.CharField(label=gettext_lazy("何时"), max_length=40, required=False)
    port = forms.CharField(label=gettext_lazy("端口"), max_length=10, required=False)

    def _read(self, name: str, parse: Callable[[str], Any]) -> Any:
        text = self.cleaned_data[name].strip()
        try:
            return parse(text) if text else None
        except BadCell as error:
            raise forms.ValidationError(_("看不懂“%(value)s”：%(why)s。") % {"value": text, "why": error}) from error

    def clean_ip(self) -> Any:
        """One address."""
        return self._read("ip", parse_address)

    def clean_at(self) -> Any:
        """A moment; none means now."""
        text = self._read("at", parse_moment)
        return forms.DateTimeField().clean(text) if text else None

    def clean_port(self) -> Any:
        """A port."""
        return self._read("port", parse_port)


@require_safe
@commission_only
def holder(request: HttpRequest) -> HttpResponse:
    """Who held an address at a moment, by the claims of the register."""
    user = reader(request)
    asked = "ip" in request.GET
    form = HolderForm(request.GET if asked else None)
    context: dict[str, Any] = {"form": form}
    if asked and form.is_valid():
        at = form.cleaned_data["at"] or clock.now()
        ip = form.cleaned_data["ip"]
        seen = Sighting.objects.visible_to(user).filter(ip=ip)
        context |= {
            "ip": ip,
            "at": at,
            "port": form.cleaned_data["port"],
            "answer": who_held(ip, at, form.cleaned_data["port"]),
            "sightings": seen.order_by("-observed_at", "-pk")[:10],
        }
    return render(request, "units/holder.html", context, status=422 if asked and form.errors else 200)
