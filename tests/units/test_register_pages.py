"""The register on pages and over the API: changes by hand, the tree, who held an address, registrations."""

from datetime import date
from ipaddress import ip_network

import pytest
from django.test import Client

from casework.core.errors import Invalid, NotAllowed, Refused
from casework.imports.services import apply_run, read_file, undo_run
from casework.ledger.models import Entry
from tests.build import a_compartment, moment
from tests.build_units import NOW, a_block, a_list, a_sighting, a_unit
from tests.cast import Cast
from units.enums import MatchState
from units.models import Registration, Unit
from units.selectors.holders import who_held
from units.services.placing import place_unit
from units.services.register import close_unit

pytestmark = pytest.mark.django_db
LATER = moment("2021-09-01 09:00")


def test_a_new_superior_keeps_the_former_one_and_a_circle_is_refused(cast: Cast) -> None:
    bureau, office, school, bystander = a_unit("教育局"), a_unit("街道办"), a_unit("职教中心"), a_unit("别的学校")
    place_unit(school, parent=bureau, supervisor=None, actor=cast.intake, at=NOW, document="虞编〔2021〕1号")
    place_unit(school, parent=office, supervisor=bureau, actor=cast.intake, at=LATER, document="虞编〔2021〕2号")
    school.refresh_from_db()
    assert (school.parent, school.supervisor) == (office, bureau)
    places = [(one.parent, one.until, one.document) for one in school.earlier_places.order_by("until")]
    assert places == [(None, date(2021, 8, 1), "虞编〔2021〕1号"), (bureau, date(2021, 8, 31), "虞编〔2021〕2号")]
    assert not bystander.earlier_places.exists()
    assert Entry.objects.of(f"unit:{school.pk}").filter(kind="unit.placed").count() == 2
    place_unit(school, parent=office, supervisor=bureau, actor=cast.intake, at=LATER)  # nothing changes
    assert school.earlier_places.count() == 2
    with pytest.raises(Refused):
        place_unit(school, parent=None, supervisor=None, actor=cast.intake, at=LATER)
    for above in (school, office):
        with pytest.raises(Invalid):
            place_unit(
                office, parent=school if above == school else office, supervisor=None, actor=cast.intake, at=LATER
            )
    with pytest.raises(NotAllowed):
        place_unit(bystander, parent=bureau, supervisor=None, actor=cast.unit_leader, at=LATER)
    close_unit(bystander, closed_on=date(2021, 8, 1), actor=cast.intake, at=LATER)
    with pytest.raises(Refused):
        place_unit(bystander, parent=bureau, supervisor=None, actor=cast.intake, at=LATER)


def test_a_list_that_moves_a_unit_keeps_the_former_superior_until_it_is_taken_back() -> None:
    head = "代码,单位名称,单位类别,行政区划代码,上级单位代码\n"
    first = "A1,教育局,机关,330604,\nA2,街道办,机关,330604,\nS1,职教中心,学校,330604,A1\n"
    apply_run(read_file((head + first).encode(), "units", actor=None, at=NOW), actor=None, at=NOW)
    moved = read_file((head + "S1,职教中心,学校,330604,A2\n").encode(), "units", actor=None, at=LATER)
    apply_run(moved, actor=None, at=LATER)
    school = Unit.objects.get(code="S1")
    assert [(one.parent, one.until) for one in school.earlier_places.all()] == [
        (Unit.objects.get(code="A1"), date(2021, 8, 31))
    ]
    undo_run(moved, actor=None, at=LATER)
    school.refresh_from_db()
    assert (school.parent, school.earlier_places.count()) == (Unit.objects.get(code="A1"), 0)


def test_changes_on_the_page(client: Client, cast: Cast) -> None:
    client.force_login(cast.intake)
    bureau, school, heir = a_unit("教育局", code="EDU"), a_unit("职教中心"), a_unit("中专")
    bystander = a_unit("别的学校")
    page = f"/units/{school.pk}/change/"
    day = {"from_on": "2021年8月1日"}
    assert client.get(f"{page}rename/").status_code == 200
    assert client.post(f"{page}rename/", {"name": "职业中专", **day}).status_code == 302
    assert client.post(f"{page}place/", {"parent": "edu", "supervisor": "没有的局", **day}).status_code == 422
    assert client.post(f"{page}place/", {"parent": "edu", "supervisor": "教育局", **day}).status_code == 302
    assert client.post(f"{page}leader/", {"name": "钱某某", "post": "校长", **day}).status_code == 302
    a_block(school, "10.0.0.0/24")
    refused = client.post(f"{page}close/", {"closed_on": "2021-8-1", "merged_into": "中专"})
    assert (refused.status_code, "10.0.0.0/24" in refused.content.decode()) == (422, True)
    school.blocks.all().delete()
    assert client.post(f"{page}close/", {"closed_on": "2021-8-1", "merged_into": "中专"}).status_code == 302
    assert client.get(f"{page}nothing/").status_code == 404
    school.refresh_from_db()
    assert (school.name, school.parent, school.supervisor, school.merged_into) == ("职业中专", bureau, bureau, heir)
    shown = client.get(f"/units/{school.pk}/").content.decode()
    for word in ("职教中心", "教育局", "钱某某", "并入中专"):
        assert word in shown
    assert "并入本单位" in client.get(f"/units/{heir.pk}/").content.decode()
    assert "职业中专" in client.get("/units/?q=职教中心").content.decode()  # found by its former name
    bystander.refresh_from_db()
    assert (bystander.name, bystander.version) == ("别的学校", 1)
    for outsider in (cast.unit_leader, cast.system_admin, cast.auditor):
        client.force_login(outsider)
        assert client.post(f"{page}rename/", {"name": "x", **day}).status_code in {403, 404}


def test_the_tree_shows_the_way_up_and_the_level_below(client: Client, cast: Cast) -> None:
    top, mid, low, gone = a_unit("区政府"), a_unit("教育局"), a_unit("职教中心"), a_unit("老校")
    Unit.objects.filter(pk=mid.pk).update(parent=top)
    Unit.objects.filter(pk__in=[low.pk, gone.pk]).update(supervisor=mid)
    Unit.objects.filter(pk=gone.pk).update(state="closed", closed_on=date(2021, 1, 1))
    client.force_login(cast.auditor)
    assert "下有 1 家" in client.get("/units/tree/").content.decode()
    page = client.get(f"/units/tree/?under={mid.pk}").content.decode()
    assert ("区政府" in page, "职教中心" in page, "老校" in page) == (True, True, False)
    assert "老校" in client.get(f"/units/tree/?under={mid.pk}&all=1").content.decode()
    assert client.get("/units/tree/?under=999999").status_code == 404
    client.force_login(cast.unit_leader)
    assert client.get("/units/tree/").status_code == 404


def test_who_held_an_address_is_one_query_and_says_when_it_is_disputed(
    client: Client, cast: Cast, django_assert_num_queries: object
) -> None:
    first, second, nat = a_unit("甲校"), a_unit("乙校"), a_unit("丙校")
    a_block(first, "10.0.0.0/24", from_on="2020-01-01", until="2021-07-01")
    a_block(second, "10.0.0.0/24", from_on="2021-07-01")
    a_block(nat, "10.0.0.9/32", ports=(1000, 1999))
    a_block(first, "10.0.1.0/24")
    a_block(second, "10.0.1.0/24")
    Registration.objects.create(
        unit=second, device="一号机", purpose="研究", from_on=date(2021, 1, 1), network=ip_network("10.0.0.0/28")
    )
    table = [
        ("10.0.0.9", "2021-06-30 23:59:59", None, MatchState.MATCHED, ["甲校"]),
        ("10.0.0.9", "2021-07-01 00:00:00", None, MatchState.MATCHED, ["乙校"]),
        ("10.0.0.9", "2021-07-01 00:00:00", 1999, MatchState.MATCHED, ["丙校"]),
        ("10.0.0.9", "2021-07-01 00:00:00", 2000, MatchState.MATCHED, ["乙校"]),
        ("10.0.1.1", "2021-07-01 00:00:00", None, MatchState.AMBIGUOUS, ["乙校", "甲校"]),
        ("10.9.9.9", "2021-07-01 00:00:00", None, MatchState.UNMATCHED, []),
        ("2001:db8::1", "2021-07-01 00:00:00", None, MatchState.UNMATCHED, []),
    ]
    for ip, at, port, state, names in table:
        with django_assert_num_queries(1):  # type: ignore[operator]
            found = who_held(ip, moment(at), port)
        assert (found.state, sorted(one.name for one in found.holders)) == (state, names), (ip, at, port)
    assert who_held("10.0.0.9", moment("2021-07-01 08:00")).holders[0].registration is not None

    client.force_login(cast.intake)
    ask = {"ip": "１０.0.0.9", "at": "2021-06-30 23:59:59", "port": ""}
    shown = client.get("/addresses/holder/", ask).content.decode()
    assert ("甲校" in shown, "乙校" in shown, "2021年6月30日" in shown) == (True, False, True)
    assert "查归属" in client.get("/addresses/").content.decode()
    assert client.get("/addresses/holder/", {"ip": "1.2.3"}).status_code == 422
    answer = client.get("/api/v1/address-blocks/holder/", {"ip": "10.0.1.1", "at": "2021-07-01T00:00:00+08:00"})
    body = answer.json()
    assert (answer.status_code, body["state"], len(body["holders"])) == (200, "ambiguous", 2)
    assert client.get("/api/v1/address-blocks/holder/", {"ip": "x"}).status_code == 400
    client.force_login(cast.unit_leader)
    assert client.get("/addresses/holder/", ask).status_code == 404
    assert client.get("/api/v1/address-blocks/holder/", {"ip": "10.0.0.9"}).status_code == 404


def test_a_registration_shows_what_it_explains_and_what_it_does_not(client: Client, cast: Cast) -> None:
    unit = a_unit("研究院")
    seen = a_list(a_compartment(cast.campaign_officer))
    block = a_block(unit, "10.0.0.0/24")
    registered = Registration.objects.create(unit=unit, device="一号机", purpose="研究", from_on=date(2021, 1, 1))
    a_sighting(seen, "10.0.0.3", block=block, registration=registered)
    a_sighting(seen, "10.0.0.99", block=block)
    client.force_login(cast.campaign_officer)
    assert "一号机" in client.get("/addresses/registrations/").content.decode()
    page = client.get(f"/addresses/registrations/{registered.pk}/").content.decode()
    assert (
        page.index("备案外的监测记录")
        < page.index("10.0.0.99")
        < page.index("备案内的监测记录")
        < page.index("10.0.0.3")
    )
    assert "备案不能解释" in page
    client.force_login(cast.officer)  # not in the compartment of the list: the register yes, the sightings no
    page = client.get(f"/addresses/registrations/{registered.pk}/").content.decode()
    assert ("一号机" in page, "10.0.0.99" in page, "10.0.0.3" in page) == (True, False, False)
    client.force_login(cast.unit_leader)
    assert client.get(f"/addresses/registrations/{registered.pk}/").status_code == 404
