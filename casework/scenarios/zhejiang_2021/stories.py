"""What happened in the cases: five published ones, and those of five further people who were sanctioned."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from cases.enums import CaseKind
from cases.ladder import MeasureSpec
from casework.scenarios.zhejiang_2021.reports import referred_name

SHANGHAI = ZoneInfo("Asia/Shanghai")
SOURCE = "中国纪检监察报 2021年12月"

CRITICISE = MeasureSpec("FF_CRITICISE_EDUCATE")
CHECK = MeasureSpec("FF_SELF_CHECK")
WARNING = MeasureSpec("PD_WARNING")
TERMINATE = MeasureSpec("HR_TERMINATE")


def _bonus(quantity: int, unit: str) -> MeasureSpec:
    return MeasureSpec("HR_BONUS_CUT", quantity=quantity, unit=unit)


@dataclass(frozen=True)
class Gain:
    """What somebody gained: coin at a stated price, coin with a stated value, or yuan."""

    label: str
    coin: str = ""
    quantity: str = ""
    price: str = ""
    value: str = ""
    source: str = SOURCE
    approximate: bool = False


@dataclass(frozen=True)
class Who:
    """A person of a case. Those of the register keep their standing; others bring it along."""

    name: str
    measures: tuple[MeasureSpec, ...] = ()
    gains: tuple[Gain, ...] = ()
    standing: dict[str, Any] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True)
class Story:
    """One case: how far it goes by the day of the demo, and on what facts."""

    key: str
    title: str
    filed: datetime
    people: tuple[Who, ...]
    facts: tuple[str, ...]
    conduct: tuple[date, date]
    reach: str  # filing, investigating, hearing, closed
    kind: CaseKind = CaseKind.BOTH
    published: bool = True


def when(month: int, day: int, hour: int = 9) -> datetime:
    return datetime(2021, month, day, hour, 0, tzinfo=SHANGHAI)


_STAFF = {"employment": "institution_staff", "public_official": True, "leading_cadre": False, "post": "网络管理员"}


def _further(key: str, count: int, filed: datetime) -> Story:
    return Story(
        key,
        "职工利用单位电力和服务器“挖矿”案",
        filed,
        tuple(
            Who(
                referred_name(key, serial),
                (WARNING,) if serial == 0 else (MeasureSpec("GS_WARNING"),),
                (Gain("“挖矿”所得", value="3600.00"),),
                {**_STAFF, "party_member": serial == 0},
            )
            for serial in range(count)
        ),
        ("用单位服务器运行“挖矿”程序", "持续约 3 个月"),
        (date(2021, 4, 1), date(2021, 7, 5)),
        "closed",
        published=False,
    )


STORIES = (
    Story(
        "ding-he",
        "绍兴市上虞区职业教育中心丁某某、何某某利用公共资源“挖矿”案",
        when(9, 18),
        (
            Who("丁某某", (WARNING, _bonus(3, "month")), (Gain("渡鸦币所得（与何某某合计）", value="15000.00"),)),
            Who("何某某", (TERMINATE,), reason="劳务派遣人员，不是中共党员，由用工单位处理"),
        ),
        ("自购矿机 3 台，放在信息技术楼", "用办公电脑“挖矿”", "持续 111 天", "所得约 15,000 元"),
        (date(2021, 3, 10), date(2021, 6, 28)),
        "closed",
    ),
    Story(
        "yu-wu",
        "湖州市德清县地理信息中心虞某、吴某某利用公共资源“挖矿”案",
        when(9, 22),
        (
            Who(
                "虞某",
                (CRITICISE, CHECK, _bonus(1, "quarter")),
                (Gain("虞某所得以太币", "ETH", "0.03", price="22560"),),
                reason="数量很小，时间短，主动说明",
            ),
            Who(
                "吴某某",
                (WARNING, _bonus(3, "quarter")),
                (Gain("吴某某所得以太币", "ETH", "0.76", price="22560"),),
                reason="数量为虞某的 25 倍，持续时间长，故予党纪处分",
            ),
        ),
        ("用单位工作站“挖矿”", "虞某得 0.03 枚、吴某某得 0.76 枚以太币"),
        (date(2021, 2, 1), date(2021, 8, 20)),
        "closed",
    ),
    _further("unit-01", 2, when(9, 27)),
    _further("unit-02", 2, when(9, 28)),
    _further("unit-03", 1, when(9, 29)),
    Story(
        "jin",
        "温州市某职业技术学院金某某利用公共资源“挖矿”案",
        when(11, 8),
        (
            Who(
                "金某某",
                gains=(Gain("2.4 枚以太币", "ETH", "2.4", value="43000.00", approximate=True),),
            ),
        ),
        ("在实验室安放自组矿机 4 台、显卡 32 张", "运行约 4 个月，得 2.4 枚以太币"),
        (date(2021, 5, 6), date(2021, 9, 7)),
        "hearing",
    ),
    Story(
        "huang",
        "浙江某大学下属学院黄某某利用学院电脑“挖矿”并删除日志案",
        when(9, 30),
        (Who("黄某某"),),
        ("用学院电脑“挖矿”", "故意删除服务器日志"),
        (date(2021, 6, 1), date(2021, 9, 5)),
        "investigating",
    ),
    Story(
        "six-ip-university",
        "浙江某大学实验室计算机“挖矿”案",
        when(12, 14),
        (Who("研究生甲", standing={"employment": "temporary", "party_member": False, "public_official": False,
                               "leading_cadre": False, "post": "实验室学生助理"}),),
        ("实验室公用计算机和个人计算机“挖矿”，6 个地址均已确认",),
        (date(2021, 5, 1), date(2021, 9, 6)),
        "filing",
        kind=CaseKind.DISCIPLINE,
    ),
)  # fmt: skip
