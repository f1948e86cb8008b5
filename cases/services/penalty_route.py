"""The way to the approval: what bodies outside the house decided, and who signed before the last level."""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.approval import acts_for
from cases.enums import ApprovalLevel
from cases.enums_penalties import Station
from cases.models import Penalty, PenaltySignature, PenaltyStation
from cases.penalty_content import content_of, digest_of
from cases.penalty_route import next_level, route, signatures
from cases.routing import DOCUMENT, TWO_THIRDS
from cases.services.penalty_flow import begin, move, refuse_input, tell_deciders
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused, Stale


def register_station(
    penalty: Penalty,
    *,
    station: Station | str,
    body: str,
    document: str,
    on: date,
    actor: User,
    at: datetime,
    members: int | None = None,
    present: int | None = None,
    votes_for: int | None = None,
    ahead: bool = False,
    expected_version: int | None = None,
) -> Penalty:
    """Register what a body on the way of this draft decided; a vote that fell short is registered too and says so.

    ``members``, ``present``, ``votes_for``  of a meeting: how many it has, came and agreed.
    ``ahead``  the standing committee handled it between two plenary meetings; these ratify it later.
    Refused for a station that this draft does not pass: the route says which it does.
    """
    with transaction.atomic():
        locked, step = begin(penalty, "station", actor=actor, at=at, expected_version=expected_version)
        wanted = Station(station)
        day = timezone.localdate(at)
        stop = route(locked, day).stop(wanted)
        if stop is None or not stop.registered:
            raise Refused(
                _("不能登记%(what)s：因为按本人的任职和拟给予的处分不经这一环节。可以看报批路线。")
                % {"what": wanted.label},
                code="not_on_the_way",
            )
        wrong = {}
        if not body.strip():
            wrong["body"] = _("写明作出决定的组织")
        if not document.strip():
            wrong["document"] = _("写明文号")
        if on > day:
            wrong["on"] = _("日期不晚于登记日期")
        if on < locked.acts_from:
            wrong["on"] = _("日期不早于行为日期")
        if ahead and stop.asks != TWO_THIRDS:
            wrong["ahead"] = _("只有须经全体会议的才有常委会先作处理")
        votes = (members, present, votes_for)
        if stop.asks == DOCUMENT or ahead:
            if any(value is not None for value in votes):
                wrong["members"] = _("这一环节不登记票数")
        elif None in votes:
            wrong["members"] = _("写明应到、实到和同意人数")
        elif not 0 <= (votes_for or 0) <= (present or 0) <= (members or 0):
            wrong["members"] = _("同意不多于实到，实到不多于应到")
        refuse_input(wrong)
        PenaltyStation.objects.create(
            penalty=locked, draft=locked.draft, station=wanted, body=body.strip(), document=document.strip(), on=on,
            members=members, present=present, votes_for=votes_for, ahead=ahead, by=actor, at=at,
        )  # fmt: skip
        return move(
            locked,
            step,
            actor=actor,
            at=at,
            data={
                "station": wanted, "body": body.strip(), "document": document.strip(), "on": on,
                "members": members or 0, "present": present or 0, "for": votes_for or 0, "ahead": ahead,
            },
        )  # fmt: skip


def sign_penalty(
    penalty: Penalty,
    *,
    digest: str,
    actor: User,
    at: datetime,
    opinion: str = "",
    expected_version: int | None = None,
) -> Penalty:
    """Sign the draft with this ``digest`` on the level whose turn it is; the last level decides instead of signing."""
    with transaction.atomic():
        locked, step = begin(penalty, "sign", actor=actor, at=at, expected_version=expected_version)
        check_digest(locked, digest)
        level = next_level(locked, timezone.localdate(at))
        if not level:
            raise Refused(_("不能会签：因为前面各级都已会签，只差批准。可以由主要负责人批准。"), code="nothing_to_sign")
        stands_for = check_level(locked, level, actor, at)
        PenaltySignature.objects.create(
            penalty=locked, draft=locked.draft, digest=locked.digest, level=level, user=actor, for_user=stands_for,
            opinion=opinion.strip(), at=at,
        )  # fmt: skip
        move(
            locked,
            step,
            actor=actor,
            at=at,
            data={"level": level, "digest": locked.digest, "for": stands_for.pk if stands_for else 0},
            reason=opinion.strip(),
        )
        tell_deciders(locked, at=at)
    return locked


def check_level(penalty: Penalty, level: str, actor: User, at: datetime) -> User | None:
    """Refuse whoever signs on another level or has signed this draft; return in whose place the actor acts."""
    mine, stands_for = acts_for(actor, level, penalty.suspect.case, timezone.localdate(at))
    if not mine:
        raise Refused(
            _("不能签批：因为这一级由%(level)s签批，您不在这一级，也没有人委托您代行。可以由%(level)s办理。")
            % {"level": ApprovalLevel(level).label},
            code="wrong_level",
        )
    behind = {pk for row in signatures(penalty) for pk in (row.user_id, row.for_user_id) if pk}
    if actor.pk in behind or (stands_for and stands_for.pk in behind):
        raise Refused(
            _("不能签批：因为您已在另一级签过这一稿，同一人不得在两级签批。可以由其他领导签批。"),
            code="same_person",
            article=_("监督执纪工作规则第十一条"),
        )
    return stands_for


def check_digest(penalty: Penalty, digest: str) -> None:
    """Refuse a decision on another content than the present one."""
    present = digest_of(content_of(penalty))
    if digest not in {present, penalty.digest} or present != penalty.digest:
        raise Stale(
            _("不能同意：因为您看过之后这一稿有改动，当时的签名已作废。可以看完改动再定。"),
            code="changed_since_read",
            details={"digest": present, "draft": penalty.draft},
        )


def check_days(penalty: Penalty, effective_on: date) -> None:
    """Refuse a decision that would take effect before a body on its way had agreed."""
    late = penalty.stations.filter(draft=penalty.draft, on__gt=effective_on).order_by("on").last()
    if late is not None:
        raise Invalid(
            _("批准日期早于%(what)s的日期 %(day)s。可以改正日期。")
            % {"what": late.get_station_display(), "day": late.on},
            details={"committee_on": _("不早于前面各环节的日期")},
        )
