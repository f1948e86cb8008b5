"""Templates of campaigns: versions that never change, questions of one's own, campaigns that keep what they began with."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from casework.core.errors import CaseworkError, Invalid, NotAllowed, Refused, Stale
from casework.ledger.models import Entry
from tests.build import moment
from tests.build_campaigns import a_leader, a_unit
from tests.cast import Cast
from units.models import Campaign, CampaignTemplate, SelfInspection, TemplateVersion
from units.questionnaire import CURRENT, questionnaire
from units.rules.answers import parse_value
from units.rules.stage_plans import StagePlan
from units.selectors.self_inspections import missing_answers
from units.selectors.templates import newest, stages_of
from units.services.campaign_templates import make_template, planned_stages, revise_template
from units.services.campaigns import add_units, open_campaign
from units.services.issuing import issue_self_inspections
from units.services.self_inspections import acknowledge, save_answer

pytestmark = pytest.mark.django_db

AT = moment("2021-09-01 09:00")
STAGES = (StagePlan("self_inspection", "自查自纠", 1, 30), StagePlan("institution", "建章立制", 31, 20))
QUESTION: dict[str, Any] = {"title": "电费异常", "kind": "choice", "choices": ["有", "没有"], "ask": "电费有没有异常？"}


@pytest.fixture
def template(cast: Cast) -> CampaignTemplate:
    return make_template("check", "回头看", stages=STAGES, questions=[QUESTION], actor=cast.campaign_officer, at=AT)


def test_a_template_is_there_from_the_start() -> None:
    version = newest(CampaignTemplate.objects.get(code="four-stages").pk)
    assert version.questionnaire == CURRENT
    assert [one.code for one in stages_of(version)] == [
        "preparation", "self_inspection", "key_supervision", "institution",
    ]  # fmt: skip


def test_a_campaign_keeps_the_version_it_began_with(cast: Cast, template: CampaignTemplate) -> None:
    officer = cast.campaign_officer
    first = newest(template.pk)
    stages = planned_stages(first, date(2021, 9, 6))
    assert [(one.starts_on, one.due_on) for one in stages] == [
        (date(2021, 9, 6), date(2021, 10, 5)),
        (date(2021, 10, 6), date(2021, 10, 25)),
    ]
    began = open_campaign("began", "先开始的行动", stages=stages, template=first, actor=officer, at=AT)
    unit = a_unit()
    leader = a_leader(unit, cast.unit_leader)
    add_units(began, [unit], actor=officer, at=AT)
    second = revise_template(
        template, stages=STAGES, questions=[QUESTION, {"title": "备用线路", "kind": "number", "unit": "条"}],
        note="加一题", actor=officer, at=AT,
    )  # fmt: skip
    (inspection,) = issue_self_inspections(
        began.stages.get(code="self_inspection"), due_on=date(2021, 10, 8), actor=officer, at=AT
    )

    assert second.number == 2
    began.refresh_from_db()
    assert (began.template, began.questionnaire) == (first, first.questionnaire)
    assert second.questionnaire != first.questionnaire != CURRENT
    asked = questionnaire(inspection.questionnaire)
    assert asked.total == questionnaire(CURRENT).total + 1
    assert [one.code for one in asked.questions][-3:] == ["own-1", "measures", "pledge"]
    assert questionnaire(second.questionnaire).total == asked.total + 1

    # The added question is answered like any other, and is missing until then.
    assert leader.user is not None
    acknowledge(inspection, actor=leader.user, at=AT)
    assert any("电费异常" in str(one.text) for one in missing_answers(inspection))
    save_answer(inspection, "own-1", "没有", actor=leader.user, at=AT)
    assert not any("电费异常" in str(one.text) for one in missing_answers(inspection))
    assert inspection.answers.get(code="own-1").value == "c2"
    with pytest.raises(Invalid, match="可以选：有、没有"):
        parse_value(asked.by_code["own-1"], "也许")


@pytest.mark.parametrize(
    ("stages", "questions", "words"),
    [
        ((), (), "至少要有一个阶段"),
        ((StagePlan("institution", "建章立制", 1, 20),), (), "没有自查自纠阶段"),
        ((*STAGES, StagePlan("institution", "再建", 60, 5)), (), "“建章立制”只能有一个阶段"),
        ((StagePlan("self_inspection", "自查", 0, 5),), (), "都从 1 起"),
        ((StagePlan("self_inspection", "自查", 1, 4000),), (), "超过 1,500 天"),
        ((StagePlan("elsewhere", "自查", 1, 5),), (), "没有选类型"),
        ((StagePlan("self_inspection", " ", 1, 5),), (), "没有名称"),
        (STAGES, [{"title": " "}], "没有标题"),
        (STAGES, [{"title": "甲", "kind": "picture"}], "题型只能是"),
        (STAGES, [{"title": "甲", "kind": "choice", "choices": ["有", " "]}], "至少要有两个选项"),
        (STAGES, [{"title": "甲"}] * 21, "最多 20 题"),
    ],
)
def test_a_template_that_cannot_be_used_says_why(cast: Cast, stages: Any, questions: Any, words: str) -> None:
    before = TemplateVersion.objects.count()
    with pytest.raises(Invalid, match=words):
        make_template("x", "模板", stages=stages, questions=questions, actor=cast.campaign_officer, at=AT)
    assert TemplateVersion.objects.count() == before


def test_two_rounds_of_reports_are_two_stages(cast: Cast) -> None:
    rounds = (StagePlan("self_inspection", "第一轮", 1, 10), StagePlan("self_inspection", "第二轮", 20, 10))
    made = make_template("rounds", "两轮", stages=rounds, actor=cast.campaign_officer, at=AT)
    assert [one.code for one in stages_of(newest(made.pk))] == ["self_inspection", "self_inspection_2"]


def test_a_version_is_made_from_the_one_that_was_read(cast: Cast, template: CampaignTemplate) -> None:
    officer = cast.campaign_officer
    with pytest.raises(Refused, match="与第 1 版相同"):
        revise_template(template, stages=STAGES, questions=[QUESTION], note="没改", actor=officer, at=AT)
    with pytest.raises(Invalid, match="写明改了什么"):
        revise_template(template, stages=STAGES, note=" ", actor=officer, at=AT)
    revise_template(template, stages=STAGES, note="去掉补充题", after=1, actor=officer, at=AT)
    with pytest.raises(Stale, match="第 2 版"):
        revise_template(template, stages=STAGES[:1], note="两人同时改", after=1, actor=officer, at=AT)
    assert template.versions.count() == 2
    assert [entry.kind for entry in Entry.objects.of(f"template:{template.pk}")] == [
        "template.made", "template.revised",
    ]  # fmt: skip


@pytest.mark.parametrize("who", ["officer", "approver", "auditor", "unit_leader"])
def test_others_make_no_templates(client: Client, cast: Cast, template: CampaignTemplate, who: str) -> None:
    user = cast.everyone()[who]
    with pytest.raises(NotAllowed):
        revise_template(template, stages=STAGES, note="改", actor=user, at=AT)
    client.force_login(user)
    assert client.post("/campaigns/templates/new/", {"name": "x"}).status_code in {403, 404}
    assert client.post(f"/campaigns/templates/{template.code}/edit/", {"note": "x"}).status_code in {403, 404}
    seen = client.get(f"/campaigns/templates/{template.code}/").status_code
    assert seen == (404 if who == "unit_leader" else 200)


def _posted(**values: Any) -> dict[str, Any]:
    return {
        "name": "夏季自查", "code": "summer",
        "stages-TOTAL_FORMS": "2", "stages-INITIAL_FORMS": "0",
        "stages-0-name": "自查自纠", "stages-0-code": "self_inspection", "stages-0-first_day": "1", "stages-0-days": "20",
        "questions-TOTAL_FORMS": "1", "questions-INITIAL_FORMS": "0",
        "questions-0-title": "用电", "questions-0-kind": "choice", "questions-0-choices": "正常\n异常",
        **values,
    }  # fmt: skip


def test_a_template_is_made_and_used_on_the_pages(client: Client, cast: Cast) -> None:
    client.force_login(cast.campaign_officer)
    # A wrong row is named at its field, and everything typed stands.
    page = client.post("/campaigns/templates/new/", _posted(**{"stages-0-days": ""}))
    assert page.status_code == 400
    text = page.content.decode()
    assert "写一个从 1 起的整数" in text
    assert "夏季自查" in text
    assert "正常\n异常" in text
    assert client.post("/campaigns/templates/new/", _posted()).status_code == 302
    page = client.get("/campaigns/templates/summer/")
    assert "用电" in page.content.decode()
    assert "系统自带" not in page.content.decode()

    page = client.get("/campaigns/new/", {"template": "summer", "begin": "2021-11-1"})
    text = page.content.decode()
    assert "2021-11-1" in text
    assert "2021-11-20" in text
    made = client.post(
        "/campaigns/new/",
        {
            "template": "summer", "name": "冬季自查行动", "code": "winter",
            "self_inspection_from": "2021-11-1", "self_inspection_due": "2021-11-22",
        },
    )  # fmt: skip
    assert made.status_code == 302
    campaign = Campaign.objects.get(code="winter")
    assert campaign.template is not None
    assert campaign.template.template.code == "summer"
    assert questionnaire(campaign.questionnaire).by_code["own-1"].title == "用电"
    assert 'href="/campaigns/winter/"' in client.get("/campaigns/templates/summer/").content.decode()


@pytest.mark.parametrize("code", ["new", "templates"])
def test_a_campaign_takes_no_address_of_a_page(cast: Cast, code: str) -> None:
    template = newest(CampaignTemplate.objects.get(code="four-stages").pk)
    with pytest.raises(CaseworkError, match="已用作页面地址"):
        open_campaign(
            code, "行动", stages=planned_stages(template, date(2021, 9, 1)), actor=cast.campaign_officer, at=AT
        )
    assert not SelfInspection.objects.exists()
