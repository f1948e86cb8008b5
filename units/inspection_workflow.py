"""The steps of a self-inspection report as one table: it allows the move, draws the buttons, fills the API's actions.

逾期 is no step: it is a comparison with the due day. 未下发 is the absence of the row.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from casework.access.policy import can
from casework.accounts.models import User
from casework.core.errors import Missing
from units import inspection_gates as gates
from units.enums_campaign import InspectionState as S
from units.models import SelfInspection

LEADER: Final = "leader"
OFFICE: Final = "office"

#: Returns all that is missing, given the inspection, who acts and the reason given.
Gate = Callable[[SelfInspection, User, str], list[Missing]]


@dataclass(frozen=True)
class Step:
    """One move: from where to where, by whom, under which gates.

    ``who``     the unit's leader, or an official with ``act`` of the policy table.
    ``reason``  the step needs a written reason.
    ``own``     the step takes data of its own and has a page of its own.
    """

    name: str
    label: str | Promise
    sources: frozenset[str]
    target: str
    who: str
    gates: tuple[Gate, ...] = ()
    act: str = ""
    reason: bool = False
    own: bool = False
    icon: str = "arrow-right"


def _from(*states: str) -> frozenset[str]:
    return frozenset(states)


STEPS: Final = (
    Step("acknowledge", _("签收"), _from(S.ISSUED), S.ACKNOWLEDGED, LEADER, (gates.unit_exists,), icon="check"),
    Step(
        "draft", _("填报"), _from(S.ACKNOWLEDGED, S.RETURNED), S.DRAFTING, LEADER, (gates.unit_exists,),
        own=True, icon="pencil",
    ),
    Step(
        "submit", _("签名上报"), _from(S.DRAFTING, S.RETURNED), S.SUBMITTED, LEADER,
        (gates.unit_exists, gates.complete), own=True, icon="signature",
    ),
    Step(
        "withdraw", _("撤回自查"), _from(S.ISSUED, S.ACKNOWLEDGED, S.DRAFTING, S.RETURNED), S.WITHDRAWN, OFFICE,
        act="selfinspection.withdraw", reason=True, own=True, icon="ban",
    ),
    Step(
        "start_review", _("开始审核"), _from(S.SUBMITTED), S.UNDER_REVIEW, OFFICE,
        act="selfinspection.start_review", icon="eye-check",
    ),
    Step(
        "return", _("退回补正"), _from(S.UNDER_REVIEW, S.SPOT_CHECK), S.RETURNED, OFFICE, (gates.spot_check_ended,),
        act="selfinspection.return", own=True, icon="arrow-back-up",
    ),
    Step(
        "spot_check", _("列入抽查"), _from(S.UNDER_REVIEW), S.SPOT_CHECK, OFFICE,
        act="selfinspection.spot_check", icon="search",
    ),
    Step(
        "verify", _("核验"), _from(S.UNDER_REVIEW, S.SPOT_CHECK), S.VERIFIED, OFFICE,
        (gates.flags_explained, gates.spot_check_ended), act="selfinspection.verify", icon="clipboard-check",
    ),
    Step(
        "accept", _("通过"), _from(S.VERIFIED), S.ACCEPTED, OFFICE, (gates.another_person, gates.nothing_to_rectify),
        act="selfinspection.accept", icon="circle-check",
    ),
    Step(
        "rectify", _("下发整改"), _from(S.VERIFIED), S.RECTIFYING, OFFICE, (gates.classified,),
        act="rectification.order", own=True, icon="tool",
    ),
    Step(
        "rectified", _("报整改结果"), _from(S.RECTIFYING), S.RECTIFIED, LEADER, (gates.results_reported,),
        own=True, icon="send",
    ),
    Step(
        "relapse", _("退回整改"), _from(S.RECTIFIED), S.RECTIFYING, OFFICE,
        act="rectification.return", own=True, icon="refresh-alert",
    ),
    Step(
        "reopen", _("重启整改"), _from(S.RECTIFIED, S.ACCEPTED, S.CLOSED), S.RECTIFYING, OFFICE,
        act="rectification.order", own=True, icon="refresh-alert",
    ),
    Step(
        "close", _("销号"), _from(S.RECTIFIED, S.ACCEPTED), S.CLOSED, OFFICE, (gates.all_closed,),
        act="selfinspection.close", icon="square-check",
    ),
)  # fmt: skip
BY_NAME: Final[dict[str, Step]] = {step.name: step for step in STEPS}


@dataclass(frozen=True)
class Offer:
    """A step that may be taken from the present state by this person, with what it still needs."""

    step: Step
    missing: tuple[Missing, ...]

    @property
    def ready(self) -> bool:
        """Nothing is missing."""
        return not self.missing


def offers(inspection: SelfInspection, user: User) -> list[Offer]:
    """Return the office's steps open from the present state that the user may take, in the order of the table."""
    return [
        Offer(step, tuple(missing_for(step, inspection, user)))
        for step in STEPS
        if step.who == OFFICE and inspection.state in step.sources and can(user, step.act, inspection)
    ]


def leader_steps(inspection: SelfInspection) -> list[Step]:
    """Return the unit's steps open from the present state; what they need is ``missing_answers``."""
    return [step for step in STEPS if step.who == LEADER and inspection.state in step.sources]


def missing_for(step: Step, inspection: SelfInspection, actor: User, reason: str = "") -> list[Missing]:
    """Return everything that the step still needs, of all its gates."""
    return [missing for gate in step.gates for missing in gate(inspection, actor, reason)]
