"""The trail pages: who may read what, what they show, and that taking a trail out is an entry."""

import pytest
from django.test import Client
from django.utils.translation import gettext as _

from casework.accounts.models import User
from casework.ledger import refs
from casework.ledger.models import Entry
from casework.ledger.record import record
from casework.ledger.web.changes import Change, changes_of, facts_of
from tests.build import moment
from tests.cast import Cast

AT = moment("2021-09-06 10:42")


@pytest.fixture
def things(monkeypatch: pytest.MonkeyPatch, cast: Cast) -> None:
    """Objects named ``thing``: the officer, and the auditor, may know of thing 1; the leader of its unit too."""
    knows = {cast.officer.pk, cast.auditor.pk, cast.unit_leader.pk}

    def resolve(pk: int, user: User) -> refs.Resolved | None:
        return refs.Resolved(f"第 {pk} 件", f"/things/{pk}/") if pk == 1 and user.pk in knows else None

    def find(text: str, user: User) -> list[str]:
        return ["thing:1"] if text == "0036-001" and user.pk in knows else []

    monkeypatch.setitem(refs._resolvers, "thing", resolve)
    monkeypatch.setattr(refs, "_finders", [find])


def entries(cast: Cast) -> Entry:
    record(
        "thing.seized",
        ref="thing:1",
        actor=cast.officer,
        at=AT,
        data={"number": "0036-001"},
        personal={"holder": "丁某某"},
    )
    record("thing.seized", ref="thing:2", actor=cast.outsider, at=AT, data={"number": "0036-002"})
    return record(
        "thing.stored",
        ref="thing:1",
        actor=cast.officer,
        at=AT,
        data={"from": "甲处", "to": "乙处"},
        reason="入库",
        officers=(cast.second_officer,),
    )


def get(user: User, path: str) -> tuple[int, str]:
    client = Client()
    client.force_login(user)
    answer = client.get(path)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer.status_code, body.decode()


READERS = {"officer", "auditor"}


def test_the_trail_opens_to_those_who_may_see_the_thing_and_belong_to_the_commission(cast: Cast, things: None) -> None:
    last = entries(cast)

    for name, user in cast.everyone().items():
        for path in ("/trail/thing:1/", f"/trail/entry/{last.pk}/"):
            assert get(user, path)[0] == (200 if name in READERS else 404), (name, path)


def test_a_thing_that_nobody_recorded_and_one_that_is_hidden_answer_alike(cast: Cast, things: None) -> None:
    entries(cast)

    assert get(cast.officer, "/trail/thing:2/")[0] == 404
    assert get(cast.officer, "/trail/thing:77/")[0] == 404
    assert get(cast.auditor, "/trail/thing:77/")[0] == 404
    assert get(cast.auditor, "/trail/entry/999999999/")[0] == 404


def test_the_trail_tells_people_change_reason_and_proof(cast: Cast, things: None) -> None:
    entries(cast)

    _status, page = get(cast.officer, "/trail/thing:1/")

    for text in ("第 1 件 的经过", "承办人甲", "承办人乙", "甲处 → 乙处", "入库", "等待入账"):
        assert text in page
    assert "thing:2" not in page


def test_the_trail_narrows_by_kind_and_day(cast: Cast, things: None) -> None:
    first, last = Entry.objects.none(), entries(cast)
    first = Entry.objects.filter(ref="thing:1").order_by("pk").first()
    assert first is not None

    _status, page = get(cast.officer, "/trail/thing:1/?kind=thing.stored")
    assert f"/trail/entry/{last.pk}/" in page
    assert f"/trail/entry/{first.pk}/" not in page
    _status, page = get(cast.officer, "/trail/thing:1/?at_to=2021-9-5")
    assert f"/trail/entry/{last.pk}/" not in page


def test_taking_the_trail_out_is_an_entry_of_its_own(cast: Cast, things: None) -> None:
    entries(cast)

    status, text = get(cast.officer, "/trail/thing:1/?export=csv")

    assert status == 200
    assert "甲处 → 乙处" in text
    assert "内容与摘要相符" in text
    last = Entry.objects.order_by("-pk")[0]
    assert (last.kind, last.ref, last.actor_id) == ("ledger.exported", "thing:1", cast.officer.pk)
    assert last.payload["data"] == {"rows": 2}


def test_the_entry_shows_bytes_hashes_and_personal_values(cast: Cast, things: None) -> None:
    entries(cast)
    first = Entry.objects.filter(ref="thing:1").order_by("pk")[0]

    _status, page = get(cast.officer, f"/trail/entry/{first.pk}/")

    digest = bytes(first.leaf_hash).hex()
    assert " ".join(digest[i : i + 4] for i in range(0, 64, 4)) in page
    assert "丁某某" in page
    assert "&quot;_sd&quot;" in page


@pytest.mark.parametrize("text", ["0036-001", "thing:1"])
def test_the_search_leads_to_the_trail(cast: Cast, things: None, text: str) -> None:
    entries(cast)
    client = Client()
    client.force_login(cast.auditor)

    assert client.get("/trail/", {"q": text}).headers["Location"] == "/trail/thing:1/"


def test_the_search_knows_entry_numbers_and_hides_what_the_reader_may_not_know(cast: Cast, things: None) -> None:
    last = entries(cast)
    hidden = Entry.objects.get(ref="thing:2")
    client = Client()
    client.force_login(cast.officer)

    assert client.get("/trail/", {"q": str(last.pk)}).headers["Location"] == f"/trail/entry/{last.pk}/"
    answer = client.get("/trail/", {"q": str(hidden.pk)})
    assert answer.status_code == 200
    assert _("没有找到。") in answer.content.decode()


def test_what_facts_mention_is_called_by_its_name_as_far_as_the_reader_may_know(
    cast: Cast, things: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(refs._nouns, "shelf", "货架")
    told = {
        "holder": cast.officer.pk, "source": "thing:1", "basis": "thing:2", "subject": "shelf:3", "quantity": 4, "lead": 0,
    }  # fmt: skip
    row = record("thing.moved", ref="thing:1", actor=None, at=AT, data=told | {"members": [cast.outsider.pk]})
    record("shelf.built", ref="shelf:7", actor=None, at=AT, data={})

    _status, page = get(cast.auditor, f"/trail/entry/{row.pk}/")
    _status, listed = get(cast.auditor, "/trail/all/")

    for name, value in {
        "持有人": f"{cast.officer.name}（{cast.officer.organisation.name}）", "来源": "第 1 件", "依据": "thing:2",
        "事项": "货架 3 号", "数量": "4", "线索": "—", "人员": f"{cast.outsider.name}（{cast.outsider.organisation.name}）",
    }.items():  # fmt: skip
        assert f"<dt>{name}</dt><dd>{value}</dd>" in page, name
    assert f"持有人 {cast.officer.name}（" in listed
    assert "货架 7 号" in listed


def test_an_auditor_finds_a_thing_that_has_no_page(cast: Cast, things: None) -> None:
    entries(cast)
    client = Client()
    client.force_login(cast.auditor)

    assert client.get("/trail/", {"q": "thing:2"}).headers["Location"] == "/trail/thing:2/"
    assert client.get("/trail/", {"q": "thing:3"}).status_code == 200
    client.force_login(cast.officer)
    assert client.get("/trail/", {"q": "thing:2"}).status_code == 200


def test_the_home_page_shows_the_auditor_all_and_an_officer_his_own(cast: Cast, things: None) -> None:
    entries(cast)

    assert "thing:2" in get(cast.auditor, "/trail/")[1]
    _status, page = get(cast.officer, "/trail/")
    assert "第 1 件" in page
    assert "thing:2" not in page
    for name, user in cast.everyone().items():
        assert get(user, "/trail/")[0] == (200 if user.is_commission else 404), name
        assert get(user, "/trail/all/")[0] == (200 if name == "auditor" else 404), name


def test_the_api_has_the_same_readers(cast: Cast, things: None) -> None:
    last = entries(cast)

    status, text = get(cast.officer, "/api/v1/ledger/entries/?ref=thing:1&kind=thing.stored")
    assert status == 200
    assert f'"id":{last.pk}' in text
    assert "thing.seized" not in text
    assert get(cast.officer, f"/api/v1/ledger/entries/?ref=thing:1&after={last.pk}")[1].count('"id"') == 0
    assert get(cast.officer, "/api/v1/ledger/entries/")[0] == 400
    assert get(cast.officer, "/api/v1/ledger/entries/?ref=thing:1&after=x")[0] == 400
    for name, user in cast.everyone().items():
        path = f"/api/v1/ledger/entries/{last.pk}/"
        assert get(user, path)[0] == (200 if name in READERS else 404), name
        assert ("thing.stored" in get(user, "/api/v1/ledger/entries/?ref=thing:1")[1]) == (name in READERS), name


@pytest.mark.parametrize(
    ("data", "changes", "facts"),
    [
        ({"from": "a", "to": "b", "n": 1}, [Change("", "a", "b")], [("n", "1")]),
        ({"x": {"old": None, "new": "b"}}, [Change("x", "—", "b")], []),
        ({"old": {"x": 1, "y": 2}, "new": {"x": 1, "y": 3}}, [Change("y", "2", "3")], []),
        ({"from": "a"}, [], [("从", "a")]),
        ({"x": ["a", "b"]}, [], [("x", "a、b")]),
        # Codes are told by the words of the field that holds them; a code that two fields mean differently stays.
        ({"role": "auditor", "x": "auditor"}, [], [("角色", "审计员"), ("x", "auditor")]),
        ({"role": {"old": "auditor", "new": "custodian"}}, [Change("角色", "审计员", "保管员")], []),
        ({"question": "extent", "questions": ["nature", "?"]}, [], [("问题", "规模"), ("问题", "性质、?")]),
        # What stayed as it was is no change: an offer leaves the exhibit where it is.
        ({"from": "a", "to": "a"}, [], []),
        ({"x": {"old": "b", "new": "b"}, "y": {"old": "b", "new": "c"}}, [Change("y", "b", "c")], []),
        ({}, [], []),
    ],
)
def test_changes_and_facts_of_an_entry(
    data: dict[str, object], changes: list[Change], facts: list[tuple[str, str]]
) -> None:
    assert changes_of(data) == changes
    assert facts_of(data) == facts
