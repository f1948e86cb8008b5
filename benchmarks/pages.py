"""List pages as officer and as auditor over few and over many rows, in turns: the time should not follow the rows."""

import base64
import json
import statistics
from collections import defaultdict
from contextlib import ExitStack
from datetime import date, datetime
from functools import partial
from ipaddress import ip_network

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks.database import fresh, owner_does, use
from benchmarks.timing import Times
from casework.access.enums import CompartmentKind
from casework.access.models import Compartment, Grant
from casework.accounts.enums import OrganisationKind, Role
from casework.accounts.models import Appointment, Organisation, User
from casework.core import clock
from casework.imports.enums import RunState
from casework.imports.models import ImportRun
from units.enums import UnitKind
from units.models import AddressBlock, MonitorList, Region, Unit

FEW, MANY = 10_000, 1_000_000
ROUNDS, REQUESTS = 5, 4
UNITS = 200
#: The page of the first rows, and others; ``%`` stands for a place that depends on the rows.
PAGES = {
    "list": "/sightings/",
    "one filter": "/sightings/?match=unmatched",
    "search": "/sightings/?q=203.0.113.24",
    "no hit": "/sightings/?q=203.0.113.240",
    "API": "/api/v1/sightings/",
    "deep": "/sightings/?after=%(deep)s",
}
#: Of ten rows one stands behind the page that lies deep.
BEHIND = 10
# Half of the rows lie in the officer's compartment, half in one he does not belong to; one in four has a unit.
_ROWS = """
insert into units_sighting (monitor_list_id, compartment_id, sensor, observed_at, ip, port, remote_host, remote_port,
    protocol, currency, reference, match_state, unit_id, block_id)
select l.id, l.compartment_id, l.sensor, timestamptz '2021-07-01 00:00+08' + n * interval '97 seconds',
       inet '10.0.0.0' + n * 7, 1024 + n %% 60000, '203.0.113.' || n %% 50, 3333, 'stratum+tcp',
       case n %% 3 when 0 then 'ETH' when 1 then 'XMR' else 'RVN' end, '',
       case when b.id is null then 'unmatched' else 'matched' end, b.unit_id, b.id
from generate_series(1, %s) n
join units_monitorlist l on l.id = (%s::bigint[])[1 + n %% 2]
left join units_addressblock b on n %% 4 < 1 and b.id = (%s::bigint[])[1 + n %% %s]
"""


def run(scale: float) -> None:
    """Ask for every page in turns from a small and a large database, as both readers."""
    sizes = (max(100, round(FEW * scale)), max(200, round(MANY * scale)))
    times: dict[tuple[str, str, int], Times] = defaultdict(Times)
    queries: dict[tuple[str, str, int], int] = {}
    with ExitStack() as stack:
        worlds = {}
        for size in sizes:
            name = stack.enter_context(fresh(f"pages_{size}"))
            worlds[size] = name, _fill(size), {"deep": _deep(size)}
        for number in range(ROUNDS):
            for size, (name, clients, places) in worlds.items():
                use(name)
                for page, address in PAGES.items():
                    path = address % places
                    for reader, client in clients.items():
                        counted = _ask(client, path)  # not timed: a new connection has to warm up
                        if number == 0:
                            queries[page, reader, size] = counted
                    # In pairs, now one first and now the other: what else the machine does meets both alike.
                    for turn in range(REQUESTS):
                        for reader in sorted(clients, reverse=bool(turn % 2)):
                            times[page, reader, size].take(partial(clients[reader].get, path))
    _tell(sizes, times, queries)


def _deep(rows: int) -> str:
    """Return the place in the list, as its address has it, behind which one row in ten stands."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select observed_at, id from units_sighting order by observed_at, id offset %s limit 1", [rows // BEHIND]
        )
        at, key = cursor.fetchone()
    return base64.urlsafe_b64encode(json.dumps([at.isoformat(), key]).encode()).decode().rstrip("=")


def _tell(
    sizes: tuple[int, int], times: dict[tuple[str, str, int], Times], queries: dict[tuple[str, str, int], int]
) -> None:
    few, many = sizes
    print(f"  {'':22}{few:>9,} rows{many:>9,} rows   ratio   queries   {'':4}")
    middle = {key: statistics.median(found.clock) * 1000 for key, found in times.items()}
    late = {key: statistics.quantiles(found.clock, n=20)[-1] * 1000 for key, found in times.items()}
    for page in PAGES:
        for reader in ("officer", "auditor"):
            small, large = (page, reader, few), (page, reader, many)
            print(
                f"  {page:<12}{reader:<10}{middle[small]:>11.1f} ms{middle[large]:>11.1f} ms"
                f"{middle[large] / middle[small]:>8.2f}   {queries[small]} → {queries[large]}"
                f"   p95 {late[large]:.1f} ms, processors {times[large].middle * 1000:.1f} ms"
            )
        own, his = (times[page, reader, many].processor for reader in ("officer", "auditor"))
        ratio = statistics.median(one / other for one, other in zip(own, his, strict=True))
        print(f"  {page:<12}officer ÷ auditor at {many:,} rows, processor time in pairs: {ratio:.2f}", flush=True)


def _ask(client: Client, path: str) -> int:
    """Ask once and return the number of queries; anything but rows in the answer ends the run."""
    with CaptureQueriesContext(connection) as captured:
        response = client.get(path)
    if response.status_code != 200 or b"203.0.113." not in response.content:
        raise SystemExit(f"{path}: status {response.status_code}, or no rows")
    return len(captured)


def _fill(rows: int) -> dict[str, Client]:
    """Write the rows and return the readers' clients, signed in."""
    now = clock.now()
    office = Organisation.objects.create(code="O1", name="省纪委监委", kind=OrganisationKind.COMMISSION)
    readers = {
        "officer": _user("officer", Role.CASE_OFFICER, office),
        "auditor": _user("auditor", Role.AUDITOR, office),
    }
    circles = [
        Compartment.objects.create(kind=CompartmentKind.MONITORING, name=name, created_at=now)
        for name in ("甲号知悉范围", "乙号知悉范围")
    ]
    Grant.objects.create(compartment=circles[0], user=readers["officer"], from_on=date(2020, 1, 1))
    lists = [_list(circle, now) for circle in circles]
    region = Region.objects.create(code="330604", name="上虞区")
    units = Unit.objects.bulk_create(
        Unit(code=f"B{n:05d}", name=f"第{n}单位", name_key=f"{n}", kind=UnitKind.SCHOOL, region=region)
        for n in range(UNITS)
    )
    blocks = AddressBlock.objects.bulk_create(
        AddressBlock(network=ip_network(f"10.{n}.0.0/16"), unit=unit, valid=DateRange(date(2020, 1, 1), None, "[)"))
        for n, unit in enumerate(units)
    )
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [rows, [one.pk for one in lists], [one.pk for one in blocks], UNITS])
        if cursor.rowcount != rows:
            raise SystemExit(f"{cursor.rowcount} rows were written instead of {rows}")
    owner_does("vacuum analyze")
    return {name: _client(user) for name, user in readers.items()}


def _list(circle: Compartment, now: datetime) -> MonitorList:
    run = ImportRun.objects.create(
        kind="sightings",
        file_name="list.csv",
        sha256="0" * 64,
        size=1,
        state=RunState.APPLIED,
        compartment=circle,
        read_at=now,
        applied_at=now,
    )
    return MonitorList.objects.create(sensor="出口一", sampled_at=now, compartment=circle, import_run=run)


def _user(name: str, role: Role, office: Organisation) -> User:
    user = User(username=name, name=name, organisation=office, email=f"{name}@example.invalid")
    user.set_unusable_password()
    user.save()
    Appointment.objects.create(user=user, role=role, from_on=date(2020, 1, 1))
    return user


def _client(user: User) -> Client:
    client = Client(headers={"host": "localhost"})
    client.force_login(user, backend="casework.accounts.backends.AccountBackend")
    return client
