"""Triage: list left, facts right, the lawful ways of disposal always in reach; and the acts on one lead."""

from dataclasses import replace
from typing import Any

from django import forms
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from casework.access.policy import acts, can, get_visible
from casework.accounts.enums import OrganisationKind, Role
from casework.accounts.models import Organisation, User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError, Stale
from casework.ledger.refs import is_ref
from casework.web.forms import add_refusal
from casework.web.guards import commission_only
from casework.web.list_query import ListQuery
from casework.web.lists import render_list
from casework.web.toast import toast
from units.enums import Classification, Disposition, LeadState, QuestionKind, Stance
from units.lead_workflow import AWAITING_OPINION, move_named, moves_for, ways
from units.models import HandOver, Lead, LiabilityItem, Question, Sighting
from units.selectors.far_ends import Spoken, pools_of_lead
from units.selectors.leads import dealings, question_cards, research_of
from units.selectors.tracks import passive_track
from units.services.dispositions import handle_lead, may_decide, move_lead, undo_disposition
from units.services.leads import assign_lead
from units.services.questions import add_evidence, classify_lead, missing_for, settle_question
from units.web.leads import TABLE, prepare, rows_of

RECENT = 3
#: The place of a lead in the list is found among this many.
WALKED = 5000
DRAFT = "lead_draft"
TRIAGE = replace(TABLE, title=gettext_lazy("线索处置"), bulk=(), export_name="", page_size=50)


def _page_for(user: User) -> Any:
    """The first visit shows what waits for this reader."""
    waiting = "phase=pending" if user.has_role(Role.APPROVER) else "phase=waiting&phase=study"
    return replace(TRIAGE, default_query=waiting)


class HandleForm(forms.Form):
    """What the officer writes and chooses on the triage page."""

    note = forms.CharField(required=False, max_length=4000)
    way = forms.ChoiceField(required=False, choices=[("", ""), *Disposition.choices])
    to = forms.ModelChoiceField(
        Organisation.objects.filter(kind=OrganisationKind.AGENCY).order_by("name"), required=False
    )
    version = forms.IntegerField()
    then = forms.IntegerField(required=False)


@require_safe
@commission_only
def triage(request: HttpRequest) -> HttpResponseBase:
    """The first lead under the present conditions."""
    return _show(request, None)


@require_safe
@commission_only
def lead(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One lead, with the list it stands in."""
    found = get_visible(Lead.objects, reader(request), pk=pk)
    return _show(request, found)


def _show(request: HttpRequest, chosen: Lead | None, form: HandleForm | None = None) -> HttpResponseBase:
    user = reader(request)
    page = _page_for(user)
    query = ListQuery(page, user, request.GET or QueryDict(page.default_query))
    order = list(query.rows.values_list("pk", flat=True)[:WALKED])
    if chosen is None and order:
        chosen = Lead.objects.get(pk=order[0])
    context: dict[str, Any] = {
        "here_query": _query_string(request),
        "effective_query": query.address(),
        "shown": len(order),
    }
    if chosen is not None:
        context |= _detail(request, user, chosen, form)
        if chosen.pk in order:
            at = order.index(chosen.pk)
            context |= {
                "place": at + 1,
                "before": order[at - 1] if at else None,
                "after": order[at + 1] if at + 1 < len(order) else None,
            }
    response = render_list(request, page, context, "units/triage.html")
    if form is not None:
        response.status_code = 409
    return response


def _query_string(request: HttpRequest) -> str:
    text = request.GET.urlencode()
    return f"?{text}" if text else ""


def _detail(request: HttpRequest, user: User, chosen: Lead, form: HandleForm | None) -> dict[str, Any]:
    row = (
        rows_of(user)
        .select_related(
            "unit__region", "unit__parent", "unit__supervisor", "handler", "campaign", "earlier", "proposed_by",
            "disposed_by", "classified_by", "transferred_to",
        )
        .get(pk=chosen.pk)
    )  # fmt: skip
    prepare(request, [row])
    cards = question_cards(row)
    draft = request.session.get(DRAFT, {}).get(str(row.pk), "")
    decides = may_decide(row, user)
    open_ways = [
        way
        for way in ways()
        if (row.state in way.sources and can(user, way.act, row))
        or (row.state in AWAITING_OPINION and row.state != LeadState.REGISTERED and can(user, "lead.propose", row))
    ]
    return {
        "lead": row,
        "cards": cards,
        "open_questions": [card for card in cards if card.question.is_open],
        "recent": Sighting.objects.visible_to(user).filter(lead=row).order_by("-observed_at", "-pk")[:RECENT],
        "dealings": dealings(row, user, clock.today()),
        "pools": pools_of_lead(row),
        "relapse": LiabilityItem.objects.visible_to(user).filter(lead=row).select_related("report__stage").first(),
        "letters": HandOver.objects.visible_to(user).filter(lead=row).select_related("agency").order_by("-pk"),
        "may_hand_over": can(user, "handover.send", row),
        "track": passive_track(row, user),
        "research": research_of(row),
        "ways": open_ways,
        "decides": decides,
        "moves": moves_for(row, user),
        "may_note": can(user, "lead.note", row),
        "may_assign": can(user, "lead.assign", row),
        # Filing is an act of the app above; its page is named, not imported.
        "may_file": row.state in move_named("file").sources and "case.file" in acts() and can(user, "case.file"),
        "may_settle": can(user, "question.settle", row),
        "may_classify": can(user, "lead.classify", row),
        "members": _members(row) if can(user, "lead.assign", row) else [],
        "agencies": Organisation.objects.filter(kind=OrganisationKind.AGENCY).order_by("name"),
        "classify_missing": [(word, label, missing_for(row, word)) for word, label in Classification.choices],
        "form": form or HandleForm(initial={"note": draft or row.note, "version": row.version}),
        "has_draft": bool(draft) and draft != row.note,
        "may_undo": _may_undo(row, user),
    }


def _may_undo(row: Lead, user: User) -> bool:
    proposed = row.state == LeadState.OPINION_PENDING and row.proposed_by_id == user.pk
    decided = row.state == row.disposition and row.disposed_by_id == user.pk
    return bool(row.previous_state) and (proposed or decided)


def _members(row: Lead) -> list[User]:
    today = clock.today()
    held = row.compartment.grants.filter(Q(until__isnull=True) | Q(until__gte=today), from_on__lte=today)
    users = User.objects.filter(pk__in=held.values("user"), is_active=True)
    handlers = users.filter(appointments__role__in=[Role.CASE_OFFICER, Role.CAMPAIGN_OFFICER, Role.INTAKE]).distinct()
    return list(handlers.order_by("name", "pk"))


def _back(request: HttpRequest, pk: int) -> HttpResponse:
    return redirect(reverse("units:lead", args=[pk]) + _query_string(request))


@require_POST
@commission_only
def handle(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Keep the note, propose or decide, and go on to the next lead; a refusal keeps what was typed."""
    user = reader(request)
    found: Lead = get_visible(Lead.objects, user, pk=pk)
    form = HandleForm(request.POST)
    if not form.is_valid():
        return _show(request, found, form)
    data = form.cleaned_data
    try:
        if data["version"] != found.version:
            raise Stale(_("已被他人处理，请刷新后再办。您填写的内容仍在页面上。"))
        done = handle_lead(found, data["way"], note=data["note"], actor=user, at=clock.now(), to=data["to"])
    except CaseworkError as error:
        add_refusal(form, error)
        return _show(request, found, form)
    drafts = request.session.get(DRAFT, {})
    if drafts.pop(str(pk), None) is not None:
        request.session[DRAFT] = drafts
    if data["way"]:
        toast(
            request,
            _("线索 %(number)s：已%(what)s%(way)s。")
            % {
                "number": done.number,
                "what": _("决定") if done.state == done.disposition else _("报送"),
                "way": Disposition(data["way"]).label,
            },
            undo_url=reverse("units:lead-undo", args=[pk]),
        )
    elif done.version != found.version:
        toast(request, _("已保存线索 %(number)s 的批注。") % {"number": done.number})
    following = data["then"]
    if following and Lead.objects.visible_to(user).filter(pk=following).exists():
        return _back(request, following)
    return _back(request, pk)


@require_POST
@commission_only
def keep_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep an unfinished note in the officer's own session."""
    get_visible(Lead.objects, reader(request), pk=pk)
    drafts = request.session.get(DRAFT, {})
    drafts[str(pk)] = request.POST.get("note", "")[:4000]
    request.session[DRAFT] = dict(list(drafts.items())[-50:])
    moment = timezone.localtime(clock.now())
    return HttpResponse(_("草稿 %(time)s 已自动保存") % {"time": f"{moment:%H:%M}"})


@require_POST
@commission_only
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back the last proposal or decision."""
    user = reader(request)
    done = undo_disposition(get_visible(Lead.objects, user, pk=pk), actor=user, at=clock.now())
    toast(request, _("已撤销线索 %(number)s 的处置。") % {"number": done.number})
    return _back(request, pk)


@require_POST
@commission_only
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """开始研判, 退回研判, 重新研判."""
    user = reader(request)
    found: Lead = get_visible(Lead.objects, user, pk=pk)
    done = move_lead(
        found, request.POST.get("move", ""), actor=user, at=clock.now(), reason=request.POST.get("reason", "")
    )
    toast(
        request, _("线索 %(number)s 现在是“%(state)s”。") % {"number": done.number, "state": done.get_state_display()}
    )
    return _back(request, pk)


@require_POST
@commission_only
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand the lead to an officer of its compartment."""
    user = reader(request)
    found: Lead = get_visible(Lead.objects, user, pk=pk)
    chosen = next((one for one in _members(found) if str(one.pk) == request.POST.get("handler")), None)
    if chosen is not None:
        assign_lead(found, chosen, actor=user, at=clock.now())
        toast(request, _("已把线索 %(number)s 分给%(name)s。") % {"number": found.number, "name": chosen.name})
    return _back(request, pk)


@require_POST
@commission_only
def classify(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what it was: on purpose, by a trojan or for research."""
    user = reader(request)
    found: Lead = get_visible(Lead.objects, user, pk=pk)
    done = classify_lead(found, request.POST.get("classification", ""), actor=user, at=clock.now())
    toast(
        request,
        _("线索 %(number)s 已定性为%(nature)s。")
        % {"number": done.number, "nature": done.get_classification_display()},
    )
    return _back(request, pk)


class EvidenceForm(forms.Form):
    """Something for or against a candidate answer."""

    candidate = forms.CharField(label=gettext_lazy("候选答案"), max_length=200)
    stance = forms.ChoiceField(label=gettext_lazy("立场"), choices=Stance.choices, widget=forms.RadioSelect)
    text = forms.CharField(label=gettext_lazy("内容"), max_length=400, widget=forms.Textarea)
    ref = forms.CharField(label=gettext_lazy("依据"), max_length=80, required=False)


def _pools_said(pools: list[Spoken]) -> str:
    """Return what the monitor saw of pools as a sentence to put on record; whether it speaks for or against is left open."""
    if not pools:
        return ""
    parts = [
        ngettext("%(pool)s %(n)d 次", "%(pool)s %(n)d 次", one.times) % {"pool": one.known.words, "n": one.times}
        for one in pools
    ]
    text: str = _("监测记录的远端在矿池目录里：%(parts)s。") % {"parts": "、".join(parts)}
    return text[:400]


class SettleForm(forms.Form):
    """The answer and what it rests on."""

    answer = forms.CharField(label=gettext_lazy("结论"), max_length=2000, widget=forms.Textarea)
    source_ref = forms.CharField(label=gettext_lazy("依据"), max_length=200)
    reason = forms.CharField(label=gettext_lazy("改变结论的理由"), max_length=400, required=False)


@require_http_methods(["GET", "HEAD", "POST"])
@commission_only
def question(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """One of the three questions: candidates with evidence, and the form that settles it."""
    user = reader(request)
    found: Question = get_visible(Question.objects.select_related("lead__unit", "settled_by"), user, lead=pk, kind=kind)
    adding = request.method == "POST" and request.POST.get("act") == "evidence"
    pools = pools_of_lead(found.lead) if found.kind == QuestionKind.NATURE else []
    evidence = EvidenceForm(request.POST if adding else None, initial={"text": _pools_said(pools)})
    settling = request.method == "POST" and not adding
    # A reference is shown above the form as the thing's name; in the form only words are changed.
    initial = {"answer": found.answer, "source_ref": "" if is_ref(found.source_ref) else found.source_ref}
    settle = SettleForm(request.POST if settling else None, initial=initial)
    if found.kind == QuestionKind.NATURE:
        for form, name in ((evidence, "candidate"), (settle, "answer")):
            form.fields[name] = forms.ChoiceField(
                label=form.fields[name].label, choices=Classification.choices, widget=forms.RadioSelect
            )
    if not found.answer:
        del settle.fields["reason"]
    form = evidence if adding else settle
    if request.method == "POST" and form.is_valid():
        try:
            if adding:
                add_evidence(found, actor=user, at=clock.now(), **form.cleaned_data)
            else:
                settle_question(found, actor=user, at=clock.now(), **form.cleaned_data)
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已补充依据。") if adding else _("已认定“%(question)s”。") % {"question": found})
            return redirect("units:lead", pk) if not adding else redirect("units:lead-question", pk, kind)
    card = next(card for card in question_cards(found.lead) if card.question.pk == found.pk)
    return render(
        request,
        "units/question.html",
        {
            "question": found,
            "lead": found.lead,
            "card": card,
            "evidence": evidence,
            "settle": settle,
            "pools": pools,
            "may_add": can(user, "lead.evidence", found.lead),
            "may_settle": can(user, "question.settle", found.lead),
        },
        status=409 if form.errors and request.method == "POST" else 200,
    )
