"""Looking into files: pictures drawn anew, pages as pictures, text as text; nothing of a file ever runs in our pages."""

import io
import struct
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from casework.access.enums import Secrecy
from casework.access.models import Compartment
from casework.files import previews, storage
from casework.files.marking import marked
from casework.files.models import Blob
from casework.ledger.models import Entry
from evidence.models import Item, ItemFile
from evidence.services import add_file
from evidence.web.cautions import cautions
from evidence.web.previews import mark_of
from tests.build_evidence import START, a_stored_item
from tests.cast import Cast

LATER = START + timedelta(hours=3)
SCRIPT = b"<script>alert(1)</script>"


def photo(kind: str = "JPEG", size: tuple[int, int] = (300, 200)) -> bytes:
    out = io.BytesIO()
    picture = Image.new("RGB", size, (200, 10, 10))
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    picture.save(out, kind, **({"exif": exif} if kind == "JPEG" else {}))
    return out.getvalue()


def bomb() -> bytes:
    """A PNG of a few bytes that claims to be 60,000 × 60,000."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]>>endobj\ntrailer<</Root 1 0 R>>\n"
)


def workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["地址", "=cmd|' /C calc'!A0"])  # type: ignore[union-attr]
    book.active.append(["10.0.0.1", 3])  # type: ignore[union-attr]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def office(*names: str) -> bytes:
    """A document of Office with macros, and nothing else in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("[Content_Types].xml", *names):
            archive.writestr(name, b'Sub AutoOpen() : Shell "calc" : End Sub')
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.jpg", photo(), "image"),
        ("a.exe", photo("PNG"), "image"),  # the bytes decide, not the name
        ("a.pdf", PDF, "pdf"),
        ("a.csv", "时间,地址\n9:00,10.0.0.1\n".encode("gb18030"), "table"),
        ("a.xlsx", workbook(), "table"),
        ("a.log", "矿池登录 pool login\n".encode(), "text"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'>" + SCRIPT + b"</svg>", "text"),
        ("a.html", b"<html>" + SCRIPT, "text"),
        ("a.jpg", b"\xff\xd8\xff\xe0 not a photo \0", ""),
        ("a.png", bomb(), ""),
        ("a.exe", b"MZ\x90\0\x03\0", ""),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, ""),
        ("a.docm", office("word/document.xml", "word/vbaProject.bin"), ""),
        ("a.xlsm", office("xl/workbook.xml", "xl/vbaProject.bin"), ""),
        ("a.zip", b"PK\x03\x04" + b"\0" * 40, ""),
        ("a.pdf", b"%PDF-1.4 broken", ""),
    ],
)
def test_what_can_be_shown(tmp_path: Path, name: str, content: bytes, kind: str) -> None:
    path = tmp_path / "f"
    path.write_bytes(content)

    assert previews.look_into(path, name).kind == kind


def test_a_workbook_that_lies_about_its_size_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, whole = tmp_path / "f", io.BytesIO(workbook())
    with zipfile.ZipFile(whole, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/more.xml", b" " * 1_000_000)
    size = struct.pack("<I", 1_000_000)
    assert whole.getvalue().count(size) == 2
    path.write_bytes(whole.getvalue().replace(size, struct.pack("<I", 10)))
    monkeypatch.setattr(previews, "python_calamine", None)

    assert previews.look_into(path, "a.xlsx").kind == ""
    monkeypatch.setattr(previews, "_ZIP_BYTES", 1_000)
    path.write_bytes(workbook())
    assert previews.look_into(path, "a.xlsx").kind == ""


@pytest.mark.parametrize("content", [photo(), photo("PNG"), PDF])
def test_a_picture_is_drawn_anew_and_marked(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "f"
    path.write_bytes(content)

    plain, marked = previews.picture(path, 0, ""), previews.picture(path, 0, "officer1 2021-12-16")

    assert plain.startswith(b"\x89PNG")
    assert b"SecretCamera" not in plain
    assert plain != marked
    path.write_bytes(b"neither")
    with pytest.raises(LookupError):
        previews.picture(path, 0, "")


@pytest.fixture
def item(cast: Cast) -> Item:
    return a_stored_item(cast)


def client_of(user: object) -> Client:
    client = Client()
    client.force_login(user, backend="casework.accounts.backends.AccountBackend")  # type: ignore[arg-type]
    return client


def added(cast: Cast, item: Item, name: str, content: bytes) -> ItemFile:
    return add_file(item, [content], name=name, actor=cast.officer, at=LATER)


def test_every_look_is_written_down_first(cast: Cast, item: Item) -> None:
    file = added(cast, item, "现场.jpg", photo())
    client = client_of(cast.approver)

    page = client.get(reverse("evidence:preview", args=[item.pk, file.pk]))
    picture = client.get(reverse("evidence:preview-page", args=[item.pk, file.pk, 1]))

    assert page.status_code == picture.status_code == 200
    assert (picture.headers["Content-Type"], picture.headers["X-Content-Type-Options"]) == ("image/png", "nosniff")
    looks = Entry.objects.filter(kind="item.previewed")
    assert {(entry.actor_id, entry.payload["data"]["sha256"]) for entry in looks} == {
        (cast.approver.pk, file.blob.sha256)
    }
    assert looks.count() == 2
    assert client.get(reverse("evidence:preview-page", args=[item.pk, file.pk, 2])).status_code == 404
    for user in (cast.custodian, cast.outsider, cast.unit_leader, cast.system_admin):
        for name, args in (("preview", [item.pk, file.pk]), ("preview-page", [item.pk, file.pk, 1])):
            assert client_of(user).get(reverse(f"evidence:{name}", args=args)).status_code in (403, 404)
    assert looks.count() == 2


def test_the_mark_follows_the_level(cast: Cast, item: Item) -> None:
    file = added(cast, item, "现场.png", photo("PNG"))
    url = reverse("evidence:preview-page", args=[item.pk, file.pk, 1])
    circle = Compartment.objects.get(pk=item.compartment_id)

    pictures = {}
    for level in (Secrecy.INTERNAL, Secrecy.WORK_SECRET):
        Compartment.objects.filter(pk=circle.pk).update(secrecy=level)
        pictures[level] = client_of(cast.officer).get(url).content

    assert pictures[Secrecy.INTERNAL] != pictures[Secrecy.WORK_SECRET]


@pytest.mark.parametrize("name", ["a.html", "a.svg", "a.csv", "a.txt"])
def test_nothing_of_a_file_becomes_part_of_the_page(cast: Cast, item: Item, name: str) -> None:
    file = added(cast, item, name, b"a," + SCRIPT + b"\n1,2\n")

    page = client_of(cast.officer).get(reverse("evidence:preview", args=[item.pk, file.pk])).content
    taken = client_of(cast.officer).get(reverse("evidence:file", args=[item.pk, file.pk]))

    assert SCRIPT not in page
    assert b"&lt;script&gt;alert(1)" in page
    assert taken.headers["Content-Type"] == "application/octet-stream"
    assert taken.headers["Content-Disposition"].startswith("attachment")
    taken.close()


def test_malware_is_kept_and_not_shown(cast: Cast, item: Item) -> None:
    file = added(cast, item, "miner.png", photo("PNG"))
    Blob.objects.filter(pk=file.blob_id).update(malware="Unix.Miner", scanned=True)
    client = client_of(cast.officer)

    assert "Unix.Miner" in client.get(reverse("evidence:preview", args=[item.pk, file.pk])).content.decode()
    assert client.get(reverse("evidence:preview-page", args=[item.pk, file.pk, 1])).status_code == 404
    taken = client.get(reverse("evidence:file", args=[item.pk, file.pk]))
    assert taken.status_code == 200
    taken.close()


@pytest.mark.parametrize(("name", "content", "suffix"), [("收据.pdf", PDF, ".pdf"), ("现场.jpg", photo(), ".png")])
def test_what_is_taken_away_carries_its_reader_where_the_level_asks(
    cast: Cast, item: Item, tmp_path: Path, name: str, content: bytes, suffix: str
) -> None:
    file = added(cast, item, name, content)
    url = reverse("evidence:file", args=[item.pk, file.pk])
    circles = Compartment.objects.filter(pk=item.compartment_id)
    circles.update(secrecy=Secrecy.INTERNAL)
    assert taken_by(cast.officer, url) == content  # this level asks for none

    circles.update(secrecy=Secrecy.WORK_SECRET)
    (tmp_path / "taken").write_bytes(taken_by(cast.officer, url))
    entry = Entry.objects.filter(kind="item.downloaded").latest("id")

    mark = mark_of(cast.officer, item, entry.at)
    for part in (cast.officer.name, cast.officer.post, cast.officer.username, item.number):
        assert part in mark
    drawn = previews.picture(tmp_path / "taken", 0, "")
    copies = [tmp_path / "same", tmp_path / "other"]
    for path, text in zip(copies, (mark, mark_of(cast.approver, item, entry.at)), strict=True):
        with path.open("wb") as out:
            assert previews.copy_with_mark(storage.path_of(file.blob.sha256), text, out) == suffix
    assert [previews.picture(path, 0, "") == drawn for path in copies] == [True, False]
    assert entry.payload["data"]["marked"] is True
    # The evidence itself is as it was.
    with storage.open_blob(file.blob.sha256) as stream:
        assert stream.read() == content


def taken_by(user: object, url: str) -> bytes:
    response = client_of(user).get(url)
    assert response.status_code == 200
    assert response.headers["Content-Disposition"].startswith("attachment")
    found = b"".join(response.streaming_content)  # type: ignore[attr-defined]  (closed at its end)
    assert len(found) == int(response.headers["Content-Length"])
    return found


def test_what_cannot_be_marked_leaves_as_it_is_and_what_is_too_long_stays(
    cast: Cast, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    Compartment.objects.filter(pk=item.compartment_id).update(secrecy=Secrecy.WORK_SECRET)
    text, paper = added(cast, item, "a.log", b"pool login\n"), added(cast, item, "a.pdf", PDF)

    assert taken_by(cast.officer, reverse("evidence:file", args=[item.pk, text.pk])) == b"pool login\n"
    monkeypatch.setattr(previews, "PAGES", 0)
    refused = client_of(cast.officer).get(reverse("evidence:file", args=[item.pk, paper.pk]))

    assert refused.status_code == 409
    assert "取证包" in refused.content.decode()
    assert [entry.payload["data"]["file"] for entry in Entry.objects.filter(kind="item.downloaded")] == [text.pk]


def test_pages_are_drawn_by_many_threads_at_once(tmp_path: Path) -> None:
    path = tmp_path / "f.pdf"
    path.write_bytes(PDF)

    with ThreadPoolExecutor(6) as pool:
        drawn = list(pool.map(lambda _turn: previews.picture(path, 0, "", 200), range(24)))

    assert len(set(drawn)) == 1


def located() -> bytes:
    """A photograph that tells where it was taken."""
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825).update({1: "N", 2: (30.0, 15.0, 0.0), 3: "E", 4: (120.0, 10.0, 0.0)})
    Image.new("RGB", (30, 20), (200, 10, 10)).save(out, "JPEG", exif=exif)
    return out.getvalue()


def a_sheet(cell: object) -> bytes:
    """A workbook of one sheet; no program has stored the results of its formulas."""
    out, book = io.BytesIO(), openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["2021-09-01", cell])
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", "地址,备注\n=cmd|calc,+1\n@SUM(1),-2.5\n".encode(), ["有 2 个单元格"]),
        ("a.csv", "地址,备注\n10.0.0.1,-2\n".encode(), []),
        ("a.docm", office("word/document.xml", "word/vbaProject.bin"), ["文件内有宏"]),
        ("a.docx", office("word/document.xml"), []),
        ("a.pdf", PDF, ["PDF 内有脚本"]),
        ("a.svg", b"<svg>" + SCRIPT + b"</svg>", ["这是网页或矢量图"]),
        ("a.txt", b"plain words", []),
        ("a.jpg", located(), ["原件带有拍摄位置", "原件写明拍摄设备：SecretCamera"]),
        ("a.png", photo("PNG"), []),
        ("a.png", bomb(), []),
        ("a.xlsx", a_sheet("=0.01*2"), ["表格里有公式"]),
        ("a.xlsx", a_sheet(0.02), []),
    ],
)
def test_what_to_mind_elsewhere_is_said(tmp_path: Path, name: str, content: bytes, said: list[str]) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    told = cautions(path, previews.look_into(path, name))

    assert len(told) == len(said)
    assert all(one.startswith(wanted) for one, wanted in zip(told, said, strict=True))


@pytest.mark.parametrize("tone", [0, 64, 127, 128, 192, 255])
def test_the_mark_is_seen_on_every_tone(tone: int) -> None:
    drawn = marked(Image.new("RGB", (400, 300), (tone, tone, tone)), "X 2021-12-16")

    low, high = drawn.convert("L").getextrema()
    assert max(abs(int(low) - tone), abs(int(high) - tone)) >= 25  # type: ignore[arg-type]
