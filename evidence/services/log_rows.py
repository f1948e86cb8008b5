"""Events as the lines of text that PostgreSQL copies. What logs say again and again is put into letters once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from evidence.log_enums import lane_of
from evidence.parsing.events import Event

COLUMNS = (
    "run_id", "item_id", "member", "seq", "raw_offset", "raw_length", "ts", "ts_raw", "user_name", "source_ip", "source_port", "process_pid",
    "attrs", "ts_quality", "lane", "class_uid", "activity", "event_action", "event_outcome", "host", "process_executable", "rule_labels",
    "repeat", "user_target_name", "user_effective_name", "session_key", "source_mac", "destination", "destination_port", "tty",
    "process_command_line",
)  # fmt: skip
#: What most events of a log do not say: the last columns, or what these are made from.
_SELDOM = frozenset({
    "repeat", "user_target_name", "user_effective_name", "session_key", "source_mac", "destination_ip", "destination_domain",
    "destination_port", "tty", "process_command_line",
})  # fmt: skip
_NO_SELDOM = "1\t\t\t\t\t\t\\N\t\t"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = -62_135_596_800_000_000, 253_402_300_799_000_000
_HOUR = 3_600_000_000
#: Words that are remembered.
REMEMBERED = 50_000
#: Kept with what else an event says.
_BESIDE = ("user_domain", "user_id", "source_nat_ip", "source_nat_port", "ts_err_ms")
_NOT_ALONE = frozenset({*_BESIDE, "destination_domain"})
_NULL = "\\N"


def clean(value: Any) -> Any:
    """Return JSON without the characters that PostgreSQL does not take."""
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {clean(str(key)): clean(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean(one) for one in value]
    return value


def moment_of(us: int | None) -> datetime | None:
    """Return microseconds since 1970 as a moment; None outside the calendar."""
    return EPOCH + timedelta(microseconds=us) if us is not None and _FIRST <= us <= _LAST else None


def escaped(text: str) -> str:
    """Return a text as a cell of a copied line."""
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    return text if text.isprintable() else text.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


class _Remembered(dict[Any, str]):
    """Value -> its cell, made once and remembered; what is not so often the same is forgotten with the rest."""

    def __init__(self, made: Callable[[Any], str]) -> None:
        super().__init__()
        self.made = made

    def __missing__(self, value: Any) -> str:
        if len(self) >= REMEMBERED:
            self.clear()
        cell = self[value] = self.made(value)
        return cell


def _text(most: int) -> Callable[[Any], str]:
    return lambda value: escaped(clean(str(value))[:most]) if value else ""


def _moment(us: int | None) -> str:
    moment = moment_of(us)
    return _NULL if moment is None else moment.isoformat()


def _array(values: tuple[str, ...]) -> str:
    quoted = (clean(str(value)).replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return escaped("{" + ",".join(f'"{value}"' for value in quoted) + "}")


def attributes(event: Event) -> str:
    """Return what else an event says, as JSON."""
    said: dict[str, Any] = event.get("attrs") or {}
    if not _NOT_ALONE.isdisjoint(event):
        said = {**said, **{key: event[key] for key in _BESIDE if key in event}}  # type: ignore[literal-required]
        if event.get("destination_ip") and event.get("destination_domain"):
            said["destination_domain"] = event["destination_domain"]
    if not said:
        return "{}"
    try:
        data = orjson.dumps(said, default=str)
    except TypeError:  # half a letter, or a key that is no text
        data = orjson.dumps(clean(dict(said)), default=str)
    if b"\\u0000" in data:
        data = orjson.dumps(clean(dict(said)), default=str)
    return data.decode()


class Lines:
    """Puts the events of a reading into lines, and counts them by lane and hour."""

    def __init__(self, run: int, item: int) -> None:
        self.head = f"{run}\t{item}"
        self.hours: dict[tuple[str, int], list[int]] = {}
        self.moments, self.arrays = _Remembered(_moment), _Remembered(_array)
        self.by_width = {width: _Remembered(_text(width)) for width in (10, 40, 60, 80, 100, 200, 260, 300)}
        #: What kind of event it is -> its lane, and the cells that all of this kind have alike.
        self.kinds: dict[tuple[Any, ...], tuple[str, str]] = {}

    def line(self, member: int, event: Event) -> str:
        """Return an event's line, with its end."""
        get: Callable[..., Any] = event.get
        ts, labels, words = get("ts"), get("rule_labels", ()), self.by_width
        kind = (
            event["event_action"], get("class_uid", 0), get("activity"), get("event_outcome"), get("host"), get("process_executable"),
            get("ts_quality", ()), labels,
        )  # fmt: skip
        known = self.kinds.get(kind)
        lane, alike = known if known is not None else self._kind(kind, event)
        moment = self.moments[ts]
        if moment is not _NULL:
            hour = lane, ts // _HOUR
            counts = self.hours.get(hour)
            if counts is None:
                counts = self.hours[hour] = [0, 0]
            counts[0] += 1
            if labels:
                counts[1] += 1
        port, pid = get("source_port"), get("process_pid")
        return (
            f"{self.head}\t{member}\t{event['seq']}\t{event['raw_offset']}\t{min(event['raw_length'], 2_147_483_647)}\t{moment}\t"
            f"{words[60][get('ts_raw')]}\t{words[200][get('user_name')]}\t{words[100][get('source_ip')]}\t{_NULL if port is None else port}\t"
            f"{_NULL if pid is None else pid}\t{escaped(attributes(event))}\t{alike}\t"
            f"{_NO_SELDOM if _SELDOM.isdisjoint(event) else self._seldom(get)}\n"
        )

    def _kind(self, kind: tuple[Any, ...], event: Event) -> tuple[str, str]:
        action, class_uid, activity, outcome, host, program, quality, labels = kind
        words, lane = self.by_width, str(lane_of(event))
        alike = (
            f"{self.arrays[quality]}\t{lane}\t{int(class_uid)}\t{words[40][activity]}\t{words[60][action]}\t{words[10][outcome]}\t"
            f"{words[200][host]}\t{words[300][program]}\t{self.arrays[labels]}"
        )
        if len(self.kinds) >= REMEMBERED:
            self.kinds.clear()
        self.kinds[kind] = lane, alike
        return lane, alike

    def _seldom(self, get: Callable[..., Any]) -> str:
        words, command, port = self.by_width, get("process_command_line"), get("destination_port")
        w40, w60, w200 = words[40], words[60], words[200]
        return (
            f"{get('repeat', 1)}\t{w200[get('user_target_name')]}\t{w200[get('user_effective_name')]}\t{words[80][get('session_key')]}\t"
            f"{w40[get('source_mac')]}\t{words[260][get('destination_ip') or get('destination_domain')]}\t{_NULL if port is None else port}\t"
            f"{w60[get('tty')]}\t{escaped(clean(str(command))[:20_000]) if command else ''}"
        )
