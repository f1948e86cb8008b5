"""Write-once storage on an S3 server: a file's key is its digest, and the server itself refuses a second write of it.

What is put together from parts is seen by nobody before it is whole, and it is made whole only when the bytes that were
sent have the digest under which they are to stand.
"""

import base64
import hashlib
import io
import logging
import re
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from html import unescape
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import Any, Final, cast

from casework.files.errors import StorageAway, StorageRefuses, StorageUntrusted, altered, differs, not_once
from casework.files.s3_wire import BLOCK, Place, Slice, send

logger = logging.getLogger(__name__)
#: A file up to this size goes in one request, a larger one in parts of it; a server takes 10,000 parts at most.
PART: Final = 64 * 1024**2
PARTS: Final = 10_000
#: Seconds before a request is made again that did not get through.
PAUSES: Final = (0.2, 1.0, 3.0)
#: Written twice before anything else is: the second time must be refused.
PROOF: Final = b"casework: a stored file is written once\n"
_LIST: Final = re.compile(r"<Upload>(.*?)</Upload>", re.DOTALL)


class _AgainError(Exception):
    """The server asks to try again."""


class S3Store:
    """One bucket, or a part of it. ``lock`` is mode and days of the retention that is asked for, None for the bucket's."""

    def __init__(self, place: Place, lock: tuple[str, int] | None = None) -> None:
        self.place, self.lock = place, lock
        self._proved = False

    # Reading --------------------------------------------------------------------------------------------------------

    def size_of(self, sha256: str) -> int | None:
        """Return how long the stored file is; None when there is none."""
        with self._asked("HEAD", key_of(sha256)) as answer:
            if answer.status == 404:
                return None
            self._well(answer)
            return int(answer.headers["Content-Length"])

    def open(self, sha256: str) -> io.BufferedReader:
        """Open the stored file for reading and seeking; raises FileNotFoundError when there is none."""
        return io.BufferedReader(_Stream(self, key_of(sha256)), BLOCK)

    # Writing --------------------------------------------------------------------------------------------------------

    def keep(self, received: Path, sha256: str) -> None:
        """Store the received file for good. What is there already stays, and must be as long as this one.

        The bytes are sent whether they are there or not: an upload that is over at once would tell whoever sends it
        that somebody else in the house keeps the same file. In parts the server takes them all before it refuses the
        second writing; asked to put them at once it would refuse before.
        """
        self.prove()
        size = received.stat().st_size
        if size <= PART and self.size_of(sha256) is None:
            self.put_once(key_of(sha256), received, sha256)
        else:
            self._put_parts(received, size, sha256)
        known = self.size_of(sha256)
        self._hold(key_of(sha256))
        if known != size:
            raise differs()

    def prove(self) -> None:
        """See once that the server refuses a second write; raises ``Refused`` when it would take one."""
        if self._proved:
            return
        digest = hashlib.sha256(PROOF).hexdigest()
        if self.put_once(key_of(digest), PROOF, digest) and self.put_once(key_of(digest), PROOF, digest):
            raise not_once()
        self._proved = True

    def put_once(self, key: str, source: Path | bytes, sha256: str) -> bool:
        """Write the key in one request; False when it is there already. The server checks the bytes by their digest."""
        headers = {
            "If-None-Match": "*",
            "x-amz-checksum-sha256": base64.b64encode(bytes.fromhex(sha256)).decode(),
            "x-amz-sdk-checksum-algorithm": "SHA256",  # who asks for a retention must say this too (S3, PutObject)
            "Content-Type": "application/octet-stream",
            **self._retention(),
        }
        length = len(source) if isinstance(source, bytes) else source.stat().st_size
        with self._asked("PUT", key, headers=headers, body=(source, 0, length), digest=sha256) as answer:
            if answer.status == 412:
                return False
            self._well(answer)
            answer.read()
            return True

    def _put_parts(self, received: Path, size: int, sha256: str) -> None:
        key = key_of(sha256)
        headers = {"x-amz-checksum-algorithm": "SHA256", "Content-Type": "application/octet-stream"}
        with self._asked("POST", key, query={"uploads": ""}, headers=headers | self._retention()) as answer:
            self._well(answer)
            upload = _said(answer.read().decode(), "UploadId")
        try:
            parts = self._send_parts(received, size, key, upload, sha256)
            self._make_whole(key, upload, parts)
        except BaseException:
            self.abort(key, upload)
            raise

    def _send_parts(self, received: Path, size: int, key: str, upload: str, sha256: str) -> list[tuple[str, str]]:
        step, whole = max(PART, -(-size // PARTS)), hashlib.sha256()
        parts = []
        for number, start in enumerate(range(0, size, step), 1):
            length = min(step, size - start)
            digest = _digest(received, start, length, whole)
            checksum = base64.b64encode(digest.digest()).decode()
            with self._asked(
                "PUT", key, query={"partNumber": str(number), "uploadId": upload},
                headers={"x-amz-checksum-sha256": checksum}, body=(received, start, length), digest=digest.hexdigest(),
            ) as answer:  # fmt: skip
                self._well(answer)
                answer.read()
                parts.append((answer.headers["ETag"], checksum))
        if whole.hexdigest() != sha256:
            raise altered()
        return parts

    def _make_whole(self, key: str, upload: str, parts: list[tuple[str, str]]) -> None:
        lines = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag><ChecksumSHA256>{checksum}</ChecksumSHA256></Part>"
            for number, (etag, checksum) in enumerate(parts, 1)
        )
        body = f"<CompleteMultipartUpload>{lines}</CompleteMultipartUpload>".encode()
        with self._asked(
            "POST", key, query={"uploadId": upload}, headers={"If-None-Match": "*", "Content-Type": "application/xml"},
            body=(body, 0, len(body)), digest=hashlib.sha256(body).hexdigest(),
        ) as answer:  # fmt: skip
            if answer.status == 412:
                self.abort(key, upload)
                return
            if answer.status == 404:  # an answer that was lost had made it whole; whether it did is seen by its size
                return
            self._well(answer)
            if b"<Error>" in answer.read():  # said after the 200 had been sent
                raise StorageAway

    def abort(self, key: str, upload: str) -> None:
        """Give up what was begun in parts; what cannot be given up now is left to the sweep."""
        with suppress(StorageAway), self._asked("DELETE", key, query={"uploadId": upload}) as answer:
            answer.read()

    def sweep(self, *, before: datetime) -> int:
        """Give up parts that nobody made whole; returns how many files were begun."""
        with self._asked("GET", query={"uploads": "", "prefix": self.place.prefix}) as answer:
            self._well(answer)
            said = answer.read().decode()
        gone = 0
        for block in _LIST.findall(said):
            if datetime.fromisoformat(_said(block, "Initiated")) < before:
                self.abort(_said(block, "Key").removeprefix(self.place.prefix), _said(block, "UploadId"))
                gone += 1
        return gone

    # What the server can ----------------------------------------------------------------------------------------------

    def versioning(self) -> bool:
        """Tell whether the bucket keeps what is deleted or overwritten."""
        with self._asked("GET", query={"versioning": ""}) as answer:
            return answer.status == 200 and b"<Status>Enabled</Status>" in answer.read()

    def locking(self) -> bool:
        """Tell whether the bucket can hold files against deletion (object lock)."""
        with self._asked("GET", query={"object-lock": ""}) as answer:
            return answer.status == 200 and b"<ObjectLockEnabled>Enabled</ObjectLockEnabled>" in answer.read()

    def _retention(self) -> dict[str, str]:
        if self.lock is None:
            return {}
        mode, days = self.lock
        until = datetime.now(UTC) + timedelta(days=days)
        return {"x-amz-object-lock-mode": mode, "x-amz-object-lock-retain-until-date": f"{until:%Y-%m-%dT%H:%M:%SZ}"}

    def _hold(self, key: str) -> None:
        """Ask for the retention by itself where the server overlooked it with the file, as some do with parts."""
        if self.lock is None:
            return
        with self._asked("HEAD", key) as answer:
            self._well(answer)
            if answer.headers.get("x-amz-object-lock-mode") == self.lock[0]:
                return
        asked = self._retention()
        mode, until = asked["x-amz-object-lock-mode"], asked["x-amz-object-lock-retain-until-date"]
        body = f"<Retention><Mode>{mode}</Mode><RetainUntilDate>{until}</RetainUntilDate></Retention>".encode()
        digest = hashlib.sha256(body)
        headers = {
            "x-amz-checksum-sha256": base64.b64encode(digest.digest()).decode(),
            "x-amz-sdk-checksum-algorithm": "SHA256",
            "Content-Type": "application/xml",
        }
        with self._asked(
            "PUT", key, query={"retention": ""}, headers=headers, body=(body, 0, len(body)), digest=digest.hexdigest()
        ) as answer:
            self._well(answer)
            answer.read()

    # Asking -----------------------------------------------------------------------------------------------------------

    @contextmanager
    def _asked(
        self,
        method: str,
        key: str = "",
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: tuple[Path | bytes, int, int] | None = None,
        **more: str,
    ) -> Iterator[HTTPResponse]:
        """Ask, again where it did not get through, and give the answer."""

        def once() -> tuple[HTTPConnection, HTTPResponse]:
            source, start, length = body or (b"", 0, 0)
            given = Slice(source, start, length) if isinstance(source, Path) else source
            try:
                return send(self.place, method, key, query=query, headers=headers, body=given, **more)
            finally:
                if isinstance(given, Slice):
                    given.close()

        line, answer = self.persist(once)
        try:
            yield answer
        except (OSError, HTTPException) as error:
            raise self.away(method, error) from error
        finally:
            answer.close()
            line.close()

    def persist(self, once: Callable[[], tuple[HTTPConnection, HTTPResponse]]) -> tuple[HTTPConnection, HTTPResponse]:
        """Ask until an answer comes; raises ``StorageAway`` when none does."""
        last: Exception = OSError()
        for pause in (*PAUSES, None):
            try:
                line, answer = once()
                if (answer.status < 500 and answer.status != 409) or answer.status == 501:
                    return line, answer
                last = _AgainError(f"{answer.status} {answer.read(500)!r}")
                line.close()
            except ssl.SSLCertVerificationError as error:
                logger.warning("storage %s: %s", self.place.endpoint, error)  # asked again it shows no other
                raise StorageUntrusted from error
            except (OSError, HTTPException) as error:
                last = error
            if pause is not None:
                time.sleep(pause)
        raise self.away("", last) from last

    def _well(self, answer: HTTPResponse) -> None:
        if 200 <= answer.status < 300:
            return
        said = answer.read(2_000).decode("utf-8", "replace")
        code = _said(said, "Code", "")
        if code in {"XAmzContentSHA256Mismatch", "BadDigest", "InvalidDigest"}:
            raise altered()
        if answer.status == 501 or code == "NotImplemented":
            raise not_once()
        raise self.refused_or_away(answer.status, code or said)

    def refused_or_away(self, status: int, said: str) -> StorageAway:
        """Return the sentence for an answer that is none of those foreseen."""
        away = self.away(str(status), RuntimeError(said))
        return StorageRefuses(f"{status} {said[:60]}".strip()) if 400 <= status < 500 else away

    def away(self, what: str, error: Exception) -> StorageAway:
        """Write the cause into the log, for those who keep the system, and return the sentence for the reader."""
        logger.warning("storage %s/%s: %s %s", self.place.endpoint, self.place.bucket, what, error)
        return StorageAway()


class _Stream(io.RawIOBase):
    """A stored file from any place on, by ranges; goes on where the line was cut. A file that changes meanwhile ends it."""

    def __init__(self, store: S3Store, key: str) -> None:
        self._store, self._key = store, key
        self._line: HTTPConnection | None = None
        self._answer: HTTPResponse | None = None
        self._at = self._place = 0
        self._etag, self._size = "", 0
        self._ask()

    def _ask(self) -> None:
        self._drop()
        headers = {"Range": f"bytes={self._place}-", "If-Match": self._etag} if self._etag else {}
        line, answer = self._store.persist(lambda: send(self._store.place, "GET", self._key, headers=headers))
        self._line, self._answer, self._at = line, answer, self._place
        if answer.status == 404:
            self._drop()
            raise FileNotFoundError(self._key)
        if answer.status != (206 if headers else 200):
            status, said = answer.status, answer.read(2_000).decode("utf-8", "replace")
            self._drop()
            raise self._store.refused_or_away(status, _said(said, "Code", "") or said)
        if not headers:
            self._etag, self._size = answer.headers.get("ETag", "*"), int(answer.headers["Content-Length"])

    def _drop(self) -> None:
        if self._answer is not None:
            self._answer.close()
        if self._line is not None:
            self._line.close()
        self._line = self._answer = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        self._place = max(0, base + offset)
        return self._place

    def readinto(self, buffer: Any) -> int:
        if self._place >= self._size or not len(buffer):
            return 0
        last: Exception = OSError()
        for _turn in range(3):
            try:
                if self._answer is None or self._at != self._place:
                    self._ask()
                read = cast("HTTPResponse", self._answer).readinto(buffer)
                if read:
                    self._place += read
                    self._at = self._place
                    return read
                last = OSError("the line ended early")
            except FileNotFoundError:
                raise
            except (OSError, HTTPException) as error:
                last = error
            self._drop()
        raise self._store.away("GET", last) from last

    def close(self) -> None:
        self._drop()
        super().close()


def key_of(sha256: str) -> str:
    """Return the key of the file with that digest, below the bucket's prefix."""
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def _digest(path: Path, start: int, length: int, whole: Any) -> Any:
    """Return the SHA-256 of a stretch of the file, and go on with that of the whole."""
    digest, stretch = hashlib.sha256(), Slice(path, start, length)
    try:
        for chunk in stretch:
            digest.update(chunk)
            whole.update(chunk)
    finally:
        stretch.close()
    return digest


def _said(text: str, name: str, otherwise: str | None = None) -> str:
    found = re.search(rf"<{name}>(.*?)</{name}>", text, re.DOTALL)
    if found is None:
        if otherwise is None:
            raise StorageAway
        return otherwise
    return unescape(found[1])
