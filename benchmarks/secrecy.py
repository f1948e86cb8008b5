"""Two worlds in turns: do the times of an outsider's answers tell that an unannounced inspection is planned?

Each round asks everything, plans an inspection within a transaction, asks everything again and takes it back; every other
round asks without the inspection last. That nothing *in* the answers differs is shown by
``tests/cases/test_secrecy_everywhere.py``; here only their times are compared.
"""

import random
from collections.abc import Callable
from datetime import date
from functools import partial

from django.db import transaction
from django.test import Client

from benchmarks.database import fresh, owner_does
from benchmarks.timing import Times, rank_z
from cases.services.inspections import MemberPlan, SitePlan, TeamPlan, plan_inspection
from tests.build import moment
from tests.build_cases import a_case, a_unit, the_inspectors
from tests.cast import Cast, make_cast

#: Rounds of both worlds, and how often each address is asked in each.
ROUNDS, ASKED = 30, 4
UNITS, CASES = 20, 200
ADDRESSES = (
    ("home", "/"),
    ("cases", "/cases/"),
    ("inspections", "/inspections/"),
    ("search", "/search/?q=网络安全联合检查"),
    ("unit", "/units/{unit}/"),
    ("one of them", "/api/v1/inspection-sites/{site}/"),
    ("all of them", "/api/v1/inspections/"),
    ("notices", "/notices/"),
)
#: Beyond this a rank sum would tell the worlds apart.
BAR = 4


def run(scale: float) -> None:
    """Print for each address the ratio of the medians, with ÷ without, and |z|."""
    with fresh("secrecy"):
        cast = make_cast()
        units = [a_unit(f"检查单位{number}") for number in range(1, UNITS + 1)]
        people = the_inspectors()
        for number in range(CASES):
            a_case(cast, title=f"第{number}件利用公共资源“挖矿”案", unit=units[number % UNITS])
        owner_does("vacuum analyze")

        def plan() -> None:
            plan_inspection(
                None, from_on=date(2021, 9, 6), to_on=date(2021, 9, 9), actor=cast.officer, at=moment("2021-09-03 09:00"),
                teams=[
                    TeamPlan(
                        [MemberPlan(user.name, "省纪委监委", user) for user in people],
                        [SitePlan(unit, addresses=[f"10.1.{n}.7"]) for n, unit in enumerate(units, 1)],
                    )
                ],
            )  # fmt: skip

        for who in ("outsider", "unit_leader"):
            _compare(cast, who, units[0].pk, plan, max(int(ROUNDS * scale), 4))


def _compare(cast: Cast, who: str, unit: int, plan: Callable[[], None], rounds: int) -> None:
    client = Client(headers={"host": "localhost"})
    client.force_login(cast.everyone()[who], backend="casework.accounts.backends.AccountBackend")
    places = {name: address.format(unit=unit, site=1) for name, address in ADDRESSES}
    worlds: dict[str, tuple[Times, Times]] = {name: (Times(), Times()) for name in places}
    drawn = random.Random(7)
    statuses: dict[str, set[int]] = {name: set() for name in places}

    def look(name: str) -> None:
        statuses[name].add(client.get(places[name]).status_code)

    def ask(world: int) -> None:
        turns = [name for name in places for _time in range(ASKED)]
        drawn.shuffle(turns)
        for name in turns:
            worlds[name][world].take(partial(look, name))

    for _name in range(3):
        for address in places.values():
            client.get(address)
    for turn in range(rounds):
        with transaction.atomic():
            # Either world comes first as often: whoever does pays for what the end of a round took from the connection.
            if turn % 2 == 0:
                ask(0)
            mark = transaction.savepoint()
            plan()
            ask(1)
            transaction.savepoint_rollback(mark)
            if turn % 2:
                ask(0)
    for name, (without, within) in worlds.items():
        if len(statuses[name]) != 1:
            raise SystemExit(f"{who} {name}: statuses {sorted(statuses[name])}")
        z = abs(rank_z(within.processor, without.processor))
        print(
            f"  {who:<12} {name:<12} with ÷ without {within.middle / without.middle:.3f}  |z| {z:.2f}"
            f"  ({1000 * without.middle:.1f} ms of processors, {len(without.processor)} pairs, bar |z| < {BAR})",
            flush=True,
        )
