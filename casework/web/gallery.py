"""Demo material for the component gallery: every component once, with the drawn pages' examples."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from casework.core.errors import Missing
from casework.web import vocabulary
from casework.web.components import CustodyLink, DeadlineLine, Proof, Share, Step, Stop
from casework.web.deadline_words import MET, MET_LATE, RUNNING, STOPPED, DeadlineFacts
from casework.web.forms import DayField

TODAY = date(2021, 10, 27)

GROUPS = {
    "work": _("办理"),
    "deadline": _("期限"),
    "finding": _("定性"),
    "evidence": _("证据"),
    "ledger": _("账本"),
    "rule": _("数据与规则"),
}


class GalleryForm(forms.Form):
    """One field of each kind."""

    serial = forms.CharField(label=_("序列号"), help_text=_("看机身标签，没有就填“无标签”"))
    taken_on = DayField(label=_("提取日期"))
    count = forms.IntegerField(label=_("封存的计算机台数"))
    reason = forms.CharField(label=_("理由"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    kind = forms.ChoiceField(
        label=_("怎样处置"),
        choices=[("inquiry", _("谈话函询")), ("verify", _("初步核实"))],
        widget=forms.RadioSelect,
    )
    office = forms.ChoiceField(label=_("承办室"), choices=[("1", _("第一室")), ("3", _("第三室"))])
    sure = forms.BooleanField(label=_("两名办案人员在场"))


def _deadlines() -> list[tuple[Any, DeadlineFacts]]:
    return [
        (_("已过期"), DeadlineFacts(RUNNING, date(2021, 10, 22), TODAY, working_days=3)),
        (
            _("当天"),
            DeadlineFacts(RUNNING, TODAY, TODAY, due_at=datetime(2021, 10, 27, 10, tzinfo=UTC)),
        ),
        (_("1—2 个工作日"), DeadlineFacts(RUNNING, date(2021, 10, 29), TODAY, working_days=2)),
        (_("3—5 个工作日"), DeadlineFacts(RUNNING, date(2021, 11, 2), TODAY, working_days=4)),
        (_("更久"), DeadlineFacts(RUNNING, date(2021, 12, 31), TODAY, working_days=47, unit="natural")),
        (_("停表"), DeadlineFacts(STOPPED, None, TODAY, stopped_days=9)),
        (_("办结"), DeadlineFacts(MET, date(2021, 10, 29), TODAY, early_by=2)),
        (_("办结"), DeadlineFacts(MET_LATE, date(2021, 10, 26), TODAY, late_by=1)),
    ]


def _chain() -> list[CustodyLink]:
    def at(month: int, day: int, hour: int, minute: int) -> datetime:
        return datetime(2021, month, day, hour - 8, minute, tzinfo=UTC)

    return [
        CustodyLink(at(9, 7, 10, 42), "发现、拍照", "承办人甲、承办人乙", "实验室北墙铁柜内", "eye", "verified"),
        CustodyLink(at(9, 7, 11, 20), "扣押并封存", "封条 ZJ21-000912", "清单一式三联", "lock", "verified"),
        CustodyLink(
            at(10, 11, 9, 10),
            "调取送鉴定",
            "保管员甲 交，鉴定联络员 收",
            "约定 10月20日 归还",
            "package-export",
            "pending",
        ),
        CustodyLink(
            at(10, 20, 17, 30),
            "归还入库",
            "鉴定联络员 交，保管员甲 收",
            "B 库 04-12",
            "building-warehouse",
            "verified",
            here=True,
            broken="归还时少一张显卡，编号 5",
        ),
    ]


def context() -> dict[str, Any]:
    """Return what the gallery shows."""
    bad = GalleryForm({"serial": "", "taken_on": "2021年9月31日", "count": "11", "kind": "verify"})
    bad.is_valid()
    return {
        "words": [(GROUPS.get(group, group), entries) for group, entries in vocabulary.groups().items()],
        "deadlines": _deadlines(),
        "line": DeadlineLine(
            start=date(2021, 9, 18),
            due=date(2021, 12, 31),
            today=TODAY,
            first_due=date(2021, 12, 18),
            stops=(Stop(date(2021, 9, 22), date(2021, 9, 26), 4), Stop(date(2021, 10, 11), date(2021, 10, 20), 9)),
            start_label="立案",
            steps=(
                "2021年9月18日立案，当日不计，满 3 个月为 12月18日",
                "暂停 4 天：9月22日—26日，浙纪停〔2021〕3号，分管领导批准",
                "暂停 9 天：10月11日—20日，浙纪停〔2021〕5号，分管领导批准",
                "顺延 13 天得 12月31日，星期五，是工作日，不再顺延",
            ),
            unverified=True,
            open=True,
        ),
        "late_line": DeadlineLine(start=date(2021, 9, 27), due=date(2021, 10, 22), today=TODAY, start_label="送达"),
        "stages": [
            Step("立案", "done", "9月18日"),
            Step("方案批准", "done", "9月24日"),
            Step("审查调查", "now", "进行中"),
            Step("事实见面", "", "11月4日前"),
            Step("移送审理"),
            Step("决定"),
        ],
        "missing": [
            Missing("丁某某第 2 次谈话笔录：第 3 页未签名", "#", "去补签"),
            Missing("“持续 111 天”只有本人陈述，是孤证", "#", "去补证"),
        ],
        "met": ["两名办案人员在场，均无回避情形", "扣押清单 3 联齐全"],
        "chain": _chain(),
        "proof": Proof("verified", 118204, "128,406 条，10月27日 10:20 签名", "1 家，与本机一致", "#"),
        "shares": [
            Share("通过", 49, "green"),
            Share("办理中", 20, "blue"),
            Share("退回", 4, "amber"),
            Share("逾期", 3, "red"),
            Share("未签收", 2),
        ],
        "pairs": [
            ("折合", "17,145.60 元"),
            ("统一社会信用代码", "12330000 47000000 0X"),
            ("附注", None),
        ],
        "sum": Decimal("17145.6"),
        "quantity": Decimal("0.76"),
        "digest": "9f2c41d70be835aa6c10e4f97d2358b1a07e13c692fd4b80d5e7661a0c39f842",
        "moment": datetime(2021, 9, 6, 6, 20, tzinfo=UTC),
        "form": bad,
        "before": "扣除一个季度绩效考核奖金",
        "after": "扣除三个季度绩效考核奖金",
    }
