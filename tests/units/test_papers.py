"""整改通知书 and 监察建议书: numbered when issued, answered by a day, and nothing of a draft reaches the unit."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.test import Client

from casework.core.errors import CaseworkError, Invalid, NotAllowed, NotReady, Refused, Stale
from casework.deadlines.models import Deadline
from casework.ledger.models import Entry
from casework.notices.models import Notice
from tests.build import moment
from tests.build_campaigns import Scene, a_scene, campaign_unit_of
from tests.cast import Cast
from units.models import UnitLeader, UnitPaper
from units.services.papers import (
    PaperText,
    answer_paper,
    close_paper,
    draft_paper,
    redraft_paper,
    return_answer,
    send_paper,
    void_paper,
)
from units.services.rectification import order_rectification

pytestmark = pytest.mark.django_db

AT = moment("2021-11-08 10:00")
TEXT = PaperText(
    title="落实机房管理责任",
    facts="值守流于形式，口令多年未改。",
    advice="专人管理机房，定期换口令。",
    feedback="书面反馈，附证明材料。",
    reply_by=date(2021, 12, 8),
    objection="自收到之日起 10 日内书面提出。",
)


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return a_scene(cast)


@pytest.fixture
def draft(cast: Cast, scene: Scene) -> UnitPaper:
    unit = campaign_unit_of(scene.inspection)
    return draft_paper(unit, "supervision_advice", TEXT, actor=cast.campaign_officer, at=AT)


def sent(paper: UnitPaper, cast: Cast) -> UnitPaper:
    return send_paper(paper, version=paper.version, actor=cast.approver, at=AT)


def test_a_paper_runs_from_draft_to_close_out(cast: Cast, scene: Scene, draft: UnitPaper) -> None:
    leader, officer = cast.unit_leader, cast.campaign_officer
    paper = sent(draft, cast)
    clock = Deadline.objects.get(ref=paper.ref)
    assert (clock.kind, clock.due_on, clock.holder) == ("S01", date(2021, 12, 8), leader)
    assert Notice.objects.filter(ref=paper.ref, recipient=leader).count() == 1
    with pytest.raises(NotAllowed, match="不是这个单位现任的负责人"):
        answer_paper(paper, "已改", actor=cast.other_leader, at=AT)
    with pytest.raises(Invalid, match="没有写明整改情况"):
        answer_paper(paper, "  ", actor=leader, at=AT)
    answer_paper(paper, "已换口令。", actor=leader, at=moment("2021-12-08 17:00"))
    with pytest.raises(Refused, match="“已反馈”"):
        answer_paper(paper, "再报一次", actor=leader, at=AT)
    return_answer(paper, remark="附值守记录", reply_by=date(2021, 12, 20), actor=officer, at=moment("2021-12-09 09:00"))
    paper = answer_paper(paper, "附上了。", actor=leader, at=moment("2021-12-21 09:00"))
    assert paper.late
    paper = close_paper(paper, actor=officer, at=moment("2021-12-22 09:00"))
    assert paper.state == "closed"
    assert Deadline.objects.filter(ref=paper.ref, state="met").count() == 2
    assert [entry.kind for entry in Entry.objects.of(paper.ref)] == [
        "paper.drafted", "paper.sent", "paper.answered", "paper.returned", "paper.answered", "paper.closed",
    ]  # fmt: skip
    assert not UnitPaper.objects.for_leader(cast.other_leader).exists()


def test_numbers_have_no_gaps_and_the_two_kinds_count_apart(cast: Cast, scene: Scene) -> None:
    unit = campaign_unit_of(scene.inspection)

    def made(kind: str) -> UnitPaper:
        return draft_paper(unit, kind, TEXT, actor=cast.campaign_officer, at=AT)

    first = sent(made("supervision_advice"), cast)
    refused = made("supervision_advice")
    with pytest.raises(NotReady, match="还差 1 项"):
        _drafted_by_the_approver(unit, cast)
    second = sent(refused, cast)
    notice = sent(made("rectification_notice"), cast)
    assert [one.number.partition("〔")[2] for one in (first, second, notice)] == ["2021〕1号", "2021〕2号", "2021〕1号"]
    assert first.number.startswith("监建")
    assert notice.number.startswith("整改")
    assert Deadline.objects.get(ref=notice.ref).kind == "S02"


def _drafted_by_the_approver(unit: Any, cast: Cast) -> None:
    own = draft_paper(unit, "supervision_advice", TEXT, actor=cast.approver, at=AT)
    send_paper(own, version=own.version, actor=cast.approver, at=AT)


@pytest.mark.parametrize(
    ("kind", "changed", "words"),
    [
        ("supervision_advice", {"objection": " "}, "提出异议的期限和方式.*第二百三十五条"),
        ("supervision_advice", {"facts": ""}, "写明存在的问题"),
        ("rectification_notice", {"advice": ""}, "写明整改要求"),
        ("rectification_notice", {"feedback": ""}, "怎样反馈"),
        ("rectification_notice", {"title": ""}, "写明标题"),
        ("rectification_notice", {"reply_by": date(2021, 11, 8)}, "反馈期限要在今天以后"),
        ("letter", {}, "没有选文种"),
    ],
)
def test_a_paper_says_everything_it_must(
    cast: Cast, scene: Scene, kind: str, changed: dict[str, Any], words: str
) -> None:
    unit = campaign_unit_of(scene.inspection)
    with pytest.raises(Invalid, match=words):
        draft_paper(unit, kind, replace(TEXT, **changed), actor=cast.campaign_officer, at=AT)
    assert not UnitPaper.objects.exists()
    draft_paper(unit, "rectification_notice", replace(TEXT, objection=""), actor=cast.campaign_officer, at=AT)


def test_what_was_read_is_what_is_issued(cast: Cast, scene: Scene, draft: UnitPaper) -> None:
    read = draft.version
    redraft_paper(draft, replace(TEXT, advice="换人管理。"), version=read, actor=cast.campaign_officer, at=AT)
    with pytest.raises(Stale, match="看过以后改过"):
        send_paper(draft, version=read, actor=cast.approver, at=AT)
    with pytest.raises(Stale, match="刚被改过"):
        redraft_paper(draft, TEXT, version=read, actor=cast.campaign_officer, at=AT)
    UnitLeader.objects.filter(unit=scene.unit).update(until=date(2021, 11, 1))
    with pytest.raises(NotReady) as refused:
        send_paper(draft, version=read + 1, actor=cast.approver, at=AT)
    assert "没有能登录的负责人" in refused.value.missing[0].text
    with pytest.raises(Invalid):
        void_paper(draft, actor=cast.campaign_officer, at=AT, reason=" ")
    void_paper(draft, actor=cast.campaign_officer, at=AT, reason="误拟")
    with pytest.raises(Refused, match="已作废"):
        send_paper(draft, version=read + 2, actor=cast.approver, at=AT)
    draft.refresh_from_db()
    assert (draft.state, draft.number) == ("void", "")


def test_a_paper_on_a_duty_closes_after_it(cast: Cast, scene: Scene) -> None:
    unit = campaign_unit_of(scene.inspection)
    duty = order_rectification(
        unit, title="加固", measures="改口令", due_on=date(2021, 11, 30), actor=cast.campaign_officer, at=AT
    )
    paper = draft_paper(unit, "rectification_notice", TEXT, rectification=duty, actor=cast.campaign_officer, at=AT)
    answer_paper(sent(paper, cast), "已改", actor=cast.unit_leader, at=AT)
    with pytest.raises(NotReady) as refused:
        close_paper(paper, actor=cast.campaign_officer, at=AT)
    assert "“加固”还没有销号" in refused.value.missing[0].text


@pytest.mark.parametrize("who", ["officer", "outsider", "auditor", "unit_leader", "other_leader", "system_admin"])
def test_who_may_not_write_papers(client: Client, cast: Cast, scene: Scene, draft: UnitPaper, who: str) -> None:
    user = cast.everyone()[who]
    with pytest.raises(CaseworkError):
        send_paper(draft, version=draft.version, actor=user, at=AT)
    client.force_login(user)
    unit = campaign_unit_of(scene.inspection)
    for place, data in (
        (f"/papers/{draft.pk}/", {"act": "send", "version": draft.version}),
        (f"/papers/{draft.pk}/", {"act": "void", "reason": "x"}),
        (f"/papers/{draft.pk}/edit/", {"title": "x"}),
        (f"/campaigns/{scene.campaign.code}/units/{unit.pk}/paper/", {"kind": "rectification_notice"}),
    ):
        assert client.post(place, data).status_code in {403, 404}, place
    draft.refresh_from_db()
    assert (draft.state, draft.title) == ("draft", TEXT.title)


def test_the_unit_reads_and_answers_on_its_page(client: Client, cast: Cast, scene: Scene, draft: UnitPaper) -> None:
    client.force_login(cast.unit_leader)
    place = f"/portal/papers/{draft.pk}/"
    assert client.get(place).status_code == 404
    assert TEXT.title not in client.get("/portal/").content.decode()
    paper = sent(draft, cast)
    assert TEXT.title in client.get("/portal/").content.decode()
    assert paper.number in client.get(place).content.decode()
    assert "第 1" not in client.get(f"{place}print/").content.decode()
    page = client.post(place, {"answer": "   "})
    assert page.status_code == 400
    assert client.post(place, {"answer": "已专人管理。"}).status_code == 302
    paper.refresh_from_db()
    assert (paper.state, paper.answer) == ("answered", "已专人管理。")
    client.force_login(cast.other_leader)
    for way in (place, f"{place}print/", f"{place}proof/", f"/papers/{paper.pk}/"):
        assert client.get(way).status_code == 404


def test_the_office_drafts_issues_and_closes_on_its_pages(client: Client, cast: Cast, scene: Scene) -> None:
    unit = campaign_unit_of(scene.inspection)
    client.force_login(cast.campaign_officer)
    fields = {**vars(TEXT), "kind": "rectification_notice", "reply_by": "2035-1-10"}
    place = f"/campaigns/{scene.campaign.code}/units/{unit.pk}/paper/"
    page = client.post(place, {**fields, "reply_by": "2020-1-1"})
    assert page.status_code == 400
    assert TEXT.facts in page.content.decode()
    assert client.post(place, fields).status_code == 302
    paper = UnitPaper.objects.get()
    assert "等签发" in client.get(f"/papers/{paper.pk}/").content.decode()
    client.force_login(cast.approver)
    assert client.get("/papers/?state=draft").content.decode().count(TEXT.title) == 1
    assert client.post(f"/papers/{paper.pk}/", {"act": "send", "version": paper.version}).status_code == 302
    paper.refresh_from_db()
    assert paper.number in client.get(f"/papers/{paper.pk}/print/").content.decode()
