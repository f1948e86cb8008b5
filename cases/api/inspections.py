"""Unannounced inspections over HTTP: for whoever knows of none, there are none."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api.cases import a_user
from cases.enums import SiteNature, TeamDuty
from cases.models import Inspection, Site
from cases.selectors.inspections import sites_seen, teams_seen
from cases.services.inspections import (
    COVER_NAME,
    MemberPlan,
    SitePlan,
    TeamPlan,
    arrive_at_site,
    close_inspection,
    confirm_site,
    plan_inspection,
    record_findings,
)
from cases.services.operation import note_targets_read
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.api.base import VisibleViewSet, create_once, etag, expected_version
from casework.core import clock
from casework.core.errors import Invalid
from units.models import Lead, Unit


class SiteSerializer(serializers.ModelSerializer[Site]):
    """A site of the caller's team."""

    unit = serializers.CharField(source="unit.code", read_only=True)
    unit_name = serializers.CharField(source="unit.name", read_only=True)
    lead = serializers.CharField(source="lead.number", allow_null=True, read_only=True)
    addresses = serializers.SerializerMethodField()
    confirmed_by = serializers.SerializerMethodField()

    class Meta:
        model = Site
        fields = (
            "id", "number", "unit", "unit_name", "lead", "place", "visit_on", "state", "arrived_at", "nature",
            "machine", "machines_found", "computers_found", "extent", "basis", "reported_at", "addresses",
            "confirmed_by", "collection", "version",
        )  # fmt: skip

    @extend_schema_field(serializers.DictField(child=serializers.BooleanField()))
    def get_addresses(self, site: Site) -> dict[str, bool]:
        return {address.ip: address.traced for address in site.addresses.all()}

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_confirmed_by(self, site: Site) -> list[str]:
        return [row.user.name for row in site.confirmations.all()]


class InspectionSerializer(serializers.ModelSerializer[Inspection]):
    """An inspection as the caller knows it: a team's members see their own team."""

    teams = serializers.SerializerMethodField()

    class Meta:
        model = Inspection
        fields = ("id", "number", "cover_name", "from_on", "to_on", "state", "closed_at", "teams", "version")

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_teams(self, inspection: Inspection) -> list[dict[str, Any]]:
        return [
            {
                "number": team.number,
                "members": [
                    {"name": member.name, "agency": member.agency, "duty": member.duty} for member in team.members.all()
                ],
                "sites": [site.pk for site in team.sites.all()],
            }
            for team in teams_seen(inspection, reader(self.context["request"]))
        ]


class NewMemberSerializer(serializers.Serializer[Any]):
    user = serializers.IntegerField(required=False, allow_null=True)
    name = serializers.CharField(max_length=80)
    agency = serializers.CharField(max_length=120)
    duty = serializers.ChoiceField(choices=TeamDuty.choices, required=False)


class NewSiteSerializer(serializers.Serializer[Any]):
    unit = serializers.CharField(help_text="code of the unit")
    lead = serializers.CharField(required=False, allow_blank=True, help_text="number of the lead")
    addresses = serializers.ListField(child=serializers.IPAddressField(), required=False)
    place = serializers.CharField(required=False, allow_blank=True, max_length=200)
    visit_on = serializers.DateField(required=False)


class NewTeamSerializer(serializers.Serializer[Any]):
    members = NewMemberSerializer(many=True)
    sites = NewSiteSerializer(many=True)


class NewInspectionSerializer(serializers.Serializer[Any]):
    cover_name = serializers.CharField(max_length=120, default=COVER_NAME)
    from_on = serializers.DateField()
    to_on = serializers.DateField()
    leaders = serializers.ListField(child=serializers.IntegerField(), required=False)
    teams = NewTeamSerializer(many=True)


class FindingsSerializer(serializers.Serializer[Any]):
    nature = serializers.ChoiceField(choices=SiteNature.choices)
    machine = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")
    extent = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")
    basis = serializers.CharField(required=False, allow_blank=True, default="")
    machines_found = serializers.IntegerField(required=False, min_value=0, default=0)
    computers_found = serializers.IntegerField(required=False, min_value=0, default=0)
    traced = serializers.ListField(child=serializers.IPAddressField(), required=False, default=list)


def _site_plan(data: dict[str, Any], user: User) -> SitePlan:
    unit = Unit.objects.filter(code=data["unit"]).first()
    if unit is None:
        raise Invalid(
            _("没有代码为“%(code)s”的单位。") % {"code": data["unit"]}, details={"unit": _("填写登记册中的单位代码")}
        )
    number = data.get("lead", "")
    lead = Lead.objects.visible_to(user).filter(number=number).first() if number else None
    if number and lead is None:
        raise Invalid(
            _("没有编号为“%(number)s”的线索，或您无权知悉。") % {"number": number},
            details={"lead": _("填写您知悉的线索编号")},
        )
    return SitePlan(
        unit,
        addresses=data.get("addresses", []),
        lead=lead,
        place=data.get("place", ""),
        visit_on=data.get("visit_on"),
    )


def _team_plan(data: dict[str, Any], user: User) -> TeamPlan:
    members = [
        MemberPlan(
            one["name"],
            one["agency"],
            a_user(one["user"]) if one.get("user") else None,
            one.get("duty") or TeamDuty.MEMBER,
        )
        for one in data["members"]
    ]
    return TeamPlan(members, [_site_plan(dict(site), user) for site in data["sites"]])


class InspectionViewSet(mixins.ListModelMixin, VisibleViewSet):
    """Inspections that the caller knows of."""

    model = Inspection
    serializer_class = InspectionSerializer
    filterset_fields = ("state",)

    def _answer(self, inspection: Inspection, code: int = status.HTTP_200_OK) -> Response:
        data = InspectionSerializer(inspection, context=self.get_serializer_context()).data
        return Response(data, status=code, headers=etag(inspection))

    @extend_schema(responses=InspectionSerializer)
    def retrieve(self, request: Request, pk: str | None = None) -> Response:
        """Return one inspection as the caller knows it; who looked is on record before the answer leaves."""
        found: Inspection = self.get_object()
        seen = sum(len(team.sites.all()) for team in teams_seen(found, reader(request)))
        note_targets_read(found, what="api", sites=seen, actor=reader(request), at=clock.now())
        return self._answer(found)

    @extend_schema(request=NewInspectionSerializer, responses={201: InspectionSerializer})
    def create(self, request: Request) -> Response:
        """Plan an inspection; repeatable with ``Idempotency-Key``."""
        given = NewInspectionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        return create_once(
            request,
            lambda: self._answer(
                plan_inspection(
                    None,
                    cover_name=data["cover_name"],
                    from_on=data["from_on"],
                    to_on=data["to_on"],
                    leaders=[a_user(pk) for pk in data.get("leaders", [])],
                    teams=[_team_plan(dict(team), reader(request)) for team in data["teams"]],
                    actor=reader(request),
                    at=clock.now(),
                ),
                status.HTTP_201_CREATED,
            ),
        )

    @extend_schema(request=None, responses=InspectionSerializer)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str | None = None) -> Response:
        """End the inspection when every site is reported."""
        return self._answer(close_inspection(self.get_object(), actor=reader(request), at=clock.now()))


class SiteViewSet(mixins.ListModelMixin, VisibleViewSet):
    """Sites of the caller's team; the leaders see all."""

    model = Site
    serializer_class = SiteSerializer
    filterset_fields = ("state", "visit_on")

    def rows(self) -> Any:
        return sites_seen(reader(self.request)).order_by("pk")

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of sites; who looked is on record before the answer leaves."""
        answer: Response = super().list(request, *args, **kwargs)
        self._note([row["id"] for row in answer.data["results"]])
        return answer

    def _note(self, pks: Sequence[int]) -> None:
        counts: dict[Inspection, int] = {}
        for site in Site.objects.filter(pk__in=pks).select_related("team__inspection"):
            counts[site.team.inspection] = counts.get(site.team.inspection, 0) + 1
        for inspection, sites in counts.items():
            note_targets_read(inspection, what="api", sites=sites, actor=reader(self.request), at=clock.now())

    def _answer(self, site: Site) -> Response:
        site = sites_seen(reader(self.request)).get(pk=site.pk)
        return Response(SiteSerializer(site).data, headers=etag(site))

    @extend_schema(responses=SiteSerializer)
    def retrieve(self, request: Request, pk: str | None = None) -> Response:
        """Return one site."""
        found = self.get_object()
        self._note([found.pk])
        return self._answer(found)

    @extend_schema(request=None, responses=SiteSerializer)
    @action(detail=True, methods=["post"])
    def arrive(self, request: Request, pk: str | None = None) -> Response:
        """Note that the team stands at the site."""
        return self._answer(arrive_at_site(self.get_object(), actor=reader(request), at=clock.now()))

    @extend_schema(request=FindingsSerializer, responses=SiteSerializer)
    @action(detail=True, methods=["put"])
    def findings(self, request: Request, pk: str | None = None) -> Response:
        """Write what was found. Needs ``If-Match``."""
        site = self.get_object()
        given = FindingsSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        version = expected_version(request)
        changed = record_findings(
            site, actor=reader(request), at=clock.now(), expected_version=version, **given.validated_data
        )
        return self._answer(changed)

    @extend_schema(request=None, responses=SiteSerializer)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: str | None = None) -> Response:
        """Sign for the findings. Needs ``If-Match``."""
        site = self.get_object()
        version = expected_version(request)
        return self._answer(confirm_site(site, actor=reader(request), at=clock.now(), expected_version=version))
