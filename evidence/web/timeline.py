"""The timeline: what the logs of an item, or of all items of a reader, say happened."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from casework.access.models import NeedToKnow
from casework.access.policy import can, get_visible
from casework.core import clock
from casework.core.moments import cn_datetime
from casework.web.toast import toast
from evidence.log_enums import Lane
from evidence.log_words import kind_words
from evidence.models import Attribution, Item
from evidence.models.logs import LogEvent
from evidence.selectors.log_bytes import bytes_of
from evidence.selectors.log_opening import dense_part, early_events
from evidence.selectors.logs import (
    Asked,
    current_runs,
    events_of,
    findings_in,
    lanes_of,
    looked_until,
    offsets_of,
    pins_in,
    shift_of,
    span_of,
)
from evidence.services.logs import mark_event
from evidence.web.log_findings import shown
from evidence.web.log_picture import draw, query, stamp
from evidence.web.people import reader

#: A window is never narrower.
NARROWEST = timedelta(seconds=2)
KEPT = ("item", "since", "until", "lane", "q", "user", "ip", "action", "marked", "all")


def _moment(text: str | None) -> datetime | None:
    try:
        found = parse_datetime(text or "")
    except ValueError:
        return None
    if found is None or not 1600 <= found.year <= 2100:
        return None
    return found if timezone.is_aware(found) else timezone.make_aware(found)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 16 else None


def _asked(given: QueryDict, span: tuple[datetime, datetime]) -> Asked:
    since, until = _moment(given.get("since")) or span[0], _moment(given.get("until")) or span[1]
    if until - since < NARROWEST:
        until = since + NARROWEST
    lanes = tuple(lane for lane in given.getlist("lane") if lane in Lane.values)
    return Asked(
        since, until, lanes, given.get("q", "").strip()[:100], given.get("user", "").strip()[:100], given.get("ip", "").strip()[:60],
        given.get("action", "").strip()[:60], given.get("marked") == "1",
    )  # fmt: skip


def _after(text: str | None) -> tuple[datetime, int] | None:
    head, _dot, key = (text or "").rpartition("_")
    moment, number = _moment(head), _number(key)
    return (moment, number) if moment is not None and number is not None else None


@require_safe
def timeline(request: HttpRequest) -> HttpResponse:
    """Lanes, gaps and the events of a window; the window and every filter stand in the address."""
    user = reader(request)
    wanted = _number(request.GET.get("item"))
    items = Item.objects.all()
    chosen = None
    if wanted is not None:
        chosen = get_visible(NeedToKnow(model=Item), user, pk=wanted)
        items = items.filter(pk=chosen.pk)
    runs = current_runs(user, items if chosen else None)
    span = span_of(runs)
    context: dict[str, Any] = {"item": chosen, "runs": runs, "lanes": Lane.choices}
    if span is None:
        return render(request, "evidence/timeline.html", context)
    asked = _asked(request.GET, span)
    offsets = offsets_of(runs)
    given: dict[str, str | list[str]] = {key: request.GET.getlist(key) for key in KEPT if request.GET.get(key)}
    # Who asks for nothing yet is shown where the events are; who looks for something is shown wherever it may be.
    dense = None if given.keys() - {"item"} else dense_part(runs, offsets, span)
    if dense is not None:
        asked = replace(asked, since=dense.since, until=dense.until)
        given |= {"since": stamp(dense.since), "until": stamp(dense.until)}
    early = early_events(runs)
    findings = findings_in(runs, asked)
    may_attribute = can(user, "evidence.attribute", chosen)
    after = _after(request.GET.get("after"))
    looked = looked_until(runs, asked, offsets, after) if asked.filtered else None
    events, more = events_of(runs, replace(asked, until=looked or asked.until), offsets, after)
    width = asked.until - asked.since

    def window(since: datetime, until: datetime) -> str:
        return query(
            given, since=stamp(max(since, min(span[0], asked.since) - width)), until=stamp(until), after="", all=""
        )

    centre = asked.since + width / 2
    last = events[-1] if events else None
    lanes = lanes_of(runs, asked, offsets)
    context |= {
        "asked": asked,
        # With the year, whichever it is: the window may be of two, and the page is printed.
        "window": [cn_datetime(moment, None, seconds=True) for moment in (asked.since, asked.until)],
        "given": given,
        "picture": draw(lanes, findings, asked, given, pins_in(runs, asked, offsets)),
        "events": [_shown(event) for event in events],
        "more_url": query(given, after=f"{last.true_at.isoformat()}_{last.pk}") if more and last else "",
        "looked": looked if not more else None,
        "further_url": query(given, after=f"{looked.isoformat()}_0") if looked and not more else "",
        "all_counted": any(lane.whole for lane in lanes),
        "findings": [shown(one, may_attribute=may_attribute) for one in findings],
        "offsets": [row for row in offsets.values() if row.offset_ms or row.error_ms],
        "whole": width >= span[1] - span[0],
        "dense": dense,
        "early": early if early is not None and asked.since >= early.until else None,
        "urls": {
            "all": query(given, since="", until="", after="", all="1"),
            "early": query(given, since=stamp(early.since), until=stamp(early.until), after="", all="")
            if early
            else "",
            "in": window(centre - width / 4, centre + width / 4),
            "out": window(centre - width, centre + width),
            "left": window(asked.since - width / 2, asked.until - width / 2),
            "right": window(asked.since + width / 2, asked.until + width / 2),
        },
    }
    return render(request, "evidence/timeline.html", context)


def _shown(event: Any) -> dict[str, Any]:
    kind = f"{event.event_action}.{event.event_outcome}" if event.event_outcome else event.event_action
    marks = [mark for mark in event.marks.all() if mark.starred]
    return {
        "event": event,
        "at": event.true_at,
        "said": kind_words(kind),
        "who": " → ".join(
            name for name in (event.user_name, event.user_effective_name or event.user_target_name) if name
        ),
        "inferred": [word for word in event.ts_quality if word not in {"exact", "snapshot"}],
        "what": event.process_command_line[:160] or event.attrs.get("said") or event.attrs.get("url") or "",
        "marks": marks,
        "comments": [mark for mark in marks if mark.comment],
        "offset": event.offset,
    }


def _event(request: HttpRequest, pk: int) -> LogEvent:
    rows = LogEvent.objects.select_related("run__file__blob", "item__compartment").prefetch_related("marks__author")
    found: LogEvent = get_visible(rows, reader(request), pk=pk)
    return found


@require_safe
def event(request: HttpRequest, pk: int) -> HttpResponse:
    """One event: what was read, and the bytes it was read from."""
    user = reader(request)
    row = _event(request, pk)
    offset = offsets_of([row.run]).get(row.run_id)
    kind = f"{row.event_action}.{row.event_outcome}" if row.event_outcome else row.event_action
    words = {"year_inferred": _("年份是推定的"), "tz_inferred": _("时区是推定的"), "clock_suspect": _("时钟可疑")}
    around = timedelta(minutes=30)
    true_at = row.ts - shift_of(offset) if row.ts else None
    fields = [
        (_("写着的时间"), row.ts_raw), (_("主机"), row.host), (_("账号"), row.user_name), (_("改用账号"), row.user_effective_name),
        (_("对象账号"), row.user_target_name), (_("会话"), row.session_key), (_("终端"), row.tty), (_("来源地址"), _with_port(row.source_ip, row.source_port)),
        (_("来源 MAC"), row.source_mac), (_("去向"), _with_port(row.destination, row.destination_port)), (_("程序"), row.process_executable),
        (_("进程号"), row.process_pid), (_("命令"), row.process_command_line), (_("出现次数"), row.repeat if row.repeat > 1 else ""),
    ]  # fmt: skip
    context = {
        "row": row,
        "run": row.run,
        "true_at": true_at,
        "offset": offset,
        "said": kind_words(kind),
        "fields": [(label, value) for label, value in fields if value],
        "attrs": [(key, said) for key, value in row.attrs.items() if (said := _plain(value)) != ""],
        "inferred": [words[word] for word in row.ts_quality if word in words],
        "bytes": bytes_of(row.run, row.member, row.raw_offset, row.raw_length),
        "last_byte": row.raw_offset + max(row.raw_length, 1) - 1,
        "marks": [mark for mark in row.marks.all() if mark.starred or mark.comment],
        "mine": next((mark for mark in row.marks.all() if mark.author_id == user.pk), None),
        "may_mark": can(user, "evidence.mark_events", row.item),
        "may_attribute": row.ts is not None and can(user, "evidence.attribute", row.item),
        "attribution": Attribution.objects.visible_to(user).filter(event=row).first(),
        "around": reverse("evidence:timeline")
        + f"?item={row.item_id}&since={stamp(true_at - around)}&until={stamp(true_at + around)}"
        if true_at
        else "",
    }
    return render(request, "evidence/log_event.html", context)


def _plain(value: Any) -> str:
    """Return what a reader noted besides in plain letters: lists and counts as one writes them, nothing of what is empty."""
    if isinstance(value, dict):
        return "，".join(f"{key} {_plain(one)}".strip() for key, one in value.items())
    if isinstance(value, list):
        return "，".join(_plain(one) for one in value)
    return "" if value is None else str(value)


def _with_port(address: str, port: int | None) -> str:
    return f"{address}:{port}" if address and port is not None else address


@require_POST
def mark(request: HttpRequest, pk: int) -> HttpResponse:
    """Star an event or take the star away, with a comment."""
    row = _event(request, pk)
    starred = request.POST.get("starred") == "1"
    mark_event(row, starred=starred, comment=request.POST.get("comment", ""), actor=reader(request), at=clock.now())
    toast(request, _("已加星。") if starred else _("已取消加星。"))
    return redirect("evidence:log-event", pk=row.pk)
