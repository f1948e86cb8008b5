"""The bundle proves itself to somebody who has only Python, and says what was altered."""

import hashlib
import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from casework.core import clock
from casework.core.errors import Invalid, Refused
from casework.files import storage
from casework.ledger import verify
from casework.ledger.models import Entry
from evidence.enums import Kind
from evidence.models import BundleJob, Item
from evidence.services import add_file, take_item
from evidence.services.bundle import make_bundle, subject_of
from evidence.services.bundle_jobs import path_of, request_bundle, run_bundle, sweep_bundles
from evidence.services.received import receive_bundle
from tests.build_evidence import START, a_stored_item, an_item
from tests.cast import Cast

LATER = START + timedelta(hours=5)


def run(folder: Path) -> tuple[int, str]:
    """Verify as a stranger would: another process, nothing but the folder."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(folder / "verify.py"), str(folder)], capture_output=True, check=False
    )
    return done.returncode, done.stdout.decode()


@pytest.fixture
def item(cast: Cast) -> Item:
    stored = a_stored_item(cast, parts=2)
    original = add_file(stored, [b"pool login\n"], name="矿池日志 100%.txt", actor=cast.officer, at=LATER)
    add_file(stored, [b"copy\n"], name="副本.txt", derived_from=original, actor=cast.officer, at=LATER)
    return stored


@pytest.fixture
def folder(item: Item, cast: Cast, tmp_path: Path) -> Path:
    return make_bundle([item], tmp_path / "b", title="矿机 3 号", actor=cast.officer, at=LATER)


def test_an_untouched_bundle_is_intact(folder: Path, item: Item) -> None:
    status, said = run(folder)

    assert (status, "完好" in said) == (0, True)
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {
        "bagit.txt", "bag-info.txt", "manifest-sha256.txt", "manifest-sm3.txt", "tagmanifest-sha256.txt",
        "metadata/case.jsonld", "metadata/files.json", "ledger/heads.json", "report.html", "verify.py",
    } <= names  # fmt: skip
    own = Entry.objects.filter(stream=f"item:{item.pk}").count()
    assert own == Entry.objects.get(kind="item.bundled", stream=f"item:{item.pk}").stream_seq
    assert item.number in (folder / "report.html").read_text(encoding="utf-8")


def _payload(folder: Path) -> Path:
    return next(path for path in (folder / "data").rglob("*.txt") if "矿池" in path.name)


def _entries(folder: Path) -> list[Path]:
    return sorted((folder / "ledger" / "entries").iterdir(), key=lambda path: int(path.stem))


def _added(path: Path, line: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + line, encoding="utf-8")


def _resigned(folder: Path, change: Callable[[Path], object]) -> None:
    """Change something and rewrite the bag's own manifests, as somebody clever would."""
    change(folder)
    for name in ("manifest-sha256.txt", "manifest-sm3.txt", "tagmanifest-sha256.txt"):
        kind = "sm3" if "sm3" in name else "sha256"
        lines = []
        for line in (folder / name).read_text(encoding="utf-8").splitlines():
            path = line.split("  ", 1)[1]
            if (folder / path).is_file():
                lines.append(f"{hashlib.new(kind, (folder / path).read_bytes()).hexdigest()}  {path}\n")
        (folder / name).write_text("".join(lines), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: _payload(f).write_bytes(b"pool log1n\n"), "不符"),
        (lambda f: _payload(f).unlink(), "缺失"),
        (lambda f: (f / "data" / "extra.txt").write_text("x"), "不在 sha256 清单里"),
        (lambda f: (f / "data" / "link.txt").symlink_to("/etc/passwd"), "符号链接"),
        (lambda f: (f / "report.html").write_text("另一份"), "report.html"),
        (lambda f: _entries(f)[2].unlink(), "缺失"),
        (lambda f: _added(f / "manifest-sha256.txt", "0" * 64 + "  ../outside.txt\n"), "包外"),
    ],
)
def test_a_change_is_named(folder: Path, change: Callable[[Path], object], said: str) -> None:
    change(folder)

    status, text = run(folder)

    assert status == 1
    assert said in text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: _payload(f).write_bytes(b"pool log1n\n"), "不是账本登记的文件"),
        (lambda f: _entries(f)[2].unlink(), "缺第"),
        (
            lambda f: _entries(f)[1].write_bytes(_entries(f)[1].read_bytes().replace(b"item.", b"ltem.", 1)),
            "不相接",
        ),
        (
            lambda f: [
                path.write_text(path.read_text(encoding="utf-8").replace("后勤管理员", "另一个人"), encoding="utf-8")
                for path in (f / "ledger" / "disclosures").iterdir()
            ],
            "不是当时登记的内容",
        ),
        (lambda f: _entries(f)[-1].unlink(), "末条不符"),
    ],
)
def test_a_clever_change_is_named_too(folder: Path, change: Callable[[Path], object], said: str) -> None:
    _resigned(folder, change)

    status, text = run(folder)

    assert status == 1
    assert said in text


@pytest.mark.parametrize("make", [lambda path: None, lambda path: (path / "b").mkdir(parents=True)])
def test_something_else_is_no_bundle(tmp_path: Path, make: Callable[[Path], object]) -> None:
    make(tmp_path)

    assert verify.main([str(tmp_path / "b")]) == 2


def test_a_bag_of_others_is_checked_too(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.txt").write_bytes(b"a")
    (tmp_path / "bagit.txt").write_text("BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n")
    (tmp_path / "manifest-md5.txt").write_text(f"{hashlib.md5(b'a').hexdigest()} data/a.txt\n")

    assert verify.main([str(tmp_path)]) == 0
    (tmp_path / "data" / "a.txt").write_bytes(b"b")
    assert verify.main([str(tmp_path)]) == 1


def test_redacted_leaves_names_out_of_every_file_and_stays_intact(item: Item, cast: Cast, tmp_path: Path) -> None:
    spoken = take_item(
        item.collection,
        kind=Kind.STATEMENT,
        title="金某某第 1 次谈话笔录",
        officers=(cast.officer, cast.second_officer),
        actor=cast.officer,
        at=LATER,
        note="金某某当日情绪激动",
    )
    file = add_file(spoken, ["我叫金某某。".encode()], name="金某某口供.txt", actor=cast.officer, at=LATER)
    inner = tmp_path / "inner"
    foreign = make_bundle([spoken], inner, title="金某某案", actor=cast.officer, at=LATER)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(foreign.rglob("*")):
            archive.write(path, path.relative_to(tmp_path))
    officers = (cast.officer, cast.second_officer)
    received = receive_bundle(
        item.collection, [packed.getvalue()], name="外省.zip", officers=officers, actor=cast.officer, at=LATER
    )
    things = [item, spoken, received.item]
    folder = make_bundle(things, tmp_path / "b", title="金某某案", actor=cast.officer, at=LATER, redacted=True)

    assert run(folder)[0] == 0
    assert (folder / "manifest-sha256.txt").read_text(encoding="utf-8").count("\n") == 2
    assert not (folder / "ledger" / "disclosures").exists()
    inside = [path for path in folder.rglob("*") if path.is_file() and path.name != "verify.py"]
    for name in ("金某某", "后勤管理员", "情绪激动", "口供", "矿池日志", "副本.txt"):
        assert [path for path in inside if name in str(path) or name.encode() in path.read_bytes()] == []
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert all(word in report for word in ("■■■案", "自组矿机 3 号", "没有装入", "file.txt"))
    withheld = [row for row in json.loads((folder / "metadata" / "files.json").read_text()) if row.get("withheld")]
    assert [(row["file"], row["sha256"], row["path"]) for row in withheld] == [
        (one.pk, one.blob.sha256, "") for one in (file, received.item.files.get())
    ]


def test_nothing_is_overwritten(item: Item, cast: Cast, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")

    with pytest.raises(Invalid, match="不是空的"):
        make_bundle([item], tmp_path, title="t", actor=cast.officer, at=LATER)

    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_file_that_changed_in_storage_is_not_passed_on(item: Item, cast: Cast, tmp_path: Path) -> None:
    path = storage.path_of(item.files.earliest("pk").blob.sha256)
    path.chmod(0o600)
    path.write_bytes(b"pool log1n\n")
    try:
        with pytest.raises(Refused, match="与登记的摘要不符"):
            make_bundle([item], tmp_path / "b", title="t", actor=cast.officer, at=LATER)
    finally:
        path.unlink()


def test_the_command(item: Item, tmp_path: Path) -> None:
    out = io.StringIO()
    call_command("bundle", item.number, str(tmp_path / "b"), stdout=out)

    assert run(tmp_path / "b")[0] == 0
    assert "verify.py" in out.getvalue()
    with pytest.raises(CommandError, match="没有“ZJ00-0000-000”"):
        call_command("bundle", "ZJ00-0000-000", str(tmp_path / "c"))
    assert subject_of(f"item:{item.pk}").items == [item]


def signed_in(user: object) -> Client:
    client = Client()
    client.force_login(user, backend="casework.accounts.backends.AccountBackend")  # type: ignore[arg-type]
    return client


def test_in_the_background(item: Item, cast: Cast, tmp_path: Path) -> None:
    client = signed_in(cast.officer)
    ask = f"{reverse('evidence:new-bundle')}?ref=item:{item.pk}"

    asked = client.post(ask, {"redacted": "on"})
    job = BundleJob.objects.get()
    assert asked.headers["Location"] == reverse("evidence:bundle-job", args=[job.pk])
    assert client.post(ask, {"redacted": "on"}).headers["Location"] == asked.headers["Location"]
    assert "every 2s" in client.get(asked.headers["Location"]).content.decode()
    early = client.get(reverse("evidence:bundle-file", args=[job.pk]))
    assert early.status_code == 409
    run_bundle(job.pk, at=LATER)
    assert run_bundle(job.pk, at=LATER) is None
    job.refresh_from_db()
    assert (job.state, job.done, job.redacted) == ("done", job.total, True)

    got = client.get(reverse("evidence:bundle-file", args=[job.pk]))
    content = b"".join(got.streaming_content)  # type: ignore[attr-defined]
    assert hashlib.sha256(content).hexdigest() == job.sha256
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        packed.extractall(tmp_path)
    assert run(next(tmp_path.iterdir()))[0] == 0
    fetched = Entry.objects.get(kind="item.bundle_fetched")
    assert (fetched.actor_id, fetched.payload["data"]["sha256"]) == (cast.officer.pk, job.sha256)

    for user in (cast.custodian, cast.outsider, cast.unit_leader):
        assert signed_in(user).get(ask).status_code in (403, 404)
        assert signed_in(user).post(ask).status_code in (403, 404)
        assert signed_in(user).get(reverse("evidence:bundle-file", args=[job.pk])).status_code == 404
    assert signed_in(cast.auditor).post(ask).status_code == 403
    assert signed_in(cast.second_officer).get(asked.headers["Location"]).status_code == 404
    sweep_bundles(at=clock.now() + timedelta(days=40000))
    job.refresh_from_db()
    assert (job.state, path_of(job).exists()) == ("expired", False)


def test_rights_count_when_it_is_made(item: Item, cast: Cast) -> None:
    job = request_bundle(f"item:{item.pk}", redacted=False, actor=cast.officer, at=LATER)
    cast.officer.is_active = False
    cast.officer.save()

    done = run_bundle(job.pk, at=LATER)

    assert done is not None
    assert done.state == "failed"
    assert not path_of(job).exists()


def test_a_neighbour_stays_out(item: Item, cast: Cast, tmp_path: Path) -> None:
    other = an_item(cast, title="旁边的打印机")

    folder = make_bundle([item], tmp_path / "b", title="t", actor=cast.officer, at=LATER)

    assert all(other.number not in path.read_text(encoding="utf-8") for path in folder.rglob("*.json*"))
    shutil.rmtree(folder)
