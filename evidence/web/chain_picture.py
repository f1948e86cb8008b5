"""The chain as a picture: a row of boxes for each way, from the act to a person; where a step has several results or none, it shows."""

from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from evidence.attribution_words import option_words

BOX, TALL, GAP, ROW, INDENT = 134, 46, 14, 60, 24
#: Signs of the second line that fit into a box; those of East Asia are twice as wide.
FITS: Final = 19
NOUNS: Final = {
    "S1": _lazy("会话"), "S2": _lazy("会话"), "S3": _lazy("会话"), "S4": _lazy("切换账号"), "S5": _lazy("定时任务"), "S6": _lazy("会话"),
    "L1": _lazy("登录来源"), "N1": _lazy("地址转换"), "N2": _lazy("地址租约"), "N3": _lazy("交换机端口"), "N4": _lazy("机器"), "N5": _lazy("使用人"),
    "N6": _lazy("机器跟前"), "C1": _lazy("设口令的账号"), "C2": _lazy("登录方式"), "C3": _lazy("账号名下"), "P1": _lazy("门禁"),
}  # fmt: skip


@dataclass(frozen=True)
class Node:
    """A box: where it lies, what it is, what it came to, and the step it links to (0: the act itself)."""

    x: int
    y: int
    noun: str
    value: str
    state: str
    step: int
    #: End of the arrow that leads here, as points of a line; empty for the first box.
    arrow: str


@dataclass(frozen=True)
class ChainPicture:
    """All that the template draws, in pixels."""

    width: int
    height: int
    nodes: list[Node]


def draw_chain(links: list[dict[str, Any]]) -> ChainPicture:
    """Lay out the steps of an edition: act and session in the first row, below it a row for every way; asides only of presence."""
    nodes = [Node(0, 4, _("行为"), "", "act", 0, "")]
    rows = 0
    for path in ("session", "network", "credential", "presence"):
        way = [
            (number, link) for number, link in enumerate(links, 1)
            if link["path"] == path and (path == "presence" or not link["aside"])
        ]  # fmt: skip
        rows += path != "session" and bool(way)
        for column, (number, link) in enumerate(way):
            below = path != "session"
            x = INDENT + column * (BOX + GAP) if below else (column + 1) * (BOX + GAP)
            y = 4 + (rows if below else 0) * ROW
            middle = y + TALL // 2
            from_act = f"{INDENT // 2},{4 + TALL} {INDENT // 2},{middle}"
            begin = from_act if below and not column else f"{x - GAP},{middle}"
            noun, value = str(NOUNS[link["rule"]]), _value(link)
            nodes.append(Node(x, y, noun, value, link["state"], number, f"{begin} {x},{middle}"))
    return ChainPicture(max(node.x for node in nodes) + BOX + 2, 8 + ROW * (rows + 1), nodes)


def _value(link: dict[str, Any]) -> str:
    options = link["options"]
    if not options:
        return _("没有记录")
    if len(options) > 1:
        return ngettext("%(n)s 种可能", "%(n)s 种可能", len(options)) % {"n": len(options)}
    return _short(option_words(link["rule"], options[0]["value"]))


def _short(text: str) -> str:
    width, out = 0, ""
    for sign in text:
        width += 2 if ord(sign) > 0x2E7F else 1
        if width > FITS:
            return out + "…"
        out += sign
    return out
