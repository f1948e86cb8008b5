"""Readings of the logs of an item: ask for one, see what was read and what is missing, search the raw text."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from casework.access.models import NeedToKnow
from casework.access.policy import can, get_visible, require
from casework.accounts.models import User
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.core.wake import wake
from casework.ledger.record import record
from casework.web.forms import add_refusal
from casework.web.toast import toast
from evidence.log_words import (
    kind_words,
    reason_words,
    why_words,
)
from evidence.models import Item, ItemFile
from evidence.models.logs import ClockOffset, LogRun
from evidence.panels import register_panel
from evidence.parsing import formats
from evidence.parsing.findings import VERDICTS
from evidence.parsing.formats import Recognised
from evidence.selectors.logs import current_runs, rotated_sets
from evidence.selectors.raw_search import HITS, search_raw
from evidence.services.logs import set_clock_offset, start_log_run
from evidence.web.log_findings import shown
from evidence.web.log_keepers import KeeperForm
from evidence.web.people import reader

#: The gravest first.
GRAVITY = {verdict: number for number, verdict in enumerate(VERDICTS)}


#: Not a format: the officer says what each column is.
COLUMNS = "columns"


class ReadForm(forms.Form):
    """Which file, read as what."""

    file: "forms.ModelChoiceField[ItemFile]" = forms.ModelChoiceField(
        queryset=ItemFile.objects.none(), label=_l("文件"), empty_label=None
    )
    format = forms.ChoiceField(label=_l("格式"), choices=[])
    zone = forms.ChoiceField(
        label=_l("日志没写时区时按"),
        choices=[("Asia/Shanghai", "Asia/Shanghai"), ("UTC", "UTC")],
    )

    def __init__(self, item: Item, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["file"].queryset = item.files.all()  # type: ignore[attr-defined]
        names = [(name, name) for name in formats.names() if name != "text"]
        self.fields["format"].choices = [("auto", _("自动识别")), (COLUMNS, _("表格，自己指定各列")), *names]  # type: ignore[attr-defined]


class OffsetForm(forms.Form):
    """How far a clock was off, and how that is known."""

    offset_seconds = forms.DecimalField(label=_l("这台机器的时钟快了（秒，慢为负）"), max_digits=12, decimal_places=3)
    error_seconds = forms.DecimalField(label=_l("误差（秒）"), max_digits=12, decimal_places=3, min_value=0)
    basis = forms.CharField(label=_l("依据"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


def _item(user: User, pk: int) -> Item:
    rows = NeedToKnow(model=Item).select_related("compartment", "collection")
    found: Item = get_visible(rows, user, pk=pk)
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def item_logs(request: HttpRequest, pk: int) -> HttpResponse:
    """The readings of an item's files; a form to ask for one."""
    user = reader(request)
    item = _item(user, pk)
    may_read = can(user, "evidence.read_logs", item)
    form = ReadForm(item, request.POST or None)
    if request.method == "POST":
        require(user, "evidence.read_logs", item)
        if form.is_valid():
            if form.cleaned_data["format"] == COLUMNS:
                asked = urlencode({"file": form.cleaned_data["file"].pk, "zone": form.cleaned_data["zone"]})
                return redirect(f"{reverse('evidence:log-columns', args=[item.pk])}?{asked}")
            try:
                run = start_log_run(
                    form.cleaned_data["file"], actor=user, at=clock.now(),
                    format_name=form.cleaned_data["format"], zone=form.cleaned_data["zone"],
                )  # fmt: skip
            except CaseworkError as error:
                add_refusal(form, error)
            else:
                wake("evidence.read_log", run.pk)
                toast(request, _("已开始读取，读完会显示在这里。"))
                return redirect("evidence:item-logs", pk=item.pk)
    runs = LogRun.objects.visible_to(user).filter(file__item=item).select_related("file", "asked_by").order_by("-pk")
    context = {
        "item": item,
        "form": form if may_read and item.files.exists() else None,
        "runs": [{"row": run, "share": _share(run), "formats": _formats(run)} for run in runs[:100]],
        "sets": rotated_sets(current_runs(user, Item.objects.filter(pk=item.pk))),
        "reading": any(run.state in {"queued", "running"} for run in runs[:100]),
        "done": any(run.state == "done" for run in runs[:100]),
    }
    return render(
        request, "evidence/item_logs.html", context, status=422 if form.is_bound and not form.is_valid() else 200
    )


def _share(run: LogRun) -> str:
    if not run.lines:
        return ""
    return f"{run.parsed / run.lines:.1%}"


def _formats(run: LogRun) -> str:
    return _("、").join(dict.fromkeys(member["format"] for member in run.members))


def _run(request: HttpRequest, pk: int) -> LogRun:
    rows = LogRun.objects.select_related("file__item__compartment", "file__blob", "asked_by")
    found: LogRun = get_visible(rows, reader(request), pk=pk)
    return found


@require_safe
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """One reading: what was read, what not, what is missing."""
    return _show(request, _run(request, pk), OffsetForm())


def _show(request: HttpRequest, row: LogRun, form: OffsetForm, status: int = 200) -> HttpResponse:
    user = reader(request)
    may_attribute = can(user, "evidence.attribute", row.file.item)
    findings = sorted(
        row.findings.select_related("witness_run__file")[:500], key=lambda one: GRAVITY.get(one.verdict, len(GRAVITY))
    )
    context = {
        "run": row,
        "item": row.file.item,
        "members": [_member(member) for member in row.members[:200]],
        "kinds": [
            (kind, kind_words(kind), number)
            for kind, number in sorted(row.kinds.items(), key=lambda pair: (-pair[1], pair[0]))
        ],
        "gaps": [shown(one, may_attribute=may_attribute) for one in findings if one.gap],
        "findings": [shown(one, may_attribute=may_attribute) for one in findings if not one.gap],
        "findings_count": row.findings.count(),
        "offsets": [(one, one.offset_ms / 1000, one.error_ms / 1000) for one in _offsets(row)],
        "form": form if can(user, "evidence.read_logs", row.file.item) and row.state == "done" else None,
        "share": _share(row),
        "keepers": list(row.file.keepers.select_related("set_by")),
        "keeper_form": KeeperForm() if may_attribute and row.state == "done" else None,
    }
    return render(request, "evidence/log_run.html", context, status=status)


def _offsets(row: LogRun) -> Any:
    """Return what was stated of the file's clock, at whichever reading, the newest first."""
    return ClockOffset.objects.filter(run__file=row.file_id).select_related("set_by").order_by("-pk")[:50]


def _member(member: dict[str, Any]) -> dict[str, Any]:
    why = member.get("why")
    reasons = {**member["unparsed_reasons"]}
    return {
        **member,
        "said": why_words(Recognised(**why) if why else None),
        "reasons": [(reason_words(reason), number) for reason, number in reasons.items()],
        "places": member["unparsed_places"][:5],
    }


@require_POST
def clock_offset(request: HttpRequest, pk: int) -> HttpResponse:
    """State how far the clock of the source was off."""
    row = _run(request, pk)
    user = reader(request)
    require(user, "evidence.read_logs", row.file.item)
    form = OffsetForm(request.POST)
    if form.is_valid():
        try:
            set_clock_offset(
                row,
                offset_ms=int(form.cleaned_data["offset_seconds"] * 1000),
                error_ms=int(form.cleaned_data["error_seconds"] * 1000),
                basis=form.cleaned_data["basis"],
                actor=user,
                at=clock.now(),
            )
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已认定时钟偏差，时间线按改正后的时间排列。"))
            return redirect("evidence:log-run", pk=row.pk)
    return _show(request, row, form, status=422)


@require_safe
def raw(request: HttpRequest, pk: int) -> HttpResponse:
    """Search the raw text of a file, whatever was understood of it. A search is written down before it is answered."""
    row = _run(request, pk)
    user = reader(request)
    words = request.GET.get("q", "").strip()[:200]
    hits, gone = [], False
    if words:
        with transaction.atomic():
            record(
                "item.raw_searched", ref=f"item:{row.file.item_id}", actor=user, at=clock.now(),
                data={"number": row.file.item.number, "file": row.file_id, "run": row.pk}, personal={"words": words},
            )  # fmt: skip
        try:
            hits = list(search_raw(row, words))
        except OSError:
            gone = True
    context = {"run": row, "item": row.file.item, "words": words, "hits": hits, "full": len(hits) >= HITS, "gone": gone}
    return render(request, "evidence/log_raw.html", context)


def _panel(item: Item, user: User) -> dict[str, Any] | None:
    """Return the card on the page of an item that has files."""
    if not item.files.exists():
        return None
    runs = current_runs(user, Item.objects.filter(pk=item.pk))
    proved = sum(
        run.findings.filter(gap=True, verdict__in=["deleted-proved", "deleted-contradicted"]).count() for run in runs
    )
    return {
        "runs": runs,
        "events": sum(run.events_kept for run in runs),
        "proved": proved,
        "url": reverse("evidence:item-logs", args=[item.pk]),
        "timeline": f"{reverse('evidence:timeline')}?item={item.pk}",
    }


register_panel("logs", "evidence/_logs_panel.html", _panel)
