"""Reading logs against the least that any reader must do with the same bytes, in CPU seconds; a window of the timeline."""

import os
import random
import re
import resource
import shutil
import sqlite3
import statistics
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from evtx import PyEvtxParser

from benchmarks.database import fresh
from benchmarks.timing import Times, processor_seconds
from casework.local.paths import CHECKOUT
from evidence.log_enums import Lane
from evidence.models.logs import LogRun
from evidence.parsing.events import printable
from evidence.parsing.run import start
from evidence.parsing.source import file_source
from evidence.selectors.logs import Asked, events_of, lanes_of
from tests.build_evidence import START, an_item
from tests.cast import make_cast

LINES, EVENTS = 200_000, 5_000_000
#: Lines of an auth log of 200 MB.
SEARCHED = 2_000_000
#: Lines and megabytes of Windows records that plaso is given: so many that what a start costs either side counts for nothing,
#: and few, as most files are; and the name under which its `log2timeline` is told.
PLASO_LONG, PLASO_SHORT, PLASO = (100_000, 60), (10_000, 6), "BENCH_LOG2TIMELINE"
#: Rows that are put in by one statement.
FILLED = 250_000
ROUNDS = 3
#: Pages of the timeline that are fetched of each window.
PAGES = 20
SAMPLES = CHECKOUT.parent / "shared" / "data" / "logs" / "evtx"
_HEAD = re.compile(rb"^(\w{3} [ \d]\d \d\d:\d\d:\d\d) (\S+) ([^\s\[:]+)(?:\[(\d+)\])?: (.*)$")
_PAIR = re.compile(rb"([A-Za-z]\w*)=([^,;]*)")
_ADDRESS, _PROCESS = re.compile(rb"(\d+\.\d+)\.(\d+)\.(\d+)"), re.compile(rb"\[(\d+)\]: ")
_NUMBERED = re.compile(rb"(\w+)\(\d+\)=([^;]*)")


def run(scale: float) -> None:
    """Measure every format with the bound beside it, in turns, and then the timeline."""
    chance = random.Random(2021)
    size = max(5_000, round(LINES * scale))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for label, path, bound, bound_name in (
            ("auth log", _auth(folder, size, chance), _regex, "one regular expression a line, nothing kept"),
            (
                "Huawei sessions",
                _huawei(folder, size // 2, chance),
                _pairs,
                "key=value pairs of each line, nothing kept",
            ),
            (
                "H3C NAT flows",
                _h3c(folder, size // 2, chance),
                _numbered,
                "pairs of key and value of each line, nothing kept",
            ),
            ("audit log", _audit(folder, size, chance), _regex, "one regular expression a line, nothing kept"),
        ):
            _compare(label, path, bound, bound_name)
        if SAMPLES.is_dir():
            megabytes = round(20 * scale) or 1
            _compare("EVTX", _evtx(folder, megabytes), _library, "the library and the JSON of its records")
            _compare("EVTX", _evtx(folder, megabytes), _text, "the library alone, nothing made of its text")
            _compare("EVTX, renamed", _renamed(folder, megabytes), _library, "the library and the JSON of its records")
        else:
            print("  EVTX: skipped, the shared samples are not there")
        _compare_with_plaso(folder, scale, chance)
    print(f"  largest memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")
    _searchable(max(5_000, round(SEARCHED * scale)), chance)
    _timeline(max(20_000, round(EVENTS * scale)))


def _compare(label: str, path: Path, bound: Callable[[Path], int], bound_name: str) -> None:
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(_rate(_read, path))
        theirs.append(_rate(bound, path))
    mine, other = max(ours), max(theirs)
    print(
        f"  {label:16} {mine:>9,.0f}/CPU-s; {bound_name} {other:,.0f}/CPU-s; ratio {mine / other:.2f} ({path.stat().st_size / 1e6:.0f} MB)"
    )


def _rate(read: Callable[[Path], int], path: Path) -> float:
    began = time.process_time()
    count = read(path)
    return count / max(time.process_time() - began, 1e-9)


def _read(path: Path) -> int:
    reading = start(file_source(path))
    for batch in reading.batches():
        del batch
    if reading.context.tally.unparsed:
        raise SystemExit(f"{path.name}: {reading.context.tally.unparsed} unread")
    return reading.context.tally.lines


def _regex(path: Path) -> int:
    with path.open("rb") as stream:
        return sum(1 for line in stream if _HEAD.match(line) or True)


def _pairs(path: Path) -> int:
    with path.open("rb") as stream:
        return sum(1 for line in stream if dict(_PAIR.findall(line)) or True)


def _numbered(path: Path) -> int:
    with path.open("rb") as stream:
        return sum(1 for line in stream if dict(_NUMBERED.findall(line)) or True)


def _library(path: Path) -> int:
    records: Iterator[Any] = iter(PyEvtxParser(str(path), 1).records_json())
    return sum(1 for record in records if orjson.loads(record["data"]))


def _text(path: Path) -> int:
    return sum(1 for _ in PyEvtxParser(str(path), 1).records_json())


def _auth(folder: Path, size: int, chance: random.Random) -> Path:
    users, path = ("root", "admin", "huang", "test", "oracle"), folder / "auth.log"
    with path.open("w", encoding="ascii") as out:
        for number in range(size // 4):
            moment = datetime(2021, 3, 1) + timedelta(seconds=number * 9)  # noqa: DTZ001 (as a log writes it)
            stamp, pid = f"{moment:%b} {moment.day:2d} {moment:%H:%M:%S}", 1000 + number % 30_000
            user, ip, port = (
                chance.choice(users),
                f"203.0.{chance.randrange(256)}.{chance.randrange(256)}",
                chance.randrange(1024, 65_000),
            )
            head = f"{stamp} rig sshd[{pid}]: "
            out.write(f"{head}Invalid user {user} from {ip}\n")
            out.write(
                f"{head}pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={ip}  user={user}\n"
            )
            out.write(f"{head}Failed password for {user} from {ip} port {port} ssh2\n")
            out.write(f"{head}Connection closed by {ip} port {port} [preauth]\n")
    return path


def _huawei(folder: Path, size: int, chance: random.Random) -> Path:
    path = folder / "fw.log"
    with path.open("w", encoding="ascii") as out:
        for number in range(size):
            moment = datetime(2021, 9, 1) + timedelta(seconds=number // 20)  # noqa: DTZ001
            out.write(
                f"<190>{moment:%Y-%m-%d %H:%M:%S} FW %%01SECLOG/6/SESSION_TEARDOWN(l):IPVer=4,Protocol=tcp,SourceIP=10.3.{number % 250}.21,"
                f"DestinationIP=203.0.113.{chance.randrange(250)},SourcePort={1024 + number % 60_000},DestinationPort=3333,SourceNatIP=198.51.100.7,"
                f"SourceNatPort={1024 + number % 60_000},BeginTime=1631154100,EndTime=1631154108,SendPkts=9,SendBytes=900,RcvPkts=8,RcvBytes=800,"
                "SourceVpnID=0,DestinationVpnID=0,PolicyName=out,UserName=huang,CloseReason=tcp-fin.\n"
            )
    return path


def _h3c(folder: Path, size: int, chance: random.Random) -> Path:
    path = folder / "nat.log"
    with path.open("w", encoding="ascii") as out:
        for number in range(size):
            moment = datetime(2021, 9, 1) + timedelta(seconds=number // 20)  # noqa: DTZ001
            out.write(
                f"{moment:%b} {moment.day:2d} {moment:%H:%M:%S} 2021 H3C %%10NAT/6/NAT_FLOW: Protocol(1001)=TCP;SrcIPAddr(1003)=10.3.{number % 250}.21;"
                f"SrcPort(1004)={1024 + number % 60_000};NatSrcIPAddr(1005)=198.51.100.7;NatSrcPort(1006)={1024 + number % 60_000};"
                f"DstIPAddr(1007)=203.0.113.{chance.randrange(250)};DstPort(1008)=3333;InitPktCount(1044)=9;InitByteCount(1046)=900;"
                "RplyPktCount(1045)=8;RplyByteCount(1047)=800;RcvVPNInstance(1042)=;SndVPNInstance(1043)=;BeginTime_e(1013)=09012021102000;"
                "EndTime_e(1014)=09012021102148;Event(1048)=(8)Session created;\n"
            )
    return path


def _audit(folder: Path, size: int, chance: random.Random) -> Path:
    path = folder / "audit.log"
    with path.open("w", encoding="ascii") as out:
        for number in range(size):
            out.write(
                f"type=USER_LOGIN msg=audit({1_631_154_000 + number // 9}.{chance.randrange(1000):03d}:{number + 1}): pid={number % 9999} uid=0 auid=0 ses=1 "
                'msg=\'op=login acct="root" exe="/usr/sbin/sshd" hostname=? addr=203.0.113.9 terminal=ssh res=failed\'\n'
            )
    return path


def _chunks() -> list[bytes]:
    """Return real chunks of Windows logs."""
    return [
        data[at : at + 65_536]
        for data in (path.read_bytes() for path in sorted(SAMPLES.glob("*.evtx")))
        for at in range(4096, len(data) - 65_535, 65_536)
        if data[at : at + 8] == b"ElfChnk\0"
    ]


def _evtx(folder: Path, megabytes: int) -> Path:
    """Put real chunks one behind the other, as one long log."""
    body = b"".join(_chunks())
    return _log(folder / "big.evtx", [body] * max(1, megabytes * 1_000_000 // len(body)))


def _renamed(folder: Path, megabytes: int) -> Path:
    """Put real chunks one behind the other, each time with other users and commands: little is the same as it was."""
    body = b"".join(_chunks())
    once = _log(folder / "once.evtx", [body])
    said = (printable(event) for batch in start(file_source(once)).batches() for event in batch)
    names = {
        name
        for event in said
        for key in ("user_name", "user_target_name", "process_command_line")
        if len(name := event.get(key, "")) > 4
    }
    bodies = []
    for number in range(max(1, megabytes * 1_000_000 // len(body))):
        again = body
        for name in sorted(names, key=lambda name: (-len(name), name)):
            again = again.replace(name.encode("utf-16-le"), f"{name[:-2]}{number % 100:02d}".encode("utf-16-le"))
        bodies.append(again)
    return _log(folder / "renamed.evtx", bodies)


def _log(path: Path, bodies: list[bytes]) -> Path:
    head = bytearray(next(SAMPLES.glob("*.evtx")).read_bytes()[:4096])
    struct.pack_into("<H", head, 42, min(sum(map(len, bodies)) // 65_536, 65_535))
    with path.open("wb") as out:
        out.write(bytes(head))
        out.writelines(bodies)
    return path


def _real(folder: Path, size: int) -> Path:
    """Repeat the real lines of an sshd, each time of other processes and from other addresses: no more is the same than was."""
    lines = (SAMPLES.parent / "linux_auth" / "OpenSSH_2k.log").read_bytes().rstrip() + b"\n"
    path = folder / "real.log"
    with path.open("wb") as out:
        for number in range(max(1, size // lines.count(b"\n"))):
            again = _ADDRESS.sub(lambda ip: b"%b.%d.%b" % (ip[1], (int(ip[2]) + number) % 256, ip[3]), lines)  # noqa: B023
            out.write(_PROCESS.sub(lambda process: b"[%d]: " % (int(process[1]) + number * 997), again))  # noqa: B023
    return path


def _compare_with_plaso(folder: Path, scale: float, chance: random.Random) -> None:
    """Measure plaso on the same files where it is there: its start, on a file of next to nothing, is not counted against it."""
    command = shutil.which(os.environ.get(PLASO, "log2timeline.py"))
    if command is None:
        print(f"  plaso: not there ({PLASO} names its log2timeline)")
        return
    short = folder / "short"
    short.mkdir()
    started: dict[str, float] = {}
    for lines, megabytes in (PLASO_SHORT, PLASO_LONG):
        size = max(1_000, round(lines * min(scale, 1)))
        cases = [("auth log", _auth(short, size, chance), "text/syslog_traditional")]
        if SAMPLES.is_dir():
            cases.append(("auth log, real", _real(short, size), "text/syslog_traditional"))
            cases.append(("EVTX", _evtx(short, round(megabytes * min(scale, 1)) or 1), "winevtx"))
        for label, path, parser in cases:
            if parser not in started:
                least = path.with_stem("least")
                least.write_bytes(_least(path))
                # The first start of all also compiles what it imports.
                started[parser] = min(_plaso(command, parser, least)[0] for _ in range(3))
            # Ours lasts a quarter of a second there and plaso a minute: before and after it, a burst of other work falls on both.
            rates = [_rate(_read, path) for _ in range(ROUNDS)]
            seconds, read, events = _plaso(command, parser, path)
            theirs = read / max(seconds - started[parser], 1e-9)
            mine = max(*rates, *(_rate(_read, path) for _ in range(ROUNDS)))
            print(
                f"  {label:16} {_read(path):>9,} lines or records: {mine:,.0f}/CPU-s; plaso {theirs:,.0f}/CPU-s"
                f" ({read:,} read, {events:,} events, start {started[parser]:.1f} s); ratio {mine / theirs:.0f}"
            )


def _least(path: Path) -> bytes:
    """Return the first line of a text, or the head and the first chunk of a Windows log."""
    with path.open("rb") as stream:
        if path.suffix != ".evtx":
            return stream.readline()
        head = bytearray(stream.read(4096))
        struct.pack_into("<H", head, 42, 1)
        return bytes(head) + stream.read(65_536)


def _plaso(command: str, parser: str, path: Path) -> tuple[float, int, int]:
    """Return (CPU seconds, lines or records, events) of plaso reading a file."""
    kept, before = path.with_suffix(".plaso"), resource.getrusage(resource.RUSAGE_CHILDREN)
    kept.unlink(missing_ok=True)
    given = (
        "--single_process",
        "--status_view",
        "none",
        "--unattended",
        "--quiet",
        "--no_dependencies_check",
        "--parsers",
        parser,
    )
    subprocess.run(
        [command, *given, "--logfile", str(path.with_suffix(".gz")), "--storage_file", str(kept), str(path)],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    with closing(sqlite3.connect(kept)) as store:
        read, events = (
            store.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("event_data", "event")
        )
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, int(read), int(events)


def _searchable(lines: int, chance: random.Random) -> None:
    """Measure an auth log from the sealed file until its events are found in the database."""
    with fresh("logs"), tempfile.TemporaryDirectory() as name:
        from evidence.services import add_file  # noqa: PLC0415 (needs the applications)
        from evidence.services.logs import run_log, start_log_run  # noqa: PLC0415

        cast = make_cast()
        path = _auth(Path(name), lines, chance)
        with path.open("rb") as stream:
            pieces = iter(lambda: stream.read(1 << 20), b"")
            file = add_file(an_item(cast), pieces, name="auth.log", actor=cast.officer, at=START)
        run = start_log_run(file, actor=cast.officer, at=START)
        used, server, began = time.process_time(), processor_seconds() - time.process_time(), time.perf_counter()
        queued = [_queued(pid) for pid in (os.getpid(), _server())]
        run_log(run.pk, at=START)
        clock, ours = time.perf_counter() - began, time.process_time() - used
        server = processor_seconds() - time.process_time() - server
        queued = [_queued(pid) - before for pid, before in zip((os.getpid(), _server()), queued, strict=True)]
        run.refresh_from_db()
        asked = Asked(run.first_at or START, (run.last_at or START) + timedelta(seconds=1), user_name="huang")
        begun = time.perf_counter()
        found, _more = events_of([run], asked, {})
        print(
            f"  searchable: {path.stat().st_size / 1e6:.0f} MB, {run.lines:,} lines, {run.events_kept:,} events in {clock:.1f} s;"
            f" CPU seconds {ours:.1f} here, {server:.1f} of the database; kept waiting for a processor {queued[0]:.1f} and {queued[1]:.1f} s;"
            f" load {os.getloadavg()[0]:.1f};"
            f" first page of one name ({len(found)} events) {(time.perf_counter() - begun) * 1000:.0f} ms"
        )


def _server() -> int:
    """Return the process of the database that serves this connection."""
    return int(connection.connection.info.backend_pid)


def _queued(pid: int) -> float:
    """Return for how many seconds the first thread of a process could have run and had no processor; 0 where nobody tells."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except OSError:
        return 0.0


def _timeline(events: int) -> None:
    """Measure an hour's window, lanes and first page, among so many events."""
    with fresh("logs"):
        cast = make_cast()
        item = an_item(cast)
        from evidence.services import add_file  # noqa: PLC0415 (needs the applications)

        file = add_file(item, [b"log"], name="auth.log", actor=cast.officer, at=START)
        run = LogRun.objects.create(
            file=file, serial=1, state="done", as_of=START, parser="bench", asked_by=cast.officer, asked_at=START, ended_at=START
        )  # fmt: skip
        with connection.cursor() as cursor:
            for begun in range(0, events, FILLED):
                cursor.execute(
                    "INSERT INTO evidence_logevent (run_id, item_id, ts, ts_raw, ts_quality, seq, member, raw_offset, raw_length, repeat, lane, class_uid,"
                    " activity, event_action, event_outcome, user_name, user_target_name, user_effective_name, session_key, host, source_ip, source_mac,"
                    " destination, tty, process_executable, process_command_line, rule_labels, attrs)"
                    " SELECT %s, %s, timestamptz '2021-03-01' + n * interval '180 days' / %s, '', '{}', n, 0, n * 100, 99, 1,"
                    " (ARRAY['login','command','network','other'])[1 + n %% 4], 0, '', 'login', 'failure', 'u' || n %% 50, '', '', '', 'rig',"
                    " '203.0.113.' || n %% 250, '', '', '', 'sshd', '', '{}', '{}' FROM generate_series(%s, %s) AS n",
                    [run.pk, item.pk, events, begun + 1, min(begun + FILLED, events)],
                )
            cursor.execute(
                "INSERT INTO evidence_loghour (run_id, lane, hour, events, marked)"
                " SELECT run_id, lane, date_trunc('hour', ts), count(*), 0 FROM evidence_logevent GROUP BY 1, 2, 3"
            )
            cursor.execute("ANALYZE evidence_logevent")
        first, reader = datetime(2021, 3, 1, tzinfo=UTC), Client(headers={"host": "localhost"})
        reader.force_login(cast.officer, backend="casework.accounts.backends.AccountBackend")
        began = time.perf_counter()
        _seen(reader, {})
        print(f"  the first page of a new process, all its code loaded {(time.perf_counter() - began) * 1000:.0f} ms")
        for label, since, until in (
            ("one hour", first + timedelta(days=90), first + timedelta(days=90, hours=1)),
            ("one day", first + timedelta(days=90), first + timedelta(days=91)),
            ("everything", first, first + timedelta(days=180)),
        ):
            asked = Asked(since, until)
            times = []
            for _ in range(9):
                began = time.perf_counter()
                lanes = lanes_of([run], asked, {})
                events_of([run], asked, {})
                times.append((time.perf_counter() - began) * 1000)
            page = Times()
            window = {"since": f"{since:%Y-%m-%dT%H:%M:%SZ}", "until": f"{until:%Y-%m-%dT%H:%M:%SZ}"}
            for _ in range(PAGES):
                with CaptureQueriesContext(connection) as queries:
                    page.take(lambda window=window: _seen(reader, window))  # type: ignore[misc]
            drawn = sum(lane.events for lane in lanes)
            print(
                f"  timeline of {events:,} events, {label}: {statistics.median(times):.0f} ms ({drawn:,} events in {len(Lane)} lanes, first page);"
                f" whole page {page}, {len(queries)} queries"
            )


def _seen(reader: Client, window: dict[str, str]) -> None:
    """Fetch the page of the timeline."""
    if reader.get("/evidence/timeline/", window).status_code != 200:
        raise SystemExit("the page of the timeline is not shown")
