"""Standing back by itself where a tie was declared, attempts to meddle put on record, access taken in an emergency."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.enums import OVER, InterventionKind, Side, TieKind
from cases.models import Case, Intervention, Tie
from cases.selectors.cases import joined_into, people_on, ref_of
from cases.services.inspection_ties import shut_out_of_inspections
from casework.access.models import Compartment, Grant, Recusal, compartments_of
from casework.access.policy import can, require
from casework.access.services.compartments import end_emergency, let_in_for, let_out, lift_recusal, recuse
from casework.accounts.enums import Role
from casework.accounts.models import Appointment, User
from casework.core.errors import Invalid, Refused
from casework.core.moments import cn_datetime
from casework.core.numbering import as_written
from casework.ledger.record import record
from casework.notices.services.owing import Owed, owe_notices
from units.models import Unit, UnitLeader

#: How long access in an emergency may last.
MOST_HOURS = 24


def ties_of_case(case: Case, at: datetime) -> list[tuple[User, str]]:
    """Return who is tied to the people or units of the case, with the reason in words; nobody twice.

    A former post counts for ever, other ties while they hold. Whoever bears the name of a person under investigation
    and knows of the case stands back too, until a leader finds that it is somebody else.
    """
    people = [name for name in case.suspects.values_list("name", flat=True) if name]
    units = {pk for pk in [case.unit_id, *case.suspects.values_list("unit_id", flat=True)] if pk}
    day = timezone.localdate(at)
    ties = (
        Tie.objects.filter(Q(person_name__in=people) | Q(unit__in=units))
        .filter(Q(until__isnull=True) | Q(until__gte=day) | Q(kind=TieKind.SERVED))
        .select_related("user", "unit")
        .order_by("pk")
    )
    found: dict[int, tuple[User, str]] = {}
    for tie in ties:
        if not _lifted_since(case, tie.user, tie.declared_at):
            found.setdefault(tie.user_id, (tie.user, _("申报的关系：%(kind)s") % {"kind": tie.get_kind_display()}))
    for post in UnitLeader.objects.filter(unit__in=units, user__isnull=False).select_related("user").order_by("pk"):
        if post.user is not None and post.user.is_commission:
            found.setdefault(post.user.pk, (post.user, _("在所涉单位任职")))
    known = Grant.objects.filter(compartment=case.compartment_id, user__name__in=people).select_related("user")
    for grant in known:
        if not _lifted_since(case, grant.user, case.proposed_at):
            found.setdefault(grant.user_id, (grant.user, _("与被审查调查人同名")))
    return list(found.values())


def _lifted_since(case: Case, user: User, since: datetime) -> bool:
    return Recusal.objects.filter(compartment=case.compartment_id, user=user, lifted_at__gte=since).exists()


def shut_out_tied(case: Case, *, at: datetime) -> list[User]:
    """Shut out whoever is tied to the case; called by every act that changes whom the case is about.

    The person himself is told nothing. The leaders of the case are.
    """
    out = []
    for user, words in ties_of_case(case, at):
        if Recusal.objects.standing().filter(compartment=case.compartment_id, user=user).exists():
            continue
        _shut_out(case, user, decided_by=None, at=at, reason=words)
        out.append(user)
    if out:
        names = "、".join(user.name for user in out)
        owe_notices(
            [
                Owed(
                    key=f"case-recused:{case.pk}:{'-'.join(str(one.pk) for one in out)}:user:{user.pk}",
                    to_id=user.pk,
                    kind="case.recused",
                    title=_("%(number)s：%(names)s自动回避") % {"number": case.number, "names": names},
                    body=_("依据监察法第六十七条。可以增派人员，或者在查明后解除。"),
                    ref=ref_of(case),
                    url=reverse("cases:members", args=[case.pk]),
                    compartment_id=case.compartment_id,
                )
                for user in people_on(case, Side.DECIDE)
            ],
            at=at,
        )
    return out


def _shut_out(case: Case, user: User, *, decided_by: User | None, at: datetime, reason: str) -> None:
    """Shut one person out of the case and of what was joined into it, and put it on record."""
    recuse(case.compartment, user, decided_by=decided_by, at=at, reason=reason)
    day = timezone.localdate(at)
    for member in case.members.filter(user=user, until__isnull=True):
        member.until = max(day, member.from_on)
        member.save(update_fields=["until"])
    for one in [case, *joined_into(case)]:
        let_out(one.compartment, user, actor=decided_by or case.drafted_by, at=at, reason=reason)
    record(
        "case.member_recused",
        ref=ref_of(case),
        actor=decided_by,
        at=at,
        data={"user": user.pk, "name": user.name, "automatic": decided_by is None},
        reason=reason,
    )


def carry_recusals(case: Case, into: Case, *, at: datetime) -> None:
    """Whoever stands back from a case stands back from the one it is joined into; ties to its people count there too."""
    for row in Recusal.objects.standing().filter(compartment=case.compartment_id).select_related("user", "decided_by"):
        if not Recusal.objects.standing().filter(compartment=into.compartment_id, user=row.user).exists():
            _shut_out(into, row.user, decided_by=row.decided_by, at=at, reason=row.reason)
    shut_out_tied(into, at=at)


def refuse_tied(case: Case, user: User, at: datetime) -> None:
    """Refuse to let somebody join who is tied to the case."""
    if any(tied.pk == user.pk for tied, _words in ties_of_case(case, at)):
        raise Refused(
            _("不能加入%(name)s：因为%(name)s申报过应当回避的关系。依据监察法第六十七条。可以另选一人。")
            % {"name": user.name},
            code="tied",
            article=_("监察法第六十七条"),
        )


def declare_tie(
    user: User,
    *,
    kind: TieKind | str,
    actor: User,
    at: datetime,
    person_name: str = "",
    unit: Unit | None = None,
    note: str = "",
) -> Tie:
    """Declare a tie to a person or a unit; cases and inspections about either shut the person out from this moment."""
    require(actor, "tie.declare" if actor.pk == user.pk else "tie.register")
    if not person_name.strip() and unit is None:
        raise Invalid(_("没有写明与谁有关系。"), details={"person_name": _("填写姓名，或者选单位")})
    if kind == TieKind.SERVED and unit is None:
        raise Invalid(_("没有选任职的单位。"), details={"unit": _("选单位")})
    with transaction.atomic():
        tie = Tie.objects.create(
            user=user, kind=TieKind(kind), person_name=person_name.strip(), unit=unit, note=note.strip()[:200],
            from_on=timezone.localdate(at), declared_by=actor, declared_at=at,
        )  # fmt: skip
        record(
            "tie.declared",
            ref=f"tie:{tie.pk}",
            actor=actor,
            at=at,
            data={"user": user.pk, "kind": tie.kind, "unit": unit.code if unit else ""},
            personal={"person_name": tie.person_name, "note": tie.note},
        )
        about = Q(suspects__name=tie.person_name) if tie.person_name else Q(pk__in=[])
        if unit is not None:
            about |= Q(unit=unit) | Q(suspects__unit=unit)
        touched = Case.objects.filter(about).exclude(state__in=OVER).values("pk")
        for case in Case.objects.filter(pk__in=touched).select_related("compartment", "drafted_by"):
            shut_out_tied(case, at=at)
        shut_out_of_inspections(tie, at=at)
    return tie


def end_tie(tie: Tie, *, actor: User, at: datetime, reason: str) -> Tie:
    """End a tie that no longer holds; recusals that came of it stay until a leader lifts them."""
    require(actor, "tie.declare" if actor.pk == tie.user_id else "tie.register")
    if not reason.strip():
        raise Invalid(_("没有写明理由。"), details={"reason": _("写明为什么不再有这项关系")})
    with transaction.atomic():
        row = Tie.objects.select_for_update().get(pk=tie.pk)
        if row.until is None:
            row.until = max(timezone.localdate(at) - timedelta(days=1), row.from_on)
            row.save(update_fields=["until"])
            record("tie.ended", ref=f"tie:{row.pk}", actor=actor, at=at, data={"user": row.user_id}, reason=reason)
    return row


def lift_member_recusal(case: Case, recusal: Recusal, *, actor: User, at: datetime, reason: str) -> Recusal:
    """Decide that somebody need not stand back after all; he joins anew if he is to work on the case."""
    with transaction.atomic():
        case = Case.locked(case.pk)
        require(actor, "case.lift_recusal", case)
        return lift_recusal(recusal, decided_by=actor, at=at, reason=reason)


def log_intervention(
    case: Case,
    *,
    kind: InterventionKind | str,
    person_name: str,
    happened_at: datetime,
    content: str,
    answer: str,
    actor: User,
    at: datetime,
    person_post: str = "",
    way: str = "",
) -> Intervention:
    """Put on record that somebody asked about, meddled in or pleaded for the case (监察法第六十六条)."""
    wrong = {}
    if not person_name.strip():
        wrong["person_name"] = _("填写姓名")
    if not content.strip():
        wrong["content"] = _("写明说了什么、要求什么")
    if not answer.strip():
        wrong["answer"] = _("写明如何回应、向谁报告")
    if happened_at > at:
        wrong["happened_at"] = _("发生时间还没有到，改为现在以前")
    if wrong:
        raise Invalid(_("登记还差：%(what)s。") % {"what": "；".join(wrong.values())}, details=wrong)
    with transaction.atomic():
        case = Case.locked(case.pk)
        require(actor, "case.log_intervention", case)
        row = Intervention.objects.create(
            case=case, kind=InterventionKind(kind), person_name=person_name.strip(), person_post=person_post.strip(),
            way=way.strip()[:80], happened_at=happened_at, content=content.strip(), answer=answer.strip()[:200],
            reported_by=actor, at=at,
        )  # fmt: skip
        record(
            "case.intervention_logged",
            ref=ref_of(case),
            actor=actor,
            at=at,
            data={"kind": row.kind, "happened_at": happened_at},
            personal={"name": row.person_name, "content": row.content},
        )
        owe_notices(
            [
                Owed(
                    key=f"intervention:{row.pk}:user:{user.pk}",
                    to_id=user.pk,
                    kind="case.intervention",
                    title=_("%(number)s：登记了一件%(kind)s") % {"number": case.number, "kind": row.get_kind_display()},
                    ref=ref_of(case),
                    url=reverse("cases:members", args=[case.pk]) + "#interventions",
                    compartment_id=case.compartment_id,
                )
                for user in people_on(case, Side.DECIDE)
                if user.pk != actor.pk
            ],
            at=at,
        )
    return row


def break_glass(number: str, *, actor: User, at: datetime, reason: str, hours: int) -> Case:
    """Open a case for some hours in an emergency; the security administrators learn of it in the same moment.

    One answer for what is not there, what is over and what the actor must stand back from: it tells nothing.
    """
    require(actor, "case.break_glass")
    wrong = {}
    if len(reason.strip()) < 10:
        wrong["reason"] = _("写明什么事、为什么等不到正常授权，至少 10 个字")
    if not 1 <= hours <= MOST_HOURS:
        wrong["hours"] = _("时长填 1 至 %(n)d 小时") % {"n": MOST_HOURS}
    if wrong:
        raise Invalid(_("应急调阅还差：%(what)s。") % {"what": "；".join(wrong.values())}, details=wrong)
    with transaction.atomic():
        rows = Case.objects.select_related("compartment").exclude(state__in=OVER)
        case: Case | None = rows.filter(number=as_written(number)).first()
        if case is None or not can(actor, "case.break_glass", case) or _tied(case, actor, at):
            raise Refused(
                _("不能调阅：因为没有可以应急调阅的案件“%(number)s”。可以核对案号。") % {"number": number.strip()},
                code="nothing_there",
            )
        if compartments_of(actor, at=at).filter(compartment_id=case.compartment_id).exists():
            return case
        until_at = at + timedelta(hours=hours)
        let_in_for(case.compartment, actor, until_at=until_at, at=at, reason=reason.strip())
        _tell_security(case.compartment, actor, until_at, at)
    return case


def end_break_glass(grant: Grant, *, actor: User, at: datetime, reason: str) -> Grant:
    """End access in an emergency before its hour: by a security administrator, who was told of it; its holder learns why."""
    require(actor, "case.end_emergency")
    with transaction.atomic():
        row = end_emergency(grant, actor=actor, at=at, reason=reason)
        owe_notices(
            [
                Owed(
                    key=f"emergency-ended:{row.pk}",
                    to_id=row.user_id,
                    kind="access.emergency",
                    title=_("您的应急调阅已由%(name)s收回") % {"name": actor.name},
                    body=_("理由：%(reason)s。还要知悉的，可以请本案审批领导授权。")
                    % {"reason": reason.strip().rstrip("。")},
                    url=reverse("cases:emergency"),
                )
            ],
            at=at,
        )
    return row


def _tied(case: Case, actor: User, at: datetime) -> bool:
    return any(user.pk == actor.pk for user, _words in ties_of_case(case, at))


def _tell_security(compartment: Compartment, actor: User, until_at: datetime, at: datetime) -> None:
    """Who and until when, and the mark of the compartment: never what it is about."""
    day = timezone.localdate(at)
    held = Appointment.objects.filter(role=Role.SECURITY_ADMIN, from_on__lte=day).exclude(until__lt=day)
    owe_notices(
        [
            Owed(
                key=f"emergency:{compartment.public_id}:{actor.pk}:{at.isoformat()}:user:{pk}",
                to_id=pk,
                kind="access.emergency",
                title=_("应急调阅：%(name)s打开了知悉范围 %(mark)s，到 %(until)s")
                % {
                    "name": actor.name,
                    "mark": compartment.public_id,
                    "until": cn_datetime(until_at, timezone.localdate(at)),
                },
                body=_("没有缘由的，可以在“应急调阅”里立即收回。"),
                url=reverse("cases:emergencies"),
                level="alarm",
            )
            for pk in held.values_list("user_id", flat=True).distinct()
        ],
        at=at,
    )
