"""Penalties in a real browser: the published outcomes, and one sanction from its draft to the end of its period."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import override_settings
from playwright.sync_api import expect

from cases.enums_penalties import PenaltyState
from cases.models import Appeal, BodyDecision, Case, Execution, Penalty, Recovery, Suspect
from casework.access.models import Grant
from casework.ledger.selectors import trail
from tests.browser.conftest import Visitor
from tests.build_penalties import a_case, a_suspect

pytestmark = [pytest.mark.browser, pytest.mark.slow]
#: A busy machine draws slowly; every wait is for the event itself.
PATIENCE_MS = 90_000
expect.set_options(timeout=PATIENCE_MS)
BOTH = pytest.mark.parametrize("visitor", [1440, 390], indirect=True)

#: Name → standing, what is chosen on the page, the measures in words.
OUTCOMES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "丁某某": (
        {"employment": "institution_staff", "party_member": True, "post": "机房管理员"},
        {"party": "PD_WARNING", "other": ["HR_BONUS_CUT"], "bonus": ("3", "month")},
        "党内警告、扣除绩效考核奖金 3 个月",
    ),
    "何某某": (
        {"employment": "dispatched", "party_member": False, "post": "机房协助人员"},
        {"other": ["HR_TERMINATE"]},
        "解聘",
    ),
    "虞某": (
        {"employment": "institution_manager", "party_member": False, "public_official": True, "post": "副主任"},
        {"other": ["HR_BONUS_CUT", "FF_CRITICISE_EDUCATE", "FF_SELF_CHECK"], "bonus": ("1", "quarter")},
        "扣除绩效考核奖金 1 个季度、批评教育、责令作出检查",
    ),
    "吴某某": (
        {"employment": "institution_staff", "party_member": True},
        {"party": "PD_WARNING", "other": ["HR_BONUS_CUT"], "bonus": ("3", "quarter")},
        "党内警告、扣除绩效考核奖金 3 个季度",
    ),
}


def _people(visitor: Visitor) -> Any:
    """The accounts of the demo, in the words of the builders."""
    user = visitor.played.user
    return SimpleNamespace(
        officer=user("officer1"), second_officer=user("officer2"), hearing_officer=user("hearing1"),
        approver=user("approver1"),
    )  # fmt: skip


@contextmanager
def _on(day: str) -> Iterator[None]:
    """Let the product live on another day; sessions of the old one have run out by then."""
    with override_settings(CASEWORK_NOW=f"{day} 09:30"):
        yield


def _choose(page: Any, name: str, words: str) -> None:
    """Choose in a select by part of its words."""
    field = page.locator(f"#id_{name}")
    value = field.evaluate("(one, words) => [...one.options].find(o => o.text.includes(words))?.value", words)
    field.select_option(value)


def _submit(visitor: Visitor) -> None:
    """Press the solid button of the page and wait until the answer has arrived."""
    page, here = visitor.page, visitor.page.url
    page.locator("button.btn-p:visible").last.click()
    page.wait_for_url(lambda url: url != here, timeout=PATIENCE_MS)


def _draft(visitor: Visitor, suspect: Suspect, choice: dict[str, Any]) -> Penalty:
    """Fill in the page of the proposal as an officer does."""
    page = visitor.page
    visitor.open(f"/penalties/new/{suspect.pk}/")
    visitor.look()
    if "party" in choice:
        page.locator(f"input[name=party][value={choice['party']}]").check()
    for code in choice.get("other", []):
        box = page.locator(f"input[name=other][value={code}]")
        if not box.is_visible():
            box.locator("xpath=ancestor::details").locator("summary").click()
        box.check()
    if "bonus" in choice:
        page.locator("#id_bonus").fill(choice["bonus"][0])
        page.locator("#id_bonus_unit").select_option(choice["bonus"][1])
    page.locator("#id_grounds").fill("用单位电脑和电力“挖矿”。")
    page.locator("#id_evidence").fill("会话日志、采购凭证和本人陈述")
    page.locator("#id_reason").fill("所得和身份不同，故轻重不同")
    _submit(visitor)
    return Penalty.objects.get(suspect=suspect)


# -- the published outcomes -------------------------------------------------------------------------------------------


@BOTH
def test_the_published_outcomes_and_the_gain_of_jin_are_read(visitor: Visitor) -> None:
    page = visitor.page
    visitor.become("hearing1")
    for name, (_standing, _choice, words) in OUTCOMES.items():
        penalty = Penalty.objects.get(suspect__name=name, suspect__case__title__contains="利用公共资源", number__gt="")
        visitor.open(f"/penalties/{penalty.pk}/")
        visitor.look()
        for part in words.split("、"):
            expect(page.locator("main")).to_contain_text(part)
        expect(page.locator("main")).to_contain_text(penalty.number)
        visitor.open(f"/penalties/{penalty.pk}/decision/")
        visitor.look()
        expect(page.locator("article.doc, article .doc")).to_contain_text(name)
    gain = Recovery.objects.get(suspect__name="金某某", coin="ETH")
    assert (gain.quantity, gain.value) == (Decimal("2.4"), Decimal("43000.00"))
    visitor.open(f"/penalties/recoveries/{gain.pk}/")
    visitor.look()
    for part in ("2.40000000 ETH", "43,000.00 元", "17,916.67"):
        expect(page.locator("main")).to_contain_text(part)
    visitor.open("/penalties/recoveries/")
    visitor.look()
    expect(page.locator("main")).to_contain_text("同一币种有几种价格")
    assert visitor.troubles == []


def test_the_published_outcomes_are_drafted_and_what_is_unlawful_cannot_be_chosen(visitor: Visitor) -> None:
    page = visitor.page
    case = a_case(_people(visitor), number=9001)
    visitor.become("officer1")
    for name, (standing, choice, words) in OUTCOMES.items():
        suspect = a_suspect(case, name, **standing)
        penalty = _draft(visitor, suspect, choice)
        visitor.look()
        assert "、".join(row.words for row in penalty.measures.all()) == words
        if not standing["party_member"]:
            visitor.open(f"/penalties/{penalty.pk}/edit/")
            assert page.locator("input[name=party][value=PD_WARNING]").count() == 0
            expect(page.locator("main")).to_contain_text(f"不能选：{name}不是中共党员。")
            expect(page.locator("main")).to_contain_text("第六条")
    assert visitor.troubles == []


# -- one sanction from its draft to the end of its period -------------------------------------------------------------


def _step(visitor: Visitor, penalty: Penalty, name: str, **fields: Any) -> Penalty:
    """Take the next step from the penalty's own page."""
    page = visitor.page
    visitor.open(f"/penalties/{penalty.pk}/")
    visitor.look()
    page.locator(".nextstep button.btn-p").click()
    page.wait_for_url(lambda url: f"/step/{name}/" in url, timeout=PATIENCE_MS)
    visitor.look()
    for field, value in fields.items():
        if field == "second_officer":
            _choose(page, field, value)
        elif value is True:
            page.locator(f"#id_{field}").check()
        else:
            page.locator(f"#id_{field}").fill(str(value))
    page.locator(".nextstep button.btn-p").click()
    page.wait_for_url(f"**/penalties/{penalty.pk}/", timeout=PATIENCE_MS)
    return Penalty.objects.get(pk=penalty.pk)


def _do_tasks(visitor: Visitor, penalty: Penalty) -> None:
    for task in Execution.objects.filter(penalty=penalty, done_on__isnull=True).order_by("seq"):
        visitor.open(f"/penalties/{penalty.pk}/")
        visitor.page.locator(f"#tasks a[href='/penalties/tasks/{task.pk}/']").click()
        visitor.page.wait_for_url(f"**/penalties/tasks/{task.pk}/", timeout=PATIENCE_MS)
        visitor.look()
        visitor.page.locator("#id_proof").fill("单位回执")
        visitor.page.locator("#id_document").fill("回执1号")
        _submit(visitor)


def test_a_sanction_is_decided_served_carried_out_appealed_amended_and_expires(visitor: Visitor) -> None:
    page, second = visitor.page, "承办人乙"
    case = a_case(_people(visitor), number=9002)
    suspect = a_suspect(case, "吴某某")
    Grant.objects.create(compartment=case.compartment, user=visitor.played.user("approver2"), from_on=date(2021, 1, 1))

    visitor.become("officer1")
    penalty = _draft(visitor, suspect, {
        "party": "PD_SERIOUS_WARNING", "other": ["HR_BONUS_CUT"], "bonus": ("3", "quarter"),
    })  # fmt: skip
    penalty = _step(visitor, penalty, "inform", second_officer=second, place="会议室", statement="认识到错误")
    assert penalty.state == PenaltyState.INFORMED

    visitor.become("hearing1")
    penalty = _step(
        visitor, penalty, "deliberate", body="纪委常委会", members=7, votes_for=6, abstentions=1,
        minutes="浙纪常〔2021〕40号",
    )  # fmt: skip
    _approve(visitor, penalty)

    visitor.become("hearing1")
    penalty = _step(visitor, penalty, "issue", sealed=True)
    assert penalty.number.startswith("浙纪处〔2021〕")
    visitor.open(f"/penalties/{penalty.pk}/decision/")
    visitor.look()
    expect(page.locator("main")).to_contain_text("关于给予吴某某同志严重警告处分的决定")
    expect(page.locator("main")).to_contain_text("可以向本机关提出申诉")

    visitor.become("officer1")
    _step(visitor, penalty, "serve", second_officer=second, receiver="吴某某", receipt="送达回证1号")
    _step(visitor, penalty, "announce", second_officer=second, place="所在党支部")
    penalty = _step(visitor, penalty, "execute")
    visitor.open(f"/penalties/{penalty.pk}/")
    expect(page.locator("main")).to_contain_text("未办结：扣除 3 个季度绩效考核奖金")
    _do_tasks(visitor, penalty)
    penalty = _step(visitor, penalty, "finish", executed_on="2021-12-16")
    assert (penalty.state, penalty.period_until) == (PenaltyState.RUNNING, date(2023, 6, 15))

    with _on("2022-01-10"):
        _appeal(visitor, penalty)
    with _on("2022-01-11"):
        visitor.become("officer1")
        penalty = _step(visitor, penalty, "execute")
        _do_tasks(visitor, penalty)
        penalty = _step(visitor, penalty, "finish", executed_on="2022-01-11")
        assert (penalty.state, penalty.period_until) == (PenaltyState.RUNNING, date(2022, 12, 15))
        visitor.open(f"/penalties/{penalty.pk}/")
        expect(page.locator(".nextstep")).to_contain_text("影响期未满")
    with _on("2022-12-16"):
        visitor.become("officer1")
        penalty = _step(visitor, penalty, "expire")
        expect(page.locator("main")).to_contain_text("影响期满")
    assert penalty.state == PenaltyState.EXPIRED
    kinds = [entry.kind for entry in trail(f"penalty:{penalty.pk}")]
    for kind in ("drafted", "informed", "deliberated", "approved", "issued", "served", "announced", "appeal_decided"):
        assert f"penalty.{kind}" in kinds
    assert kinds.count("penalty.executed") == 2
    assert kinds[-1] == "penalty.expired"
    assert visitor.troubles == []


def _approve(visitor: Visitor, penalty: Penalty) -> None:
    """The leader decides on the phone: the same page, as narrow as his screen."""
    page = visitor.page
    page.set_viewport_size({"width": 390, "height": 844})
    visitor.become("approver1")
    visitor.open("/penalties/approvals/")
    visitor.look()
    expect(page.locator("main")).to_contain_text("吴某某")
    visitor.open(f"/penalties/{penalty.pk}/approval/")
    visitor.look()
    expect(page.locator("main")).to_contain_text("您的签名只对这一稿有效")
    page.locator("#id_opinion").fill("同意。")
    page.locator(".dock button[value=approve]").click()
    page.wait_for_url("**/penalties/approvals/", timeout=PATIENCE_MS)
    assert Penalty.objects.get(pk=penalty.pk).state == PenaltyState.APPROVED
    page.set_viewport_size({"width": 1440, "height": 900})


def _appeal(visitor: Visitor, penalty: Penalty) -> None:
    """Lodged by the hearing room, accepted and decided by a leader without a part in the case."""
    page = visitor.page
    visitor.become("hearing1")
    visitor.open(f"/penalties/{penalty.pk}/appeals/new/")
    visitor.look()
    page.locator("#id_kind").select_option("party_appeal")
    page.locator("#id_request").fill("处理过重，请求变更。")
    _submit(visitor)
    appeal = Appeal.objects.get(penalty=penalty)
    assert Penalty.objects.get(pk=penalty.pk).state == PenaltyState.RUNNING  # execution goes on meanwhile

    visitor.become("approver2")
    visitor.open(f"/penalties/appeals/{appeal.pk}/")
    visitor.look()
    _choose(page, "handler", "审理员乙")
    _choose(page, "second_handler", "承办人丙")
    page.get_by_role("button", name="受理", exact=True).click()
    expect(page.locator("main")).to_contain_text("审理员乙、承办人丙", timeout=PATIENCE_MS)
    page.locator("#id_outcome").select_option("amended")
    page.locator("#id_document").fill("浙纪复〔2022〕1号")
    page.locator("#id_reason").fill("有主动上交情节，减轻处理。")
    page.locator("#id_measure").select_option("PD_EXPULSION")
    page.get_by_role("button", name="决定并签名").click()
    expect(page.locator("form .alert, form .note, form [role=alert]").first).to_be_visible(timeout=PATIENCE_MS)
    assert Appeal.objects.get(pk=appeal.pk).state == "accepted"
    assert page.locator("#id_reason").input_value() == "有主动上交情节，减轻处理。"
    page.locator("#id_measure").select_option("PD_WARNING")
    visitor.troubles[:] = [one for one in visitor.troubles if "400" not in one]  # the refusal that was asked for
    page.get_by_role("button", name="决定并签名").click()
    expect(page.locator("main")).to_contain_text("影响期至 2022年12月15日", timeout=PATIENCE_MS)
    visitor.look()
    expect(page.locator("main")).to_contain_text("党内严重警告")
    changed = Penalty.objects.get(pk=penalty.pk)
    assert changed.state == PenaltyState.AMENDED
    assert [row.code for row in changed.measures.all()] == ["PD_WARNING", "HR_BONUS_CUT"]


# -- a unit and its organisation --------------------------------------------------------------------------------------


def _unit_step(visitor: Visitor, decision: BodyDecision, name: str, **fields: Any) -> BodyDecision:
    page = visitor.page
    visitor.open(f"/penalties/bodies/{decision.pk}/")
    visitor.look()
    page.locator(".nextstep button.btn-p").click()
    page.wait_for_url(lambda url: f"/step/{name}/" in url, timeout=PATIENCE_MS)
    visitor.look()
    for field, value in fields.items():
        if field in {"second_officer", "outcome"}:
            _choose(page, field, value)
        else:
            page.locator(f"#id_{field}").fill(str(value))
    page.locator(".nextstep button.btn-p").click()
    page.wait_for_url(f"**/penalties/bodies/{decision.pk}/", timeout=PATIENCE_MS)
    return BodyDecision.objects.get(pk=decision.pk)


@BOTH
def test_a_recommendation_goes_to_a_unit_and_is_followed_up(visitor: Visitor) -> None:
    page = visitor.page
    wide = page.viewport_size["width"]
    case: Case = a_case(_people(visitor), number=9000 + wide)
    visitor.become("officer1")
    visitor.open(f"/cases/{case.pk}/")
    page.locator(f"a[href='/penalties/bodies/new/{case.pk}/']").click()
    page.wait_for_url("**/penalties/bodies/new/**", timeout=PATIENCE_MS)
    visitor.look()
    page.locator("input[name=receiver][value=unit]").check()
    page.locator("#id_paper").select_option("UM_SUPERVISION_SUGGESTION")
    page.locator("#id_grounds").fill("机房长期无人管理，被用于“挖矿”。")
    page.locator("#id_evidence").fill("检查笔录、用电记录")
    page.locator("#id_demand").fill("一是全面清查机房设备。\n二是落实日志管理。")
    page.locator("#id_rectify_by").fill("2022-1-14")
    page.locator("#id_feedback").fill("书面反馈整改情况")
    page.locator("#id_objection").fill("自收到之日起十日内书面提出")
    page.locator("button[data-save]").click()
    page.wait_for_url("**/penalties/bodies/*/", timeout=PATIENCE_MS)
    decision = BodyDecision.objects.get(case=case)
    visitor.become("approver1")
    _unit_step(visitor, decision, "approve", text="同意。")
    visitor.become("officer1")
    _unit_step(visitor, decision, "issue")
    visitor.open(f"/penalties/bodies/{decision.pk}/paper/")
    visitor.look()
    expect(page.locator("main")).to_contain_text("请于2022年1月14日前完成整改。书面反馈整改情况。")
    _unit_step(visitor, decision, "serve", second_officer="承办人乙", who="办公室主任", document="送达回证2号")
    decision = _unit_step(visitor, decision, "finish", outcome="已采纳并整改", text="整改报告、现场核查")
    assert (decision.state, decision.outcome) == ("done", "adopted")
    visitor.open("/penalties/bodies/")
    visitor.look()
    expect(page.locator("main")).to_contain_text(decision.number)
    assert visitor.troubles == []
