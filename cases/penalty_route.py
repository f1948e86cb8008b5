"""Where a penalty stands on its way through bodies and levels: what was passed, what is still to come."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from cases.approval import Chain, chain_for, rank_table
from cases.enums import ApprovalLevel
from cases.enums_penalties import DecidedBy
from cases.models import Penalty, PenaltySignature, PenaltyStation
from cases.routing import COMMITTEE, HALF, HOUSE, NOTE, TWO_THIRDS, Route, Stop, route_of
from casework.web.vocabulary import Text

#: From this order in the table of ranks on, a Party committee manages the person (乡科级).
CADRE = 2


def route(penalty: Penalty, day: date) -> Route:
    """Return the way of the draft as it stands."""
    suspect = penalty.suspect
    rank = next((row for row in rank_table(day) if suspect.rank.strip() and row.names(suspect.rank)), None)
    return route_of(
        [row.code for row in penalty.measures.all()],
        offices=penalty.offices,
        branch=penalty.branch,
        cadre=bool(suspect.leading_cadre) or (rank is not None and rank.order >= CADRE),
        deputy="人大代表" in suspect.deputy_of or "政协委员" in suspect.deputy_of,
        by_employer=penalty.decided_by == DecidedBy.EMPLOYER,
    )


def chain(penalty: Penalty, day: date) -> Chain:
    """Return the levels that sign in the house, the last of which decides: those of the person's own rank."""
    return chain_for([penalty.suspect], day)


def signatures(penalty: Penalty) -> list[PenaltySignature]:
    """Return the signatures that hold for the present draft."""
    return list(penalty.signatures.filter(digest=penalty.digest).select_related("user", "for_user"))


def next_level(penalty: Penalty, day: date) -> str:
    """Return the level that signs next before the decision, or "" when the decision itself is next."""
    signed = {row.level for row in signatures(penalty)}
    return next((level for level in chain(penalty, day).levels[:-1] if level not in signed), "")


def passed(penalty: Penalty) -> dict[str, PenaltyStation]:
    """Return the last row of each station for the present draft."""
    return {row.station: row for row in penalty.stations.filter(draft=penalty.draft).order_by("at", "pk")}


def lacking(stop: Stop, row: PenaltyStation | None) -> str:
    """Return what a registered stop still lacks, or an empty text."""
    if row is None:
        return _("没有登记：%(what)s") % {"what": stop.title}
    if stop.asks == TWO_THIRDS and not row.ahead and not row.two_thirds:
        return _("%(what)s：同意 %(yes)s 票，未到应到 %(all)s 人的三分之二") % {
            "what": stop.title, "yes": row.votes_for or 0, "all": row.members or 0,
        }  # fmt: skip
    if stop.asks == HALF and not row.quorate:
        return _("%(what)s：到会 %(n)s 人，未过应到 %(all)s 人的半数") % {
            "what": stop.title, "n": row.present or 0, "all": row.members or 0,
        }  # fmt: skip
    if stop.asks == HALF and not row.majority:
        return _("%(what)s：同意 %(yes)s 票，未过应到 %(all)s 人的半数") % {
            "what": stop.title, "yes": row.votes_for or 0, "all": row.members or 0,
        }  # fmt: skip
    return ""


@dataclass(frozen=True)
class Leg:
    """One line of the way as it is shown: title, state (done, now, wrong, note, ""), what happened, the rule."""

    title: Text
    state: str
    note: Text
    stop: Stop | None = None


def legs(penalty: Penalty, day: date) -> list[Leg]:
    """Return the whole way, bodies first, then the levels of the house."""
    rows = passed(penalty)
    agreed = penalty.decisions.filter(verdict="agreed").first()
    held = penalty.deliberations.filter(draft=penalty.draft).order_by("-at").first()
    found = []
    for stop in route(penalty, day).stops:
        state, note = "", ""
        if stop.asks == NOTE:
            state = "note"
        elif stop.asks == HOUSE:
            state = "done" if held and held.quorate and held.carried else "wrong" if held else ""
            note = f"{held.body} {held.held_on}" if held else ""
        elif stop.asks == COMMITTEE:
            state = "done" if agreed and agreed.committee_document else ""
            note = agreed.committee_document if agreed else ""
        else:
            row = rows.get(stop.code)
            why = lacking(stop, row)
            state = "" if row is None else "wrong" if why else "done"
            note = why if row and why else f"{row.body} {row.document} {row.on}" if row else ""
        found.append(Leg(stop.title, state, note, stop))
    signed = {row.level: row for row in signatures(penalty)}
    levels = chain(penalty, day).levels
    for level in levels[:-1]:
        one = signed.get(level)
        found.append(Leg(ApprovalLevel(level).label, "done" if one else "", str(one.user.name) if one else _("会签")))
    last = ApprovalLevel(levels[-1]).label
    found.append(Leg(last, "done" if agreed else "", agreed.approver.name if agreed else _("批准")))
    return found
