"""Every operation of the schema and every page, with and without a planned inspection: byte for byte the same outside.

Two worlds in one database: everything is asked once, the inspection is planned (under a campaign, with helpers and
leads), and everything is asked again, the ledger too: what it publishes for witnesses counts all acts of the house,
and is published to those who watch over it.
"""

import re
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from cases.models import Inspection, Site, SiteHelper, TargetReading
from cases.services.inspection_people import withdraw_team_member
from cases.services.inspections import arrive_at_site
from cases.services.operation import answer_help, call_for_help, name_helper, release_inspection
from casework.accounts.models import User
from casework.core import clock
from casework.core.data import read_yaml
from casework.core.errors import CaseworkError, Invalid, NotAllowed, Refused
from casework.notices.models import Notice
from tests.build import a_compartment, moment
from tests.build_cases import a_case, a_suspect, a_unit, an_inspection, the_inspectors
from tests.cast import Cast
from tests.routes import Route, routes
from units.models import Campaign

pytestmark = pytest.mark.django_db

SCHEMA = Path(__file__).parents[2] / "docs" / "openapi.yaml"
#: What goes by the clock and tells how the machines are. The ledger's routes are asked like all others.
BY_THE_CLOCK = re.compile(r"^(schema$|api-docs$|web:(healthz|readyz|metrics|health)$)")
CHANGING = re.compile(
    r'((?:csrfmiddlewaretoken|once)" value="[^"]+|X-CSRFToken": "[^"]+|nonce="[^"]+|请求号 \S+|打印于 [^<]*|"request_id": ?"[^"]*")'
)
OUTSIDE = ("outsider", "unit_leader")
WORDS = ("网络安全联合检查", "浙突查", "检查单位1")


def _client(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user, backend="casework.accounts.backends.AccountBackend")
    return client


def _address(route: Route) -> str | None:
    """Fill the address with the first of everything: keys that exist in both worlds, or in neither."""
    for text in ("1", "x", "abcd1234"):
        kwargs = {name: 1 if name.endswith(("pk", "number")) else text for name in route.kwargs}
        try:
            return reverse(route.name.removeprefix("api:"), kwargs=kwargs)
        except NoReverseMatch:
            continue
    return None


@cache
def _schema_queries() -> list[str]:
    """Every list of the schema with every parameter it takes, asked for what belongs to the hidden thing."""
    paths = read_yaml(SCHEMA)["paths"]
    found = []
    for path, operations in paths.items():
        get = operations.get("get")
        if get is None or "{" in path:
            continue
        for parameter in get.get("parameters", []):
            if parameter.get("in") == "query":
                kind = parameter.get("schema", {}).get("type", "string")
                value = "1" if kind in {"integer", "number"} else "true" if kind == "boolean" else "planned"
                found.append(f"{path}?{parameter['name']}={value}")
    return found


def _ask(client: Client, address: str, method: str = "get") -> tuple[int, str, str]:
    answer = (
        getattr(client, method)(address, content_type="application/json") if method != "get" else client.get(address)
    )
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    headers = "|".join(
        f"{name}={answer.headers.get(name, '')}" for name in ("Content-Type", "ETag", "Location", "Allow")
    )
    return answer.status_code, headers, CHANGING.sub("", body.decode(errors="replace"))


def _again(client: Client, place: str) -> tuple[int, str, str]:
    return _ask(client, place.removeprefix("GET "))


@cache
def _places() -> list[tuple[str, str]]:
    """Every operation as method and address, once: worked out for one world, asked in all of them."""
    found = {}
    for route in routes():
        address = _address(route)
        if address is None or BY_THE_CLOCK.match(route.name) or "logout" in route.name:
            continue
        found["get", address] = None
        if route.name.startswith("api:") and "POST" in route.actions:
            found["post", address] = None
    found |= {("get", address): None for address in _schema_queries()}
    found |= {("get", f"/{name}/?export=csv"): None for name in ("cases", "evidence", "inspections", "leads")}
    return list(found)


def _world(client: Client) -> dict[str, tuple[int, str, str]]:
    answers = {f"{method.upper()} {address}": _ask(client, address, method) for method, address in _places()}
    for word in WORDS:
        answers[f"search {word}"] = _ask(client, f"/search/?q={word}")
        answers[f"cases {word}"] = _ask(client, f"/cases/?q={word}")
    return answers


@pytest.mark.parametrize("role", OUTSIDE)
def test_every_operation_answers_the_same_whether_or_not_there_is_an_inspection(cast: Cast, role: str) -> None:
    user = cast.everyone()[role]
    case = a_case(cast, unit=a_unit("检查单位1"))
    a_suspect(cast, case)
    a_unit("检查单位2")
    the_inspectors()  # the house has its people whether or not they are sent anywhere
    client = _client(user)
    before = _world(client)

    inspection = an_inspection(cast)
    _a_helper(cast, inspection)

    after = _world(client)
    different = [place for place in before if before[place] != after[place]]
    # What draws lots or tells the time differs from itself as well.
    steady = [place for place in different if not place.startswith("GET ") or _again(client, place) == after[place]]
    assert steady == []
    assert len(different) < 10
    assert len(before) > 300
    assert [place for place, answer in after.items() if answer[0] >= 500] == []


def _a_helper(cast: Cast, inspection: Inspection) -> SiteHelper:
    site = inspection.teams.get(number=1).sites.get()
    return name_helper(
        site, user=cast.liaison, name="王某", agency="区网信办", meet_place="人民路 1 号门口", actor=cast.officer,
        meet_at=moment("2021-09-06 08:30"), tell_from=moment("2021-09-06 07:30"), at=moment("2021-09-03 10:00"),
    )  # fmt: skip


def test_a_helper_sees_place_and_time_and_only_from_his_hour(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    inspection = an_inspection(cast)
    _a_helper(cast, inspection)
    client = _client(cast.liaison)
    now = moment("2021-09-06 07:29")
    monkeypatch.setattr(clock, "now", lambda: now)
    assert client.get(reverse("cases:assist")).status_code == 404

    now = moment("2021-09-06 07:31")
    page = client.get(reverse("cases:assist")).content.decode()

    assert "人民路 1 号门口" in page
    assert inspection.cover_name in page
    for hidden in ("检查单位1", "突击", inspection.number, "10.1.1.7", "挖矿", "检查员"):
        assert hidden not in page, hidden
    assert client.get(reverse("cases:inspection", args=[inspection.pk])).status_code == 404


def test_the_helper_is_not_told_the_unit_and_must_be_a_liaison(cast: Cast) -> None:
    site = an_inspection(cast).teams.get(number=1).sites.get()
    common: dict[str, Any] = {
        "name": "王某", "meet_place": "人民路 1 号", "meet_at": moment("2021-09-06 08:30"),
        "tell_from": moment("2021-09-06 07:30"), "actor": cast.officer, "at": moment("2021-09-03 10:00"),
    }  # fmt: skip

    for wrong in (
        {"meet_place": "检查单位1门口"},
        {"user": cast.outsider},
        {"tell_from": moment("2021-09-06 09:30")},
        {"name": " "},
    ):
        with pytest.raises(Invalid):
            name_helper(site, **{**common, **wrong})
    with pytest.raises(NotAllowed):
        name_helper(site, **{**common, "actor": cast.inspector})
    assert not SiteHelper.objects.exists()


def test_the_release_opens_every_channel_to_the_campaign_at_once(cast: Cast) -> None:
    circle = a_compartment(cast.campaign_officer, cast.officer)
    campaign = Campaign.objects.create(
        code="zj", name="整治", compartment=circle, starts_on=moment("2021-07-01 09:00").date(),
        opened_at=moment("2021-07-01 09:00"), opened_by=cast.campaign_officer,
    )  # fmt: skip
    inspection = an_inspection(cast)
    Inspection.objects.filter(pk=inspection.pk).update(campaign=campaign)
    site = inspection.teams.get(number=1).sites.get()
    client, outside = _client(cast.campaign_officer), _client(cast.outsider)
    places = [
        reverse("cases:inspection", args=[inspection.pk]),
        reverse("cases:site", args=[site.pk]),
        f"/api/v1/inspections/{inspection.pk}/",
        f"/api/v1/inspection-sites/{site.pk}/",
    ]
    with pytest.raises(Refused):
        release_inspection(inspection, actor=cast.officer, at=moment("2021-09-06 09:00"))
    arrive_at_site(site, actor=cast.inspector, at=moment("2021-09-06 09:00"))
    assert [client.get(place).status_code for place in places] == [404] * 4
    with pytest.raises(NotAllowed):
        release_inspection(inspection, actor=cast.inspector, at=moment("2021-09-06 09:10"))

    release_inspection(inspection, actor=cast.officer, at=moment("2021-09-06 09:10"))

    assert [client.get(place).status_code for place in places] == [200] * 4
    assert [outside.get(place).status_code for place in places] == [404] * 4
    # To know is not to act.
    assert client.post(reverse("cases:site-arrive", args=[site.pk])).status_code == 403


def test_every_look_at_the_targets_is_on_record_with_whether_it_was_before_the_release(cast: Cast) -> None:
    inspection = an_inspection(cast, units=4)
    client, team = _client(cast.officer), _client(cast.inspector)

    client.get(reverse("cases:inspection", args=[inspection.pk]))
    team.get(reverse("cases:inspection", args=[inspection.pk]))
    packet = team.get(reverse("cases:inspection-packet", args=[inspection.pk, 1])).content.decode()
    # What leaves the house on paper bears the cover name and nothing of what it covers.
    assert inspection.cover_name in packet
    assert inspection.number not in packet
    assert "突击" not in packet
    assert team.get(reverse("cases:inspection-packet", args=[inspection.pk, 2])).status_code == 404
    team.get(f"/api/v1/inspections/{inspection.pk}/")

    rows = TargetReading.objects.order_by("pk").values_list("user__username", "what", "sites", "before_release")
    mine, theirs = cast.officer.username, cast.inspector.username
    assert list(rows) == [
        (mine, "page", 4, True), (theirs, "page", 1, True), (theirs, "packet", 1, True), (theirs, "api", 1, True),
    ]  # fmt: skip
    page = client.get(reverse("cases:inspection-readings", args=[inspection.pk]))
    assert cast.inspector.name in page.content.decode()
    assert team.get(reverse("cases:inspection-readings", args=[inspection.pk])).status_code == 404
    assert team.get(reverse("cases:inspection-board", args=[inspection.pk])).status_code == 404


def test_a_call_for_help_reaches_the_leaders_and_is_answered_once(cast: Cast) -> None:
    inspection = an_inspection(cast)
    site = inspection.teams.get(number=1).sites.get()
    arrive_at_site(site, actor=cast.inspector, at=moment("2021-09-06 09:00"))
    call = call_for_help(site, "需要一名技术人员", actor=cast.inspector, at=moment("2021-09-06 09:10"))

    url = reverse("cases:inspection-board", args=[inspection.pk])
    board = _client(cast.officer).get(url, headers={"HX-Request": "true"}).content.decode()
    assert "需要一名技术人员" in board
    told = Notice.objects.filter(kind="site.help").values_list("recipient", flat=True)
    assert set(told) == {cast.officer.pk}
    with pytest.raises(CaseworkError):
        answer_help(call, " ", actor=cast.officer, at=moment("2021-09-06 09:15"))
    with pytest.raises(NotAllowed):
        answer_help(call, "我来", actor=cast.inspector, at=moment("2021-09-06 09:15"))
    answer_help(call, "李工 20 分钟到", actor=cast.officer, at=moment("2021-09-06 09:15"))
    with pytest.raises(Refused):
        answer_help(call, "再答", actor=cast.officer, at=moment("2021-09-06 09:16"))
    other = User.objects.get(name="检查员丙")
    with pytest.raises(NotAllowed):
        call_for_help(site, "别组求助", actor=other, at=moment("2021-09-06 09:20"))


def test_a_withdrawn_member_loses_packet_board_and_help_at_once(cast: Cast) -> None:
    inspection = an_inspection(cast)
    team = inspection.teams.get(number=1)
    site = team.sites.get()
    client = _client(cast.inspector)
    packet = reverse("cases:inspection-packet", args=[inspection.pk, 1])
    assert client.get(packet).status_code == 200

    withdraw_team_member(
        team.members.get(user=cast.inspector), actor=cast.officer, at=clock.now() - timedelta(days=1), reason="调离"
    )

    assert client.get(packet).status_code == 404
    assert client.post(reverse("cases:site-help", args=[site.pk]), {"text": "人手"}).status_code == 404


def test_hidden_and_absent_are_asked_for_with_the_same_queries(cast: Cast) -> None:
    """Nothing is loaded and then hidden: both ways ask the database the same; benchmarks/cases.py takes the times."""
    hidden = an_inspection(cast).teams.get(number=1).sites.get().pk
    absent = hidden + 100_000
    assert Site.objects.count() == 2
    client = _client(cast.outsider)
    seen = []
    for pk in (hidden, absent):
        found = []
        for address in (f"/api/v1/inspection-sites/{pk}/",):
            client.get(address)
            with CaptureQueriesContext(connection) as captured:
                answer = _ask(client, address)
            sql = [
                re.sub(r"\b\d+\b", "N", query["sql"]) for query in captured if "savepoint" not in query["sql"].lower()
            ]
            found.append((answer[0], answer[2], sql))
        seen.append(found)

    assert seen[0] == seen[1]


def test_no_cache_keeps_what_was_answered_to_one_reader(cast: Cast) -> None:
    """S11: the same address says something else to the next person, and to the same one after he left."""
    inspection = an_inspection(cast)
    site, case = inspection.teams.get(number=1).sites.get(), a_case(cast)
    asked = {
        cast.inspector: (
            reverse("cases:site", args=[site.pk]),
            reverse("cases:inspection-packet", args=[inspection.pk, 1]),
            f"/api/v1/inspection-sites/{site.pk}/",
        ),
        cast.officer: (reverse("cases:detail", args=[case.pk]), reverse("cases:list"), "/api/v1/cases/", "/"),
        cast.outsider: (reverse("cases:detail", args=[case.pk]), reverse("cases:site", args=[site.pk])),
    }

    for user, addresses in asked.items():
        client = _client(user)
        for address in addresses:
            answer = client.get(address)
            said = answer.headers.get("Cache-Control", "")
            assert "private" in said, address
            assert {"no-store", "no-cache"} & {word.strip() for word in said.split(",")}, address
            assert "Cookie" in answer.headers["Vary"], address
            assert "Last-Modified" not in answer.headers, address


def test_what_is_hidden_cannot_be_bumped_into(cast: Cast) -> None:
    """S6: whoever files on the same unit hears the same, whether or not an inspection of it is planned."""
    unit = a_unit("检查单位1")
    client = _client(cast.second_officer)
    body = {"title": "利用公共资源“挖矿”案", "unit": unit.code, "kind": "both", "members": [cast.approver.pk]}

    def filed() -> tuple[int, set[str], str]:
        with transaction.atomic():
            answer = client.post(
                "/api/v1/cases/", body, content_type="application/json", headers={"Idempotency-Key": "k"}
            )
            transaction.set_rollback(True)
        return answer.status_code, set(answer.json()), str(answer.json().get("number"))

    before = filed()
    an_inspection(cast)

    assert before[0] == 201
    assert before[2].endswith("〕1号")
    assert filed() == before
