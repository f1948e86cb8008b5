"""Pages of an investigation: people with their standing, facts and what proves them."""

from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cases.enums import Side
from cases.models import Case, Fact, Suspect
from cases.proof import matrix
from cases.selectors.proof_table import HEADS, proof_table
from cases.services.facts import amend_fact, cite_item, drop_fact, note_matrix_export, state_fact, uncite_item
from cases.services.suspects import add_suspect, change_standing, show_facts
from cases.web.forms import (
    CiteForm,
    FactForm,
    FactsShownForm,
    FactTextForm,
    NewSuspectForm,
    StandingForm,
)
from casework.access.policy import can, get_visible, require
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.web import list_export
from casework.web.forms import add_refusal
from casework.web.lists import Column
from casework.web.toast import toast
from evidence.models import Item

_STANDING = (
    "name", "unit", "post", "rank", "employment", "party_member", "party_post", "public_official", "leading_cadre",
    "village_cadre", "deputy_of", "standing_on", "conduct_from", "conduct_until",
)  # fmt: skip
_METHODS = ["GET", "HEAD", "POST"]


def _case(request: HttpRequest, pk: int) -> Case:
    found: Case = get_visible(Case.objects.select_related("unit"), reader(request), pk=pk)
    return found


def _suspect(case: Case, suspect_pk: int) -> Suspect:
    found: Suspect = get_object_or_404(Suspect.objects.select_related("unit", "person"), case=case, pk=suspect_pk)
    return found


def _fact(case: Case, fact_pk: int) -> Fact:
    return get_object_or_404(Fact, case=case, pk=fact_pk)


@require_http_methods(_METHODS)
def suspect_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a person into the case."""
    user = reader(request)
    case = _case(request, pk)
    require(user, "case.amend", case)
    form = NewSuspectForm(
        request.POST if request.method == "POST" else None, initial={"unit": case.unit_id, "standing_on": clock.today()}
    )
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        try:
            added = add_suspect(
                case,
                name=data.pop("name"),
                standing_on=data.pop("standing_on"),
                id_number=data.pop("id_number"),
                actor=user,
                at=clock.now(),
                **data,
            )
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已列入%(name)s。") % {"name": added.name})
            return redirect("cases:detail", pk=case.pk)
    return render(request, "cases/suspect_add.html", {"case": case, "form": form}, status=409 if form.errors else 200)


@require_http_methods(_METHODS)
def suspect(request: HttpRequest, pk: int, suspect_pk: int) -> HttpResponse:
    """A person in the case: standing of that time, its corrections, meetings on facts, records."""
    user = reader(request)
    case = _case(request, pk)
    person = _suspect(case, suspect_pk)
    may_write = can(user, "case.amend", case)
    initial = {field: _initial(getattr(person, field)) for field in _STANDING}
    # A tick is true or false; the words of a choice would tick it whatever they say.
    initial |= {"village_cadre": person.village_cadre, "version": person.version}
    form = StandingForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST":
        require(user, "case.amend", case)
        if form.is_valid():
            data = dict(form.cleaned_data)
            try:
                change_standing(
                    person,
                    reason=data.pop("reason"),
                    expected_version=data.pop("version"),
                    actor=user,
                    at=clock.now(),
                    **data,
                )
            except CaseworkError as error:
                add_refusal(form, error)
            else:
                toast(request, _("已更正%(name)s的身份。") % {"name": person.name})
                return redirect("cases:suspect", pk=case.pk, suspect_pk=person.pk)
    changes = person.standing_changes.select_related("by").order_by("-at", "-pk")
    context = {
        "case": case,
        "suspect": person,
        "form": form,
        "may_write": may_write,
        "changes": [(row, getattr(Suspect._meta.get_field(row.field), "verbose_name", row.field)) for row in changes],
        "meetings": person.facts_shown.select_related("officer", "second_officer").order_by("-at"),
        "elsewhere": same_person(person, user),
        "may_draft": can(user, "penalty.draft", case),
        "measures": person.case_measures.order_by("number"),
        "recoveries": person.recoveries.order_by("pk"),
        "records": person.interviews.select_related("officer", "second_officer").order_by("-began_at"),
    }
    return render(request, "cases/suspect.html", context, status=409 if form.errors else 200)


def same_person(person: Suspect, user: User) -> Any:
    """Return this person in other cases that the reader may know of: the same row of the register, or the same number.

    A name alone says nothing, so namesakes in the same unit are listed as such by the page.
    """
    rows = Suspect.objects.visible_to(user).exclude(case=person.case_id).select_related("case", "unit")
    same = Q(name=person.name, unit=person.unit_id) if person.unit_id else Q(pk__in=[])
    if person.person_id:
        same |= Q(person=person.person_id)
    return rows.filter(same).order_by("-case__proposed_at", "-pk")


def _initial(value: Any) -> Any:
    if value is True:
        return "1"
    if value is False:
        return "0"
    return getattr(value, "pk", value)


@require_http_methods(_METHODS)
def facts_shown(request: HttpRequest, pk: int, suspect_pk: int) -> HttpResponse:
    """事实材料见面: what the person answered."""
    user = reader(request)
    case = _case(request, pk)
    person = _suspect(case, suspect_pk)
    require(user, "case.investigate", case)
    form = FactsShownForm(other_officers(case, user), request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            show_facts(person, actor=user, at=clock.now(), **form.cleaned_data)
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已登记与%(name)s的见面。") % {"name": person.name})
            return redirect("cases:detail", pk=case.pk)
    context = {"case": case, "suspect": person, "form": form, "matrix": matrix(case)}
    return render(request, "cases/facts_shown.html", context, status=409 if form.errors else 200)


def other_officers(case: Case, user: User) -> Any:
    """Return the other investigators of the case, from whom the second officer is chosen."""
    ids = case.members.filter(side=Side.INVESTIGATE, until__isnull=True).exclude(user=user).values("user_id")
    return User.objects.filter(pk__in=ids, is_active=True).select_related("organisation").order_by("name", "pk")


@require_safe
def proof_matrix(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The proof matrix as a file, the way every list goes out; without a format the reader is led to it on the case."""
    user = reader(request)
    case = _case(request, pk)
    kind = request.GET.get("export", "")
    if kind not in {"csv", "xlsx"}:
        return redirect(f"{reverse('cases:detail', args=[case.pk])}#matrix")
    table = proof_table(case, user)
    note_matrix_export(case, len(table), actor=user, at=clock.now())
    make = list_export.xlsx_response if kind == "xlsx" else list_export.csv_response
    columns = [Column(str(place), label, "") for place, label in enumerate(HEADS)]
    return make(_("证明矩阵 %(number)s") % {"number": case.number}, columns, iter(table))


@require_http_methods(_METHODS)
def fact_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a fact to be proved."""
    user = reader(request)
    case = _case(request, pk)
    require(user, "case.investigate", case)
    form = FactForm(case, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            fact_row = state_fact(case, data["statement"], suspects=list(data["suspects"]), actor=user, at=clock.now())
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已列出待证事实 %(n)d。") % {"n": fact_row.number})
            return redirect("cases:fact", pk=case.pk, fact_pk=fact_row.pk)
    return render(request, "cases/fact_add.html", {"case": case, "form": form}, status=409 if form.errors else 200)


@require_http_methods(_METHODS)
def fact(request: HttpRequest, pk: int, fact_pk: int) -> HttpResponse:
    """One fact: what proves it, what speaks against it, and what explains it."""
    user = reader(request)
    case = _case(request, pk)
    row = _fact(case, fact_pk)
    act = request.POST.get("act", "")
    initial = {
        "statement": row.statement,
        "lone_reason": row.lone_reason,
        "contradiction_note": row.contradiction_note,
        "version": row.version,
    }
    form = FactTextForm(request.POST if act == "amend" else None, initial=initial)
    cite = CiteForm(user, request.POST if act == "cite" else None)
    refusal = ""
    if request.method == "POST":
        require(user, "case.investigate", case)
        try:
            done = _change_fact(request, row, act, form, cite)
        except CaseworkError as error:
            done = ""
            if act in {"amend", "cite"}:
                add_refusal(form if act == "amend" else cite, error)
            else:
                refusal = error.message
        if done:
            toast(request, done)
            return redirect("cases:fact", pk=case.pk, fact_pk=row.pk)
    context = {
        "case": case,
        "fact": row,
        "form": form,
        "cite": cite,
        "refusal": refusal,
        "may_write": can(user, "case.investigate", case) and row.dropped_at is None,
        "proof": next((found for found in matrix(case).rows if found.fact.pk == row.pk), None),
        "exhibits": row.exhibits.select_related("item", "by").order_by("pk"),
        "visible": set(_visible_items(user, row)),
    }
    return render(request, "cases/fact.html", context, status=409 if form.errors or cite.errors or refusal else 200)


def _visible_items(user: User, row: Fact) -> Any:
    return Item.objects.visible_to(user).filter(pk__in=row.exhibits.values("item_id")).values_list("pk", flat=True)


def _change_fact(request: HttpRequest, row: Fact, act: str, form: FactTextForm, cite: CiteForm) -> str:
    user = reader(request)
    at = clock.now()
    if act == "amend" and form.is_valid():
        data = dict(form.cleaned_data)
        amend_fact(row, expected_version=data.pop("version"), actor=user, at=at, **data)
        return _("已保存这项事实。")
    if act == "cite" and cite.is_valid():
        exhibit = cite_item(row, actor=user, at=at, **cite.cleaned_data)
        if row.contradiction_note and not exhibit.fact.contradiction_note:
            said = _("已引用“%(label)s”。原来的矛盾说明写在这份证据之前，已留存账本，须重新说明。")
            return said % {"label": exhibit.label}
        return _("已引用“%(label)s”。") % {"label": exhibit.label}
    if act == "uncite":
        found = row.exhibits.filter(pk=request.POST.get("exhibit", "0")).first()
        if found is None:
            raise Http404
        uncite_item(found, actor=user, at=at, reason=request.POST.get("reason", ""))
        return _("已撤下“%(label)s”。") % {"label": found.label}
    if act == "drop":
        drop_fact(row, actor=user, at=at, reason=request.POST.get("reason", ""))
        return _("已不再认定这项事实。")
    return ""
