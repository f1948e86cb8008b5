"""Penalties at size: a range with comparable cases among many, reconciling dues, drafts for 200 people in one pass."""

import statistics
import time
from collections.abc import Callable
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Sum

from benchmarks.database import fresh, owner_does
from cases.enums import SIDE_OF, Duty
from cases.ladder import MeasureSpec
from cases.models import Case, CaseMember, Exhibit, Fact, Penalty, Recovery, Suspect
from cases.ranges import Finding
from cases.selectors.penalties import comparable, inequality, proposal_of
from cases.selectors.preparation import candidates
from cases.selectors.reconciliation import BY, dues, groups, total
from cases.services.preparation import prepare_penalties
from casework.access.models import Compartment
from casework.accounts.enums import OrganisationKind, Role
from casework.accounts.models import Appointment, Organisation, User
from casework.core import clock
from evidence.models import Collection, Item
from units.models import Region, Unit

#: Decided penalties, dues, and people who are prepared at once.
DECIDED, DUES, PEOPLE = 100_000, 10_000, 200
ROUNDS = 15
MINING = "CN_USE_PUBLIC_PROPERTY_FOR_PROFIT"
_WATCHED = ("cases_suspect", "cases_penalty", "cases_penaltymeasure")
_PENALTIES = """
with people as (
    insert into cases_suspect (case_id, name, id_number, post, rank, employment, party_member, party_post,
        public_official, leading_cadre, village_cadre, deputy_of, standing_on, conduct_from, conduct_until, added_at,
        unit_id, version)
    select %(case)s, '某某' || g, '', '工作人员', '', 'institution_staff', true, '', false, false, false, '',
        date '2021-08-31', date '2021-03-01', date '2021-08-31', now(), %(unit)s, 1
    from generate_series(1, %(rows)s) g
    returning id
), given as (
    insert into cases_penalty (suspect_id, state, state_since, returned, track, form, decided_by, situation, offices,
        branch, grounds, evidence, findings, circumstances, reason, acts_from, acts_until, standing, laws, draft,
        digest, drafted_by_id, drafted_at, updated_at, effective_on, number, document, document_digest, version)
    select id, 'executed', now(), false, 'sanction', 2, 'commission', 'in_post', '{}', 'raised', '用单位电脑挖矿', '笔录',
        jsonb_build_array(jsonb_build_object('code', case when id %% 3 = 0 then %(code)s else 'CN_FORMALISM' end,
            'severity', 'light')),
        '{}', '', date '2021-03-01', date '2021-08-31', '{}', '{}', 1, repeat('0', 64), %(user)s, now(), now(),
        date '2021-10-01' + (id %% 60)::int, '', '', '', 1
    from people returning id
)
insert into cases_penaltymeasure (penalty_id, seq, code, family, title, band, unit, note, article, verified)
select id, 1, 'PD_WARNING', 'party_discipline', '党内警告', 'light', '', '', '', false from given
"""
_DUES = """
insert into cases_recovery (case_id, suspect_id, kind, label, basis, coin, quantity, price, priced_at, price_source,
    value, approximate, amount_due, amount_paid, due_on, registered_by_id, at, version)
select s.case_id, s.id, 'gain', '挖矿所得', case when s.id %% 2 = 0 then 'stated_price' else 'cny' end,
    case when s.id %% 2 = 0 then (array['BTC', 'ETH', 'XMR'])[1 + s.id %% 3] else '' end,
    case when s.id %% 2 = 0 then 0.5 end, case when s.id %% 2 = 0 then 22560 end,
    case when s.id %% 2 = 0 then now() end, case when s.id %% 2 = 0 then '中国纪检监察报' else '' end,
    case when s.id %% 2 = 0 then 11280 else 15000 end, false, case when s.id %% 2 = 0 then 11280 else 15000 end,
    case when s.id %% 5 = 0 then 1000 else 0 end, case when s.id %% 4 = 0 then date '2021-12-01' end, %(user)s, now(), 1
from (select id, case_id from cases_suspect order by id limit %(rows)s) s
"""


def run(scale: float) -> None:
    """Print the time of each, and its ratio to the bare statement behind it."""
    with fresh("penalties"):
        user, unit = _house()
        case = _case(user, unit, "浙纪立〔2021〕1号", "利用公共资源“挖矿”案")
        # The index of the search is not what is measured here, and takes longer than all else: off while rows are made.
        owner_does(*(f"alter table {table} disable trigger user" for table in _WATCHED))
        with connection.cursor() as cursor:
            cursor.execute(
                _PENALTIES,
                {"case": case.pk, "unit": unit.pk, "rows": int(DECIDED * scale), "user": user.pk, "code": MINING},
            )
        owner_does(*(f"alter table {table} enable trigger user" for table in _WATCHED))
        _settled(_case(user, unit, "浙纪立〔2021〕2号", "另一件“挖矿”案"), user, int(PEOPLE * scale))
        with connection.cursor() as cursor:
            cursor.execute(_DUES, {"rows": int(DUES * scale), "user": user.pk})
        owner_does("vacuum analyze")
        _prepare(user, scale)
        owner_does("vacuum analyze")
        _range(user)
        _reconcile(user)


def _timed(act: Callable[[], Any], rounds: int = ROUNDS) -> float:
    act()
    times = []
    for _round in range(rounds):
        start = time.perf_counter()
        act()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def _range(user: User) -> None:
    mine = Penalty.objects.filter(suspect__case__number="浙纪立〔2021〕2号").select_related("suspect__case").first()
    if mine is None:
        raise SystemExit("no draft was prepared")
    day = date(2021, 12, 1)
    count = Penalty.objects.count()
    law = _timed(lambda: proposal_of(mine, day))
    found = _timed(lambda: (proposal_of(mine, day), comparable(mine, user), inequality(mine)))
    alike = len(comparable(mine, user))
    print(
        f"  range       {alike} comparable among {count:,}: p50 {1000 * found:.1f} ms, the law alone {1000 * law:.1f} ms",
        flush=True,
    )


def _reconcile(user: User) -> None:
    day = date(2021, 12, 16)

    def whole() -> int:
        rows = dues(user)
        total(rows, day)
        return sum(len(list(groups(rows, by, day))) for by in BY)

    bare = _timed(lambda: Recovery.objects.aggregate(Sum("amount_due"), Sum("amount_paid")))
    took = _timed(whole)
    print(
        f"  reconcile   {Recovery.objects.count():,} dues by unit, person and coin ({whole():,} lines):"
        f" p50 {1000 * took:.1f} ms; one bare sum {1000 * bare:.1f} ms, {took / bare:.1f} ×",
        flush=True,
    )


def _prepare(user: User, scale: float) -> None:
    people = list(candidates(user).filter(case__number="浙纪立〔2021〕2号")[: int(PEOPLE * scale)])
    start = time.perf_counter()
    done = prepare_penalties(
        people, measures=[MeasureSpec("PD_WARNING")], findings=[Finding(MINING)], actor=user, at=clock.now()
    )
    took = time.perf_counter() - start
    each = 1000 * took / max(len(people), 1)
    print(
        f"  prepare     {len(done.drafted)} drafted, {len(done.refused)} refused, in one pass: {took:.2f} s,"
        f" {each:.1f} ms each",
        flush=True,
    )


def _house() -> tuple[User, Unit]:
    office = Organisation.objects.create(code="O1", name="省纪委监委", kind=OrganisationKind.COMMISSION)
    user = User(username="officer", name="承办人", organisation=office, email="officer@example.invalid")
    user.set_unusable_password()
    user.save()
    Appointment.objects.create(user=user, role=Role.CASE_OFFICER, from_on=date(2020, 1, 1))
    region = Region.objects.create(code="330604", name="上虞区")
    return user, Unit.objects.create(code="B00001", name="某中心", name_key="mouzhongxin", kind="school", region=region)


def _case(user: User, unit: Unit, number: str, title: str) -> Case:
    compartment = Compartment.objects.create(kind="case", name=title, created_at=clock.now())
    compartment.grants.create(user=user, from_on=date(2020, 1, 1))
    case = Case.objects.create(
        number=number, title=title, kind="both", compartment=compartment, state="deliberation", unit=unit,
        drafted_by=user, proposed_at=clock.now(), filed_on=date(2021, 9, 13), state_since=clock.now(),
        updated_at=clock.now(),
    )  # fmt: skip
    CaseMember.objects.create(case=case, user=user, duty=Duty.LEAD, side=SIDE_OF[Duty.LEAD], from_on=date(2020, 1, 1))
    return case


def _settled(case: Case, user: User, count: int) -> None:
    """People of a case, each with a fact that two items prove."""
    people = Suspect.objects.bulk_create(
        Suspect(
            case=case, name=f"某某{n}", unit=case.unit, post="工作人员", employment="institution_staff",
            party_member=True, public_official=False, leading_cadre=False, standing_on=date(2021, 8, 31),
            conduct_from=date(2021, 3, 1), conduct_until=date(2021, 8, 31), added_at=clock.now(),
        )
        for n in range(count)
    )  # fmt: skip
    collection = Collection.objects.create(
        number="B1", year=2021, serial=1, compartment=case.compartment, place="机房", began_at=clock.now(),
        created_at=clock.now(), created_by=user,
    )  # fmt: skip
    items = Item.objects.bulk_create(
        Item(
            number=f"B1-{n:05}", kind="physical", title=f"材料 {n}", compartment=case.compartment,
            collection=collection, state="collected", holder=user, created_at=clock.now(), updated_at=clock.now(),
        )
        for n in range(2 * count)
    )  # fmt: skip
    facts = Fact.objects.bulk_create(
        Fact(case=case, number=n + 1, statement=f"{one.name}用单位电脑挖矿") for n, one in enumerate(people)
    )
    for fact, suspect in zip(facts, people, strict=True):
        fact.suspects.add(suspect)
    Exhibit.objects.bulk_create(
        Exhibit(
            case=case, item=item, fact=facts[n // 2], stance="for", label=f"材料{n}", by=user, at=clock.now()
        )
        for n, item in enumerate(items)
    )  # fmt: skip
