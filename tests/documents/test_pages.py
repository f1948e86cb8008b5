"""Documents on the pages and over the API, for those inside the circle and outside it."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from casework.documents.enums import DocumentState
from casework.documents.models import Document, Job
from casework.documents.registry import Subject
from casework.ledger.models import Entry
from tests.cast import Cast
from tests.documents.build import DATA, issued


def client(user: Any) -> Client:
    found = Client()
    found.force_login(user)
    return found


def status_of(user: Any, url: str) -> int:
    """Return the status of the page for the user, read to its end."""
    response: Any = client(user).get(url)
    if response.streaming:
        assert b"".join(response.streaming_content)
    return int(response.status_code)


@pytest.mark.django_db
def test_pages_are_there_for_the_circle_alone_and_the_auditor_never_writes(cast: Cast, case: Subject) -> None:
    row = issued(cast, case)
    reads = [
        reverse("documents:detail", args=[row.pk]),
        reverse("documents:page", args=[row.pk, 1]),
        reverse("documents:file", args=[row.pk, "pdf"]),
        reverse("documents:file", args=[row.pk, "docx"]),
        reverse("documents:bind", args=[case.ref]),
    ]
    writes = [
        (reverse("documents:new", args=[case.ref, "filing_decision"]), DATA),
        (reverse("documents:edit", args=[row.pk]), DATA),
        (reverse("documents:act", args=[row.pk, "withdraw"]), {"withdraw-reason": "错"}),
        (reverse("documents:act", args=[row.pk, "serve"]), {"served_on": "2021-10-12", "receiver": "某"}),
        (reverse("documents:bind", args=[case.ref]), {}),
    ]
    for url in reads:
        assert status_of(cast.officer, url) == 200, url
        assert status_of(cast.auditor, url) == 200, url
        for name in ("outsider", "unit_leader", "liaison", "system_admin", "security_admin", "audit_admin"):
            assert status_of(getattr(cast, name), url) == 404, (url, name)
    for url, data in writes:
        assert client(cast.auditor).post(url, data).status_code == 403, url
        assert client(cast.outsider).post(url, data).status_code == 404, url
    row.refresh_from_db()
    assert row.state == DocumentState.ISSUED
    assert Document.objects.count() == 1
    assert not Job._base_manager.exists()
    check = reverse("documents:check", args=[row.pk])
    assert check in client(cast.officer).get(reads[0]).content.decode()
    assert check not in client(cast.auditor).get(reads[0]).content.decode()  # the check is written down: not his
    downloads = Entry.objects.filter(ref=row.ref, kind="document.downloaded")
    assert downloads.count() == 4


@pytest.mark.django_db
def test_a_document_is_made_on_the_pages(cast: Cast, case: Subject) -> None:
    officer, leader = client(cast.officer), client(cast.approver)
    shown = officer.get(case.url)
    assert reverse("documents:new", args=[case.ref, "filing_decision"]) in shown.content.decode()
    url = reverse("documents:new", args=[case.ref, "filing_decision"])
    refused = officer.post(url, {**DATA, "person": ""})
    assert refused.status_code == 422
    assert "缺少被审查调查人" in refused.content.decode()

    made = officer.post(url, DATA)
    row = Document.objects.get()

    assert made.url == reverse("documents:detail", args=[row.pk])  # type: ignore[attr-defined]
    officer.post(reverse("documents:act", args=[row.pk, "submit"]))
    leader.post(reverse("documents:act", args=[row.pk, "issue"]), {"issued_on": "2021-10-12"})
    row.refresh_from_db()
    assert row.state == DocumentState.ISSUED
    assert row.number in officer.get(reverse("documents:list")).content.decode()
    assert "逐字节一致" in officer.post(reverse("documents:check", args=[row.pk])).content.decode()
    for code in ("filing_decision", "record"):
        assert officer.get(reverse("documents:template", args=[code])).status_code == 200
        assert officer.get(reverse("documents:template-page", args=[code, 1]))["Content-Type"] == "image/png"


@pytest.mark.django_db
def test_api_lists_what_the_reader_may_know(cast: Cast, case: Subject) -> None:
    row = issued(cast, case)

    mine = client(cast.officer).get("/api/v1/documents/", {"subject": case.ref}).json()
    other = client(cast.outsider).get("/api/v1/documents/").json()

    assert [one["number"] for one in mine["results"]] == [row.number]
    assert other["results"] == []
    assert client(cast.outsider).get(f"/api/v1/documents/{row.pk}/").status_code == 404
