"""A file that was wrongly said to be one of Word: the scrub puts it right beside what the record said, once."""

import io
import zipfile
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from casework.files import storage
from casework.files.models import Blob
from casework.files.scrub import scrub
from casework.ledger.models import Entry
from evidence.services.files import add_file
from tests.build_evidence import START, an_item
from tests.cast import Cast

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
NIGHT = START + timedelta(days=30)


def archive(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name in names:
            packed.writestr(name, b"x")
    return out.getvalue()


@pytest.mark.django_db
def test_the_scrub_puts_a_wrong_type_right_and_the_record_keeps_what_it_said(cast: Cast) -> None:
    item = an_item(cast)
    contents = {
        "导出.zip": archive("wallet.json"),
        "谈话.docx": archive("[Content_Types].xml", "word/document.xml"),
        "矿池.log": b"pool login\n",
        "丢失.zip": archive("lost"),
    }
    files = {
        name: add_file(item, [body], name=name, actor=cast.officer, at=START).pk for name, body in contents.items()
    }
    Blob.objects.filter(media_type="application/zip").update(media_type=WORD)  # as it was said before
    lost = item.files.get(name="丢失.zip").blob
    storage.path_of(lost.sha256).unlink()
    added = list(Entry.objects.filter(kind="item.file_added").order_by("pk").values_list("header", flat=True))

    scrub(begun=NIGHT)
    scrub(begun=NIGHT + timedelta(days=30))

    types = dict(item.files.values_list("name", "blob__media_type"))
    assert types == {"导出.zip": "application/zip", "谈话.docx": WORD, "矿池.log": "text/plain", "丢失.zip": WORD}
    assert dict(item.files.exclude(blob__said_type="").values_list("name", "blob__said_type")) == {"导出.zip": WORD}
    entry = Entry.objects.get(kind="item.file_type_corrected")
    data = entry.payload["data"]
    assert (data["file"], data["from"], data["to"]) == (files["导出.zip"], WORD, "application/zip")
    assert list(Entry.objects.filter(kind="item.file_added").order_by("pk").values_list("header", flat=True)) == added
    client = Client()
    client.force_login(cast.officer, backend="casework.accounts.backends.AccountBackend")
    page = client.get(reverse("evidence:item", args=[item.pk])).content.decode()
    assert page.count(f"上传时误记为 {WORD}，已更正") == 1
