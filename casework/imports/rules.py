"""What a cell may say: pure functions from the text of a cell to a plain value, or a sentence with the remedy.

Values are what JSON can hold, because a preview is stored before anything is written: days as ``2021-09-06``,
moments as ISO 8601 in UTC, numbers as int, yes and no as bool.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv6Address,
    ip_address,
    ip_network,
    summarize_address_range,
)
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from casework.core.later import later
from casework.web.vocabulary import Text

if TYPE_CHECKING:
    from stdnum import exceptions as wrong
    from stdnum.cn import ric, uscc
else:
    wrong, ric, uscc = later("stdnum.exceptions"), later("stdnum.cn.ric"), later("stdnum.cn.uscc")

SHANGHAI = ZoneInfo("Asia/Shanghai")
#: Excel counts days from here (its 1900 leap-year mistake included).
_EXCEL_ORIGIN = date(1899, 12, 30)
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\x00-\x08\x0b\x0c\x0e-\x1f]")
_SPACES = re.compile(r"\s+")
_DATE = re.compile(r"(\d{4})\s*(?:[-/.]|年)\s*(\d{1,2})\s*(?:[-/.]|月)\s*(\d{1,2})\s*日?")
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_TIME = re.compile(
    r"(?:T|\s|,)*(\d{1,2})\s*(?::|时|点)\s*(\d{1,2})\s*分?(?:\s*:?\s*(\d{1,2})(?:[.,](\d{1,9}))?\s*秒?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2}|[+-]\d{2})?"
)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_BROKEN_NUMBER = re.compile(r"\d(?:\.\d+)?[eE]\+?\d+")
_RANGE = re.compile(r"\s*(?:-|–|—|~|至|到)+\s*")
#: A network this wide is a slip of the pen, never one unit's.
_WIDEST = {4: 8, 6: 16}
_MOST_PARTS = 256

#: Addresses as almost every list writes them; whatever differs goes the long way.
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_PLAIN_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}", re.ASCII)
_UNUSUAL_IPV4 = re.compile(r"0\.0\.0\.0|2[23]\d\.", re.ASCII)
_PLAIN_MOMENT = re.compile(r"(?:20[0-4]\d|199\d)-\d\d-\d\d[T ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d", re.ASCII)

Parse = Callable[[str], Any]


class BadCell(ValueError):
    """A cell that cannot be used; the message says what would be right."""


def fold(text: str) -> str:
    """Return the text with full-width forms folded, invisible marks dropped, spaces squeezed, ends trimmed."""
    if text.isascii():
        return _SPACES.sub(" ", _INVISIBLE.sub("", text)).strip()
    folded = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    return _SPACES.sub(" ", folded).strip()


def keep_text(text: str) -> str:
    """Return free text with its punctuation as written: full-width letters and digits are folded, ，（） stay."""
    if text.isascii():
        return fold(text)
    folded = "".join(
        chr(ord(sign) - 0xFEE0) if "０" <= sign <= "９" or "Ａ" <= sign <= "Ｚ" or "ａ" <= sign <= "ｚ" else sign
        for sign in _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    )
    return _SPACES.sub(" ", folded).strip()


def text_up_to(length: int) -> Parse:
    """Return a parser of free text of at most ``length`` characters."""

    def parse(text: str) -> str:
        value = keep_text(text)
        if len(value) > length:
            raise BadCell(_("有 %(have)d 个字，最多 %(limit)d 个字") % {"have": len(value), "limit": length})
        return value

    return parse


def parse_date(text: str) -> str:
    """Return the day: 2021-9-6, 2021/9/6, 2021年9月6日, 20210906 or an Excel serial."""
    value = fold(text)
    found = _DATE.match(value) or _COMPACT_DATE.fullmatch(value)
    if found:
        rest = value[found.end() :]
        if rest and not _TIME.fullmatch(rest):
            raise BadCell(_("不是日期；改成 2021-09-06 这样的写法"))
        return _day(*(int(part) for part in found.groups())).isoformat()
    if _SERIAL.fullmatch(value):
        return (_EXCEL_ORIGIN + timedelta(days=int(float(value)))).isoformat()
    raise BadCell(_("不是日期；改成 2021-09-06 这样的写法"))


def _day(year: int, month: int, day: int) -> date:
    try:
        found = date(year, month, day)
    except ValueError:
        raise BadCell(_("没有这一天；核对年月日")) from None
    if not 1949 <= found.year <= 2100:
        raise BadCell(_("年份应在 1949 至 2100 之间"))
    return found


def parse_moment(text: str) -> str:
    """Return the moment in UTC; without an offset the text is Asia/Shanghai time."""
    if _PLAIN_MOMENT.fullmatch(text) and (start := _hour_in_utc(text[:10], int(text[11:13]))):
        return f"{start}{text[13:]}+00:00"
    value = fold(text)
    if len(value) >= 19 and value[4] == "-" and value[10] in "T ":
        try:
            quick = datetime.fromisoformat(value)
        except ValueError:
            pass
        else:
            return _utc(quick)
    if _SERIAL.fullmatch(value):
        seconds = round((float(value) % 1) * 86400)
        day = _EXCEL_ORIGIN + timedelta(days=int(float(value)))
        return _utc(datetime(day.year, day.month, day.day, tzinfo=SHANGHAI) + timedelta(seconds=seconds))
    found = _DATE.match(value)
    clock = _TIME.fullmatch(value, found.end()) if found else None
    if found is None or clock is None:
        raise BadCell(_("不是时间；改成 2021-07-29 23:41:05，可加 +08:00"))
    day = _day(*(int(part) for part in found.groups()))
    hour, minute, second = (int(part or 0) for part in clock.group(1, 2, 3))
    micro = int((clock.group(4) or "0").ljust(6, "0")[:6])
    try:
        moment = datetime(day.year, day.month, day.day, hour, minute, second, micro, tzinfo=_offset(clock.group(5)))
    except ValueError:
        raise BadCell(_("没有这个时刻；核对时分秒")) from None
    return _utc(moment)


@lru_cache(maxsize=4096)
def _hour_in_utc(day: str, hour: int) -> str:
    """Return the hour of Asia/Shanghai in UTC, e.g. 2021-07-29T15; "" for a day that does not exist."""
    try:
        found = date.fromisoformat(day)
    except ValueError:
        return ""
    return datetime(found.year, found.month, found.day, hour, tzinfo=SHANGHAI).astimezone(UTC).isoformat()[:13]


def _offset(text: str | None) -> timezone | ZoneInfo:
    if not text:
        return SHANGHAI
    if text == "Z":
        return UTC
    sign = -1 if text[0] == "-" else 1
    digits = text[1:].replace(":", "").ljust(4, "0")
    return timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))


def _utc(moment: datetime) -> str:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)
    if not 1990 <= aware.year <= 2100:
        raise BadCell(_("年份应在 1990 至 2100 之间"))
    return aware.astimezone(UTC).isoformat()


_YES = frozenset({"是", "有", "true", "yes", "y", "1", "√", "✓", "✔", "t", "党员", "中共党员"})
_NO = frozenset({"否", "无", "不是", "false", "no", "n", "0", "×", "✗", "x", "f", "非党员", "群众"})


def parse_yes_no(text: str) -> bool:
    """Return yes or no: 是/否, true/false, 1/0, √/×."""
    value = fold(text).lower()
    if value in _YES:
        return True
    if value in _NO:
        return False
    raise BadCell(_("应填“是”或“否”"))


def parse_port(text: str) -> int:
    """Return a port from 0 to 65535."""
    value = fold(text)
    value = value.removesuffix(".0")
    if not (value.isascii() and value.isdecimal()) or int(value) > 65535:
        raise BadCell(_("不是端口；应为 0 至 65535 的整数"))
    return int(value)


def one_of(choices: Sequence[tuple[str, Text]], aliases: dict[str, str] | None = None) -> Parse:
    """Return a parser of one of the codes, given by code, by Chinese label or by another usual word."""
    known = {code.lower(): code for code, _label in choices}
    known |= {fold(str(label)).lower(): code for code, label in choices}
    known |= {fold(word).lower(): code for word, code in (aliases or {}).items()}

    def parse(text: str) -> str:
        value = fold(text).lower()
        if value not in known:
            words = "、".join(str(label) for _code, label in choices)
            raise BadCell(_("不在可选范围；可填：%(words)s") % {"words": words})
        return known[value]

    return parse


def parse_address(text: str) -> str:
    """Return one IPv4 or IPv6 address in its shortest form."""
    if _PLAIN_IPV4.fullmatch(text) and not _UNUSUAL_IPV4.match(text):
        return text
    return str(_address(fold(text)))


def _address(value: str) -> IPv4Address | IPv6Address:
    try:
        found = ip_address(value)
    except ValueError:
        raise BadCell(_address_remedy(value)) from None
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        raise BadCell(_("是写成 IPv6 的 IPv4 地址；改成 %(right)s") % {"right": found.ipv4_mapped})
    if isinstance(found, IPv6Address) and found.scope_id:
        raise BadCell(_("带了网卡名；改成 %(right)s") % {"right": value.split("%")[0]})
    if found.is_multicast or found.is_unspecified:
        raise BadCell(_("不是一台机器的地址；核对原始记录"))
    return found


def _address_remedy(value: str) -> str:
    parts = value.split(".")
    if len(parts) == 4 and all(part.isdecimal() for part in parts):
        if any(int(part) > 255 for part in parts):
            return _("有一段大于 255；核对原始记录")
        right = ".".join(str(int(part)) for part in parts)
        return _("有多余的 0；改成 %(right)s") % {"right": right}
    if "/" in value:
        return _("是网段；这里只填一个地址，例如 198.51.100.37")
    return _("不是 IP 地址；应为 198.51.100.37 或 2001:db8::1 这样的写法")


def parse_networks(text: str) -> list[str]:
    """Return the networks: a CIDR, a single address, or first–last split into the fewest CIDRs."""
    value = fold(text)
    ends = [part for part in _RANGE.split(value) if part]
    if "/" not in value and len(ends) == 2:
        return _range(*ends)
    if "/" not in value:
        found = _address(value)
        return [f"{found}/{found.max_prefixlen}"]
    if "." in value.partition("/")[0]:
        _address(value.partition("/")[0])
    try:
        network = ip_network(value)
    except ValueError:
        try:
            right = ip_network(value, strict=False)
        except ValueError:
            raise BadCell(_("不是网段；应为 10.1.2.0/24、单个地址或 首地址—末地址")) from None
        raise BadCell(_("网段的主机位不为 0；改成 %(right)s") % {"right": right}) from None
    if network.prefixlen < _WIDEST[network.version]:
        raise BadCell(_("网段过宽；一家单位不会占用 /%(prefix)d，核对掩码") % {"prefix": network.prefixlen})
    return [str(network)]


def _range(first_text: str, last_text: str) -> list[str]:
    first = _address(first_text)
    if isinstance(first, IPv4Address) and last_text.isdecimal():  # 10.1.2.3-20
        last_text = f"{first_text.rpartition('.')[0]}.{last_text}"
    last = _address(last_text)
    if first.version != last.version:
        raise BadCell(_("首末地址一个是 IPv4、一个是 IPv6；分成两行"))
    if int(first) > int(last):
        raise BadCell(_("首末地址颠倒；改成 %(first)s—%(last)s") % {"first": last, "last": first})
    parts = [str(part) for part in summarize_address_range(first, last)]
    if len(parts) > _MOST_PARTS or ip_network(parts[0]).prefixlen < _WIDEST[first.version]:
        raise BadCell(_("首末地址之间过宽；分成几行，或改填网段"))
    return parts


def parse_unit_code(text: str) -> str:
    """Return a 统一社会信用代码 with its check digit verified, or an internal code."""
    value = fold(text).upper().replace(" ", "")
    if _BROKEN_NUMBER.fullmatch(value) and "." in value:
        raise BadCell(_("代码被表格当成数字，末几位已丢失；把该列设为文本后重新填写"))
    if len(value) == 18 and value.isascii() and value.isalnum() and value[2:8].isdecimal():
        try:
            return str(uscc.validate(value))
        except wrong.ValidationError:
            raise BadCell(_credit_code_remedy(value)) from None
    if not re.fullmatch(r"[A-Z0-9][A-Z0-9._-]{1,39}", value):
        raise BadCell(_("不是单位代码；应为 18 位统一社会信用代码，或由字母、数字和 - 组成的内部代码"))
    return value


def _credit_code_remedy(value: str) -> str:
    bad = sorted({sign for sign in value if sign in "IOZSV"})
    if bad:
        return _("统一社会信用代码不用字母 %(signs)s；核对是否应为数字") % {"signs": "、".join(bad)}
    return _("统一社会信用代码的校验位不对；核对 18 位是否抄错")


def parse_resident_id(text: str) -> str:
    """Return an 18-digit resident identity number whose date and check digit are right."""
    value = fold(text).upper().replace(" ", "")
    if _BROKEN_NUMBER.fullmatch(value) and "." in value:
        raise BadCell(_("身份证号被表格当成数字，末几位已丢失；把该列设为文本后重新填写"))
    if not re.fullmatch(r"\d{17}[\dX]", value):
        raise BadCell(_("不是身份证号；应为 18 位，末位可为 X"))
    if value[-1] != ric.calc_check_digit(value):
        raise BadCell(_("身份证号的校验位不对；核对 18 位是否抄错"))
    try:
        ric.get_birth_date(value)
    except wrong.ValidationError:
        raise BadCell(_("身份证号里的出生日期不存在；核对第 7 至 14 位")) from None
    return value


def parse_email(text: str) -> str:
    """Return an address for mail."""
    value = fold(text)
    if not re.fullmatch(r"[^@\s<>,;]+@[^@\s<>,;]+", value) or len(value) > 254:
        raise BadCell(_("不是电子邮箱；应为 name@example.cn 这样的写法"))
    return value
