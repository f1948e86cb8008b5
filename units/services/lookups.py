"""Lookup requests (查询函): ask an agency whose addresses these were, take the answer in as address blocks, close."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Max, Min, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from casework.access.policy import require
from casework.accounts.enums import OrganisationKind
from casework.accounts.models import Organisation, User
from casework.core.errors import Invalid, Missing, NotReady, Refused
from casework.deadlines.models import Deadline
from casework.deadlines.services import meet_deadline, open_deadline
from casework.files.models import Blob
from casework.files.storage import open_blob
from casework.imports.enums import RunState
from casework.imports.models import ImportRun
from casework.imports.services import read_file
from casework.ledger.record import record
from units.enums import MatchState
from units.enums_exchange import LookupState
from units.models import LookupAddress, LookupRequest, MonitorList, Sighting
from units.services.exchange_notices import day_of, keepers_of, liaisons_of, tell
from units.services.matching import match_sightings
from units.services.numbers import LOOKUP, letter_number

#: 答复地址归属查询函 (a policy of the house: no law names the days).
RULE = "S05"
MOST_ADDRESSES = 20_000


def addresses_to_ask(lists: Iterable[MonitorList], *, ambiguous: bool = False) -> "QuerySet[Sighting]":
    """Return the sightings of the lists that nobody on record held and that no open request asks about."""
    states = [MatchState.UNMATCHED, MatchState.AMBIGUOUS] if ambiguous else [MatchState.UNMATCHED]
    chosen = [one.pk for one in lists]
    asked = LookupAddress.objects.filter(monitor_list__in=chosen).exclude(request__state=LookupState.CLOSED)
    return Sighting.objects.filter(monitor_list__in=chosen, match_state__in=states).exclude(ip__in=asked.values("ip"))


def send_lookup(
    lists: MonitorList | Iterable[MonitorList],
    agency: Organisation,
    *,
    actor: User,
    at: datetime,
    text: str = "",
    days: int | None = None,
    ambiguous: bool = False,
) -> LookupRequest:
    """Ask the agency about every address of the lists that is nobody's on record; returns the request.

    ``days`` working days for the answer, by default those of rule S05. The lists belong to one compartment.
    Refused when all of them are asked about already.
    """
    chosen = [lists] if isinstance(lists, MonitorList) else list(lists)
    for one in chosen:
        require(actor, "lookup.send", one)
    if agency.kind != OrganisationKind.AGENCY:
        raise Invalid(
            _("不能发查询函：%(name)s不是协作机关。可以改选通信管理局等协作机关。") % {"name": agency.name},
            details={"agency": _("选一个协作机关")},
        )
    if len({one.compartment_id for one in chosen}) != 1:
        raise Invalid(_("不能发查询函：清单不在同一个知悉范围。可以分别发函。"))
    compartment, day = chosen[0].compartment, day_of(at)
    with transaction.atomic():
        list(MonitorList._base_manager.select_for_update().filter(pk__in=[one.pk for one in chosen]).order_by("pk"))
        rows = (
            addresses_to_ask(chosen, ambiguous=ambiguous)
            .values("monitor_list", "ip", "port")
            .annotate(first=Min("observed_at"), last=Max("observed_at"))
            .order_by("ip", "port")
        )
        found = list(rows[: MOST_ADDRESSES + 1])
        if not found:
            raise Refused(
                _("不能发查询函：清单里没有归属不明、又没有在查的地址。可以先看已发的查询函。"), code="nothing_to_ask"
            )
        if len(found) > MOST_ADDRESSES:
            raise Invalid(
                _("不能发查询函：一件函最多查 %(n)s 个地址。可以按清单分几件发。") % {"n": f"{MOST_ADDRESSES:,}"}
            )
        request = LookupRequest.objects.create(
            number=letter_number(LOOKUP, compartment, agency, day.year),
            compartment=compartment,
            agency=agency,
            text=text.strip() or _("请查明附表所列地址在所列时间由哪家单位使用，并提供网段、启用日期和依据。"),
            sent_at=at,
            sent_by=actor,
            due_on=day,
        )
        LookupAddress.objects.bulk_create(
            [
                LookupAddress(
                    request=request,
                    monitor_list_id=row["monitor_list"],
                    ip=row["ip"],
                    port=row["port"],
                    first_seen_at=row["first"],
                    last_seen_at=row["last"],
                )
                for row in found
            ],
            batch_size=2000,
        )
        signers = liaisons_of(agency, day)
        clock = open_deadline(
            request.ref,
            RULE,
            start_on=day,
            title=_("答复查询函 %(number)s") % {"number": request.number},
            holder=signers[0] if signers else None,
            compartment=compartment,
            amount=days,
            actor=actor,
            at=at,
        )
        request.due_on = clock.due_on
        request.bump("due_on")
        record(
            "lookup.sent",
            ref=request.ref,
            actor=actor,
            at=at,
            data={
                "number": request.number,
                "agency": agency.code,
                "lists": [one.pk for one in chosen],
                "addresses": len(found),
                "due_on": request.due_on,
            },
        )
        tell(
            signers,
            what="sent",
            ref=request.ref,
            title=_("请签收查询函 %(number)s") % {"number": request.number},
            body=ngettext(
                "查 %(n)s 个地址的归属，%(due)s 前答复。", "查 %(n)s 个地址的归属，%(due)s 前答复。", len(found)
            )
            % {"n": len(found), "due": request.due_on},
            url=reverse("units:lookup", args=[request.pk]),
            due_on=request.due_on,
            at=at,
        )
    return request


def receive_lookup(request: LookupRequest, *, actor: User, at: datetime) -> LookupRequest:
    """Sign for the request (签收); a second time changes nothing."""
    require(actor, "lookup.receive", request)
    with transaction.atomic():
        row = LookupRequest.locked(request.pk)
        if row.received_at is not None:
            return row
        row.state, row.received_at, row.received_by = LookupState.RECEIVED, at, actor
        row.bump("state", "received_at", "received_by")
        record("lookup.received", ref=row.ref, actor=actor, at=at, data={"number": row.number})
    return row


def answer_lookup(
    request: LookupRequest,
    *,
    text: str = "",
    file: Blob | None = None,
    file_name: str = "",
    actor: User,
    at: datetime,
) -> LookupRequest:
    """Answer in words, with a file of address blocks, or both; the clock ends. Until it is closed it may be amended."""
    require(actor, "lookup.answer", request)
    if not text.strip() and file is None:
        raise Invalid(
            _("不能答复：没有写答复，也没有附文件。可以附上填好的归属表，或写明查询结果。"),
            details={"text": _("写明查询结果，或附文件")},
        )
    with transaction.atomic():
        row = LookupRequest.locked(request.pk)
        if row.state == LookupState.SENT:
            raise Refused(_("不能答复：查询函还没有签收。可以先签收。"), code="wrong_state")
        if row.state == LookupState.CLOSED:
            raise Refused(_("不能答复：查询函已经办结。可以另发一件函说明。"), code="wrong_state")
        if row.run is not None and row.run.state == RunState.APPLIED:
            raise Refused(_("不能改答复：上一次的答复已经导入登记册。可以另发一件函说明。"), code="rests_on_it")
        row.state, row.answered_at, row.answered_by = LookupState.ANSWERED, at, actor
        row.answer, row.run = text.strip(), None
        row.answer_file, row.answer_name = file, file_name[-200:] if file else ""
        row.bump("state", "answered_at", "answered_by", "answer", "answer_file", "answer_name", "run")
        for clock in Deadline.objects.live().filter(ref=row.ref, kind=RULE):
            meet_deadline(clock, actor=actor, at=at)
        record(
            "lookup.answered",
            ref=row.ref,
            actor=actor,
            at=at,
            data={"number": row.number, "sha256": file.sha256 if file else ""},
            personal={"answer": row.answer},
        )
        tell(
            keepers_of(row.compartment, day_of(at)),
            what=f"answered:{row.version}",
            ref=row.ref,
            title=_("查询函 %(number)s 已答复") % {"number": row.number},
            url=reverse("units:lookup", args=[row.pk]),
            compartment=row.compartment,
            at=at,
        )
    return row


def read_answer(request: LookupRequest, *, actor: User, at: datetime) -> ImportRun:
    """Read the answer's file as address blocks and return the preview; nothing of it is written yet."""
    require(actor, "lookup.take_in", request)
    with transaction.atomic():
        row = LookupRequest.locked(request.pk)
        if row.state != LookupState.ANSWERED or row.answer_file is None:
            raise Refused(_("不能读入：没有附文件的答复。可以按答复的文字在登记册里改。"), code="no_file")
        if row.run is not None and row.run.state in {RunState.PREVIEWED, RunState.APPLIED}:
            return row.run
        with open_blob(row.answer_file.sha256) as stream:
            run = read_file(stream.read(), "address-blocks", actor=actor, at=at, name=row.answer_name)
        row.run = run
        row.bump("run")
        record("lookup.read", ref=row.ref, actor=actor, at=at, data={"import": run.pk, "rows": run.rows})
    return run


def close_lookup(request: LookupRequest, *, actor: User, at: datetime) -> LookupRequest:
    """Close the answered request: the sightings it asked about are matched anew with what the answer brought.

    Refused, naming what is missing, while the answer's file has not been taken in.
    """
    require(actor, "lookup.close", request)
    with transaction.atomic():
        row = LookupRequest.locked(request.pk)
        if row.state == LookupState.CLOSED:
            return row
        missing = missing_to_close(row)
        if missing:
            raise NotReady(
                ngettext("不能办结：还差 %(n)d 项。", "不能办结：还差 %(n)d 项。", len(missing)) % {"n": len(missing)},
                missing,
            )
        lists = list(MonitorList.objects.filter(pk__in=row.addresses.values("monitor_list")).order_by("pk"))
        counts = match_sightings(lists, actor=actor, at=at) if lists else {"changed": 0}
        row.state, row.closed_at, row.closed_by = LookupState.CLOSED, at, actor
        row.bump("state", "closed_at", "closed_by")
        record(
            "lookup.closed",
            ref=row.ref,
            actor=actor,
            at=at,
            data={"number": row.number, "changed": counts["changed"], **_found(row)},
        )
    return row


def missing_to_close(request: LookupRequest) -> list[Missing]:
    """Return everything that closing the request still needs."""
    page = reverse("units:lookup", args=[request.pk])
    if request.state in {LookupState.SENT, LookupState.RECEIVED}:
        return [Missing(_("%(agency)s还没有答复") % {"agency": request.agency.name}, page, _("看函"))]
    if request.answer_file is None:
        return []
    if request.run is None or request.run.state == RunState.DISCARDED:
        return [Missing(_("答复的文件还没有读入"), page, _("去读入"))]
    if request.run.state == RunState.PREVIEWED:
        return [Missing(_("读入的网段还没有导入"), reverse("imports:run", args=[request.run.pk]), _("去导入"))]
    return []


def _found(request: LookupRequest) -> dict[str, int]:
    """Return how many of the addresses asked about now have one holder, several, or none."""
    asked = request.addresses.values("ip")
    lists = request.addresses.values("monitor_list")
    rows = Sighting.objects.filter(monitor_list__in=lists, ip__in=asked)
    counts = dict(rows.values_list("match_state").annotate(n=Count("ip", distinct=True)).order_by())
    return {state.value: counts.get(state.value, 0) for state in MatchState}
