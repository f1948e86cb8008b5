"""What a row of an exported table is: a change of a password, a register of machines or accounts, a door.

Tables have no common form. A row is taken for something only where its headings say so; the rest says nothing here.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from evidence.attribution.facts import SECOND, Fact, account_of
from evidence.attribution.links import Option
from evidence.attribution.origin import Holding

_DOING: Final = ("操作", "事件", "类型", "动作", "event", "action", "operation", "op")
_BY: Final = ("操作人", "修改人", "经办", "操作账号", "by", "operator", "changed_by", "actor")
_PERSON: Final = ("姓名", "使用人", "保管人", "责任人", "领用人", "持有人", "name", "custodian", "owner", "holder")
_UNTIL: Final = ("止", "停用日期", "归还日期", "交回日期", "注销日期", "until", "to", "returned_on")
_ASSET: Final = ("资产编号", "设备名称", "计算机名", "asset", "machine")
_WAY: Final = ("方向", "进出", "direction")
_SECRET: Final = re.compile(r"密码|口令|passw", re.IGNORECASE)
_CHANGE: Final = re.compile(r"改|重置|设置|chang|reset|set", re.IGNORECASE)
_IN: Final = re.compile(r"^(?:进|入|in|enter)", re.IGNORECASE)
_OUT: Final = re.compile(r"^(?:出|离|out|exit|leave)", re.IGNORECASE)
_DAY: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})")
_CHINA: Final = timezone(timedelta(hours=8))


def _of(attrs: Mapping[str, Any], names: Iterable[str]) -> str:
    lowered = {str(key).strip().lower(): str(value).strip() for key, value in attrs.items()}
    return next((lowered[name] for name in names if lowered.get(name)), "")


def password_change(row: Fact) -> Fact | None:
    """Return the row as a change of a password in a directory, or None where it tells of something else."""
    doing = _of(row.attrs, _DOING)
    if not row.user or not _SECRET.search(doing) or not _CHANGE.search(doing):
        return None
    by = _of(row.attrs, _BY)
    return replace(
        row,
        action="password_changed",
        outcome="success",
        target=row.user,
        user=by,
        attrs={**row.attrs, "central": True},
    )


def holding(row: Fact) -> Holding | None:
    """Return the row as an entry of a register of machines, or None."""
    person = _of(row.attrs, _PERSON)
    if not row.mac or not person:
        return None
    machine = row.host or _of(row.attrs, _ASSET)
    return Holding(row.mac.lower(), machine, person, row.ts, _end_of_day(_of(row.attrs, _UNTIL)), row.key)


def account_holder(row: Fact) -> tuple[str, Option] | None:
    """Return account and person where the row is of a register of accounts, or None."""
    person = _of(row.attrs, _PERSON)
    if not row.user or not person or row.mac or row.tty or _of(row.attrs, _DOING) or _of(row.attrs, _WAY):
        return None
    return account_of(row.user), Option(person, (row.key,), person)


def passage(row: Fact) -> tuple[str, bool | None] | None:
    """Return a person and whether he came in (None: not said) where the row is of a door, or None."""
    if not row.tty or not row.user or row.mac:
        return None
    way = _of(row.attrs, _WAY)
    return row.user, True if _IN.match(way) else False if _OUT.match(way) else None


def _end_of_day(text: str) -> int | None:
    found = _DAY.search(text)
    if found is None:
        return None
    try:
        day = datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=_CHINA)
    except ValueError:
        return None
    return int((day + timedelta(days=1)).astimezone(UTC).timestamp()) * SECOND - 1
