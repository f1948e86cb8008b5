"""Handing a stored file out: always as a download, never rendered in our origin."""

from urllib.parse import quote

from django.http import FileResponse

from casework.files import storage
from casework.files.models import Blob


def download(blob: Blob, filename: str) -> FileResponse:
    """Return the file as an attachment. The caller has checked the right and written the ledger entry."""
    response = FileResponse(storage.open_blob(blob.sha256), content_type="application/octet-stream")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(filename)}"
    response["Content-Length"] = str(blob.size)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
