"""Requests, disposals and discrepancies over HTTP: read them, decide on them."""

from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from casework.api.base import VisibleViewSet
from casework.core import clock
from evidence import services
from evidence.api import serializers as s
from evidence.api.callers import caller, taken
from evidence.models import CheckOut, Discrepancy, Disposal


class CheckOutViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """Temporary uses of items."""

    model = CheckOut
    serializer_class = s.CheckOutSerializer
    filterset_fields = ("state", "item")

    @extend_schema(request=s.OpinionInput, responses=s.CheckOutSerializer)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str = "") -> Response:
        """Approve the request."""
        given = taken(s.OpinionInput(data=request.data))
        row = services.approve_check_out(self.get_object(), **given, actor=caller(request), at=clock.now())
        return Response(s.CheckOutSerializer(row).data)

    @extend_schema(request=s.OpinionInput, responses=s.CheckOutSerializer)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, pk: str = "") -> Response:
        """Decline the request, with the reason."""
        given = taken(s.OpinionInput(data=request.data))
        row = services.decline_check_out(self.get_object(), **given, actor=caller(request), at=clock.now())
        return Response(s.CheckOutSerializer(row).data)


class DisposalViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """Proposed and approved ends of items."""

    model = Disposal
    serializer_class = s.DisposalSerializer
    filterset_fields = ("outcome", "item")

    @extend_schema(request=s.OpinionInput, responses=s.DisposalSerializer)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str = "") -> Response:
        """Approve the proposal."""
        given = taken(s.OpinionInput(data=request.data))
        row = services.approve_disposal(self.get_object(), **given, actor=caller(request), at=clock.now())
        return Response(s.DisposalSerializer(row).data)

    @extend_schema(request=s.OpinionInput, responses=s.DisposalSerializer)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, pk: str = "") -> Response:
        """Decline the proposal, with the reason."""
        given = taken(s.OpinionInput(data=request.data))
        row = services.decline_disposal(self.get_object(), **given, actor=caller(request), at=clock.now())
        return Response(s.DisposalSerializer(row).data)


class DiscrepancyViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """What does not fit."""

    model = Discrepancy
    serializer_class = s.DiscrepancySerializer
    filterset_fields = ("kind", "item")

    @extend_schema(request=s.ResolutionInput, responses=s.DiscrepancySerializer)
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, pk: str = "") -> Response:
        """Settle it, with what was found out."""
        given = taken(s.ResolutionInput(data=request.data))
        row = services.resolve_discrepancy(self.get_object(), **given, actor=caller(request), at=clock.now())
        return Response(s.DiscrepancySerializer(row).data)
