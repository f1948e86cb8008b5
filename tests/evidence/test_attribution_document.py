"""The official document of an attribution: made of an edition alone, out of date with it, and in both formats."""

import io
from typing import Any

import docx
import pytest
from django.urls import reverse
from django.utils.translation import override

from casework.core.errors import Invalid, Refused
from casework.documents.catalogue import shipped
from casework.documents.models import Document
from casework.documents.registry import subject_of
from casework.documents.services.documents import draft_document, issue_document, redraft_document
from casework.documents.services.rendering import data_of
from casework.documents.services.templates import read_own
from casework.files import storage
from casework.ledger.models import Entry
from evidence.attribution.weight import Hypothesis
from evidence.attribution_enums import AddedKind, ReviewVerdict
from evidence.models import Attribution
from evidence.selectors.attributions import newest_edition
from evidence.services.attributions import add_attribution_evidence, review_attribution, submit_attribution
from tests.build_attributions import LATER, NETWORK, a_host, an_attribution
from tests.cast import Cast
from tests.documents.conftest import _chinese_font  # noqa: F401 (documents are drawn here, too)
from tests.documents.test_layout import text_of
from tests.parsing.test_product import client_of

pytestmark = pytest.mark.django_db
CODE = "attribution_statement"


@pytest.fixture
def named(cast: Cast) -> Attribution:
    return an_attribution(cast, a_host(cast, *NETWORK, "accounts", "secrets"))


def drafted(row: Attribution, cast: Cast, **data: Any) -> Document:
    subject = subject_of(row.ref, cast.officer)
    assert subject is not None
    with override("en"):  # whoever drafts it, the document speaks Chinese
        return draft_document(subject, CODE, data, actor=cast.officer, at=LATER)


def explain(row: Attribution, cast: Cast) -> None:
    add_attribution_evidence(
        row, kind=AddedKind.EXPLANATION, person="黄某某", text="电脑没有锁屏", source="笔录第 4 页", fits={one.value: 0 for one in Hypothesis},
        actor=cast.officer, at=LATER,
    )  # fmt: skip


def test_the_statement_is_made_of_the_newest_edition_and_falls_out_of_date_with_it(
    named: Attribution, cast: Cast
) -> None:
    row = drafted(named, cast, purpose="附审查调查报告")
    data, edition = data_of(row), newest_edition(named)
    assert (data["digest"], data["edition"]) == (f"SHA-256 {edition.digest}", "1")
    assert (data["outcome"], data["review"]) == (
        "链条指向黄某某，所列记录对此的支持程度为“中等”。",
        "尚未复核。复核以前只供核对，不作依据。",
    )
    assert "还没有记下有关人员本人的说明" in data["unexplained"]
    assert len(data["steps"]) == len(edition.content["links"])
    assert {one["text"] for one in data["records"]} == {
        one["text"].strip() or "—" for one in edition.content["records"].values()
    }
    assert {one["digest"] for one in data["files"]} == {one["sha256"] for one in edition.content["records"].values()}

    explain(named, cast)
    submit_attribution(named, actor=cast.officer, at=LATER)
    review_attribution(named, verdict=ReviewVerdict.AGREED, actor=cast.second_officer, at=LATER)
    with pytest.raises(Refused) as refused:
        issue_document(row, actor=cast.officer, at=LATER)
    assert refused.value.code == "records_changed"

    row = redraft_document(row, {"purpose": "附卷"}, version=row.version, actor=cast.officer, at=LATER)
    issued = issue_document(row, actor=cast.officer, at=LATER)

    assert issued.pdf is not None
    assert issued.docx is not None
    with storage.open_blob(issued.pdf.sha256) as file:
        printed = text_of(file.read())
    with storage.open_blob(issued.docx.sha256) as file:
        word = docx.Document(io.BytesIO(file.read()))
    typed = "".join(
        [one.text for one in word.paragraphs]
        + [cell.text for table in word.tables for line in table.rows for cell in line.cells]
    )
    newest = newest_edition(named)
    for text in (printed, "".join(typed.split())):
        for said in (
            newest.digest, "电脑没有锁屏", "同意", "COMMAND=/bin/sed", "H5", "条记录有误则不成立", "用途：附卷", f"第{newest.serial}版",
        ):  # fmt: skip
            assert said in text, said
        assert "不是过错大小，也不决定处分" in text
    entry = Entry.objects.get(kind="document.issued", ref=issued.ref)
    assert entry.payload["data"]["subject"] == named.ref
    explain(named, cast)  # whatever comes later, the issued one stays as it was
    issued.refresh_from_db()
    assert f"SHA-256 {newest.digest}" == data_of(issued)["digest"]


def test_nobody_types_over_what_the_rules_found(named: Attribution, cast: Cast) -> None:
    officer = client_of(cast.officer)
    page = officer.get(reverse("evidence:attribution", args=[named.pk])).content.decode()
    address = reverse("documents:new", args=[named.ref, CODE])
    assert address in page
    form = officer.get(address).content.decode()
    assert 'name="purpose"' in form
    assert 'name="outcome"' not in form
    assert "全部内容取自记录，不能改写" in form
    assert officer.post(address, {"outcome": "黄某某所为", "purpose": "附卷"}).status_code == 302
    row = Document.objects.get(code=CODE)
    assert data_of(row)["outcome"].startswith("链条指向黄某某，所列记录")

    with pytest.raises(Invalid):
        drafted(named, cast, outcome="黄某某所为")
    with pytest.raises(Invalid, match="取自记录，不能改写"):
        redraft_document(row, {**data_of(row), "caps": []} | {"steps": [1]}, version=row.version, actor=cast.officer, at=LATER)  # fmt: skip
    assert redraft_document(row, data_of(row), version=row.version, actor=cast.officer, at=LATER).digest
    assert Document.objects.count() == 1

    for who, code in ((cast.auditor, 403), (cast.outsider, 404)):
        assert client_of(who).get(address).status_code == code
        assert client_of(who).post(address, {"purpose": "附卷"}).status_code == code
    assert address not in client_of(cast.auditor).get(reverse("evidence:attribution", args=[named.pk])).content.decode()
    assert Document.objects.count() == 1


SOURCE = shipped()[CODE][0].source


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("label: 推演结果, type: long, fixed: true", "label: 推演结果, type: long"),
        ("label: 用途, required", "label: 用途, fixed: true, required"),
        ("  - {block: lines, items: caps, when: caps}\n", ""),
        ('  - {block: p, text: "{outcome}"}\n', "  - {block: p, text: 系黄某某所为。}\n"),
    ],
)
def test_a_version_of_ones_own_keeps_and_prints_what_the_rules_found(old: str, new: str) -> None:
    assert old in SOURCE
    assert read_own(CODE, SOURCE.replace("没有结果。", "没有。")).code == CODE
    with pytest.raises(Invalid, match="取自记录的项目不能改"):
        read_own(CODE, SOURCE.replace(old, new))
