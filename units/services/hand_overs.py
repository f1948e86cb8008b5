"""Hand-overs between the commission and other agencies: sent, signed for, answered or returned, closed.

One object for both ways. Outgoing: a lead, or addresses of a list whose holders are no public units. Incoming: what an
agency brings, from which a lead may be raised here.
"""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.db.models import Count, Max, Min, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from casework.access.policy import require
from casework.accounts.enums import OrganisationKind
from casework.accounts.models import Organisation, User
from casework.core.errors import Invalid, Refused
from casework.deadlines.models import Deadline
from casework.deadlines.services import meet_deadline, open_deadline
from casework.files.models import Blob
from casework.ledger.record import record
from casework.notices.models import Level
from units.enums import LeadState, MatchState, QuestionKind
from units.enums_exchange import HandOverPurpose, HandOverState, HandOverWay
from units.models import HandOver, HandOverAddress, Lead, MonitorList, Question, Sighting, Unit
from units.services.exchange_notices import day_of, keepers_of, liaisons_of, tell
from units.services.imports_sightings import default_compartment
from units.services.leads import open_clocks
from units.services.numbers import INCOMING, OUTGOING, lead_number, letter_number

#: 反馈移送线索的办理结果 (policy of the house) and 转送其他机关移来而无权管辖的线索 (监察法实施条例第二百零一条).
RESULT = "S06"
JURISDICTION = "L03"


def addresses_to_pass_on(lists: Iterable[MonitorList]) -> "QuerySet[Sighting]":
    """Return the sightings of the lists that belong to holders who are no public units, not yet passed on."""
    chosen = [one.pk for one in lists]
    passed = HandOverAddress.objects.filter(monitor_list__in=chosen).exclude(hand_over__state=HandOverState.RETURNED)
    return Sighting.objects.filter(
        monitor_list__in=chosen, match_state=MatchState.MATCHED, unit__is_public=False, registration__isnull=True
    ).exclude(ip__in=passed.values("ip"))


def hand_over_lead(
    lead: Lead,
    agency: Organisation,
    *,
    title: str,
    text: str,
    actor: User,
    at: datetime,
    purpose: str = HandOverPurpose.TRANSFER,
    file: Blob | None = None,
    file_name: str = "",
) -> HandOver:
    """Send the agency what it needs of the lead; it reads the title, the text and the file, nothing else.

    With ``TRANSFER`` the lead must have been disposed of so (移送), to this agency.
    """
    require(actor, "handover.send", lead)
    _check(agency, title, text, purpose)
    with transaction.atomic():
        row = Lead.locked(lead.pk)
        if purpose == HandOverPurpose.TRANSFER:
            if row.state != LeadState.TRANSFERRED:
                raise Refused(
                    _(
                        "不能发移送函：因为线索现在是“%(state)s”，还没有决定移送。可以先报送移送的处置意见，或改为商请协助。"
                    )
                    % {"state": row.get_state_display()},
                    article="监察法实施条例第二百零一条",
                    code="not_transferred",
                )
            if row.transferred_to_id != agency.pk:
                raise Refused(
                    _("不能发移送函：因为决定移送给%(name)s。可以改发给该机关。")
                    % {"name": row.transferred_to.name if row.transferred_to else ""},
                    code="other_agency",
                )
            if row.hand_overs.filter(purpose=purpose).exclude(state=HandOverState.RETURNED).exists():
                raise Refused(_("不能发移送函：这条线索已经发过。可以看已发的移送函。"), code="already_sent")
        return _send(
            HandOverWay.OUT, agency, row.compartment_id, actor=actor, at=at, lead=row, unit=row.unit,
            title=title, text=text, purpose=purpose, file=file, file_name=file_name,
        )  # fmt: skip


def hand_over_addresses(
    monitor_list: MonitorList,
    agency: Organisation,
    *,
    title: str,
    text: str,
    actor: User,
    at: datetime,
) -> HandOver:
    """Pass on every address of the list whose holder is no public unit, with the time it was seen."""
    require(actor, "handover.send", monitor_list)
    _check(agency, title, text, HandOverPurpose.TRANSFER)
    with transaction.atomic():
        locked = MonitorList._base_manager.select_for_update().get(pk=monitor_list.pk)
        found = list(
            addresses_to_pass_on([locked])
            .values("ip")
            .annotate(first=Min("observed_at"), last=Max("observed_at"), n=Count("pk"))
            .order_by("ip")
        )
        if not found:
            raise Refused(_("不能移送：清单里没有待移送的地址。可以看已发的移送函。"), code="nothing_to_pass_on")
        made = _send(
            HandOverWay.OUT, agency, locked.compartment_id, actor=actor, at=at,
            title=title, text=text, addresses=len(found),
        )  # fmt: skip
        HandOverAddress.objects.bulk_create(
            [
                HandOverAddress(
                    hand_over=made,
                    monitor_list=locked,
                    ip=row["ip"],
                    first_seen_at=row["first"],
                    last_seen_at=row["last"],
                    times=row["n"],
                )
                for row in found
            ],
            batch_size=2000,
        )
    return made


def bring_lead(
    *,
    title: str,
    text: str,
    actor: User,
    at: datetime,
    agency: Organisation | None = None,
    unit: Unit | None = None,
    file: Blob | None = None,
    file_name: str = "",
) -> HandOver:
    """Bring something to the commission in the name of an agency: by its liaison, or by an official from paper."""
    require(actor, "handover.bring")
    from_agency = agency if actor.is_commission else actor.organisation
    if from_agency is None:
        raise Invalid(_("不能登记来函：没有选来函机关。"), details={"agency": _("选来函的机关")})
    _check(from_agency, title, text, HandOverPurpose.TRANSFER)
    with transaction.atomic():
        circle = default_compartment(at)
        return _send(
            HandOverWay.IN, from_agency, circle.pk, actor=actor, at=at, unit=unit,
            title=title, text=text, file=file, file_name=file_name,
        )  # fmt: skip


def _check(agency: Organisation, title: str, text: str, purpose: str) -> None:
    wrong = {}
    if agency.kind != OrganisationKind.AGENCY:
        wrong["agency"] = _("%(name)s不是协作机关。") % {"name": agency.name}
    if not title.strip():
        wrong["title"] = _("写明标题。")
    if not text.strip():
        wrong["text"] = _("写明对方需要知道的情况。")
    if purpose not in HandOverPurpose.values:
        wrong["purpose"] = _("选移送办理、商请协助或情况通报。")
    if wrong:
        raise Invalid(_("不能发函：%(what)s") % {"what": "".join(wrong.values())}, details=wrong)


def _send(
    way: str,
    agency: Organisation,
    compartment_id: int,
    *,
    actor: User,
    at: datetime,
    title: str,
    text: str,
    lead: Lead | None = None,
    unit: Unit | None = None,
    purpose: str = HandOverPurpose.TRANSFER,
    file: Blob | None = None,
    file_name: str = "",
    addresses: int = 0,
) -> HandOver:
    day, out = day_of(at), way == HandOverWay.OUT
    made = HandOver(
        way=way,
        purpose=purpose,
        compartment_id=compartment_id,
        agency=agency,
        lead=lead,
        unit=unit,
        title=title.strip()[:200],
        text=text.strip(),
        file=file,
        file_name=file_name[-200:] if file else "",
        sent_at=at,
        sent_by=actor,
    )
    made.number = letter_number(OUTGOING if out else INCOMING, made.compartment, agency, day.year)
    made.save()
    signers = liaisons_of(agency, day) if out else keepers_of(made.compartment, day)
    if purpose != HandOverPurpose.INFORM:  # nothing is asked of whoever is only informed
        clock = open_deadline(
            made.ref,
            RESULT if out else JURISDICTION,
            start_on=day,
            title=(_("反馈移送函 %(number)s 的办理结果") if out else _("受理或转送来函 %(number)s"))
            % {"number": made.number},
            holder=signers[0] if signers else None,
            compartment=made.compartment,
            actor=actor,
            at=at,
        )
        made.due_on = clock.due_on
        made.bump("due_on")
    record(
        "handover.sent",
        ref=made.ref,
        actor=actor,
        at=at,
        data={
            "number": made.number,
            "way": way,
            "purpose": purpose,
            "agency": agency.code,
            "lead": lead.number if lead else "",
            "unit": unit.code if unit else "",
            "addresses": addresses,
            "sha256": file.sha256 if file else "",
            "due_on": made.due_on,
        },
        personal={"title": made.title, "text": made.text},
    )
    tell(
        signers,
        what="sent",
        ref=made.ref,
        title=_("请签收%(what)s %(number)s") % {"what": _("移送函") if out else _("来函"), "number": made.number},
        body=made.title,
        url=reverse("units:hand-over", args=[made.pk]),
        due_on=made.due_on,
        compartment=None if out else made.compartment,
        at=at,
    )
    return made


def _need(row: HandOver, act: str, *states: str) -> None:
    if row.state not in states:
        raise Refused(
            _("不能%(act)s：因为这件函现在是“%(state)s”。可以先看这件函的经过。")
            % {"act": act, "state": row.get_state_display()},
            code="wrong_state",
        )


def _need_side(row: HandOver, actor: User, act: str, *, receiving: bool) -> None:
    """The receiving side signs, returns and answers; the sending side closes. Officials enter an agency's paper."""
    here = (row.way == HandOverWay.IN) == receiving
    if here and not actor.is_commission:
        raise Refused(_("不能%(act)s：这一步由纪检监察机关办理。") % {"act": act}, code="other_side")


def receive_hand_over(hand_over: HandOver, *, actor: User, at: datetime) -> HandOver:
    """Sign for it (签收); a second time changes nothing."""
    require(actor, "handover.receive", hand_over)
    with transaction.atomic():
        row = HandOver.locked(hand_over.pk)
        _need_side(row, actor, _("签收"), receiving=True)
        if row.received_at is not None:
            return row
        _need(row, _("签收"), HandOverState.SENT)
        row.state, row.received_at, row.received_by = HandOverState.RECEIVED, at, actor
        row.bump("state", "received_at", "received_by")
        record("handover.received", ref=row.ref, actor=actor, at=at, data={"number": row.number})
        _tell_sender(row, "received", _("%(number)s 已签收"), at)
    return row


def return_hand_over(hand_over: HandOver, *, remark: str, actor: User, at: datetime) -> HandOver:
    """Send it back because it is not for this side to handle; the reason is read by the other side."""
    require(actor, "handover.return", hand_over)
    if not remark.strip():
        raise Invalid(_("不能退回：没有写明理由。"), details={"remark": _("写明为什么不属于本机关办理")})
    with transaction.atomic():
        row = HandOver.locked(hand_over.pk)
        _need_side(row, actor, _("退回"), receiving=True)
        _need(row, _("退回"), HandOverState.SENT, HandOverState.RECEIVED)
        row.state, row.remark = HandOverState.RETURNED, remark.strip()
        row.bump("state", "remark")
        _end_clocks(row, actor, at)
        record(
            "handover.returned",
            ref=row.ref,
            actor=actor,
            at=at,
            data={"number": row.number},
            personal={"remark": row.remark},
        )
        _tell_sender(row, "returned", _("%(number)s 被退回"), at, level=Level.WARN)
    return row


def answer_hand_over(hand_over: HandOver, *, result: str, result_on: date, actor: User, at: datetime) -> HandOver:
    """Report what came of it, and on which day; read by the other side. The clock ends."""
    require(actor, "handover.answer", hand_over)
    wrong = {}
    if not result.strip():
        wrong["result"] = _("写明办理结果")
    if result_on > day_of(at):
        wrong["result_on"] = _("结果日期在将来；核对日期")
    if wrong:
        raise Invalid(_("不能反馈：没有填好。可以补上结果和日期。"), details=wrong)
    with transaction.atomic():
        row = HandOver.locked(hand_over.pk)
        _need_side(row, actor, _("反馈"), receiving=True)
        _need(row, _("反馈"), HandOverState.RECEIVED, HandOverState.ANSWERED)
        row.state, row.result, row.result_on = HandOverState.ANSWERED, result.strip(), result_on
        row.result_at, row.result_by = at, actor
        row.bump("state", "result", "result_on", "result_at", "result_by")
        _end_clocks(row, actor, at)
        record(
            "handover.answered",
            ref=row.ref,
            actor=actor,
            at=at,
            data={"number": row.number, "result_on": result_on},
            personal={"result": row.result},
        )
        _tell_sender(row, f"answered:{row.version}", _("%(number)s 已反馈结果"), at)
    return row


def close_hand_over(hand_over: HandOver, *, actor: User, at: datetime) -> HandOver:
    """Take note of the result and close; by the side that sent it."""
    require(actor, "handover.close", hand_over)
    with transaction.atomic():
        row = HandOver.locked(hand_over.pk)
        _need_side(row, actor, _("办结"), receiving=False)
        if row.state == HandOverState.CLOSED:
            return row
        informed = row.purpose == HandOverPurpose.INFORM and row.state == HandOverState.RECEIVED
        if not informed:
            _need(row, _("办结"), HandOverState.ANSWERED)
        row.state, row.closed_at, row.closed_by = HandOverState.CLOSED, at, actor
        row.bump("state", "closed_at", "closed_by")
        _end_clocks(row, actor, at)
        record("handover.closed", ref=row.ref, actor=actor, at=at, data={"number": row.number})
    return row


def raise_from_hand_over(
    hand_over: HandOver, unit: Unit, *, handler: User | None = None, actor: User, at: datetime
) -> Lead:
    """Register what an agency brought as a lead about the unit, with its three questions and its month."""
    require(actor, "handover.raise_lead", hand_over)
    with transaction.atomic():
        row = HandOver.locked(hand_over.pk)
        if row.way != HandOverWay.IN:
            raise Refused(_("不能登记为线索：这是移出的函。"), code="other_side")
        if row.lead is not None:
            return row.lead
        _need(row, _("登记为线索"), HandOverState.RECEIVED)
        day = day_of(at)
        earlier = Lead.objects.filter(unit=unit, compartment=row.compartment).order_by("pk").last()
        lead = Lead.objects.create(
            number=lead_number(row.compartment, day.year),
            unit=unit,
            compartment=row.compartment,
            source=f"{row.agency.name} {row.number}"[:200],
            received_on=day_of(row.received_at or at),
            state=LeadState.ASSIGNED if handler else LeadState.REGISTERED,
            handler=handler,
            earlier=earlier,
        )
        Question.objects.bulk_create(Question(lead=lead, kind=kind) for kind in QuestionKind.values)
        open_clocks([lead], row.compartment, handler, actor, at)
        row.lead, row.unit = lead, unit
        row.bump("lead", "unit")
        for clock in Deadline.objects.live().filter(ref=row.ref, kind=JURISDICTION):
            meet_deadline(clock, actor=actor, at=at)
        record(
            "lead.raised",
            ref=f"lead:{lead.pk}",
            actor=actor,
            at=at,
            data={
                "number": lead.number,
                "unit": unit.pk,
                "hand_over": row.number,
                "earlier": earlier.number if earlier else "",
                "received_on": lead.received_on,
                "handler": handler.pk if handler else 0,
            },
        )
    return lead


def _end_clocks(row: HandOver, actor: User, at: datetime) -> None:
    for clock in Deadline.objects.live().filter(ref=row.ref):
        meet_deadline(clock, actor=actor, at=at)


def _tell_sender(row: HandOver, what: str, title: str, at: datetime, *, level: str = Level.INFO) -> None:
    tell(
        [row.sent_by],
        what=what,
        ref=row.ref,
        title=title % {"number": row.number},
        body=row.title,
        url=reverse("units:hand-over", args=[row.pk]),
        level=level,
        compartment=row.compartment if row.sent_by.is_commission else None,
        at=at,
    )
