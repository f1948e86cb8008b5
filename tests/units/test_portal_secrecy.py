"""What the monitor saw is shown to the reviewer and never, in any form, to the unit."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from django.urls import reverse

from casework.accounts.models import User
from casework.files.services.blobs import store_blob
from casework.imports.models import ImportRun
from casework.notices.models import Notice
from tests.build import a_compartment, moment
from tests.build_campaigns import Scene, a_scene, a_unit, submitted
from tests.cast import Cast
from units.enums import MatchState
from units.models import AddressBlock, Lead, LeadAddress, MonitorList, Registration, SelfInspection, Sighting, Unit
from units.selectors.self_inspections import flagged, flags
from units.services.campaigns import record_finding, set_outcome
from units.services.rectification import order_rectification, report_rectification
from units.services.reviews import return_report, start_review, start_spot_check
from units.services.self_inspections import save_answer, submit_report
from units.web import campaign_urls

NOON = moment("2021-10-26 12:00")
SEEN_AT = moment("2021-07-20 03:04")
#: An address and words that stand nowhere but in what is known about the unit.
SECRET_IP = "203.0.113.77"
SECRET_WORDS = ("机密线索甲", "矿池.example", "机密监测点", "机密发现", "机密依据", SECRET_IP, "突击")


@pytest.fixture(autouse=True)
def _demo_day(settings: Any) -> None:
    settings.CASEWORK_NOW = "2021-10-27"


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return a_scene(cast)


def seen(unit: Unit, ip: str, *members: User, registration: Registration | None = None) -> Lead:
    """Let the monitor see the unit's address, known to the members; returns the lead."""
    compartment = a_compartment(*members, name="监测")
    run = ImportRun.objects.create(
        kind="sightings", file_name="机密.csv", sha256="0" * 64, size=1, compartment=compartment, read_at=SEEN_AT
    )
    listed = MonitorList.objects.create(
        sensor="机密监测点", sampled_at=SEEN_AT, compartment=compartment, import_run=run
    )
    block = AddressBlock.objects.create(network=f"{ip}/32", unit=unit, valid=DateRange(date(2020, 1, 1), None))
    lead = Lead.objects.create(
        number=f"机密线索甲{unit.pk}", unit=unit, compartment=compartment, received_on=date(2021, 7, 25)
    )
    LeadAddress.objects.create(lead=lead, ip=ip, first_seen_at=SEEN_AT, last_seen_at=SEEN_AT)
    Sighting.objects.create(
        monitor_list=listed,
        compartment=compartment,
        sensor="机密监测点",
        observed_at=SEEN_AT,
        ip=ip,
        remote_host="矿池.example",
        match_state=MatchState.MATCHED,
        unit=unit,
        block=block,
        registration=registration,
    )
    return lead


def test_a_denied_address_is_flagged_to_the_reviewer(cast: Cast, scene: Scene) -> None:
    seen(scene.unit, "198.51.100.7", cast.campaign_officer)
    submitted(scene.inspection, cast.unit_leader, at=NOON, address="198.51.100.7", found="none")

    found = flags(scene.inspection, cast.campaign_officer)

    assert [(flag.kind, flag.code) for flag in found] == [("denied", "addresses"), ("denied", "found")]
    assert "198.51.100.7 填“未发现”，监测在 2021年7月20日 见到它。" in found[0].text


def test_an_address_left_out_is_flagged(cast: Cast, scene: Scene) -> None:
    seen(scene.unit, SECRET_IP, cast.campaign_officer)
    submitted(scene.inspection, cast.unit_leader, at=NOON, address="198.51.100.7", found="active", computers=1)

    assert [flag.kind for flag in flags(scene.inspection, cast.campaign_officer)] == ["unreported"]


def test_an_admitted_address_and_a_neighbours_are_not_flagged(cast: Cast, scene: Scene) -> None:
    seen(scene.unit, "198.51.100.7", cast.campaign_officer)
    seen(a_unit("邻居"), SECRET_IP, cast.campaign_officer)
    submitted(scene.inspection, cast.unit_leader, at=NOON, address="198.51.100.7", found="active", computers=1)

    assert flags(scene.inspection, cast.campaign_officer) == []
    assert not flagged(SelfInspection.objects.all(), cast.campaign_officer).exists()


def test_registered_research_is_no_contradiction(cast: Cast, scene: Scene) -> None:
    device = Registration.objects.create(unit=scene.unit, device="科研", purpose="教学", from_on=date(2021, 1, 1))
    lead = seen(scene.unit, "198.51.100.7", cast.campaign_officer, registration=device)
    LeadAddress.objects.filter(lead=lead).delete()
    submitted(scene.inspection, cast.unit_leader, at=NOON, address="198.51.100.7", found="none")

    assert flags(scene.inspection, cast.campaign_officer) == []


def test_a_reviewer_outside_the_monitoring_sees_no_flag(cast: Cast, scene: Scene) -> None:
    seen(scene.unit, "198.51.100.7", cast.officer)
    submitted(scene.inspection, cast.unit_leader, at=NOON, found="none")

    assert flags(scene.inspection, cast.campaign_officer) == []
    assert flags(scene.inspection, cast.unit_leader) == []
    assert not flagged(SelfInspection.objects.all(), cast.campaign_officer).exists()


def test_the_list_and_the_flags_agree(cast: Cast, scene: Scene) -> None:
    seen(scene.unit, "198.51.100.7", cast.campaign_officer)
    submitted(scene.inspection, cast.unit_leader, at=NOON, found="none")
    submitted(scene.bystander, cast.other_leader, at=NOON, address="198.51.100.9", found="none")

    assert list(flagged(SelfInspection.objects.all(), cast.campaign_officer)) == [scene.inspection]


def everything_known(cast: Cast, scene: Scene) -> None:
    """Let the commission know much about the unit, and return and inspect it."""
    officer, leader = cast.campaign_officer, cast.unit_leader
    lead = seen(scene.unit, SECRET_IP, officer)
    submitted(scene.inspection, leader, at=NOON, found="none")
    start_review(scene.inspection, actor=officer, at=NOON)
    return_report(scene.inspection, {"rooms": "写明检查的人。"}, actor=officer, at=NOON)
    save_answer(scene.inspection, "rooms", "一楼", actor=leader, at=NOON)
    submit_report(scene.inspection, signed_name=leader.name, actor=leader, at=NOON)
    start_review(scene.inspection, actor=officer, at=NOON)
    start_spot_check(scene.inspection, actor=officer, at=NOON)
    row = scene.inspection.campaign_unit
    record_finding(row, kind="active", summary="机密发现", source_ref="机密依据", lead=lead, actor=officer, at=NOON)
    set_outcome(row, "active", basis_ref="机密依据", actor=officer, at=NOON)
    duty = order_rectification(row, title="加固口令", measures="改", due_on=date(2021, 11, 8), actor=officer, at=NOON)
    proof = store_blob([b"done"], actor=leader, at=NOON)
    report_rectification(duty, done="已改", proof=proof, proof_name="验收单.txt", actor=leader, at=NOON)


def own_addresses(scene: Scene) -> Iterator[str]:
    """Yield every page and API address that a leader can open for his unit."""
    pk = scene.inspection.pk
    numbers: dict[str, Any] = {"pk": pk, "code": "terminals", "number": 1}
    duty = scene.inspection.campaign_unit.rectifications.get().pk
    for pattern in campaign_urls.urlpatterns:
        name = pattern.name or ""
        if not name.startswith("portal") or "paper" in name:  # letters to the unit: tests/units/test_papers.py
            continue
        wanted = pattern.pattern.converters
        values = {key: numbers[key] for key in wanted if key in numbers}
        if "rectification" in name:
            values["pk"] = duty
        if "row" in wanted:
            values["row"] = scene.inspection.terminals.first().pk  # type: ignore[union-attr]
        if "attachment" in wanted:
            values["attachment"] = scene.inspection.attachments.first().pk  # type: ignore[union-attr]
        yield reverse(f"units:{name}", kwargs=values)
    yield reverse("units:portal-version", args=[pk, 2])
    yield "/api/v1/portal/self-inspections/"
    yield f"/api/v1/portal/self-inspections/{pk}/"
    yield f"/api/v1/portal/self-inspections/{pk}/rows/addresses/"
    yield "/api/v1/portal/rectifications/"
    yield f"/api/v1/portal/rectifications/{duty}/"
    yield "/notices/"
    yield "/deadlines/"


def test_nothing_of_what_is_known_reaches_the_unit(client: Client, cast: Cast, scene: Scene) -> None:
    everything_known(cast, scene)
    client.force_login(cast.unit_leader)
    opened = 0

    for address in own_addresses(scene):
        response = client.get(address)
        if response.status_code == 405:
            continue
        assert response.status_code == 200, address
        body = b"".join(response.streaming_content) if response.streaming else response.content
        text = body.decode(errors="replace")
        opened += 1
        for word in (*SECRET_WORDS, "抽查", "spot_check", "false_report", "outcome", "主动、被动"):
            assert word not in text, (address, word)
        assert scene.campaign.name not in text, address

    assert opened > 15
    told = list(Notice.objects.filter(recipient=cast.unit_leader).values("title", "body", "url"))
    assert told
    assert not any(word in json.dumps(told, ensure_ascii=False) for word in SECRET_WORDS)


def test_the_reviewer_must_explain_a_flag_before_verifying(client: Client, cast: Cast, scene: Scene) -> None:
    seen(scene.unit, "198.51.100.7", cast.campaign_officer)
    submitted(scene.inspection, cast.unit_leader, at=NOON, found="none")
    start_review(scene.inspection, actor=cast.campaign_officer, at=NOON)
    client.force_login(cast.campaign_officer)
    place = reverse("units:self-inspection", args=[scene.inspection.pk])
    step = reverse("units:self-inspection-step", args=[scene.inspection.pk, "verify"])

    page = client.get(place).content.decode()
    refused = client.post(step, {"reason": " "})
    client.post(step, {"reason": "地址为宽带共用，已核实"})

    assert "与监测不符" in page
    assert "198.51.100.7" in page
    assert refused.status_code == 409
    scene.inspection.refresh_from_db()
    assert scene.inspection.state == "verified"
