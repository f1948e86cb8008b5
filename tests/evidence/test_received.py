"""Bundles of other houses: whole ones are kept as they are, with their proofs; altered and malicious ones are refused."""

import hashlib
import io
import re
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
from casework.ledger import verify
from casework.ledger.models import Entry
from evidence.models import Item, ReceivedBundle
from evidence.services import add_file
from evidence.services.bundle import make_bundle
from evidence.services.received import receive_bundle
from evidence.web.received import shown
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


def adding(name: str, text: str = "x") -> Callable[[Path], bytes]:
    return lambda bag: packed(bag, lambda archive: archive.writestr(name, text))


def without_payload(bag: Path) -> bytes:
    kept = {path: path.read_bytes() for path in (bag / "data").rglob("*.txt")}
    for path in kept:
        path.unlink()
    try:
        return packed(bag)
    finally:
        for path, content in kept.items():
            path.write_bytes(content)


def changed(name: str, content: bytes) -> Callable[[Path], bytes]:
    """Another content of one file, as somebody who rewrites the bag's own lists too would leave it."""

    def made(bag: Path) -> bytes:
        path = next(bag.glob(name), bag / name)
        before = path.read_bytes() if path.exists() else None
        lists = {one: one.read_bytes() for one in bag.glob("*manifest-*.txt")}
        path.write_bytes(content)
        for one, text in lists.items():
            digest = hashlib.new(one.stem.partition("-")[2], content).hexdigest()
            listed = path.relative_to(bag).as_posix()
            lines = [line for line in text.decode().splitlines() if not line.endswith(f"  {listed}")]
            payload = not one.name.startswith("tag")
            if payload == listed.startswith("data/"):
                lines.append(f"{digest}  {listed}")
            one.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        for one in bag.glob("manifest-*.txt"):
            tags = bag / "tagmanifest-sha256.txt"
            kept = [line for line in tags.read_text().splitlines() if not line.endswith(f"  {one.name}")]
            kept.append(f"{hashlib.sha256(one.read_bytes()).hexdigest()}  {one.name}")
            tags.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
        try:
            return packed(bag)
        finally:
            for one, text in lists.items():
                one.write_bytes(text)
            if before is None:
                path.unlink()
            else:
                path.write_bytes(before)

    return made


def deflated_and_broken(bag: Path) -> bytes:
    content = bytearray(packed(bag, lambda z: z.writestr("bundle/data/z", b"0123456789" * 99, zipfile.ZIP_DEFLATED)))
    place = content.index(b"bundle/data/z") + len("bundle/data/z")
    content[place : place + 6] = b"\xff" * 6
    return bytes(content)


FOREIGN = "elsewhere.example\n5\n" + "A" * 43 + "=\n\n— elsewhere.example " + "A" * 92 + "\n"
WRONG: list[tuple[Callable[[Path], bytes], str, str]] = [
    (adding("../outside.txt"), "", "路径指向外面"),
    (adding("/etc/cron.d/x"), "", "路径指向外面"),
    (adding("a\\..\\b"), "", "路径指向外面"),
    (adding("bundle/data/" + "x" * 300), "", "不是完整的 ZIP"),
    (lambda bag: packed(bag, link), "", "链接或特殊文件"),
    (deflated_and_broken, "", "不是完整的 ZIP"),
    (adding("bundle/data/more.txt"), "", "不在 sha256 清单里"),
    (without_payload, "", "缺失"),
    (changed("data/items/*/*.txt", b"pool log1n\n"), "", "不是账本登记的文件"),
    (changed("ledger/checkpoint", FOREIGN.encode()), "", "checkpoint"),
    (packed, "elsewhere.example+00000000+AAAA", "写得不对：形式是"),
    (packed, "/etc/hostname", "写得不对：形式是"),
]


def test_every_wrong_bag_has_its_page_and_leaves_nothing(cast: Cast, bag: Path) -> None:
    collection = a_collection(cast)
    url = reverse("evidence:receive-bundle", args=[collection.pk])
    client = Client()
    client.force_login(cast.officer, backend="casework.accounts.backends.AccountBackend")
    before = Item.objects.count()

    for make, vkey, said in WRONG:
        file = SimpleUploadedFile("b.zip", make(bag))
        page = client.post(url, {"file": file, "second": cast.second_officer.pk, "vkey": vkey, "source": "外省"})
        assert (page.status_code, said in page.content.decode()) == (409, True), said
        assert "可以" in " ".join(page.context["form"].errors.as_text().split()), said  # what to do about it
        assert not [one for one in page.context["faults"] if re.search(r" / [A-Za-z]|[0-9a-f]{32}|: :", one)], said
        assert 'value="外省"' in page.content.decode()  # nothing typed is lost

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


SAID = "完好 / INTACT: 3 个文件，账本条目 9 条，逐条相接，其中 {proofs} 条证明在 9 条的已签名检查点内"


@pytest.mark.parametrize(
    ("said", "sure", "unproven"),
    [
        (SAID.format(proofs=9), True, []),
        (f"{verify.INSIDE}\n{SAID.format(proofs=9)}", False, ["是谁签的"]),
        (SAID.format(proofs=0), False, ["没有账本证明"]),
        (f"注意：2 条还没有证明 / note: 1, 2\n{SAID.format(proofs=7)}", True, ["2 条还没有进入"]),
    ],
)
def test_the_page_says_what_is_not_proven(said: str, sure: bool, unproven: list[str]) -> None:
    told = shown(ReceivedBundle(said=said, files=1, entries=9))

    assert told.sure == sure
    assert [one[: len(wanted)] for one, wanted in zip(told.unproven, unproven, strict=False)] == unproven
    assert len(told.unproven) == len(unproven) + 1  # that contents are true is never proven
