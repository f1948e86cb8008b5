"""Letters with other agencies over the API: each side reads and writes what its pages allow."""

from typing import Any

from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from casework.access.policy import get_visible, require
from casework.accounts.models import Organisation
from casework.accounts.requests import reader
from casework.api.base import VisibleViewSet, check_version, create_once, etag
from casework.api.filters import KeyFilterSet
from casework.api.inputs import taken
from casework.core import clock
from casework.core.errors import Invalid
from casework.imports.models import ImportRun
from units.enums_exchange import HandOverPurpose
from units.models import (
    HandOver,
    HandOverAddress,
    Lead,
    LookupAddress,
    LookupRequest,
    MonitorList,
    Unit,
)
from units.services.hand_overs import (
    answer_hand_over,
    bring_lead,
    close_hand_over,
    hand_over_addresses,
    hand_over_lead,
    raise_from_hand_over,
    receive_hand_over,
    return_hand_over,
)
from units.services.lookups import answer_lookup, close_lookup, read_answer, receive_lookup, send_lookup


class LookupAddressSerializer(serializers.ModelSerializer[LookupAddress]):
    """An address that is asked about."""

    class Meta:
        model = LookupAddress
        fields = ("ip", "port", "first_seen_at", "last_seen_at")
        read_only_fields = fields


class LookupSerializer(serializers.ModelSerializer[LookupRequest]):
    """A lookup request; its addresses stand in the single view."""

    agency = serializers.CharField(source="agency.code", read_only=True)

    class Meta:
        model = LookupRequest
        fields = (
            "id", "number", "agency", "state", "text", "sent_at", "due_on", "received_at", "answered_at", "answer",
            "closed_at", "version",
        )  # fmt: skip
        read_only_fields = fields


class LookupDetailSerializer(LookupSerializer):
    """A lookup request with every address asked about."""

    addresses = LookupAddressSerializer(many=True, read_only=True)

    class Meta(LookupSerializer.Meta):
        fields = (*LookupSerializer.Meta.fields, "addresses")  # type: ignore[assignment]


class SendLookupSerializer(serializers.Serializer[Any]):
    monitor_list = serializers.IntegerField()
    agency = serializers.CharField(help_text="code of the agency")
    text = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    days = serializers.IntegerField(required=False, min_value=1, max_value=60)
    ambiguous = serializers.BooleanField(required=False, default=False)


class AnswerSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=4000)


class LookupFilter(KeyFilterSet):
    """``?state=&number=&agency=CODE``"""

    agency = filters.CharFilter(field_name="agency__code")

    class Meta:
        model = LookupRequest
        fields = ("state", "number")


def _agency(code: str) -> Organisation:
    found = Organisation.objects.filter(code=code).first()
    if found is None:
        raise serializers.ValidationError({"agency": ["没有这个代码的机关"]})
    return found


class TakenInSerializer(serializers.ModelSerializer[ImportRun]):
    """The import that the answer became; see ``imports/{id}/``."""

    class Meta:
        model = ImportRun
        fields = ("id", "kind", "state", "rows")
        read_only_fields = fields


class LookupViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """查询函: those of the reader's compartments, or those sent to the reader's agency."""

    model = LookupRequest
    serializer_class = LookupSerializer
    filterset_class = LookupFilter

    def rows(self) -> Any:
        return super().rows().select_related("agency")

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One request with its addresses."""
        return self._answer(self.get_object())

    def _answer(self, row: LookupRequest, status: int = 200) -> Response:
        found = self.rows().prefetch_related("addresses").get(pk=row.pk)
        return Response(LookupDetailSerializer(found).data, status=status, headers=etag(found))

    @extend_schema(request=SendLookupSerializer, responses={201: LookupDetailSerializer})
    def create(self, request: Request) -> Response:
        """发查询函: about every address of the list that is nobody's on record."""
        given = SendLookupSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data, user = given.validated_data, reader(request)
        listed = get_visible(MonitorList.objects, user, pk=data["monitor_list"])

        def make() -> Response:
            sent = send_lookup(
                listed, _agency(data["agency"]), text=data.get("text", ""), days=data.get("days"),
                ambiguous=data["ambiguous"], actor=user, at=clock.now(),
            )  # fmt: skip
            return self._answer(sent, 201)

        return create_once(request, make)

    @extend_schema(request=None, responses=LookupDetailSerializer)
    @action(detail=True, methods=["post"])
    def receive(self, request: Request, pk: str) -> Response:
        """签收."""
        row = self.get_object()
        check_version(request, row)
        return self._answer(receive_lookup(row, actor=reader(request), at=clock.now()))

    @extend_schema(request=AnswerSerializer, responses=LookupDetailSerializer)
    @action(detail=True, methods=["post"])
    def answer(self, request: Request, pk: str) -> Response:
        """答复, in words; a table is attached on the page."""
        row = self.get_object()
        check_version(request, row)
        given = AnswerSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        done = answer_lookup(
            row, text=given.validated_data["text"], file=row.answer_file, file_name=row.answer_name,
            actor=reader(request), at=clock.now(),
        )  # fmt: skip
        return self._answer(done)

    @extend_schema(request=None, responses=LookupDetailSerializer)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        """办结: the sightings asked about are matched anew."""
        row = self.get_object()
        check_version(request, row)
        return self._answer(close_lookup(row, actor=reader(request), at=clock.now()))

    @extend_schema(request=None, responses={201: TakenInSerializer})
    @action(detail=True, methods=["post"], url_path="take-in")
    def take_in(self, request: Request, pk: str) -> Response:
        """读入答复: its file becomes an import of address blocks that waits to be applied."""
        row = self.get_object()
        require(reader(request), "lookup.take_in", row)
        run = read_answer(row, **self.by())
        return Response(TakenInSerializer(run).data, status=201)


class HandOverAddressSerializer(serializers.ModelSerializer[HandOverAddress]):
    """An address that was handed over."""

    class Meta:
        model = HandOverAddress
        fields = ("ip", "first_seen_at", "last_seen_at", "times")
        read_only_fields = fields


class HandOverSerializer(serializers.ModelSerializer[HandOver]):
    """A hand-over as both sides read it; the lead is the commission's own."""

    agency = serializers.CharField(source="agency.code", read_only=True)

    class Meta:
        model = HandOver
        fields = (
            "id", "number", "way", "purpose", "agency", "title", "text", "state", "sent_at", "due_on", "received_at",
            "result", "result_on", "remark", "closed_at", "version",
        )  # fmt: skip
        read_only_fields = fields


class HandOverDetailSerializer(HandOverSerializer):
    """A hand-over with its addresses."""

    addresses = HandOverAddressSerializer(many=True, read_only=True)

    class Meta(HandOverSerializer.Meta):
        fields = (*HandOverSerializer.Meta.fields, "addresses")  # type: ignore[assignment]


class SendHandOverSerializer(serializers.Serializer[Any]):
    """With a lead it goes out; without one it is brought to the commission."""

    lead = serializers.CharField(required=False, help_text="number of the lead that is handed over")
    agency = serializers.CharField(required=False, help_text="code of the agency; a liaison's is the own one")
    purpose = serializers.ChoiceField(required=False, choices=HandOverPurpose.choices)
    title = serializers.CharField(max_length=200)
    text = serializers.CharField(max_length=4000)


class ReturnSerializer(serializers.Serializer[Any]):
    remark = serializers.CharField(max_length=1000)


class ResultSerializer(serializers.Serializer[Any]):
    result = serializers.CharField(max_length=4000)
    result_on = serializers.DateField()


class PassOnSerializer(serializers.Serializer[Any]):
    """Every address of a list whose holder is no public unit."""

    monitor_list = serializers.IntegerField()
    agency = serializers.CharField(help_text="code of the agency")
    title = serializers.CharField(max_length=200)
    text = serializers.CharField(max_length=4000)


class RaiseLeadSerializer(serializers.Serializer[Any]):
    """The unit that it is about."""

    unit = serializers.CharField(help_text="code of the unit")


class RaisedLeadSerializer(serializers.ModelSerializer[Lead]):
    """The lead that was registered."""

    class Meta:
        model = Lead
        fields = ("id", "number")
        read_only_fields = fields


class HandOverFilter(KeyFilterSet):
    """``?state=&way=&purpose=&number=&agency=CODE``"""

    agency = filters.CharFilter(field_name="agency__code")

    class Meta:
        model = HandOver
        fields = ("state", "way", "purpose", "number")


class HandOverViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """移送函: those of the reader's compartments, or those between the commission and the reader's agency."""

    model = HandOver
    serializer_class = HandOverSerializer
    filterset_class = HandOverFilter

    def rows(self) -> Any:
        return super().rows().select_related("agency")

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One hand-over with its addresses."""
        return self._answer(self.get_object())

    def _answer(self, row: HandOver, status: int = 200) -> Response:
        found = HandOver.objects.select_related("agency").prefetch_related("addresses").get(pk=row.pk)
        return Response(HandOverDetailSerializer(found).data, status=status, headers=etag(found))

    @extend_schema(request=SendHandOverSerializer, responses={201: HandOverDetailSerializer})
    def create(self, request: Request) -> Response:
        """发移送函, or 移送线索 by a liaison."""
        given = SendHandOverSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data, user = given.validated_data, reader(request)
        lead = get_visible(Lead.objects, user, number=data["lead"]) if data.get("lead") else None
        agency = _agency(data["agency"]) if data.get("agency") else None

        def make() -> Response:
            words = {"title": data["title"], "text": data["text"], "actor": user, "at": clock.now()}
            if lead is None:
                return self._answer(bring_lead(agency=agency, **words), 201)
            purpose = data.get("purpose", HandOverPurpose.TRANSFER)
            return self._answer(hand_over_lead(lead, agency or _agency(""), purpose=purpose, **words), 201)

        return create_once(request, make)

    def _given(self, request: Request, form: type[serializers.Serializer[Any]]) -> tuple[HandOver, dict[str, Any]]:
        row = self.get_object()
        check_version(request, row)
        given = form(data=request.data)
        given.is_valid(raise_exception=True)
        return row, dict(given.validated_data)

    @extend_schema(request=None, responses=HandOverDetailSerializer)
    @action(detail=True, methods=["post"])
    def receive(self, request: Request, pk: str) -> Response:
        """签收."""
        row = self.get_object()
        check_version(request, row)
        return self._answer(receive_hand_over(row, actor=reader(request), at=clock.now()))

    @extend_schema(request=ReturnSerializer, responses=HandOverDetailSerializer)
    @action(detail=True, methods=["post"], url_path="return")
    def send_back(self, request: Request, pk: str) -> Response:
        """退回, with the reason."""
        row, data = self._given(request, ReturnSerializer)
        return self._answer(return_hand_over(row, actor=reader(request), at=clock.now(), **data))

    @extend_schema(request=ResultSerializer, responses=HandOverDetailSerializer)
    @action(detail=True, methods=["post"])
    def answer(self, request: Request, pk: str) -> Response:
        """反馈办理结果."""
        row, data = self._given(request, ResultSerializer)
        return self._answer(answer_hand_over(row, actor=reader(request), at=clock.now(), **data))

    @extend_schema(request=None, responses=HandOverDetailSerializer)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        """办结."""
        row = self.get_object()
        check_version(request, row)
        return self._answer(close_hand_over(row, actor=reader(request), at=clock.now()))

    @extend_schema(request=PassOnSerializer, responses={201: HandOverDetailSerializer})
    @action(detail=False, methods=["post"])
    def addresses(self, request: Request) -> Response:
        """移送地址: pass on the addresses of a list whose holders are no public units."""
        given, user = taken(PassOnSerializer(data=request.data)), reader(request)
        found = get_visible(MonitorList.objects.select_related("compartment"), user, pk=given["monitor_list"])
        agency, words = _agency(given["agency"]), {"title": given["title"], "text": given["text"]}
        return create_once(request, lambda: self._answer(hand_over_addresses(found, agency, **words, **self.by()), 201))

    @extend_schema(request=RaiseLeadSerializer, responses={201: RaisedLeadSerializer})
    @action(detail=True, methods=["post"], url_path="lead")
    def raise_lead(self, request: Request, pk: str) -> Response:
        """登记为线索: what an agency brought becomes a lead about the unit."""
        row, user = self.get_object(), reader(request)
        check_version(request, row)
        require(user, "handover.raise_lead", row)
        code = taken(RaiseLeadSerializer(data=request.data))["unit"]
        unit = Unit.objects.visible_to(user).filter(code=code).first()
        if unit is None:
            raise Invalid(
                _("没有代码为“%(code)s”的单位。") % {"code": code}, details={"unit": _("填写登记册中的单位代码")}
            )
        return Response(RaisedLeadSerializer(raise_from_hand_over(row, unit, **self.by())).data, status=201)


routes = [
    ("lookups", LookupViewSet, "lookup"),
    ("hand-overs", HandOverViewSet, "hand-over"),
]
