"""Joining cases and taking them apart (并案、分案), and putting right the texts of a closed case."""

from collections.abc import Sequence
from datetime import datetime, time

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.enums import OPEN_TO_INVESTIGATION, CaseState, Lane, LinkKind, Precision, Side
from cases.enums_penalties import GONE_STATES
from cases.models import Case, CaseLink, CaseMember, Correction, Exhibit, Fact, KeyMoment, Penalty, Suspect
from cases.policy import on_side
from cases.selectors.cases import joined_into, ref_of
from cases.services.cases import SERIES, advance
from cases.services.integrity import carry_recusals
from cases.services.measures import ref_of_measure
from casework.access.enums import CompartmentKind
from casework.access.models import Recusal
from casework.access.policy import require
from casework.access.services.compartments import let_in, open_compartment, recuse
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused, Stale
from casework.core.numbering import next_number
from casework.deadlines.models import Deadline
from casework.deadlines.services.changes import extend_deadline, resume_deadline, suspend_deadline
from casework.deadlines.services.lifecycle import open_deadline
from casework.ledger.record import record
from evidence.models import Item
from evidence.services.moving import move_items

#: States in which a case may be taken apart: investigated, and not yet before the hearing officers.
DIVISIBLE = frozenset({CaseState.FILED, CaseState.PLAN_APPROVED, CaseState.INVESTIGATING})
#: What may be put right after the end, and what it is called.
CORRECTABLE = ("title", "grounds", "plan", "report", "hearing_report")


def merge_case(
    case: Case, into: Case, *, actor: User, at: datetime, reason: str, expected_version: int | None = None
) -> CaseLink:
    """Join a case to another one: people, facts, records, measures and tasks go over; the first case closes.

    Its papers, steps and ledger stay as they are. The nearest limit of the closed case is pinned on the timeline of
    the other, whose own limits run on.
    """
    if into.pk == case.pk:
        raise Invalid(_("不能并入自己。"), details={"into": _("选另一件案件")})
    with transaction.atomic():
        # Always in the order of the keys: two leaders who join the same two cases do not wait for each other.
        for pk in sorted((case.pk, into.pk)):
            Case.locked(pk)
        into = Case.objects.select_related("compartment").get(pk=into.pk)
        if into.state not in OPEN_TO_INVESTIGATION or into.filed_on is None:
            raise Refused(
                _("不能并入%(number)s：因为那件案件%(state)s。可以选正在审查调查的案件。")
                % {"number": into.number, "state": into.get_state_display()},
                code="wrong_state",
            )
        if not on_side(actor, into, Side.DECIDE):
            raise Refused(
                _("不能并入%(number)s：因为您不审批那件案件。可以请两案共同的领导决定。") % {"number": into.number},
                code="not_decider",
            )
        _check_sides(case, into)
        due = (
            Deadline.objects.live()
            .filter(ref=ref_of(case), kind__in=["C02", "C03"])
            .order_by("due_on")
            .values_list("due_on", flat=True)
            .first()
        )
        closed = advance(
            case, "merge_into", actor=actor, at=at, reason=reason, expected_version=expected_version, merging=True
        )
        carried = _carry(closed, into)
        for member in into.members.filter(until__isnull=True).select_related("user"):
            if not Recusal.objects.standing().filter(compartment=closed.compartment_id, user=member.user).exists():
                let_in(closed.compartment, member.user, actor=actor, at=at, reason=_("并案"))
        link = CaseLink.objects.create(
            kind=LinkKind.MERGED, case=closed, other=into, reason=reason, carried=carried, by=actor, at=at
        )
        carry_recusals(closed, into, at=at)
        if due is not None:
            KeyMoment.objects.create(
                case=into, lane=Lane.DEADLINES, at=timezone.make_aware(datetime.combine(due, time(18))),
                title=_("并入的%(number)s原期限") % {"number": closed.number}, precision=Precision.DAY,
                source=closed.number, pinned=True, by=actor, made_at=at,
            )  # fmt: skip
        _touch(into, at)
        _record_link(link, actor, at)
    return link


def _check_sides(case: Case, into: Case) -> None:
    """Refuse to join a case into one whose hearers or leaders investigated it, or the other way round (查审分离)."""
    here = dict(into.members.filter(until__isnull=True).values_list("user_id", "side"))
    worked = CaseMember.objects.filter(case__in=[case, *joined_into(case)], user__in=here).select_related("user")
    names = sorted({row.user.name for row in worked if row.side != here[row.user_id]})
    if names:
        raise Refused(
            _(
                "不能并入%(number)s：因为%(names)s在两案中分工不同。依据监督执纪工作规则第十一条。可以先在那件案件中换人。"
            )
            % {"number": into.number, "names": "、".join(names)},
            code="side_taken",
            article=_("监督执纪工作规则第十一条"),
        )


def _carry(case: Case, into: Case) -> dict[str, list[str]]:
    """Move what was found over; somebody who is in both stays one person there."""
    present = {row.person_id: row for row in into.suspects.all() if row.person_id}
    _check_penalties(case, present)
    people = []
    for row in case.suspects.order_by("pk"):
        double = present.get(row.person_id) if row.person_id else None
        people.append(row.name)
        if double is None:
            row.case = into
            row.bump("case")
            continue
        case.interviews.filter(suspect=row).update(suspect=double)
        case.measures.filter(suspect=row).update(suspect=double)
        case.recoveries.filter(suspect=row).update(suspect=double)
        row.penalties.update(suspect=double)
        for fact in row.facts.all():
            fact.suspects.remove(row)
            fact.suspects.add(double)
    carried = {"suspects": people, "facts": [], "records": [], "measures": []}
    number = into.facts.order_by("-number").values_list("number", flat=True).first() or 0
    for fact in case.facts.order_by("number"):
        number += 1
        carried["facts"].append(fact.statement)
        fact.case, fact.number = into, number
        fact.bump("case", "number")
        fact.exhibits.update(case=into)
    number = into.measures.order_by("-number").values_list("number", flat=True).first() or 0
    for measure in case.measures.order_by("number"):
        number += 1
        carried["measures"].append(str(measure))
        measure.case, measure.number = into, number
        measure.bump("case", "number")
    carried["records"] = [str(record_) for record_ in case.interviews.order_by("pk")]
    case.interviews.update(case=into)
    case.tasks.filter(done_at__isnull=True).update(case=into)
    case.moments.update(case=into)
    # Sums and decisions on bodies are worked on where the people are: nothing is written in a case that is over.
    for row in [*case.recoveries.order_by("pk"), *case.body_decisions.order_by("pk")]:
        row.case = into
        row.bump("case")
    return carried


def _check_penalties(case: Case, present: dict[int, Suspect]) -> None:
    """Refuse where a person of both cases has a proposal in each: which of the two stands is for people to say."""
    standing = Penalty.objects.exclude(state__in=GONE_STATES)
    doubles = case.suspects.filter(person__in=present, pk__in=standing.values("suspect"))
    here = set(standing.filter(suspect__in=[row.pk for row in present.values()]).values_list("suspect", flat=True))
    names = [row.name for row in doubles.order_by("pk") if row.person_id and present[row.person_id].pk in here]
    if names:
        raise Refused(
            _("不能并案：因为两案对%(names)s都有处分（处理）建议。可以先撤回其中一份。") % {"names": "、".join(names)},
            code="two_penalties",
        )


def split_case(
    case: Case,
    suspects: Sequence[Suspect],
    *,
    title: str,
    actor: User,
    at: datetime,
    reason: str,
    items: Sequence[Item] = (),
) -> CaseLink:
    """Take people out of a case into one of their own, at the same stage, with the same people and the same clocks.

    Facts that concern nobody else go along, records of these people too. Of the evidence go ``items``; what a fact
    that stays rests on is refused, by name: the first case would lose it.
    """
    wrong = {}
    if not title.strip():
        wrong["title"] = _("填写新案的案由")
    if not reason.strip():
        wrong["reason"] = _("写明分案的理由")
    if not suspects:
        wrong["suspects"] = _("选要分出的人员")
    if wrong:
        raise Invalid(_("分案还差：%(what)s。") % {"what": "；".join(wrong.values())}, details=wrong)
    with transaction.atomic():
        case = Case.locked(case.pk)
        require(actor, "case.split", case)
        chosen = list(case.suspects.filter(pk__in=[row.pk for row in suspects]).order_by("pk"))
        if len(chosen) != len({row.pk for row in suspects}):
            raise Invalid(_("有人不在本案中。"), details={"suspects": _("选本案的人员")})
        if case.state not in DIVISIBLE:
            raise Refused(
                _("不能分案：因为案件%(state)s。可以在审查调查期间分案。") % {"state": case.get_state_display()},
                code="wrong_state",
            )
        if len(chosen) == case.suspects.count():
            raise Refused(_("不能分案：因为原案没有剩下的人。可以留下至少一人。"), code="nobody_left")
        new = _second_case(case, title.strip(), actor, at)
        carried = _take_along(case, new, chosen)
        carried["items"] = _move_evidence(case, new, items, actor=actor, at=at, reason=reason.strip())
        link = CaseLink.objects.create(
            kind=LinkKind.SPLIT, case=case, other=new, reason=reason.strip(), carried=carried, by=actor, at=at
        )
        _carry_clocks(case, new, actor=actor, at=at)
        _touch(case, at)
        _record_link(link, actor, at)
    return link


def _second_case(case: Case, title: str, actor: User, at: datetime) -> Case:
    members = list(case.members.filter(until__isnull=True).select_related("user"))
    compartment = open_compartment(
        CompartmentKind.CASE, title[:200], members=[row.user for row in members], actor=actor, at=at
    )
    # Whoever stands back from the first case stands back from what comes out of it.
    for row in Recusal.objects.standing().filter(compartment=case.compartment_id).select_related("user", "decided_by"):
        recuse(compartment, row.user, decided_by=row.decided_by, at=at, reason=row.reason)
    new = Case.objects.create(
        number=next_number(SERIES, timezone.localdate(at).year), title=title[:200], kind=case.kind, type=case.type,
        compartment=compartment, lead=case.lead, unit=case.unit, grounds=case.grounds, plan=case.plan,
        state=case.state, drafted_by=case.drafted_by, proposed_at=at, filed_on=case.filed_on, state_since=at,
        updated_at=at,
    )  # fmt: skip
    # Those who left the first case keep their side in the second: whoever investigated never hears (查审分离).
    CaseMember.objects.bulk_create(
        CaseMember(case=new, user=row.user, duty=row.duty, side=row.side, from_on=row.from_on, until=row.until)
        for row in case.members.select_related("user")
    )
    return new


def _take_along(case: Case, new: Case, chosen: list[Suspect]) -> dict[str, list[str]]:
    keys = {row.pk for row in chosen}
    alone = [
        fact
        for fact in Fact.objects.filter(case=case).prefetch_related("suspects").order_by("number")
        if (people := {row.pk for row in fact.suspects.all()}) and people <= keys
    ]
    carried = {
        "suspects": [row.name for row in chosen],
        "facts": [fact.statement for fact in alone],
        "records": [str(row) for row in case.interviews.filter(suspect__in=keys).order_by("pk")],
        "measures": [str(row) for row in case.measures.filter(suspect__in=keys).order_by("number")],
    }
    for row in chosen:
        row.case = new
        row.bump("case")
    for fact in Fact.objects.filter(case=case, suspects__in=keys).exclude(pk__in=[one.pk for one in alone]).distinct():
        fact.suspects.remove(*chosen)
    for number, fact in enumerate(alone, start=1):
        fact.case, fact.number = new, number
        fact.bump("case", "number")
        fact.exhibits.update(case=new)
    case.interviews.filter(suspect__in=keys).update(case=new, compartment=new.compartment)
    refs = []
    for number, measure in enumerate(case.measures.filter(suspect__in=keys).order_by("number"), start=1):
        measure.case, measure.number = new, number
        measure.bump("case", "number")
        refs.append(ref_of_measure(measure))
    for recovery in case.recoveries.filter(suspect__in=keys).order_by("pk"):
        recovery.case = new
        recovery.bump("case")
        refs.append(f"recovery:{recovery.pk}")
    for penalty in Penalty.objects.filter(suspect__in=keys).prefetch_related("appeals"):
        refs += [f"penalty:{penalty.pk}", *(f"appeal:{appeal.pk}" for appeal in penalty.appeals.all())]
    # Their clocks name the people who went: they are known where those are.
    Deadline.objects.filter(ref__in=refs).update(compartment=new.compartment)
    return carried


def _move_evidence(
    case: Case, new: Case, items: Sequence[Item], *, actor: User, at: datetime, reason: str
) -> list[str]:
    """Move what was chosen, and the records of the people who go, as far as no fact that stays rests on them."""
    keys = {row.pk for row in items}
    here = Item._base_manager.filter(pk__in=keys, compartment=case.compartment_id, parent__isnull=True)
    if here.count() != len(keys):
        raise Invalid(_("有证物不在本案中，或者是另一件的部件。"), details={"items": _("选本案的整件证物")})
    rests = Exhibit.objects.filter(case=case, fact__dropped_at__isnull=True)
    staying = list(
        rests.filter(Q(item__in=keys) | Q(item__parent__in=keys))
        .select_related("item", "fact")
        .order_by("fact__number", "pk")
    )
    if staying:
        words = "、".join(f"{one.item.number}（{one.fact.statement[:30]}）" for one in staying[:10])
        raise Refused(
            _("不能带走%(items)s：因为它们还证明留在原案的事实。可以不选这些证物。") % {"items": words},
            code="still_proves",
            details={"items": [one.item_id for one in staying]},
        )
    records = Item._base_manager.filter(pk__in=new.interviews.values("item"), compartment=case.compartment_id)
    going = {row.pk: row for row in (*here, *records.exclude(pk__in=rests.values("item")))}
    moved = move_items(going.values(), new.compartment, actor=actor, at=at, reason=reason)
    return [row.number for row in moved]


def _carry_clocks(case: Case, new: Case, *, actor: User, at: datetime) -> None:
    """The limits of the law were running before; they run on with their first day, pauses and extensions."""
    live = Deadline.objects.live().filter(ref=ref_of(case)).prefetch_related("suspensions", "extensions").order_by("pk")
    for old in live:
        row = open_deadline(
            ref_of(new), old.kind, start_on=old.start_on, holder=old.holder, compartment=new.compartment, title=old.title,
            actor=actor, at=at, reason=_("分案，期限连续计算"),
        )  # fmt: skip
        for pause in old.suspensions.all():
            row = suspend_deadline(
                row, approver=pause.approver, actor=actor, at=at, reason=pause.reason, document=pause.document,
                from_on=pause.from_on,
            )  # fmt: skip
            if pause.to_on is not None:
                row = resume_deadline(
                    row, approver=pause.resume_approver or pause.approver, actor=actor, at=at, to_on=pause.to_on,
                    reason=pause.resume_reason or _("分案，期限连续计算"), document=pause.resume_document,
                )  # fmt: skip
        for longer in old.extensions.all():
            row = extend_deadline(
                row, longer.amount, longer.unit, approver=longer.approver, actor=actor, at=at, reason=longer.reason,
                document=longer.document,
            )  # fmt: skip


def _record_link(link: CaseLink, actor: User, at: datetime) -> None:
    for case, other in ((link.case, link.other), (link.other, link.case)):
        record(
            f"case.{link.kind}",
            ref=ref_of(case),
            actor=actor,
            at=at,
            data={
                "from": link.case.number,
                "to": link.other.number,
                "other": other.number,
                "carried": {name: len(rows) for name, rows in link.carried.items()},
            },
            reason=link.reason,
        )


def correct_closed(
    case: Case,
    *,
    field: str,
    text: str,
    reason: str,
    document: str,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Correction:
    """Put right one text of a case that is over, under a right of its own; the old text stays readable."""
    wrong = {}
    if field not in CORRECTABLE:
        wrong["field"] = _("选要更正的文稿")
    if not reason.strip():
        wrong["reason"] = _("写明为什么更正")
    if not document.strip():
        wrong["document"] = _("填写批准文号")
    if field == "title" and not text.strip():
        wrong["text"] = _("案由不能为空")
    if wrong:
        raise Invalid(_("更正还差：%(what)s。") % {"what": "；".join(wrong.values())}, details=wrong)
    with transaction.atomic():
        case = Case.locked(case.pk)
        require(actor, "case.correct", case)
        if expected_version is not None and expected_version != case.version:
            raise Stale(_("已被他人处理，请刷新后再办。您填写的内容仍在页面上。"), details={"version": case.version})
        old = getattr(case, field)
        if old == text:
            raise Invalid(_("内容没有变化。"), details={"text": _("改写后再登记")})
        row = Correction.objects.create(
            case=case, field=field, old=old, new=text, reason=reason.strip(), document=document.strip(), by=actor, at=at
        )
        setattr(case, field, text)
        case.updated_at = at
        case.bump(field, "updated_at")
        record(
            "case.corrected",
            ref=ref_of(case),
            actor=actor,
            at=at,
            data={"field": field, "old": old, "new": text, "document": row.document},
            reason=reason,
        )
    return row


def _touch(case: Case, at: datetime) -> None:
    case.refresh_from_db(fields=["version", "updated_at"])
    case.updated_at = at
    case.bump("updated_at")
