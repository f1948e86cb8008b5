"""Handing a stored file out: always as a download, never rendered in our origin."""

import io
import re
import tempfile
from collections.abc import Mapping
from pathlib import PurePath
from typing import BinaryIO, cast
from urllib.parse import quote

from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase

from casework.files import previews, storage
from casework.files.models import Blob

#: One stretch of a file, as programs ask for it that go on with a download: from, to, or so many bytes of the end.
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
BLOCK = 1 << 18


def download(blob: Blob, filename: str, asked: Mapping[str, str] | None = None) -> HttpResponseBase:
    """Return the file as an attachment. The caller has checked the right and written the ledger entry.

    With the request's headers in ``asked``, a download that broke off goes on where it ended (``Range``).
    """
    tag = f'"{blob.sha256}"'
    start, end = _stretch(blob, asked or {}, tag)
    if start >= end:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{blob.size}"})
    stream = storage.open_blob(blob.sha256)
    whole = (start, end) == (0, blob.size)
    response = _attachment(stream if whole else _Stretch(stream, start, end), filename, end - start)
    response["Accept-Ranges"], response["ETag"] = "bytes", tag
    if not whole:
        response.status_code = 206
        response["Content-Range"] = f"bytes {start}-{end - 1}/{blob.size}"
    return response


def _stretch(blob: Blob, asked: Mapping[str, str], tag: str) -> tuple[int, int]:
    """Return from where to where is asked for; the whole file where that is not said, or of another file."""
    found = _RANGE.fullmatch(asked.get("Range", ""))
    if found is None or found[0] == "bytes=-" or asked.get("If-Range", tag) != tag:
        return 0, blob.size
    if not found[1]:
        return max(0, blob.size - int(found[2])), blob.size
    return int(found[1]), min(int(found[2]) + 1 if found[2] else blob.size, blob.size)


class _Stretch(io.RawIOBase):
    """A part of a stored file."""

    def __init__(self, stream: BinaryIO, start: int, end: int) -> None:
        self._stream, self._left = stream, end - start
        stream.seek(start)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        chunk = self._stream.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(chunk)
        return chunk

    def close(self) -> None:
        self._stream.close()
        super().close()


def download_marked(blob: Blob, filename: str, mark: str) -> FileResponse | None:
    """Return a copy with the mark across every page as an attachment; None when the file is no picture or PDF.

    Raises:
        LookupError: it cannot be drawn, or is too long.
        FileNotFoundError: storage has lost it.
    """
    copy = cast("BinaryIO", tempfile.SpooledTemporaryFile(max_size=1 << 22))  # noqa: SIM115  (closed by the response)
    with previews.at_hand(blob.sha256) as path:
        suffix = previews.copy_with_mark(path, mark, copy)
    if not suffix:
        copy.close()
        return None
    size = copy.tell()
    copy.seek(0)
    return _attachment(copy, PurePath(filename).stem + suffix, size)


def _attachment(stream: BinaryIO | _Stretch, filename: str, size: int) -> FileResponse:
    response = FileResponse(stream, content_type="application/octet-stream")
    response.block_size = BLOCK
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(filename)}"
    response["Content-Length"] = str(size)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
