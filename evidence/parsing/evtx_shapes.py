"""The templates of an .evtx file: parsed once for their meaning, and known again in every chunk by their bytes.

A record is a template and the values that are put into it. Only plain shapes are understood here, those in which every field that
counts is one value; of any other shape `Unknown` is raised, and the library reads the chunk.
"""

import struct
from codecs import utf_16_le_decode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from evidence.parsing.evtx_words import LOOKED_FOR, NESTS


class Unknown(Exception):
    """A shape that is not understood here."""


#: What stands in a field: a text of the template, or the index of a value.
Part = str | int

#: Of a definition: the next one, its GUID, its length; then its tokens.
DEFINED = 24
_LENGTH = _WORD = struct.Struct("<I").unpack_from
_NAME, _TO_NAME = struct.Struct("<6xH").unpack_from, (6).__add__
_SAID, _PUT = struct.Struct("<BH").unpack_from, struct.Struct("<H").unpack_from
_END, _OPENED, _BEGUN, _EMPTY, _CLOSED, _TEXT, _ATTRIBUTE, _FRAGMENT = 0, 1, 2, 3, 4, 5, 6, 15
_VALUE, _OPTIONAL, _MORE = 13, 14, 0x40
_UTF16 = 1
#: So many shapes and so many ways of writing one are remembered.
_SHAPES, _WAYS = 2_000, 8
_DEEP = 16


def decoded(raw: bytes) -> str:
    """Return the text of bytes, as Windows writes it.

    Raises:
        UnicodeDecodeError: it is none.
    """
    return utf_16_le_decode(raw, "strict", True)[0]


@dataclass(slots=True)
class Node:
    """An element of a template."""

    name: str
    attributes: dict[str, list[Part]] = field(default_factory=dict)
    nodes: "list[Node]" = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)


class Heading(NamedTuple):
    """Where the head of a record finds what it says of itself."""

    provider: Part
    number: int
    time: int
    record: int
    channel: Part
    host: Part
    user: Part
    #: The value that holds what happened, whether it lies within an element of its own, and values that differ from record to record.
    body: int
    wrapped: bool
    changing: frozenset[int]


class Shape:
    """A template: its meaning, and how the values that were put into it so far are laid out (kept by whoever reads them)."""

    __slots__ = ("bodies", "heads", "node", "width", "wrapped")

    def __init__(self, node: Node) -> None:
        self.node = node
        #: Bytes before the values that tell one layout from another.
        self.width = 4
        self.heads: dict[bytes, Any] = {}
        self.bodies: dict[bytes, Any] = {}
        self.wrapped: dict[bytes, Any] = {}


class _Way(NamedTuple):
    """How a definition is written, as a number: places of names that occur once are left out, of others multiplied to all they occur in."""

    written: int
    left: int
    #: The places of names, each where it occurs first; the names, with their lengths before them.
    unpack: Callable[[bytes, int], tuple[int, ...]]
    names: tuple[bytes, ...]
    again: tuple[tuple[int, int], ...]
    #: Which of them are written within the definition, and where.
    within: tuple[tuple[int, int], ...]
    shape: Shape


class Shapes:
    """All templates of a file."""

    def __init__(self) -> None:
        self.ways: dict[bytes, list[_Way]] = {}

    def find(self, chunk: bytes, at: int) -> Shape:
        """Return the shape that is defined at a place of a chunk.

        Raises:
            Unknown, IndexError, struct.error, UnicodeDecodeError: it is not understood.
        """
        (length,) = _LENGTH(chunk, at + 20)
        begin = at + DEFINED
        key, text = chunk[at + 4 : begin], chunk[begin : begin + length]
        if len(text) != length:
            raise Unknown
        ways = self.ways.get(key, ())
        number = int.from_bytes(text, "little") if ways else 0
        for way in ways:
            places = way.unpack(text, 0)
            rest = number & way.left
            for index, occurring in way.again:
                rest -= places[index] * occurring
            if (
                rest == way.written
                and all(map(chunk.startswith, way.names, map(_TO_NAME, places)))
                and all(places[index] == begin + place for index, place in way.within)
            ):
                return way.shape
        if len(self.ways) >= _SHAPES:
            self.ways.clear()
        way = _Definition(chunk, begin, text).way()
        if len(ways) < _WAYS:
            self.ways.setdefault(key, []).append(way)
        return way.shape


class _Definition:
    """The tokens of a definition, read for the first time."""

    def __init__(self, chunk: bytes, begin: int, text: bytes) -> None:
        self.chunk, self.begin, self.text = chunk, begin, text
        #: Where names are referred to: place in the chunk -> where in the definition; and their names.
        self.referred: dict[int, list[int]] = {}
        self.names: dict[int, bytes] = {}
        self.within: dict[int, int] = {}

    def way(self) -> _Way:
        """Return the meaning, and how it is written."""
        root = self._root()
        length = len(self.text)
        number = int.from_bytes(self.text, "little")
        left = (1 << 8 * length) - 1
        again: list[tuple[int, int]] = []
        order = sorted(self.referred, key=lambda place: self.referred[place][0])
        form, at = "<", 0
        for index, place in enumerate(order):
            first, *more = self.referred[place]
            form += f"{first - at}xI"
            at = first + 4
            if more:
                occurring = sum(1 << 8 * one for one in (first, *more))
                again.append((index, occurring))
                number -= place * occurring
            else:
                left &= ~(0xFFFFFFFF << 8 * first)
        for place in self.within.values():
            left &= ~(0xFFFFFFFF << 8 * place)  # where the next name of its kind lies
        within = tuple((order.index(place), at) for place, at in self.within.items())
        names = tuple(self.names[place] for place in order)
        return _Way(number & left, left, struct.Struct(form).unpack_from, names, tuple(again), within, Shape(root))

    def _name(self, at: int) -> tuple[str, int]:
        """Return the name that is referred to at a place, and where the tokens go on."""
        (place,) = _WORD(self.text, at)
        name = self.names.get(place)
        if name is None:
            (length,) = _NAME(self.chunk, place)
            name = self.names[place] = self.chunk[place + 6 : place + 8 + 2 * length]
            if not length or len(name) != 2 + 2 * length:
                raise Unknown
        self.referred.setdefault(place, []).append(at)
        after = at + 4
        if place == self.begin + after:
            self.within[place] = after
            after += 8 + len(name)
        return decoded(name[2:]), after

    def _root(self) -> Node:
        text, at, end = self.text, 0, len(self.text)
        open_nodes: list[Node] = []
        root: Node | None = None
        attribute: list[Part] | None = None
        while at < end:
            token = text[at] & ~_MORE
            if token == _OPENED:
                if root is not None or len(open_nodes) > _DEEP:
                    raise Unknown
                name, after = self._name(at + 7)
                open_nodes.append(Node(name))
                at = after + 4 if text[at] & _MORE else after
            elif token == _ATTRIBUTE:
                name, at = self._name(at + 1)
                attribute = open_nodes[-1].attributes.setdefault(name, [])
            elif token in {_TEXT, _VALUE, _OPTIONAL}:
                part: Part
                if token == _TEXT:
                    kind, length = _SAID(text, at + 1)
                    if kind != _UTF16 or at + 4 + 2 * length > end:
                        raise Unknown
                    part = decoded(text[at + 4 : at + 4 + 2 * length])
                    at += 4 + 2 * length
                else:
                    (part,) = _PUT(text, at + 1)
                    at += 4
                (open_nodes[-1].parts if attribute is None else attribute).append(part)
            elif token in {_BEGUN, _EMPTY, _CLOSED}:
                attribute = None
                if token != _BEGUN:
                    closed = open_nodes.pop()
                    if open_nodes:
                        open_nodes[-1].nodes.append(closed)
                    else:
                        root = closed
                at += 1
            elif token == _FRAGMENT and at == 0:
                at += 4
            elif token == _END and root is not None:
                break
            else:
                raise Unknown
        if root is None:
            raise Unknown
        return root


def heading_of(node: Node) -> Heading:
    """Return where a template of records has what every record says of itself.

    Raises:
        Unknown: it is another template, or an unusual one.
    """
    if node.name != "Event" or not node.nodes or node.nodes[0].name != "System":
        raise Unknown
    system = {child.name: child for child in node.nodes[0].nodes}
    bodies, wrapped = node.parts, False
    if len(node.nodes) == 2 and not node.parts and node.nodes[1].name == "UserData":
        bodies, wrapped = node.nodes[1].parts, True
    if (
        len(node.nodes) != 1 + wrapped
        or len(system) != len(node.nodes[0].nodes)
        or not _HEAD.issubset(system)
        or any(system[name].attributes for name in ("EventRecordID", "Channel", "Computer"))
        or any(system[name].nodes for name in _HEAD)
        or any(type(part) is int for parts in node.attributes.values() for part in parts)
    ):
        raise Unknown
    none: list[Part] = [""]
    user = system["Security"].attributes.get("UserID", none) if "Security" in system else none
    changing = {
        part
        for name in ("Correlation", "Execution")
        if name in system
        for parts in system[name].attributes.values()
        for part in parts
        if type(part) is int
    }
    return Heading(
        _one(system["Provider"].attributes.get("Name", none)),
        _index(system["EventID"].parts),
        _index(system["TimeCreated"].attributes.get("SystemTime", [])),
        _index(system["EventRecordID"].parts),
        _one(system["Channel"].parts),
        _one(system["Computer"].parts),
        _one(user),
        _index(bodies),
        wrapped,
        frozenset(changing),
    )


_HEAD = frozenset({"Provider", "EventID", "TimeCreated", "EventRecordID", "Channel", "Computer"})


def fields_of(node: Node, wrapped: bool) -> list[tuple[str, Part]]:
    """Return the fields of a template of happenings that are looked for, each with its text or the index of its value.

    Raises:
        Unknown: one of them is more than a value, or the template is none of those.
    """
    if wrapped:
        if node.name in LOOKED_FOR:
            raise Unknown
        children = node.nodes if node.name in NESTS else []
    elif node.name == "EventData":
        children = node.nodes
        if any(child.name in NESTS for child in children):
            raise Unknown
    else:
        raise Unknown
    named = any(child.name == "Data" and "Name" in child.attributes for child in children)
    if named and wrapped:
        raise Unknown
    found: dict[str, Part] = {}
    for child in children:
        name = child.name
        if named and name == "Data":
            only = _one(child.attributes.get("Name", []))
            if not isinstance(only, str) or not only:
                raise Unknown
            name = only
        elif named and name in LOOKED_FOR:
            raise Unknown
        if name in LOOKED_FOR:
            if name in found or child.nodes or len(child.attributes) != bool(named) or len(child.parts) > 1:
                raise Unknown
            found[name] = child.parts[0] if child.parts else ""
    return list(found.items())


def _one(parts: list[Part]) -> Part:
    if len(parts) != 1:
        raise Unknown
    return parts[0]


def _index(parts: list[Part]) -> int:
    part = _one(parts)
    if type(part) is not int:
        raise Unknown
    return part
