"""Bundles of other houses: whole ones are kept as they are, with their proofs; altered and malicious ones are refused."""

import io
import stat
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from casework.core.errors import CaseworkError
from casework.files import storage
from casework.ledger.models import Entry
from evidence.models import Item, ReceivedBundle
from evidence.services import add_file
from evidence.services.bundle import make_bundle
from evidence.services.received import receive_bundle
from tests.build_evidence import START, a_collection, a_stored_item
from tests.cast import Cast

LATER = START + timedelta(hours=5)


@pytest.fixture
def bag(cast: Cast, tmp_path: Path) -> Path:
    item = a_stored_item(cast)
    add_file(item, [b"pool login\n"], name="矿池日志.txt", actor=cast.officer, at=LATER)
    return make_bundle([item], tmp_path / "bag", title="矿机", actor=None, at=LATER)


def packed(bag: Path, extra: Callable[[zipfile.ZipFile], object] | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path in sorted(bag.rglob("*")):
            if path.is_file():
                archive.write(path, Path("bundle") / path.relative_to(bag))
        if extra:
            extra(archive)
    return out.getvalue()


def receive(cast: Cast, content: bytes, **more: str) -> ReceivedBundle:
    return receive_bundle(
        a_collection(cast), [content], name="外省取证包.zip", officers=(cast.officer, cast.second_officer),
        actor=cast.officer, at=LATER, **more,
    )  # fmt: skip


def test_a_whole_bundle_is_kept_as_it_is(cast: Cast, bag: Path) -> None:
    content = packed(bag)

    received = receive(cast, content)

    # Inside a test's transaction nothing is signed; where a checkpoint lies in the bag, it is kept to the letter.
    note = bag / "ledger" / "checkpoint"
    checkpoint = note.read_text(encoding="utf-8") if note.is_file() else ""
    number = Item.objects.earliest("pk").number
    assert (received.origin, received.numbers, received.files) == (checkpoint.partition("\n")[0], [number], 1)
    assert received.checkpoint == checkpoint
    assert storage.path_of(received.blob.sha256).read_bytes() == content
    assert received.item.files.get().blob == received.blob
    assert "完好" in received.said
    entry = Entry.objects.get(kind="item.bundle_received")
    assert entry.payload["data"]["sha256"] == received.blob.sha256
    page = Client()
    page.force_login(cast.officer, backend="casework.accounts.backends.AccountBackend")
    assert number in page.get(reverse("evidence:item", args=[received.item_id])).content.decode()


def link(archive: zipfile.ZipFile) -> None:
    one = zipfile.ZipInfo("bundle/data/link")
    one.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(one, "/etc/passwd")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda archive: archive.writestr("../outside.txt", "x"), "路径指向外面"),
        (lambda archive: archive.writestr("/etc/cron.d/x", "x"), "路径指向外面"),
        (lambda archive: archive.writestr("a\\..\\b", "x"), "路径指向外面"),
        (link, "链接或特殊文件"),
        (lambda archive: archive.writestr("bundle/data/more.txt", "x"), "核验没有通过"),
    ],
)
def test_what_is_altered_or_malicious_is_refused(
    cast: Cast, bag: Path, change: Callable[[zipfile.ZipFile], object], said: str
) -> None:
    before = Item.objects.count()

    with pytest.raises(CaseworkError, match=said):
        receive(cast, packed(bag, change))

    assert (Item.objects.count(), ReceivedBundle.objects.count()) == (before, 0)
    assert not [path for path in storage.incoming().iterdir() if path.name.startswith("received-")]


def test_a_bomb_and_rubbish_are_refused(cast: Cast, bag: Path, settings: object) -> None:
    content = packed(bag)
    with pytest.raises(CaseworkError, match="不是完整的 ZIP"):
        receive(cast, b"PK\x03\x04 rubbish")
    with pytest.raises(CaseworkError, match="没有取证包"):
        receive(cast, packed(bag / "data"))
    settings.CASEWORK_MAX_FILE_BYTES = len(content) + 10  # type: ignore[attr-defined]
    bomb = packed(bag, lambda archive: archive.writestr("bundle/data/0", b"0" * 10**6, zipfile.ZIP_DEFLATED))
    if len(bomb) < settings.CASEWORK_MAX_FILE_BYTES:  # type: ignore[attr-defined]
        with pytest.raises(CaseworkError, match="太大"):
            receive(cast, bomb)
    else:
        settings.CASEWORK_MAX_FILE_BYTES = len(bomb)  # type: ignore[attr-defined]
        with pytest.raises(CaseworkError, match="太大"):
            receive(cast, bomb)


def test_in_the_browser(cast: Cast, bag: Path) -> None:
    collection = a_collection(cast)
    url = reverse("evidence:receive-bundle", args=[collection.pk])
    client = Client()
    client.force_login(cast.officer, backend="casework.accounts.backends.AccountBackend")
    given = {"file": SimpleUploadedFile("b.zip", packed(bag)), "second": cast.second_officer.pk}

    assert client.post(url, given).status_code == 302
    assert collection.items.get().received_bundle.files == 1
    for user in (cast.auditor, cast.outsider, cast.custodian, cast.unit_leader):
        client.force_login(user, backend="casework.accounts.backends.AccountBackend")
        assert client.post(url, {}).status_code in (403, 404)
