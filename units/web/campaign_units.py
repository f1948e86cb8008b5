"""The units of a campaign: their outcomes with the basis, findings, and taking units in."""

from typing import Any

from django import forms
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from casework.access.policy import can, get_visible, require
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.ledger.refs import resolve_many
from casework.web.forms import add_refusal
from casework.web.lists import Bulk, Column, Filter, ListPage, address_of, render_list
from casework.web.templatetags.cw import badge, status
from casework.web.toast import toast
from units.enums import UnitKind
from units.enums_campaign import Outcome
from units.models import Campaign, CampaignUnit, Finding, Rectification, Unit, UnitPaper
from units.selectors.campaigns import outcome_counts
from units.selectors.false_reports import false_reports
from units.services.campaigns import add_units, set_outcome
from units.services.reading import note_export
from units.web.campaigns import campaign_of
from units.web.posted import posted


def _outcome_badge(row: CampaignUnit) -> Any:
    if not row.outcome:
        return badge("amber", "help-circle", _("未说明"))
    if row.outcome == Outcome.CLEARED:
        return badge("green", "circle-check", row.get_outcome_display())
    return status("finding", row.outcome)


def _outcome_q(value: str) -> Q:
    return Q(outcome="" if value == "none" else value)


def units_page(found: Campaign) -> ListPage:
    """Return the list of the campaign's units."""
    return ListPage(
        title=gettext_lazy("专项行动单位"),
        queryset=lambda user: (
            CampaignUnit.objects.visible_to(user)
            .filter(campaign=found)
            .select_related("unit__region", "outcome_by", "campaign")
        ),
        columns=(
            Column("unit", gettext_lazy("单位"), "unit.name", sort="unit__name", link=True),
            Column("region", gettext_lazy("地区"), "unit.region.name", sort="unit__region__name"),
            Column("kind", gettext_lazy("类别"), lambda row: row.unit.get_kind_display()),
            Column(
                "outcome",
                gettext_lazy("结论"),
                _outcome_badge,
                sort="outcome",
                export=lambda row: row.get_outcome_display() or _("未说明"),
            ),
            Column("basis", gettext_lazy("列入依据"), "basis", default=False),
        ),
        filters=(
            Filter("outcome", gettext_lazy("结论"), _outcome_q, [*Outcome.choices, ("none", gettext_lazy("未说明"))]),
            Filter("kind", gettext_lazy("单位类别"), "unit__kind", UnitKind.choices),
        ),
        search=("unit__name__icontains", "unit__code__istartswith"),
        order=("pk",),
        row_url=lambda row: reverse("units:campaign-unit", args=[found.code, row.pk]),
        key="campaign-units",
        unit=gettext_lazy("家"),
        export_name="专项行动单位",
        on_export=lambda user, count: note_export("campaign-units", count, actor=user, at=clock.now()),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def units(request: HttpRequest, code: str) -> HttpResponseBase:
    """The units of the campaign with what was found about each."""
    found = campaign_of(request, code)
    counts = [
        (Outcome(key).label if key else _("未说明"), count, key or "none")
        for key, count in outcome_counts(found).items()
    ]
    return render_list(
        request, units_page(found), {"campaign": found, "counts": counts}, template="units/campaign_units.html"
    )


#: Chosen where an outcome rests on something that is no record here.
OTHER = "other"


class OutcomeForm(forms.Form):
    """What the campaign found about a unit."""

    outcome = forms.ChoiceField(label=gettext_lazy("结论"), choices=Outcome.choices, widget=forms.RadioSelect)
    basis_ref = forms.ChoiceField(label=gettext_lazy("依据"))
    basis = forms.CharField(label=gettext_lazy("其他依据"), max_length=200, required=False)
    reason = forms.CharField(label=gettext_lazy("理由"), max_length=1000, required=False, widget=forms.Textarea)

    def __init__(self, *args: Any, records: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["basis_ref"]
        chosen.choices = [*records, (OTHER, _("其他，写在下面"))]

    def given(self) -> dict[str, Any]:
        """Return what the service asks for: the record that was chosen, else what was written."""
        found = dict(self.cleaned_data)
        written = found.pop("basis")
        return found | ({"basis_ref": written} if found["basis_ref"] == OTHER else {})


def _records(row: CampaignUnit, user: User) -> list[tuple[str, str]]:
    """Return what an outcome can rest on, by name: the unit's reports, findings and where they come from, leads, duties."""
    findings = Finding.objects.visible_to(user).filter(campaign_unit=row).order_by("pk")
    refs = [row.outcome_basis, *(one.ref for one in row.self_inspections.order_by("pk"))]
    for finding in findings:
        refs += [f"finding:{finding.pk}", finding.source_ref]
    refs += [f"lead:{pk}" for pk in row.unit.leads.order_by("-pk").values_list("pk", flat=True)[:50]]
    duties = Rectification.objects.visible_to(user).filter(campaign_unit=row).order_by("pk")
    refs += [f"rectification:{pk}" for pk in duties.values_list("pk", flat=True)]
    known = resolve_many(filter(None, refs), user)
    return [(ref, known[ref].label) for ref in dict.fromkeys(refs) if ref in known]


@require_http_methods(["GET", "HEAD", "POST"])
def campaign_unit(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """A unit in the campaign: outcome with its basis, findings, reports, duties."""
    user = reader(request)
    found = campaign_of(request, code)
    row = get_visible(
        CampaignUnit.objects.select_related("unit__region", "campaign", "outcome_by"), user, pk=pk, campaign=found
    )
    first = row.self_inspections.order_by("pk").first()
    if request.method == "POST":
        require(user, "campaign.set_outcome", row)
    may_set = can(user, "campaign.set_outcome", row)
    records = _records(row, user) if may_set else []
    basis = row.outcome_basis or (first.ref if first else "")
    listed = basis in dict(records)
    start = {"outcome": row.outcome, "basis_ref": basis if listed else OTHER, "basis": "" if listed else basis}
    form = OutcomeForm(posted(request), initial=start, records=records)
    if request.method == "POST" and form.is_valid():
        try:
            set_outcome(row, actor=user, at=clock.now(), **form.given())
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已给%(unit)s下结论。") % {"unit": row.unit})
            back = request.POST.get("back", "")
            if back.isdecimal():
                return redirect("units:self-inspection", pk=int(back))
            return HttpResponseRedirect(request.path)
    context = {
        "campaign": found,
        "row": row,
        "badge": _outcome_badge(row),
        "form": form,
        "may_set": may_set,
        "may_order": can(user, "rectification.order", row),
        "findings": Finding.objects.visible_to(user).filter(campaign_unit=row).select_related("lead").order_by("pk"),
        "reports": row.self_inspections.select_related("stage").order_by("pk"),
        "false_before": false_reports(row.unit_id, user).exclude(campaign_unit=row),
        "papers": UnitPaper.objects.visible_to(user).filter(campaign_unit=row).order_by("pk"),
        "may_paper": can(user, "paper.draft", row),
        "duties": Rectification.objects.visible_to(user).filter(campaign_unit=row).order_by("pk"),
    }
    return render(request, "units/campaign_unit.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def choose_units(request: HttpRequest, code: str) -> HttpResponseBase:
    """Choose units of the register that are not yet in the campaign, and take them in."""
    user = reader(request)
    found = campaign_of(request, code)
    require(user, "campaign.add_units", found)

    def take(inner: HttpRequest, queryset: Any) -> str:
        added = add_units(found, queryset, actor=user, at=clock.now())
        return ngettext("已列入 %(n)s 家单位。", "已列入 %(n)s 家单位。", len(added)) % {"n": len(added)}

    page = ListPage(
        title=gettext_lazy("列入单位"),
        queryset=lambda reader: (
            Unit.objects.visible_to(reader).exclude(campaign_units__campaign=found).select_related("region")
        ),
        columns=(
            Column("name", gettext_lazy("单位"), "name", sort="name", link=True),
            Column("region", gettext_lazy("地区"), "region.name", sort="region__name"),
            Column("kind", gettext_lazy("类别"), lambda unit: unit.get_kind_display()),
        ),
        filters=(Filter("kind", gettext_lazy("单位类别"), "kind", UnitKind.choices),),
        search=("name__icontains", "code__istartswith"),
        order=("pk",),
        row_url=address_of("units:unit"),
        key="campaign-choose",
        unit=gettext_lazy("家"),
        bulk=(
            Bulk(
                "take",
                gettext_lazy("列入专项行动"),
                take,
                act="campaign.add_units",
                confirm=lambda n: (
                    ngettext("把 %(n)s 家单位列入“%(name)s”？", "把 %(n)s 家单位列入“%(name)s”？", n)
                    % {"n": n, "name": found.name}
                ),
                confirm_verb=gettext_lazy("列入专项行动"),
            ),
        ),
    )
    return render_list(request, page, {"campaign": found}, template="units/campaign_choose.html")
