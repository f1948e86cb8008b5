"""What people outside get is the same, byte for byte, whether an inspection exists or not."""

import re
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cases.elsewhere import inspected_units
from cases.models import Inspection, Site
from cases.selectors.cases import waiting_for
from cases.services.inspection_people import withdraw_team_member
from cases.services.inspections import arrive_at_site, close_inspection
from casework.access.models import Compartment
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core.errors import NotAllowed
from casework.ledger.models import Entry
from casework.ledger.refs import resolve
from casework.notices.models import Notice
from tests.build import a_compartment, a_user, moment
from tests.build_cases import a_case, a_unit, an_inspection
from tests.cast import Cast
from units.models import Campaign, CampaignUnit

pytestmark = pytest.mark.django_db

#: Everybody of the cast who neither leads the inspection nor stands in one of its teams.
OUTSIDE = (
    "second_officer", "outsider", "campaign_officer", "intake", "hearing_officer", "approver", "custodian",
    "unit_leader", "other_leader", "liaison", "system_admin", "security_admin", "audit_admin",
)  # fmt: skip
#: What a page says anew each time it is drawn.
_CHANGING = re.compile(
    r'((?:csrfmiddlewaretoken|once)" value="[^"]+|X-CSRFToken": "[^"]+|nonce="[^"]+|请求号 \S+|打印于 [^<]*)'
)


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="casework.accounts.backends.AccountBackend")
    return client


def _answers(user: User, unit_pk: int) -> list[tuple[str, int, str]]:
    """Return what this person gets from every place where an inspection could show."""
    client = _client(user)
    places = [
        reverse("cases:list"),
        reverse("cases:inspections"),
        reverse("cases:inspection-today"),
        reverse("cases:inspection", args=[1]),
        reverse("cases:site", args=[1]),
        "/api/v1/inspections/",
        "/api/v1/inspections/1/",
        "/api/v1/inspection-sites/",
        "/api/v1/inspection-sites/1/",
        "/api/v1/interviews/",
        "/api/v1/cases/",
        "/notices/",
        "/deadlines/",
        f"/units/{unit_pk}/",
        "/search/?q=网络安全联合检查",
        "/administration/compartments/",
        "/administration/audit/",
        "/evidence/",
        "/campaigns/",
        "/leads/",
        "/",
    ]
    if user.has_role(Role.SYSTEM_ADMIN):
        places.remove("/")  # his home tells how long the ledger waits, which goes by the clock, whatever was done
    answers = []
    for place in places:
        answer = client.get(place)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        answers.append((place, answer.status_code, _CHANGING.sub("", body.decode())))
    return answers


def test_answers_are_the_same_with_and_without_the_inspection(cast: Cast) -> None:
    unit = a_unit("检查单位1")
    a_unit("检查单位2")
    people = {role: cast.everyone()[role] for role in OUTSIDE}
    before = {role: _answers(user, unit.pk) for role, user in people.items()}

    an_inspection(cast)

    for role, user in people.items():
        assert _answers(user, unit.pk) == before[role], role


def test_no_reference_notice_or_count_leads_there(cast: Cast) -> None:
    inspection = an_inspection(cast)
    sites = list(Site.objects.values_list("pk", flat=True))

    for role in OUTSIDE:
        user = cast.everyone()[role]
        assert resolve(f"inspection:{inspection.pk}", user) is None, role
        assert [resolve(f"site:{pk}", user) for pk in sites] == [None, None], role
        assert not Inspection.objects.visible_to(user).exists(), role
        assert not Site.objects.visible_to(user).exists(), role
        assert not Notice.objects.visible_to(user).exists(), role
        assert not waiting_for(user).exists(), role


def test_the_numbers_of_cases_have_no_gap_because_of_it(cast: Cast) -> None:
    first = a_case(cast)
    an_inspection(cast)
    second = a_case(cast, title="第二件")

    assert (first.number, second.number) == ("浙纪立〔2021〕1号", "浙纪立〔2021〕2号")


def test_a_team_sees_its_own_sites_and_nothing_of_the_others(cast: Cast) -> None:
    inspection = an_inspection(cast, units=4)
    mine = Site.objects.get(team__number=1)
    theirs = list(Site.objects.filter(team__number=2))
    client = _client(cast.inspector)

    page = client.get(reverse("cases:inspection", args=[inspection.pk])).content.decode()
    listed = client.get(reverse("cases:inspections")).content.decode()
    over_api = client.get(f"/api/v1/inspections/{inspection.pk}/").json()

    assert mine.unit.name in page
    for site in theirs:
        assert site.unit.name not in page
        assert client.get(reverse("cases:site", args=[site.pk])).status_code == 404
        assert client.get(f"/api/v1/inspection-sites/{site.pk}/").status_code == 404
    assert [team["number"] for team in over_api["teams"]] == [1]
    assert "检查员丙" not in page
    # The count of sites is that of the reader's own: one, not four.
    assert re.search(r'class="num[^"]*"[^>]*>\s*1\s*<', listed)
    assert not re.search(r'class="num[^"]*"[^>]*>\s*4\s*<', listed)


def test_the_page_of_a_team_is_the_same_however_many_other_teams_there_are(cast: Cast) -> None:
    small = an_inspection(cast, units=2)
    mate = User.objects.get(name="检查员乙")
    first = _client(mate).get(reverse("cases:inspection", args=[small.pk])).content.decode()
    page_before = _CHANGING.sub("", first)
    extra = Compartment.objects.create(kind="inspection", name="另一组", created_at=moment("2021-09-03 09:00"))
    small.teams.create(number=3, compartment=extra)

    again = _client(mate).get(reverse("cases:inspection", args=[small.pk])).content.decode()

    assert _CHANGING.sub("", again) == page_before


def test_leaders_see_every_site(cast: Cast) -> None:
    inspection = an_inspection(cast, units=4)

    page = _client(cast.officer).get(reverse("cases:inspection", args=[inspection.pk])).content.decode()

    for site in Site.objects.select_related("unit"):
        assert site.unit.name in page


def test_a_withdrawn_member_finds_nothing_and_can_do_nothing(cast: Cast) -> None:
    inspection = an_inspection(cast)
    team = inspection.teams.get(number=1)
    site = team.sites.get()
    member = team.members.get(user=cast.inspector)
    client = _client(cast.inspector)
    url = reverse("cases:site", args=[site.pk])
    assert client.get(url).status_code == 200

    withdraw_team_member(member, actor=cast.officer, at=moment("2021-09-06 08:00"), reason="另有任务")

    assert client.get(url).status_code == 404
    assert client.post(reverse("cases:site-arrive", args=[site.pk])).status_code == 404
    with pytest.raises(NotAllowed):
        arrive_at_site(site, actor=cast.inspector, at=moment("2021-09-06 09:00"))


def test_a_team_member_cannot_end_the_inspection(cast: Cast) -> None:
    mate = a_user("承办人丁", Role.CASE_OFFICER)
    inspection = an_inspection(cast, teammate=mate)

    with pytest.raises(NotAllowed):
        close_inspection(inspection, actor=mate, at=moment("2021-09-09 18:00"))


def test_planning_leaves_its_entry_under_the_inspection_only(cast: Cast) -> None:
    inspection = an_inspection(cast)

    kinds = list(Entry.objects.filter(ref=f"inspection:{inspection.pk}").values_list("kind", flat=True))
    elsewhere: Any = Entry.objects.exclude(ref__startswith="inspection:").exclude(ref__startswith="compartment:")

    assert kinds == ["inspection.planned"]
    assert not elsewhere.exists()


def test_cells_of_a_campaign_tell_only_those_who_know_of_the_site(cast: Cast) -> None:
    compartment = a_compartment(*cast.members())
    campaign = Campaign.objects.create(
        code="zj",
        name="整治“挖矿”",
        compartment=compartment,
        starts_on=date(2021, 7, 1),
        opened_at=moment("2021-07-01 09:00"),
        opened_by=cast.campaign_officer,
    )
    units = [a_unit("检查单位1"), a_unit("检查单位2")]
    rows = [
        CampaignUnit.objects.create(campaign=campaign, unit=unit, added_at=moment("2021-07-02 09:00")) for unit in units
    ]
    inspection = an_inspection(cast)
    Inspection.objects.filter(pk=inspection.pk).update(campaign=campaign)

    cells = {name: inspected_units(rows, user) for name, user in cast.everyone().items()}

    assert set(cells["officer"]) == {row.pk for row in rows}
    assert set(cells["inspector"]) == {rows[0].pk}
    assert [cells[role] for role in OUTSIDE] == [{}] * len(OUTSIDE)
