"""Both storages keep the same promises: whole or not at all, written once, lost is told, away is not lost."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from casework.core.errors import Refused
from casework.files import previews, s3, storage
from casework.files.errors import StorageAway
from casework.files.models import Blob
from casework.files.responses import download
from casework.files.s3_wire import Place, signature
from casework.files.scrub import scrub
from casework.files.services.blobs import recheck, store_blob
from casework.ledger import tree
from casework.web import health
from tests.build import moment
from tests.cast import Cast
from tests.files.s3_server import ACCESS, BUCKET, REGION, SECRET, Bucket, long_ago, s3_server

AT = moment("2021-09-06 10:00")
PROOF = hashlib.sha256(s3.PROOF).hexdigest()


@dataclass
class Kept:
    """A storage under test, and how it is tampered with from outside."""

    bucket: Bucket | None

    def put(self, sha256: str, data: bytes) -> None:
        if self.bucket is not None:
            self.bucket.objects[s3.key_of(sha256)] = data
            return
        path = storage.path_of(sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(data)

    def lose(self, sha256: str) -> None:
        if self.bucket is not None:
            del self.bucket.objects[s3.key_of(sha256)]
        else:
            storage.path_of(sha256).unlink()

    def names(self) -> set[str]:
        if self.bucket is not None:
            return {key.rpartition("/")[2] for key in self.bucket.objects} - {PROOF}
        return {path.name for path in storage.root().rglob("*") if path.is_file()}


@pytest.fixture
def bucket(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    monkeypatch.setattr(s3, "PAUSES", (0.0,))
    with s3_server() as found:
        settings.CASEWORK_HOME = tmp_path
        settings.CASEWORK_STORAGE = f"s3://{BUCKET}"
        settings.CASEWORK_S3_ENDPOINT = found.endpoint
        settings.CASEWORK_S3_REGION = REGION
        settings.CASEWORK_S3_KEY = f"{ACCESS}:{SECRET}"
        storage._server.cache_clear()
        yield found


@pytest.fixture(params=["disk", "s3"])
def kept(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> Kept:
    if request.param == "s3":
        return Kept(request.getfixturevalue("bucket"))
    settings.CASEWORK_STORAGE = f"file://{tmp_path}"
    return Kept(None)


def received(data: bytes) -> tuple[Path, str]:
    """Return a file that was received whole, and its digest."""
    path = storage.incoming() / "one.part"
    path.write_bytes(data)
    return path, hashlib.sha256(data).hexdigest()


# Both ----------------------------------------------------------------------------------------------------------------


def test_bytes_come_back_from_any_place(kept: Kept, cast: Cast) -> None:
    data = os.urandom(600_000)
    blob = store_blob([data[:1000], data[1000:]], actor=cast.officer, at=AT)
    again = store_blob([data], actor=cast.second_officer, at=AT)

    with storage.open_blob(blob.sha256) as stream:
        assert stream.read() == data
        assert stream.seek(-5, os.SEEK_END) == len(data) - 5
        assert stream.read() == data[-5:]
        stream.seek(400_000)
        assert stream.read(10) == data[400_000:400_010]
    with storage.at_hand(blob.sha256) as path:
        assert path.read_bytes() == data
    assert again.pk != blob.pk
    storage.sweep(before=AT)
    assert (kept.names(), list(storage.incoming().iterdir())) == ({blob.sha256}, [])
    assert recheck(blob, at=AT)


def test_half_a_file_is_no_file(kept: Kept, cast: Cast) -> None:
    def torn() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store_blob(torn(), actor=cast.officer, at=AT)

    assert (Blob.objects.count(), kept.names()) == (0, set())


@pytest.mark.parametrize("there", [b"short", b"as long as it"])
def test_what_is_there_is_never_written_again(kept: Kept, there: bytes) -> None:
    path, sha256 = received(b"the bytes now")
    kept.put(sha256, there)

    if len(there) == path.stat().st_size:
        storage.keep(path, sha256)
    else:
        with pytest.raises(Refused, match="大小不同") as refusal:
            storage.keep(path, sha256)
        assert refusal.value.code == "storage_differs"
        assert path.read_bytes() == b"the bytes now"
    with storage.open_blob(sha256) as stream:
        assert stream.read() == there


def test_changed_and_lost_are_found(kept: Kept, cast: Cast) -> None:
    whole, changed, lost = (store_blob([text], actor=cast.officer, at=AT) for text in (b"one", b"two", b"three"))
    kept.put(changed.sha256, b"2wo")
    kept.lose(lost.sha256)

    assert [recheck(blob, at=AT) for blob in (whole, changed, lost)] == [True, False, False]
    assert [storage.holds(blob.sha256) for blob in (whole, changed, lost)] == [True, True, False]
    with pytest.raises(FileNotFoundError):
        storage.open_blob(lost.sha256)
    with pytest.raises(FileNotFoundError), storage.at_hand(lost.sha256):
        pass
    assert list(storage.incoming().iterdir()) == []


@pytest.mark.parametrize(
    ("asked", "status", "said", "body"),
    [
        ({}, 200, None, b"0123456789"),
        ({"Range": "bytes=3-"}, 206, "bytes 3-9/10", b"3456789"),
        ({"Range": "bytes=3-5"}, 206, "bytes 3-5/10", b"345"),
        ({"Range": "bytes=8-99"}, 206, "bytes 8-9/10", b"89"),
        ({"Range": "bytes=-2"}, 206, "bytes 8-9/10", b"89"),
        ({"Range": "bytes=-99"}, 200, None, b"0123456789"),
        ({"Range": "bytes=10-"}, 416, "bytes */10", b""),
        ({"Range": "bytes=5-4"}, 416, "bytes */10", b""),
        ({"Range": "bytes=-0"}, 416, "bytes */10", b""),
        ({"Range": "bytes=-"}, 200, None, b"0123456789"),
        ({"Range": "bytes=1-2,4-5"}, 200, None, b"0123456789"),
        ({"Range": "bytes=3-", "If-Range": '"another"'}, 200, None, b"0123456789"),
    ],
)
def test_a_download_goes_on(kept: Kept, cast: Cast, asked: dict[str, str], status: int, said: str, body: bytes) -> None:
    blob = store_blob([b"0123456789"], actor=cast.officer, at=AT)

    answer = download(blob, "a.img", asked)

    assert (answer.status_code, answer.headers.get("Content-Range"), b"".join(answer)) == (status, said, body)
    if status != 416:
        assert (answer.headers["Content-Length"], answer.headers["ETag"]) == (str(len(body)), f'"{blob.sha256}"')
    answer.close()


# The server ------------------------------------------------------------------------------------------------------------


def test_signature_is_the_published_one() -> None:
    """The example of a GET with a range in Amazon's own description of Signature Version 4."""
    place = Place(
        "https://examplebucket.s3.amazonaws.com", "examplebucket", "", "us-east-1", "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    )  # fmt: skip
    nothing = hashlib.sha256(b"").hexdigest()
    headers = {
        "host": "examplebucket.s3.amazonaws.com",
        "range": "bytes=0-9",
        "x-amz-content-sha256": nothing,
        "x-amz-date": "20130524T000000Z",
    }

    said = signature(place, "GET", "/test.txt", "", headers, nothing, "20130524T000000Z")

    assert said.endswith("Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
    assert "wJalr" not in repr(place)


def test_large_files_go_in_parts_and_appear_whole(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the server goes away for good, nothing is seen in the place, and what was received is still there."""
    monkeypatch.setattr(s3, "PART", 1000)
    monkeypatch.setattr(s3, "PAUSES", ())
    data = os.urandom(3500)
    path, sha256 = received(data)
    server = storage.server()
    assert server is not None
    server.prove()
    begun = len(bucket.seen)

    # Beginning, four parts, making whole, looking.
    for answered in range(7):
        bucket.after = answered
        with pytest.raises(StorageAway):
            storage.keep(path, sha256)
        assert path.read_bytes() == data
        assert (s3.key_of(sha256) in bucket.objects) == (answered == 6)
        bucket.away, bucket.after = 0, -1

    del bucket.objects[s3.key_of(sha256)]
    storage.keep(path, sha256)
    assert bucket.objects[s3.key_of(sha256)] == data
    assert not path.exists()
    assert bucket.methods()[begun:][-7:] == ["POST", "PUT", "PUT", "PUT", "PUT", "POST", "HEAD"]
    assert bucket.seen[-2][2]["if-none-match"] == "*"

    assert len(bucket.began) > 0  # of the times when it was away; they are given up after two days
    assert storage.sweep(before=datetime.now(UTC) - timedelta(days=2)) == 0
    long_ago(bucket)
    assert storage.sweep(before=datetime.now(UTC) - timedelta(days=2)) > 0
    assert bucket.began == {}


@pytest.mark.parametrize("part", [1000, 10_000])
def test_bytes_that_changed_meanwhile_are_not_kept(bucket: Bucket, monkeypatch: pytest.MonkeyPatch, part: int) -> None:
    monkeypatch.setattr(s3, "PART", part)
    path, sha256 = received(os.urandom(3500))
    path.write_bytes(os.urandom(3500))

    with pytest.raises(Refused, match="与收到时的摘要不符"):
        storage.keep(path, sha256)

    assert (Kept(bucket).names(), bucket.began) == (set(), {})


@pytest.mark.parametrize("part", [1000, 10_000])
def test_two_at_once_leave_one(bucket: Bucket, monkeypatch: pytest.MonkeyPatch, part: int) -> None:
    """Each may find the place empty; the server lets one in, and the other sees that the file is there."""
    monkeypatch.setattr(s3, "PART", part)
    data = os.urandom(3500)
    path, sha256 = received(data)
    other = path.with_name("two.part")
    other.write_bytes(data)

    threads = [Thread(target=storage.keep, args=(one, sha256)) for one in (path, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)

    assert bucket.objects[s3.key_of(sha256)] == data
    assert (path.exists(), other.exists(), bucket.began) == (False, False, {})


def test_the_second_write_is_refused_by_the_server(bucket: Bucket) -> None:
    server = storage.server()
    assert server is not None
    digest = hashlib.sha256(b"one").hexdigest()

    assert server.put_once("aa", b"one", digest)
    assert not server.put_once("aa", b"one", digest)
    assert bucket.objects["aa"] == b"one"


def test_a_server_that_overwrites_is_not_used(bucket: Bucket) -> None:
    bucket.overwrites = True
    path, sha256 = received(b"abc")

    with pytest.raises(Refused, match="只写一次"):
        storage.keep(path, sha256)

    assert Kept(bucket).names() == set()
    assert path.read_bytes() == b"abc"


@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [("away", "没有应答"), ("forbids", r"拒绝了这次存取（403.*核对存储密钥的权限"), ("late_error", "没有应答")],
)
def test_trouble_is_one_sentence_and_nothing_is_lost(
    bucket: Bucket, cast: Cast, monkeypatch: pytest.MonkeyPatch, trouble: str, sentence: str
) -> None:
    monkeypatch.setattr(s3, "PART", 10)
    blob = store_blob([b"earlier"], actor=cast.officer, at=AT)
    path, sha256 = received(b"longer than a part")
    setattr(bucket, trouble, True if trouble != "away" else 10**9)

    with pytest.raises(StorageAway, match=sentence):
        storage.keep(path, sha256)
    if trouble != "late_error":
        for look in (storage.holds, storage.open_blob):
            with pytest.raises(StorageAway):
                look(blob.sha256)

    assert path.read_bytes() == b"longer than a part"
    assert Kept(bucket).names() == {blob.sha256}
    setattr(bucket, trouble, 0)
    storage.keep(path, sha256)
    assert Kept(bucket).names() == {blob.sha256, sha256}


@pytest.mark.parametrize("size", [300, 3500])
def test_bytes_that_are_there_are_sent_all_the_same(bucket: Bucket, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """An upload that is over at once would tell its sender that somebody else keeps the same file."""
    monkeypatch.setattr(s3, "PART", 1000)
    data = os.urandom(size)
    sent = []
    for _time in range(2):
        path, sha256 = received(data)
        begun = len(bucket.seen)
        storage.keep(path, sha256)
        sent.append(
            sum(
                int(given.get("content-length", 0))
                for method, name, given in bucket.seen[begun:]
                if method == "PUT" and sha256 in name
            )
        )

    assert sent == [size, size]
    assert bucket.objects[s3.key_of(sha256)] == data
    assert bucket.began == {}


def test_a_scrub_without_answer_says_so_and_blames_no_file(bucket: Bucket, cast: Cast) -> None:
    blobs = [store_blob([text], actor=cast.officer, at=AT) for text in (b"one", b"two")]
    bucket.away = 10**9

    assert scrub(begun=AT) == 0

    assert list(Blob.objects.order_by("pk").values_list("intact", "checked_at")) == [(True, None)] * 2
    last = tree.last_check("files")
    assert last is not None
    assert last.faults == ["文件存储没有应答，没有查完 / the storage does not answer, not all was read"]
    bucket.away = 0
    assert scrub(begun=AT) == len(blobs)


def test_a_server_that_is_busy_is_asked_again(bucket: Bucket) -> None:
    bucket.busy = 1
    path, sha256 = received(b"abc")

    storage.keep(path, sha256)

    assert Kept(bucket).names() == {sha256}


def test_reading_goes_on_where_the_line_was_cut(bucket: Bucket, cast: Cast) -> None:
    data = os.urandom(900_000)
    blob = store_blob([data], actor=cast.officer, at=AT)
    bucket.cut = 2

    with storage.open_blob(blob.sha256) as stream:
        assert stream.read() == data
    assert bucket.seen[-1][2]["range"] == f"bytes={900_000 // 2 + 900_000 // 4}-"


def test_a_file_that_is_exchanged_while_it_is_read_ends_the_reading(bucket: Bucket, cast: Cast) -> None:
    blob = store_blob([os.urandom(900_000)], actor=cast.officer, at=AT)
    with storage.open_blob(blob.sha256) as stream:
        stream.read(10)
        bucket.objects[s3.key_of(blob.sha256)] = os.urandom(900_000)
        stream.seek(800_000)
        with pytest.raises(StorageAway):
            stream.read(10)


def test_only_what_is_drawn_is_fetched_whole(bucket: Bucket, cast: Cast) -> None:
    disk = store_blob([b"\xeb\x3c\x90" + bytes(200_000)], actor=cast.officer, at=AT)
    text = store_blob([b"pool login\n" * 20_000], actor=cast.officer, at=AT)
    paper = store_blob([b"%PDF-" + bytes(200_000)], actor=cast.officer, at=AT)

    sizes = []
    for blob in (disk, text, paper):
        with previews.at_hand(blob.sha256) as path:
            sizes.append(path.stat().st_size)

    assert sizes == [storage.HEAD, storage.HEAD, paper.size]


def test_retention_is_asked_for(bucket: Bucket, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.CASEWORK_S3_LOCK = "COMPLIANCE:30"
    monkeypatch.setattr(s3, "PART", 10)
    for data in (b"short", b"longer than a part"):
        storage.keep(*received(data))

    held = [given for _method, _path, given in bucket.seen if "x-amz-object-lock-mode" in given]
    assert [given["x-amz-object-lock-mode"] for given in held[-2:]] == ["COMPLIANCE"] * 2
    until = datetime.fromisoformat(held[-1]["x-amz-object-lock-retain-until-date"])
    assert timedelta(days=29) < until - datetime.now(UTC) <= timedelta(days=30)
    # This server overlooks what is asked for with parts, so it was asked for once more by itself.
    assert set(bucket.held.values()) == {"COMPLIANCE"}
    assert sum("retention" in path for _method, path, _given in bucket.seen) == 1


def test_the_command_says_what_the_server_can(
    bucket: Bucket, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("storage")
    said = capsys.readouterr().out
    assert f"{bucket.endpoint}/{BUCKET}/" in said
    assert "a second write is refused: yes" in said
    assert "versions are kept: yes" in said
    assert "object lock: no" in said

    settings.CASEWORK_S3_LOCK = "COMPLIANCE:30"
    with pytest.raises(CommandError, match="no object lock"):
        call_command("storage")
    bucket.overwrites = True
    storage._server.cache_clear()
    with pytest.raises(CommandError, match="storage_not_once"):
        call_command("storage")
    bucket.away = 10**9
    with pytest.raises(CommandError, match="storage_away"):
        call_command("storage")


def test_readiness_knows_of_the_server(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_CHECKS", ())
    bucket.away = 10**9
    assert [(check.name, check.ok) for check in health.checks()] == [("storage", False)]

    bucket.away = 0
    assert [(check.name, check.ok) for check in health.checks()] == [("storage", True)]
