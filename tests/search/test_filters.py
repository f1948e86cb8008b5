"""Filters that people keep: for lists they see, shared within a circle, told once of each new row; every list as a file."""

import csv
import io

import pytest
from django.test import Client

from casework.accounts.models import User
from casework.core import clock
from casework.core.errors import CaseworkError, NotAllowed, Refused
from casework.ledger.models import Entry as LedgerEntry
from casework.notices.models import Notice
from casework.search.models import SavedFilter
from casework.search.services.filters import alerting, drop_filter, look_again, save_filter, set_alert
from tests.build import a_compartment
from tests.build_units import a_lead, a_unit
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def kept(user: User, at: str = "/leads/table/?state=under_study&after=x", **rest: object) -> SavedFilter:
    return save_filter(at, name=str(rest.pop("name", "在办的")), actor=user, at=clock.now(), **rest)  # type: ignore[arg-type]


def notices(user: User) -> list[str]:
    return list(
        Notice.objects.filter(recipient=user, kind="filter.new").order_by("owed_at").values_list("title", flat=True)
    )


def test_new_rows_are_told_once_and_only_those_the_owner_may_see(cast: Cast) -> None:
    circle, other = a_compartment(*cast.members()), a_compartment(cast.outsider)
    unit = a_unit("甲学校")
    a_lead(unit, circle)
    saved = kept(cast.officer, alert=True)
    bystander = kept(cast.outsider, alert=True)
    assert saved.query == "state=under_study"
    assert look_again(saved.pk, at=clock.now()) == 0
    a_lead(unit, circle)
    a_lead(unit, other)
    assert look_again(saved.pk, at=clock.now()) == 1
    assert look_again(saved.pk, at=clock.now()) == 0
    assert notices(cast.officer) == ["“在办的”有 1 条新的"]
    assert notices(cast.outsider) == []
    assert look_again(bystander.pk, at=clock.now()) == 1
    assert notices(cast.outsider) == ["“在办的”有 1 条新的"]


def test_a_search_can_be_kept_and_tells_of_what_is_new(cast: Cast) -> None:
    a_unit("甲学校")
    saved = kept(cast.officer, "/search/?q=学校", alert=True)
    a_unit("乙学校")
    a_unit("丙医院")
    assert look_again(saved.pk, at=clock.now()) == 1
    assert notices(cast.officer) == ["“在办的”有 1 条新的"]


def test_a_shared_filter_shows_conditions_and_everybody_his_own_rows(cast: Cast) -> None:
    circle = a_compartment(cast.officer, cast.second_officer)
    saved = kept(cast.officer, shared_in=circle)
    assert list(SavedFilter.objects.visible_to(cast.second_officer)) == [saved]
    for user in (cast.outsider, cast.auditor, cast.unit_leader, cast.system_admin):
        assert saved not in SavedFilter.objects.visible_to(user)
    with pytest.raises(Refused):
        drop_filter(saved, expected_version=saved.version, actor=cast.second_officer, at=clock.now())
    drop_filter(saved, expected_version=saved.version, actor=cast.officer, at=clock.now())
    assert not SavedFilter.objects.visible_to(cast.second_officer).exists()


@pytest.mark.parametrize(
    "address",
    ["https://example.org/leads/", "//example.org/", "/nowhere/", "/cases/0/", "javascript:1", "", "/healthz"],
)
def test_only_a_list_of_ones_own_can_be_kept(cast: Cast, address: str) -> None:
    with pytest.raises(CaseworkError):
        kept(cast.officer, address)
    assert not SavedFilter.objects.exists()


def test_names_are_once_a_person_and_the_auditor_keeps_none(cast: Cast) -> None:
    kept(cast.officer)
    kept(cast.second_officer)
    with pytest.raises(CaseworkError):
        kept(cast.officer)
    with pytest.raises(NotAllowed):
        kept(cast.auditor)
    with pytest.raises(CaseworkError):
        kept(cast.officer, name="别人的", shared_in=a_compartment(cast.outsider))
    assert SavedFilter.objects.count() == 2
    assert LedgerEntry.objects.filter(kind="filter.saved").count() == 2


def test_an_alert_is_switched_and_starts_from_what_is_there(cast: Cast) -> None:
    circle, unit = a_compartment(*cast.members()), a_unit("甲学校")
    saved = kept(cast.officer)
    a_lead(unit, circle)
    assert alerting() == []
    saved = set_alert(saved, True, expected_version=saved.version, actor=cast.officer, at=clock.now())
    assert alerting() == [saved.pk]
    assert look_again(saved.pk, at=clock.now()) == 0
    with pytest.raises(CaseworkError):
        set_alert(saved, False, expected_version=saved.version - 1, actor=cast.officer, at=clock.now())


def test_the_pages_keep_show_and_drop(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.officer, backend="casework.accounts.backends.AccountBackend")
    form = {"at": "/units/?q=%E6%A0%A1", "name": "学校", "alert": "on"}
    assert client.post("/search/filters/new/", form).status_code == 302
    saved = SavedFilter.objects.get()
    assert saved.url in client.get("/search/filters/").content.decode()
    assert client.post(f"/search/filters/{saved.pk}/alert/", {"on": "0", "version": saved.version}).status_code == 302
    assert client.post(f"/search/filters/{saved.pk}/drop/", {"version": "x"}).status_code in {400, 409, 422}
    saved.refresh_from_db()
    assert client.post(f"/search/filters/{saved.pk}/drop/", {"version": saved.version}).status_code == 302
    assert saved.url not in client.get("/search/filters/").content.decode()
    client.force_login(cast.outsider, backend="casework.accounts.backends.AccountBackend")
    assert client.post(f"/search/filters/{saved.pk}/drop/", {"version": 3}).status_code == 404


@pytest.mark.parametrize("path", ["/units/", "/inspections/", "/penalties/", "/evidence/takings/", "/papers/"])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_lists_go_out_as_files_under_the_same_rights_and_the_ledger_knows(cast: Cast, path: str, kind: str) -> None:
    a_unit("=1+1学校")
    client = Client()
    client.force_login(cast.officer, backend="casework.accounts.backends.AccountBackend")
    before = LedgerEntry.objects.count()
    answer = client.get(path, {"export": kind})
    body = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert answer.status_code == 200
    assert LedgerEntry.objects.count() == before + 1
    if kind == "csv" and path == "/units/":
        rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
        assert any(cell == "'=1+1学校" for row in rows for cell in row)
