"""The moves of a lead as one table (监督执纪工作规则, 监察法实施条例 2025; articles beside each move).

The table allows the move, draws the buttons, fills the API's ``actions`` and enumerates the tests.
"""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from casework.access.policy import can
from casework.accounts.models import User
from units.enums import Classification, Disposition, LeadState
from units.models import Lead

S = LeadState


@dataclass(frozen=True)
class Move:
    """One move: from which states to which, by whom.

    ``act``     the act of the policy table that the mover needs.
    ``another`` whoever proposed it may not be the one who decides.
    ``reason``  a written reason is needed.
    ``by_hand`` somebody chooses it on the lead's page; the others follow from another act.
    """

    name: str
    label: str | Promise
    sources: frozenset[str]
    target: str
    act: str
    article: str = ""
    another: bool = False
    reason: bool = False
    by_hand: bool = True
    icon: str = "arrow-right"
    key: str = ""


def _of(*states: str) -> frozenset[str]:
    return frozenset(states)


_DECIDED_FROM = {
    S.INQUIRY: (S.OPINION_PENDING, S.APPROPRIATE_ENQUIRY, S.INQUIRY),
    S.VERIFICATION: (S.OPINION_PENDING, S.APPROPRIATE_ENQUIRY, S.INQUIRY),
    S.SHELVED: (S.OPINION_PENDING, S.APPROPRIATE_ENQUIRY, S.INQUIRY, S.VERIFICATION),
    S.CLOSED: (S.OPINION_PENDING, S.APPROPRIATE_ENQUIRY, S.INQUIRY, S.VERIFICATION),
    S.APPROPRIATE_ENQUIRY: (S.OPINION_PENDING,),
    S.TRANSFERRED: (S.OPINION_PENDING, S.APPROPRIATE_ENQUIRY, S.INQUIRY, S.VERIFICATION),
}
#: Disposition → its article, icon and key on the triage page.
_WAYS = {
    Disposition.INQUIRY: ("监察法实施条例第二百零六条", "message-2", "1"),
    Disposition.VERIFICATION: ("监察法实施条例第二百零七条", "search", "2"),
    Disposition.SHELVED: ("监督执纪工作规则第二十一条", "inbox", "3"),
    Disposition.CLOSED: ("监督执纪工作规则第二十一条", "circle-check", "4"),
    Disposition.APPROPRIATE_ENQUIRY: ("监察法实施条例第二百零五条", "eye", "5"),
    Disposition.TRANSFERRED: ("监察法实施条例第二百零一条", "send", "t"),
}

MOVES: tuple[Move, ...] = (
    Move("register", _("登记编号"), _of(S.RECEIVED), S.REGISTERED, "leads.raise", by_hand=False),
    Move(
        "assign", _("分办"), _of(S.REGISTERED, S.ASSIGNED, S.UNDER_STUDY), S.ASSIGNED, "lead.assign",
        "监督执纪工作规则第二十三条", by_hand=False, icon="user-check",
    ),
    Move("study", _("开始研判"), _of(S.ASSIGNED), S.UNDER_STUDY, "lead.propose", icon="eye-check"),
    Move(
        "propose", _("报送处置意见"), _of(S.ASSIGNED, S.UNDER_STUDY), S.OPINION_PENDING, "lead.propose",
        "监督执纪工作规则第二十一条", by_hand=False, icon="send",
    ),
    Move(
        "return", _("退回研判"), _of(S.OPINION_PENDING), S.UNDER_STUDY, "lead.dispose", reason=True,
        icon="arrow-back-up",
    ),
    *(
        Move(
            way.value, way.label, _of(*_DECIDED_FROM[S(way.value)]), way.value, "lead.dispose", article,
            another=True, by_hand=False, icon=icon, key=key,
        )
        for way, (article, icon, key) in _WAYS.items()
    ),
    Move(
        "file", _("转立案"), _of(S.APPROPRIATE_ENQUIRY, S.INQUIRY, S.VERIFICATION), S.FILED, "lead.classify",
        "监察法实施条例第二百一十条", by_hand=False, icon="gavel",
    ),
    Move("merge", _("并案"), _of(S.REGISTERED, S.ASSIGNED, S.UNDER_STUDY), S.MERGED, "lead.assign", by_hand=False),
    Move(
        "reopen", _("重新研判"), _of(S.SHELVED, S.CLOSED), S.UNDER_STUDY, "lead.assign", reason=True,
        icon="refresh",
    ),
)  # fmt: skip

#: Nothing more happens to a lead here by itself.
ENDED = _of(S.CLOSED, S.TRANSFERRED, S.FILED, S.MERGED)
#: Nobody has said yet what should be done.
AWAITING_OPINION = _of(S.REGISTERED, S.ASSIGNED, S.UNDER_STUDY)
DISPOSED = _of(S.APPROPRIATE_ENQUIRY, S.INQUIRY, S.VERIFICATION, S.SHELVED, S.CLOSED, S.TRANSFERRED, S.FILED)

#: What is found to be these takes no part in the procedure of penalties; no case is filed on it.
NOT_PUNITIVE: Final = frozenset({Classification.PASSIVE, Classification.RESEARCH})


def move_named(name: str) -> Move:
    """Return the move of that name."""
    return next(move for move in MOVES if move.name == name)


def ways() -> tuple[Move, ...]:
    """Return the moves by which a lead is disposed of, in the order of their keys."""
    return tuple(move_named(way.value) for way in _WAYS)


def moves_for(lead: Lead, user: User) -> list[Move]:
    """Return the moves by hand that the user may make now."""
    return [move for move in MOVES if move.by_hand and lead.state in move.sources and can(user, move.act, lead)]
