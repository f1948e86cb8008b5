"""One person in several cases: whoever knows of one of them sees the person as if the others were not there.

Two worlds in one database: an officer asks everything about a person of the register whom he investigates; then the same
person becomes suspect and witness in cases that he may not know of; then he asks everything again.
"""

import re
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from cases.models import Case, Suspect
from cases.services.cases import file_case
from cases.services.measures import propose_measure
from cases.services.suspects import add_suspect
from casework.accounts.models import User
from casework.core.crypto import blind_index
from tests.build import moment
from tests.build_cases import a_case, a_record, a_unit
from tests.cast import Cast
from tests.routes import routes
from units.models import Person
from units.services.imports_people import ID_PLACE

pytestmark = pytest.mark.django_db

NAME, ID_NUMBER, HIDDEN = "傅某某", "330604197803124313", "另案线索核查"
#: What counts every act of the house for witnesses outside, whatever it was; and what goes by the clock.
COUNTS_ALL = re.compile(r"^(ledger:|api:ledger|schema$|api-docs$|web:(healthz|readyz|metrics|health)$)|logout")
CHANGING = re.compile(
    r'((?:csrfmiddlewaretoken|once)" value="[^"]+|X-CSRFToken": "[^"]+|nonce="[^"]+|请求号 \S+|打印于 [^<]*|"request_id": ?"[^"]*")'
)
#: Addresses about one thing; the arguments are named in ``_known``.
ABOUT = (
    ("units:person", "person"), ("units:unit", "unit"), ("api:person-detail", "person"), ("api:unit-detail", "unit"),
    ("cases:detail", "case"), ("cases:suspect", "suspect"), ("cases:suspect-add", "case"), ("cases:work", "case"),
    ("cases:measures", "case"), ("cases:timeline", "case"), ("cases:hearing", "case"), ("cases:merge", "case"),
    ("cases:split", "case"), ("cases:interviews", "case"), ("cases:interview-add", "case"), ("cases:history", "case"),
    ("cases:members", "case"), ("cases:paper", "case"), ("cases:matrix", "case"), ("cases:interventions", "case"),
    ("cases:reporters", "case"), ("cases:facts-shown", "suspect"), ("cases:penalty-draft", "suspect"),
    ("api:case-detail", "case"), ("api:suspect-detail", "row"),
)  # fmt: skip


def _person(unit: Any, name: str = NAME) -> Person:
    return Person.objects.create(
        unit=unit, name=name, name_key="fumoumou", id_number=ID_NUMBER, id_index=blind_index(ID_NUMBER, ID_PLACE),
        employment="institution_staff", party_member=True, public_official=True,
    )  # fmt: skip


def _listed(case: Case, person: Person, actor: User, **more: Any) -> Suspect:
    return add_suspect(
        case, name=NAME, person=person, standing_on=date(2021, 9, 1), actor=actor, at=moment("2021-09-18 09:10"), **more
    )


def _client(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user, backend="casework.accounts.backends.AccountBackend")
    return client


def _places(case: Case, suspect: Suspect, person: Person) -> list[str]:
    known = {
        "person": [person.pk], "unit": [person.unit_id], "case": [case.pk], "suspect": [case.pk, suspect.pk],
        "row": [suspect.pk],
    }  # fmt: skip
    found = [reverse(name.removeprefix("api:"), args=known[what]) for name, what in ABOUT if _there(name, known[what])]
    assert len(found) > len(ABOUT) - 3, "addresses were renamed"
    lists = (route.name for route in routes() if not route.kwargs and not COUNTS_ALL.search(route.name))
    found += [reverse(name.removeprefix("api:")) for name in lists]
    words = (NAME, NAME[0], "fumoumou", ID_NUMBER, person.unit.name, HIDDEN)
    for word in words:
        found += [
            f"{path}?q={word}" for path in ("/search/", "/cases/", "/people/", "/units/", "/leads/", "/api/v1/search/")
        ]
    found += [f"/{name}/?export=csv" for name in ("cases", "people", "units", "leads", "evidence")]
    for key in ("case", "suspect"):
        found += [
            f"/api/v1/{name}/?{key}={case.pk}" for name in ("suspects", "interviews", "measures", "penalties", "facts")
        ]
    return found


def _there(name: str, args: list[int]) -> bool:
    try:
        reverse(name.removeprefix("api:"), args=args)
    except NoReverseMatch:
        return False
    return True


def _ask(client: Client, address: str) -> tuple[int, str, str]:
    answer = client.get(address)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    headers = "|".join(
        f"{name}={answer.headers.get(name, '')}" for name in ("Content-Type", "ETag", "Location", "Allow")
    )
    return answer.status_code, headers, CHANGING.sub("", body.decode(errors="replace"))


def _hide(cast: Cast, person: Person, elsewhere: Person) -> list[Case]:
    """Let the person be suspect in two other cases, once by another row with the same number, and witness in a third."""
    cases = [a_case(cast, title=f"{HIDDEN}{number}", unit=person.unit) for number in range(3)]
    suspect = _listed(cases[0], person, cast.officer, post="副主任")
    _listed(cases[1], elsewhere, cast.officer)
    a_record(cast, cases[0], suspect=suspect)
    a_record(cast, cases[2], person_name=NAME, person_id_number=ID_NUMBER)
    propose_measure(
        cases[0], kind="query", suspect=suspect, target="某账户", purpose="查明资金来源", actor=cast.officer,
        at=moment("2021-09-18 11:00"),
    )  # fmt: skip
    return cases


@pytest.fixture
def known(cast: Cast) -> tuple[Case, Suspect, Person, Person]:
    """Give the case that the outsider leads, its suspect, the person, and the same person's row in another unit."""
    person, elsewhere = _person(a_unit()), _person(a_unit("某某乡镇水利站"))
    case = file_case(
        None, title="傅某某违规案", unit=person.unit, kind="both", members=[], actor=cast.outsider,
        at=moment("2021-09-18 09:00"), grounds="利用单位机房“挖矿”。",
    )  # fmt: skip
    return case, _listed(case, person, cast.outsider), person, elsewhere


def test_who_knows_of_one_case_of_a_person_is_told_of_no_other(
    cast: Cast, known: tuple[Case, Suspect, Person, Person]
) -> None:
    case, suspect, person, elsewhere = known
    places, client = _places(case, suspect, person), _client(cast.outsider)
    before = {place: _ask(client, place) for place in places}

    _hide(cast, person, elsewhere)

    after = {place: _ask(client, place) for place in places}
    different = [place for place in places if before[place] != after[place]]
    # What draws lots or tells the time differs from itself as well.
    assert [place for place in different if _ask(client, place) == after[place]] == []
    assert len(different) < 5
    assert [place for place in places if HIDDEN in after[place][2] and HIDDEN not in place] == []
    assert [place for place, answer in after.items() if answer[0] >= 500] == []
    assert sum(answer[0] == 200 for answer in after.values()) > 100


def test_who_knows_of_all_cases_of_a_person_finds_each_from_his_page(
    cast: Cast, known: tuple[Case, Suspect, Person, Person]
) -> None:
    case, suspect, person, elsewhere = known
    cases = _hide(cast, person, elsewhere)

    def told(user: User) -> list[bool]:
        page = _client(user).get(reverse("units:person", args=[person.pk])).content.decode()
        return [f"/cases/{one.pk}/suspects/" in page for one in (case, *cases)]

    assert told(cast.outsider) == [True, False, False, False]
    assert told(cast.officer) == [False, True, True, False], "a witness is nobody who is investigated"
    assert told(cast.auditor) == [True, True, True, False]
    assert told(cast.hearing_officer) == [False] * 4
    page = _client(cast.auditor).get(reverse("cases:suspect", args=[case.pk, suspect.pk])).content.decode()
    assert f"/cases/{cases[0].pk}/suspects/" in page
