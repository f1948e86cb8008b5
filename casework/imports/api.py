"""Imports over the API: hand in a file, look at the preview, apply, take back."""

from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, parsers, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from casework.access.models import Compartment, compartments_of
from casework.accounts.requests import reader
from casework.api.base import VisibleViewSet, create_once, etag
from casework.api.filters import KeyFilterSet
from casework.core import clock
from casework.core.errors import Invalid
from casework.imports.cells import masked
from casework.imports.enums import Outcome
from casework.imports.models import ImportRow, ImportRun
from casework.imports.registry import kind_named, kinds
from casework.imports.services import apply_run, discard_run, map_columns, read_file, undo_run


class ImportRunSerializer(serializers.ModelSerializer[ImportRun]):
    """A list that was handed in: its counts, and what became of it."""

    unknown_columns = serializers.SerializerMethodField()

    class Meta:
        model = ImportRun
        fields = (
            "id", "kind", "file_name", "sha256", "size", "state", "sampled_at", "rows", "created", "updated", "unchanged",
            "conflicting", "refused", "figures", "unknown_columns", "read_at", "applied_at", "undone_at", "version",
        )  # fmt: skip
        read_only_fields = fields

    def get_unknown_columns(self, run: ImportRun) -> list[str]:
        """Columns that were not recognised and not imported."""
        return list(run.header.get("unknown", []))


class ImportRowSerializer(serializers.ModelSerializer[ImportRow]):
    """One row of the file."""

    cells = serializers.SerializerMethodField()

    class Meta:
        model = ImportRow
        fields = ("line", "outcome", "message", "cells", "changes")
        read_only_fields = fields

    def get_cells(self, row: ImportRow) -> list[str]:
        """The cells as written; identity numbers are masked."""
        return [masked(cell) if cell.startswith("v1:") else cell for cell in row.cells]


class UploadSerializer(serializers.Serializer[Any]):
    """The file and what it is."""

    kind = serializers.CharField(help_text="units, people, address-blocks, sightings, registrations, holidays")
    file = serializers.FileField(allow_empty_file=True)
    sampled_at = serializers.DateTimeField(required=False)
    compartment = serializers.IntegerField(required=False)
    by_hand = serializers.BooleanField(
        required=False, default=False, help_text=_l("表头看不懂的文件先收下，等 columns 指定各列")
    )

    def validate_kind(self, value: str) -> str:
        """Only kinds that exist."""
        if value not in kinds():
            raise serializers.ValidationError("、".join(sorted(kinds())))
        return value


class ColumnsSerializer(serializers.Serializer[Any]):
    """Which cell of a row, counted from 1, is which column; cells left out are not imported."""

    columns = serializers.DictField(child=serializers.CharField(max_length=40))
    source_name = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    remember = serializers.BooleanField(required=False, default=True)

    def validate_columns(self, value: dict[str, str]) -> dict[int, str]:
        """Only places that are numbers."""
        if not all(place.isdecimal() and 0 < int(place) <= 1000 for place in value):
            raise serializers.ValidationError(_("键是列的序号，从 1 数起。"))
        return {int(place) - 1: name for place, name in value.items()}


class RunFilter(KeyFilterSet):
    """``?kind=&state=&sha256=``"""

    class Meta:
        model = ImportRun
        fields = ("kind", "state", "sha256")


class ImportViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """Lists that were handed in."""

    model = ImportRun
    serializer_class = ImportRunSerializer
    filterset_class = RunFilter
    parser_classes = (parsers.MultiPartParser, parsers.JSONParser)
    updated_field = "read_at"

    @extend_schema(request={"multipart/form-data": UploadSerializer}, responses={201: ImportRunSerializer})
    def create(self, request: Request) -> Response:
        """Read a file and preview it; nothing is written yet."""
        given = UploadSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        user = reader(request)
        circle = None
        if kind_named(data["kind"]).in_compartment:
            circle = Compartment.objects.filter(pk__in=compartments_of(user), pk=data.get("compartment")).first()
            if circle is None:
                raise Invalid(
                    _("监测清单只给该知道的人看；选一个知悉范围。"),
                    details={"compartment": _("选一个您在其中的知悉范围")},
                )
        file = data["file"]
        kept = getattr(file, "temporary_file_path", None)

        def create() -> Response:
            run = read_file(
                Path(kept()) if kept else file.read(),
                data["kind"],
                actor=user,
                at=clock.now(),
                name=file.name,
                sampled_at=data.get("sampled_at"),
                compartment=circle,
                by_hand=data["by_hand"],
            )
            return Response(self.get_serializer(run).data, status=201, headers=etag(run))

        return create_once(request, create)

    @extend_schema(request=ColumnsSerializer, responses=ImportRunSerializer)
    @action(detail=True, methods=["post"])
    def columns(self, request: Request, pk: str) -> Response:
        """Say which column of the file is which; the rows are previewed anew."""
        given = ColumnsSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        said = given.validated_data
        run = map_columns(
            self.get_object(),
            said["columns"],
            source=said["source_name"],
            remember=said["remember"],
            actor=reader(request),
            at=clock.now(),
        )
        return Response(self.get_serializer(run).data, headers=etag(run))

    @extend_schema(request=None, responses=ImportRunSerializer)
    @action(detail=True, methods=["post"])
    def apply(self, request: Request, pk: str) -> Response:
        """Write the rows."""
        run = apply_run(self.get_object(), actor=reader(request), at=clock.now())
        return Response(self.get_serializer(run).data, headers=etag(run))

    @extend_schema(request=None, responses=ImportRunSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """Take everything back while nothing rests on it."""
        run = undo_run(self.get_object(), actor=reader(request), at=clock.now())
        return Response(self.get_serializer(run).data, headers=etag(run))

    @extend_schema(request=None, responses=ImportRunSerializer)
    @action(detail=True, methods=["post"])
    def discard(self, request: Request, pk: str) -> Response:
        """Lay the preview aside."""
        run = discard_run(self.get_object(), actor=reader(request), at=clock.now())
        return Response(self.get_serializer(run).data, headers=etag(run))

    @extend_schema(
        parameters=[OpenApiParameter("outcome", str, enum=list(Outcome.values))],
        responses=ImportRowSerializer(many=True),
    )
    @action(detail=True, methods=["get"])
    def lines(self, request: Request, pk: str) -> Response:
        """The rows, each with what it does."""
        rows = ImportRow.objects.filter(run=self.get_object())
        if request.query_params.get("outcome"):
            rows = rows.filter(outcome=request.query_params["outcome"])
        page = self.paginate_queryset(rows.order_by("pk"))
        answer: Response = self.get_paginated_response(ImportRowSerializer(page, many=True).data)
        return answer


routes = [("imports", ImportViewSet, "import")]
