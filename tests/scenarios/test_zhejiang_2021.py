"""The played campaign against what was published, figure by figure, and what nobody may learn from it."""

import io
import json
import os
import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.ladder import MeasureSpec
from cases.models import Inspection, InspectionTeam, Penalty, Recovery, Site
from cases.services.inspections import MemberPlan, SitePlan, TeamPlan, plan_inspection
from cases.services.penalties import revise_penalty
from casework.accounts.models import User
from casework.core import clock
from casework.core.errors import Refused
from casework.figures.models import Tariff
from casework.ledger.models import Entry
from casework.local import paths
from tests.build import moment
from tests.played import Played
from tests.scenarios.published import FACTS, GAINS, OUTCOMES, TARIFFS, Fact
from units.models import Campaign, CampaignUnit, Lead, SelfInspection, Unit

COVER = "网络安全联合检查"
#: What a page says anew each time it is drawn.
_CHANGING = re.compile(r'((?:csrfmiddlewaretoken|once)" value="[^"]+|X-CSRFToken": "[^"]+|请求号 \S+|打印于 [^<]*)')


@pytest.fixture
def document(played: Played) -> dict[str, Any]:
    """The figures as the command prints them."""
    printed = io.StringIO()
    call_command("figures", "zhejiang-2021", "--format", "json", stdout=printed)
    found: dict[str, Any] = json.loads(printed.getvalue())
    return found


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="casework.accounts.backends.AccountBackend")
    return client


def body_of(answer: Any) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return _CHANGING.sub("", content.decode("utf-8", "replace"))


# --- the figures -------------------------------------------------------------------------------------------------


def test_the_document_has_the_agreed_shape(document: dict[str, Any]) -> None:
    assert set(document) == {"campaign", "as_of", "figures", "unexplained"}
    assert (document["campaign"], document["as_of"]) == ("zhejiang-2021", "2021-12-16")
    for key, figure in document["figures"].items():
        assert {"value", "definition", "as_of", "source", "list"} <= set(figure), key
        assert figure["definition"], key
        assert figure["source"], key
        assert date.fromisoformat(figure["as_of"]), key
        assert figure["list"].startswith("/campaigns/zhejiang-2021/figures/"), key


def test_every_published_figure_comes_out_of_the_records(document: dict[str, Any]) -> None:
    wrong = {fact.key: (fact.value, _value(document, fact.key)) for fact in FACTS if not _agrees(document, fact)}

    assert wrong == {}


def _value(document: dict[str, Any], key: str) -> Any:
    return document["figures"].get(key, {}).get("value")


def _agrees(document: dict[str, Any], fact: Fact) -> bool:
    value = _value(document, fact.key)
    if isinstance(fact.value, set):
        return value is not None and (fact.value <= set(value) if fact.at_least else fact.value == set(value))
    if value is None:
        return False
    return bool(value >= fact.value if fact.at_least else value == fact.value)


@pytest.mark.parametrize("day", ["2021-07-01", "2021-09-10"])
def test_figures_of_an_earlier_day_hold_only_what_was_known_then(played: Played, day: str) -> None:
    printed = io.StringIO()
    call_command("figures", "zhejiang-2021", "--as-of", day, "--format", "json", stdout=printed)
    figures = json.loads(printed.getvalue())["figures"]

    assert figures["people.party_or_administrative_sanctions"]["value"] == 0
    assert figures["self_inspection.units_active"]["value"] == 0
    assert figures["monitoring.public_sector_ips"]["value"] == (183 if day > "2021-07-21" else 0)


def test_what_was_decided_about_each_person(document: dict[str, Any]) -> None:
    assert {key: _value(document, key) for key in OUTCOMES} == OUTCOMES


def test_what_each_person_gained_and_at_which_price(played: Played) -> None:
    rows = Recovery.objects.filter(suspect__name__in=GAINS).select_related("suspect")

    assert {row.suspect.name: row.quantity for row in rows} == {who: Decimal(eth) for who, eth in GAINS.items()}
    assert {(row.coin, row.price) for row in rows} == {("ETH", Decimal(22560))}
    assert {row.remainder for row in rows} == {0}


def test_tariffs_stand_with_their_first_day(played: Played) -> None:
    found = {row.province: (row.from_on.isoformat(), f"{row.surcharge:.2f}") for row in Tariff.objects.all()}

    assert found == TARIFFS


def test_the_twelve_units_that_no_source_explains_are_named(document: dict[str, Any]) -> None:
    [gap] = [row for row in document["unexplained"] if row["key"] == "self_inspection.units"]
    open_units = CampaignUnit.objects.filter(campaign__code="zhejiang-2021", outcome="")

    assert "78 ≠ 34 + 32" in gap["text"]
    assert gap["figures"]["unexplained"] == 12
    assert len(gap["rows"]) == 12
    assert set(gap["rows"]) == set(open_units.values_list("unit__name", flat=True))


@pytest.mark.parametrize(
    ("ours", "theirs", "values"),
    [
        ("monitoring.public_sector_ips", "monitoring.earlier_count.ips", (183, 184)),
        ("monitoring.public_sector_units", "monitoring.earlier_count.units", (78, 77)),
    ],
)
def test_october_and_december_stand_side_by_side(
    document: dict[str, Any], ours: str, theirs: str, values: tuple[int, int]
) -> None:
    [row] = [row for row in document["unexplained"] if row["key"] == f"{ours}|{theirs}"]

    assert row["figures"] == {ours: values[0], theirs: values[1]}
    assert document["figures"][theirs]["as_of"] == "2021-10-14"
    assert document["figures"][ours]["as_of"] == "2021-12-16"
    assert "2021-10-14" in row["text"]
    assert "2021-12-16" in row["text"]


def test_every_number_opens_into_its_list(document: dict[str, Any], played: Played) -> None:
    client = signed_in(played.user("auditor1"))
    refused = [url for figure in document["figures"].values() if client.get(url := figure["list"]).status_code != 200]

    assert refused == []


@pytest.mark.parametrize("key", ["spot_check.units", "cases.ding-he.duration_days"])
def test_a_number_opens_without_asking_for_the_others(key: str, played: Played) -> None:
    client = signed_in(played.user("auditor1"))
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(reverse("figures:rows", args=["zhejiang-2021", key]))

    assert answer.status_code == 200
    assert len(captured) < 40  # far fewer than the figures that stand beside it


def test_a_campaign_that_is_not_there_is_named(played: Played) -> None:
    with pytest.raises(Exception, match="没有代码为“zhejiang-2022”的专项行动。现有：zhejiang-2021"):
        call_command("figures", "zhejiang-2022", stdout=io.StringIO())


# --- the campaign file of the acceptance data, where it is at hand ---------------------------------------------------

#: What the file holds that is no figure: words about people and places, and the remarks of its author.
_NO_FIGURES = re.compile(
    r"^(code|name|sources\.|stages\.|tariffs\.|passive_causes|upstream_makers\.outcome"
    r"|monitoring\.earlier_count\.(as_of|source)"
    r"|cases\.[\w-]+\.(unit|id|means|obstruction|attribution|person\.|people\.|device\.(place|hidden_by|office_computers))"
    r"|cases\.[\w-]+\.proceeds\.currency)"
)


def _campaign_file() -> Path | None:
    given = os.environ.get("CASEWORK_SHARED")
    folder = Path(given) if given else paths.CHECKOUT.parent / "shared"
    found = folder / "data" / "campaigns" / "zhejiang-2021.yaml"
    return found if found.is_file() else None


def _flat(node: Any, path: str = "") -> dict[str, Any]:
    """Return the leaves by dotted path; members of a list go by their ``id``, a list of words is one leaf."""
    if isinstance(node, dict):
        found: dict[str, Any] = {}
        for key, value in node.items():
            found |= _flat(value, f"{path}.{key}" if path else str(key))
        return found
    if isinstance(node, list) and node and isinstance(node[0], dict):
        found = {}
        for number, value in enumerate(node):
            found |= _flat(value, f"{path}.{value.get('id', number)}")
        return found
    return {path: node}


def test_the_published_facts_are_those_of_the_campaign_file(document: dict[str, Any]) -> None:
    source = _campaign_file()
    if source is None:
        pytest.skip("the campaign file is not at hand: set CASEWORK_SHARED to the folder that holds data/campaigns")
    leaves = {
        key: value
        for key, value in _flat(yaml.safe_load(source.read_text(encoding="utf-8"))).items()
        if not _NO_FIGURES.match(key)
    }
    known = {fact.key: fact for fact in FACTS}
    wrong = {}
    for key, value in leaves.items():
        fact = known.get(key.removesuffix(".at_least"))
        expected = value.isoformat() if isinstance(value, date) else set(value) if isinstance(value, list) else value
        if fact is None or fact.value != expected or fact.at_least != (key.endswith(".at_least") or "named" in key):
            wrong[key] = value

    assert wrong == {}
    assert len(leaves) > 40


# --- what the law refuses ------------------------------------------------------------------------------------------


def test_a_party_penalty_for_a_dispatched_worker_is_closed_with_the_article(played: Played) -> None:
    penalty = Penalty.objects.get(suspect__name="何某某")
    rows = signed_in(played.user("hearing1")).get(f"/api/v1/penalties/{penalty.pk}/range/").json()

    warning = next(row for row in rows if row["code"] == "PD_WARNING")
    assert warning["state"] == "off"
    assert "何某某" in warning["why"] or "党员" in warning["why"]
    assert re.search("第[一二三四五六七八九十百]+条", warning["article"] + warning["why"])


def test_a_party_penalty_for_who_is_no_party_member_is_refused_and_leaves_nothing(played: Played) -> None:
    penalty = Penalty.objects.get(suspect__name="金某某")
    before = penalty.draft, penalty.digest, Entry.objects.count()

    with pytest.raises(Refused) as refusal:
        revise_penalty(penalty, measures=(MeasureSpec("PD_WARNING"),), actor=played.user("hearing1"), at=clock.now())

    penalty.refresh_from_db()
    assert re.search("不能.*依据.*第[一二三四五六七八九十百]+条", refusal.value.message)
    assert (penalty.draft, penalty.digest, Entry.objects.count()) == before


def test_no_penalty_was_approved_by_its_drafter(played: Played) -> None:
    entries = Entry.objects.filter(kind="penalty.approved")
    drafter = {f"penalty:{row.pk}": row.drafted_by_id for row in Penalty.objects.all()}

    assert entries.count() == 9
    assert [entry.ref for entry in entries if entry.payload["by"] == drafter[entry.ref]] == []


# --- what a unit's leader never learns -----------------------------------------------------------------------------

LEADERS = ("leader1", "leader2", "leader-jin", "leader-ding-he", "leader-yu-wu")


@pytest.mark.parametrize("username", LEADERS)
def test_a_leader_reads_only_what_is_the_units_own(played: Played, username: str) -> None:
    user = played.user(username)
    own = Unit.objects.get(leaders__user=user)
    client = signed_in(user)
    pages = [reverse("units:portal"), "/notices/", "/account/", "/help/", "/"]
    for row in SelfInspection.objects.for_leader(user):
        pages += [reverse("units:portal-report", args=[row.pk]), reverse("units:portal-sign", args=[row.pk])]
        pages += [
            reverse("units:portal-question", args=[row.pk, code]) for code in ("addresses", "terminals", "people")
        ]
        pages += [reverse("units:portal-version", args=[row.pk, one.number]) for one in row.reports.all()]
    secret = {
        COVER,
        *Inspection.objects.values_list("number", flat=True),
        *Lead.objects.values_list("number", flat=True),
        *(unit.name for unit in Unit.objects.exclude(pk=own.pk) if unit.name not in own.name),
    }
    told = {}
    for page in pages:
        answer = client.get(page, follow=True)
        assert answer.status_code == 200, page
        text = body_of(answer)
        told[page] = sorted(word for word in secret if word in text)

    assert {page: words for page, words in told.items() if words} == {}
    assert own.name in body_of(client.get(reverse("units:portal")))


@pytest.mark.parametrize("username", LEADERS)
def test_a_leader_finds_no_door_to_anything_else(played: Played, username: str) -> None:
    client = signed_in(played.user(username))
    other = SelfInspection.objects.exclude(unit__leaders__user=played.user(username)).first()
    assert other is not None
    doors = [
        "/leads/", "/sightings/", "/units/", "/people/", "/cases/", "/evidence/", "/inspections/", "/campaigns/",
        "/penalties/", "/trail/", "/self-inspections/", "/imports/", "/addresses/",
        f"/portal/self-inspections/{other.pk}/", f"/self-inspections/{other.pk}/",
        "/api/v1/leads/", "/api/v1/sightings/", "/api/v1/cases/", "/api/v1/items/",
    ]  # fmt: skip
    open_doors = {}
    for door in doors:
        answer = client.get(door)
        if answer.status_code not in {403, 404} and not (door.startswith("/api/") and _empty(answer)):
            open_doors[door] = answer.status_code

    assert open_doors == {}
    known = [row["name"] for row in client.get("/api/v1/units/").json()["results"]]
    assert known == [Unit.objects.get(leaders__user=played.user(username)).name]


def _empty(answer: Any) -> bool:
    return answer.status_code == 200 and answer.json()["results"] == []


# --- the unannounced inspection ------------------------------------------------------------------------------------

#: Signed-in people who neither lead the inspection nor stand in one of its teams, the auditor apart.
OUTSIDE = (
    "officer3", "intake1", "hearing1", "approver2", "custodian1", "liaison1", "leader1", "leader-jin",
    "sysadmin1", "secadmin1", "auditadmin1",
)  # fmt: skip
PLACES = (
    "/", "/leads/", "/leads/table/", "/sightings/", "/campaigns/", "/campaigns/zhejiang-2021/",
    "/campaigns/zhejiang-2021/figures/", "/cases/", "/evidence/", "/evidence/takings/", "/inspections/",
    "/inspections/today/", "/penalties/", "/notices/", "/deadlines/", "/trail/", "/units/", "/self-inspections/",
    "/administration/compartments/", "/administration/audit/", "/search/?q=网络安全联合检查", "/search/?q=突击检查",
    "/api/v1/inspections/", "/api/v1/inspection-sites/", "/api/v1/interviews/", "/api/v1/items/",
    "/api/v1/collections/", "/api/v1/cases/", "/api/v1/leads/", "/api/v1/notices/", "/api/v1/deadlines/",
    "/api/v1/ledger/entries/", "/api/v1/figures/zhejiang-2021/", "/api/v1/search/?q=网络安全联合检查",
)  # fmt: skip


def _answers(client: Client, extra: list[str]) -> dict[str, tuple[int, str]]:
    found = {}
    for place in [*PLACES, *extra]:
        answer = client.get(place)
        found[place] = answer.status_code, body_of(answer)
    return found


@pytest.mark.parametrize("username", OUTSIDE)
def test_outside_its_compartment_the_inspection_does_not_exist(played: Played, username: str) -> None:
    client = signed_in(played.user(username))
    inspection, site = Inspection.objects.get(), Site.objects.order_by("pk").first()
    assert site is not None
    extra = [reverse("cases:inspection", args=[inspection.pk]), reverse("cases:site", args=[site.pk])]
    extra += [f"/api/v1/inspections/{inspection.pk}/", f"/api/v1/inspection-sites/{site.pk}/"]

    answers = _answers(client, extra)

    assert {place: answers[place][0] for place in extra if answers[place][0] not in {403, 404}} == {}
    # The search page repeats what was typed; nothing else may say the name or the number.
    telling = [
        place
        for place, (_status, text) in answers.items()
        if inspection.number in text or (COVER in text and "search" not in place)
    ]
    assert telling == []


@pytest.mark.parametrize("username", ["officer3", "approver2", "custodian1", "liaison1", "leader1"])
def test_planning_another_one_changes_nothing_for_those_outside(
    played: Played, username: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    still = clock.now()  # how long it is to a deadline is said to the minute
    monkeypatch.setattr(clock, "now", lambda: still)
    client = signed_in(played.user(username))
    extra = [f"/inspections/{Inspection.objects.get().pk + 1}/"]
    client.get("/")  # what a first visit leaves behind is there before the comparison
    before = _answers(client, extra)

    _plan_another(played)

    after = _answers(client, extra)
    assert [place for place in before if before[place] != after[place]] == []


def _plan_another(played: Played) -> Inspection:
    units = list(Unit.objects.filter(campaign_units__campaign__code="zhejiang-2021").order_by("pk")[60:62])
    plan = [
        TeamPlan(
            members=[MemberPlan(name=one.name, agency="省纪委监委", user=one) for one in pair],
            sites=[SitePlan(unit=unit, addresses=[], region=unit.region, place="机房", visit_on=date(2021, 12, 20))],
        )
        for unit, pair in zip(
            units,
            [
                (played.user("inspector11"), played.user("inspector12")),
                (played.user("inspector21"), played.user("inspector22")),
            ],
            strict=True,
        )
    ]
    return plan_inspection(
        Campaign.objects.get(code="zhejiang-2021"),
        from_on=date(2021, 12, 20),
        to_on=date(2021, 12, 21),
        teams=plan,
        actor=played.user("officer1"),
        at=moment("2021-12-16 09:00"),
        cover_name="机房消防检查",
        leaders=[played.user("officer2"), played.user("approver1")],
    )


def test_those_inside_do_see_it(played: Played) -> None:
    inspection = Inspection.objects.get()
    for username in ("officer1", "officer2", "approver1", "campaign1", "inspector11", "auditor1"):
        answer = signed_in(played.user(username)).get(reverse("cases:inspection", args=[inspection.pk]))
        assert answer.status_code == 200, username
        assert COVER in body_of(answer), username


def test_a_team_knows_its_own_sites_only(played: Played) -> None:
    client = signed_in(played.user("inspector11"))
    page = body_of(client.get(reverse("cases:inspection", args=[Inspection.objects.get().pk])))
    teams = {team.number: [site.unit.name for site in team.sites.all()] for team in InspectionTeam.objects.all()}

    assert [name for name in teams[1] if name not in page] == []
    foreign = [name for number in (2, 3, 4) for name in teams[number] if name not in teams[1]]
    assert [name for name in foreign if name in page] == []


# --- the record ----------------------------------------------------------------------------------------------------


def test_the_whole_play_is_in_the_ledger_and_intact(played: Played) -> None:
    said = io.StringIO()
    call_command("ledger", "verify", stdout=said)

    assert Entry.objects.count() > 3_000
    for kind in ("import.applied", "lead.disposed", "case.filed", "penalty.approved"):
        assert Entry.objects.filter(kind=kind).exists(), kind


def test_nothing_happened_after_the_day_of_the_demo(played: Played) -> None:
    last = Entry.objects.order_by("-at").values_list("at", flat=True).first()

    assert isinstance(last, datetime)
    # The morning begins anew in each process, and the one that played may have taken longer than this one has run.
    assert last <= clock.now() + timedelta(minutes=30)
