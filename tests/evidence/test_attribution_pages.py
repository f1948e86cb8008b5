"""The card in the browser and over the API: who sees it, who may write, the review by another officer, the export."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from casework.core.errors import CaseworkError, NotAllowed
from casework.ledger.models import Entry
from evidence.attribution.weight import Fit, Hypothesis
from evidence.attribution_enums import AddedKind, AttributionState, ReviewVerdict
from evidence.models import Attribution, AttributionEvidence, AttributionReview, LogFinding, LogKeeper
from evidence.selectors.attributions import newest_edition
from evidence.services.attributions import (
    add_attribution_evidence,
    open_attribution,
    review_attribution,
    submit_attribution,
)
from evidence.services.bundle import make_bundle
from tests.build_attributions import LATER, NETWORK, a_host, an_attribution
from tests.cast import Cast
from tests.parsing.test_product import client_of

pytestmark = pytest.mark.django_db
FITS = {one.value: 0 for one in Hypothesis}
RATED = {f"fit_{one.value}": "0" for one in Hypothesis}


@pytest.fixture
def named(cast: Cast) -> Attribution:
    return an_attribution(cast, a_host(cast, *NETWORK, "accounts", "secrets"))


def act_on(row: Attribution) -> dict[str, tuple[str, dict[str, str]]]:
    return {
        "rework": ("evidence:attribution-rework", {}),
        "add": ("evidence:attribution-add", {"kind": "other", "text": "监控", "source": "光盘 1", **RATED}),
        "submit": ("evidence:attribution-submit", {}),
        "review": ("evidence:attribution-review", {"verdict": "agreed"}),
    }


def test_the_card_says_every_step_with_its_bytes(named: Attribution, cast: Cast) -> None:
    text = client_of(cast.auditor).get(reverse("evidence:attribution", args=[named.pk])).content.decode()

    edition = newest_edition(named)
    assert edition.outcome == "named"
    for said in (
        "链条指向 黄某某",
        "当时开着的该账号会话只有一个",
        "租给网卡 00:00:5e:00:53:1f",
        "若这",
        "条记录有误则不成立",
        "中等",
    ):
        assert said in text, said
    for record in edition.content["records"].values():
        assert str(record["offset"]) in text
        assert record["number"] in text
    assert "COMMAND=/bin/sed -i" in text
    assert "有罪" not in text
    assert "%</" not in text
    assert (
        "<form" not in text.partition("<main")[2].replace('action="/accounts', "") or "attribution-rework" not in text
    )
    older = client_of(cast.officer).get(f"{reverse('evidence:attribution', args=[named.pk])}?edition=1")
    assert older.status_code == 200


#: Who → what he gets of the card, and whether he may write.
READERS = {
    "auditor": (200, False), "hearing_officer": (200, False), "approver": (200, False), "outsider": (404, False),
    "unit_leader": (404, False), "liaison": (404, False), "system_admin": (404, False), "officer": (200, True),
    "second_officer": (200, True),
}  # fmt: skip


def test_who_sees_a_card_and_who_writes(named: Attribution, cast: Cast) -> None:
    address = reverse("evidence:attribution", args=[named.pk])
    for who, (sees, writes) in READERS.items():
        client = client_of(getattr(cast, who))
        assert client.get(address).status_code == sees, who
        listed = client.get(reverse("evidence:attributions"))
        assert (named.number in listed.content.decode()) is (sees == 200), who
        answers = {client.post(reverse(to, args=[named.pk]), data).status_code for to, data in act_on(named).values()}
        if not writes:
            assert answers <= ({403, 409, 422} if sees == 200 else {404}), who
            assert 403 in answers or sees == 404, who
        named.refresh_from_db()
        assert writes or (named.state == AttributionState.LEAD and not AttributionEvidence.objects.exists()), who
    assert AttributionEvidence.objects.count() == 2
    assert named.state == AttributionState.SUBMITTED


def test_another_officer_reviews_and_nobody_his_own(named: Attribution, cast: Cast) -> None:
    with pytest.raises(CaseworkError):  # it was not handed to anybody
        review_attribution(named, verdict=ReviewVerdict.AGREED, actor=cast.second_officer, at=LATER)
    submit_attribution(named, actor=cast.officer, at=LATER)
    named.refresh_from_db()
    with pytest.raises(CaseworkError) as own:
        review_attribution(named, verdict=ReviewVerdict.AGREED, actor=cast.officer, at=LATER)
    assert own.value.code == "attribution_own"
    with pytest.raises(NotAllowed):
        review_attribution(named, verdict=ReviewVerdict.AGREED, actor=cast.auditor, at=LATER)
    with pytest.raises(CaseworkError):
        review_attribution(named, verdict=ReviewVerdict.RETURNED, note=" ", actor=cast.second_officer, at=LATER)
    page = client_of(cast.officer).get(reverse("evidence:attribution", args=[named.pk])).content.decode()
    assert "由另一名办案人员复核" in page
    assert 'id="review"' not in page

    answer = client_of(cast.second_officer).post(
        reverse("evidence:attribution-review", args=[named.pk]),
        {"verdict": "returned", "note": "第 3 步的时钟没有比对"},
    )

    assert answer.status_code == 302
    named.refresh_from_db()
    review = AttributionReview.objects.get()
    assert (named.state, review.reviewer, review.edition) == ("returned", cast.second_officer, newest_edition(named))
    (entry,) = Entry.objects.filter(kind="attribution.reviewed")
    assert entry.ref == named.ref
    page = client_of(cast.officer).get(reverse("evidence:attribution", args=[named.pk])).content.decode()
    assert "第 3 步的时钟没有比对" in page


INCOMPLETE: tuple[tuple[AddedKind, dict[str, Any], str], ...] = (
    (AddedKind.EXPLANATION, {"person": ""}, "person"),
    (AddedKind.TESTIMONY, {"text": " "}, "text"),
    (AddedKind.OTHER, {"source": ""}, "source"),
    (AddedKind.DISCLOSURE, {"account": ""}, "account"),
    (AddedKind.OTHER, {"fits": {"H1": 1}}, "fit_H2"),
    (AddedKind.OTHER, {"fits": {**FITS, "H1": 3}}, "fit_H1"),
)


def test_added_evidence_is_whole_and_rated_under_all(named: Attribution, cast: Cast) -> None:
    whole = {"person": "黄某某", "text": "说明", "source": "笔录第 1 页", "account": "itadmin", "fits": FITS}
    for kind, values, wrong in INCOMPLETE:
        with pytest.raises(CaseworkError) as refused:
            add_attribution_evidence(named, kind=kind, **{**whole, **values}, actor=cast.officer, at=LATER)
        assert wrong in refused.value.details
    assert not AttributionEvidence.objects.exists()


def test_what_the_person_says_is_weighed_and_a_disclosure_changes_the_chain(named: Attribution, cast: Cast) -> None:
    submit_attribution(named, actor=cast.officer, at=LATER)
    added = add_attribution_evidence(
        named, kind=AddedKind.DISCLOSURE, person="王某某", account="itadmin", text="当天把密码告诉了他", source="笔录第 5 页",
        fits={**FITS, "H1": -1, "H2": int(Fit.FOR)}, actor=cast.officer, at=LATER,
    )  # fmt: skip
    edition = newest_edition(named)

    assert (edition.serial, edition.outcome, edition.person) == (2, "session", "")
    assert named.state == AttributionState.LEAD  # another chain needs another review
    assert edition.content["judgement"]["order"][0] == "H2"

    add_attribution_evidence(
        named, kind=AddedKind.EXPLANATION, person="黄某某", text="记错了，没有告诉过", source="笔录第 9 页", fits=FITS, replaces=added,
        actor=cast.officer, at=LATER,
    )  # fmt: skip
    third = newest_edition(named)
    assert (third.serial, third.outcome, third.person) == (3, "named", "黄某某")
    assert AttributionEvidence.objects.count() == 2  # the earlier stays beside it


def test_one_begins_from_what_is_missing(cast: Cast) -> None:
    runs = a_host(cast, "own", *NETWORK)
    gap = LogFinding.objects.get(run=runs["own"], verdict="deleted-proved")
    client = client_of(cast.officer)
    run_page = client.get(reverse("evidence:log-run", args=[gap.run_id])).content.decode()
    address = f"{reverse('evidence:new-attribution')}?finding={gap.pk}"
    assert address in run_page
    page = client.get(address).content.decode()
    assert "/bin/sed -i" in page  # the clearing that the other log tells of
    assert client_of(cast.outsider).get(address).status_code == 404
    assert client_of(cast.auditor).get(address).status_code == 403

    answer = client.post(reverse("evidence:new-attribution"), {"finding": str(gap.pk)})

    row = Attribution.objects.get()
    assert answer.headers["Location"] == reverse("evidence:attribution", args=[row.pk])
    assert row.outcome in {"session", "broken"}
    assert newest_edition(row).person == ""


def test_the_same_event_is_asked_once(named: Attribution, cast: Cast) -> None:
    again = open_attribution(event=named.event, actor=cast.second_officer, at=LATER)

    assert again.pk == named.pk
    assert Attribution.objects.count() == 1


def test_the_api_lists_and_shows(named: Attribution, cast: Cast) -> None:
    client = client_of(cast.officer)
    (line,) = client.get("/api/v1/attributions/?outcome=named").json()["results"]
    assert (line["number"], line["digest"]) == (named.number, newest_edition(named).digest)
    card = client.get(f"/api/v1/attributions/{named.pk}/").json()["card"]
    assert (card["person"], card["strength"]) == ("黄某某", "中等")
    assert [one["rule"] for one in card["steps"]][:2] == ["S3", "L1"]
    assert client_of(cast.outsider).get(f"/api/v1/attributions/{named.pk}/").status_code == 404
    assert client.post("/api/v1/attributions/", {}).status_code == 400


@pytest.mark.parametrize("redacted", [False, True])
def test_a_bundle_holds_the_card_unless_redacted(
    named: Attribution, cast: Cast, tmp_path: Path, redacted: bool
) -> None:
    folder = make_bundle([named.item], tmp_path / "bag", title="案", actor=cast.officer, at=LATER, redacted=redacted)

    graph = json.loads((folder / "metadata" / "case.jsonld").read_text(encoding="utf-8"))["@graph"]
    report = (folder / "report.html").read_text(encoding="utf-8")
    actions = [
        node
        for node in graph
        if node["@type"] == "case-investigation:InvestigativeAction" and named.number in node["uco-core:name"]
    ]
    assert (len(actions), named.number in report, "黄某某" in report) == (
        (0, False, False) if redacted else (1, True, True)
    )
    if not redacted:
        ids = {node["@id"] for node in graph}
        assert {one["@id"] for one in actions[0]["uco-action:object"]} <= ids
        (card,) = json.loads((folder / "metadata" / "attributions.json").read_text(encoding="utf-8"))
        assert card["edition"]["digest"] == newest_edition(named).digest


def test_the_keeper_of_a_log_is_stated_on_its_page(cast: Cast) -> None:
    (run,) = a_host(cast, "switch").values()
    address = reverse("evidence:log-keeper", args=[run.pk])
    given = {"keeper": "网络中心", "administrators": "黄某某", "basis": "回执"}
    before = LogKeeper.objects.count()
    assert [client_of(user).post(address, given).status_code for user in (cast.auditor, cast.outsider)] == [403, 404]
    assert client_of(cast.officer).post(address, {"keeper": "网络中心"}).status_code == 302
    assert LogKeeper.objects.count() == before
    assert client_of(cast.officer).post(address, given).status_code == 302
    newest = LogKeeper.objects.order_by("pk").last()
    assert newest is not None
    assert (newest.file, newest.administrators) == (run.file, "黄某某")
    page = client_of(cast.auditor).get(reverse("evidence:log-run", args=[run.pk])).content.decode()
    assert "谁有权改动" in page
    assert address not in page
