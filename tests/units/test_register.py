"""The register by hand: leaders over time, renames, mergers, closing, rival claims; each leaves the others alone."""

import threading
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from casework.core.errors import CaseworkError, Invalid, NotAllowed, NotReady, Refused
from casework.ledger.models import Entry
from tests.build import a_user, moment
from tests.build_units import NOW, a_block, a_unit
from tests.cast import Cast
from units.enums import ClaimState, UnitState
from units.models import AddressBlock, AddressConflict, Person, Unit, UnitLeader
from units.rules.names import name_key
from units.rules.regions import city_name, region_name
from units.services.register import (
    change_leader,
    close_unit,
    current_leader,
    end_block,
    link_leader,
    rename_unit,
    settle_conflict,
)

LATER = moment("2021-09-01 09:00")


@pytest.mark.django_db
def test_an_account_is_linked_to_the_leader_the_register_names(cast: Cast) -> None:
    unit, bystander = a_unit(), a_unit()
    UnitLeader.objects.create(unit=unit, name=cast.unit_leader.name, post="主任")
    assert not Unit.objects.visible_to(cast.unit_leader).exists()

    link_leader(unit, cast.unit_leader, actor=cast.campaign_officer, at=NOW)

    assert list(Unit.objects.visible_to(cast.unit_leader)) == [unit]
    assert not bystander.leaders.exists()
    again = link_leader(unit, cast.unit_leader, actor=cast.campaign_officer, at=NOW)
    assert again == unit.leaders.get()
    assert Entry.objects.of(f"unit:{unit.pk}").count() == 1
    with pytest.raises(Invalid):
        link_leader(bystander, cast.officer, actor=cast.campaign_officer, at=NOW)
    with pytest.raises(NotAllowed):
        link_leader(bystander, cast.other_leader, actor=cast.officer, at=NOW)


@pytest.mark.django_db
def test_a_new_leader_ends_the_former_ones_sight_of_the_unit(cast: Cast) -> None:
    unit = a_unit(leader=cast.unit_leader)
    change_leader(unit, cast.other_leader.name, user=cast.other_leader, actor=cast.intake, at=LATER)
    before, after = unit.leaders.order_by("pk")
    assert (before.until, after.from_on) == (date(2021, 8, 31), date(2021, 9, 1))
    assert current_leader(unit, date(2021, 8, 31)) == before
    assert current_leader(unit, date(2021, 9, 1)) == after
    assert not Unit.objects.visible_to(cast.unit_leader).exists()
    with pytest.raises(Refused):
        change_leader(unit, "又一人", from_on=date(2020, 1, 1), actor=cast.intake, at=LATER)


@pytest.mark.django_db
def test_two_leaders_at_one_time_are_refused_by_the_database() -> None:
    unit = a_unit()
    UnitLeader.objects.create(unit=unit, name="甲", until=date(2021, 8, 31))
    with pytest.raises(IntegrityError), transaction.atomic():
        UnitLeader.objects.create(unit=unit, name="乙", from_on=date(2021, 8, 31))
    UnitLeader.objects.create(unit=unit, name="乙", from_on=date(2021, 9, 1))


@pytest.mark.django_db
def test_renaming_keeps_the_former_name_and_finds_the_unit_by_both(cast: Cast) -> None:
    unit, bystander = a_unit("上虞区职业教育中心"), a_unit("别的学校")
    rename_unit(unit, "上虞区中等专业学校", actor=cast.intake, at=LATER, document="虞编〔2021〕3号")
    unit.refresh_from_db()
    assert (unit.name, unit.name_key) == ("上虞区中等专业学校", name_key("上虞区中等专业学校"))
    assert (unit.earlier_names.get().name, unit.earlier_names.get().until) == ("上虞区职业教育中心", date(2021, 8, 31))
    assert not bystander.earlier_names.exists()
    with pytest.raises(Refused):
        rename_unit(unit, "第三个名字", actor=cast.intake, at=LATER)


@pytest.mark.django_db
def test_a_unit_is_closed_only_when_nothing_hangs_on_it(cast: Cast) -> None:
    unit, heir = a_unit("老校"), a_unit("新校")
    child = a_unit("附属")
    Unit.objects.filter(pk=child.pk).update(parent=unit)
    block = a_block(unit, "10.0.0.0/24", from_on="2019-01-01")
    with pytest.raises(NotReady) as refusal:
        close_unit(unit, closed_on=date(2021, 8, 31), merged_into=heir, actor=cast.intake, at=LATER)
    assert len(refusal.value.missing) == 2
    Unit.objects.filter(pk=child.pk).update(parent=heir)
    end_block(block, last_day=date(2021, 8, 30), actor=cast.intake, at=LATER)
    done = close_unit(unit, closed_on=date(2021, 8, 31), merged_into=heir, actor=cast.intake, at=LATER)
    assert (done.state, done.merged_into) == (UnitState.MERGED, heir)
    heir.refresh_from_db()
    assert (heir.state, heir.version) == (UnitState.ACTIVE, 1)
    with pytest.raises(Refused):
        close_unit(unit, closed_on=date(2021, 8, 31), actor=cast.intake, at=LATER)


@pytest.mark.parametrize("day", [date(2018, 12, 31), date(2021, 7, 1)])
@pytest.mark.django_db
def test_a_block_ends_within_its_period(cast: Cast, day: date) -> None:
    block = a_block(a_unit(), "10.0.0.0/24", from_on="2019-01-01", until="2021-07-01")
    with pytest.raises(Invalid):
        end_block(block, last_day=day, actor=cast.intake, at=NOW)


@pytest.mark.django_db
def test_settling_keeps_both_sources_and_settles_every_conflict_of_the_withdrawn_claim(cast: Cast) -> None:
    kept, lost, third = (a_block(a_unit(), "10.0.0.0/24") for _ in range(3))
    rows = [
        AddressConflict.objects.create(
            first=min(pair, key=lambda b: b.pk), second=max(pair, key=lambda b: b.pk), noted_at=NOW
        )
        for pair in ((kept, lost), (lost, third), (kept, third))
    ]
    with pytest.raises(Invalid):
        settle_conflict(rows[0], kept, actor=cast.intake, at=NOW, reason=" ")
    settle_conflict(rows[0], kept, actor=cast.intake, at=NOW, reason="通管局复函")
    for row in rows:
        row.refresh_from_db()
    assert [row.kept for row in rows] == [kept, third, None]
    assert list(AddressBlock.objects.order_by("pk").values_list("state", flat=True)) == [
        ClaimState.STANDING, ClaimState.WITHDRAWN, ClaimState.STANDING,
    ]  # fmt: skip
    with pytest.raises(Refused):
        settle_conflict(rows[0], lost, actor=cast.intake, at=NOW, reason="再来")


@pytest.mark.django_db(transaction=True)
def test_two_officers_settle_one_conflict_at_once() -> None:
    from casework.accounts.enums import Role

    officers = [a_user("甲", Role.INTAKE), a_user("乙", Role.INTAKE)]
    blocks = [a_block(a_unit(), "10.0.0.0/24") for _ in range(2)]
    row = AddressConflict.objects.create(first=blocks[0], second=blocks[1], noted_at=NOW)
    start, outcomes = threading.Barrier(2), []

    def press(number: int) -> None:
        start.wait()
        try:
            settle_conflict(row, blocks[number], actor=officers[number], at=NOW, reason="复函")
            outcomes.append("done")
        except CaseworkError as error:
            outcomes.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "settled"]
    assert AddressBlock.objects.filter(state=ClaimState.STANDING).count() == 1


@pytest.mark.django_db
def test_who_sees_the_register(cast: Cast) -> None:
    own, other = a_unit(leader=cast.unit_leader), a_unit(leader=cast.other_leader)
    for unit in (own, other):
        Person.objects.create(unit=unit, name="某某")
        a_block(unit, f"10.0.{unit.pk % 256}.0/24")
    for name, user in cast.everyone().items():
        expected = {own, other} if user.is_commission else {own} if user == cast.unit_leader else set()
        if user == cast.other_leader:
            expected = {other}
        assert set(Unit.objects.visible_to(user)) == expected, name
        assert {person.unit for person in Person.objects.visible_to(user)} == expected, name
        assert AddressBlock.objects.visible_to(user).exists() == user.is_commission, name


@pytest.mark.parametrize(
    ("code", "name", "city"),
    [
        ("330604", "绍兴市上虞区", "绍兴市"),
        ("330521", "湖州市德清县", "湖州市"),
        ("330100", "杭州市", "杭州市"),
        ("330000", "浙江省", "浙江省"),
        ("110101", "北京市东城区", "北京市"),
        ("339999", "339999", "339900"),
    ],
)
def test_names_of_divisions(code: str, name: str, city: str) -> None:
    assert (region_name(code), city_name(code)) == (name, city)
