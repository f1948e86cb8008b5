"""From the draft to the approval: telling the person, hearing him, consulting, deliberating, deciding."""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.catalogue import basis_words
from cases.enums_penalties import DefenceOutcome, PenaltyState, Station, Track, Verdict
from cases.ladder import rule
from cases.models import (
    Penalty,
    PenaltyConsultation,
    PenaltyDecision,
    PenaltyDefence,
    PenaltyDeliberation,
)
from cases.penalty_content import substance_of
from cases.penalty_periods import period_of
from cases.penalty_route import chain, passed, route
from cases.routing import Route
from cases.services.penalty_flow import begin, end_clocks, move, refuse_input, start_clock, tell_deciders, two
from cases.services.penalty_route import check_days, check_digest, check_level
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused


def inform_person(
    penalty: Penalty,
    *,
    second_officer: User | None,
    actor: User,
    at: datetime,
    statement: str = "",
    outcome: DefenceOutcome | str = DefenceOutcome.NONE,
    answer: str = "",
    signed: bool = True,
    refusal: str = "",
    place: str = "",
    expected_version: int | None = None,
) -> Penalty:
    """Record that facts and basis were told and the defence was heard, by two officers (政务处分法第四十三条).

    ``statement`` is what the person said, ``outcome`` what became of it, ``answer`` why it was not followed;
    an unsigned record needs ``refusal``.
    """
    with transaction.atomic():
        locked, step = begin(penalty, "inform", actor=actor, at=at, expected_version=expected_version)
        second = two(actor, second_officer)
        verdict = DefenceOutcome(outcome)
        _check_defence(verdict, statement, answer, signed, refusal)
        PenaltyDefence.objects.create(
            penalty=locked,
            draft=locked.draft,
            substance=substance_of(locked),
            told_at=at,
            officer=actor,
            second_officer=second,
            place=place,
            statement=statement.strip(),
            outcome=verdict,
            answer=answer.strip(),
            signed=signed,
            refusal="" if signed else refusal.strip(),
        )
        locked.returned = False
        move(
            locked,
            step,
            actor=actor,
            at=at,
            data={"outcome": verdict, "signed": signed},
            personal={"statement": statement.strip(), "answer": answer.strip()},
            officers=(second,),
        )
        if locked.track == Track.HANDLING:
            tell_deciders(locked, at=at)
    return locked


def _check_defence(outcome: DefenceOutcome, statement: str, answer: str, signed: bool, refusal: str) -> None:
    wrong = {}
    if outcome != DefenceOutcome.NONE and not statement.strip():
        wrong["statement"] = _("写明本人的陈述申辩")
    if outcome in {DefenceOutcome.REJECTED, DefenceOutcome.PARTLY} and not answer.strip():
        wrong["answer"] = _("写明不予采纳的理由")
    if not signed and not refusal.strip():
        wrong["refusal"] = _("注明本人未签字的情况")
    refuse_input(wrong)


def consult_organ(
    penalty: Penalty,
    *,
    organ: str,
    opinion: str,
    actor: User,
    at: datetime,
    document: str = "",
    replied_on: date | None = None,
    expected_version: int | None = None,
) -> Penalty:
    """Record the opinion of the organisation department or the unit (征求意见)."""
    with transaction.atomic():
        locked, step = begin(penalty, "consult", actor=actor, at=at, expected_version=expected_version)
        wrong = {}
        if not organ.strip():
            wrong["organ"] = _("写明被征求意见的机关")
        if not opinion.strip():
            wrong["opinion"] = _("写明回复的意见")
        if wrong:
            raise Invalid(_("征求意见没有写全。"), details=wrong)
        day = replied_on or timezone.localdate(at)
        PenaltyConsultation.objects.create(
            penalty=locked,
            organ=organ.strip(),
            opinion=opinion.strip(),
            document=document,
            replied_on=day,
            by=actor,
            at=at,
        )
        return move(
            locked,
            step,
            actor=actor,
            at=at,
            data={"organ": organ.strip(), "document": document, "replied_on": day},
            personal={"opinion": opinion.strip()},
        )


def deliberate_penalty(
    penalty: Penalty,
    *,
    body: str,
    held_on: date,
    members: int,
    votes_for: int,
    actor: User,
    at: datetime,
    votes_against: int = 0,
    abstentions: int = 0,
    minutes: str = "",
    expected_version: int | None = None,
) -> Penalty:
    """Record that a body discussed the draft and voted; ``members`` is how many it has, the votes are those present.

    A vote without a majority of the members is recorded too; the approval then says what is missing.
    """
    with transaction.atomic():
        locked, step = begin(penalty, "deliberate", actor=actor, at=at, expected_version=expected_version)
        present = votes_for + votes_against + abstentions
        told_on = timezone.localdate(locked.defences.latest("told_at").told_at)
        _check_votes(body, held_on, members, present, told_on, timezone.localdate(at))
        PenaltyDeliberation.objects.create(
            penalty=locked,
            draft=locked.draft,
            body=body.strip(),
            held_on=held_on,
            minutes=minutes,
            members=members,
            present=present,
            votes_for=votes_for,
            votes_against=votes_against,
            abstentions=abstentions,
            recorded_by=actor,
            at=at,
        )
        move(
            locked,
            step,
            actor=actor,
            at=at,
            data={
                "body": body.strip(),
                "held_on": held_on,
                "minutes": minutes,
                "members": members,
                "for": votes_for,
                "against": votes_against,
                "abstained": abstentions,
            },
        )
        tell_deciders(locked, at=at)
    return locked


def _check_votes(body: str, held_on: date, members: int, present: int, told_on: date, day: date) -> None:
    wrong = {}
    if not body.strip():
        wrong["body"] = _("写明审议机构，例如纪委常委会")
    if present < 2:
        wrong["votes_for"] = _("集体审议至少两人到会，不得由个人决定")
    if present > members:
        wrong["members"] = _("到会 %(n)d 人多于应到 %(all)d 人") % {"n": present, "all": members}
    if held_on < told_on:
        wrong["held_on"] = _("审议不早于听取陈述申辩的日期")
    if held_on > day:
        wrong["held_on"] = _("审议日期不晚于登记日期")
    refuse_input(wrong)


def approve_penalty(
    penalty: Penalty,
    *,
    digest: str,
    actor: User,
    at: datetime,
    opinion: str = "",
    committee_document: str = "",
    committee_on: date | None = None,
    expected_version: int | None = None,
) -> Penalty:
    """Approve the draft with this ``digest``; refused as stale when the content has changed since it was read.

    The approver neither drafted, investigated nor heard the case, and signs on the last level of the person's rank.
    A heavy party sanction needs the document and the day of the Party committee's approval, and every other body on
    the way (``cases.routing``) has agreed. The decision takes effect on the day the last deciding body met: the
    committee's, else that of the body above or beside the house, else the day of deliberation, else today.
    """
    with transaction.atomic():
        locked, step = begin(penalty, "approve", actor=actor, at=at, expected_version=expected_version)
        check_digest(locked, digest)
        day = timezone.localdate(at)
        levels = chain(locked, day).levels
        check_level(locked, levels[-1], actor, at)
        way = route(locked, day)
        _check_committee(locked, way, committee_document, committee_on, day)
        PenaltyDecision.objects.create(
            penalty=locked,
            draft=locked.draft,
            digest=locked.digest,
            verdict=Verdict.AGREED,
            approver=actor,
            opinion=opinion.strip(),
            committee_document=committee_document.strip(),
            committee_on=committee_on,
            at=at,
        )
        held = locked.deliberations.filter(draft=locked.draft).order_by("-at").first()
        above = [row.on for code, row in passed(locked).items() if code in {Station.UPPER, Station.GROUP}]
        last = committee_on if way.committee else max(above, default=None)
        locked.effective_on = last or (held.held_on if held else day)
        check_days(locked, locked.effective_on)
        locked.period_until, locked.probation_until = period_of(locked)
        move(
            locked,
            step,
            actor=actor,
            at=at,
            fields=("effective_on", "period_until", "probation_until"),
            data={
                "digest": locked.digest,
                "effective_on": locked.effective_on,
                "period_until": locked.period_until or "",
                "committee_document": committee_document.strip(),
            },
            reason=opinion.strip(),
        )
        _start_clocks(locked, actor=actor, at=at)
    return locked


def _check_committee(penalty: Penalty, way: Route, document: str, day: date | None, today: date) -> None:
    if not way.committee:
        return
    article = basis_words(rule("heavy_committee", penalty.laws))
    if not document.strip() or day is None:
        raise Refused(
            _("不能同意：因为重处分须报%(who)s批准。依据%(article)s。可以登记党委批准的文号和日期。")
            % {"article": article, "who": way.committee},
            article=article,
            code="committee_needed",
            details={"committee_document": _("写明党委批准文号"), "committee_on": _("写明党委批准日期")},
        )
    if day > today:
        raise Invalid(_("党委批准日期在今天以后。可以改正日期。"), details={"committee_on": _("不晚于今天")})


def _start_clocks(penalty: Penalty, *, actor: User, at: datetime) -> None:
    families = {catalogued.family for catalogued in penalty.measures.all()}
    name = {"name": penalty.suspect.name}
    if "party_discipline" in families:
        start_clock(penalty, "X01", title=_("宣布%(name)s的处分决定并归档") % name, actor=actor, at=at)
        start_clock(penalty, "X03", title=_("报告%(name)s处分决定的执行情况") % name, actor=actor, at=at)
    if "gov_sanction" in families:
        start_clock(penalty, "X05", title=_("送达并宣布%(name)s的政务处分决定书") % name, actor=actor, at=at)
        start_clock(penalty, "X10", title=_("执行完毕%(name)s的政务处分决定") % name, actor=actor, at=at)


def return_penalty(
    penalty: Penalty, *, reason: str, actor: User, at: datetime, expected_version: int | None = None
) -> Penalty:
    """Send the draft back to its drafter with an opinion."""
    return _send_back(penalty, "return", Verdict.RETURNED, reason, actor, at, expected_version)


def decline_penalty(
    penalty: Penalty, *, reason: str, actor: User, at: datetime, expected_version: int | None = None
) -> Penalty:
    """Disagree with the draft; it goes back and has to be drafted anew."""
    return _send_back(penalty, "decline", Verdict.DECLINED, reason, actor, at, expected_version)


def _send_back(
    penalty: Penalty, name: str, verdict: Verdict, reason: str, actor: User, at: datetime, expected_version: int | None
) -> Penalty:
    with transaction.atomic():
        locked, step = begin(penalty, name, actor=actor, at=at, expected_version=expected_version, reason=reason)
        PenaltyDecision.objects.create(
            penalty=locked,
            draft=locked.draft,
            digest=locked.digest,
            verdict=verdict,
            approver=actor,
            opinion=reason.strip(),
            at=at,
        )
        locked.returned = True
        return move(locked, step, actor=actor, at=at, data={"digest": locked.digest}, reason=reason.strip())


def void_penalty(
    penalty: Penalty, *, reason: str, actor: User, at: datetime, expected_version: int | None = None
) -> Penalty:
    """Void a proposal that will not be pursued; another may be drafted."""
    with transaction.atomic():
        locked, step = begin(penalty, "void", actor=actor, at=at, expected_version=expected_version, reason=reason)
        end_clocks(locked, actor=actor, at=at, cancel=reason.strip())
        return move(locked, step, actor=actor, at=at, data={}, to=PenaltyState.VOID, reason=reason.strip())
