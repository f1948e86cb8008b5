"""Letters to and from other agencies: what lists and pages of lookup requests and hand-overs share."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from casework.accounts.enums import OrganisationKind
from casework.accounts.models import Organisation, User
from casework.core import clock
from casework.deadlines.models import Deadline
from casework.deadlines.selectors import calendar_for, deadline_facts, with_stops
from casework.files.models import Blob
from casework.files.services.blobs import store_blob
from casework.web.deadline_words import MET, MET_LATE, RUNNING, DeadlineFacts
from casework.web.list_export import safe_cell
from casework.web.templatetags.cw import deadline as deadline_chip
from casework.web.vocabulary import register_status

MAX_BYTES = 20 * 1024**2

for _value, _word, _colour, _icon in (
    ("sent", _("待签收"), "amber", "send"),
    ("received", _("办理中"), "blue", "progress"),
    ("answered", _("已答复"), "amber", "message-2"),
    ("returned", _("退回"), "amber", "arrow-back-up"),
    ("closed", _("已办结"), "green", "circle-check"),
):
    register_status("letter", _value, _word, _colour, _icon)


def agencies() -> Any:
    """Return the agencies that letters go to and come from."""
    return Organisation.objects.filter(kind=OrganisationKind.AGENCY).order_by("code")


def agency_choices(user: User) -> list[tuple[str, str]]:
    """Return the choices of a filter by agency: its own for a liaison."""
    found = agencies() if user.is_commission else agencies().filter(pk=user.organisation_id)
    return [(str(row.pk), row.name) for row in found]


class AgencyField(forms.ModelChoiceField):  # type: ignore[type-arg]  # the stubs are generic, the class is not
    """One of the agencies."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(agencies(), **kwargs)


def chip_of(row: Any, words: Any) -> DeadlineFacts | None:
    """Return the deadline of a letter's clock as its chip shows it; ``words`` are the facts of its newest clock."""
    if words is None:
        return None
    state = RUNNING
    if words.met_on is not None:
        state = MET if words.in_time else MET_LATE
    return DeadlineFacts(
        state,
        words.due_on,
        words.today,
        abs(words.working_days_left),
        late_by=words.late_working_days or 0,
        early_by=words.early_working_days or 0,
    )


def attach_chips(rows: Sequence[Any], user: User) -> None:
    """Give each letter of a page its deadline chip, in one query for all."""
    today, calendar = clock.today(), calendar_for(user)
    clocks = with_stops(Deadline.objects.filter(ref__in=[row.ref for row in rows])).order_by("pk")
    newest = {one.ref: deadline_facts(one, today, calendar) for one in clocks}
    for row in rows:
        row.chip = chip_of(row, newest.get(row.ref))


def chip_column(row: Any) -> Any:
    """Return the chip as a cell."""
    return deadline_chip(row.chip) if row.chip else ""


def stored(request: HttpRequest, name: str, user: User) -> tuple[Blob | None, str]:
    """Keep the uploaded file, if there is one, and return it with its name."""
    given = request.FILES.get(name)
    if given is None:
        return None, ""
    return store_blob(given.chunks(), actor=user, at=clock.now(), max_bytes=MAX_BYTES), given.name or ""


def addresses_csv(rows: Iterable[Any], name: str, *, to_fill: bool) -> HttpResponse:
    """Return addresses with their times as CSV; ``to_fill`` adds the empty columns of the import of address blocks."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    head = ["IP地址", "端口", "最早监测", "最近监测"]
    more = ["单位代码", "启用日期", "停用日期", "运营商", "依据"] if to_fill else ["次数"]
    writer.writerow([*head, *more])
    for row in rows:
        times = [
            timezone.localtime(moment).isoformat(timespec="seconds") for moment in (row.first_seen_at, row.last_seen_at)
        ]
        port = getattr(row, "port", None)
        last = [""] * len(more) if to_fill else [row.times]
        writer.writerow([safe_cell(value) for value in (row.ip, "" if port is None else port, *times, *last)])
    response = HttpResponse("\ufeff" + stream.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}.csv"
    return response
