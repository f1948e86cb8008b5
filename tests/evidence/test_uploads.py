"""Files in pieces, by the tus protocol: broken off, resumed, replayed, corrupted, refused."""

import base64
import hashlib
import io
import os
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from casework.access.services.compartments import let_out, recuse
from casework.accounts.models import User
from casework.core import clock
from casework.core.errors import Invalid
from casework.files import s3, storage
from casework.files.enums import UploadState
from casework.files.models import Upload
from casework.files.services import uploads
from evidence.models import Item
from evidence.services.uploads import finish_upload, open_item_upload, unfinished
from tests.build_evidence import START, an_item
from tests.cast import Cast
from tests.files.s3_server import ACCESS, BUCKET, REGION, SECRET, s3_server

BYTES = random.Random(7).randbytes(300_000)
PIECE = "application/offset+octet-stream"


def api(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def coded(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def create(user: User, item: Item, size: int, name: str = "镜像.img", **headers: str) -> Any:
    return api(user).post(
        f"/api/v1/items/{item.pk}/uploads/",
        HTTP_TUS_RESUMABLE="1.0.0",
        HTTP_UPLOAD_LENGTH=str(size),
        HTTP_UPLOAD_METADATA=f"filename {coded(name)},note {coded('现场')}",
        **headers,
    )


def send(user: User, url: str, offset: int, piece: bytes, **headers: str) -> Any:
    return api(user).patch(
        url, piece, content_type=PIECE, HTTP_TUS_RESUMABLE="1.0.0", HTTP_UPLOAD_OFFSET=str(offset), **headers
    )


def offset_of(user: User, url: str) -> int:
    answer = api(user).head(url, HTTP_TUS_RESUMABLE="1.0.0")
    assert answer.status_code == 200
    return int(answer.headers["Upload-Offset"])


@pytest.fixture
def item(cast: Cast) -> Item:
    return an_item(cast)


@pytest.fixture
def url(cast: Cast, item: Item) -> str:
    created = create(cast.officer, item, len(BYTES))
    assert created.status_code == 201
    return created.headers["Location"].removeprefix("http://testserver")


def test_a_file_goes_up_in_pieces(cast: Cast, item: Item, url: str) -> None:
    bystander = create(cast.second_officer, item, 5).headers["Location"].removeprefix("http://testserver")
    for start in range(0, len(BYTES), 90_000):
        assert offset_of(cast.officer, url) == start
        answer = send(cast.officer, url, start, BYTES[start : start + 90_000])
        assert (answer.status_code, answer.headers["Tus-Resumable"]) == (204, "1.0.0")
        assert int(answer.headers["Upload-Offset"]) == min(start + 90_000, len(BYTES))

    told = api(cast.officer).get(url).data
    file = item.files.get()
    assert (told["state"], told["result"]) == ("done", f"item_file:{file.pk}")
    assert (file.name, file.note, file.blob.size) == ("镜像.img", "现场", len(BYTES))
    assert file.blob.sha256 == hashlib.sha256(BYTES).hexdigest()
    assert file.blob.sm3 == hashlib.new("sm3", BYTES).hexdigest()
    assert storage.path_of(file.blob.sha256).read_bytes() == BYTES
    assert storage.path_of(file.blob.sha256).stat().st_mode & 0o777 == 0o400
    assert offset_of(cast.second_officer, bystander) == 0


def test_options_tell_what_is_understood(cast: Cast, item: Item) -> None:
    answer = api(cast.officer).options(f"/api/v1/items/{item.pk}/uploads/")

    assert answer.status_code == 204
    assert {"creation", "creation-with-upload", "termination", "checksum"} <= set(
        answer.headers["Tus-Extension"].split(",")
    )
    assert answer.headers["Tus-Version"] == "1.0.0"


def test_created_with_its_bytes(cast: Cast, item: Item) -> None:
    answer = api(cast.officer).generic(
        "POST", f"/api/v1/items/{item.pk}/uploads/", BYTES, content_type=PIECE, HTTP_TUS_RESUMABLE="1.0.0",
        HTTP_UPLOAD_LENGTH=str(len(BYTES)), HTTP_UPLOAD_METADATA=f"filename {coded('a.bin')}",
    )  # fmt: skip

    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, str(len(BYTES)))
    assert item.files.get().name == "a.bin"


def test_cut_off_anywhere_and_resumed(cast: Cast, item: Item, url: str) -> None:
    """The process dies, bytes nobody acknowledged lie behind the offset, another process goes on: the file is whole."""
    upload = Upload.objects.get(owner=cast.officer)
    part = uploads.part_of(upload)
    cuts = sorted(random.Random(3).sample(range(1, len(BYTES)), 20))
    at = 0
    for cut in [*cuts, len(BYTES)]:
        assert send(cast.officer, url, at, BYTES[at:cut]).status_code == 204
        uploads._running._known.clear()  # another process
        if cut < len(BYTES):
            with part.open("ab") as stream:
                stream.write(os.urandom(100))
        at = cut

    assert item.files.get().blob.sha256 == hashlib.sha256(BYTES).hexdigest()
    assert list(storage.incoming().glob(f"{upload.key}*")) == []


def test_a_torn_piece_keeps_what_came(cast: Cast, item: Item, url: str) -> None:
    class Torn:
        sent = 0

        def read(self, size: int = -1, /) -> bytes:
            if self.sent >= 70_000:
                raise OSError("connection reset")
            self.sent += 1_000
            return BYTES[self.sent - 1_000 : self.sent]

    upload = Upload.objects.get(owner=cast.officer)
    uploads.append_piece(upload, Torn(), offset=0, length=len(BYTES), at=clock.now())

    assert offset_of(cast.officer, url) == 70_000
    assert send(cast.officer, url, 70_000, BYTES[70_000:]).status_code == 204
    assert item.files.get().blob.sha256 == hashlib.sha256(BYTES).hexdigest()


@pytest.mark.parametrize(
    ("offset", "piece", "headers", "status"),
    [
        (1_000, b"x", {}, 409),  # ahead
        (0, b"again", {}, 409),  # replayed
        (10, b"x" * len(BYTES), {}, 400),  # beyond the end
        (10, b"changed", {"HTTP_UPLOAD_CHECKSUM": f"sha256 {coded(hashlib.sha256(b'sent').digest())}"}, 460),
        (10, b"x", {"HTTP_UPLOAD_CHECKSUM": "crc32 AAAA"}, 400),
        (10, b"x", {"HTTP_UPLOAD_CHECKSUM": "sha256 ***"}, 400),
        (10, b"x", {"HTTP_TUS_RESUMABLE": "0.2.2"}, 412),
        (10, b"x", {"content_type": "application/octet-stream"}, 415),
    ],
)
def test_a_wrong_piece_changes_nothing(
    cast: Cast, item: Item, url: str, offset: int, piece: bytes, headers: dict[str, str], status: int
) -> None:
    assert send(cast.officer, url, 0, BYTES[:10]).status_code == 204

    given = {"content_type": PIECE, "HTTP_TUS_RESUMABLE": "1.0.0", **headers}
    answer = api(cast.officer).patch(url, piece, HTTP_UPLOAD_OFFSET=str(offset), **given)

    assert answer.status_code == status
    assert offset_of(cast.officer, url) == 10
    good = {"HTTP_UPLOAD_CHECKSUM": f"sm3 {coded(hashlib.new('sm3', BYTES[10:]).digest())}"}
    assert send(cast.officer, url, 10, BYTES[10:], **good).status_code == 204
    assert item.files.get().blob.sha256 == hashlib.sha256(BYTES).hexdigest()


def test_two_senders_at_once(cast: Cast, item: Item, url: str) -> None:
    with uploads._alone(Upload.objects.get(owner=cast.officer)):
        assert send(cast.officer, url, 0, BYTES).status_code == 423

    assert send(cast.officer, url, 0, BYTES).status_code == 204


@pytest.mark.parametrize(
    ("size", "name", "said"),
    [(0, "a.img", "空"), (10**15, "a.img", "超过"), (5, "../..", "文件名不能用"), (5, "\u202e\u0000", "文件名不能用")],
)
def test_refused_before_a_byte(cast: Cast, item: Item, size: int, name: str, said: str) -> None:
    answer = create(cast.officer, item, size, name)

    assert answer.status_code == 400
    assert said in answer.data["message"]
    assert Upload.objects.count() == 0


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\\b\\c.exe", "报告\u202egpj.exe"])
def test_a_malicious_name_is_only_a_name(cast: Cast, item: Item, name: str) -> None:
    where = create(cast.officer, item, 3, name).headers["Location"].removeprefix("http://testserver")
    assert send(cast.officer, where, 0, b"abc").status_code == 204

    kept = item.files.get().name
    assert "/" not in kept
    assert "\\" not in kept
    assert "\u202e" not in kept


def test_not_what_the_sender_computed(cast: Cast, item: Item) -> None:
    upload = open_item_upload(item, name="a", size=3, sha256="0" * 64, actor=cast.officer, at=clock.now())
    answer = send(cast.officer, f"/api/v1/uploads/{upload.key}/", 0, b"abc")

    assert (answer.status_code, "传送中变了" in answer.data["message"]) == (400, True)
    upload.refresh_from_db()
    assert upload.state == UploadState.FAILED
    assert not item.files.exists()
    assert api(cast.officer).head(f"/api/v1/uploads/{upload.key}/", HTTP_TUS_RESUMABLE="1.0.0").status_code == 410
    with pytest.raises(Invalid, match="64 位"):
        open_item_upload(item, name="a", size=3, sha256="xyz", actor=cast.officer, at=clock.now())


def test_an_upload_is_its_owners_alone(cast: Cast, item: Item, url: str) -> None:
    for user in (cast.second_officer, cast.auditor, cast.outsider):
        assert api(user).head(url, HTTP_TUS_RESUMABLE="1.0.0").status_code == 404
        told = 403 if user == cast.auditor else 404  # an auditor is refused before anything is looked up
        assert send(user, url, 0, b"x").status_code == told
        assert api(user).delete(url, HTTP_TUS_RESUMABLE="1.0.0").status_code == told
    assert create(cast.outsider, item, 3).status_code == 404
    assert create(cast.auditor, item, 3).status_code == 403
    assert create(cast.custodian, item, 3).status_code in (403, 404)
    assert offset_of(cast.officer, url) == 0


@pytest.mark.parametrize("recused", [False, True])
def test_whoever_was_let_out_since_sends_nothing_more(cast: Cast, item: Item, url: str, recused: bool) -> None:
    assert send(cast.officer, url, 0, BYTES[:1000]).status_code == 204
    Item.objects.filter(pk=item.pk).update(holder=cast.custodian)
    if recused:
        recuse(item.compartment, cast.officer, decided_by=cast.approver, at=START, reason="近亲属")
    else:
        let_out(item.compartment, cast.officer, actor=cast.approver, at=START, reason="调离")

    assert send(cast.officer, url, 1000, BYTES[1000:]).status_code == 404
    assert api(cast.officer).get(url).status_code == 404
    assert not item.files.exists()


def test_given_up_and_swept(cast: Cast, item: Item, url: str) -> None:
    send(cast.officer, url, 0, BYTES[:100])
    assert api(cast.officer).delete(url, HTTP_TUS_RESUMABLE="1.0.0").status_code == 204
    assert api(cast.officer).head(url, HTTP_TUS_RESUMABLE="1.0.0").status_code == 410
    old = open_item_upload(item, name="b", size=9, actor=cast.officer, at=clock.now())
    uploads.append_piece(old, io.BytesIO(b"abc"), offset=0, length=3, at=START)
    stray = storage.incoming() / "stray.part"
    stray.write_bytes(b"x")
    os.utime(stray, (1, 1))
    fresh = open_item_upload(item, name="c", size=9, actor=cast.officer, at=clock.now())

    uploads.sweep_uploads(at=clock.now())

    old.refresh_from_db()
    fresh.refresh_from_db()
    assert (old.state, fresh.state) == (UploadState.FAILED, UploadState.OPEN)
    assert not stray.exists()
    assert not uploads.part_of(old).exists()


def test_received_and_forgotten_is_taken_up(cast: Cast, item: Item) -> None:
    """The worker died between the last byte and the sealing."""
    upload = open_item_upload(item, name="a", size=3, actor=cast.officer, at=START)
    uploads.append_piece(upload, io.BytesIO(b"abc"), offset=0, length=3, at=START)
    uploads._running._known.clear()

    assert unfinished(at=START) == []
    assert unfinished(at=START + timedelta(minutes=3)) == [upload.pk]
    finish_upload(upload.pk, at=START)
    finish_upload(upload.pk, at=START)
    assert item.files.get().blob.sha256 == hashlib.sha256(b"abc").hexdigest()


def test_a_storage_that_is_away_loses_nothing(
    cast: Cast, item: Item, url: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last byte comes while the S3 server is away: it is said, and the sweep stores the file when it is back."""
    monkeypatch.setattr(s3, "PAUSES", ())
    settings.CASEWORK_HOME = tmp_path
    settings.CASEWORK_STORAGE, settings.CASEWORK_S3_KEY = f"s3://{BUCKET}", f"{ACCESS}:{SECRET}"
    settings.CASEWORK_S3_REGION = REGION
    with s3_server() as bucket:
        settings.CASEWORK_S3_ENDPOINT = bucket.endpoint
        bucket.away = 10**9
        assert send(cast.officer, url, 0, BYTES).status_code == 204

        told = api(cast.officer).get(url).data
        assert (told["state"], item.files.count()) == ("received", 0)
        assert "没有应答" in told["error"]

        bucket.away = 0
        upload = Upload.objects.get(owner=cast.officer)
        with uploads.held(upload):  # a worker that takes long is not disturbed
            assert finish_upload(upload.pk, at=START).state == UploadState.RECEIVED
        assert finish_upload(upload.pk, at=START).state == UploadState.DONE
        assert item.files.get().blob.sha256 == hashlib.sha256(BYTES).hexdigest()
        assert bucket.objects[s3.key_of(item.files.get().blob.sha256)] == BYTES
        assert list(storage.incoming().iterdir()) == []
