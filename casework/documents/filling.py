"""From a template and its data to what is printed: every missing or wrong input is named before anything is drawn."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from casework.core.errors import Invalid, Refused
from casework.documents.spec import LIMITS, Input, Template, places, put

#: What the number is called until the document is issued.
PENDING = "（印发时编号）"
MAX_ROWS = 5_000
#: Signs of a whole document, all copies together: some five thousand pages; and of one that is shown as a sample.
MAX_SIGNS, MAX_SAMPLE = 3_000_000, 30_000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")


def clean(text: str) -> str:
    """Return the text as it can be printed: no control or direction marks, composed form, tabs as spaces."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return unicodedata.normalize("NFC", _CONTROL.sub("", text)).strip()


def wrong_inputs(template: Template, data: Mapping[str, Any]) -> dict[str, str]:
    """Return, by name of input, a sentence for everything that is missing or cannot be printed; {} when all is well."""
    wrong = {}
    for one in template.inputs:
        value = data.get(one.name)
        if value in (None, "", [], {}) or (isinstance(value, str) and not clean(value)):
            if one.required:
                wrong[one.name] = _("缺少%(label)s。") % {"label": one.label}
            continue
        problem = _problem(one, value)
        if problem:
            wrong[one.name] = problem
    for name in data:
        if template.input(name) is None:
            wrong[name] = _("模板里没有“%(name)s”这一项。") % {"name": name}
    return wrong


def _problem(one: Input, value: Any) -> str:
    label = {"label": one.label}
    if one.type in LIMITS:
        if not isinstance(value, str):
            return _("%(label)s应是文字。") % label
        if len(value) > LIMITS[one.type]:
            return _("%(label)s超过 %(n)d 字。") % {**label, "n": LIMITS[one.type]}
    elif one.type == "date":
        if _day(value) is None:
            return _("%(label)s应是日期，例如 2021-09-07。") % label
    elif one.type == "int":
        if isinstance(value, bool) or not str(value).strip().lstrip("-").isdecimal():
            return _("%(label)s应是整数。") % label
    elif not isinstance(value, list) or len(value) > MAX_ROWS:
        return _("%(label)s应是一列，不超过 %(n)d 行。") % {**label, "n": MAX_ROWS}
    elif one.type == "lines":
        if not all(isinstance(line, str) for line in value):
            return _("%(label)s的每一行应是文字。") % label
    else:
        names = {"q", "a"} if one.type == "qa" else {name for name, _label in one.columns}
        for number, row in enumerate(value, 1):
            if not isinstance(row, Mapping) or not set(row) <= names:
                return _("%(label)s第 %(n)d 行的栏目不对。") % {**label, "n": number}
    return ""


def _day(value: Any) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def said_day(value: Any) -> str:
    """Return the day as official documents write it: 2021年9月7日."""
    day = _day(value)
    return "" if day is None else f"{day.year}年{day.month}月{day.day}日"


def complete(template: Template, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data as it is frozen: cleaned texts, days as ISO text.

    Raises:
        Invalid: with one sentence that names all that is missing or wrong, and one for each input in ``details``.
    """
    wrong = wrong_inputs(template, data)
    if wrong:
        raise Invalid(
            _("不能制作%(name)s：%(what)s可以补齐后再办。") % {"name": template.name, "what": "".join(wrong.values())},
            code="incomplete",
            details=wrong,
        )
    return {one.name: _kept(one, data.get(one.name)) for one in template.inputs if data.get(one.name) not in (None, "")}


def _kept(one: Input, value: Any) -> Any:
    if one.type == "date":
        day = _day(value)
        return day.isoformat() if day else ""
    if one.type == "int":
        return int(value)
    if one.type == "lines":
        return [clean(line) for line in value if clean(line)]
    if one.type in {"rows", "qa"}:
        return [{key: clean(str(cell)) for key, cell in row.items()} for row in value]
    return clean(str(value))


def with_fixed(
    template: Template, data: Mapping[str, Any], known: Mapping[str, Any], before: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the data with what is taken from the records alone as the records hold it now.

    Raises:
        Invalid: something else was typed there than what the records hold, or held in the draft ``before``.
    """
    wrong = {}
    for one in template.inputs:
        given = data.get(one.name)
        if not one.fixed or given in (None, "", [], {}):
            continue
        told = [_kept(one, had[one.name]) for had in (known, before or {}) if had.get(one.name) not in (None, "")]
        if _problem(one, given) or _kept(one, given) not in told:
            wrong[one.name] = _("%(label)s取自记录，不能改写。") % {"label": one.label}
    if wrong:
        raise Invalid(
            _("不能制作%(name)s：%(what)s可以先改正记录，再重新制作。")
            % {"name": template.name, "what": "".join(wrong.values())},
            code="fixed",
            details=wrong,
        )
    return {**data, **{one.name: known.get(one.name, "") for one in template.inputs if one.fixed}}


def is_current(template: Template, data: Mapping[str, Any], known: Mapping[str, Any]) -> bool:
    """Tell whether what is taken from the records alone is still what they hold."""
    return all(
        data.get(one.name, "") == (_kept(one, known[one.name]) if known.get(one.name) not in (None, "") else "")
        for one in template.inputs
        if one.fixed
    )


def signs_of(template: Template, data: Mapping[str, Any]) -> int:
    """Return how many signs would be printed at most, without putting them together."""
    lengths = {one.name: _length(data.get(one.name, "")) for one in template.inputs}
    once = sum(lengths.get(name, 40) for block in template.blocks for name in places(block))
    whole = sum(lengths.get(str(block.get(key)), 0) for block in template.blocks for key in ("rows", "items"))
    return (_length(list(template.blocks)) + once + whole) * max(len(template.copies), 1)


def _length(value: Any) -> int:
    if isinstance(value, Mapping):
        return sum(_length(one) for one in value.values())
    if isinstance(value, list):
        return sum(_length(one) for one in value)
    return len(str(value))


def fill(
    template: Template,
    data: Mapping[str, Any],
    *,
    number: str = "",
    issued_on: str = "",
    most: int = MAX_SIGNS,
) -> list[dict[str, Any]]:
    """Return the blocks with their texts filled in, ready for either renderer; ``data`` is complete.

    Raises:
        Refused: it would be longer than a document may be.
    """
    if (signs := signs_of(template, data)) > most:
        raise Refused(
            _("不能制作%(name)s：内容有 %(signs)d 字，超过 %(n)d 字。可以分成几件。")
            % {"name": template.name, "signs": signs, "n": most},
            code="too_long",
        )
    values = {"number": number or PENDING, "issued_on": said_day(issued_on) or "    年  月  日"}
    for one in template.inputs:
        value = data.get(one.name, "")
        if one.type == "date":
            values[one.name] = said_day(value)
        elif one.type == "lines":
            values[one.name] = "、".join(value or [])
        elif one.type in {"rows", "qa"}:
            values[one.name] = str(len(value or []))
        else:
            values[one.name] = str(value)
    copies = template.copies or ("",)
    blocks: list[dict[str, Any]] = []
    for index, copy in enumerate(copies):
        headings = 0
        if index:
            blocks.append({"block": "page"})
        for raw in template.blocks:
            if raw.get("when") and data.get(raw["when"]) in (None, "", []):
                continue
            headings += raw["block"] == "h1"
            blocks.append(_filled(template, raw, data, {**values, "copy": copy, "n": _ordinal(headings)}))
    return blocks


def _ordinal(number: int) -> str:
    """Return 一 to 九十九 as headings are numbered; a heading that is left out leaves no gap."""
    digits = "零一二三四五六七八九"
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{digits[tens]}十"
    return head + (digits[ones] if ones or not head else "")


_AMOUNT = re.compile(r"[¥￥−-]?\d[\d,]*(\.\d+)? ?[\u4e00-\u9fff%]{0,2}")


def _amounts(cells: list[str]) -> bool:
    """Tell whether a column holds amounts, which stand to the right: numbers with their unit, and nothing else."""
    said = [cell for cell in cells if cell]
    return bool(said) and all(_AMOUNT.fullmatch(cell) for cell in said)


def _filled(
    template: Template, raw: Mapping[str, Any], data: Mapping[str, Any], values: Mapping[str, str]
) -> dict[str, Any]:
    kind = raw["block"]
    done: dict[str, Any] = {"block": kind}
    if kind == "table":
        source = template.input(raw["rows"])
        labels = dict(source.columns) if source else {}
        rows = data.get(raw["rows"]) or []
        widths = raw["columns"]
        head = [labels[name] for name in widths]
        lines = [[str(row.get(name, "")) for name in widths] for row in rows]
        if raw.get("numbered"):
            head, lines = ["序号", *head], [[str(n), *line] for n, line in enumerate(lines, 1)]
        shares = ([0] if raw.get("numbered") else []) + [int(share) for share in widths.values()]
        right = [_amounts([line[at] for line in lines]) for at in range(len(head))]
        empty = raw.get("empty", "（无）")
        return {**done, "head": head, "rows": lines, "widths": shares, "right": right, "empty": empty}
    if kind == "qa":
        return {**done, "rows": [[row.get("q", ""), row.get("a", "")] for row in data.get(raw["rows"]) or []]}
    if kind == "lines":
        return {**done, "items": list(data.get(raw["items"]) or []), "label": put(raw.get("label", ""), values)}
    if kind == "form":
        rows = [
            [
                {
                    "label": cell["label"],
                    "value": put(str(cell.get("value", "")), values),
                    "span": int(cell.get("span", 1)),
                    "height": int(cell.get("height", 1)),
                    "sign": bool(cell.get("sign", False)),
                }
                for cell in row
            ]
            for row in raw["rows"]
        ]
        return {**done, "rows": rows, "columns": max(sum(cell["span"] for cell in row) for row in rows)}
    for key, value in raw.items():
        if isinstance(value, str) and key not in {"block", "when"}:
            done[key] = put(value, values)
        elif isinstance(value, list):
            done[key] = [put(one, values) for one in value]
        elif key not in {"block", "when"}:
            done[key] = value
    if kind == "p":
        done["lines"] = [line.strip() for line in done["text"].split("\n") if line.strip()]
    return done
