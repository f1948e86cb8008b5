"""Official documents over the API: what there is and where it stands; texts and files are fetched on the pages."""

from typing import Any

from rest_framework import mixins, serializers

from casework.api.base import VisibleViewSet
from casework.api.filters import KeyFilterSet
from casework.documents.models import Document


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


class DocumentViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """Official documents (公文)."""

    model = Document
    serializer_class = DocumentSerializer
    filterset_class = DocumentFilter

    updated_field = "updated_at"

    def rows(self) -> Any:
        """Return the documents the reader may know of, with their files."""
        return super().rows().select_related("pdf", "docx", "signed")


routes = [("documents", DocumentViewSet, "document")]
