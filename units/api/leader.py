"""The API of unit leaders: their own self-inspections and duties, and nothing that the commission knows of them.

Kept apart from the commission's serializers, so that a field added there can never reach a unit.
"""

import tempfile
from pathlib import Path
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from casework.accounts.requests import reader
from casework.api.base import VisibleViewSet, etag, expected_version
from casework.api.inputs import taken
from casework.core import clock
from casework.core.errors import Invalid
from casework.files.services.blobs import store_blob
from units.models import Rectification, SelfInspection, UnitPaper
from units.questionnaire import SHEETS, Sheet
from units.selectors.self_inspections import missing_answers, rows_of, template_of
from units.services.papers import answer_paper
from units.services.rectification import report_rectification
from units.services.self_inspections import (
    acknowledge,
    add_rows,
    attach,
    change_row,
    content_of,
    detach,
    remove_row,
    save_answer,
    submit_report,
)
from units.services.sheet_import import import_rows

MAX_BYTES = 200 * 1024**2
MAX_SHEET_BYTES = 20 * 1024**2


class OwnInspectionSerializer(serializers.ModelSerializer[SelfInspection]):
    """A self-inspection as its unit sees it: a spot check looks like the review."""

    title = serializers.CharField(source="campaign_unit.campaign.public_name", read_only=True)
    unit = serializers.CharField(source="unit.name", read_only=True)
    state = serializers.CharField(source="state_for_unit", read_only=True)
    questions = serializers.SerializerMethodField()

    class Meta:
        model = SelfInspection
        fields: tuple[str, ...] = (
            "id", "title", "unit", "state", "issued_on", "due_on", "answered", "questions", "saved_at", "submitted_at",
            "late",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.INT)
    def get_questions(self, row: SelfInspection) -> int:
        return template_of(row).total


class OwnInspectionDetailSerializer(OwnInspectionSerializer):
    """With every question, the unit's answer and its version, the reviewer's remarks, and all that is missing."""

    answers = serializers.SerializerMethodField()
    remarks = serializers.SerializerMethodField()
    reports = serializers.SerializerMethodField()
    missing = serializers.SerializerMethodField()

    class Meta(OwnInspectionSerializer.Meta):
        fields: tuple[str, ...] = (*OwnInspectionSerializer.Meta.fields, "answers", "remarks", "reports", "missing")

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_answers(self, row: SelfInspection) -> Any:
        given = {answer.code: answer for answer in row.answers.all()}
        return [
            {
                "code": question.code,
                "kind": question.kind,
                "question": str(question.ask),
                "sheet": question.sheet,
                "choices": {code: str(label) for code, label in question.choices},
                "value": given[question.code].value if question.code in given else None,
                "version": given[question.code].version if question.code in given else 0,
            }
            for question in template_of(row).questions
        ]

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_remarks(self, row: SelfInspection) -> Any:
        return list(row.remarks.order_by("pk").values("code", "text", "at", "settled_at"))

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_reports(self, row: SelfInspection) -> Any:
        return list(row.reports.order_by("number").values("number", "sha256", "submitted_at", "signed_name", "late"))

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_missing(self, row: SelfInspection) -> Any:
        return [{"text": one.text, "url": one.url} for one in missing_answers(row)]


class AnswerInput(serializers.Serializer[Any]):
    """An answer: a number, a text, the code of a choice or a day."""

    value = serializers.CharField(max_length=10_000, trim_whitespace=False)


class RowsInput(serializers.Serializer[Any]):
    """Rows of a sheet by field names."""

    rows = serializers.ListField(child=serializers.DictField(), min_length=1, max_length=20_000)


class SignInput(serializers.Serializer[Any]):
    """The leader's name as signature."""

    signed_name = serializers.CharField(max_length=80)


def _sheet(code: str) -> Sheet:
    if code not in SHEETS:
        raise Http404
    return SHEETS[code]


class SheetFileInput(serializers.Serializer[Any]):
    """A table with the sheet's columns in its first row, at most 20 MB."""

    file = serializers.FileField()

    def validate_file(self, file: Any) -> Any:
        """Refuse what is too large to be read at once."""
        if file.size > MAX_SHEET_BYTES:
            raise serializers.ValidationError(_("文件超过 20 MB。可以分成几份再导入。"))
        return file


class RefusedLineSerializer(serializers.Serializer[Any]):
    """A line that was not taken, by field."""

    line = serializers.IntegerField()
    given = serializers.DictField(source="cells")
    wrong = serializers.DictField(child=serializers.CharField())


class SheetResultSerializer(serializers.Serializer[Any]):
    """What became of the file."""

    taken = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    refused = RefusedLineSerializer(many=True)
    unknown = serializers.ListField(child=serializers.CharField())


class OwnInspectionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """The self-inspections of the units that the caller leads today, from the day of issue on."""

    model = SelfInspection

    def get_serializer_class(self) -> Any:
        return OwnInspectionSerializer if self.action == "list" else OwnInspectionDetailSerializer

    def rows(self) -> Any:
        rows = SelfInspection.objects.for_leader(reader(self.request))
        return rows.select_related("unit__merged_into", "stage", "campaign_unit__campaign").order_by("pk")

    def _again(self, row: SelfInspection, code: int = status.HTTP_200_OK) -> Response:
        fresh = self.rows().filter(pk=row.pk).first()
        if fresh is None:
            raise Http404
        return Response(OwnInspectionDetailSerializer(fresh, context=self.get_serializer_context()).data, status=code)

    @extend_schema(request=None, responses={200: OwnInspectionDetailSerializer})
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: str) -> Response:
        """Sign for the task; a second time changes nothing."""
        row = self.get_object()
        acknowledge(row, actor=reader(request), at=clock.now())
        return self._again(row)

    @extend_schema(request=AnswerInput, responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["put"], url_path="answers/(?P<code>[a-z_]+)")
    def answer(self, request: Request, pk: str, code: str) -> Response:
        """Save an answer; ``If-Match`` carries the version of the answer, 0 when there is none yet."""
        row = self.get_object()
        given = AnswerInput(data=request.data)
        given.is_valid(raise_exception=True)
        version = expected_version(request)
        saved = save_answer(
            row, code, given.validated_data["value"], version=version, actor=reader(request), at=clock.now()
        )
        return Response({"code": saved.code, "value": saved.value, "version": saved.version}, headers=etag(saved))

    @extend_schema(request=RowsInput, responses={200: OpenApiTypes.OBJECT, 201: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["get", "post"], url_path="rows/(?P<sheet>[a-z]+)")
    def sheet_rows(self, request: Request, pk: str, sheet: str) -> Response:
        """List the rows of a sheet, or add some: all or none."""
        row, table = self.get_object(), _sheet(sheet)
        if request.method == "POST":
            given = RowsInput(data=request.data)
            given.is_valid(raise_exception=True)
            made = add_rows(row, table.code, given.validated_data["rows"], actor=reader(request), at=clock.now())
            return Response({"added": len(made)}, status=status.HTTP_201_CREATED)
        rows = [{"id": one.pk, "version": one.version, **content_of(table, one)} for one in rows_of(row, table)]
        return Response({"sheet": table.code, "rows": rows})

    @extend_schema(request=OpenApiTypes.OBJECT, responses={200: OpenApiTypes.OBJECT, 204: None})
    @action(detail=True, methods=["put", "delete"], url_path="rows/(?P<sheet>[a-z]+)/(?P<row_id>[0-9]+)")
    def sheet_row(self, request: Request, pk: str, sheet: str, row_id: str) -> Response:
        """Change a row (``If-Match`` carries its version) or take it out of the draft."""
        row, table = self.get_object(), _sheet(sheet)
        if request.method == "DELETE":
            remove_row(row, table.code, int(row_id), actor=reader(request), at=clock.now())
            return Response(status=status.HTTP_204_NO_CONTENT)
        if not isinstance(request.data, dict):
            raise Invalid(_("一行是一个对象，按字段名给出。"))
        version = expected_version(request)
        changed = change_row(
            row, table.code, int(row_id), request.data, version=version, actor=reader(request), at=clock.now()
        )
        return Response({"id": changed.pk, "version": changed.version, **content_of(table, changed)})

    @extend_schema(request={"multipart/form-data": OpenApiTypes.OBJECT}, responses={201: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["post"], url_path="files/(?P<code>[a-z_]+)", parser_classes=[MultiPartParser])
    def files(self, request: Request, pk: str, code: str) -> Response:
        """Add a file to a question."""
        row = self.get_object()
        given = request.FILES.get("file")
        if given is None:
            raise Invalid(_("没有文件，或上传中断。字段名是 file。"))
        user, at = reader(request), clock.now()
        blob = store_blob(given.chunks(), actor=user, at=at, max_bytes=MAX_BYTES)
        added = attach(row, code, blob, given.name or "", actor=user, at=at)
        return Response({"id": added.pk, "name": added.name, "sha256": blob.sha256}, status=status.HTTP_201_CREATED)

    @extend_schema(
        responses={204: None}, parameters=[OpenApiParameter("attachment", int, OpenApiParameter.PATH)], request=None
    )
    @action(detail=True, methods=["delete"], url_path="attachments/(?P<attachment>[0-9]{1,18})")
    def drop_file(self, request: Request, pk: str, attachment: str) -> Response:
        """Take a file out of the draft; submitted versions keep theirs."""
        row = self.get_object()
        detach(row, self.one_of(row.attachments.filter(removed_at=None), attachment), **self.by())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        request={"multipart/form-data": SheetFileInput},
        responses=SheetResultSerializer,
        parameters=[OpenApiParameter("sheet", str, OpenApiParameter.PATH)],
    )
    @action(detail=True, methods=["post"], url_path="rows/(?P<sheet>[a-z]+)/import", parser_classes=[MultiPartParser])
    def import_sheet(self, request: Request, pk: str, sheet: str) -> Response:
        """Take the rows of a CSV or XLSX file into a sheet; what cannot be taken comes back line by line."""
        row, table = self.get_object(), _sheet(sheet)
        file = taken(SheetFileInput(data=request.data))["file"]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / ("sheet.xlsx" if (file.name or "").lower().endswith(".xlsx") else "sheet.csv")
            with path.open("wb") as out:
                for chunk in file.chunks():
                    out.write(chunk)
            result = import_rows(row, table.code, path, **self.by())
        return Response(SheetResultSerializer(result).data)

    @extend_schema(request=SignInput, responses={200: OwnInspectionDetailSerializer})
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, pk: str) -> Response:
        """Sign and submit; what is missing is listed whole."""
        row = self.get_object()
        given = SignInput(data=request.data)
        given.is_valid(raise_exception=True)
        submit_report(row, signed_name=given.validated_data["signed_name"], actor=reader(request), at=clock.now())
        return self._again(row)


class OwnRectificationSerializer(serializers.ModelSerializer[Rectification]):
    """A duty as its unit sees it; how it is checked stays with the commission."""

    unit = serializers.CharField(source="campaign_unit.unit.name", read_only=True)

    class Meta:
        model = Rectification
        fields = ("id", "unit", "title", "measures", "state", "due_on", "done", "reported_at", "remark")
        read_only_fields = fields


class ResultInput(serializers.Serializer[Any]):
    """What was done."""

    done = serializers.CharField(max_length=4000)


class OwnRectificationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """The rectification duties of the units that the caller leads today."""

    model = Rectification
    serializer_class = OwnRectificationSerializer

    def rows(self) -> Any:
        rows = Rectification.objects.for_leader(reader(self.request))
        return rows.select_related("campaign_unit__unit", "inspection").order_by("pk")

    @extend_schema(request=ResultInput, responses={200: OwnRectificationSerializer})
    @action(detail=True, methods=["post"])
    def report(self, request: Request, pk: str) -> Response:
        """Report what was done."""
        duty = self.get_object()
        given = ResultInput(data=request.data)
        given.is_valid(raise_exception=True)
        done = report_rectification(duty, done=given.validated_data["done"], actor=reader(request), at=clock.now())
        return Response(OwnRectificationSerializer(done).data)


class OwnPaperSerializer(serializers.ModelSerializer[UnitPaper]):
    """A paper as its unit reads it, with the unit's answer."""

    unit = serializers.CharField(source="campaign_unit.unit.name", read_only=True)

    class Meta:
        model = UnitPaper
        fields = (
            "id", "unit", "kind", "number", "state", "title", "facts", "causes", "advice", "feedback", "objection",
            "reply_by", "sent_at", "answer", "answered_at", "late", "remark",
        )  # fmt: skip
        read_only_fields = fields


class ReplyInput(serializers.Serializer[Any]):
    """The answer, with a proof where there is one."""

    answer = serializers.CharField(max_length=8000)
    proof = serializers.FileField(required=False)


class OwnPaperViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """整改通知书 and 监察建议书 to the units that the caller leads today."""

    model = UnitPaper
    serializer_class = OwnPaperSerializer

    def rows(self) -> Any:
        return UnitPaper.objects.for_leader(reader(self.request)).select_related("campaign_unit__unit").order_by("pk")

    @extend_schema(
        request={"multipart/form-data": ReplyInput, "application/json": ReplyInput}, responses=OwnPaperSerializer
    )
    @action(detail=True, methods=["post"], url_path="answer", parser_classes=[MultiPartParser, JSONParser])
    def reply(self, request: Request, pk: str) -> Response:
        """Answer in the name of the unit; after the day it is taken and marked late."""
        row, user, at = self.get_object(), reader(request), clock.now()
        given = taken(ReplyInput(data=request.data))
        file = given.get("proof")
        proof = store_blob(file.chunks(), actor=user, at=at, max_bytes=MAX_BYTES) if file else None
        name = file.name if file else ""
        return self.shown(answer_paper(row, given["answer"], proof=proof, proof_name=name, actor=user, at=at))


routes = [
    ("portal/papers", OwnPaperViewSet, "own-paper"),
    ("portal/self-inspections", OwnInspectionViewSet, "own-self-inspection"),
    ("portal/rectifications", OwnRectificationViewSet, "own-rectification"),
]
