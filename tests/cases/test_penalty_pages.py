"""The pages of penalties as each role sees them, and the acts taken on them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from cases.enums_penalties import PenaltyState
from cases.ladder import MeasureSpec
from cases.models import Penalty, PenaltyReading, Recovery
from cases.services.penalties import revise_penalty
from cases.services.recovery import register_gain
from casework.core import clock
from tests.build import moment
from tests.build_penalties import ACTS, DRAFTED, a_case, a_penalty, a_suspect, walk
from tests.cast import Cast

LIST, APPROVALS = "/penalties/", "/penalties/approvals/"


def browse(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend="casework.accounts.backends.AccountBackend")
    return client


def text(response: Any) -> str:
    return response.content.decode()


@pytest.fixture
def wu(cast: Cast) -> Penalty:
    case = a_case(cast)
    suspect = a_suspect(case, "吴某某")
    register_gain(
        case, label="挖矿所得", suspect=suspect, coin="ETH", quantity=Decimal("0.76"), price=Decimal(22560),
        priced_at=moment("2021-09-08 12:00"), price_source="中国纪检监察报", actor=cast.officer, at=DRAFTED,
    )  # fmt: skip
    return a_penalty(cast, suspect, MeasureSpec("PD_WARNING"), MeasureSpec("HR_BONUS_CUT", quantity=3, unit="quarter"))


def pages(penalty: Penalty) -> list[str]:
    recovery = Recovery.objects.first()
    return [
        f"/penalties/{penalty.pk}/",
        f"/penalties/{penalty.pk}/decision/",
        *([f"/penalties/recoveries/{recovery.pk}/"] if recovery else []),
    ]


def test_who_belongs_to_the_case_reads_and_nobody_else_knows(cast: Cast, wu: Penalty) -> None:
    for name, user in cast.everyone().items():
        knows = name in {"officer", "second_officer", "hearing_officer", "approver", "auditor"}
        client = browse(user)
        for url in pages(wu):
            assert client.get(url).status_code == (200 if knows else 404), (name, url)
        listed = text(client.get(LIST))
        assert ("吴某某" in listed) is knows, name


def test_the_page_shows_range_reasons_money_and_what_is_missing(cast: Cast, wu: Penalty) -> None:
    page = text(browse(cast.officer).get(f"/penalties/{wu.pk}/"))
    for part in (
        "合法幅度", "不能选：吴某某没有党内职务", "监察机关不得直接使用",
        "0.76000000 ETH", "17,145.60 元", "22,560.00 元/ETH",
        "中国纪检监察报", "告知事实和依据，听取陈述申辩", "依据待核",
    ):  # fmt: skip
        assert part in page, part
    assert 'class="fit pick"' in page


def test_drafting_on_the_page_keeps_what_was_typed_when_it_is_refused(cast: Cast) -> None:
    he = a_suspect(a_case(cast), "何某某", employment="dispatched", party_member=False)
    client, url = browse(cast.officer), f"/penalties/new/{he.pk}/"
    assert client.get(url).status_code == 200
    data = {
        "acts_from": "2021-3-1", "acts_until": "2021年8月31日", "situation": "in_post", "decided_by": "commission",
        "conduct_1": "CN_USE_PUBLIC_PROPERTY_FOR_PROFIT", "severity_1": "light", "party": "PD_WARNING", "state": "",
        "grounds": "与丁某某共同挖矿", "evidence": "笔录",
    }  # fmt: skip
    refused = client.post(url, data)
    assert refused.status_code == 400
    assert "不能给予党内警告：何某某不是中共党员" in text(refused)
    assert "与丁某某共同挖矿" in text(refused)
    assert not Penalty.objects.exists()
    done = client.post(url, {**data, "party": "", "other": ["HR_TERMINATE"]})
    penalty = Penalty.objects.get()
    assert done["Location"] == f"/penalties/{penalty.pk}/"
    assert [row.code for row in penalty.measures.all()] == ["HR_TERMINATE"]
    assert client.get(url)["Location"] == f"/penalties/{penalty.pk}/"


def test_the_range_is_counted_again_without_saving(cast: Cast) -> None:
    wu = a_suspect(a_case(cast))
    page = browse(cast.officer).post(
        f"/penalties/new/{wu.pk}/",
        {"preview": "1", "acts_from": "2021-3-1", "acts_until": "2021-8-31", "situation": "in_post",
         "decided_by": "commission", "conduct_1": "CN_USE_PUBLIC_PROPERTY_FOR_PROFIT", "severity_1": "grave"},
    )  # fmt: skip
    assert page.status_code == 200
    assert "低于幅度，没有减轻的依据" in text(page)
    assert not Penalty.objects.exists()


def test_a_draft_is_changed_on_its_page_and_a_stale_page_is_refused(cast: Cast, wu: Penalty) -> None:
    client, url = browse(cast.officer), f"/penalties/{wu.pk}/edit/"
    assert "扣除绩效考核奖金" in text(client.get(url))
    data = {
        "version": wu.version, "acts_from": str(ACTS[0]), "acts_until": str(ACTS[1]), "situation": "in_post",
        "decided_by": "commission", "conduct_1": "CN_USE_PUBLIC_PROPERTY_FOR_PROFIT", "severity_1": "light",
        "party": "PD_SERIOUS_WARNING", "grounds": "挖矿", "evidence": "笔录",
    }  # fmt: skip
    assert client.post(url, data).status_code == 302
    assert Penalty.objects.get().measures.get().code == "PD_SERIOUS_WARNING"
    stale = client.post(url, {**data, "party": "PD_WARNING"})
    assert stale.status_code == 400
    assert "已被他人处理" in text(stale)
    assert Penalty.objects.get().draft == 2


def test_every_step_is_taken_on_its_page(cast: Cast, wu: Penalty) -> None:
    day = clock.today()
    officer, leader = browse(cast.officer), browse(cast.approver)
    base = f"/penalties/{wu.pk}"
    second = cast.second_officer.pk

    def go(client: Client, name: str, **data: Any) -> None:
        assert client.get(f"{base}/step/{name}/").status_code == 200
        response = client.post(f"{base}/step/{name}/", data)
        assert response.status_code == 302, text(response)

    go(officer, "inform", second_officer=second, outcome="none", signed="on")
    go(officer, "deliberate", body="纪委常委会", held_on=day, members=7, votes_for=7, votes_against=0, abstentions=0)
    page = leader.get(f"{base}/approval/")
    assert "同意并签名" in text(page)
    assert PenaltyReading.objects.get().user == cast.approver
    digest = Penalty.objects.get().digest
    assert leader.post(f"{base}/approval/", {"digest": digest, "verdict": "approve"})["Location"] == APPROVALS
    go(officer, "issue", sealed="on")
    go(officer, "serve", served_on=day, second_officer=second, receiver="本人", receipt="1号")
    go(officer, "announce", announced_on=day, second_officer=second, place="支部")
    go(officer, "execute")
    for task in Penalty.objects.get().tasks.all():
        assert officer.get(f"/penalties/tasks/{task.pk}/").status_code == 200
        assert officer.post(f"/penalties/tasks/{task.pk}/", {"done_on": day, "proof": "回执"}).status_code == 302
    recovery = Recovery.objects.get()
    blocked = officer.post(f"{base}/step/finish/", {})
    assert "还有 17,145.60 元未缴清" in text(blocked)
    paid = officer.post(
        f"/penalties/recoveries/{recovery.pk}/",
        {"amount": "17145.60", "paid_on": day, "receipt": "票据1号", "kind": "paid"},
    )
    assert paid.status_code == 302
    go(officer, "finish")
    assert Penalty.objects.get().state == PenaltyState.RUNNING
    for url in pages(wu):
        assert officer.get(url).status_code == 200
    assert "警告处分" in text(officer.get(f"{base}/decision/"))


def test_a_leader_sees_what_changed_since_he_read_it(cast: Cast, wu: Penalty) -> None:
    penalty = walk(cast, wu, "deliberate")
    leader = browse(cast.approver)
    assert "看过之后改了" not in text(leader.get(f"/penalties/{wu.pk}/approval/"))
    old = penalty.digest
    revise_penalty(
        penalty,
        reason="所得相差约 25 倍",
        actor=cast.officer,
        at=DRAFTED + timedelta(days=2, hours=4),
    )
    page = text(leader.get(f"/penalties/{wu.pk}/approval/"))
    assert "看过之后改了 1 处" in page
    assert "所得相差约 25 倍" in page
    refused = leader.post(f"/penalties/{wu.pk}/approval/", {"digest": old, "verdict": "approve"})
    assert refused.status_code == 400
    assert Penalty.objects.get(pk=wu.pk).state == PenaltyState.DELIBERATED


def test_returning_needs_an_opinion(cast: Cast, wu: Penalty) -> None:
    walk(cast, wu, "deliberate")
    leader, url = browse(cast.approver), f"/penalties/{wu.pk}/approval/"
    digest = Penalty.objects.get().digest
    assert leader.post(url, {"digest": digest, "verdict": "return"}).status_code == 400
    assert leader.post(url, {"digest": digest, "verdict": "return", "opinion": "核对金额"}).status_code == 302
    page = text(browse(cast.officer).get(f"/penalties/{wu.pk}/"))
    assert "核对金额" in page


def test_the_leaders_list_holds_what_waits_for_him(cast: Cast, wu: Penalty) -> None:
    assert "吴某某" not in text(browse(cast.approver).get(APPROVALS))
    walk(cast, wu, "deliberate")
    assert "吴某某" in text(browse(cast.approver).get(APPROVALS))
    assert browse(cast.officer).get(APPROVALS).status_code == 404


def test_an_officer_may_not_open_the_approval(cast: Cast, wu: Penalty) -> None:
    response = browse(cast.officer).get(f"/penalties/{wu.pk}/approval/")
    assert response.status_code == 403


def test_registering_a_gain_on_its_page(cast: Cast) -> None:
    case = a_case(cast)
    client, url = browse(cast.officer), f"/penalties/recoveries/new/{case.pk}/"
    assert client.get(url).status_code == 200
    wrong = client.post(url, {"label": "所得", "coin": "某某币", "quantity": "1", "price": "2"})
    assert wrong.status_code == 400
    assert "没有收录" in text(wrong)
    done = client.post(
        url,
        {
            "label": "所得",
            "coin": "以太币",
            "quantity": "0.76",
            "price": "22560",
            "priced_at": "2021-9-8 12:00",
            "price_source": "报",
        },
    )
    assert done["Location"] == f"/penalties/recoveries/{Recovery.objects.get().pk}/"
    assert "对账" in text(client.get("/penalties/recoveries/"))


@pytest.mark.parametrize("query", ["?state=proposed", "?form=2", "?measure=PD_WARNING", "?q=吴某某", "?track=handling"])
def test_the_list_filters(cast: Cast, wu: Penalty, query: str) -> None:
    listed = text(browse(cast.officer).get(LIST + query))
    assert ("吴某某" in listed) is (query != "?track=handling")
