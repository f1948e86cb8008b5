"""Who joins an inspection and who leaves it, over HTTP: for its leaders; to a team these acts do not exist."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api.cases import a_user
from cases.enums import TeamDuty
from cases.models import Inspection, TeamMember
from cases.selectors.inspections import leads, teams_seen
from cases.services.inspection_people import add_team_member, withdraw_leader, withdraw_team_member
from cases.services.inspections import MemberPlan
from casework.accounts.requests import reader
from casework.api.base import VisibleViewSet
from casework.api.inputs import StatedReasonInput, person, taken


class NewMemberSerializer(serializers.Serializer[Any]):
    user = serializers.IntegerField(required=False, allow_null=True)
    name = serializers.CharField(max_length=80)
    agency = serializers.CharField(max_length=120)
    duty = serializers.ChoiceField(choices=TeamDuty.choices, required=False)


class JoinTeamInput(NewMemberSerializer):
    """Somebody who goes with the team of that number from now on."""

    team = serializers.IntegerField(min_value=1)
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class LeaveLeadInput(StatedReasonInput):
    """A leader who goes, and why."""

    user = person()


class TeamMemberSerializer(serializers.ModelSerializer[TeamMember]):
    """Somebody of a team."""

    team = serializers.IntegerField(source="team.number", read_only=True)

    class Meta:
        model = TeamMember
        fields = ("id", "team", "name", "agency", "duty", "left_at")
        read_only_fields = fields


def member_plan(one: dict[str, Any]) -> MemberPlan:
    """Return who joins, as the services want it."""
    user = a_user(one["user"]) if one.get("user") else None
    return MemberPlan(one["name"], one["agency"], user, one.get("duty") or TeamDuty.MEMBER)


class PeopleActs(VisibleViewSet):
    """The acts on the people of an inspection."""

    def _led(self) -> Inspection:
        """Return the inspection for its leaders; to a team these acts do not exist."""
        inspection: Inspection = self.get_object()
        if not leads(inspection, reader(self.request)):
            raise Http404
        return inspection

    @extend_schema(request=JoinTeamInput, responses={201: TeamMemberSerializer})
    @action(detail=True, methods=["post"], url_path="members")
    def add_member(self, request: Request, pk: str | None = None) -> Response:
        """Add somebody to a team; with an account he knows its sites from now on."""
        inspection, given = self._led(), taken(JoinTeamInput(data=request.data))
        team = get_object_or_404(teams_seen(inspection, reader(request)), number=given["team"])
        member = add_team_member(team, member_plan(given), reason=given["reason"], **self.by())
        return Response(TeamMemberSerializer(member).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        request=StatedReasonInput,
        responses=TeamMemberSerializer,
        parameters=[OpenApiParameter("member", int, "path")],
    )
    @action(detail=True, methods=["post"], url_path=r"members/(?P<member>[0-9]{1,18})/withdraw")
    def withdraw_member(self, request: Request, pk: str | None = None, member: str = "") -> Response:
        """Take somebody off a team: whatever he has open is refused from this moment."""
        inspection = self._led()
        row = self.one_of(TeamMember.objects.filter(team__inspection=inspection), member)
        reason = taken(StatedReasonInput(data=request.data))["reason"]
        return Response(TeamMemberSerializer(withdraw_team_member(row, reason=reason, **self.by())).data)

    @extend_schema(request=LeaveLeadInput, responses={204: None})
    @action(detail=True, methods=["post"], url_path="withdraw-leader")
    def withdraw_leader(self, request: Request, pk: str | None = None) -> Response:
        """Take a leader off; another one has to stay."""
        inspection, given = self._led(), taken(LeaveLeadInput(data=request.data))
        withdraw_leader(inspection, given["user"], reason=given["reason"], **self.by())
        return Response(status=status.HTTP_204_NO_CONTENT)
