"""Files are written once, digested while written, and leave nothing behind when they break off."""

import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pytest_django import Settings

from casework.core.errors import Invalid
from casework.files import storage
from casework.files.models import Blob
from casework.files.responses import download
from casework.files.services.blobs import HEAD, Hashing, recheck, store_blob
from casework.files.services.uploads import sweep_uploads
from tests.build import moment
from tests.cast import Cast

AT = moment("2021-09-06 10:00")


@pytest.fixture(autouse=True)
def _own_storage(settings: Settings, tmp_path: Path) -> None:
    settings.CASEWORK_STORAGE = f"file://{tmp_path}"


def test_bytes_come_back_with_both_digests(cast: Cast) -> None:
    blob = store_blob([b"ab", b"c"], actor=cast.officer, at=AT)

    assert (blob.sha256, blob.sm3) == (hashlib.sha256(b"abc").hexdigest(), hashlib.new("sm3", b"abc").hexdigest())
    assert blob.size == 3
    with storage.open_blob(blob.sha256) as stream:
        assert stream.read() == b"abc"
    assert storage.path_of(blob.sha256).stat().st_mode & 0o777 == 0o400


OPEN, MACROS, ENABLED = "application/vnd.oasis.opendocument.", "application/vnd.ms-", "macroEnabled.12"
OFFICE = "application/vnd.openxmlformats-officedocument."


def packed(*names: str, inside: bytes = b"x") -> bytes:
    """An archive of small files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, inside)
    return out.getvalue()


def a_workbook() -> bytes:
    """An empty workbook."""
    out = io.BytesIO()
    openpyxl.Workbook().save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        ("矿池收益，0.012 ETH\n".encode(), "text/plain"),
        ("矿池收益，0.012 ETH\n".encode("gb18030"), "text/plain"),
        ("值".encode() * HEAD, "text/plain"),  # a character is cut where the looking ends
        (b"\x00\x01\x02 no text", "application/octet-stream"),
        (b"\x81\xff\x82\xff nothing", "application/octet-stream"),
        (packed("bagit.txt", "data/word/document.xml"), "application/zip"),
        (packed("a.docx", inside=packed("[Content_Types].xml", "word/document.xml")), "application/zip"),
        (packed("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), f"{MACROS}word.document.{ENABLED}"),
        (packed("[Content_Types].xml", "ppt/presentation.xml") + b"more", f"{OFFICE}presentationml.presentation"),
        (packed("mimetype", inside=f"{OPEN}text".encode()), f"{OPEN}text"),
        (packed("mimetype", inside=b"text/html"), "application/zip"),
        (packed("a.txt")[:-30], "application/zip"),
        (a_workbook(), f"{OFFICE}spreadsheetml.sheet"),
    ],
    ids=[
        "utf-8",
        "gb18030",
        "long",
        "control",
        "neither",
        "bag",
        "document in an archive",
        "macros",
        "moved",
        "open",
        "no type",
        "cut",
        "workbook",
    ],
)
def test_what_a_file_is_said_to_be(cast: Cast, content: bytes, media_type: str) -> None:
    assert store_blob([content], actor=cast.officer, at=AT).media_type == media_type


def test_same_bytes_are_stored_once_and_kept_by_each_for_himself(cast: Cast) -> None:
    first = store_blob([b"abc"], actor=cast.officer, at=AT)
    recheck(first, at=AT)
    second = store_blob([b"a", b"bc"], actor=cast.outsider, at=AT)

    assert first.pk != second.pk
    assert (second.stored_by, second.checked_at) == (cast.outsider, None)
    assert [path.name for path in storage.root().glob("*/*/*")] == [first.sha256]
    # What was there already takes the same room until the sweep: how much is free tells nothing either.
    assert [path.read_bytes() for path in storage.incoming().iterdir()] == [b"abc"]
    assert sweep_uploads(at=AT) == 1
    assert list(storage.incoming().iterdir()) == []
    assert recheck(second, at=AT)


def test_broken_stream_leaves_nothing(cast: Cast) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store_blob(broken(), actor=cast.officer, at=AT)

    assert not Blob.objects.exists()
    assert list(storage.incoming().iterdir()) == []


def test_empty_and_oversize_are_refused(cast: Cast) -> None:
    with pytest.raises(Invalid, match="空的"):
        store_blob([], actor=cast.officer, at=AT)
    with pytest.raises(Invalid, match="超过"):
        store_blob([b"x" * 11], actor=cast.officer, at=AT, max_bytes=10)

    assert list(storage.incoming().iterdir()) == []


def test_recheck_finds_changed_and_lost_bytes(cast: Cast) -> None:
    kept, changed, lost = (store_blob([text], actor=cast.officer, at=AT) for text in (b"one", b"two", b"three"))
    path = storage.path_of(changed.sha256)
    path.chmod(0o600)
    path.write_bytes(b"2wo")
    storage.path_of(lost.sha256).unlink()

    assert [recheck(blob, at=AT) for blob in (kept, changed, lost)] == [True, False, False]
    assert list(Blob.objects.order_by("pk").values_list("intact", flat=True)) == [True, False, False]


def test_download_is_forced_whatever_the_content(cast: Cast) -> None:
    blob = store_blob([b"<svg onload=alert(1)>"], actor=cast.officer, at=AT)

    response = download(blob, "图\r\n<b>.svg")

    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"] == "attachment; filename*=UTF-8''%E5%9B%BE%0D%0A%3Cb%3E.svg"
    assert response["X-Content-Type-Options"] == "nosniff"
    response.close()


def digesting() -> set[threading.Thread]:
    """Return the threads that digest."""
    return {thread for thread in threading.enumerate() if thread.name == "digest"}


def test_more_bytes_than_may_wait_are_digested_in_order() -> None:
    before = digesting()
    chunks = [bytes([number]) * (Hashing.WAITING // 3 + number) for number in range(10)]
    running = Hashing()
    for chunk in chunks:
        running.update(chunk)

    found = running.finish()

    whole = b"".join(chunks)
    assert found is not None
    assert (found.sha256, found.sm3) == (hashlib.sha256(whole).hexdigest(), hashlib.new("sm3", whole).hexdigest())
    assert found.size == len(whole)
    assert digesting() == before


def test_a_digest_that_fails_is_told_and_keeps_nobody_waiting() -> None:
    before = digesting()
    running = Hashing()
    wrong: Any = "x" * Hashing.WAITING  # no bytes
    for _turn in range(4):
        running.update(wrong)

    with pytest.raises(TypeError):
        running.finish()

    assert digesting() == before
