"""Pure rules over the answers of a self-inspection: what is well-formed, what contradicts, what is still missing."""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from casework.core.errors import Invalid
from casework.core.text import normalise
from units.questionnaire import Column, Question, Questionnaire, Sheet

MOST: Final = 1_000_000
LONGEST: Final = 4000
MOST_QUANTITY: Final = Decimal("1e20")
_DAY: Final = re.compile(r"^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?$")
_YES: Final = {"是": True, "yes": True, "true": True, "1": True, "y": True, "on": True}
_NO: Final = {"否": False, "no": False, "false": False, "0": False, "n": False, "": False}


def parse_value(question: Question, raw: Any) -> Any:
    """Return the answer in its stored form, or raise ``Invalid`` saying what is wrong and what would be right."""
    text = normalise(str(raw)) if question.kind != "text" else str(raw).strip()
    try:
        if question.kind == "number":
            return whole_number(text)
        if question.kind == "date":
            return parse_day(text).isoformat()
        if question.kind == "choice":
            return one_of(text, question.choices)
        if question.kind == "text":
            return prose(text)
    except ValueError as error:
        raise Invalid(str(error), details={question.code: str(error)}) from None
    sentence = _("这一题只填清单。可以在清单里加行。")
    raise Invalid(sentence, details={question.code: sentence})


def whole_number(text: str) -> int:
    """Return a count from 0 to a million; ``ValueError`` holds the sentence for the reader."""
    if not re.fullmatch(r"[0-9][0-9,]{0,12}", text):
        raise ValueError(_("“%(text)s”不是整数。填 0 或正整数，例如 12。") % {"text": text[:40]})
    number = int(text.replace(",", ""))
    if number > MOST:
        raise ValueError(_("%(n)s 太大。最多填 %(most)s。") % {"n": number, "most": MOST})
    return number


def parse_day(text: str) -> date:
    """Return a day written 2021-9-7, 2021/9/7 or 2021年9月7日; ``ValueError`` holds the sentence for the reader."""
    found = _DAY.match(text)
    wrong = _("“%(text)s”不是日期。可以写成 2021-9-7 或 2021年9月7日。") % {"text": text[:40]}
    if found is None:
        raise ValueError(wrong)
    try:
        return date(*(int(part) for part in found.groups()))
    except ValueError:
        raise ValueError(wrong) from None


def one_of(text: str, choices: Sequence[tuple[str, Any]]) -> str:
    """Return the code of a choice given by code or by label; ``ValueError`` names all choices."""
    for code, label in choices:
        if text in {code, str(label)}:
            return code
    names = "、".join(str(label) for _code, label in choices)
    if not text:
        raise ValueError(_("还没有选。可以选：%(names)s。") % {"names": names})
    raise ValueError(_("“%(text)s”不在可选的范围内。可以选：%(names)s。") % {"text": text[:40], "names": names})


def prose(text: str, longest: int = LONGEST) -> str:
    """Return a text of at most ``longest`` characters that is not empty."""
    if not text:
        raise ValueError(_("这里还空着。没有就写“没有”。"))
    if len(text) > longest:
        raise ValueError(
            ngettext("写了 %(n)s 字，最多 %(most)s 字。", "写了 %(n)s 字，最多 %(most)s 字。", len(text))
            % {"n": len(text), "most": longest}
        )
    return text


def parse_row(sheet: Sheet, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of one row in their stored form; ``Invalid.details`` maps fields to sentences, all of them."""
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for column in sheet.columns:
        try:
            values[column.field] = _cell(column, raw.get(column.field))
        except ValueError as error:
            wrong[column.field] = str(error)
    if wrong:
        raise Invalid(
            ngettext("这一行有 %(n)s 处要改。", "这一行有 %(n)s 处要改。", len(wrong)) % {"n": len(wrong)},
            details=wrong,
        )
    return values


def _cell(column: Column, raw: Any) -> Any:
    if isinstance(raw, bool):
        raw = "是" if raw else "否"
    if isinstance(raw, date):
        raw = raw.isoformat()[:10]
    text = normalise(str(raw)) if raw is not None else ""
    if not text and column.required:
        raise ValueError(_("“%(label)s”还空着。") % {"label": column.label})
    if column.kind == "yes_no":
        return _yes_no(column, text)
    if not text:
        return None if column.kind in {"ip", "date", "decimal"} else ""
    if column.kind == "choice":
        return one_of(text, column.choices)
    if column.kind == "date":
        # A spreadsheet's day comes with its midnight.
        return parse_day(text.removesuffix(" 00:00:00"))
    if column.kind == "ip":
        return _ip(text)
    if column.kind == "decimal":
        return _quantity(text)
    return prose(text, column.longest)


def _yes_no(column: Column, text: str) -> bool:
    lowered = text.lower()
    if lowered in _YES:
        return True
    if lowered in _NO:
        return False
    raise ValueError(_("“%(label)s”填了“%(text)s”。填“是”或“否”。") % {"label": column.label, "text": text[:40]})


def _ip(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError(_("“%(text)s”不是 IP 地址，例如 60.191.10.8。") % {"text": text[:60]}) from None


def _quantity(text: str) -> Decimal:
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation:
        raise ValueError(_("“%(text)s”不是数量，例如 0.76。") % {"text": text[:40]}) from None
    if not number.is_finite() or number < 0 or number > MOST_QUANTITY:
        raise ValueError(_("数量 %(text)s 不对。填 0 或正数。") % {"text": text[:40]})
    if number != round(number, 8):
        raise ValueError(_("数量 %(text)s 超过八位小数。最多保留八位。") % {"text": text[:40]})
    return round(number, 8)


@dataclass(frozen=True)
class Filled:
    """What a unit has filled in so far: values by question, rows by sheet, attachments and open remarks by question."""

    values: Mapping[str, Any]
    rows: Mapping[str, int]
    attachments: Mapping[str, int]
    remarks: Mapping[str, str]


@dataclass(frozen=True)
class Gap:
    """Something that keeps the report from being submitted, at one question.

    ``kind``  returned, empty, rows, attachment or contradiction.
    ``fix``   the number that would be right, where one is known.
    """

    code: str
    number: int
    kind: str
    text: str
    fix: int | None = None


def contradictions(template: Questionnaire, filled: Filled) -> list[Gap]:
    """Return every number that cannot be true beside another one, each with the remedy."""
    found = _counted_rows(template, filled)
    number = filled.values.get
    sealed = _sum(number("computers_sealed"), number("rigs_sealed"))
    devices = number("found")
    if devices is not None and sealed is not None and sealed > devices:
        found.append(
            _gap(
                template,
                "found",
                _("封存 %(sealed)s 台（第 %(a)s、%(b)s 题），多于发现的 %(found)s 台。可以改发现台数或封存台数。")
                % {
                    "sealed": sealed,
                    "found": devices,
                    "a": template.numbers["computers_sealed"],
                    "b": template.numbers["rigs_sealed"],
                },
                sealed,
            )
        )
    checked, computers = number("terminals"), number("computers_sealed")
    if checked is not None and computers is not None and computers > checked:
        found.append(
            _gap(
                template,
                "terminals",
                _("封存 %(sealed)s 台计算机（第 %(a)s 题），多于自查的 %(checked)s 台终端。封存的也算自查台数。")
                % {"sealed": computers, "checked": checked, "a": template.numbers["computers_sealed"]},
            )
        )
    if devices == 0:
        for code, words in (("people", _("涉及人员")), ("currencies", _("涉及币种"))):
            if number(code):
                found.append(
                    _gap(
                        template,
                        code,
                        _("第 %(a)s 题填没有发现设备，这里却填了%(words)s %(n)s。可以改第 %(a)s 题，或把这里改成 0。")
                        % {"a": template.numbers["found"], "words": words, "n": number(code)},
                    )
                )
    return found


def _counted_rows(template: Questionnaire, filled: Filled) -> list[Gap]:
    found = []
    for question in template.questions:
        said = filled.values.get(question.code)
        if question.kind != "number" or not question.sheet or said is None:
            continue
        listed = filled.rows.get(question.sheet, 0)
        words = {"said": said, "listed": listed, "unit": question.unit, "n": abs(said - listed)}
        if said > listed:
            text = _("填了 %(said)s %(unit)s，清单有 %(listed)s 行。可以加 %(n)s 行，或改成 %(listed)s。") % words
        elif said < listed:
            text = _("填了 %(said)s %(unit)s，清单有 %(listed)s 行。可以去掉 %(n)s 行，或改成 %(listed)s。") % words
        else:
            continue
        found.append(_gap(template, question.code, text, listed))
    return found


def _sum(*numbers: int | None) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def _gap(template: Questionnaire, code: str, text: str, fix: int | None = None) -> Gap:
    return Gap(code, template.numbers[code], "contradiction", text, fix)


def gaps(template: Questionnaire, filled: Filled) -> list[Gap]:
    """Return everything that is missing or contradictory, in the order of the questions; empty when ready to sign."""
    wrong: dict[str, list[Gap]] = {}
    for gap in contradictions(template, filled):
        wrong.setdefault(gap.code, []).append(gap)
    found: list[Gap] = []
    for number, question in enumerate(template.questions, 1):
        code = question.code
        remark = filled.remarks.get(code)
        if remark:
            found.append(Gap(code, number, "returned", remark))
        if question.kind == "table":
            if not filled.rows.get(question.sheet, 0):
                found.append(Gap(code, number, "rows", _("%(title)s：清单还没有一行") % {"title": question.title}))
        elif code not in filled.values:
            found.append(Gap(code, number, "empty", _("%(title)s：还没有答") % {"title": question.title}))
        if question.attachment and not filled.attachments.get(code, 0):
            found.append(Gap(code, number, "attachment", _("%(title)s：还缺附件") % {"title": question.title}))
        found += wrong.get(code, [])
    whole = filled.remarks.get("")
    if whole:
        found.insert(0, Gap("", 0, "returned", whole))
    return found


def answered(template: Questionnaire, missing: Sequence[Gap]) -> int:
    """Return how many questions need nothing more."""
    return template.total - len({gap.code for gap in missing if gap.code})
