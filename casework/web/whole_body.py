"""A form that breaks off on its way is not taken for a whole one.

A server hands the application what has come when the other side goes away. A form in parts has no end that Django would
miss, so the last file would be stored as far as it came. Uploads in pieces (tus) are not forms: what has come of them
counts.
"""

from collections.abc import Callable, Iterable
from typing import Any

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class WholeBody:
    """The body of a request that has to be as long as was stated."""

    def __init__(self, stream: Any, length: int) -> None:
        self._stream = stream
        self._left = length

    def read(self, size: int = -1) -> bytes:
        """Read as a file does; raise ``OSError`` where the body ends too early."""
        return self._counted(self._stream.read(size), size)

    def readline(self, size: int = -1) -> bytes:
        """Read one line as a file does; raise ``OSError`` where the body ends too early."""
        return self._counted(self._stream.readline(size), size)

    def _counted(self, data: bytes, wanted: int) -> bytes:
        self._left -= len(data)
        if not data and wanted and self._left > 0:
            raise OSError(f"the body ended {self._left} bytes early")
        return data


def whole_forms(application: Application) -> Application:
    """Return the application, which sees forms with files wholly or not at all."""

    def ask(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or ""
        if environ.get("CONTENT_TYPE", "").startswith("multipart/") and length.isdecimal():
            environ["wsgi.input"] = WholeBody(environ["wsgi.input"], int(length))
        return application(environ, start_response)

    return ask
