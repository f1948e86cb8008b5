"""What people get wrong or try: refused with the reason and the article, and nothing lost."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cases.models import Case, Fact, Measure, Signature, StepTaken
from cases.services.cases import amend_case
from cases.services.members import add_member, recuse_member, remove_member
from casework.accounts.enums import Role
from casework.accounts.models import User
from tests.build import a_user, moment
from tests.build_cases import DAY, a_case, a_suspect, walk
from tests.cast import Cast

pytestmark = pytest.mark.django_db
LATER = moment(f"{DAY} 15:00")


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="casework.accounts.backends.AccountBackend")
    return client


def _api(user: User, method: str, path: str, body: dict[str, Any], **headers: str) -> Any:
    send = getattr(_client(user), method)
    if method == "get":
        return send(f"/api/v1/{path}")
    return send(f"/api/v1/{path}", json.dumps(body), content_type="application/json", headers=headers)


def test_a_recused_person_gets_nothing_through_the_api(cast: Cast) -> None:
    case = a_case(cast)
    recuse_member(case, cast.second_officer, actor=cast.approver, at=LATER, reason="近亲属")

    answers = [
        _api(cast.second_officer, "get", f"cases/{case.pk}/", {}),
        _api(cast.second_officer, "patch", f"cases/{case.pk}/", {"grounds": "改"}, **{"If-Match": '"v1"'}),
        _api(cast.second_officer, "post", f"cases/{case.pk}/steps/ask_extension/", {"reason": "等"}),
        _api(cast.second_officer, "post", "facts/", {"case": case.pk, "statement": "事实"}),
    ]

    assert all(answer.status_code in {404, 400, 403} for answer in answers), [a.status_code for a in answers]
    assert answers[0].status_code == 404
    assert not Fact.objects.exists()


def test_a_transferred_officers_open_page_does_nothing(cast: Cast) -> None:
    case = a_case(cast)
    client = _client(cast.second_officer)
    assert client.get(reverse("cases:detail", args=[case.pk])).status_code == 200

    remove_member(case, cast.second_officer, actor=cast.officer, at=LATER, reason="调离")

    for name, data in (
        ("cases:fact-add", {"statement": "我写了半天的事实"}),
        ("cases:measures", {"target": "某人的账户"}),
    ):
        answer = client.post(reverse(name, args=[case.pk]), {**data, "version": "12", "act": "add-one"})
        assert answer.status_code == 404
        text = answer.content.decode()
        assert all(typed in text for typed in data.values())  # he can still hand over what he wrote
        assert "add-one" not in text
    assert client.get(reverse("cases:timeline", args=[case.pk])).status_code == 404
    assert not Fact.objects.exists()
    assert not Measure.objects.exists()


def test_a_stale_form_keeps_what_was_typed(cast: Cast) -> None:
    case = a_case(cast)
    case.refresh_from_db()
    version = case.version
    amend_case(case, grounds="同事改的。", actor=cast.second_officer, at=LATER)

    client, url = _client(cast.officer), reverse("cases:write", args=[case.pk, "grounds"])
    page = client.post(url, {"text": "我写了半天的话。", "version": version})

    assert page.status_code == 409
    for said in ("我写了半天的话。", "已被他人处理", "同事改的"):
        assert said in page.content.decode()
    case.refresh_from_db()
    assert case.grounds == "同事改的。"
    # Whoever has seen the colleague's text may save his own.
    again = client.post(url, {"text": "两人的话。", "version": page.context["form"]["version"].value()})
    assert again.status_code == 302
    case.refresh_from_db()
    assert case.grounds == "两人的话。"


def test_a_leader_who_comes_second_keeps_what_he_wrote(cast: Cast) -> None:
    case = a_case(cast)
    a_suspect(cast, case)
    client, url = _client(cast.approver), reverse("cases:paper", args=[case.pk])
    case.refresh_from_db()
    digest = client.get(url).context["view"].digest
    typed = {"version": case.version, "digest": digest, "document": "浙委批〔2021〕3号"}
    assert client.post(url, {**typed, "step": "return_paper", "reason": "补材料"}).status_code == 302

    page = client.post(url, {**typed, "step": "approve_filing", "reason": "同意立案，抓紧取证"})

    assert page.status_code == 409
    assert "已被他人处理" in page.content.decode()
    assert "同意立案，抓紧取证" in page.content.decode()
    case.refresh_from_db()
    assert (case.state, case.returned) == ("filing_pending", True)


def test_an_impossible_date_says_what_is_right_and_keeps_the_rest(cast: Cast) -> None:
    case = a_case(cast)
    client, url = _client(cast.officer), reverse("cases:timeline", args=[case.pk])

    for day in ("2021-2-30", "2021年13月1日", "昨天", "0-0-0", "2021-9-31 25:61"):
        page = client.post(
            url,
            {
                "act": "add",
                "title": "购入矿机",
                "lane": "conduct",
                "moment": day,
                "precision": "day",
                "source": "采购合同",
            },
        )

        assert page.status_code == 409, day
        text = page.content.decode()
        assert day in text
        assert "采购合同" in text
    assert not case.moments.exists()


def test_a_forged_digest_in_the_form_signs_and_decides_nothing(cast: Cast) -> None:
    deputy = a_user("分管领导乙", Role.APPROVER)
    case = a_case(cast)
    a_suspect(cast, case, rank="乡科级正职")
    add_member(case, deputy, actor=cast.officer, at=LATER)
    client = _client(deputy)
    url = reverse("cases:paper", args=[case.pk])
    client.get(url)
    case.refresh_from_db()
    common = {"version": case.version, "reason": "同意"}

    forged = client.post(url, {**common, "step": "sign:approve_filing", "digest": "0" * 64})
    assert forged.status_code == 409
    assert "同意" in forged.content.decode()
    assert not Signature.objects.exists()
    again = client.post(url, {**common, "step": "approve_filing", "digest": "0" * 64, "document": "文号"})
    assert again.status_code == 409
    assert not StepTaken.objects.exists()


def test_the_page_signs_on_the_level_whose_turn_it_is(cast: Cast) -> None:
    deputy = a_user("分管领导乙", Role.APPROVER)
    case = a_case(cast)
    a_suspect(cast, case, rank="乡科级正职")
    add_member(case, deputy, actor=cast.officer, at=LATER)
    client = _client(deputy)
    url = reverse("cases:paper", args=[case.pk])
    page = client.get(url)
    text = page.content.decode()
    assert "逐级签批" in text
    assert "依据待核" in text
    case.refresh_from_db()
    digest = page.context["view"].digest

    done = client.post(
        url, {"version": case.version, "digest": digest, "step": "sign:approve_filing", "reason": "同意"}
    )

    assert done.status_code == 302
    row = Signature.objects.get()
    assert (row.level, row.user, row.opinion) == ("deputy", deputy, "同意")


def test_the_pages_of_a_case_open_for_who_may_know_it(cast: Cast) -> None:
    case = walk(cast, a_case(cast), "filed")
    pages = [
        reverse(f"cases:{page}", args=[case.pk])
        for page in ("work", "measures", "timeline", "hearing", "cover", "members", "history")
    ]

    for user, status in ((cast.officer, 200), (cast.approver, 200), (cast.auditor, 200), (cast.outsider, 404)):
        client = _client(user)
        assert {page: client.get(page).status_code for page in pages} == dict.fromkeys(pages, status), user


def test_two_people_never_meet_on_a_merged_page(cast: Cast) -> None:
    """The page for merging lists only cases that the leader may know of, decides on and that are open."""
    case, other = walk(cast, a_case(cast), "investigating"), walk(cast, a_case(cast, title="他不知道的案件"), "filed")
    waiting, open_ = a_case(cast, title="还没有立案"), walk(cast, a_case(cast, title="可以并入"), "investigating")
    leader = a_user("分管领导乙", Role.APPROVER)
    for one in (case, waiting, open_):
        add_member(one, leader, actor=cast.officer, at=LATER)

    text = _client(leader).get(reverse("cases:merge", args=[case.pk])).content.decode()

    assert open_.title in text
    assert other.title not in text
    assert waiting.title not in text
    assert Case.objects.count() == 4
