"""A campaign over many units: issuing the self-inspection in parts, and the matrix page. Bars: < 60 s and ≤ 300 ms for 10,000 × 4."""

import statistics
import time
from datetime import date

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from benchmarks.database import fresh, owner_does, use
from benchmarks.pages import _client, _user
from casework.access.enums import CompartmentKind
from casework.access.services.compartments import open_compartment
from casework.accounts.enums import OrganisationKind, Role
from casework.accounts.models import Organisation, User
from casework.core import clock
from units.enums import UnitKind
from units.models import Campaign, CampaignTemplate, Region, SelfInspection, Unit, UnitLeader
from units.selectors.templates import newest
from units.services.campaign_templates import planned_stages
from units.services.campaigns import add_units, open_campaign
from units.services.issue_runs import begin_issue, go_on

UNITS = 10_000
PAGES = {"unfinished": "", "one cell": "?stage=self_inspection&state=issued", "all, last page": "?all=1&from={last}"}
#: Spread the reports over their states, as in the middle of a campaign.
_SPREAD = """
update units_selfinspection set
    state = (array['issued','acknowledged','drafting','submitted','under_review','returned','verified','accepted'])[1 + id %% 8],
    answered = id %% 15
where stage_id = %s
"""


def run(scale: float) -> None:
    """Open a campaign, issue to every unit, and draw the matrix."""
    count = max(100, round(UNITS * scale))
    with fresh("campaign") as name:
        use(name)
        officer = _officer(count)
        campaign = _campaign(officer, count)
        _issue(campaign, officer)
        _matrix(campaign, officer, count)


def _officer(count: int) -> User:
    with transaction.atomic():
        home = Organisation.objects.create(name="专班", code="BENCH", kind=OrganisationKind.COMMISSION)
        officer = _user("officer", Role.CAMPAIGN_OFFICER, home)
        region, _made = Region.objects.get_or_create(code="330100", defaults={"name": "杭州市"})
        units = Unit.objects.bulk_create(
            [Unit(code=f"B{n:06d}", name=f"第{n}单位", kind=UnitKind.SCHOOL, region=region) for n in range(count)],
            batch_size=2000,
        )
        side = Organisation.objects.create(name="单位", code="BENCHU", kind=OrganisationKind.UNIT)
        users = User.objects.bulk_create(
            [User(username=f"lead{n}", name=f"负责人{n}", password="!", organisation=side) for n in range(count)],
            batch_size=2000,
        )
        UnitLeader.objects.bulk_create(
            [
                UnitLeader(unit=unit, user=user, name=user.name, post="主任", from_on=date(2020, 1, 1))
                for unit, user in zip(units, users, strict=True)
            ],
            batch_size=2000,
        )
    return User.objects.get(pk=officer.pk)


def _campaign(officer: User, count: int) -> Campaign:
    at = clock.now()
    version = newest(CampaignTemplate.objects.get(code="four-stages").pk)
    owner = open_compartment(CompartmentKind.CAMPAIGN, "专项行动", members=[officer], actor=officer, at=at)
    campaign = open_campaign(
        "bench", "专项行动", stages=planned_stages(version, clock.today()), compartment=owner, template=version,
        actor=officer, at=at,
    )  # fmt: skip
    started = time.perf_counter()
    add_units(campaign, Unit.objects.all(), actor=officer, at=at)
    print(f"  {count:,} units taken in: {time.perf_counter() - started:.1f} s")
    return campaign


def _issue(campaign: Campaign, officer: User) -> None:
    stage = campaign.stages.select_related("campaign").get(code="self_inspection")
    started = time.perf_counter()
    run = begin_issue(stage, due_on=stage.due_on, actor=officer, at=clock.now())
    first = time.perf_counter() - started
    parts = 1
    while go_on(run, at=clock.now()):
        parts += 1
    took = time.perf_counter() - started
    done = SelfInspection.objects.filter(stage=stage).count()
    print(f"  issued to {done:,} units in {parts} parts: {took:.1f} s (begun after {first:.2f} s)")


def _matrix(campaign: Campaign, officer: User, count: int) -> None:
    stage = campaign.stages.get(code="self_inspection")
    with connection.cursor() as cursor:
        cursor.execute(_SPREAD, [stage.pk])
    owner_does("analyze")
    client = _client(officer)
    for name, query in PAGES.items():
        place = f"/campaigns/{campaign.code}/" + query.format(last=max(count - 100, 0))
        client.get(place)
        times = []
        for _round in range(7):
            started = time.perf_counter()
            page = client.get(place)
            times.append(time.perf_counter() - started)
        with CaptureQueriesContext(connection) as queries:
            client.get(place)
        if page.status_code != 200:
            raise SystemExit(f"{place}: status {page.status_code}")
        print(f"  matrix, {name}: {statistics.median(times) * 1000:.0f} ms, {len(queries)} queries")
