"""Taking a list back: everything or nothing, only while nothing rests on it; and two people at once."""

import threading
from datetime import date
from typing import Any

import pytest
from django.db import connection

from casework.core.errors import NotAllowed, NotReady, Refused, Stale
from casework.imports.models import ImportRun
from casework.imports.services import apply_run, discard_run, read_file, undo_run
from casework.ledger.models import Entry
from tests.build import a_compartment, moment
from tests.build_units import NOW, a_block, a_run, a_unit
from tests.cast import Cast
from units.models import AddressBlock, AddressConflict, ListedAddress, MonitorList, Person, Sighting, Unit, UnitLeader
from units.services.leads import raise_leads

LATER = moment("2021-09-01 09:00")
pytestmark = pytest.mark.django_db


def take(text: str, kind: str, **more: Any) -> ImportRun:
    return apply_run(read_file(text.encode(), kind, actor=None, at=NOW, **more), actor=None, at=NOW)


def test_units_go_back_to_what_they_were() -> None:
    first = take("代码,单位名称,单位类别,行政区划代码,负责人\nU1,旧名,学校,330604,钱某\n", "units")
    text = "代码,单位名称,单位类别,行政区划代码,负责人,上级单位代码\nU1,新名,高校,330604,孙某,U0\nU0,教育局,机关,330604,,\n"
    second = apply_run(read_file(text.encode(), "units", actor=None, at=LATER), actor=None, at=LATER)
    unit = Unit.objects.get(code="U1")
    assert (unit.name, unit.kind, unit.parent, unit.earlier_names.get().name) == (
        "新名",
        "university",
        Unit.objects.get(code="U0"),
        "旧名",
    )
    assert {leader.name: leader.until for leader in unit.leaders.all()} == {"钱某": date(2021, 8, 31), "孙某": None}

    undo_run(second, actor=None, at=LATER)

    unit.refresh_from_db()
    assert (unit.name, unit.kind, unit.parent, unit.earlier_names.count()) == ("旧名", "school", None, 0)
    assert {leader.name: leader.until for leader in unit.leaders.all()} == {"钱某": None}
    assert not Unit.objects.filter(code="U0").exists()
    undo_run(first, actor=None, at=LATER)
    assert not Unit.objects.exists()
    assert not UnitLeader.objects.exists()
    assert list(Entry.objects.of(f"import:{first.pk}").values_list("kind", flat=True)) == [
        "import.read", "import.applied", "import.undone",
    ]  # fmt: skip


def test_undo_names_everything_that_rests_on_the_list_and_changes_nothing() -> None:
    run = take("代码,单位名称,单位类别,行政区划代码\nU1,甲校,学校,330604\nU2,乙校,学校,330604\n", "units")
    Person.objects.create(unit=Unit.objects.get(code="U1"), name="丁某某")
    a_block(Unit.objects.get(code="U2"), "10.0.0.0/24")
    with pytest.raises(NotReady) as refusal:
        undo_run(run, actor=None, at=NOW)
    assert sorted(item.text for item in refusal.value.missing) == [
        "1 条人员，例如“丁某某”",
        "1 条网段，例如“10.0.0.0/24”",
    ]
    assert Unit.objects.count() == 2
    run.refresh_from_db()
    assert run.state == "applied"


def test_what_was_changed_since_is_not_overwritten() -> None:
    take("代码,单位名称,单位类别,行政区划代码\nU1,旧名,学校,330604\n", "units")
    run = take("代码,单位名称,单位类别,行政区划代码\nU1,新名,学校,330604\n", "units")
    Unit.objects.filter(code="U1").update(name="又改过的名")
    with pytest.raises(NotReady):
        undo_run(run, actor=None, at=NOW)
    assert Unit.objects.get().name == "又改过的名"


def test_blocks_go_back_with_their_conflicts() -> None:
    a_unit(code="U1")
    rival = a_block(a_unit(code="U2"), "10.0.0.0/24")
    take("网段,单位代码,启用日期,停用日期\n10.9.0.0/24,U1,2020-01-01,\n", "address-blocks")
    run = take(
        "网段,单位代码,启用日期,停用日期,运营商\n10.0.0.0/24,U1,2020-01-01,,电信\n10.9.0.0/24,U1,2020-01-01,2021-06-30,移动\n",
        "address-blocks",
    )
    assert (run.conflicting, run.updated, AddressConflict.objects.count()) == (1, 1, 1)
    changed = AddressBlock.objects.get(network="10.9.0.0/24")
    assert (changed.valid.upper, changed.operator) == (date(2021, 7, 1), "移动")

    undo_run(run, actor=None, at=NOW)

    changed.refresh_from_db()
    assert (changed.valid.upper, changed.operator) == (None, "")
    assert not AddressConflict.objects.exists()
    assert set(AddressBlock.objects.all()) == {rival, changed}


def test_a_monitoring_list_goes_back_until_a_lead_rests_on_it(cast: Cast) -> None:
    circle = a_compartment(*cast.members())
    a_block(a_unit(), "10.0.0.0/24")
    text = "监测时间,IP地址,监测点\n2021-07-29 23:41,10.0.0.1,一号\n"
    first = take(text, "sightings", compartment=circle)
    assert (first.compartment, MonitorList.objects.get().compartment) == (circle, circle)
    undo_run(first, actor=None, at=NOW)
    assert not Sighting.objects.exists()
    assert not ListedAddress.objects.exists()
    second = take(text, "sightings", compartment=circle)
    (lead,) = raise_leads(MonitorList.objects.get(), actor=cast.campaign_officer, at=NOW)
    with pytest.raises(NotReady) as refusal:
        undo_run(second, actor=None, at=NOW)
    assert lead.number in refusal.value.missing[0].text
    assert Sighting.objects.count() == 1


def test_a_preview_that_no_longer_holds_is_not_applied() -> None:
    text = "代码,单位名称,单位类别,行政区划代码\nU1,甲校,学校,330604\n"
    run = read_file(text.encode(), "units", actor=None, at=NOW)
    take(text, "units")
    with pytest.raises(Stale):
        apply_run(run, actor=None, at=NOW)
    run.refresh_from_db()
    assert (run.state, run.created, run.unchanged) == ("previewed", 0, 1)
    assert apply_run(run, actor=None, at=NOW).state == "applied"
    assert Unit.objects.count() == 1


def test_who_may_import_what(cast: Cast) -> None:
    text = b"\xef\xbb\xbf" + "代码,单位名称,单位类别,行政区划代码\nU1,甲校,学校,330604\n".encode()
    for name, user in cast.everyone().items():
        if name in {"campaign_officer", "intake"}:
            discard_run(read_file(text, "units", actor=user, at=NOW), actor=user, at=NOW)
        else:
            with pytest.raises(NotAllowed):
                read_file(text, "units", actor=user, at=NOW)
    assert not Unit.objects.exists()
    with pytest.raises(Refused):
        apply_run(ImportRun.objects.first(), actor=cast.campaign_officer, at=NOW)  # type: ignore[arg-type]


def test_runs_of_a_compartment_are_unknown_outside(cast: Cast) -> None:
    inside, outside = a_run(compartment=a_compartment(*cast.members())), a_run("units")
    for name, user in cast.everyone().items():
        seen = set(ImportRun.objects.visible_to(user))
        if not user.is_commission:
            assert seen == set(), name
        elif user == cast.auditor or user in cast.members():
            assert seen == {inside, outside}, name
        else:
            assert seen == {outside}, name


@pytest.mark.django_db(transaction=True)
def test_two_people_press_apply_at_once() -> None:
    run = read_file("代码,单位名称,单位类别,行政区划代码\nU1,甲校,学校,330604\n".encode(), "units", actor=None, at=NOW)
    states, start = [], threading.Barrier(2)

    def press() -> None:
        start.wait()
        try:
            states.append(apply_run(ImportRun.objects.get(pk=run.pk), actor=None, at=NOW).state)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert states == ["applied", "applied"]
    assert Unit.objects.count() == 1
    assert Entry.objects.of(f"import:{run.pk}").filter(kind="import.applied").count() == 1
