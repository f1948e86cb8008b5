"""What a template may say: inputs with types, blocks of a known kind, placeholders that are declared. Plain Python.

A template is data, never a program: text that stands in a placeholder is text, in every format.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml
from django.utils.translation import gettext as _

from casework.core.errors import Invalid

#: Types of inputs: one line, several paragraphs, a day, a whole number, list of lines, table rows, questions and answers.
TYPES: Final = ("text", "long", "date", "int", "lines", "rows", "qa")
#: Filled by the system, never by hand: the number given at issue, its day, the copy (一联…), and in a heading its place among those shown.
BUILT_IN: Final = frozenset({"number", "issued_on", "copy", "n"})
#: Block → the keys it must have, the keys it may have.
BLOCKS: Final[dict[str, tuple[frozenset[str], frozenset[str]]]] = {
    "head": (frozenset({"text"}), frozenset({"number", "signer"})),
    "marks": (frozenset({"secrecy"}), frozenset({"urgency"})),
    "title": (frozenset({"text"}), frozenset({"number", "copy"})),
    "to": (frozenset({"text"}), frozenset()),
    "p": (frozenset({"text"}), frozenset({"indent"})),
    "h1": (frozenset({"text"}), frozenset()),
    "h2": (frozenset({"text"}), frozenset()),
    "form": (frozenset({"rows"}), frozenset()),
    "table": (frozenset({"rows", "columns"}), frozenset({"empty", "numbered"})),
    "qa": (frozenset({"rows"}), frozenset()),
    "lines": (frozenset({"items"}), frozenset({"label"})),
    "sign": (frozenset({"items"}), frozenset({"dated"})),
    "close": (frozenset({"organ", "date"}), frozenset()),
    "foot": (frozenset({"items"}), frozenset()),
    "note": (frozenset({"text"}), frozenset()),
    "page": (frozenset(), frozenset()),
}
_EVERY: Final = frozenset({"block", "when"})
_NAME: Final = re.compile(r"^[a-z][a-z0-9_]{0,39}$")
_PLACE: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")
MAX_BYTES: Final = 64 * 1024
#: Nodes within nodes, copies of one document, blocks with their rows, cells and items, boxes side by side, signs of a name.
MAX_DEPTH, MAX_COPIES, MAX_PARTS, MAX_SIDE, MAX_NAME = 12, 5, 500, 12, 80
LIMITS: Final = {"text": 400, "long": 60_000}


@dataclass(frozen=True)
class Input:
    """One declared input."""

    name: str
    label: str
    type: str = "text"
    required: bool = True
    columns: tuple[tuple[str, str], ...] = ()  # name and label, for rows
    hint: str = ""
    sample: Any = ""
    fixed: bool = False  # taken from the records alone: nobody types over it


@dataclass(frozen=True)
class Template:
    """A template as it was read: what it asks for and what it prints."""

    code: str
    version: int
    name: str
    series: str
    subjects: tuple[str, ...]
    inputs: tuple[Input, ...]
    blocks: tuple[Mapping[str, Any], ...]
    by_officer: bool = False  # issued by those who work on it, e.g. a record; else by a leader who did not draft it
    copies: tuple[str, ...] = ()
    grid: bool = True  # the text grid of GB/T 9704; forms and lists are set closer
    served: bool = False  # is handed over against a receipt
    basis: str = ""
    source: str = field(default="", compare=False)

    @property
    def sample(self) -> dict[str, Any]:
        """The data it is previewed with."""
        return {one.name: one.sample for one in self.inputs if one.sample not in ("", None)}

    def input(self, name: str) -> Input | None:
        """Return the declared input of that name."""
        return next((one for one in self.inputs if one.name == name), None)


class _Wrong(Exception):
    """One sentence about what is wrong with a template."""


class _Plain(yaml.SafeLoader):
    """Reads texts, whole numbers, yes and no: no tags, no anchors, no days or floats that a text could be taken for."""

    yaml_implicit_resolvers: Final = {}  # type: ignore[misc]

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Compose what the next event begins, unless it is more than a template may hold."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _Wrong(_("模板不能用锚点和引用（& 和 *）"))
        if getattr(event, "tag", None):
            raise _Wrong(_("模板不能用类型标记（!）"))
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _Wrong(_("模板嵌套超过 %(n)d 层") % {"n": MAX_DEPTH})
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


_Plain.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|false|yes|no|on|off)$", re.IGNORECASE), list("tfynoTFYNO")
)
_Plain.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^(?:0|[1-9][0-9]{0,8})$"), list("0123456789"))
_Plain.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|)$"), ["~", "n", ""])


def read_template(text: str) -> Template:
    """Return the template that the text describes.

    Raises:
        Invalid: with a sentence about the first thing that is wrong, and where.
    """
    try:
        return _read(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = _("第 %(n)d 行") % {"n": mark.line + 1} if mark else _("有不能用的字符")
        said = _("不能读这个模板：格式有误，%(where)s。可以对照现行版本检查缩进和冒号。") % {"where": where}
        raise Invalid(said, details={"source": said}) from error
    except _Wrong as error:
        raise Invalid(
            _("不能用这个模板：因为%(why)s。可以改正后再存。") % {"why": error}, details={"source": str(error)}
        ) from error


def _read(text: str) -> Template:
    if len(text.encode()) > MAX_BYTES:
        raise _Wrong(_("模板超过 %(n)d KB") % {"n": MAX_BYTES // 1024})
    raw = yaml.load(text, _Plain)  # noqa: S506 (a safe loader that reads less)
    if not isinstance(raw, dict):
        raise _Wrong(_("模板不是“项目：内容”的形式"))
    known = {
        "code", "version", "name", "series", "subjects", "inputs", "blocks", "by_officer", "copies", "grid", "served",
        "basis",
    }  # fmt: skip
    _only(raw, known, _("模板"))
    inputs = tuple(_input(one) for one in _list(raw, "inputs"))
    names = [one.name for one in inputs]
    for name in names:
        if names.count(name) > 1:
            raise _Wrong(_("项目“%(name)s”写了两次") % {"name": name})
    blocks = tuple(_block(one, {one.name: one for one in inputs}) for one in _list(raw, "blocks"))
    if not blocks:
        raise _Wrong(_("模板没有内容"))
    _many(len(inputs) + sum(_parts(one) for one in blocks), MAX_PARTS, _("模板的项目、块、行和格"))
    copies = raw.get("copies", [])
    if not isinstance(copies, list) or not all(isinstance(one, str) for one in copies):
        raise _Wrong(_("copies 是一列文字"))
    _many(len(copies), MAX_COPIES, _("联数"))
    version = raw.get("version", 1)
    if isinstance(version, bool) or not isinstance(version, int) or not 0 < version < 10_000:
        raise _Wrong(_("version 不是整数"))
    if not _NAME.match(str(raw.get("code", ""))):
        raise _Wrong(_("code 只能用小写字母、数字和下划线"))
    series = str(raw.get("series", "")).strip()
    if not series or len(series) > 20:
        raise _Wrong(_("没有写文号的代字（series）"))
    return Template(
        code=raw["code"],
        version=version,
        name=_short(raw, "name"),
        series=series,
        subjects=tuple(str(one) for one in _list(raw, "subjects")),
        inputs=inputs,
        blocks=blocks,
        by_officer=bool(raw.get("by_officer", False)),
        copies=tuple(copies),
        grid=bool(raw.get("grid", True)),
        served=bool(raw.get("served", False)),
        basis=str(raw.get("basis", "")),
        source=text,
    )


def _many(count: int, most: int, what: str) -> None:
    if count > most:
        raise _Wrong(_("%(what)s有 %(count)d 个，超过 %(n)d 个") % {"what": what, "count": count, "n": most})


def _parts(value: Any) -> int:
    """Return how many things a block holds: itself, its rows, their cells, its items, its columns."""
    if isinstance(value, Mapping | list):
        inside: Iterable[Any] = value.values() if isinstance(value, Mapping) else value
        return (
            1
            + sum(_parts(one) for one in inside if isinstance(one, Mapping | list))
            + (len(value) if isinstance(value, list) else 0)
        )
    return 0


def _only(raw: Mapping[str, Any], known: set[str] | frozenset[str], where: str) -> None:
    strange = sorted(str(key) for key in raw if key not in known)
    if strange:
        raise _Wrong(_("%(where)s里有不认识的项目：%(keys)s") % {"where": where, "keys": "、".join(strange)})


def _list(raw: Mapping[str, Any], key: str) -> list[Any]:
    value = raw.get(key)
    if not isinstance(value, list):
        raise _Wrong(_("没有写 %(key)s，或者它不是一列") % {"key": key})
    return value


def _text(raw: Mapping[str, Any], key: str) -> str:
    value = raw.get(key)
    if not isinstance(value, str) or not value.strip():
        raise _Wrong(_("没有写 %(key)s") % {"key": key})
    return value.strip()


def _short(raw: Mapping[str, Any], key: str) -> str:
    value = _text(raw, key)
    if len(value) > MAX_NAME:
        raise _Wrong(_("%(key)s 超过 %(n)d 字") % {"key": key, "n": MAX_NAME})
    return value


def _input(raw: Any) -> Input:
    if not isinstance(raw, dict):
        raise _Wrong(_("inputs 的每一项都要写名称和说明"))
    _only(raw, {"name", "label", "type", "required", "columns", "hint", "sample", "fixed"}, _("项目"))
    name = _text(raw, "name")
    if not _NAME.match(name) or name in BUILT_IN:
        raise _Wrong(_("项目名“%(name)s”不能用") % {"name": name})
    kind = raw.get("type", "text")
    if kind not in TYPES:
        raise _Wrong(
            _("“%(name)s”的类型“%(type)s”不认识，可以用：%(types)s")
            % {"name": name, "type": kind, "types": "、".join(TYPES)}
        )
    columns = raw.get("columns") or {}
    if (kind == "rows") != bool(columns) or not isinstance(columns, dict):
        raise _Wrong(_("“%(name)s”要写明表格的栏目（columns）") % {"name": name})
    _many(len(columns), MAX_SIDE, _("“%(name)s”的栏目") % {"name": name})
    return Input(
        name=name,
        label=_short(raw, "label"),
        type=kind,
        required=bool(raw.get("required", True)),
        columns=tuple((str(key), str(label)) for key, label in columns.items()),
        hint=str(raw.get("hint", "")),
        sample=_sample(kind, raw.get("sample", "")),
        fixed=bool(raw.get("fixed", False)),
    )


def _sample(kind: str, value: Any) -> Any:
    """Take what YAML reads as a number or a day for the text that it is meant to be."""
    if kind in {"text", "long", "date"}:
        return str(value)
    if kind == "rows" and isinstance(value, list):
        return [{str(key): str(cell) for key, cell in row.items()} for row in value if isinstance(row, dict)]
    return value


def _block(raw: Any, inputs: Mapping[str, Input]) -> Mapping[str, Any]:
    kind = raw.get("block") if isinstance(raw, dict) else None
    if kind not in BLOCKS:
        raise _Wrong(_("内容里有不认识的块“%(kind)s”，可以用：%(all)s") % {"kind": kind, "all": "、".join(BLOCKS)})
    needed, optional = BLOCKS[kind]
    _only(raw, needed | optional | _EVERY, kind)
    for key in sorted(needed):
        if raw.get(key) in (None, "", []):
            raise _Wrong(_("块“%(kind)s”没有写 %(key)s") % {"kind": kind, "key": key})
    if raw.get("when") and raw["when"] not in inputs:
        raise _Wrong(_("“%(name)s”没有在 inputs 里声明") % {"name": raw["when"]})
    for name in places(raw):
        if name not in inputs and name not in BUILT_IN:
            raise _Wrong(_("“%(name)s”没有在 inputs 里声明") % {"name": name})
    _shape(kind, raw, inputs)
    return dict(raw)


def _shape(kind: str, raw: Mapping[str, Any], inputs: Mapping[str, Input]) -> None:
    """Check what refers to an input as a whole, and the cells of a form."""
    for key, value in raw.items():
        wanted = {"rows": (str, list), "columns": (dict,), "items": (str, list), "dated": (bool,), "numbered": (bool,)}
        if not isinstance(value, wanted.get(key, (str,))):
            raise _Wrong(_("块“%(kind)s”的 %(key)s 写法不对") % {"kind": kind, "key": key})
    if kind == "table" and not all(isinstance(share, int) and 0 < share < 100 for share in raw["columns"].values()):
        raise _Wrong(_("表格各栏要写宽度的份数，例如 name: 3"))
    if kind in {"table", "qa"}:
        found = inputs.get(str(raw["rows"]))
        if found is None or found.type != ("rows" if kind == "table" else "qa"):
            raise _Wrong(_("块“%(kind)s”的 rows 要指向一个表格项目") % {"kind": kind})
        known = dict(found.columns)
        for key in raw["columns"] if kind == "table" else ():
            if key not in known:
                raise _Wrong(_("表格里没有“%(name)s”一栏") % {"name": key})
    if kind == "form":
        for row in raw["rows"]:
            if (
                not isinstance(row, list)
                or not row
                or not all(isinstance(cell, dict) and "label" in cell for cell in row)
            ):
                raise _Wrong(_("form 的每一行都是一列，每格写 label 和 value"))
            _many(sum(_span(cell) for cell in row), MAX_SIDE, _("form 的一行"))
            for cell in row:
                if not isinstance(cell["label"], str) or not isinstance(cell.get("value", ""), str):
                    raise _Wrong(_("form 里的 label 和 value 是文字"))
                _only(cell, {"label", "value", "span", "height", "sign"}, "form")
                if not all(
                    isinstance(cell.get(key, 1), int) and 0 < cell.get(key, 1) < 20 for key in ("span", "height")
                ):
                    raise _Wrong(_("form 里的 span 和 height 是 1 到 19 的整数"))
    if kind in {"sign", "foot"} and not (
        isinstance(raw["items"], list) and all(isinstance(one, str) for one in raw["items"])
    ):
        raise _Wrong(_("块“%(kind)s”的 items 是一列文字") % {"kind": kind})
    if kind == "lines" and str(raw["items"]) not in inputs:
        raise _Wrong(_("“%(name)s”没有在 inputs 里声明") % {"name": raw["items"]})


def _span(cell: Mapping[str, Any]) -> int:
    span = cell.get("span", 1)
    return span if isinstance(span, int) else 1


def places(value: Any) -> Iterator[str]:
    """Yield the names of all placeholders in a block."""
    if isinstance(value, str):
        yield from _PLACE.findall(value)
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from places(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from places(one)


def put(text: str, values: Mapping[str, str]) -> str:
    """Return the text with its placeholders filled once; what is put in is never read again."""
    return _PLACE.sub(lambda found: values.get(found[1], ""), text)
