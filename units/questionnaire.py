"""The self-inspection questionnaire and its sheets as data; the rules over the answers are in ``rules.answers``.

A campaign keeps the version that it began with; a changed questionnaire is a new version beside the old one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from units.enums import Employment
from units.enums_campaign import AddressFinding, DeviceKind, Handled, Involvement, TerminalKind

Text = str | Promise
Kind = Literal["number", "text", "choice", "date", "table"]


@dataclass(frozen=True)
class Question:
    """One question. ``sheet`` names the rows that must be as many as the number says (or, for a table, exist)."""

    code: str
    kind: Kind
    title: Text
    ask: Text
    group: Text
    hint: Text = ""
    label: Text = ""
    unit: Text = ""
    choices: tuple[tuple[str, Text], ...] = ()
    sheet: str = ""
    attachment: bool = False


@dataclass(frozen=True)
class Questionnaire:
    """A version of the questionnaire."""

    version: str
    questions: tuple[Question, ...]
    by_code: dict[str, Question] = field(init=False)
    numbers: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_code", {question.code: question for question in self.questions})
        object.__setattr__(self, "numbers", {question.code: n for n, question in enumerate(self.questions, 1)})

    @property
    def total(self) -> int:
        """How many questions there are."""
        return len(self.questions)


_UNIT, _NETWORK, _DEVICES, _SAFETY, _PEOPLE, _PLEDGE, _OWN = (
    _("单位"), _("网络"), _("设备"), _("安全管理"), _("人员和币种"), _("整改和承诺"), _("补充题"),
)  # fmt: skip

V1: Final = Questionnaire(
    "self-inspection-1",
    (
        Question(
            "unit_profile", "text", _("单位基本情况"), _("本单位有多少在职人员，由哪个部门管网络和机房？"), _UNIT,
            hint=_("写明人数、管理部门和联系人。"), label=_("基本情况"),
        ),
        Question(
            "addresses", "table", _("网络出口与地址"), _("本单位使用哪些互联网地址，逐个查了没有？"), _NETWORK,
            hint=_("每个公网地址一行，写明用途和自查情况。"), label=_("地址清单"), sheet="addresses",
        ),
        Question(
            "terminals", "number", _("自查的终端台数"), _("一共检查了多少台终端？"), _DEVICES,
            hint=_("台式机、笔记本、工作站和服务器都算。"), label=_("自查台数"), unit=_("台"), sheet="terminals",
        ),
        Question(
            "rooms", "text", _("机房与弱电间"), _("检查了哪些机房、弱电间和实验室？"), _NETWORK,
            hint=_("写明地点和检查的人。没有就写“没有机房”。"), label=_("检查地点"),
        ),
        Question(
            "found", "number", _("发现的设备"), _("发现多少台设备涉及虚拟货币“挖矿”？"), _DEVICES,
            hint=_("计算机和矿机合计，已经拆除的也算。没有就填 0。"), label=_("发现台数"), unit=_("台"),
        ),
        Question(
            "computers_sealed", "number", _("封存的计算机台数"), _("自查中封存了多少台计算机？"), _DEVICES,
            hint=_("只计算因涉及虚拟货币“挖矿”而停用、贴封条的台式机、笔记本和服务器。没有就填 0。"),
            label=_("封存台数"), unit=_("台"), sheet="computers",
        ),
        Question(
            "rigs_sealed", "number", _("封存的矿机台数"), _("自查中封存了多少台矿机？"), _DEVICES,
            hint=_("专用矿机和装了多张显卡、专门用来“挖矿”的机器。没有就填 0。"),
            label=_("封存台数"), unit=_("台"), sheet="rigs",
        ),
        Question(
            "accounts", "choice", _("账户与口令管理"), _("管理员账户和口令检查过没有？"), _SAFETY,
            hint=_("弱口令和多人共用的账户也要改。"), label=_("检查情况"),
            choices=(
                ("all", _("全部检查，没有问题")),
                ("fixed", _("全部检查，有问题的已经改正")),
                ("partly", _("检查了一部分")),
                ("not", _("还没有检查")),
            ),
        ),
        Question(
            "logs", "date", _("安全软件日志"), _("安全软件和网络设备的日志最早保存到哪一天？"), _SAFETY,
            hint=_("网络日志应当保存不少于六个月。"), label=_("最早的日志"),
        ),
        Question(
            "watch", "text", _("值守与门禁记录"), _("机房的值守和门禁记录查过没有，有没有异常？"), _SAFETY,
            hint=_("附上最近三个月的值守或门禁记录。"), label=_("检查情况"), attachment=True,
        ),
        Question(
            "people", "number", _("涉及人员"), _("有多少人涉及虚拟货币“挖矿”？"), _PEOPLE,
            hint=_("参与的人和负有管理责任的人，包括合同制、临聘和劳务派遣人员。没有就填 0。"),
            label=_("涉及人数"), unit=_("人"), sheet="people",
        ),
        Question(
            "currencies", "number", _("涉及币种"), _("涉及多少种虚拟货币？"), _PEOPLE,
            hint=_("按币种填写，知道数量的写数量。没有就填 0。"), label=_("币种数"), unit=_("种"), sheet="currencies",
        ),
        Question(
            "measures", "text", _("整改措施"), _("已经采取和准备采取哪些措施？"), _PLEDGE,
            hint=_("写明措施、负责的人和完成日期。没有发现问题的，写明怎样防止发生。"), label=_("措施"),
        ),
        Question(
            "pledge", "choice", _("负责人承诺"), _("您是否核对过以上全部内容？"), _PLEDGE,
            hint=_("上报后由您对内容的真实和完整负责。"), label=_("承诺"),
            choices=(("yes", _("我已逐题核对，内容真实、完整，没有隐瞒")),),
        ),
    ),
)  # fmt: skip

#: Every version that a running campaign may have begun with.
VERSIONS: Final[dict[str, Questionnaire]] = {V1.version: V1}
CURRENT: Final = V1.version


#: Finds a version that is kept elsewhere (templates of campaigns add questions of their own); None when it has none.
Source = Callable[[str], Questionnaire | None]
_sources: list[Source] = []
#: A version never changes, so it is looked for once in a process.
_found: dict[str, Questionnaire] = {}


def register_source(source: Source) -> None:
    """Let ``source`` answer for versions that are not written here; called when the app loads."""
    if source not in _sources:
        _sources.append(source)


def questionnaire(version: str) -> Questionnaire:
    """Return the version; an unknown one is a mistake of the data, not of a reader."""
    if version in VERSIONS:
        return VERSIONS[version]
    if version not in _found:
        for source in _sources:
            found = source(version)
            if found is not None:
                _found[version] = found
                break
    return _found[version]


def with_questions(base: Questionnaire, version: str, own: Sequence[Question]) -> Questionnaire:
    """Return the base with questions of one's own put before the measures and the pledge, which stay last."""
    asked = [replace(one, group=one.group or _OWN) for one in own]
    place = next(n for n, one in enumerate(base.questions) if one.group == _PLEDGE)
    return Questionnaire(version, (*base.questions[:place], *asked, *base.questions[place:]))


ColumnKind = Literal["text", "choice", "ip", "date", "decimal", "yes_no"]


@dataclass(frozen=True)
class Column:
    """A column of a sheet: the model's field, its header, and what a spreadsheet may hold there."""

    field: str
    label: Text
    kind: ColumnKind = "text"
    required: bool = False
    longest: int = 200
    choices: tuple[tuple[str, Text], ...] = ()
    aliases: tuple[str, ...] = ()
    wide: bool = False  # left out of the table on phones


@dataclass(frozen=True)
class Sheet:
    """A list of rows behind a question. ``unique`` names the fields that may not repeat within the sheet."""

    code: str
    title: Text
    model: str
    columns: tuple[Column, ...]
    unique: tuple[tuple[str, ...], ...]
    fixed: tuple[tuple[str, str], ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that a row gives."""
        return tuple(column.field for column in self.columns)


_PLACE = Column("place", _("放在哪里"), required=True, aliases=("地点", "位置"))
_FOUND = Column(
    "found", _("自查情况"), "choice", required=True, choices=tuple(AddressFinding.choices), aliases=("情况", "结果")
)
_NOTE = Column("note", _("备注"), longest=500, wide=True)
_DEVICE = (
    _PLACE,
    Column("model", _("型号"), required=True, longest=120, wide=True),
    Column("serial", _("序列号"), required=True, longest=80, aliases=("机身编号",)),
    Column("seal_number", _("封条号"), required=True, longest=40, wide=True, aliases=("封条编号",)),
    Column("sealed_on", _("封存日"), "date", wide=True, aliases=("封存日期",)),
)

SHEETS: Final[dict[str, Sheet]] = {
    sheet.code: sheet
    for sheet in (
        Sheet(
            "addresses",
            _("地址清单"),
            "ReportedAddress",
            (
                Column("ip", _("IP地址"), "ip", required=True, aliases=("地址", "公网地址")),
                Column("use", _("用途"), wide=True),
                Column("place", _("放在哪里"), wide=True),
                _FOUND,
                _NOTE,
            ),
            (("ip",),),
        ),
        Sheet(
            "terminals",
            _("终端清单"),
            "Terminal",
            (
                Column("asset_number", _("资产编号"), required=True, longest=80, aliases=("编号", "序列号")),
                Column(
                    "kind", _("类型"), "choice", required=True, choices=tuple(TerminalKind.choices), aliases=("类别",)
                ),
                _PLACE,
                Column("model", _("型号"), longest=120, wide=True),
                Column("keeper", _("使用人"), longest=80, wide=True),
                Column("ip", _("IP地址"), "ip", wide=True),
                _FOUND,
            ),
            (("asset_number",),),
        ),
        Sheet(
            "computers",
            _("封存清单"),
            "SealedDevice",
            _DEVICE,
            (("serial",), ("seal_number",)),
            (("kind", DeviceKind.COMPUTER),),
        ),
        Sheet(
            "rigs", _("封存清单"), "SealedDevice", _DEVICE, (("serial",), ("seal_number",)), (("kind", DeviceKind.RIG),)
        ),
        Sheet(
            "people",
            _("人员清单"),
            "ReportedPerson",
            (
                Column("name", _("姓名"), required=True, longest=80),
                Column("post", _("职务"), required=True, longest=120, aliases=("岗位",)),
                Column(
                    "employment", _("用工形式"), "choice", required=True, choices=tuple(Employment.choices), wide=True
                ),
                Column("party_member", _("是否党员"), "yes_no", wide=True, aliases=("中共党员",)),
                Column("public_official", _("是否公职人员"), "yes_no", wide=True, aliases=("公职人员",)),
                Column("deed", _("行为"), required=True, longest=500),
                Column(
                    "involvement",
                    _("涉及方式"),
                    "choice",
                    choices=tuple(Involvement.choices),
                    wide=True,
                    aliases=("方式",),
                ),
                Column("handled", _("处理类别"), "choice", choices=tuple(Handled.choices), wide=True),
                Column("handling", _("本单位处理"), longest=500, wide=True, aliases=("处理情况",)),
            ),
            (("name", "post"),),
        ),
        Sheet(
            "currencies",
            _("币种清单"),
            "ReportedCurrency",
            (
                Column("name", _("币种"), required=True, longest=40, aliases=("名称",)),
                Column("symbol", _("代号"), longest=12, wide=True),
                Column("quantity", _("数量"), "decimal"),
                _NOTE,
            ),
            (("name",),),
        ),
    )
}
