"""One act on many leads: recorded as one change set, in a fixed number of statements, and taken back as one."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from casework.access.policy import can, require
from casework.accounts.models import Organisation, User
from casework.core.errors import Invalid, Missing, NotReady, Refused
from casework.deadlines.services.batch import meet_deadlines
from casework.ledger.many import record_many
from casework.ledger.record import record
from units.enums import Disposition, LeadState
from units.lead_workflow import AWAITING_OPINION, Move, move_named
from units.models import ChangeSet, HandOver, Lead
from units.selectors.tracks import missing_to_end
from units.services.dispositions import way_named
from units.services.leads import OPINION, open_clocks

#: Leads named in one ledger entry, which may have 65,535 bytes.
NAMED = 5000
#: What a refusal names before it says how many more there are.
TOLD = 20
#: Leads changed by one press.
MOST = 10_000


def handle_leads(
    leads: Iterable[Lead],
    disposition: str,
    *,
    actor: User,
    at: datetime,
    reason: str = "",
    to: Organisation | None = None,
    conditions: str = "",
) -> str:
    """Propose or decide for many leads as one change set, all or none; return the set's name for undoing it.

    Where the actor's word would be the decision (the lead waits for one, or is under way) it is the decision, else the
    proposal. ``conditions`` says how the leads were chosen. Refused with every lead that stands in the way.
    """
    way = way_named(disposition)
    chosen = {lead.pk for lead in leads}
    if not chosen:
        raise Invalid(_("不能处置：没有选线索。可以先选线索。"))
    if len(chosen) > MOST:
        raise Invalid(
            _("不能一次处置 %(n)d 条：一次最多 %(most)d 条。可以加条件分批办理。") % {"n": len(chosen), "most": MOST}
        )
    with transaction.atomic():
        rows = list(
            Lead._base_manager.select_for_update(of=("self",))
            .select_related("unit", "compartment")
            .filter(pk__in=chosen)
            .order_by("pk")
        )
        decided, proposed = _sorted(rows, actor)
        _refuse_blocked(decided, proposed, way, actor, reason, to)
        made = ChangeSet.objects.create(
            name=uuid.uuid4().hex,
            disposition=disposition,
            conditions=conditions[:400],
            count=len(rows),
            made_at=at,
            made_by=actor,
        )
        _propose(proposed, disposition, made, actor, at, reason)
        _decide(decided, disposition, made, actor, at, reason, to)
        _note(made, "leads.handled", rows, actor, at, reason)
    return made.name


def _sorted(rows: Sequence[Lead], actor: User) -> tuple[list[Lead], list[Lead]]:
    """Return the leads that the actor decides on and those he proposes for; the right is that of the compartment."""
    circles = {row.compartment_id: row for row in rows}
    decides = {pk for pk, row in circles.items() if can(actor, "lead.dispose", row)}
    decided = [row for row in rows if row.state not in AWAITING_OPINION and row.compartment_id in decides]
    taken = {row.pk for row in decided}
    proposed = [row for row in rows if row.pk not in taken]
    for row in {one.compartment_id: one for one in proposed}.values():
        require(actor, "lead.propose", row)
    return decided, proposed


def _refuse_blocked(
    decided: Sequence[Lead], proposed: Sequence[Lead], way: Move, actor: User, reason: str, to: Organisation | None
) -> None:
    blocked: list[tuple[Lead, str]] = []
    step = move_named("propose")
    blocked += [
        (lead, _("现在是“%(state)s”") % {"state": lead.get_state_display()})
        for lead in proposed
        if lead.state not in step.sources
    ]
    for lead in decided:
        if lead.state not in way.sources:
            blocked.append((lead, _("现在是“%(state)s”") % {"state": lead.get_state_display()}))
        elif lead.state == LeadState.OPINION_PENDING and lead.proposed_by_id == actor.pk:
            blocked.append((lead, _("处置意见是您报送的，由另一人审批")))
        elif lead.state == LeadState.OPINION_PENDING and lead.proposal != way.name and not reason.strip():
            blocked.append((lead, _("报送的是%(way)s，改办要写理由") % {"way": lead.get_proposal_display()}))
    if way.name == Disposition.CLOSED:
        by_pk = {lead.pk: lead for lead in decided}
        blocked += [(by_pk[pk], item.text) for pk, items in missing_to_end(list(decided)).items() for item in items[:1]]
    if blocked:
        missing = [
            Missing(f"{lead.number} {lead.unit.name}：{why}", f"/leads/{lead.pk}/", _("去看"))
            for lead, why in blocked[:TOLD]
        ]
        raise NotReady(
            ngettext(
                "不能%(way)s：%(n)d 条线索办不了，一条都没有改动。可以去掉这些线索后再办。",
                "不能%(way)s：%(n)d 条线索办不了，一条都没有改动。可以去掉这些线索后再办。",
                len(blocked),
            )
            % {"way": way.label, "n": len(blocked)},
            missing,
        )
    if decided and way.name == Disposition.TRANSFERRED and to is None:
        raise Invalid(_("不能移送：没有选移送给哪个单位。可以选定单位后再办。"), details={"to": _("选移送单位")})


def _ids(rows: Iterable[Lead]) -> list[int]:
    return [row.pk for row in rows]


def _propose(rows: Sequence[Lead], disposition: str, made: ChangeSet, actor: User, at: datetime, reason: str) -> None:
    if not rows:
        return
    Lead._base_manager.filter(pk__in=_ids(rows)).update(
        previous_state=F("state"),
        state=move_named("propose").target,
        change_set=made.name,
        proposal=disposition,
        proposed_at=at,
        proposed_by=actor,
        version=F("version") + 1,
    )
    meet_deadlines([f"lead:{row.pk}" for row in rows], OPINION, batch_ref=f"changeset:{made.pk}", actor=actor, at=at)
    record_many(
        "lead.proposed",
        [(f"lead:{row.pk}", {"disposition": disposition, "from": row.state, "change_set": made.name}) for row in rows],
        actor=actor,
        at=at,
        reason=reason,
    )


def _decide(
    rows: Sequence[Lead],
    disposition: str,
    made: ChangeSet,
    actor: User,
    at: datetime,
    reason: str,
    to: Organisation | None,
) -> None:
    if not rows:
        return
    Lead._base_manager.filter(pk__in=_ids(rows)).update(
        previous_state=F("state"),
        state=disposition,
        change_set=made.name,
        disposition=disposition,
        disposed_at=at,
        disposed_by=actor,
        transferred_to=to,
        version=F("version") + 1,
    )
    record_many(
        "lead.disposed",
        [
            (
                f"lead:{row.pk}",
                {
                    "disposition": disposition,
                    "proposal": row.proposal,
                    "from": row.state,
                    "to_organ": to.code if to else "",
                    "change_set": made.name,
                },
            )
            for row in rows
        ],
        actor=actor,
        at=at,
        reason=reason,
    )


def _note(made: ChangeSet, kind: str, rows: Sequence[Lead], actor: User, at: datetime, reason: str) -> None:
    for start in range(0, len(rows), NAMED):
        record(
            kind,
            ref=f"changeset:{made.pk}",
            actor=actor,
            at=at,
            data={
                "name": made.name,
                "disposition": made.disposition,
                "conditions": made.conditions,
                "count": made.count,
                "leads": _ids(rows[start : start + NAMED]),
            },
            reason=reason,
        )


def undo_change_set(name: str, *, actor: User, at: datetime) -> int:
    """Take back a whole change set, all of it or nothing; return how many leads it had.

    Refused, naming them, when something rests on one of its leads: a later step, or a letter to another agency.
    """
    with transaction.atomic():
        made = ChangeSet.objects.select_for_update(of=("self",)).filter(name=name).first() if name else None
        if made is None or made.undone_at is not None:
            return 0
        if made.made_by_id != actor.pk:
            raise Refused(_("不能撤销：因为这次处置是别人办的。可以请办理的人撤销，或退回研判。"), code="not_yours")
        rows = list(
            Lead._base_manager.select_for_update(of=("self",))
            .select_related("unit", "compartment", "handler")
            .filter(change_set=name)
            .order_by("pk")
        )
        _refuse_resting(made, rows)
        for row in {one.compartment_id: one for one in rows}.values():
            require(actor, "lead.propose" if row.state == LeadState.OPINION_PENDING else "lead.dispose", row)
        proposed = [row for row in rows if row.state == LeadState.OPINION_PENDING]
        decided = [row for row in rows if row.state != LeadState.OPINION_PENDING]
        back: Mapping[str, object] = {
            "state": F("previous_state"), "previous_state": "", "change_set": "", "version": F("version") + 1,
        }  # fmt: skip
        Lead._base_manager.filter(pk__in=_ids(proposed)).update(proposal="", proposed_at=None, proposed_by=None, **back)
        Lead._base_manager.filter(pk__in=_ids(decided)).update(
            disposition="", disposed_at=None, disposed_by=None, transferred_to=None, **back
        )
        record_many(
            "lead.disposition_undone",
            [(f"lead:{row.pk}", {"from": row.state, "to": row.previous_state}) for row in rows],
            actor=actor,
            at=at,
        )
        _restart(proposed, actor, at)
        made.undone_at, made.undone_by = at, actor
        made.save(update_fields=["undone_at", "undone_by"])
        _note(made, "leads.handling_undone", rows, actor, at, "")
    return len(rows)


def _refuse_resting(made: ChangeSet, rows: Sequence[Lead]) -> None:
    """The set is whole only while each of its leads still stands as the set left it."""
    gone = made.count - len(rows)
    lettered = set(
        HandOver.objects.filter(lead__in=_ids(rows), sent_at__gte=made.made_at).values_list("lead_id", flat=True)
    )
    moved = [
        row
        for row in rows
        if row.pk in lettered or not row.previous_state or row.state not in {LeadState.OPINION_PENDING, row.disposition}
    ]
    if not gone and not moved:
        return
    missing = [Missing(f"{row.number} {row.unit.name}", f"/leads/{row.pk}/", _("去看")) for row in moved[:TOLD]]
    if gone:
        missing.append(
            Missing(
                ngettext("%(n)d 条已有后续办理，或已单独撤销", "%(n)d 条已有后续办理，或已单独撤销", gone) % {"n": gone}
            )
        )
    raise NotReady(
        ngettext(
            "不能撤销：%(n)d 条线索已有后来的办理依据这次处置，一条都没有撤销。可以逐条重新研判。",
            "不能撤销：%(n)d 条线索已有后来的办理依据这次处置，一条都没有撤销。可以逐条重新研判。",
            gone + len(moved),
        )
        % {"n": gone + len(moved)},
        missing,
    )


def _restart(rows: Sequence[Lead], actor: User, at: datetime) -> None:
    """The month for an opinion runs on, counted from the same day of receipt."""
    groups: dict[tuple[int, int], list[Lead]] = {}
    for row in rows:
        groups.setdefault((row.compartment_id, row.handler_id or 0), []).append(row)
    for group in groups.values():
        open_clocks(group, group[0].compartment, group[0].handler, actor, at)
