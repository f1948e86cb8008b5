"""Where penalties stand in the side bar, and the words for their states."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.enums_bodies import BodyState
from cases.enums_penalties import AppealState, PenaltyState
from cases.selectors.bodies import bodies_waiting
from cases.web.penalty_lists import waiting_for
from casework.accounts.enums import Role
from casework.web.nav import CASES, register
from casework.web.vocabulary import register_status

_READERS = (Role.CASE_OFFICER, Role.HEARING_OFFICER, Role.APPROVER, Role.AUDITOR)
for _state, (_colour, _icon) in {
    PenaltyState.PROPOSED: ("", "pencil"),
    PenaltyState.INFORMED: ("blue", "message-2"),
    PenaltyState.CONSULTED: ("blue", "message-circle"),
    PenaltyState.DELIBERATED: ("blue", "users-group"),
    PenaltyState.APPROVED: ("green", "signature"),
    PenaltyState.ISSUED: ("blue", "file-check"),
    PenaltyState.SERVED: ("blue", "send"),
    PenaltyState.ANNOUNCED: ("blue", "notes"),
    PenaltyState.EXECUTING: ("blue", "progress"),
    PenaltyState.EXECUTED: ("green", "circle-check"),
    PenaltyState.RUNNING: ("", "hourglass"),
    PenaltyState.EXPIRED: ("green", "clock-check"),
    PenaltyState.AMENDED: ("amber", "git-compare"),
    PenaltyState.REVOKED: ("", "arrow-back-up"),
    PenaltyState.VOID: ("", "ban"),
}.items():
    register_status("penalty", _state.value, _state.label, _colour, _icon)
for _appeal, (_colour, _icon) in {
    AppealState.LODGED: ("amber", "inbox"),
    AppealState.ACCEPTED: ("blue", "progress"),
    AppealState.REJECTED: ("", "circle-x"),
    AppealState.UPHELD: ("green", "circle-check"),
    AppealState.AMENDED: ("amber", "git-compare"),
    AppealState.REVOKED: ("", "arrow-back-up"),
}.items():
    register_status("appeal", _appeal.value, _appeal.label, _colour, _icon)
for _body, (_colour, _icon) in {
    BodyState.PROPOSED: ("", "pencil"),
    BodyState.HEARD: ("blue", "message-2"),
    BodyState.DELIBERATED: ("blue", "users-group"),
    BodyState.APPROVED: ("green", "signature"),
    BodyState.ISSUED: ("blue", "file-check"),
    BodyState.SERVED: ("blue", "send"),
    BodyState.DONE: ("green", "circle-check"),
    BodyState.VOID: ("", "ban"),
}.items():
    register_status("body", _body.value, _body.label, _colour, _icon)


register(CASES, pgettext_lazy("places", "处分"), "scale", "cases:penalties", roles=_READERS, order=30, key="p")
register(
    CASES, _("待我审批的处分"), "signature", "cases:penalty-approvals", roles=(Role.APPROVER,), waiting=waiting_for, order=6,
    hot=True, short=_("审批"),
)  # fmt: skip
register(
    CASES, _("对组织、单位的决定"), "building", "cases:bodies", roles=(Role.APPROVER,), waiting=bodies_waiting, order=33
)
register(CASES, _("所得与追缴"), "coin", "cases:recoveries", roles=_READERS, order=35)
