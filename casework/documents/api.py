"""Official documents over the API: drafted, issued, served, withdrawn, bound and fetched by the services of the pages."""

from typing import Any

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from casework.access.policy import require
from casework.accounts.requests import reader
from casework.api.base import VisibleViewSet, check_version, create_once, expected_version
from casework.api.filters import KeyFilterSet
from casework.api.inputs import StatedReasonInput, taken
from casework.core import clock
from casework.core.wake import wake
from casework.documents.catalogue import current
from casework.documents.filling import wrong_inputs
from casework.documents.models import Document, Job, OwnTemplate
from casework.documents.registry import Subject, collected, has_case_file, offered, subject_of
from casework.documents.services.documents import (
    NUMBER,
    attach_signed,
    draft_document,
    issue_document,
    note_download,
    redraft_document,
    return_document,
    serve_document,
    submit_document,
    withdraw_document,
)
from casework.documents.services.jobs import cancel_job, note_job_download, request_case_file
from casework.documents.services.rendering import check_document, data_of, draw_document, draw_document_docx
from casework.documents.services.templates import activate_template, draft_template, retire_template
from casework.files.responses import download


def _drawn(data: bytes, name: str) -> HttpResponse:
    """Return a draft drawn now as a download; nothing of it is kept."""
    response = HttpResponse(data, content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _subject(request: Request, ref: str) -> Subject:
    """Return the thing that the caller may know of, or the 404 that an absent one gets too."""
    found = subject_of(ref, reader(request))
    if found is None:
        raise Http404
    return found


class DocumentSerializer(serializers.ModelSerializer[Document]):
    """One official document with its number, digests and state."""

    pdf_sha256 = serializers.CharField(source="pdf.sha256", default="", help_text="SHA-256 of the PDF")
    docx_sha256 = serializers.CharField(source="docx.sha256", default="", help_text="SHA-256 of the DOCX")
    signed_sha256 = serializers.CharField(source="signed.sha256", default="", help_text="SHA-256 of the signed copy")

    class Meta:
        model = Document
        fields = (
            "id", "code", "kind", "template_version", "subject", "title", "number", "state", "digest", "pages",
            "pdf_sha256", "docx_sha256", "signed_sha256", "drafted_at", "issued_at", "issued_on", "served_on",
            "withdrawn_at", "withdrawn_reason", "updated_at", "version",
        )  # fmt: skip
        read_only_fields = fields


class DocumentFilter(KeyFilterSet):
    """``?code=&state=&subject=case:42&number=``"""

    class Meta:
        model = Document
        fields = ("code", "state", "subject", "number")


class DocumentOfferSerializer(serializers.Serializer[Any]):
    """A document that can be made of the thing, what the records hold for it, and what is still missing."""

    code = serializers.CharField()
    name = serializers.CharField()
    inputs = serializers.ListField(child=serializers.DictField())
    data: Any = serializers.DictField()
    missing = serializers.DictField(child=serializers.CharField())


class DraftInput(serializers.Serializer[Any]):
    """Of what, which kind, and what is typed over what the records hold."""

    subject = serializers.CharField(max_length=60, help_text="for example case:42")
    code = serializers.SlugField(max_length=40)
    data: Any = serializers.DictField(required=False, default=dict)


class RedraftInput(serializers.Serializer[Any]):
    """The whole data of the draft."""

    data: Any = serializers.DictField()


class ContentSerializer(serializers.Serializer[Any]):
    """The data that the document is made of."""

    data: Any = serializers.DictField()


class IssueDocumentInput(serializers.Serializer[Any]):
    """The day on the document; today when left out."""

    issued_on = serializers.DateField(required=False)


class ServeInput(serializers.Serializer[Any]):
    """To whom and when it was handed over."""

    served_on = serializers.DateField()
    receiver = serializers.CharField(max_length=80)


class ShortReasonInput(StatedReasonInput):
    """Why it is given back or taken back."""

    reason = serializers.CharField(max_length=300)


class SignedInput(serializers.Serializer[Any]):
    """The scan of the signed copy, PDF or picture."""

    file = serializers.FileField()


class DocumentCheckSerializer(serializers.Serializer[Any]):
    """Whether the document drawn again has the bytes of the stored one."""

    same = serializers.BooleanField()
    stored = serializers.CharField()
    drawn = serializers.CharField()
    data_intact = serializers.BooleanField()
    engine_changed = serializers.ListField(child=serializers.CharField())


class DocumentViewSet(mixins.ListModelMixin, VisibleViewSet):
    """Official documents (公文); acts name the version that was read by ``If-Match``."""

    model = Document
    serializer_class = DocumentSerializer
    filterset_class = DocumentFilter

    updated_field = "updated_at"

    def rows(self) -> Any:
        """Return the documents the reader may know of, with their files."""
        return super().rows().select_related("pdf", "docx", "signed")

    def retrieve(self, request: Request, pk: str = "") -> Response:
        """Return one document."""
        return self.shown(self.get_object())

    @extend_schema(
        parameters=[OpenApiParameter("subject", str, required=True)],
        responses=DocumentOfferSerializer(many=True),
        filters=False,
    )
    @action(detail=False, methods=["get"], pagination_class=None)
    def offers(self, request: Request) -> Response:
        """Return what can be made of a thing now, with what the records hold for it."""
        subject, user = _subject(request, request.query_params.get("subject", "")), reader(request)
        require(user, "document.draft")
        found = []
        for code in offered(subject):
            template, _own = current(code)
            known = collected(code, subject, user, clock.now())
            known.pop(NUMBER, None)
            inputs = [{"name": one.name, "label": one.label, "type": one.type} for one in template.inputs]
            missing = wrong_inputs(template, known)
            found.append({"code": code, "name": template.name, "inputs": inputs, "data": known, "missing": missing})
        return Response(DocumentOfferSerializer(found, many=True).data)

    @extend_schema(request=DraftInput, responses={201: DocumentSerializer})
    def create(self, request: Request) -> Response:
        """Draft a document: what is not given is what the records hold."""
        given = taken(DraftInput(data=request.data))
        subject, user = _subject(request, given["subject"]), reader(request)
        if given["code"] not in offered(subject):
            raise Http404
        require(user, "document.draft")

        def create() -> Response:
            known = collected(given["code"], subject, user, clock.now())
            number = str(known.pop(NUMBER, ""))
            row = draft_document(subject, given["code"], {**known, **given["data"]}, number=number, **self.by())
            return self.shown(row, status.HTTP_201_CREATED)

        return create_once(request, create)

    @extend_schema(responses=ContentSerializer)
    @action(detail=True, methods=["get"])
    def content(self, request: Request, pk: str = "") -> Response:
        """Return the data that the document is made of."""
        return Response({"data": data_of(self.get_object())})

    @extend_schema(request=RedraftInput, responses=DocumentSerializer)
    def update(self, request: Request, pk: str = "") -> Response:
        """Change a draft."""
        row, version = self.get_object(), expected_version(request)
        given = taken(RedraftInput(data=request.data))
        return self.shown(redraft_document(row, given["data"], version=version, **self.by()))

    @extend_schema(request=None, responses=DocumentSerializer)
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, pk: str = "") -> Response:
        """Send the draft to be signed; its data do not change any more."""
        return self.shown(submit_document(self._row(request), **self.by()))

    @extend_schema(request=ShortReasonInput, responses=DocumentSerializer)
    @action(detail=True, methods=["post"], url_path="return")
    def send_back(self, request: Request, pk: str = "") -> Response:
        """Give it back to be changed, with the reason."""
        row = self._row(request)
        return self.shown(return_document(row, **taken(ShortReasonInput(data=request.data)), **self.by()))

    @extend_schema(request=IssueDocumentInput, responses=DocumentSerializer)
    @action(detail=True, methods=["post"])
    def issue(self, request: Request, pk: str = "") -> Response:
        """Sign and issue: the number is given now; a large document is drawn by a worker."""
        row = issue_document(self._row(request), **taken(IssueDocumentInput(data=request.data)), **self.by())
        for job in row.jobs.filter(state="queued"):
            wake("documents.run", job.pk)
        return self.shown(row)

    @extend_schema(request=ServeInput, responses=DocumentSerializer)
    @action(detail=True, methods=["post"])
    def serve(self, request: Request, pk: str = "") -> Response:
        """Note that it was handed over, to whom and when."""
        row = self._row(request)
        return self.shown(serve_document(row, **taken(ServeInput(data=request.data)), **self.by()))

    @extend_schema(request=ShortReasonInput, responses=DocumentSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str = "") -> Response:
        """Take it back with a reason; its number stays used."""
        row = self._row(request)
        return self.shown(withdraw_document(row, **taken(ShortReasonInput(data=request.data)), **self.by()))

    @extend_schema(request={"multipart/form-data": SignedInput}, responses=DocumentSerializer)
    @action(detail=True, methods=["post"], parser_classes=[MultiPartParser])
    def signed(self, request: Request, pk: str = "") -> Response:
        """Keep the scan of the signed and sealed copy beside the document."""
        row = self._row(request)
        require(reader(request), "document.attach", row)
        file = taken(SignedInput(data=request.data))["file"]
        return self.shown(attach_signed(row, file.chunks(), file.name, **self.by()))

    @extend_schema(request=None, responses=DocumentCheckSerializer)
    @action(detail=True, methods=["post"])
    def check(self, request: Request, pk: str = "") -> Response:
        """Draw it again from what was frozen and compare the bytes."""
        row = self.get_object()
        require(reader(request), "document.download", row)
        if row.pdf is None:
            raise Http404
        return Response(DocumentCheckSerializer(check_document(row, **self.by())).data)

    @extend_schema(
        parameters=[OpenApiParameter("what", str, OpenApiParameter.PATH, enum=["pdf", "docx", "signed"])],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    @action(detail=True, methods=["get"], url_path="files/(?P<what>pdf|docx|signed)")
    def file(self, request: Request, pk: str = "", what: str = "") -> Any:
        """Fetch a file of an issued document; the ledger knows of it first."""
        row = self.get_object()
        blob = {"pdf": row.pdf, "docx": row.docx, "signed": row.signed}[what]
        if blob is None and (what == "signed" or row.number):
            raise Http404
        note_download(row, what, **self.by())
        name = f"{row.kind}{row.number or '（草稿）'}"
        if blob is not None:
            return download(blob, row.signed_name if what == "signed" else f"{name}.{what}")
        return _drawn(draw_document(row) if what == "pdf" else draw_document_docx(row), f"draft-{row.pk}.{what}")

    def _row(self, request: Request) -> Document:
        row: Document = self.get_object()
        check_version(request, row)
        return row


class JobSerializer(serializers.ModelSerializer[Job]):
    """Something being made in the background, and how far it is."""

    class Meta:
        model = Job
        fields = (
            "id", "kind", "state", "document", "subject", "title", "done", "total", "message", "pages", "asked_by",
            "asked_at", "ended_at",
        )  # fmt: skip
        read_only_fields = fields


class BindInput(serializers.Serializer[Any]):
    """Whose file is to be bound."""

    subject = serializers.CharField(max_length=60, help_text="for example case:42")


class JobViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """Whole case files (案卷) being bound, and large documents being drawn."""

    model = Job
    serializer_class = JobSerializer
    filterset_fields = ("kind", "state", "subject")

    @extend_schema(request=BindInput, responses={201: JobSerializer})
    def create(self, request: Request) -> Response:
        """Have the whole file of the thing bound; one at a time."""
        subject = _subject(request, taken(BindInput(data=request.data))["subject"])
        if not has_case_file(subject):
            raise Http404

        def create() -> Response:
            job = request_case_file(subject, **self.by())
            wake("documents.run", job.pk)
            return self.shown(job, status.HTTP_201_CREATED)

        return create_once(request, create)

    @extend_schema(request=None, responses=JobSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str = "") -> Response:
        """Stop it; what was made so far is thrown away."""
        return self.shown(cancel_job(self.get_object(), **self.by()))

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def file(self, request: Request, pk: str = "") -> Any:
        """Fetch the bound file; the ledger knows of it first."""
        row = self.get_object()
        require(reader(request), "document.download", row)
        if row.result is None:
            raise Http404
        note_job_download(row, **self.by())
        return download(row.result, f"{row.title}.pdf")


class OwnTemplateSerializer(serializers.ModelSerializer[OwnTemplate]):
    """The commission's own version of a template."""

    class Meta:
        model = OwnTemplate
        fields = (
            "id", "code", "number", "name", "source", "state", "note", "made_by", "made_at", "activated_by",
            "activated_at", "version",
        )  # fmt: skip
        read_only_fields = fields


class OwnTemplateInput(serializers.Serializer[Any]):
    """The text of the own version; ``version`` is that of the draft that was read, 0 for the first."""

    code = serializers.SlugField(max_length=40)
    text = serializers.CharField(trim_whitespace=False)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    version = serializers.IntegerField(required=False, min_value=0, default=0)


class OwnTemplateViewSet(mixins.ListModelMixin, VisibleViewSet):
    """The commission's own versions of document templates."""

    model = OwnTemplate
    serializer_class = OwnTemplateSerializer
    filterset_fields = ("code", "state")

    def retrieve(self, request: Request, pk: str = "") -> Response:
        """Return one version."""
        return self.shown(self.get_object())

    @extend_schema(request=OwnTemplateInput, responses={201: OwnTemplateSerializer})
    def create(self, request: Request) -> Response:
        """Keep a draft of the own version; there is one draft of a kind."""
        require(reader(request), "document_template.draft")
        given = taken(OwnTemplateInput(data=request.data))
        row = draft_template(given["code"], given["text"], note=given["note"], version=given["version"], **self.by())
        return self.shown(row, status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=OwnTemplateSerializer)
    @action(detail=True, methods=["post"])
    def activate(self, request: Request, pk: str = "") -> Response:
        """Switch the draft on; never by whoever made it."""
        return self.shown(activate_template(self._row(request), **self.by()))

    @extend_schema(request=None, responses=OwnTemplateSerializer)
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, pk: str = "") -> Response:
        """Switch it off: new documents are made with the product's template again."""
        return self.shown(retire_template(self._row(request), **self.by()))

    def _row(self, request: Request) -> OwnTemplate:
        row: OwnTemplate = self.get_object()
        check_version(request, row)
        return row


routes = [
    ("documents", DocumentViewSet, "document"),
    ("document-jobs", JobViewSet, "document-job"),
    ("document-templates", OwnTemplateViewSet, "document-template"),
]
