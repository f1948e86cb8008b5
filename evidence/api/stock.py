"""Stock-takes, bundles and acts to be confirmed, over HTTP."""

from typing import Any

from django.http import FileResponse, Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from casework.access.policy import require
from casework.api.base import VisibleViewSet, create_once
from casework.core.wake import wake
from casework.ledger.refs import resolve
from evidence.api.callers import caller, taken
from evidence.models import BundleJob, Custody, StockTake
from evidence.models.stock import StockLine
from evidence.selectors.desk import acts_to_confirm
from evidence.services import confirm_acts
from evidence.services.bundle_jobs import fetch_bundle, name_of, request_bundle
from evidence.services.stock import begin_stock_take, close_stock_take, count_item, move_counted


class StockLineSerializer(serializers.ModelSerializer[StockLine]):
    """One expected item, or something that was there and not expected."""

    number = serializers.CharField(source="item.number", default="")

    class Meta:
        model = StockLine
        fields = ("id", "item", "number", "scanned", "result", "found", "place", "at")
        read_only_fields = fields


class StockTakeSerializer(serializers.ModelSerializer[StockTake]):
    """A session over the shelves."""

    class Meta:
        model = StockTake
        fields = ("id", "keeper", "place", "began_at", "ended_at", "note", "version")
        read_only_fields = fields


class StockTakeDetailSerializer(StockTakeSerializer):
    """A session with its lines."""

    lines = StockLineSerializer(many=True, read_only=True)

    class Meta(StockTakeSerializer.Meta):
        fields = (*StockTakeSerializer.Meta.fields, "lines")  # type: ignore[assignment]


class BeginInput(serializers.Serializer[Any]):
    """Which shelves: the beginning of their place; all when left out."""

    place = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class CountInput(serializers.Serializer[Any]):
    """What was read off one thing."""

    number = serializers.CharField(max_length=120, help_text="number of the item, of a seal or of a device")
    seal = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    place = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")


class MoveInput(serializers.Serializer[Any]):
    """Which line: something that lies on another shelf than the books say."""

    line = serializers.PrimaryKeyRelatedField(queryset=StockLine.objects.none())


class CloseTakeInput(serializers.Serializer[Any]):
    """A remark at the end."""

    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class StockTakeViewSet(mixins.ListModelMixin, VisibleViewSet):
    """盘点: the keeper's own; auditors read all."""

    model = StockTake
    serializer_class = StockTakeSerializer
    filterset_fields = ("keeper",)

    def rows(self) -> Any:
        return super().rows().prefetch_related("lines__item")

    def _whole(self, pk: int, code: int = status.HTTP_200_OK) -> Response:
        return Response(StockTakeDetailSerializer(self.rows().get(pk=pk)).data, status=code)

    @extend_schema(responses=StockTakeDetailSerializer)
    def retrieve(self, request: Request, pk: str = "") -> Response:
        """Return one session with its lines."""
        return self._whole(self.get_object().pk)

    @extend_schema(request=BeginInput, responses={201: StockTakeDetailSerializer})
    def create(self, request: Request) -> Response:
        """Begin over the shelves of the caller; one session at a time."""
        require(caller(request), "evidence.keep")
        given = taken(BeginInput(data=request.data))
        return create_once(
            request, lambda: self._whole(begin_stock_take(**given, **self.by()).pk, status.HTTP_201_CREATED)
        )

    @extend_schema(request=CountInput, responses={201: StockLineSerializer})
    @action(detail=True, methods=["post"])
    def count(self, request: Request, pk: str = "") -> Response:
        """Count what a label, a seal or a serial names."""
        row = self.get_object()
        require(caller(request), "evidence.keep")
        given = taken(CountInput(data=request.data))
        line = count_item(row, given.pop("number"), **given, **self.by())
        return Response(StockLineSerializer(line).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=MoveInput, responses=StockLineSerializer)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, pk: str = "") -> Response:
        """Put what was found on another shelf there in the record as well."""
        row = self.get_object()
        require(caller(request), "evidence.keep")
        serializer = MoveInput(data=request.data)
        serializer.fields["line"].queryset = row.lines.all()  # type: ignore[attr-defined]
        line = move_counted(taken(serializer)["line"], **self.by())
        return Response(StockLineSerializer(line).data)

    @extend_schema(request=CloseTakeInput, responses=StockTakeDetailSerializer)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str = "") -> Response:
        """Close the session: what was not found is missing, and each missing item a discrepancy."""
        row = self.get_object()
        require(caller(request), "evidence.keep")
        return self._whole(close_stock_take(row, **taken(CloseTakeInput(data=request.data)), **self.by()).pk)


class BundleJobSerializer(serializers.ModelSerializer[BundleJob]):
    """A bundle that is made in the background."""

    class Meta:
        model = BundleJob
        fields = (
            "id", "ref", "title", "redacted", "state", "done", "total", "size", "sha256", "error", "requested_at",
            "finished_at",
        )  # fmt: skip
        read_only_fields = fields


class BundleInput(serializers.Serializer[Any]):
    """Of what; without the personal values where ``redacted``."""

    ref = serializers.CharField(max_length=80, help_text="for example item:42 or case:7")
    redacted = serializers.BooleanField(required=False, default=False)


class BundleJobViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """取证包 that the caller asked for."""

    model = BundleJob
    serializer_class = BundleJobSerializer
    filterset_fields = ("ref", "state")

    @extend_schema(request=BundleInput, responses={201: BundleJobSerializer})
    def create(self, request: Request) -> Response:
        """Ask for the bundle of an item or a case; a worker makes it."""
        given, user = taken(BundleInput(data=request.data)), caller(request)
        known = resolve(given["ref"], user)
        if known is None or not known.trail:
            raise Http404
        require(user, "evidence.bundle")

        def create() -> Response:
            job = request_bundle(given["ref"], redacted=given["redacted"], **self.by())
            wake("evidence.bundle", job.pk)
            return self.shown(job, status.HTTP_201_CREATED)

        return create_once(request, create)

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def file(self, request: Request, pk: str = "") -> Any:
        """Fetch the finished archive; the ledger knows of it before the first byte leaves."""
        row = self.get_object()
        path = fetch_bundle(row, **self.by())
        name = name_of(row)
        response = FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type="application/zip")
        response["X-Content-Type-Options"] = "nosniff"
        response["Cache-Control"] = "private, no-store"
        return response


class WaitingSerializer(serializers.ModelSerializer[Custody]):
    """A link of a chain that names the caller as the second person."""

    item_number = serializers.CharField(source="item.number", read_only=True)

    class Meta:
        model = Custody
        fields = ("id", "item", "item_number", "seq", "act", "at", "actor", "place", "note")
        read_only_fields = fields


class ConfirmManyInput(serializers.Serializer[Any]):
    """Which links, and whether they are as the other wrote."""

    links = serializers.PrimaryKeyRelatedField(queryset=Custody.objects.none(), many=True)
    agreed = serializers.BooleanField(required=False, default=True)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class ConfirmationViewSet(mixins.ListModelMixin, VisibleViewSet):
    """What waits for the caller's word: acts that another wrote down as done together."""

    model = Custody
    serializer_class = WaitingSerializer
    filterset_fields = ("item",)

    def rows(self) -> Any:
        return acts_to_confirm(caller(self.request)).order_by("pk")

    @extend_schema(request=ConfirmManyInput, responses={201: None})
    def create(self, request: Request) -> Response:
        """Say the same of several links at once; all or none."""
        require(caller(request), "evidence.confirm")
        serializer = ConfirmManyInput(data=request.data)
        serializer.fields["links"].child_relation.queryset = self.rows()  # type: ignore[attr-defined]
        given = taken(serializer)
        confirm_acts(given["links"], agreed=given["agreed"], note=given["note"], **self.by())
        return Response(status=status.HTTP_201_CREATED)


routes: list[tuple[str, Any, str]] = [
    ("stock-takes", StockTakeViewSet, "stock-take"),
    ("bundles", BundleJobViewSet, "bundle"),
    ("confirmations", ConfirmationViewSet, "confirmation"),
]
