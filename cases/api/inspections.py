"""Unannounced inspections over HTTP: for whoever knows of none, there are none."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api.cases import a_user
from cases.api.inspection_people import NewMemberSerializer, PeopleActs, member_plan
from cases.enums import SiteNature
from cases.models import HelpCall, Inspection, Site, SiteHelper, TargetReading
from cases.selectors.inspections import leads, partner_of, sites_seen, teams_seen
from cases.services.inspections import (
    COVER_NAME,
    SitePlan,
    TeamPlan,
    arrive_at_site,
    close_inspection,
    confirm_site,
    plan_inspection,
    record_findings,
)
from cases.services.operation import (
    answer_help,
    call_for_help,
    name_helper,
    note_targets_read,
    release_inspection,
)
from cases.services.photos import take_photo
from casework.access.policy import get_visible, require
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.api.base import VisibleViewSet, create_once, etag, expected_version
from casework.api.inputs import person, taken
from casework.core import clock
from casework.core.errors import Invalid
from evidence.models import Item
from units.models import Campaign, Lead, Unit


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
                    {
                        "id": member.pk,
                        "name": member.name,
                        "agency": member.agency,
                        "duty": member.duty,
                        "left_at": member.left_at,
                    }
                    for member in team.members.all()
                ],
                "sites": [site.pk for site in team.sites.all()],
            }
            for team in teams_seen(inspection, reader(self.context["request"]))
        ]


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
    campaign = serializers.CharField(required=False, allow_blank=True, default="", help_text="code of the campaign")


class ReadingSerializer(serializers.ModelSerializer[TargetReading]):
    """Somebody opened the list of targets."""

    class Meta:
        model = TargetReading
        fields = ("user", "team", "what", "sites", "before_release", "at")
        read_only_fields = fields


class HelpCallSerializer(serializers.ModelSerializer[HelpCall]):
    """A call for help from the field."""

    class Meta:
        model = HelpCall
        fields = ("id", "text", "by", "at", "answer", "answered_by", "answered_at")
        read_only_fields = fields


class HelpInput(serializers.Serializer[Any]):
    """What is needed."""

    text = serializers.CharField(max_length=200)


class HelpAnswerInput(serializers.Serializer[Any]):
    """What is being done about it."""

    answer = serializers.CharField(max_length=200)


class HelperSerializer(serializers.ModelSerializer[SiteHelper]):
    """Somebody of the place who opens doors."""

    class Meta:
        model = SiteHelper
        fields = ("id", "user", "name", "agency", "meet_place", "meet_at", "tell_from")
        read_only_fields = fields


class HelperInput(serializers.Serializer[Any]):
    """Who, where and when to meet, and from when he may know it."""

    user = person(required=False, allow_null=True, default=None)
    name = serializers.CharField(max_length=80)
    agency = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    meet_place = serializers.CharField(max_length=200)
    meet_at = serializers.DateTimeField()
    tell_from = serializers.DateTimeField()


class SitePhotoInput(serializers.Serializer[Any]):
    """A photograph taken at the site."""

    photo = serializers.FileField()


class PhotoItemSerializer(serializers.ModelSerializer[Item]):
    """The item that the photograph became."""

    class Meta:
        model = Item
        fields = ("id", "number", "title", "collection")
        read_only_fields = fields


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
    members = [member_plan(dict(one)) for one in data["members"]]
    return TeamPlan(members, [_site_plan(dict(site), user) for site in data["sites"]])


class InspectionViewSet(mixins.ListModelMixin, PeopleActs):
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
        code = data["campaign"]
        campaign = get_visible(Campaign.objects, reader(request), code=code) if code else None
        return create_once(
            request,
            lambda: self._answer(
                plan_inspection(
                    campaign,
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

    @extend_schema(request=None, responses=InspectionSerializer)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: str | None = None) -> Response:
        """T0: from now on the campaign's circle knows."""
        return self._answer(release_inspection(self.get_object(), **self.by()))

    @extend_schema(responses=ReadingSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def readings(self, request: Request, pk: str | None = None) -> Response:
        """Return who opened the list of targets, and whether before the release (the newest 300); for its leaders."""
        inspection, user = self.get_object(), reader(request)
        if not leads(inspection, user) and not user.has_role(Role.AUDITOR):
            raise Http404
        return Response(ReadingSerializer(inspection.target_readings.order_by("-at", "-pk")[:300], many=True).data)


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

    @extend_schema(request=HelpInput, responses={201: HelpCallSerializer})
    @action(detail=True, methods=["post"], url_path="help")
    def call_help(self, request: Request, pk: str | None = None) -> Response:
        """Call the leaders from the field; they are told at once."""
        call = call_for_help(self.get_object(), taken(HelpInput(data=request.data))["text"], **self.by())
        return Response(HelpCallSerializer(call).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        request=HelpAnswerInput, responses=HelpCallSerializer, parameters=[OpenApiParameter("call", int, "path")]
    )
    @action(detail=True, methods=["post"], url_path=r"help/(?P<call>[0-9]{1,18})/answer")
    def answer_call(self, request: Request, pk: str | None = None, call: str = "") -> Response:
        """Answer a call; the caller is told."""
        site = self.get_object()
        require(reader(request), "inspection.lead", site.team.inspection)
        row = self.one_of(HelpCall.objects.filter(site=site), call)
        done = answer_help(row, taken(HelpAnswerInput(data=request.data))["answer"], **self.by())
        return Response(HelpCallSerializer(done).data)

    @extend_schema(request=HelperInput, responses={201: HelperSerializer})
    @action(detail=True, methods=["post"])
    def helpers(self, request: Request, pk: str | None = None) -> Response:
        """Name somebody of the place; from his hour on he sees where and when to be, and nothing else."""
        row = name_helper(self.get_object(), **taken(HelperInput(data=request.data)), **self.by())
        return Response(HelperSerializer(row).data, status=status.HTTP_201_CREATED)

    @extend_schema(request={"multipart/form-data": SitePhotoInput}, responses={201: PhotoItemSerializer})
    @action(detail=True, methods=["post"], parser_classes=[MultiPartParser])
    def photo(self, request: Request, pk: str | None = None) -> Response:
        """Put a photograph taken at the site among its evidence; the team's other officer stands beside the caller."""
        site, user = self.get_object(), reader(request)
        require(user, "site.visit", site)
        file = taken(SitePhotoInput(data=request.data))["photo"]
        other = partner_of(site, user)
        item = take_photo(site, file.chunks(), name=file.name or "photo.jpg", second_officer=other, **self.by())
        return Response(PhotoItemSerializer(item).data, status=status.HTTP_201_CREATED)
