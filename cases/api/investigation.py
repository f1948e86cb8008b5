"""Suspects and facts over HTTP."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api.cases import a_user
from cases.enums import MeetingOutcome, Stance
from cases.models import Case, Exhibit, Fact, Suspect
from cases.services.facts import amend_fact, cite_item, drop_fact, state_fact, uncite_item
from cases.services.suspects import add_suspect, change_standing, show_facts
from casework.access.policy import get_visible
from casework.accounts.requests import reader
from casework.api.base import VisibleViewSet, create_once, etag, expected_version
from casework.core import clock
from casework.core.errors import Invalid
from evidence.models import Item
from units.enums import Employment
from units.models import Unit


class SuspectSerializer(serializers.ModelSerializer[Suspect]):
    """A person in a case with the standing of that time; the number of the ID card is never sent."""

    unit = serializers.CharField(source="unit.code", allow_null=True, read_only=True)

    class Meta:
        model = Suspect
        fields = (
            "id", "case", "name", "unit", "post", "rank", "employment", "party_member", "party_post",
            "public_official", "leading_cadre", "village_cadre", "deputy_of", "standing_on", "conduct_from",
            "conduct_until", "version",
        )  # fmt: skip


class StandingSerializer(serializers.Serializer[Any]):
    """Fields of the standing; what is not given stays as it is."""

    name = serializers.CharField(required=False, max_length=80)
    unit = serializers.CharField(required=False, allow_blank=True, help_text="code of the unit")
    post = serializers.CharField(required=False, allow_blank=True, max_length=120)
    rank = serializers.CharField(required=False, allow_blank=True, max_length=60)
    employment = serializers.ChoiceField(choices=Employment.choices, required=False, allow_blank=True)
    party_member = serializers.BooleanField(required=False, allow_null=True)
    party_post = serializers.CharField(required=False, allow_blank=True, max_length=120)
    public_official = serializers.BooleanField(required=False, allow_null=True)
    leading_cadre = serializers.BooleanField(required=False, allow_null=True)
    village_cadre = serializers.BooleanField(required=False)
    deputy_of = serializers.CharField(required=False, allow_blank=True, max_length=120)
    standing_on = serializers.DateField(required=False)
    conduct_from = serializers.DateField(required=False, allow_null=True)
    conduct_until = serializers.DateField(required=False, allow_null=True)


class NewSuspectSerializer(StandingSerializer):
    case = serializers.IntegerField()
    name = serializers.CharField(max_length=80)
    id_number = serializers.CharField(required=False, allow_blank=True, max_length=18)
    standing_on = serializers.DateField()


class ChangeStandingSerializer(StandingSerializer):
    reason = serializers.CharField()


class FactsShownSerializer(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(choices=MeetingOutcome.choices)
    opinion = serializers.CharField(required=False, allow_blank=True)
    second_officer = serializers.IntegerField()


def _with_unit(data: dict[str, Any]) -> dict[str, Any]:
    if "unit" not in data:
        return data
    code = data.pop("unit")
    unit = Unit.objects.filter(code=code).first() if code else None
    if code and unit is None:
        raise Invalid(_("没有代码为“%(code)s”的单位。") % {"code": code}, details={"unit": _("填写登记册中的单位代码")})
    return {**data, "unit": unit}


class SuspectViewSet(mixins.ListModelMixin, VisibleViewSet):
    """People in the cases that the caller may know of."""

    model = Suspect
    serializer_class = SuspectSerializer
    along = ("unit",)
    filterset_fields = ("case", "employment", "party_member")

    def _answer(self, suspect: Suspect, code: int = status.HTTP_200_OK) -> Response:
        return Response(SuspectSerializer(suspect).data, status=code, headers=etag(suspect))

    @extend_schema(responses=SuspectSerializer)
    def retrieve(self, request: Request, pk: str | None = None) -> Response:
        """Return one person in a case."""
        return self._answer(self.get_object())

    @extend_schema(request=NewSuspectSerializer, responses={201: SuspectSerializer})
    def create(self, request: Request) -> Response:
        """Take a person into a case."""
        given = NewSuspectSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = _with_unit(dict(given.validated_data))
        case = get_visible(Case.objects, reader(request), pk=data.pop("case"))
        return create_once(
            request,
            lambda: self._answer(
                add_suspect(case, actor=reader(request), at=clock.now(), **data), status.HTTP_201_CREATED
            ),
        )

    @extend_schema(request=ChangeStandingSerializer, responses=SuspectSerializer)
    def partial_update(self, request: Request, pk: str | None = None) -> Response:
        """Set or correct the standing, with the reason. Needs ``If-Match``."""
        suspect = self.get_object()
        given = ChangeStandingSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        changed = change_standing(
            suspect,
            actor=reader(request),
            at=clock.now(),
            expected_version=expected_version(request),
            **_with_unit(dict(given.validated_data)),
        )
        return self._answer(changed)

    @extend_schema(request=FactsShownSerializer, responses=SuspectSerializer)
    @action(detail=True, methods=["post"], url_path="facts-shown")
    def facts_shown(self, request: Request, pk: str | None = None) -> Response:
        """Record the meeting on facts with this person."""
        suspect = self.get_object()
        given = FactsShownSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        show_facts(
            suspect,
            outcome=data["outcome"],
            opinion=data.get("opinion", ""),
            second_officer=a_user(data["second_officer"]),
            actor=reader(request),
            at=clock.now(),
        )
        return self._answer(suspect)


class ExhibitSerializer(serializers.ModelSerializer[Exhibit]):
    class Meta:
        model = Exhibit
        fields = ("id", "item", "stance", "label", "note")


class FactSerializer(serializers.ModelSerializer[Fact]):
    """A fact with what speaks for and against it."""

    exhibits = ExhibitSerializer(many=True, read_only=True)

    class Meta:
        model = Fact
        fields = (
            "id", "case", "number", "statement", "suspects", "lone_reason", "contradiction_note", "dropped_reason",
            "exhibits", "version",
        )  # fmt: skip


class NewFactSerializer(serializers.Serializer[Any]):
    case = serializers.IntegerField()
    statement = serializers.CharField(max_length=300)
    suspects = serializers.ListField(child=serializers.IntegerField(), required=False)


class FactTextSerializer(serializers.Serializer[Any]):
    statement = serializers.CharField(required=False, max_length=300)
    lone_reason = serializers.CharField(required=False, allow_blank=True)
    contradiction_note = serializers.CharField(required=False, allow_blank=True)


class CiteSerializer(serializers.Serializer[Any]):
    item = serializers.IntegerField()
    stance = serializers.ChoiceField(choices=Stance.choices)
    label = serializers.CharField(required=False, allow_blank=True, max_length=20)  # type: ignore[assignment]
    note = serializers.CharField(required=False, allow_blank=True)


class UnciteSerializer(serializers.Serializer[Any]):
    exhibit = serializers.IntegerField()
    reason = serializers.CharField()


class DropSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField()


class FactViewSet(mixins.ListModelMixin, VisibleViewSet):
    """Facts to be proved in the cases that the caller may know of."""

    model = Fact
    serializer_class = FactSerializer
    filterset_fields = ("case",)

    def rows(self) -> Any:
        return super().rows().prefetch_related("exhibits", "suspects")

    def _answer(self, fact: Fact, code: int = status.HTTP_200_OK) -> Response:
        fact = Fact.objects.prefetch_related("exhibits", "suspects").get(pk=fact.pk)
        return Response(FactSerializer(fact).data, status=code, headers=etag(fact))

    @extend_schema(responses=FactSerializer)
    def retrieve(self, request: Request, pk: str | None = None) -> Response:
        """Return one fact."""
        return self._answer(self.get_object())

    @extend_schema(request=NewFactSerializer, responses={201: FactSerializer})
    def create(self, request: Request) -> Response:
        """Add a fact that has to be proved."""
        given = NewFactSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        case = get_visible(Case.objects, reader(request), pk=data["case"])
        suspects = list(case.suspects.filter(pk__in=data.get("suspects", [])))
        return create_once(
            request,
            lambda: self._answer(
                state_fact(case, data["statement"], suspects=suspects, actor=reader(request), at=clock.now()),
                status.HTTP_201_CREATED,
            ),
        )

    @extend_schema(request=FactTextSerializer, responses=FactSerializer)
    def partial_update(self, request: Request, pk: str | None = None) -> Response:
        """Reword a fact or explain it. Needs ``If-Match``."""
        fact = self.get_object()
        given = FactTextSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        version = expected_version(request)
        return self._answer(
            amend_fact(fact, actor=reader(request), at=clock.now(), expected_version=version, **given.validated_data)
        )

    @extend_schema(request=CiteSerializer, responses=FactSerializer)
    @action(detail=True, methods=["post"])
    def cite(self, request: Request, pk: str | None = None) -> Response:
        """Say that an item speaks for or against the fact."""
        fact = self.get_object()
        given = CiteSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = dict(given.validated_data)
        item = get_visible(Item.objects, reader(request), pk=data.pop("item"))
        cite_item(fact, item, actor=reader(request), at=clock.now(), **data)
        return self._answer(fact)

    @extend_schema(request=UnciteSerializer, responses=FactSerializer)
    @action(detail=True, methods=["post"])
    def uncite(self, request: Request, pk: str | None = None) -> Response:
        """Take an item away from the fact, with the reason."""
        fact = self.get_object()
        given = UnciteSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        exhibit = get_visible(Exhibit.objects, reader(request), pk=given.validated_data["exhibit"], fact=fact)
        uncite_item(exhibit, actor=reader(request), at=clock.now(), reason=given.validated_data["reason"])
        return self._answer(fact)

    @extend_schema(request=DropSerializer, responses=FactSerializer)
    @action(detail=True, methods=["post"])
    def drop(self, request: Request, pk: str | None = None) -> Response:
        """Stop holding the fact against anybody."""
        fact = self.get_object()
        given = DropSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return self._answer(
            drop_fact(fact, actor=reader(request), at=clock.now(), reason=given.validated_data["reason"])
        )
