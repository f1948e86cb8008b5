"""Handing a stored file out: always as a download, never rendered in our origin."""

import tempfile
from pathlib import PurePath
from typing import BinaryIO, cast
from urllib.parse import quote

from django.http import FileResponse

from casework.files import previews, storage
from casework.files.models import Blob


def download(blob: Blob, filename: str) -> FileResponse:
    """Return the file as an attachment. The caller has checked the right and written the ledger entry."""
    return _attachment(storage.open_blob(blob.sha256), filename, blob.size)


def download_marked(blob: Blob, filename: str, mark: str) -> FileResponse | None:
    """Return a copy with the mark across every page as an attachment; None when the file is no picture or PDF.

    Raises:
        LookupError: it cannot be drawn, or is too long.
        FileNotFoundError: storage has lost it.
    """
    copy = cast("BinaryIO", tempfile.SpooledTemporaryFile(max_size=1 << 22))  # noqa: SIM115  (closed by the response)
    suffix = previews.copy_with_mark(storage.path_of(blob.sha256), mark, copy)
    if not suffix:
        copy.close()
        return None
    size = copy.tell()
    copy.seek(0)
    return _attachment(copy, PurePath(filename).stem + suffix, size)


def _attachment(stream: BinaryIO, filename: str, size: int) -> FileResponse:
    response = FileResponse(stream, content_type="application/octet-stream")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(filename)}"
    response["Content-Length"] = str(size)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
