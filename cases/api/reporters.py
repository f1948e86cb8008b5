"""Who reported, over HTTP: lists tell nothing of the person; one read by itself is noted first."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api.work import MOST, case_of
from cases.enums import ReportWay
from cases.models import Reporter, ReporterRight
from cases.services.reporters import give_right, read_reporter, register_reporter, take_right
from casework.api.base import VisibleViewSet, create_once
from casework.api.inputs import person, taken


class ReporterSerializer(serializers.ModelSerializer[Reporter]):
    """That somebody reported, how and when; not who."""

    class Meta:
        model = Reporter
        fields: Any = ("id", "case", "number", "way", "reported_on", "registered_by", "at")
        read_only_fields = fields


class ReporterIdentitySerializer(ReporterSerializer):
    """Who reported."""

    class Meta(ReporterSerializer.Meta):
        fields = (*ReporterSerializer.Meta.fields, "name", "contact", "note")


class ReporterInput(serializers.Serializer[Any]):
    """Who, how and when."""

    case = serializers.IntegerField(min_value=1, max_value=MOST)
    way = serializers.ChoiceField(choices=ReportWay.choices)
    reported_on = serializers.DateField()
    name = serializers.CharField(max_length=80)
    contact = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class ReporterRightSerializer(serializers.ModelSerializer[ReporterRight]):
    """Somebody may know who reported."""

    class Meta:
        model = ReporterRight
        fields = ("id", "user", "reason", "given_by", "given_at", "until_at")
        read_only_fields = fields


class ReporterRightInput(serializers.Serializer[Any]):
    """Whose right, and why it is given or taken."""

    user = person()
    reason = serializers.CharField(max_length=200)


class ReporterViewSet(mixins.ListModelMixin, VisibleViewSet):
    """举报人 whom the caller holds a right to know."""

    model = Reporter
    serializer_class = ReporterSerializer
    filterset_fields = ("case",)

    @extend_schema(responses=ReporterIdentitySerializer)
    def retrieve(self, request: Request, pk: str = "") -> Response:
        """Return who it was; the ledger knows of the look before anything of it is sent."""
        return Response(ReporterIdentitySerializer(read_reporter(self.get_object(), **self.by())).data)

    @extend_schema(request=ReporterInput, responses={201: ReporterSerializer})
    def create(self, request: Request) -> Response:
        """Write down who reported; the caller holds the right to know it, nobody else."""
        given = taken(ReporterInput(data=request.data))
        case = case_of(request, given)
        return create_once(
            request, lambda: self.shown(register_reporter(case, **given, **self.by()), status.HTTP_201_CREATED)
        )

    @extend_schema(request=ReporterRightInput, responses={201: ReporterRightSerializer})
    @action(detail=True, methods=["post"])
    def share(self, request: Request, pk: str = "") -> Response:
        """Let somebody else who knows of the case know who reported."""
        row, given = self.get_object(), taken(ReporterRightInput(data=request.data))
        right = give_right(row, given["user"], reason=given["reason"], **self.by())
        return Response(ReporterRightSerializer(right).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=ReporterRightInput, responses={204: None})
    @action(detail=True, methods=["post"])
    def unshare(self, request: Request, pk: str = "") -> Response:
        """Take the right back, at once."""
        row, given = self.get_object(), taken(ReporterRightInput(data=request.data))
        take_right(row, given["user"], reason=given["reason"], **self.by())
        return Response(status=status.HTTP_204_NO_CONTENT)
