"""What ``nvidia-smi -q -x`` prints: one XML document, or one after the other where it ran in a loop."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from xml.parsers import expat

from evidence.parsing.commands import labels_of
from evidence.parsing.context import Context
from evidence.parsing.events import Class, Event
from evidence.parsing.source import BLOCK, Source
from evidence.parsing.stamps import NO_ZONE, micros

ENDS = b"</nvidia_smi_log>"
#: One document is a few hundred kilobytes; what does not end by then is none.
LONGEST, DEEPEST, KEPT = 8 << 20, 40, 200
_LOAD = {
    "product_name": "name", "uuid": "uuid", "performance_state": "state", "temperature/gpu_temp": "temp",
    "fb_memory_usage/used": "used", "fb_memory_usage/total": "total", "utilization/gpu_util": "load",
    "power_readings/power_draw": "power", "gpu_power_readings/power_draw": "power",
    "gpu_power_readings/instant_power_draw": "power", "power_readings/power_limit": "cap",
    "gpu_power_readings/current_power_limit": "cap",
}  # fmt: skip
_PROCESS = {"pid": "pid", "type": "type", "process_name": "name", "used_memory": "memory"}
NOTHING = frozenset({"", "N/A", "[N/A]", "Not Supported"})


class _Refused(Exception):
    """The document declares entities or nests beyond reason."""


class _Document:
    """One document: its time, and what it says of cards and of their processes, each with its bytes."""

    def __init__(self, base: int) -> None:
        self.base = base
        self.path: list[str] = []
        self.text = ""
        self.moment = ""
        self.place = (base, 0)
        self.card: dict[str, str] = {}
        self.process: dict[str, str] = {}
        self.found: list[tuple[str, int, int, dict[str, str]]] = []
        self.starts: list[int] = []
        self.parser = parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._said
        parser.EntityDeclHandler = self._entity
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)

    @staticmethod
    def _entity(*_given: Any) -> None:
        raise _Refused

    def _said(self, text: str) -> None:
        if len(self.text) < KEPT:
            self.text += text

    def _start(self, name: str, given: dict[str, str]) -> None:
        if len(self.path) >= DEEPEST:
            raise _Refused
        self.path.append(name)
        self.starts.append(self.parser.CurrentByteIndex)
        self.text = ""
        if name == "gpu":
            self.card = {"gpu": given.get("id", "")[:KEPT]}
        elif name == "process_info":
            self.process = {"gpu": self.card.get("gpu", "")}

    def _end(self, name: str) -> None:
        begin = self.starts.pop()
        value, self.text = self.text.strip()[:KEPT], ""
        parts, place = self.path[1:], (self.base + begin, self.parser.CurrentByteIndex - begin + len(name.encode()) + 3)
        self.path.pop()
        if parts == ["timestamp"]:
            self.moment, self.place = value, place
        elif parts[:1] == ["gpu"]:
            known = _LOAD.get("/".join(parts[1:]))
            if parts[-2:-1] == ["process_info"] and name in _PROCESS and value not in NOTHING:
                self.process[_PROCESS[name]] = value
            elif known and value not in NOTHING:
                self.card.setdefault(known, value)
            elif name == "process_info":
                self.found.append(("gpu_process", *place, self.process))
            elif name == "gpu":
                self.found.append(("gpu_load", *place, self.card))


class NvidiaXml:
    """Reads them; ``lines`` counts the time, the cards and their processes of every document."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.tally = context.tally
        self.seq = 0

    def read(self, source: Source) -> Iterator[list[Event]]:
        """Yield the events of every document."""
        with source.open() as stream:
            base, held = 0, b""
            while data := stream.read(BLOCK):
                looked = max(0, len(held) - len(ENDS))
                held += data
                while (at := held.find(ENDS, looked)) >= 0:
                    end = at + len(ENDS)
                    yield self._document(held[:end], base)
                    base, held, looked = base + end, held[end:], 0
                if len(held) > LONGEST:
                    self._refuse(held, base, "bad_xml")
                    base, held = base + len(held), b""
            if held.strip(b"\0 \t\r\n"):
                self._refuse(held, base, "cut_short")

    def _refuse(self, data: bytes, base: int, reason: str) -> None:
        self.tally.lines += 1
        self.tally.refuse(base, len(data), reason)

    def _document(self, data: bytes, base: int) -> list[Event]:
        skipped = len(data) - len(data.lstrip(b"\0 \t\r\n"))
        document = _Document(base + skipped)
        try:
            document.parser.Parse(data[skipped:], True)
        except (expat.ExpatError, _Refused, ValueError, LookupError):
            self._refuse(data, base, "bad_xml")
            return []
        moment: int | None = None
        try:
            read = datetime.strptime(document.moment, "%a %b %d %H:%M:%S %Y").replace(tzinfo=self.context.zone)
            moment = micros(read)
        except (ValueError, OverflowError):
            self._refuse(data, base, "no_time")
            return []
        found = [("gpu_listing", *document.place, dict[str, str]()), *document.found]
        self.tally.lines += len(found)
        return [self._event(moment, document.moment, *one) for one in found]

    def _event(self, moment: int, raw: str, action: str, offset: int, length: int, attrs: dict[str, str]) -> Event:
        self.seq += 1
        event: Event = {
            "seq": self.seq, "raw_offset": offset, "raw_length": length, "ts": moment, "ts_raw": raw, "ts_quality": NO_ZONE,
            "class_uid": int(Class.DEVICE), "event_action": action, "attrs": attrs,
        }  # fmt: skip
        name = attrs.get("name")
        if action == "gpu_process" and name:
            event["process_executable"] = name
            if attrs.get("pid", "").isdecimal():
                event["process_pid"] = int(attrs["pid"][:10])
            labels = labels_of(name)
            if labels:
                event["rule_labels"] = labels
        return event
