"""Decisions on bodies for tests: drafts, and the way to a step."""

from datetime import date, datetime, timedelta
from typing import Any

from cases.models import BodyDecision, Case
from cases.services.bodies import advance_body, draft_body
from tests.build import moment
from tests.cast import Cast

DRAFTED = moment("2021-11-01 09:00")
PARTY, UNIT = "party_organisation", "unit"
ADVICE: dict[str, Any] = {
    "demand": "一是全面清查机房设备和用电。\n二是落实账号和日志管理。",
    "rectify_by": date(2021, 12, 31),
    "feedback": "书面反馈整改情况，附证明材料",
    "objection": "有异议的，自收到之日起十日内书面提出",
}


def drafted(cast: Cast, case: Case, receiver: str, *codes: str, **fields: Any) -> BodyDecision:
    assert case.unit is not None
    values: dict[str, Any] = {"grounds": "机房长期无人管理，被用于挖矿", "evidence": "检查笔录、用电记录", **fields}
    if receiver == PARTY:
        values.setdefault("body", "中共某地理信息中心支部委员会")
    return draft_body(
        case, unit=case.unit, receiver=receiver, measures=codes, actor=cast.officer, at=DRAFTED, **values
    )  # fmt: skip


def acts(cast: Cast) -> dict[str, dict[str, Any]]:
    """Actor, moment and data of every forward step, a day apart."""

    def at(days: int) -> datetime:
        return DRAFTED + timedelta(days=days)

    second = cast.second_officer
    return {
        "hear": {"actor": cast.officer, "at": at(1), "second_officer": second, "who": "支部书记", "text": "无异议"},
        "deliberate": {
            "actor": cast.hearing_officer, "at": at(2), "who": "纪委常委会", "members": 7, "present": 7, "votes_for": 6,
        },
        "approve": {"actor": cast.approver, "at": at(3), "text": "同意"},
        "issue": {"actor": cast.hearing_officer, "at": at(4)},
        "serve": {
            "actor": cast.officer, "at": at(5), "second_officer": second, "who": "办公室主任", "document": "送达回证9号",
        },
        "finish": {"actor": cast.hearing_officer, "at": at(40), "text": "整改报告、现场核查记录"},
    }  # fmt: skip


LONG = ("hear", "deliberate", "approve", "issue", "serve", "finish")
SHORT = ("approve", "issue", "serve", "finish")


def go(cast: Cast, decision: BodyDecision, until: str, **change: Any) -> BodyDecision:
    way = LONG if decision.receiver == PARTY else SHORT
    data = acts(cast)
    for name in way[: way.index(until) + 1]:
        decision = BodyDecision.objects.get(pk=decision.pk)
        extra: dict[str, Any] = {"digest": decision.digest} if name == "approve" else {}
        if name == "finish":
            extra = {"outcome": "carried_out" if decision.receiver == PARTY else "adopted"}
        decision = advance_body(decision, name, **{**data[name], **extra, **(change if name == until else {})})
    return decision
