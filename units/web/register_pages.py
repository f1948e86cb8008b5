"""The register: units, people, address blocks, rival claims, registrations."""

from typing import Any

from django import forms
from django.db.models import Count, OuterRef, Q, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from casework.access.policy import can, get_visible
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.ledger.models import Entry
from casework.web.formats import group_code
from casework.web.forms import add_refusal
from casework.web.guards import commission_only
from casework.web.lists import Column, Filter, ListPage, address_of, render_list
from casework.web.templatetags.cw import status
from casework.web.toast import toast
from units.enums import ClaimState, Employment, UnitKind, UnitState
from units.models import AddressBlock, AddressConflict, Lead, Person, Registration, Sighting, Unit, UnitLeader
from units.panels import panels_for, panels_of_person
from units.rules.regions import city_name
from units.services.imports_blocks import period_words
from units.services.reading import note_list_export
from units.services.register import settle_conflict
from units.web.finding import find_blocks, find_people, find_units

#: How many rows a section of the unit page shows before it links to the list.
SHOWN = 10
FEW = 50


def _cities(_user: User) -> list[tuple[str, str]]:
    codes = Unit.objects.values_list("region", flat=True).distinct()
    return sorted({(f"{code[:4]}00", city_name(code)) for code in codes})


def _export(what: str) -> Any:
    return lambda user, count: note_list_export(what, count, actor=user, at=clock.now())


def _units(user: User) -> Any:
    """Return the units with what a row shows: asked for the rows of a page alone, in the query of the page."""
    today, mine = clock.today(), OuterRef("pk")
    leads = Lead.objects.visible_to(user).filter(unit=mine)
    blocks = AddressBlock.objects.visible_to(user).filter(unit=mine, state=ClaimState.STANDING)
    held = UnitLeader.objects.filter(Q(until__isnull=True) | Q(until__gte=today), unit=mine)
    held = held.filter(Q(from_on__isnull=True) | Q(from_on__lte=today)).order_by("-from_on", "-pk")
    return (
        Unit.objects.visible_to(user)
        .select_related("region")
        .annotate(
            leads_known=_number(leads), blocks_held=_number(blocks), leader_name=Subquery(held.values("name")[:1])
        )
    )


def _number(rows: Any) -> Subquery:
    return Subquery(rows.order_by().values("unit").annotate(n=Count("pk")).values("n"))


UNITS = ListPage(
    title=pgettext_lazy("places", "单位"),
    queryset=_units,
    columns=(
        Column("name", gettext_lazy("单位名称"), "name", sort="name_key", link=True),
        Column("code", gettext_lazy("统一社会信用代码"), lambda unit: group_code(unit.code), sort="code", mono=True,
               export=lambda unit: unit.code),
        Column("kind", gettext_lazy("单位类别"), lambda unit: unit.get_kind_display()),
        Column("region", gettext_lazy("地区"), "region.name", sort="region"),
        Column("leader", gettext_lazy("负责人"), lambda unit: unit.leader_name, export=lambda unit: ""),
        Column("blocks", gettext_lazy("网段"), lambda unit: unit.blocks_held or "", align="num", export=lambda unit: ""),
        Column("leads", gettext_lazy("线索"), lambda unit: unit.leads_known or "", align="num", export=lambda unit: ""),
        Column("state", gettext_lazy("状态"), lambda unit: status("unit", unit.state), default=False,
               export=lambda unit: unit.get_state_display()),
    ),
    filters=(
        Filter("kind", gettext_lazy("单位类别"), "kind", UnitKind.choices),
        Filter("public", gettext_lazy("公共机构"), "is_public", kind="bool"),
        Filter("city", gettext_lazy("地区"), lambda value: Q(region__code__startswith=value[:4]), _cities),
        Filter("state", gettext_lazy("状态"), "state", UnitState.choices),
    ),
    find=find_units,
    order=("name_key", "pk"),
    row_url=address_of("units:unit"),
    export_name="单位",
    on_export=_export("units"),
    unit=gettext_lazy("家"),
    empty_text=gettext_lazy("登记册里还没有单位"),
    empty_why=gettext_lazy("由受理人员或专项行动办从“导入”导入。"),
)  # fmt: skip

PEOPLE = ListPage(
    title=gettext_lazy("人员"),
    queryset=lambda user: Person.objects.visible_to(user).select_related("unit"),
    columns=(
        Column("name", gettext_lazy("姓名"), "name", sort="name_key", link=True),
        Column("unit", gettext_lazy("单位"), "unit.name", sort="unit__name_key"),
        Column("post", gettext_lazy("职务"), "post"),
        Column("employment", gettext_lazy("用工形式"), lambda person: person.get_employment_display()),
        Column("party", gettext_lazy("党员"), lambda person: _yes_no(person.party_member)),
        Column("public", gettext_lazy("公职人员"), lambda person: _yes_no(person.public_official)),
        Column("cadre", gettext_lazy("领导干部"), lambda person: _yes_no(person.leading_cadre), default=False),
    ),
    filters=(
        Filter("employment", gettext_lazy("用工形式"), "employment", Employment.choices),
        Filter("party", gettext_lazy("党员"), "party_member", kind="bool"),
        Filter("public", gettext_lazy("公职人员"), "public_official", kind="bool"),
        Filter("unit", gettext_lazy("单位"), "unit__name", kind="text"),
    ),
    find=find_people,
    search=("unit__name__icontains",),
    order=("name_key", "pk"),
    row_url=address_of("units:person"),
    export_name="人员",
    on_export=_export("people"),
    unit=gettext_lazy("人"),
    empty_text=gettext_lazy("登记册里还没有人员"),
    empty_why=gettext_lazy("由受理人员或专项行动办从“导入”导入。"),
)


def _yes_no(value: bool | None) -> str:
    return "" if value is None else _("是") if value else _("否")


def _disputed(value: str) -> Q:
    open_ = AddressConflict.objects.filter(settled_at__isnull=True)
    found = Q(pk__in=open_.values("first")) | Q(pk__in=open_.values("second"))
    return found if value == "1" else ~found


def ports_words(block: AddressBlock) -> str:
    """Return the NAT ports as people read them, "" for the whole network."""
    ports: Any = block.nat_ports
    return f"{ports.lower}—{ports.upper - 1}" if ports else ""


BLOCKS = ListPage(
    title=pgettext_lazy("places", "网段"),
    queryset=lambda user: AddressBlock.objects.visible_to(user).select_related("unit", "import_run"),
    columns=(
        Column("network", gettext_lazy("网段"), lambda block: str(block.network), mono=True, sort="network"),
        Column("ports", gettext_lazy("转换端口"), ports_words, mono=True),
        Column("unit", gettext_lazy("单位"), "unit.name", link=True, sort="unit__name_key"),
        Column("valid", gettext_lazy("有效期"), lambda block: period_words(block.valid), nowrap=True),
        Column("operator", gettext_lazy("运营商"), "operator"),
        Column("reference", gettext_lazy("依据"), "reference"),
        Column("state", gettext_lazy("状态"), lambda block: status("claim", block.state),
               export=lambda block: block.get_state_display()),
        Column("source", gettext_lazy("来源文件"), "import_run.file_name", default=False),
    ),
    filters=(
        Filter("disputed", gettext_lazy("归属有争议"), _disputed, kind="bool"),
        Filter("nat", gettext_lazy("按端口"), lambda value: Q(nat_ports__isnull=value == "0"), kind="bool"),
        Filter("state", gettext_lazy("状态"), "state", ClaimState.choices),
        Filter("unit", gettext_lazy("单位"), "unit__name", kind="text"),
        Filter("operator", gettext_lazy("运营商"), "operator", kind="text"),
    ),
    find=find_blocks,
    order=("network", "pk"),
    row_url=lambda block: reverse("units:unit", args=[block.unit_id]) + "#blocks",
    export_name="网段",
    on_export=_export("blocks"),
    empty_text=gettext_lazy("还没有登记网段"),
    empty_why=gettext_lazy("由受理人员或专项行动办从“导入”导入。"),
)  # fmt: skip


CONFLICTS = ListPage(
    title=gettext_lazy("归属冲突"),
    queryset=lambda user: AddressConflict.objects.visible_to(user).select_related(
        "first__unit", "second__unit", "kept__unit"
    ),
    columns=(
        Column("network", gettext_lazy("网段"), lambda row: str(row.first.network), mono=True, link=True),
        Column("first", gettext_lazy("主张一"), "first.unit.name"),
        Column("second", gettext_lazy("主张二"), "second.unit.name"),
        Column("kept", gettext_lazy("认定归"), lambda row: row.kept.unit.name if row.kept else ""),
        Column("noted", gettext_lazy("发现时间"), "noted_at", sort="-noted_at"),
    ),
    filters=(Filter("open", gettext_lazy("待认定"), lambda value: Q(settled_at__isnull=value == "1"), kind="bool"),),
    search=("first__unit__name__icontains", "second__unit__name__icontains"),
    order=("-noted_at", "-pk"),
    row_url=address_of("units:conflict"),
    unit=gettext_lazy("处"),
    empty_text=gettext_lazy("没有两家主张同一网段的情况"),
    default_query="open=1",
)


@require_safe
@commission_only
def units(request: HttpRequest) -> HttpResponseBase:
    """The register of units."""
    return render_list(request, UNITS, {"of_units": True}, "units/units.html")


@require_safe
@commission_only
def people(request: HttpRequest) -> HttpResponseBase:
    """The people of all units."""
    return render_list(request, PEOPLE, template="units/units.html")


@require_safe
@commission_only
def addresses(request: HttpRequest) -> HttpResponseBase:
    """Who holds which network."""
    open_ = AddressConflict.objects.visible_to(reader(request)).filter(settled_at__isnull=True).count()
    return render_list(request, BLOCKS, {"open_conflicts": open_}, "units/addresses.html")


@require_safe
@commission_only
def conflicts(request: HttpRequest) -> HttpResponseBase:
    """Networks that two units claim."""
    return render_list(request, CONFLICTS, template="units/units.html")


@require_safe
@commission_only
def unit(request: HttpRequest, pk: int) -> HttpResponse:
    """One unit with everything the reader may see."""
    user = reader(request)
    found: Unit = get_visible(Unit.objects.select_related("region", "parent", "supervisor", "merged_into"), user, pk=pk)
    blocks = AddressBlock.objects.visible_to(user).filter(unit=found).order_by("network", "pk")
    leads = Lead.objects.visible_to(user).filter(unit=found).select_related("handler").order_by("-received_on", "-pk")
    sightings = Sighting.objects.visible_to(user).filter(unit=found)
    return render(
        request,
        "units/unit.html",
        {
            "unit": found,
            "leaders": found.leaders.select_related("user").order_by("-from_on", "-pk"),
            "names": found.earlier_names.order_by("-until"),
            "places": found.earlier_places.select_related("parent", "supervisor").order_by("-until"),
            "merged": found.merged_from.order_by("name_key")[:FEW],
            "may_change": can(user, "register.change"),
            "children": found.children.select_related("region").order_by("name_key")[:FEW],
            "people": Person.objects.visible_to(user).filter(unit=found).order_by("name_key", "pk")[:SHOWN],
            "people_count": found.people.count(),
            "blocks": [(block, ports_words(block), period_words(block.valid)) for block in blocks[:SHOWN]],
            "blocks_count": blocks.count(),
            "registrations": Registration.objects.visible_to(user).filter(unit=found).order_by("-from_on"),
            "leads": leads[:SHOWN],
            "sightings": sightings.order_by("-observed_at", "-pk")[:SHOWN],
            "sightings_count": sightings.count(),
            "panels": panels_for(found, user),
            "trail": Entry.objects.of(f"unit:{found.pk}").order_by("-id")[:SHOWN],
            "today": clock.today(),
        },
    )


@require_safe
@commission_only
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One person: the standing that decides what is lawful, and the cases and leads about him that the reader knows of."""
    user = reader(request)
    found: Person = get_visible(Person.objects.select_related("unit__region"), user, pk=pk)
    number = found.id_number
    return render(
        request,
        "units/person.html",
        {
            "person": found,
            "id_shown": f"{number[:6]} {number[6:10]}**** ***{number[-1]}" if number else "",
            "leads": Lead.objects.visible_to(user).filter(person=found).order_by("-received_on"),
            "namesakes": Person.objects.visible_to(user)
            .filter(id_index=found.id_index)
            .exclude(pk=pk)
            .select_related("unit")
            if found.id_index
            else [],
            "panels": panels_of_person(found, user),
        },
    )


class SettleForm(forms.Form):
    """Which of two claims stands, and why."""

    kept = forms.ChoiceField(label=gettext_lazy("认定归"), widget=forms.RadioSelect)
    reason = forms.CharField(label=gettext_lazy("依据"), max_length=400, widget=forms.Textarea)


@require_http_methods(["GET", "HEAD", "POST"])
@commission_only
def conflict(request: HttpRequest, pk: int) -> HttpResponse:
    """Two claims side by side, with their sources; settling says which one stands."""
    user = reader(request)
    rows = AddressConflict.objects.select_related(
        "first__unit", "second__unit", "first__import_run", "second__import_run"
    )
    found: AddressConflict = get_visible(rows.select_related("kept__unit", "settled_by"), user, pk=pk)
    claims = [found.first, found.second]
    form = SettleForm(request.POST or None)
    choice: Any = form.fields["kept"]
    choice.choices = [(str(claim.pk), claim.unit.name) for claim in claims]
    if request.method == "POST" and form.is_valid():
        kept = next(claim for claim in claims if str(claim.pk) == form.cleaned_data["kept"])
        at = clock.now()
        try:
            settle_conflict(found, kept, actor=user, at=at, reason=form.cleaned_data["reason"])
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已认定 %(network)s 归%(unit)s。") % {"network": kept.network, "unit": kept.unit})
            return redirect("units:conflict", pk)
    waiting = Sighting.objects.visible_to(user).filter(candidates__block__in=claims, lead__isnull=True).distinct()
    return render(
        request,
        "units/conflict.html",
        {
            "conflict": found,
            "claims": [(claim, ports_words(claim), period_words(claim.valid)) for claim in claims],
            "form": form,
            "may": can(user, "conflict.settle"),
            "may_match": can(user, "sightings.match"),
            "waiting": waiting.count(),
        },
        status=409 if form.errors and request.method == "POST" else 200,
    )
