"""Due dates: a pure function of a rule, the facts and the calendar. No database, no clock.

The rules are the 91 limits of ``data/timelimits.yaml``. How periods run: 监察法实施条例（2025）第三百二十七条,
民法典第二百零一至二百零三条.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

from casework.core.calendar import ONE_DAY, Calendar, Kind, add_days, add_months
from casework.core.data import read_yaml
from casework.core.errors import Invalid
from casework.deadlines.enums import Basis, Unit

DATA = Path(__file__).parent / "data"
CIVIL = ZoneInfo("Asia/Shanghai")
DAY_ONE = "监察法实施条例第三百二十七条、民法典第二百零一条"
MONTH_END = "民法典第二百零二条"
ROLLS = "监察法实施条例第三百二十七条、民法典第二百零三条"
#: More than any limit or extension of the law; keeps a slip of the pen from leaving the calendar.
MOST = {Unit.HOUR: 24 * 366, Unit.DAY: 3660, Unit.WORKING_DAY: 2600, Unit.MONTH: 120, Unit.YEAR: 30}


@dataclass(frozen=True)
class Step:
    """One extension that a text allows: at most ``amount`` of ``unit`` (None: no number), approved by ``by``."""

    by: str
    amount: int | None = None
    unit: str = ""


@dataclass(frozen=True)
class Rule:
    """One limit. ``amount`` is None where a plan names the day. See the head of the data file for the fields."""

    id: str
    version: int
    of: str
    act: str
    label: str
    amount: int | None
    unit: str
    starts_from: str
    roll: bool
    by: str
    source: str
    basis: str
    confidence: str
    article: str = ""
    day_one_counted: bool = False
    back: bool = False
    extend: tuple[Step, ...] = ()
    repeat: bool = False
    note: str = ""

    @property
    def citation(self) -> str:
        """Where the limit is written, for people."""
        return f"{self.source}{self.article}"

    @property
    def unverified(self) -> bool:
        """The number was not read in an official text (依据待核)."""
        return self.confidence in {"C", "M"}

    @property
    def words(self) -> str:
        """The length for people, e.g. “15 个工作日”."""
        return "由方案指定日期" if self.amount is None else span(self.amount, self.unit)

    def extension_step(self, taken: int) -> Step | None:
        """Return the step for the next extension when ``taken`` were granted, or None when the text allows no more."""
        if taken < len(self.extend):
            return self.extend[taken]
        return self.extend[-1] if self.repeat and self.extend else None

    def snapshot(self) -> dict[str, Any]:
        """Return the rule as plain data, kept with each deadline: a running clock keeps the rule it began with."""
        return asdict(self)

    @classmethod
    def restore(cls, data: Mapping[str, Any]) -> Self:
        """Return the rule of a snapshot."""
        return cls(**{**data, "extend": tuple(Step(**step) for step in data["extend"])})


@dataclass(frozen=True)
class Stop:
    """The clock stood still from ``from_on`` up to the day before ``to_on``; ``resumed``: why, by whom, on which paper."""

    from_on: date
    to_on: date | None = None
    reason: str = ""
    approver: str = ""
    document: str = ""
    resumed: tuple[str, str, str] = ("", "", "")


@dataclass(frozen=True)
class More:
    """An extension of ``amount`` in ``unit``."""

    amount: int
    unit: str
    reason: str = ""
    approver: str = ""
    document: str = ""


@dataclass(frozen=True)
class Facts:
    """What a due date is computed from. Days are those of Asia/Shanghai.

    ``start``     the day of the starting event; ``start_at`` its moment, needed where hours are counted.
    ``named_on``  the day that a plan names, where the rule counts nothing.
    ``amount``    another length than the rule's, where the text gives a choice.
    """

    start: date
    start_at: datetime | None = None
    named_on: date | None = None
    amount: int | None = None
    stops: tuple[Stop, ...] = ()
    extensions: tuple[More, ...] = ()


@dataclass(frozen=True)
class Due:
    """The result, with the sentences that explain it. ``first_due_on`` is the date without stops and extensions."""

    due_on: date
    due_at: datetime | None
    first_due_on: date
    provisional: bool
    stopped: bool
    steps: tuple[str, ...] = field(default=())


def span(amount: int, unit: str) -> str:
    """Return a length for people, e.g. “1 个月”."""
    names = {"hour": "小时", "day": "日", "working_day": "个工作日", "month": "个月", "year": "年"}
    return f"{amount} {names[unit]}"


def day_words(day: date) -> str:
    """Return a date for people, e.g. “2026年9月1日”."""
    return f"{day.year}年{day.month}月{day.day}日"


@cache
def rules() -> Mapping[str, Rule]:
    """Return all limits by id, read once from the data file and checked."""
    data = read_yaml(DATA / "timelimits.yaml")
    found: dict[str, Rule] = {}
    for rule_id, given in data["limits"].items():
        row = dict(given)
        row["starts_from"] = row.pop("from")
        row["source"] = data["sources"][row["source"]]
        row["day_one_counted"] = row.pop("day_one", "") == "counted"
        row["extend"] = tuple(Step(**step) for step in row.pop("extend", ()))
        rule = Rule(id=rule_id, version=data["version"], **row)
        known = rule.unit in Unit.values and rule.basis in Basis.values
        if not known or (rule.amount is None) != (rule.unit == Unit.NAMED):
            raise ValueError(f"timelimits.yaml: {rule_id} has a wrong unit, basis or amount")
        found[rule_id] = rule
    return found


def rule(rule_id: str) -> Rule:
    """Return one limit, or refuse with the ids that exist."""
    found = rules().get(rule_id)
    if found is None:
        raise Invalid(
            f"没有编号为“{rule_id}”的期限规则。规则编号如 {'、'.join(list(rules())[:3])}，共 {len(rules())} 项。"
        )
    return found


def due(rule: Rule, facts: Facts, calendar: Calendar) -> Due:
    """Return when the act is due, and the sentences that explain how the date came about.

    Stopped days do not count. Extensions run on from the unmoved end, so that a holiday is not granted twice; only
    the very last day is moved off a rest day, and only where the rule says so. While the clock is stopped the date is
    the one that would hold if it started again on the day it stopped.
    """
    _check(rule, facts)
    steps = [_headline(rule, facts)]
    if rule.unit == Unit.HOUR and facts.start_at is not None:
        return _due_in_hours(rule, facts, facts.start_at, steps)
    if rule.back:
        return _due_back(rule, facts, calendar, steps)
    stops = merge_stops(facts.stops)
    legs = _legs(rule, facts)
    plain = _walk(rule, facts, legs[:1], (), calendar)
    first_due_on = calendar.roll(plain) if rule.roll else plain
    steps.append(_first_leg(rule, facts, plain, calendar))
    last = plain
    steps.extend(_stop_words(stop) for stop in facts.stops)
    if stops:
        last = _walk(rule, facts, legs[:1], stops, calendar)
        if last != plain:
            steps.append(f"扣除暂停的天数，期限最后一日由{day_words(plain)}顺延至{day_words(last)}。")
    if facts.extensions:
        steps.extend(_extension_words(more) for more in facts.extensions)
        extended = _walk(rule, facts, legs, stops, calendar)
        steps.append(f"延长后最后一日为{day_words(extended)}。")
        last = extended
    rolled = calendar.roll(last) if rule.roll else last
    due_on = _stopped_while_rolled(last, rolled, stops, calendar)
    if due_on != rolled:
        steps.append(
            f"{day_words(last)}不上班，顺延至{day_words(rolled)}；顺延后又暂停，再顺延。到期日：{day_words(due_on)}。"
        )
    else:
        steps.append(_rolled_words(rule, last, due_on, calendar))
    counts_working = any(unit == Unit.WORKING_DAY for unit, _amount in legs)
    rests_from = facts.start if counts_working else last
    provisional = (counts_working or rule.roll) and not calendar.is_known(rests_from, due_on)
    if provisional:
        steps.append(_provisional_words(rests_from, due_on, calendar))
    stopped = any(stop.to_on is None for stop in facts.stops)
    if stopped:
        steps.append("现在暂停计时，恢复后重新推算到期日。")
    return Due(due_on, None, first_due_on, provisional, stopped, tuple(steps))


def merge_stops(stops: Sequence[Stop]) -> tuple[tuple[date, date | None], ...]:
    """Return the stops in order, joined where they overlap or touch; an open one swallows all that begins after it."""
    merged: list[tuple[date, date | None]] = []
    for stop in sorted(stops, key=lambda one: one.from_on):
        if merged:
            begin, end = merged[-1]
            if end is None:
                break
            if stop.from_on <= end:
                merged[-1] = (begin, None if stop.to_on is None else max(end, stop.to_on))
                continue
        merged.append((stop.from_on, stop.to_on))
    return tuple(merged)


def _check(rule: Rule, facts: Facts) -> None:
    if rule.unit == Unit.HOUR and facts.start_at is None:
        raise Invalid(f"“{rule.label}”按小时计算，需要起算的时刻，例如 2026-09-01 14:20。")
    if rule.unit == Unit.NAMED and facts.named_on is None:
        raise Invalid(f"“{rule.label}”的日期由方案指定，需要到期日，例如 2021-10-15。")
    if rule.unit == Unit.NAMED and facts.named_on is not None and facts.named_on < facts.start:
        raise Invalid(f"到期日{day_words(facts.named_on)}早于起算日{day_words(facts.start)}，改为起算日以后的日期。")
    if (rule.back or rule.unit == Unit.HOUR) and facts.stops:
        raise Invalid(f"不能暂停计时：因为“{rule.label}”{'倒计' if rule.back else '按小时计算'}，没有中止的规定。")
    if rule.back and facts.extensions:
        raise Invalid(f"不能延长：因为“{rule.label}”从届满日倒计。可以延长届满的那项期限。")
    if rule.unit == Unit.HOUR and any(more.unit != Unit.HOUR for more in facts.extensions):
        raise Invalid(f"“{rule.label}”按小时计算，延长也按小时填写。")
    for amount, unit in [(facts.amount, rule.unit), *((more.amount, more.unit) for more in facts.extensions)]:
        if amount is not None and (unit not in MOST or not 0 < amount <= MOST[Unit(unit)]):
            raise Invalid(f"期限长度“{amount}”不能用，填写 1 至 {MOST.get(Unit(unit), 0)} 的整数。")
    for stop in facts.stops:
        if stop.to_on is not None and stop.to_on < stop.from_on:
            raise Invalid(f"恢复计时的日期{day_words(stop.to_on)}早于暂停的日期{day_words(stop.from_on)}。")


def _legs(rule: Rule, facts: Facts) -> list[tuple[str, int]]:
    """Return what is counted, in order: the limit and its extensions, like units joined so that months clamp once."""
    base = facts.amount if facts.amount is not None else rule.amount
    legs = [_as_months(rule.unit, base or 0)]
    for more in facts.extensions:
        unit, amount = _as_months(more.unit, more.amount)
        if legs[-1][0] == unit and unit != Unit.NAMED:
            legs[-1] = (unit, legs[-1][1] + amount)
        else:
            legs.append((unit, amount))
    return legs


def _as_months(unit: str, amount: int) -> tuple[str, int]:
    return (Unit.MONTH, amount * 12) if unit == Unit.YEAR else (unit, amount)


def _walk(
    rule: Rule,
    facts: Facts,
    legs: Sequence[tuple[str, int]],
    stops: Sequence[tuple[date, date | None]],
    calendar: Calendar,
) -> date:
    """Return the last day of the period, before any move off a rest day."""
    position = facts.start
    for index, (unit, amount) in enumerate(legs):
        if unit == Unit.NAMED:
            position = _shifted(position, facts.named_on or position, stops)
        elif unit == Unit.MONTH:
            position = _shifted(position, add_months(position, amount), stops)
        elif unit == Unit.DAY:
            # Day one is counted by moving the start back a day: 自宣布之日起.
            origin = position - ONE_DAY if index == 0 and rule.day_one_counted else position
            position = _shifted(origin, add_days(origin, amount), stops)
        else:
            position = _working(position, amount, stops, calendar)
    return position


def _shifted(position: date, end: date, stops: Sequence[tuple[date, date | None]]) -> date:
    """Return ``end`` moved by the stopped natural days between ``position`` and the moving end."""
    for begin, resumed in stops:
        if begin > end or resumed is None:
            break
        end += max(resumed - max(begin, position + ONE_DAY), timedelta(0))
    return end


def _working(position: date, amount: int, stops: Sequence[tuple[date, date | None]], calendar: Calendar) -> date:
    """Return the ``amount``-th working day after ``position`` that does not lie in a stop."""
    for begin, resumed in stops:
        if resumed is not None and resumed <= position + ONE_DAY:
            continue
        if begin > calendar.add_working_days(position, amount) or resumed is None:
            break
        before = max(begin - ONE_DAY, position)
        amount -= calendar.working_days_between(position, before)
        position = max(resumed - ONE_DAY, position)
    return calendar.add_working_days(position, amount)


def _stopped_while_rolled(
    last: date, rolled: date, stops: Sequence[tuple[date, date | None]], calendar: Calendar
) -> date:
    """Return the due date when the clock was stopped between the period's end on a rest day and the day it moved to."""
    for begin, resumed in stops:
        if last < begin <= rolled and resumed is not None:
            rolled = calendar.roll(rolled + (resumed - begin))
    return rolled


def _due_in_hours(rule: Rule, facts: Facts, start_at: datetime, steps: list[str]) -> Due:
    hours = facts.amount or rule.amount or 0
    first = start_at + timedelta(hours=hours)
    due_at = first + timedelta(hours=sum(more.amount for more in facts.extensions))
    steps.append(f"自{_moment(start_at)}起数 {hours} 小时，至{_moment(first)}。")
    steps.extend(_extension_words(more) for more in facts.extensions)
    steps.append(f"按小时计算，不因节假日顺延。到期：{_moment(due_at)}。")
    return Due(_civil(due_at), due_at, _civil(first), False, False, tuple(steps))


def _due_back(rule: Rule, facts: Facts, calendar: Calendar, steps: list[str]) -> Due:
    amount = facts.amount or rule.amount or 0
    working = rule.unit == Unit.WORKING_DAY
    due_on = calendar.add_working_days(facts.start, -amount) if working else add_days(facts.start, -amount)
    steps.append(
        f"自{day_words(facts.start)}倒数 {span(amount, rule.unit)}，当日不计，为{day_words(due_on)}。{DAY_ONE}。"
    )
    steps.append(f"倒计的期限不向后顺延。到期日：{day_words(due_on)}。")
    provisional = working and not calendar.is_known(due_on, facts.start)
    if provisional:
        steps.append(_provisional_words(due_on, facts.start, calendar))
    return Due(due_on, None, due_on, provisional, False, tuple(steps))


def _civil(moment: datetime) -> date:
    return moment.astimezone(CIVIL).date()


def _moment(moment: datetime) -> str:
    local = moment.astimezone(CIVIL)
    return f"{day_words(local.date())} {local:%H:%M}"


def _headline(rule: Rule, facts: Facts) -> str:
    words = rule.words if facts.amount is None else span(facts.amount, rule.unit)
    pending = "（依据待核）" if rule.unverified else ""
    kind = {
        Basis.POLICY: "内部管理期限，不是法定期限",
        Basis.PRACTICE: "工作惯例",
        Basis.SUPERSEDED: "已废止，只供查阅旧案",
    }.get(Basis(rule.basis), "")
    extra = "".join(f"{part}。" for part in (kind, rule.note) if part)
    name = f"规则 {rule.id}（第 {rule.version} 版）：{rule.label}"
    return f"{name}，{words}，自{rule.starts_from}之日起。依据{rule.citation}{pending}。{extra}"


def _first_leg(rule: Rule, facts: Facts, last: date, calendar: Calendar) -> str:
    if rule.unit == Unit.NAMED:
        return f"方案指定的日期是{day_words(last)}。"
    unit, amount = rule.unit, facts.amount or rule.amount or 0
    start = day_words(facts.start)
    if unit in {Unit.MONTH, Unit.YEAR}:
        months = amount * 12 if unit == Unit.YEAR else amount
        clamped = add_months(facts.start, months).day != facts.start.day
        how = "没有对应日，取当月最后一日" if clamped else "对应日为最后一日"
        return f"自{start}起 {span(amount, unit)}，{how}：{day_words(last)}。{MONTH_END}。"
    if unit == Unit.DAY:
        if rule.day_one_counted:
            return f"自{start}宣布之日起数 {amount} 日，当日计入，最后一日为{day_words(last)}。"
        return f"起算日{start}不计，自次日起数 {amount} 日，最后一日为{day_words(last)}。{DAY_ONE}。"
    return (
        f"起算日{start}不计，自次日起数 {amount} 个工作日，第 {amount} 个是{day_words(last)}。{DAY_ONE}。"
        + _exception_words(facts.start, last, calendar)
    )


def _exception_words(first: date, last: date, calendar: Calendar) -> str:
    """Name the days off and the worked weekends that the count met."""
    exceptions = calendar.exceptions_between(first, last)
    off = [f"{day.month}月{day.day}日" for day, kind in exceptions if kind == Kind.HOLIDAY]
    worked = [f"{day.month}月{day.day}日" for day, kind in exceptions if kind == Kind.WORKDAY]
    parts = ["周末不计"]
    if off:
        parts.append(f"放假不计：{'、'.join(off)}")
    if worked:
        parts.append(f"调休上班计入：{'、'.join(worked)}")
    return "；".join(parts) + "。"


def _stop_words(stop: Stop) -> str:
    papers = _papers(stop.reason, stop.approver, stop.document)
    if stop.to_on is None:
        return f"{day_words(stop.from_on)}起暂停计时{papers}。"
    days = (stop.to_on - stop.from_on).days
    more = f"恢复计时{_papers(*stop.resumed)}。" if any(stop.resumed) else ""
    return f"{day_words(stop.from_on)}起暂停计时，{day_words(stop.to_on)}恢复，停 {days} 天{papers}。{more}"


def _extension_words(more: More) -> str:
    return f"延长 {span(more.amount, more.unit)}{_papers(more.reason, more.approver, more.document)}。"


def _papers(reason: str, approver: str, document: str) -> str:
    parts = [part for part in (reason, f"{approver}批准" if approver else "", document) if part]
    return f"（{'，'.join(parts)}）" if parts else ""


def _rolled_words(rule: Rule, last: date, due_on: date, calendar: Calendar) -> str:
    result = f"到期日：{day_words(due_on)}。"
    if due_on != last:
        return f"{day_words(last)}不上班，顺延至其后第一个工作日。{ROLLS}。{result}"
    if not rule.roll and not calendar.is_working_day(last):
        return f"{day_words(last)}虽不上班，本期限不因节假日顺延。监察法实施条例第三百二十七条。{result}"
    return result


def _provisional_words(first: date, last: date, calendar: Calendar) -> str:
    years = [str(year) for year in range(first.year, last.year + 1) if year not in calendar.years_known]
    return f"{'、'.join(years)} 年的放假安排还没有公布，先按周一至周五推算，日期暂定，公布后重新推算。"
