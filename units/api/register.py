"""The register over the API: units, people, address blocks, rival claims, registrations."""

from typing import Any

from django.http import Http404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from casework.access.policy import get_visible
from casework.accounts.requests import reader
from casework.api.base import VisibleViewSet, check_version, etag
from casework.api.filters import KeyFilterSet
from casework.core import clock
from units.enums import MatchState
from units.models import AddressBlock, AddressConflict, Person, Registration, Unit
from units.selectors.holders import who_held
from units.services.imports_blocks import last_day
from units.services.placing import place_unit
from units.services.register import (
    change_leader,
    close_unit,
    current_leader,
    end_block,
    rename_unit,
    settle_conflict,
)


class UnitSerializer(serializers.ModelSerializer[Unit]):
    """A unit of the register; superiors by their code."""

    parent = serializers.CharField(source="parent.code", default=None, read_only=True)  # type: ignore[assignment]
    supervisor = serializers.CharField(source="supervisor.code", default=None, read_only=True)
    region_name = serializers.CharField(source="region.name", read_only=True)
    is_public = serializers.BooleanField(read_only=True)
    leader = serializers.SerializerMethodField()

    class Meta:
        model = Unit
        fields = (
            "id", "code", "name", "kind", "region", "region_name", "parent", "supervisor", "is_public", "state",
            "closed_on", "leader", "version",
        )  # fmt: skip
        read_only_fields = fields

    def get_leader(self, unit: Unit) -> str:
        """Who answers for the unit today."""
        leader = current_leader(unit, clock.today())
        return leader.name if leader else ""


class UnitFilter(KeyFilterSet):
    """``?kind=&region=&state=&is_public=&code=&name=``"""

    name = filters.CharFilter(lookup_expr="icontains")
    is_public = filters.BooleanFilter()

    class Meta:
        model = Unit
        fields = ("kind", "region", "state", "code")


class RenameSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200)
    from_on = serializers.DateField(required=False)
    document = serializers.CharField(required=False, allow_blank=True, max_length=120)
    reason = serializers.CharField(required=False, allow_blank=True)


class PlaceSerializer(serializers.Serializer[Any]):
    parent = serializers.CharField(  # type: ignore[assignment]  # a field of that name, not the parent of this one
        required=False, allow_blank=True, help_text="code; empty for none, absent: as it is"
    )
    supervisor = serializers.CharField(required=False, allow_blank=True, help_text="code of the supervising body")
    from_on = serializers.DateField(required=False)
    document = serializers.CharField(required=False, allow_blank=True, max_length=120)
    reason = serializers.CharField(required=False, allow_blank=True)


class LeaderSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    post = serializers.CharField(required=False, allow_blank=True, max_length=120)
    email = serializers.EmailField(required=False, allow_blank=True)
    mobile = serializers.CharField(required=False, allow_blank=True, max_length=20)
    from_on = serializers.DateField(required=False)
    reason = serializers.CharField(required=False, allow_blank=True)


class CloseSerializer(serializers.Serializer[Any]):
    closed_on = serializers.DateField()
    merged_into = serializers.CharField(required=False, allow_blank=True, help_text="code of the other unit")
    reason = serializers.CharField(required=False, allow_blank=True)


class UnitViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """Units that the reader may know of; by hand: rename, change the leader, close or merge."""

    model = Unit
    serializer_class = UnitSerializer
    filterset_class = UnitFilter

    def rows(self) -> Any:
        return super().rows().select_related("region", "parent", "supervisor")

    def _data(self, request: Request, serializer: type[serializers.Serializer[Any]]) -> tuple[Unit, dict[str, Any]]:
        unit: Unit = self.get_object()
        check_version(request, unit)
        given = serializer(data=request.data)
        given.is_valid(raise_exception=True)
        return unit, dict(given.validated_data)

    def _above(self, data: dict[str, Any], name: str, present: Unit | None) -> Unit | None:
        if name not in data:
            return present
        code = data.pop(name)
        return get_visible(Unit.objects, reader(self.request), code=code) if code else None

    def _answer(self, pk: int) -> Response:
        unit = self.rows().get(pk=pk)
        return Response(self.get_serializer(unit).data, headers=etag(unit))

    @extend_schema(request=RenameSerializer, responses=UnitSerializer)
    @action(detail=True, methods=["post"])
    def rename(self, request: Request, pk: str) -> Response:
        """更名."""
        unit, data = self._data(request, RenameSerializer)
        rename_unit(unit, actor=reader(request), at=clock.now(), **data)
        return self._answer(unit.pk)

    @extend_schema(request=PlaceSerializer, responses=UnitSerializer)
    @action(detail=True, methods=["post"])
    def place(self, request: Request, pk: str) -> Response:
        """变更隶属."""
        unit, data = self._data(request, PlaceSerializer)
        place_unit(
            unit,
            parent=self._above(data, "parent", unit.parent),
            supervisor=self._above(data, "supervisor", unit.supervisor),
            actor=reader(request),
            at=clock.now(),
            **data,
        )
        return self._answer(unit.pk)

    @extend_schema(request=LeaderSerializer, responses=UnitSerializer)
    @action(detail=True, methods=["post"])
    def leader(self, request: Request, pk: str) -> Response:
        """更换负责人."""
        unit, data = self._data(request, LeaderSerializer)
        change_leader(unit, actor=reader(request), at=clock.now(), **data)
        return self._answer(unit.pk)

    @extend_schema(request=CloseSerializer, responses=UnitSerializer)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        """撤销或并入."""
        unit, data = self._data(request, CloseSerializer)
        code = data.pop("merged_into", "")
        other = get_visible(Unit.objects, reader(request), code=code) if code else None
        close_unit(unit, merged_into=other, actor=reader(request), at=clock.now(), **data)
        return self._answer(unit.pk)


class PersonSerializer(serializers.ModelSerializer[Person]):
    """A person; the identity number is never given out here."""

    unit = serializers.CharField(source="unit.code", read_only=True)
    has_id_number = serializers.SerializerMethodField()

    class Meta:
        model = Person
        fields = (
            "id", "unit", "name", "has_id_number", "post", "rank", "employment", "party_member", "public_official",
            "leading_cadre", "from_on", "until", "version",
        )  # fmt: skip
        read_only_fields = fields

    def get_has_id_number(self, person: Person) -> bool:
        """Whether the register holds the number."""
        return bool(person.id_index)


class PersonFilter(KeyFilterSet):
    """``?unit=CODE&employment=&party_member=&public_official=&name=``"""

    unit = filters.CharFilter(field_name="unit__code")
    name = filters.CharFilter(lookup_expr="icontains")

    class Meta:
        model = Person
        fields = ("employment", "party_member", "public_official")


class PersonViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """People of units."""

    model = Person
    serializer_class = PersonSerializer
    filterset_class = PersonFilter

    def rows(self) -> Any:
        return super().rows().select_related("unit")


class BlockSerializer(serializers.ModelSerializer[AddressBlock]):
    """A claim on a network; ``valid_to`` is the last valid day, the ports are first and last."""

    unit = serializers.CharField(source="unit.code", read_only=True)
    network = serializers.CharField(read_only=True)
    valid_from = serializers.SerializerMethodField()
    valid_to = serializers.SerializerMethodField()
    nat_port_from = serializers.SerializerMethodField()
    nat_port_to = serializers.SerializerMethodField()

    class Meta:
        model = AddressBlock
        fields = (
            "id", "network", "unit", "valid_from", "valid_to", "nat_port_from", "nat_port_to", "operator", "reference",
            "state",
        )  # fmt: skip
        read_only_fields = fields

    def get_valid_from(self, block: AddressBlock) -> str | None:
        """First valid day."""
        first = block.valid.lower
        return first.isoformat() if first else None

    def get_valid_to(self, block: AddressBlock) -> str | None:
        """Last valid day."""
        last = last_day(block.valid)
        return last.isoformat() if last else None

    def get_nat_port_from(self, block: AddressBlock) -> int | None:
        """First port, null for the whole network."""
        ports: Any = block.nat_ports
        return ports.lower if ports else None

    def get_nat_port_to(self, block: AddressBlock) -> int | None:
        """Last port."""
        ports: Any = block.nat_ports
        return ports.upper - 1 if ports else None


class BlockFilter(KeyFilterSet):
    """``?unit=CODE&state=&operator=``"""

    unit = filters.CharFilter(field_name="unit__code")

    class Meta:
        model = AddressBlock
        fields = ("state", "operator")


class EndSerializer(serializers.Serializer[Any]):
    last_day = serializers.DateField()
    reason = serializers.CharField(required=False, allow_blank=True)


class HolderQuery(serializers.Serializer[Any]):
    """An address, a moment, and behind NAT a port."""

    ip = serializers.IPAddressField()
    at = serializers.DateTimeField(required=False)
    port = serializers.IntegerField(required=False, min_value=0, max_value=65535)


class HolderSerializer(serializers.Serializer[Any]):
    """A claim that is most specific for the address at the moment; ``valid_to`` is its last valid day."""

    block = serializers.IntegerField()
    network = serializers.CharField()
    unit = serializers.CharField(source="code")
    unit_name = serializers.CharField(source="name")
    valid_from = serializers.DateField(source="first", allow_null=True)
    valid_to = serializers.DateField(source="last", allow_null=True)
    nat_ports = serializers.CharField(source="ports")
    operator = serializers.CharField()
    reference = serializers.CharField()
    registration = serializers.IntegerField(allow_null=True)


class HolderAnswer(serializers.Serializer[Any]):
    """``matched``: one unit; ``ambiguous``: several claims that nobody has settled; ``unmatched``: nobody known."""

    ip = serializers.CharField()
    at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=MatchState.choices)
    holders = HolderSerializer(many=True)


class BlockViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """Who holds which network; a claim can be ended."""

    model = AddressBlock
    serializer_class = BlockSerializer
    filterset_class = BlockFilter

    def rows(self) -> Any:
        return super().rows().select_related("unit")

    @extend_schema(parameters=[HolderQuery], responses=HolderAnswer)
    @action(detail=False, methods=["get"], pagination_class=None, filterset_class=None)
    def holder(self, request: Request) -> Response:
        """Who held an address at a moment: ``?ip=&at=&port=``; without ``at`` now."""
        if not reader(request).is_commission:
            raise Http404
        given = HolderQuery(data=request.query_params)
        given.is_valid(raise_exception=True)
        at = given.validated_data.get("at") or clock.now()
        found = who_held(given.validated_data["ip"], at, given.validated_data.get("port"))
        body = {"ip": given.validated_data["ip"], "at": at, "state": found.state.value, "holders": found.holders}
        return Response(HolderAnswer(body).data)

    @extend_schema(request=EndSerializer, responses=BlockSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str) -> Response:
        """停用."""
        block: AddressBlock = self.get_object()
        given = EndSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        end_block(block, actor=reader(request), at=clock.now(), **given.validated_data)
        return Response(self.get_serializer(self.rows().get(pk=block.pk)).data)


class ConflictSerializer(serializers.ModelSerializer[AddressConflict]):
    """Two claims on one network."""

    claims = serializers.SerializerMethodField()

    class Meta:
        model = AddressConflict
        fields = ("id", "claims", "noted_at", "kept", "settled_at", "reason")
        read_only_fields = fields

    def get_claims(self, conflict: AddressConflict) -> list[dict[str, Any]]:
        """Both claims, each with its unit and source."""
        return [dict(BlockSerializer(claim).data) for claim in (conflict.first, conflict.second)]


class SettleConflictSerializer(serializers.Serializer[Any]):
    kept = serializers.IntegerField(help_text="id of the claim that stands")
    reason = serializers.CharField()


class ConflictViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """Networks that two units claim."""

    model = AddressConflict
    serializer_class = ConflictSerializer

    def rows(self) -> Any:
        return super().rows().select_related("first__unit", "second__unit")

    @extend_schema(request=SettleConflictSerializer, responses=ConflictSerializer)
    @action(detail=True, methods=["post"])
    def settle(self, request: Request, pk: str) -> Response:
        """认定归属."""
        conflict: AddressConflict = self.get_object()
        given = SettleConflictSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        kept = get_visible(AddressBlock.objects, reader(request), pk=given.validated_data["kept"])
        settle_conflict(conflict, kept, actor=reader(request), at=clock.now(), reason=given.validated_data["reason"])
        return Response(self.get_serializer(self.rows().get(pk=conflict.pk)).data)


class RegistrationSerializer(serializers.ModelSerializer[Registration]):
    """A research registration."""

    unit = serializers.CharField(source="unit.code", read_only=True)
    network = serializers.SerializerMethodField()

    class Meta:
        model = Registration
        fields = ("id", "unit", "device", "purpose", "from_on", "until", "network", "approved_by", "reference")
        read_only_fields = fields

    def get_network(self, registration: Registration) -> str | None:
        """The network, null for the whole unit."""
        return str(registration.network) if registration.network else None


class RegistrationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """备案."""

    model = Registration
    serializer_class = RegistrationSerializer

    def rows(self) -> Any:
        return super().rows().select_related("unit")


routes = [
    ("units", UnitViewSet, "unit"),
    ("people", PersonViewSet, "person"),
    ("address-blocks", BlockViewSet, "address-block"),
    ("address-conflicts", ConflictViewSet, "address-conflict"),
    ("registrations", RegistrationViewSet, "registration"),
]
