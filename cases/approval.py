"""Which levels sign a paper, derived from the rank and standing of the people in the case, and who may sign on which.

The defaults are ``data/approval.yaml``; the house sets its own rows in ``RankRule``, which overrule them rank by rank.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.db.models import Q

from cases.enums import ApprovalLevel, Side
from cases.models import Case, CaseMember, Delegation, RankRule, Seat, Signature, Suspect
from cases.routing import UNVERIFIED
from casework.access.models import Recusal
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core.data import read_yaml

_FILE: Final = Path(__file__).resolve().parent / "data" / "approval.yaml"
ALONE: Final = (ApprovalLevel.HEAD,)


@dataclass(frozen=True)
class Rank:
    """One row of the table of ranks, the house's own or the default."""

    rank: str
    words: str
    organ: str
    levels: tuple[str, ...]
    order: int
    basis: str
    confidence: str
    own: bool = False

    @property
    def unverified(self) -> bool:
        """Whether nothing better than one weak source says so; what the house has set is its own responsibility."""
        return self.confidence in UNVERIFIED

    def names(self, text: str) -> bool:
        """Tell whether a rank as it is written in a case means this row."""
        return any(word and word in text for word in (self.rank, *self.words.split("、")))


@cache
def _file() -> dict[str, Any]:
    data: dict[str, Any] = read_yaml(_FILE)
    return data


def rank_table(day: date) -> list[Rank]:
    """Return the table that holds on the day, the highest rank first."""
    own = {
        row.rank: Rank(
            row.rank, row.words, row.organ, tuple(row.levels), row.order, row.basis, row.confidence, own=True
        )
        for row in RankRule.objects.filter(Q(until__isnull=True) | Q(until__gte=day), from_on__lte=day)
    }
    defaults = {row["rank"]: Rank(**{**row, "levels": tuple(row["levels"])}) for row in _file()["ranks"]}
    return sorted({**defaults, **own}.values(), key=lambda rank: -rank.order)


@dataclass(frozen=True)
class Chain:
    """The levels that sign, in order (the last decides), and the row they follow from; None when no rank is known."""

    levels: tuple[str, ...]
    rank: Rank | None
    person: str = ""


def chain_of(case: Case, day: date) -> Chain:
    """Return the chain for the case: that of the person of the highest rank (处分批准权限规定第七条)."""
    return chain_for(case.suspects.all(), day)


def chain_for(suspects: Iterable[Suspect], day: date) -> Chain:
    """Return the chain for some of the people of a case: that of the highest rank among them."""
    people = [(suspect.name, suspect.rank) for suspect in suspects if suspect.rank.strip()]
    if not people:
        return Chain(ALONE, None)
    for rank in rank_table(day):
        for name, text in people:
            if rank.names(text):
                return Chain(rank.levels, rank, name)
    return Chain(ALONE, None)


def valid_signatures(case: Case, step: str, digest: str) -> list[Signature]:
    """Return the signatures for the step that hold for this draft."""
    return list(
        Signature.objects.filter(case=case, step=step, paper__digest=digest, voided_at__isnull=True)
        .select_related("user", "for_user", "paper")
        .order_by("at", "pk")
    )


def signed_by(signatures: Sequence[Signature]) -> set[int]:
    """Return who stands behind the signatures, those in whose place somebody signed included."""
    return {pk for row in signatures for pk in (row.user_id, row.for_user_id) if pk}


def acts_for(user: User, level: str, case: Case, day: date) -> tuple[bool, User | None]:
    """Tell whether the user signs on this level of the case today, and in whose place (None: in his own).

    Whoever holds no seat signs on any level: a small house has one leader. Somebody with a seat signs on that level,
    and on another one only in the place of a leader who delegated it to him and could sign here himself.
    """
    seat = seat_of(user, day)
    if seat is None or seat.level == level:
        return True, None
    given = (
        Delegation.objects.filter(delegate=user, from_on__lte=day, until__gte=day, revoked_at__isnull=True)
        .select_related("principal")
        .order_by("pk")
    )
    for row in given:
        if not _could_sign(row.principal, case):
            continue
        principal = seat_of(row.principal, day)
        if principal is None or principal.level == level:
            return True, row.principal
    return False, None


def _could_sign(principal: User, case: Case) -> bool:
    """Nobody passes on what he may not do: sign where he stands back, where he worked, or when he leads no more."""
    recused = Recusal.objects.standing().filter(compartment=case.compartment_id, user=principal)
    worked = CaseMember.objects.filter(case=case, user=principal, side__in=[Side.INVESTIGATE, Side.HEAR])
    return principal.is_active and principal.has_role(Role.APPROVER) and not recused.exists() and not worked.exists()


def seat_of(user: User, day: date) -> Seat | None:
    """Return the level on which a leader signs on the day, if one is set."""
    return Seat.objects.filter(Q(until__isnull=True) | Q(until__gte=day), user=user, from_on__lte=day).first()
