"""Who did it: the list, the card with its chain, what people add, the review by a second officer."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from casework.access.policy import can, get_visible, require
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.core.moments import cn_datetime
from casework.web.forms import add_refusal
from casework.web.guards import commission_only
from casework.web.lists import Column, Filter, ListPage, address_of, render_list
from casework.web.nav import CASES, register
from casework.web.templatetags.cw import status
from casework.web.toast import toast
from casework.web.vocabulary import register_status
from evidence.attribution.weight import Fit, Hypothesis, Word
from evidence.attribution_enums import AddedKind, AttributionOutcome, AttributionState, ReviewVerdict
from evidence.attribution_reading import act_words, hypothesis_words
from evidence.attribution_words import (
    ASKS,
    CAPS,
    FITS,
    HYPOTHESES,
    PATHS,
    REFUTES,
    RULES,
    WORDS,
    exhibit_words,
    note_words,
    option_words,
    sentence,
    time_words,
)
from evidence.log_words import check_words, kind_words, verdict_words
from evidence.models import Attribution, AttributionEdition, Item, LogEvent, LogFinding
from evidence.selectors.attributions import acts_near, newest_edition, visible_attributions
from evidence.services.attributions import (
    add_attribution_evidence,
    open_attribution,
    review_attribution,
    submit_attribution,
    work_out_again,
)
from evidence.web.chain_picture import draw_chain
from evidence.web.people import reader

for _state, _word, _colour, _icon in (
    (AttributionState.LEAD, _l("未复核"), "", "circle-dashed"),
    (AttributionState.SUBMITTED, _l("待复核"), "amber", "hourglass"),
    (AttributionState.REVIEWED, _l("已复核"), "green", "circle-check"),
    (AttributionState.RETURNED, _l("退回补充"), "amber", "arrow-back-up"),
    (AttributionState.REJECTED, _l("不采用"), "", "ban"),
):
    register_status("attribution", _state, _word, _colour, _icon)
for _outcome, _named, _tone, _sign in (
    (AttributionOutcome.BROKEN, _l("链条中断"), "amber", "alert-triangle"),
    (AttributionOutcome.AUTOMATIC, _l("自动任务"), "", "clock"),
    (AttributionOutcome.SESSION, _l("会话已查明，人未确定"), "amber", "user-question"),
    (AttributionOutcome.CONTESTED, _l("来源互相矛盾"), "red", "alert-triangle"),
    (AttributionOutcome.NAMED, _l("指向一人"), "blue", "user-search"),
):
    register_status("attribution_outcome", _outcome, _named, _tone, _sign)
for _step, _step_word, _step_colour, _step_icon in (
    ("single", _l("唯一对应"), "green", "circle-check"),
    ("ambiguous", _l("不止一个"), "amber", "alert-triangle"),
    ("missing", _l("缺记录"), "red", "help-circle"),
):
    register_status("chain_step", _step, _step_word, _step_colour, _step_icon)

register(
    CASES,
    _l("行为归属"),
    "user-search",
    "evidence:attributions",
    roles={Role.CASE_OFFICER, Role.INSPECTOR, Role.HEARING_OFFICER, Role.AUDITOR},
    order=25,
    short=_l("归属"),
)


def _title(row: Any) -> SafeString:
    return format_html('<span class="mono">{}</span> {}', row.number, act_words(row))


def _strength(row: Any) -> str:
    edition = row.newest[0]
    return str(WORDS[Word(edition.strength)]) if edition.outcome == AttributionOutcome.NAMED else "—"


LIST = ListPage(
    title=_l("行为归属"),
    queryset=visible_attributions,
    columns=(
        Column("act", _l("行为"), _title, sort="number", link=True, export=lambda row: f"{row.number} {act_words(row)}"),
        Column("since", _l("时间"), "since", sort="since"),
        Column(
            "outcome", _l("结果"), lambda row: status("attribution_outcome", row.outcome), sort="outcome",
            export=lambda row: row.get_outcome_display(),
        ),
        Column("strength", _l("程度"), _strength, nowrap=True),
        Column(
            "state", _l("复核"), lambda row: status("attribution", row.state), sort="state", export=lambda row: row.get_state_display()
        ),
        Column("item", _l("证物"), "item.title"),
        Column("by", _l("提出人"), "opened_by.name", default=False),
    ),
    filters=(
        Filter("state", _l("复核"), "state", AttributionState.choices),
        Filter("outcome", _l("结果"), "outcome", AttributionOutcome.choices),
    ),
    search=("number__icontains", "item__title__icontains", "event__process_command_line__icontains"),
    order=("-opened_at", "-pk"),
    row_url=address_of("evidence:attribution"),
    unit=_l("张"),
    empty_text=_l("还没有查过谁做的"),
    empty_why=_l("在时间线上打开一个事件，按“查是谁做的”。"),
)  # fmt: skip


@require_safe
@commission_only
def attributions(request: HttpRequest) -> HttpResponseBase:
    """The attributions that the reader may know of."""
    return render_list(request, LIST, template="evidence/attributions.html")


@require_http_methods(["GET", "POST"])
@commission_only
def new(request: HttpRequest) -> HttpResponse:
    """Begin from an event or from what is missing: choose the act, then the chain is worked out."""
    user = reader(request)
    given = request.POST if request.method == "POST" else request.GET
    event = finding = None
    if given.get("event", "").isdecimal():
        event = get_visible(LogEvent.objects.select_related("item", "run"), user, pk=int(given["event"][:18]))
    else:
        key = given.get("finding", "")
        rows = LogFinding.objects.select_related("item", "run__file")
        finding = get_visible(rows, user, pk=int(key[:18]) if key.isdecimal() else 0)
    item: Item = event.item if event is not None else finding.item  # type: ignore[union-attr]
    context: dict[str, Any] = {"event": event, "finding": finding, "item": item}
    if request.method == "POST":
        try:
            row = open_attribution(event=event, finding=finding, actor=user, at=clock.now())
        except CaseworkError as error:
            context["refusal"] = error.message
        else:
            toast(request, _("已推演归属 %(number)s。") % {"number": row.number})
            return redirect("evidence:attribution", pk=row.pk)
    require(user, "evidence.attribute", item)
    if finding is not None:
        context |= {
            "said": check_words(finding.check_name),
            "verdict": verdict_words(finding.verdict),
            "acts": [(one, kind_words(one.event_action)) for one in acts_near(finding)],
        }
    elif event is not None:
        context["said"] = event.process_command_line or kind_words(event.event_action)
    return render(request, "evidence/attribution_new.html", context, status=422 if "refusal" in context else 200)


class AddForm(forms.Form):
    """What a person said or a paper shows, with its fit under each possibility."""

    kind = forms.ChoiceField(label=_l("类别"), choices=AddedKind.choices)
    person = forms.CharField(label=_l("谁说的、关于谁"), required=False, max_length=100)
    account = forms.CharField(label=_l("账号（口令告知他人时写）"), required=False, max_length=100)
    since = forms.DateTimeField(
        label=_l("从何时起（口令告知他人时写）"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    text = forms.CharField(label=_l("内容"), widget=forms.Textarea(attrs={"rows": 3}), max_length=4000)
    source = forms.CharField(label=_l("出处"), max_length=200, help_text=_l("例如笔录页码、证物编号"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for one in Hypothesis:
            self.fields[f"fit_{one.value}"] = forms.TypedChoiceField(
                label=f"{one.value} {HYPOTHESES[one]}",
                coerce=int,
                choices=[("", _("请选")), *((int(fit), word) for fit, word in FITS.items())],
            )

    @property
    def fits(self) -> list[Any]:
        """The five ratings."""
        return [self[f"fit_{one.value}"] for one in Hypothesis]


class ReviewForm(forms.Form):
    """The second officer's opinion."""

    verdict = forms.ChoiceField(label=_l("意见"), choices=ReviewVerdict.choices, widget=forms.RadioSelect)
    note = forms.CharField(label=_l("说明"), required=False, widget=forms.Textarea(attrs={"rows": 3}), max_length=2000)


def _row(request: HttpRequest, pk: int) -> Attribution:
    rows = Attribution.objects.select_related("item", "event", "finding", "opened_by", "compartment")
    found: Attribution = get_visible(rows, reader(request), pk=pk)
    return found


@require_safe
@commission_only
def card(request: HttpRequest, pk: int) -> HttpResponse:
    """The card: every step with its rule, raw lines, digest and custody; what caps it; what to ask for."""
    return _show(request, _row(request, pk))


def _show(
    request: HttpRequest, row: Attribution, add: AddForm | None = None, review: ReviewForm | None = None
) -> HttpResponse:
    user = reader(request)
    editions = list(row.editions.select_related("made_by").defer("content").order_by("-serial"))
    serial = request.GET.get("edition", "")
    edition = next((one for one in editions if str(one.serial) == serial), editions[0])
    reviews = list(row.reviews.select_related("reviewer", "edition"))
    added = list(row.added.select_related("added_by", "replaced_by").order_by("pk"))
    hands = {row.opened_by_id, edition.made_by_id, *(one.added_by_id for one in added)}
    may_write = can(user, "evidence.attribute", row)
    waits = row.state == AttributionState.SUBMITTED and can(user, "evidence.review_attribution", row)
    context = {
        "row": row,
        "act": act_words(row),
        "when": " – ".join(dict.fromkeys(cn_datetime(at, seconds=True) for at in (row.since, row.until))),
        "edition": edition,
        "editions": editions,
        "newest": edition is editions[0],
        "reviews": reviews,
        "added": [_added(one) for one in added],
        "add": add or (AddForm() if may_write else None),
        "review": review or (ReviewForm() if waits and user.pk not in hands else None),
        "own": waits and user.pk in hands,
        "may_write": may_write,
        "may_submit": may_write and row.state in {AttributionState.LEAD, AttributionState.RETURNED},
        **_read(edition, user),
    }
    return render(request, "evidence/attribution.html", context, status=422 if add or review else 200)


def _added(one: Any) -> dict[str, Any]:
    fits = [(name, FITS[Fit(fit)]) for name, fit in sorted(one.fits.items())]
    return {"row": one, "fits": fits, "gone": getattr(one, "replaced_by", None)}


def _read(edition: AttributionEdition, user: User) -> dict[str, Any]:
    """Return an edition in words."""
    content = edition.content
    judged = content["judgement"]
    records: dict[str, dict[str, Any]] = content["records"]
    pieces = Item.objects.visible_to(user).filter(pk__in={one["item"] for one in records.values()})
    states = dict(pieces.values_list("pk", "state"))
    person = edition.person

    def record(key: int) -> dict[str, Any] | None:
        one = records.get(str(key))
        if one is None:
            return None
        state = states.get(one["item"], "")
        return {
            **one,
            "key": key,
            "custody": status("item", state) if state else "",
            "controlled": bool(person) and person in one["administrators"],
            "when": time_words(one),
            "last": one["offset"] + max(one["length"], 1) - 1,
            "url": reverse("evidence:log-event", args=[key]),
        }

    #: Record -> the step at which it is quoted; later steps refer to it.
    told: dict[int, int] = {}

    def link(number: int, one: dict[str, Any]) -> dict[str, Any]:
        keys = list(dict.fromkeys(key for option in one["options"] for key in option["facts"]))
        shown = [found for key in keys if key not in told and (found := record(key))]
        again = sorted({told[key] for key in keys if key in told})
        told.update((key, number) for key in keys if key not in told)
        return {
            "number": number,
            "rule": one["rule"],
            "rule_words": RULES[one["rule"]],
            "state": one["state"],
            "say": sentence(one),
            "notes": [note_words(note) for note in one["notes"]],
            "ask": ASKS[one["ask"]] if one["ask"] else "",
            "aside": one["aside"],
            "records": shown,
            "again": again,
            "options": [option_words(one["rule"], option["value"]) for option in one["options"]]
            if len(one["options"]) > 1
            else [],
        }

    numbered = [link(number, one) for number, one in enumerate(content["links"], 1)]
    ways = [
        {
            "path": path,
            "title": title,
            "links": [shown for shown, one in zip(numbered, content["links"], strict=True) if one["path"] == path],
        }
        for path, title in PATHS.items()
    ]
    exhibits = judged["exhibits"]
    return {
        "picture": draw_chain(content["links"]),
        "ways": [way for way in ways if way["links"]],
        "strength": WORDS[Word(edition.strength)],
        "caps": [CAPS[code] for code in judged["caps"]],
        "asks": [ASKS[code] for code in judged["asks"]],
        "refutes": [REFUTES[code] for code in judged["refutes"]],
        "cut": [found for key in judged["cut"] if (found := record(key))],
        "controlled": sorted({one["name"] for one in records.values() if person and person in one["administrators"]}),
        "hypotheses": [
            {
                "code": code,
                "name": hypothesis_words(code, person),
                "for": [exhibit_words(one) for one in exhibits if one["fits"].get(code, 0) > 0],
                "against": [exhibit_words(one) for one in exhibits if one["fits"].get(code, 0) < 0],
                "word": WORDS[Word(judged["words"][code])],
                "level": judged["words"][code],
            }
            for code in judged["order"]
        ],
    }


@require_POST
@commission_only
def rework(request: HttpRequest, pk: int) -> HttpResponse:
    """Work the chain out from all readings of now."""
    row = _row(request, pk)
    before = newest_edition(row).serial
    edition = work_out_again(row, actor=reader(request), at=clock.now())
    same = edition.serial == before
    toast(
        request, _("重新推演，结果没有变化。") if same else _("已重新推演，成为第 %(n)s 版。") % {"n": edition.serial}
    )
    return redirect("evidence:attribution", pk=row.pk)


@require_POST
@commission_only
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add what a person said or a paper shows."""
    row = _row(request, pk)
    require(reader(request), "evidence.attribute", row)
    form = AddForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            add_attribution_evidence(
                row, kind=AddedKind(given["kind"]), person=given["person"], account=given["account"], since=given["since"], text=given["text"],
                source=given["source"], fits={one.value: given[f"fit_{one.value}"] for one in Hypothesis}, actor=reader(request), at=clock.now(),
            )  # fmt: skip
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已补充材料并重新衡量。"))
            return redirect("evidence:attribution", pk=row.pk)
    return _show(request, row, add=form)


@require_POST
@commission_only
def submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand it to a second officer."""
    row = _row(request, pk)
    submit_attribution(row, actor=reader(request), at=clock.now())
    toast(request, _("已把 %(number)s 送复核。") % {"number": row.number})
    return redirect("evidence:attribution", pk=row.pk)


@require_POST
@commission_only
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the second officer's opinion."""
    row = _row(request, pk)
    require(reader(request), "evidence.review_attribution", row)
    form = ReviewForm(request.POST)
    if form.is_valid():
        verdict, note = ReviewVerdict(form.cleaned_data["verdict"]), form.cleaned_data["note"]
        try:
            review_attribution(row, verdict=verdict, note=note, actor=reader(request), at=clock.now())
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已记下复核意见。"))
            return redirect("evidence:attribution", pk=row.pk)
    return _show(request, row, review=form)
