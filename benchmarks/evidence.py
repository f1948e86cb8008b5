"""Evidence: a large file from the client to its sealed place, reading it, bundles, long chains, four pairs of hands."""

import base64
import hashlib
import http.client
import os
import random
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection, connections, transaction
from django.test import Client

from benchmarks.database import fresh
from casework.access.models import Compartment, Grant
from casework.access.services.people import issue_token
from casework.accounts.enums import OrganisationKind, Role
from casework.accounts.models import Appointment, Organisation, Token, User
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.files.services.blobs import read_digests
from casework.ledger import verify
from casework.ledger.record import record
from casework.local.up import WEB_MEMORY, uploads_command, web_command
from evidence.enums import Act, Kind, OfferState, State
from evidence.models import Custody, Item, Offer
from evidence.services import offer_item, open_collection, take_item, withdraw_offer

LOCAL = "127.0.0.1"
MIB = 1 << 20
PIECE = 16 * MIB
LARGE, SMALL = 512, 64
LINKS = 5_000
HANDOVERS = 300


def run(scale: float) -> None:
    """Measure each part; beyond scale 1 the uploads alone grow: 20 is a disk of 10 GiB."""
    with fresh("evidence"), tempfile.TemporaryDirectory(prefix="cw-bench-files-") as folder:
        people = _people()
        _uploads(people, Path(folder), scale)
        _reading(Path(folder), min(scale, 1.0))
        _long_chain(people, max(200, round(LINKS * min(4 * scale, 1.0))))
        _hands(people, max(20, round(HANDOVERS * min(4 * scale, 1.0))))


def _people() -> list[User]:
    house = Organisation.objects.create(name="纪委", kind=OrganisationKind.COMMISSION)
    found = []
    roles = (Role.CASE_OFFICER, Role.CASE_OFFICER, *(Role.CUSTODIAN,) * 4)
    for number, role in enumerate(roles):
        user = User.objects.create(username=f"u{number}", name=f"人员{number}", organisation=house)
        Appointment.objects.create(user=user, role=role, from_on=clock.today() - timedelta(days=400))
        found.append(user)
    return found


def _item(people: list[User]) -> Item:
    at = clock.now() - timedelta(days=300)
    circle = Compartment.objects.create(kind="case", name="案件", created_at=at)
    for user in people[:2]:
        Grant.objects.create(compartment=circle, user=user, from_on=at.date())
    two = (people[0], people[1])
    collection = open_collection(
        compartment=circle, place="机房", officers=two, holder_name="某某", witness_name="某某", recording_ref="L1",
        actor=people[0], at=at,
    )  # fmt: skip
    return take_item(collection, kind=Kind.ELECTRONIC, title="硬盘", officers=two, actor=people[0], at=at)


# Uploading ----------------------------------------------------------------------------------------------------------


#: The service that takes uploads and the server of everything, each with the command of docker-compose.yml. Of the
#: second one worker is started: with two, half of the pieces would go where the digests of those before are not.
SERVERS = (
    ("uploads", "casework.uploads.wsgi", uploads_command),
    ("web", "casework.wsgi", lambda host, port: ["1" if word == "2" else word for word in web_command(host, port)]),
)


@contextmanager
def _server(storage: Path, serves: str, command: list[str]) -> Iterator[int]:
    """Have one real server on the database; gives its process."""
    environment = {
        **os.environ,
        **WEB_MEMORY,
        "CASEWORK_TESTING": "",  # with its pool of connections
        "CASEWORK_DB_ROLE": "app",
        "CASEWORK_STORAGE": f"file://{storage}",
        "CASEWORK_BENCH_DATABASE": connection.settings_dict["NAME"],
        "CASEWORK_BENCH_SERVES": serves,
    }
    port = int(command[command.index("--port") + 1])
    command = [sys.executable, *command[:-1], "benchmarks.evidence_server:application"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        for _turn in range(300):
            with socket.socket() as line:
                if line.connect_ex((LOCAL, port)) == 0:
                    break
            if process.poll() is not None:
                raise RuntimeError((process.stderr.read() if process.stderr else b"").decode()[-2000:])
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def _family(pid: int) -> list[int]:
    """Return the process and those it started."""
    found = [pid]
    for path in Path(f"/proc/{pid}/task").iterdir():
        children = (path / "children").read_text().split()
        for child in children:
            found += _family(int(child))
    return found


def _peak(pid: int) -> float:
    """Return the largest resident memory of any of the server's processes so far, in MiB."""
    peaks = []
    for one in _family(pid):
        status = Path(f"/proc/{one}/status").read_text()
        peaks += [int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")]
    return max(peaks)


def _together(pid: int) -> float:
    """Return what the server and all its processes have in memory now, what they share counted once, in MiB."""
    total = 0
    for one in _family(pid):
        for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def _written(pid: int) -> int:
    """Return the bytes that the server's processes wrote so far, sockets and pipes included."""
    total = 0
    for one in _family(pid):
        for line in Path(f"/proc/{one}/io").read_text().splitlines():
            if line.startswith("wchar"):
                total += int(line.split()[1])
    return total


def _spent(pid: int) -> float:
    """Return the processor time of the server's processes so far, in seconds."""
    ticks = 0
    for one in _family(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _file(folder: Path, mib: int) -> Path:
    path = folder / f"{mib}.img"
    source = random.Random(mib)
    with path.open("wb") as out:
        for _turn in range(mib):
            out.write(source.randbytes(MIB))
    return path


def _send(port: int, token: str, item: Item, path: Path) -> float:
    """Send the file in pieces and wait until it is sealed; return the seconds."""
    size = path.stat().st_size
    base = {"Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0"}
    begun = time.perf_counter()
    line = http.client.HTTPConnection(LOCAL, port, timeout=600)
    name = base64.b64encode(path.name.encode()).decode()
    line.request(
        "POST", f"/api/v1/items/{item.pk}/uploads/",
        headers={**base, "Upload-Length": str(size), "Upload-Metadata": f"filename {name}", "Content-Length": "0"},
    )  # fmt: skip
    answer = line.getresponse()
    said = answer.read()
    if answer.status != 201:
        raise RuntimeError(f"{answer.status} {said[:300]!r}")
    where = (answer.getheader("Location") or "").split("/", 3)[3]
    with path.open("rb") as stream:
        offset = 0
        while piece := stream.read(PIECE):
            line.request(
                "PATCH", f"/{where}", body=piece,
                headers={**base, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"},
            )  # fmt: skip
            answer = line.getresponse()
            said = answer.read()
            if answer.status != 204:
                raise RuntimeError(f"{answer.status} {said[:300]!r}")
            offset += len(piece)
    while True:
        line.request("GET", f"/{where}", headers=base)
        state = line.getresponse().read()
        if b'"state":"done"' in state.replace(b" ", b""):
            return time.perf_counter() - begun
        if b"failed" in state:
            raise RuntimeError(state.decode())
        time.sleep(0.05)


def _openssl(path: Path) -> tuple[float, float]:
    """Return the seconds by the clock and of the processor."""
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(["openssl", "dgst", "-sm3", str(path)], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - begun, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _free_port() -> int:
    with socket.socket() as free:
        free.bind((LOCAL, 0))
        port: int = free.getsockname()[1]
        return port


def _uploads(people: list[User], folder: Path, scale: float) -> None:
    at = clock.now()
    secret = issue_token(people[0], "bench", scope=Token.Scope.WRITE, expires_at=at + timedelta(days=1), at=at)
    files = [_file(folder, mib) for mib in (1, SMALL, max(SMALL, round(LARGE * scale)))]
    for name, serves, command in SERVERS:
        port, storage = _free_port(), folder / f"storage-{name}"
        with _server(storage, serves, command(LOCAL, port)) as pid:
            _measured(name, pid, port, secret, _item(people), files)
        shutil.rmtree(storage, ignore_errors=True)


def _measured(name: str, pid: int, port: int, secret: str, item: Item, files: list[Path]) -> None:
    little, small, large = files
    _send(port, secret, item, little)  # everything loaded
    idle = _peak(pid)
    _send(port, secret, item, small)
    before, wrote, spent = _peak(pid), _written(pid), _spent(pid)
    theirs = [_openssl(large)]
    ours = _send(port, secret, item, large)
    after, wrote, spent = _peak(pid), _written(pid) - wrote, _spent(pid) - spent
    together = _together(pid)
    theirs.append(_openssl(large))
    size, clock_, busy = large.stat().st_size, *map(statistics.mean, zip(*theirs, strict=True))
    print(
        f"  {name}: upload and seal of {size // MIB} MiB in pieces: {ours:.1f} s, openssl sm3 before and after"
        f" {theirs[0][0]:.1f} and {theirs[1][0]:.1f} s: {ours / clock_:.2f} × (bar 2.0); processor time of the server"
        f" {spent:.1f} s against {busy:.1f} s: {spent / busy:.2f} ×"
    )
    bars = "bars 96 in all and 16 more" if name == "uploads" else "16 more"
    print(
        f"  {name}: memory at its highest: {idle:.0f} MiB loaded, {before:.0f} MiB after {SMALL} MiB, {after:.0f} MiB after"
        f" {size // MIB} MiB: {after - before:.0f} more ({bars}); all its processes at the end {together:.0f} MiB"
    )
    print(f"  {name}: bytes written ÷ file size: {wrote / size:.3f} (bar 1.02)")


def _reading(folder: Path, scale: float) -> None:
    path = _file(folder, max(SMALL, round(LARGE * scale)))

    def alone() -> float:
        begun = time.perf_counter()
        digest = hashlib.new("sm3")
        with path.open("rb", buffering=0) as stream:
            while chunk := stream.read(MIB):
                digest.update(chunk)
        return time.perf_counter() - begun

    def both() -> float:
        begun = time.perf_counter()
        read_digests(path)
        return time.perf_counter() - begun

    rounds = [(both(), alone()) for _turn in range(3)]
    ratios = sorted(ours / theirs for ours, theirs in rounds)
    print(f"  SHA-256 and SM3 in one read ÷ SM3 alone: {ratios[1]:.2f} × ({ratios[0]:.2f}…{ratios[2]:.2f}; bar 1.25)")
    _bag(folder, path)


def _bag(folder: Path, path: Path) -> None:
    """Validate a bag of the file with the verifier of the bundles; against hashing it with the same two digests."""
    bag = folder / "bag"
    (bag / "data").mkdir(parents=True)
    os.link(path, bag / "data" / "disk.img")
    found = read_digests(path)
    (bag / "bagit.txt").write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    (bag / "manifest-sha256.txt").write_text(f"{found.sha256}  data/disk.img\n")
    (bag / "manifest-sm3.txt").write_text(f"{found.sm3}  data/disk.img\n")

    def raw() -> float:
        begun = time.perf_counter()
        digests = [hashlib.sha256(), hashlib.new("sm3")]
        with path.open("rb") as stream:
            while chunk := stream.read(MIB):
                for one in digests:
                    one.update(chunk)
        return time.perf_counter() - begun

    def whole() -> float:
        begun = time.perf_counter()
        done = subprocess.run([sys.executable, str(verify.__file__), str(bag)], check=False, capture_output=True)
        if done.returncode:
            raise RuntimeError(done.stdout.decode())
        return time.perf_counter() - begun

    rounds = [(whole(), raw()) for _turn in range(3)]
    ratios = sorted(ours / theirs for ours, theirs in rounds)
    print(f"  validating a bag ÷ raw hashing: {ratios[1]:.2f} × ({ratios[0]:.2f}…{ratios[2]:.2f}; bar 1.25)")


# Custody ------------------------------------------------------------------------------------------------------------


def _long_chain(people: list[User], links: int) -> None:
    item = _item(people)
    officer, at = people[0], clock.now() - timedelta(days=200)
    with transaction.atomic():
        entries = [
            record("item.verified", ref=f"item:{item.pk}", actor=officer, at=at, data={"number": item.number}).pk
            for _turn in range(links)
        ]
        Custody.objects.bulk_create(
            Custody(
                item=item, seq=number, act=Act.VERIFIED, at=at, state=State.COLLECTED, actor=officer, entry_id=entry
            )
            for number, entry in enumerate(entries, 2)
        )
    client = Client(HTTP_HOST="localhost")
    client.force_login(officer, backend=settings.AUTHENTICATION_BACKENDS[-1])
    times = []
    for _turn in range(11):
        begun = time.perf_counter()
        answer = client.get(f"/evidence/{item.pk}/")
        times.append((time.perf_counter() - begun) * 1000)
        if answer.status_code != 200:
            raise RuntimeError(answer.status_code)
    print(f"  page of an item with {links + 1:,} links: {statistics.median(times[1:]):.0f} ms (bar 200)")


def _hands(people: list[User], turns: int) -> None:
    item = _item(people)
    officer, keepers = people[0], people[2:6]
    wrong, at = 0, clock.now() - timedelta(days=100)
    barrier = threading.Barrier(len(keepers))
    outcomes: list[list[bool]] = [[] for _ in keepers]

    def hand(place: int, keeper: User) -> None:
        for turn in range(turns):
            barrier.wait()
            try:
                offer_item(item, keeper, actor=officer, at=at + timedelta(seconds=turn))
                outcomes[place].append(True)
            except CaseworkError:
                outcomes[place].append(False)
            barrier.wait()
            if place == 0:
                withdraw_offer(item, actor=officer, at=at + timedelta(seconds=turn))
        connections.close_all()

    threads = [threading.Thread(target=hand, args=pair) for pair in enumerate(keepers)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wrong = sum(sum(results) != 1 for results in zip(*outcomes, strict=True))
    left = Offer.objects.filter(item=item, state=OfferState.OPEN).count()
    print(
        f"  four hand-overs of one item at once, {turns} times: exactly one each time but {wrong},"
        f" open at the end {left}, {time.perf_counter() - begun:.0f} s"
    )
    if wrong or left:
        raise RuntimeError("an item was handed to more or fewer than one")
