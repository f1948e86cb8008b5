"""The search finds by name, pinyin, code and address, and never more than the reader may see."""

import pytest
from django.test import Client

from casework.search.registry import search
from tests.build import a_compartment
from tests.build_units import a_block, a_lead, a_list, a_sighting, a_unit
from tests.cast import Cast
from units.models import Person

pytestmark = pytest.mark.django_db


def labels(cast_member: object, text: str) -> dict[str, list[str]]:
    return {str(group.label): [hit.label for hit in group.hits] for group in search(cast_member, text)}  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["上虞", "shang yu", "ｓｙｑｚｙｊｙｚｘ", "syqzyjyzx", "职业 上虞", "U-SY"])
def test_a_unit_is_found_by_name_pinyin_initials_and_code(cast: Cast, text: str) -> None:
    a_unit("上虞区职业教育中心", code="U-SY-1")
    a_unit("宁波市第一医院", code="U-NB-1")
    assert labels(cast.officer, text) == {"单位": ["上虞区职业教育中心"]}


def test_what_the_reader_may_not_know_is_not_found(cast: Cast) -> None:
    circle = a_compartment(*cast.members())
    unit = a_unit("上虞区职业教育中心", leader=cast.unit_leader)
    Person.objects.create(unit=unit, name="丁某某", name_key="ding mou mou|dmm")
    lead = a_lead(unit, circle)
    a_sighting(a_list(circle), "198.51.100.37", block=a_block(unit, "198.51.100.0/24"))
    assert labels(cast.officer, "198.51.100.37") == {"监测记录": ["198.51.100.37 → 203.0.113.24"]}
    assert labels(cast.officer, lead.number) == {"线索": [f"{lead.number} 上虞区职业教育中心"]}
    for user in (cast.outsider, cast.custodian):
        assert labels(user, lead.number) == {}
        assert labels(user, "198.51.100.37") == {}
    for user in (cast.liaison, cast.system_admin, cast.security_admin, cast.audit_admin, cast.other_leader):
        assert labels(user, "上虞") == {}
    assert labels(cast.unit_leader, "上虞") == {"单位": ["上虞区职业教育中心"]}


def test_one_kind_can_be_listed_alone(cast: Cast) -> None:
    units = [a_unit(f"第{n}中学") for n in range(12)]
    Person.objects.create(unit=units[0], name="中某")
    client = Client()
    client.force_login(cast.officer, backend="casework.accounts.backends.AccountBackend")
    page = client.get("/search/", {"q": "中"}).content.decode()
    assert page.count("data-row") == 9
    page = client.get("/search/", {"q": "中", "kind": "unit"}).content.decode()
    assert page.count("data-row") == 12
    assert "中某" not in page
    assert "data-row" not in client.get("/search/", {"q": "中", "kind": "'"}).content.decode()
