"""A small S3 server on loopback for tests: signatures and digests are checked, keys written once, parts put together.

It can be told to fail as servers do: to be away, to cut lines, to take second writes, to change what it keeps.
"""

import base64
import hashlib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

from casework.files.s3_wire import Place, signature

ACCESS, SECRET, BUCKET, REGION = "house", "a+secret/of=the house", "evidence", "cn-house-1"


@dataclass
class Bucket:
    """What the server holds, and how it is to misbehave."""

    port: int = 0
    objects: dict[str, bytes] = field(default_factory=dict)
    #: Key → mode of the retention, "" for none.
    held: dict[str, str] = field(default_factory=dict)
    began: dict[str, tuple[str, datetime, dict[int, bytes]]] = field(default_factory=dict)
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)
    away: int = 0  # so many requests, from now on, are hung up upon
    busy: int = 0  # so many are told to come again
    cut: int = 0  # so many answers to GET break off in the middle
    after: int = -1  # away for good once so many more requests were answered
    overwrites: bool = False  # knows nothing of If-None-Match
    forbids: bool = False
    scheme: str = "http"
    late_error: bool = False  # 200 and then an error, as for a large file that was put together in vain

    @property
    def endpoint(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def place(self) -> Place:
        return Place(self.endpoint, BUCKET, "", REGION, ACCESS, SECRET)

    def methods(self) -> list[str]:
        """Return the methods of the requests that were answered, in order."""
        return [method for method, _path, _headers in self.seen]


def handler(bucket: Bucket) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_arguments: Any) -> None:
            return

        def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            if "Content_Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True

        def _error(self, status: int, code: str) -> None:
            self._answer(status, f"<Error><Code>{code}</Code></Error>".encode())

        def _handle(self) -> None:  # noqa: RET503  (every branch answers)
            self.close_connection = True
            with bucket.lock:
                if bucket.after > 0:
                    bucket.after -= 1
                elif bucket.after == 0:
                    bucket.away = 10**9
                away, busy = bucket.away, bucket.busy
                bucket.away, bucket.busy = max(0, away - 1), max(0, busy - (not away))
            if away:
                return None
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            given = {name.lower(): value for name, value in self.headers.items()}
            with bucket.lock:
                bucket.seen.append((self.command, self.path, given))
            if busy:
                return self._error(503, "SlowDown")
            if bucket.forbids or not self._signed(parts.path, parts.query, given):
                return self._error(403, "AccessDenied" if bucket.forbids else "SignatureDoesNotMatch")
            if hashlib.sha256(body).hexdigest() != given["x-amz-content-sha256"]:
                return self._error(400, "XAmzContentSHA256Mismatch")
            checksum = base64.b64encode(hashlib.sha256(body).digest()).decode()
            if given.get("x-amz-checksum-sha256", checksum) != checksum:
                return self._error(400, "BadDigest")
            key = parts.path.removeprefix(f"/{BUCKET}").lstrip("/")
            with bucket.lock:
                getattr(self, f"_{self.command.lower()}")(key, query, body, given)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _handle  # noqa: N815  (named by the library)

        def _signed(self, path: str, query: str, given: dict[str, str]) -> bool:
            said = given.pop("authorization")
            named = re.search(r"SignedHeaders=([^,]+)", said)
            assert named is not None
            chosen = {name: given[name] for name in named[1].split(";")}
            assert {"host", "x-amz-date", "x-amz-content-sha256"} <= chosen.keys()
            digest, stamp = given["x-amz-content-sha256"], given["x-amz-date"]
            return said == signature(bucket.place, self.command, path, query, chosen, digest, stamp)

        def _get(self, key: str, query: dict[str, str], _body: bytes, given: dict[str, str]) -> None:
            if "versioning" in query:
                return self._answer(200, b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
            if "object-lock" in query:
                return self._error(404, "ObjectLockConfigurationNotFoundError")
            if "uploads" in query:
                return self._answer(200, self._begun())
            data = bucket.objects.get(key)
            if data is None:
                return self._error(404, "NoSuchKey")
            tag = f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'
            if given.get("if-match", tag) != tag:
                return self._error(412, "PreconditionFailed")
            start = int(given["range"].removeprefix("bytes=").rstrip("-")) if "range" in given else 0
            shown = data[start:]
            if bucket.cut:
                bucket.cut -= 1
                return self._answer(
                    206 if start else 200, shown[: len(shown) // 2], Content_Length=str(len(shown)), ETag=tag
                )
            status = 206 if "range" in given else 200
            return self._answer(status, shown, ETag=tag)

        def _begun(self) -> bytes:
            rows = "".join(
                f"<Upload><Key>{key}</Key><UploadId>{name}</UploadId><Initiated>{at:%Y-%m-%dT%H:%M:%S.000Z}</Initiated></Upload>"
                for name, (key, at, _parts) in bucket.began.items()
            )
            return f"<ListMultipartUploadsResult>{rows}</ListMultipartUploadsResult>".encode()

        def _head(self, key: str, _query: dict[str, str], _body: bytes, _given: dict[str, str]) -> None:
            data = bucket.objects.get(key)
            if data is None:
                return self._answer(404)
            return self._answer(200, Content_Length=str(len(data)), x_amz_object_lock_mode=bucket.held.get(key, ""))

        def _put(self, key: str, query: dict[str, str], body: bytes, given: dict[str, str]) -> None:
            if "retention" in query:
                bucket.held[key] = re.findall(r"<Mode>(.+)</Mode>", body.decode())[0]
                return self._answer(200)
            if "partNumber" in query:
                if query["uploadId"] not in bucket.began:
                    return self._error(404, "NoSuchUpload")
                bucket.began[query["uploadId"]][2][int(query["partNumber"])] = body
                return self._answer(200, ETag=f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"')
            if "x-amz-object-lock-mode" in given and not {"content-md5", "x-amz-sdk-checksum-algorithm"} & given.keys():
                return self._error(400, "MissingUploadObjectWithObjectLockHeaders")
            if self._there(key, given):
                return self._error(412, "PreconditionFailed")
            bucket.objects[key] = body
            bucket.held[key] = given.get("x-amz-object-lock-mode", "")
            return self._answer(200)

        def _there(self, key: str, given: dict[str, str]) -> bool:
            return key in bucket.objects and given.get("if-none-match") == "*" and not bucket.overwrites

        def _post(self, key: str, query: dict[str, str], body: bytes, given: dict[str, str]) -> None:
            if "uploads" in query:
                name = f"upload&{uuid4()}"
                bucket.began[name] = (key, datetime.now(UTC), {})
                return self._answer(200, f"<R><UploadId>{name.replace('&', '&amp;')}</UploadId></R>".encode())
            if query["uploadId"] not in bucket.began:
                return self._error(404, "NoSuchUpload")
            if self._there(key, given):
                return self._error(412, "PreconditionFailed")
            if bucket.late_error:
                return self._answer(200, b"<Error><Code>InternalError</Code></Error>")
            _key, _at, parts = bucket.began[query["uploadId"]]
            listed = re.findall(r"<PartNumber>(\d+)</PartNumber><ETag>(.+?)</ETag>", body.decode())
            for number, tag in listed:
                assert tag == f'"{hashlib.md5(parts[int(number)], usedforsecurity=False).hexdigest()}"'
            bucket.objects[key] = b"".join(parts[int(number)] for number, _tag in listed)
            del bucket.began[query["uploadId"]]
            return self._answer(200, b"<CompleteMultipartUploadResult></CompleteMultipartUploadResult>")

        def _delete(self, _key: str, query: dict[str, str], _body: bytes, _given: dict[str, str]) -> None:
            assert "uploadId" in query, "stored files are never deleted"
            bucket.began.pop(query["uploadId"], None)
            return self._answer(204)

    return Handler


@contextmanager
def s3_server(certificate: Path | None = None) -> Iterator[Bucket]:
    """Serve an empty bucket on a free port of this machine; over TLS with a file of certificate and key."""
    bucket = Bucket()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(bucket))
    server.daemon_threads = True
    if certificate is not None:
        bucket.scheme = "https"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    bucket.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield bucket
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def long_ago(bucket: Bucket) -> None:
    """Let everything that was begun be three days old."""
    for name, (key, at, parts) in bucket.began.items():
        bucket.began[name] = (key, at - timedelta(days=3), parts)
