"""Who joins an inspection after it was planned, and who leaves it: both hold from the same moment."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cases.enums import TeamDuty
from cases.models import Inspection, InspectionTeam, TeamMember
from cases.selectors.inspections import leads
from cases.services.inspection_ties import stands_back
from cases.services.inspections import MemberPlan, need_open, ref_of
from casework.access.policy import require
from casework.access.services.compartments import let_in, let_out
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused
from casework.ledger.record import record


def add_team_member(
    team: InspectionTeam, plan: MemberPlan, *, actor: User, at: datetime, reason: str = ""
) -> TeamMember:
    """Add somebody to a team; with an account he knows the team's sites from now on."""
    if not plan.name.strip():
        raise Invalid(_("没有写明增派谁。"), details={"name": _("填写姓名，或者选账号")})
    with transaction.atomic():
        inspection = Inspection.locked(team.inspection_id)
        require(actor, "inspection.lead", inspection)
        need_open(inspection)
        if plan.user is not None:
            _check_joins(team, plan.user, at)
            let_in(team.compartment, plan.user, actor=actor, at=at, reason=reason)
        member: TeamMember = TeamMember.objects.create(
            team=team, user=plan.user, name=plan.name.strip(), agency=plan.agency.strip(), duty=TeamDuty(plan.duty)
        )
        record(
            "inspection.member_joined",
            ref=ref_of(inspection),
            actor=actor,
            at=at,
            data={"team": team.number, "name": member.name, "agency": member.agency},
            reason=reason,
        )
    return member


def _check_joins(team: InspectionTeam, user: User, at: datetime) -> None:
    if not user.is_commission and not user.has_role(Role.LIAISON):
        raise Invalid(
            _("%(name)s不能编入：没有办案或者检查的职责") % {"name": user.name}, details={"user": _("另选一人")}
        )
    if team.members.filter(user=user, left_at__isnull=True).exists():
        raise Refused(_("%(name)s已在这一组。") % {"name": user.name}, code="in_team")
    if stands_back(team, user, at):
        raise Refused(
            _("不能增派%(name)s：因为%(name)s与这一组检查的单位有应当回避的关系。依据监察法第六十七条。可以另选一人。")
            % {"name": user.name},
            code="tied",
            article=_("监察法第六十七条"),
        )


def withdraw_team_member(member: TeamMember, *, actor: User, at: datetime, reason: str) -> TeamMember:
    """Take somebody off a team; a page he has open is refused from this moment."""
    if not reason.strip():
        raise Invalid(_("没有写明退出的事由。"), details={"reason": _("写明事由")})
    with transaction.atomic():
        inspection = Inspection.locked(member.team.inspection_id)
        require(actor, "inspection.lead", inspection)
        row: TeamMember = TeamMember.objects.select_for_update().get(pk=member.pk)
        if row.left_at is not None:
            return row
        row.left_at = at
        row.save(update_fields=["left_at"])
        if row.user is not None and not leads(inspection, row.user):
            let_out(row.team.compartment, row.user, actor=actor, at=at, reason=reason)
        record(
            "inspection.member_left",
            ref=ref_of(inspection),
            actor=actor,
            at=at,
            data={"team": row.team.number, "name": row.name},
            reason=reason,
        )
    return row


def withdraw_leader(inspection: Inspection, user: User, *, actor: User, at: datetime, reason: str) -> None:
    """Take a leader off the inspection, who then knows of the sites of his own team at most; one leader stays."""
    if not reason.strip():
        raise Invalid(_("没有写明退出的事由。"), details={"reason": _("写明事由")})
    with transaction.atomic():
        row = Inspection.locked(inspection.pk)
        require(actor, "inspection.lead", row)
        heads = set(row.compartment.grants.filter(until__isnull=True).values_list("user_id", flat=True))
        if user.pk not in heads:
            raise Refused(_("%(name)s不是这次检查的负责人。") % {"name": user.name}, code="no_leader")
        if heads == {user.pk}:
            raise Refused(_("不能退出：因为%(name)s是这次检查仅有的负责人。") % {"name": user.name}, code="last_leader")
        let_out(row.compartment, user, actor=actor, at=at, reason=reason)
        stays = TeamMember.objects.filter(team__inspection=row, user=user, left_at__isnull=True).values("team")
        for team in row.teams.exclude(pk__in=stays).select_related("compartment"):
            let_out(team.compartment, user, actor=actor, at=at, reason=reason)
        record(
            "inspection.leader_left",
            ref=ref_of(row),
            actor=actor,
            at=at,
            data={"name": user.name},
            reason=reason,
        )
