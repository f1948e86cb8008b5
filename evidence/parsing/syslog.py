"""System logs in all their shapes: RFC 3164 and 5424, rsyslog's, with ISO stamps; messages are read by their program."""

import re
from collections.abc import Callable, Mapping

from evidence.parsing.context import Context
from evidence.parsing.events import PLAIN, Event, Meaning
from evidence.parsing.said_accounts import ACCOUNTS, more_refused, pam, refused
from evidence.parsing.said_often import OFTEN, keep
from evidence.parsing.said_often import refused as refused_often
from evidence.parsing.said_ssh import dropbear, sshd, xrdp
from evidence.parsing.said_system import SYSTEM
from evidence.parsing.source import Block, decoded
from evidence.parsing.stamps import WITHIN, Full, Stamp, Yearless

Handler = Callable[[str], Meaning | None]
Often = Mapping[str, Callable[[str, int], Event | None]]
#: Host, program, reader of its messages, readers of those that come again and again, what messages were found to mean; and what
#: stands before the number of its process, where it gives one.
Writer = tuple[str, str, Handler, Often, dict[str, Event], str]
#: Process, and who writes.
Known = tuple[int, Writer]
_SELDOM: Often = {}
_PROGRAM = r"([^\s\[\]:()]+(?:\([^)]*\))?)(?:\[(\d+)\])?: ?"
_OLD = re.compile(
    r"(?:<\d{1,3}>)?([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)(\.\d{1,9})? (?:([^\s\[\]]*[^\s\[\]:]) +)?" + _PROGRAM
)
#: Who writes and its process, read on from the time.
_NUMBERED = re.compile(r"([^\[:]*)\[([0-9]{1,10})\]: ").match
#: ``06:55 ``, behind the hour -> microseconds since it.
_WITHIN = {f"{text} ": within for text, within in WITHIN.items()}
_BETWEEN = re.compile(r"(?:([^\s\[\]]*[^\s\[\]:]) +)?([^\s\[\]:()]+(?:\([^)]*\))?)(?:\[(\d+)\])?")
_OLD_BARE = re.compile(r"(?:<\d{1,3}>)?([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)(\.\d{1,9})?:? (?:([\w.:-]+) )?()()")
_OLD_YEAR = re.compile(
    r"(?:<\d{1,3}>)?([A-Z][a-z]{2} [ \d]\d) (\d{4}) (\d\d:\d\d:\d\d)(?:\.\d+)? (?:([^\s\[\]]*[^\s\[\]:]) +)?" + _PROGRAM
)
_NEW = re.compile(
    r"(?:<\d{1,3}>)?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)()"
    r" (?:([^\s\[\]]*[^\s\[\]:]) +)?" + _PROGRAM
)
_RFC5424 = re.compile(r"<\d{1,3}>\d (\d{4}-\d\d-\d\dT\S+|-)() (\S+) (\S+) (\S+) \S+ (?:-|(?:\[(?:[^\]\\]|\\.)*\])+) ?")
_XRDP = re.compile(r"\[(\d{8}-\d\d:\d\d:\d\d)\] (?=\[)")
_REPEATED = re.compile(r"message repeated (\d+) times: \[ (.*)\]$")
_LAST_REPEATED = re.compile(r"(?:--- )?last message repeated (\d+) times?")
_SPACED = re.compile(r"[A-Z][a-z]{2} ")

HANDLERS: dict[str, Handler] = {
    "sshd": sshd,
    "sshd-session": sshd,
    "sshd-auth": sshd,
    "dropbear": dropbear,
    "xrdp-sesman": xrdp,
    "xrdp": xrdp,
    **ACCOUNTS,
    **SYSTEM,
}


def _nothing(_text: str) -> Meaning | None:
    return None


def handler_of(program: str) -> Handler:
    """Return the reader of a program's messages, under whichever name or path it writes."""
    known = HANDLERS.get(program)
    if known is not None:
        return known
    base = program.partition("(")[0].rpartition("/")[2]
    known = HANDLERS.get(base)
    if "(pam_unix)" in program:
        return lambda text: pam(f"pam_unix({base}:): {text}") or refused(text, base) or (known(text) if known else None)
    return known or _nothing


def meaning_of(handler: Handler, text: str) -> Meaning | None:
    """Return what a message means: first to its program, then to PAM."""
    said = handler(text)
    if said is None:
        if text[:4] == "pam_" or text[:5] == "(pam_":
            return pam(text)
        if text[:4] == "PAM ":
            return more_refused(text)
    return said


class Syslog:
    """Reads lines of a system log."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.tally = context.tally
        self.old = Yearless(context.year or context.reference.astimezone(context.zone).year, context.zone)
        self.new = Full(context.zone)
        self.handlers: dict[str, Handler] = {}
        self.programs: dict[str, Writer] = {}
        self.meanings: dict[Handler, dict[str, Event]] = {}
        self.seq = 0
        self.held: Event | None = None
        self.message = ""

    def feed(self, block: Block) -> list[Event]:
        """Return the events of a block's lines."""
        out: list[Event] = [self.held] if self.held is not None else []
        offset, lines, stride, simple = block
        old, programs = self.old, self.programs
        begin, stamp, ts = "\n", "", 0
        hour, begun, quality = old.hour, old.begun, old.quality
        prefix, head, opener, after, opened = "\n", "\n", "\n", 17, 17
        known: Known | None = None
        said_in, said_from = self.message, 0
        seq, take = self.seq, out.append
        self.tally.lines += len(lines)
        for line in lines:
            start = offset
            size = len(line) * stride
            offset += size + stride
            if not simple and line[-1:] == "\r":
                line = line[:-1]  # noqa: PLW2901 (what follows is about the words, not the place)
            if not line.startswith(prefix):  # another time, host, program or process than the line before
                if (now := line[:16]) != begin:
                    begin = now
                    within = _WITHIN.get(now[10:]) if line.startswith(hour) else None
                    if within is not None:
                        stamp, ts = now[:15], begun + within
                    else:
                        read = old.read(now[:15]) if now[15:] == " " else None
                        stamp = ""
                        if read is not None:
                            stamp, hour, begun = now[:15], old.hour, old.begun
                            ts, quality = read
                if not line.startswith(head, 16):
                    after = line.find("]: ", opened) + 3 if line.startswith(opener, 16) else 0
                    number = line[opened : after - 3] if after > opened else ""
                    if number.isdecimal() and number.isascii() and len(number) <= 10:
                        pid = int(number)  # another process of the same program
                    else:
                        numbered = _NUMBERED(line, 16)
                        writer = programs.get(numbered[1]) if numbered is not None else None
                        if writer is not None and numbered is not None:
                            known, after = (int(numbered[2]), writer), numbered.end()
                        else:
                            colon = line.find(": ", 16)
                            known = self._head(line[16:colon]) if colon > 0 else None
                            opener, after = "\n", colon + 2 if known is not None else 17
                        if known is not None:
                            pid, (host, program, handler, often, meanings, opener) = known
                            opened = 16 + len(opener)
                    head = line[16:after] if known is not None else "\n"
                if known is None or not stamp:
                    self.message, prefix, begin = said_in[said_from:], "\n", "\n"
                    event = self._rare(line, start, size, out)
                    said_in, said_from, hour = self.message, 0, "\n"
                    if event is not None:
                        seq += 1
                        event["seq"] = seq
                        take(event)
                    continue
                prefix = line[:after]
            said_in, said_from = line, after
            quick = often.get(line[after : after + 1])
            said = quick(line, after) if quick is not None else None
            if said is None:
                text = line[after:]
                made = meanings.get(text)
                said = made.copy() if made is not None else self._told(handler, meanings, text, out)
            seq += 1
            said["seq"] = seq
            said["raw_offset"] = start
            said["raw_length"] = size
            said["ts"] = ts
            said["ts_quality"] = quality
            said["ts_raw"] = stamp
            said["host"] = host
            said["process_executable"] = program
            if pid:
                said["process_pid"] = pid
            elif said.get("process_pid") == 0:
                del said["process_pid"]
            if not simple and not line.isascii():
                _decode(said)
            take(said)
        self.message = said_in[said_from:]
        old.last = ""
        self.seq = seq
        self.held = out.pop() if out else None
        return out

    def _told(self, handler: Handler, meanings: dict[str, Event], text: str, out: list[Event]) -> Event:
        """Return what a message means, to its program or otherwise, and remember it; what repeats the line before is no meaning."""
        said: Event | None = (refused_often(text) if text[:4] == "pam_" and handler is sshd else None) or handler(text)  # type: ignore[assignment]
        if said is None:
            said = self._otherwise(handler, text, out)
            if "last message" in text[:20]:
                return said
        return keep(meanings, text, said)

    def _head(self, head: str) -> Known | None:
        """Return (process, who writes) of what stands between the time and the message.

        Processes come and go, host and program stay: those are remembered by what stands before the bracket.
        """
        bracket = head.find("[")
        writer = self.programs.get(head[:bracket]) if bracket > 0 else None
        number = head[bracket + 1 : -1]
        if writer is None or head[-1:] != "]" or not number.isdecimal() or not number.isascii():
            found = _BETWEEN.fullmatch(head)
            if found is None:
                return None
            host, program, number = found.groups()
            if len(self.handlers) > 5_000:
                self.handlers.clear()
            handler = self.handlers.get(program) or self.handlers.setdefault(program, handler_of(program))
            numbered = bool(number and head.endswith(f"[{number}]") and "(" not in head)
            often, opener = OFTEN if handler is sshd else _SELDOM, head[: bracket + 1] if numbered else "\n"
            writer = (host or "", program, handler, often, self._meanings(handler), opener)
            if numbered:
                if len(self.programs) > 256:
                    self.programs.clear()
                self.programs[head[:bracket]] = writer
        return (int(number[:10]) if number else 0, writer)

    def _meanings(self, handler: Handler) -> dict[str, Event]:
        """Return what messages were found to mean by their reader; the meaning follows from the words alone."""
        known = self.meanings.get(handler)
        if known is None:
            if len(self.meanings) >= 32:
                self.meanings.clear()
                self.programs.clear()
            known = self.meanings[handler] = {}
        return known

    def _rare(self, line: str, start: int, size: int, out: list[Event]) -> Event | None:
        """Read a line that has one of the rarer heads, or none."""
        found, stamp, stamp_text = self._other(line.rstrip("\r"))
        if found is None:
            self._unheaded(line.rstrip("\r"), start, size, out)
            return None
        if stamp is None:
            self.tally.refuse(start, size, "no_time")
            return None
        _, fraction, host, program, pid = found.groups()
        text = line.rstrip("\r")[found.end() :]
        handler = self.handlers.get(program or "")
        if handler is None:
            handler = self.handlers[program or ""] = handler_of(program or "")
        event: Event = handler(text) or self._otherwise(handler, text, out)  # type: ignore[assignment]
        self.message = text
        ts, quality = stamp
        if fraction:
            ts += int(fraction[1:7].ljust(6, "0"))
        event["raw_offset"] = start
        event["raw_length"] = size
        event["ts"] = ts
        event["ts_raw"] = stamp_text
        event["ts_quality"] = quality
        if host and host != "-":
            event["host"] = host
        if program and program != "-":
            event["process_executable"] = program
        if pid and pid.isdecimal():
            event["process_pid"] = int(pid[:10])
        if not line.isascii():
            _decode(event)
        return event

    def close(self) -> list[Event]:
        """Return the last event, which waited for lines that might belong to it."""
        held, self.held = self.held, None
        return [held] if held is not None else []

    def _other(self, line: str) -> tuple[re.Match[str] | None, Stamp | None, str]:
        """Read the rarer heads."""
        found = _OLD.match(line)
        if found is not None:
            return found, self.old.read(found[1]), found[1]
        found = _NEW.match(line) or _RFC5424.match(line)
        if found is not None:
            if found[1] == "-":
                return found, None, ""
            return found, self.new.read(found[1]), found[1]
        if not _SPACED.match(line.lstrip("<0123456789>")):
            stamp = _XRDP.match(line)
            if stamp is None:
                return None, None, ""
            day = stamp[1]
            bare = re.match(r"\[[\d:-]+\] ()()()()()", line)
            if bare is None:
                return None, None, ""
            self.handlers[""] = xrdp
            return bare, self.new.read(f"{day[:4]}-{day[4:6]}-{day[6:8]} {day[9:]}"), day
        dated = _OLD_YEAR.match(line)
        if dated is not None:
            months = "JanFebMarAprMayJunJulAugSepOctNovDec"
            month = months.find(dated[1][:3]) // 3 + 1
            text = f"{dated[2]}-{month:02d}-{dated[1][4:].strip().zfill(2)} {dated[3]}"
            same = _OLD.match(f"{dated[1]} {dated[3]}{line[dated.end(3) :]}")
            if same is not None and month:
                moved = re.compile(r"(.{" + str(dated.end()) + r"})").match(line)
                return _Moved(same, dated.end()) if moved else None, self.new.read(text), text  # type: ignore[return-value]
        bare = _OLD_BARE.match(line)
        if bare is not None:
            return bare, self.old.read(bare[1]), bare[1]
        return None, None, ""

    def _otherwise(self, handler: Handler, text: str, out: list[Event]) -> Event:
        """Return the event of a message that its program's reader does not know."""
        said = None
        if text[:4] == "pam_" or text[:5] == "(pam_":
            said = pam(text)
        elif text[:4] == "PAM ":
            said = more_refused(text)
        if said is None:
            repeated = _REPEATED.match(text.lstrip()) if "message repeated" in text[:20] else None
            if repeated is not None:
                said = meaning_of(handler, repeated[2]) or _plain(repeated[2])
                said["repeat"] = min(int(repeated[1][:9]), 1_000_000)
            else:
                again = _LAST_REPEATED.match(text) if "last message" in text[:20] else None
                if again is not None and out:
                    said = {
                        key: value
                        for key, value in out[-1].items()
                        if key not in {"seq", "raw_offset", "raw_length", "ts", "ts_raw", "ts_quality", "repeat"}
                    }
                    said["repeat"] = min(int(again[1][:9]), 1_000_000)
        return said or _plain(text)  # type: ignore[return-value]

    def _unheaded(self, line: str, start: int, length: int, out: list[Event]) -> None:
        """A line without a head: the rest of the line before, or nothing that can be read."""
        if not line:
            self.tally.refuse(start, length, "blank")
            return
        last = out[-1] if out else None
        if last is not None and line[0] != "#":
            program = last.get("process_executable", "")
            handler = self.handlers.get(program, _nothing)
            joined = self.message + line
            said = meaning_of(handler, joined) if last["event_action"] == PLAIN else None
            if said is not None or line[0] in " \t":
                if said is not None:
                    for key in ("event_action", "attrs"):
                        last.pop(key, None)  # type: ignore[misc]
                    last.update(said)  # type: ignore[typeddict-item]
                    last["attrs"] = {**last.get("attrs", {}), "wrapped": True}
                last["raw_length"] = start + length - last["raw_offset"]
                self.message = joined
                return
        self.tally.refuse(start, length, "comment" if line[0] == "#" else "no_head")


class _Moved:
    """A match of a rewritten line, whose end is that of the line as it stands."""

    def __init__(self, found: re.Match[str], end: int) -> None:
        self.found, self.at = found, end

    def groups(self) -> tuple[str | None, ...]:
        return self.found.groups()

    def end(self) -> int:
        return self.at


def _plain(text: str) -> Meaning:
    return {"class_uid": 0, "event_action": PLAIN, "attrs": {"message": text}}


def _decode(event: Event) -> None:
    """Give words back their characters where the bytes are not plain ASCII."""
    for key, value in event.items():
        if type(value) is str and not value.isascii():
            event[key] = decoded(value)  # type: ignore[literal-required]
    attrs = event.get("attrs")
    if attrs:
        event["attrs"] = {key: decoded(value) if type(value) is str else value for key, value in attrs.items()}
