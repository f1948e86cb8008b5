"""Signed requests to an S3 server (Signature Version 4), with nothing but the standard library."""

import hashlib
import hmac
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

NOTHING: Final = hashlib.sha256(b"").hexdigest()
BLOCK: Final = 1 << 18
#: Between two signs of life of the server. Putting a large file together takes it a while.
SECONDS: Final = 120.0


@dataclass(frozen=True)
class Place:
    """Where the bucket is and how it is entered. ``authority`` is a file of certificates, "" for those of the machine."""

    endpoint: str
    bucket: str
    prefix: str
    region: str
    access: str
    secret: str = field(repr=False)
    authority: str = ""


class Slice:
    """A stretch of a file as the body of a request, read as it is sent."""

    def __init__(self, path: Path, start: int, length: int) -> None:
        self.length = length
        self._left = length
        self._stream = path.open("rb", buffering=0)
        self._stream.seek(start)

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        chunk = self._stream.read(min(self._left, BLOCK if size < 0 else size))
        self._left -= len(chunk)
        return chunk

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self.read():
            yield chunk

    def close(self) -> None:
        """Let the file go."""
        self._stream.close()


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


def signature(
    place: Place, method: str, path: str, query: str, headers: Mapping[str, str], digest: str, stamp: str
) -> str:
    """Return the ``Authorization`` header; ``headers`` have lower-case names, and all of them are signed."""
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in sorted(headers))
    asked = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{digest}"
    scope = f"{stamp[:8]}/{place.region}/s3/aws4_request"
    said = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(asked.encode()).hexdigest()}"
    key = f"AWS4{place.secret}".encode()
    for part in (stamp[:8], place.region, "s3", "aws4_request"):
        key = _hmac(key, part)
    signed = hmac.new(key, said.encode(), "sha256").hexdigest()
    return f"AWS4-HMAC-SHA256 Credential={place.access}/{scope}, SignedHeaders={names}, Signature={signed}"


@lru_cache(maxsize=4)
def trust(authority: str) -> ssl.SSLContext:
    """Return what a server's certificate is checked against; raises OSError when the file holds no certificates."""
    return ssl.create_default_context(cafile=authority or None)


def _line(place: Place) -> HTTPConnection:
    parts = urlsplit(place.endpoint)
    if parts.scheme == "https":
        return HTTPSConnection(parts.netloc, timeout=SECONDS, blocksize=BLOCK, context=trust(place.authority))
    return HTTPConnection(parts.netloc, timeout=SECONDS, blocksize=BLOCK)


def send(
    place: Place,
    method: str,
    key: str = "",
    *,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    body: bytes | Slice = b"",
    digest: str = NOTHING,
) -> tuple[HTTPConnection, HTTPResponse]:
    """Send one request about the key, or about the bucket; return the line and the answer, to be closed by the caller.

    ``digest`` is the SHA-256 of the body: it is signed, and the server refuses a body that differs. Signed with the real
    time, whatever day a demonstration plays on.

    Raises:
        OSError, http.client.HTTPException: the server was not reached, or hung up.
    """
    name = f"/{place.bucket}/{place.prefix}{key}" if key else f"/{place.bucket}"
    path = "/".join(_quoted(part) for part in name.split("/"))
    words = "&".join(f"{_quoted(one)}={_quoted(value)}" for one, value in sorted((query or {}).items()))
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    signed = {
        **{one.lower(): value for one, value in (headers or {}).items()},
        "host": urlsplit(place.endpoint).netloc,
        "x-amz-content-sha256": digest,
        "x-amz-date": stamp,
    }
    signed["authorization"] = signature(place, method, path, words, signed, digest, stamp)
    length = body.length if isinstance(body, Slice) else len(body)
    if length or method in {"PUT", "POST"}:
        signed["content-length"] = str(length)
    line = _line(place)
    try:
        line.putrequest(method, f"{path}?{words}" if words else path, skip_host=True, skip_accept_encoding=True)
        for one, value in signed.items():
            line.putheader(one, value)
        line.endheaders()
        try:
            for chunk in body if isinstance(body, Slice) else [body] if body else []:
                line.send(chunk)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it refused before the end; what it said may still be read
        return line, line.getresponse()
    except BaseException:
        line.close()
        raise
