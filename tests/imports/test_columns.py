"""Columns assigned by hand and remembered; large files read apart from the page, watched, stopped, taken up."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models.functions import Now
from django.test import Client

from casework.core.errors import Invalid, NotAllowed, Refused
from casework.files import storage
from casework.imports.models import ColumnMapping, ImportRow, ImportRun
from casework.imports.services import apply_run, discard_run, map_columns, read_file, reading, staging
from casework.imports.services.reading import go_on_reading, kept_file, lost_readings, receive_file
from casework.imports.tables import Unusable
from casework.ledger.models import Entry
from tests.build import a_compartment
from tests.build_units import NOW, a_block, a_unit
from tests.cast import Cast
from units.models import Person, Sighting, Unit

pytestmark = pytest.mark.django_db
FOREIGN = "某局监测月报,,\n发现于,谁,哪里\n2021-07-29 23:41,198.51.100.3,甲\n2021-07-29 23:42,198.51.100.4,乙\n昨天,198.51.100.5,丙\n"


def test_unknown_headers_wait_for_somebody_and_are_known_the_next_time(cast: Cast) -> None:
    circle, actor = a_compartment(cast.campaign_officer), cast.campaign_officer
    a_block(a_unit(), "198.51.100.0/24")
    more: dict[str, Any] = {"actor": actor, "at": NOW, "compartment": circle}
    with pytest.raises(Unusable):
        read_file(FOREIGN.encode(), "sightings", **more)
    run = read_file(FOREIGN.encode(), "sightings", by_hand=True, **more)
    bystander = read_file(FOREIGN.encode(), "sightings", by_hand=True, **more)
    assert (run.state, run.rows, run.refused, run.header["texts"]) == ("unmapped", 3, 3, ["发现于", "谁", "哪里"])
    with pytest.raises(Refused):
        apply_run(run, actor=actor, at=NOW)
    for wrong, word in (({0: "observed_at"}, "IP地址"), ({0: "ip", 1: "ip"}, "两次"), ({9: "ip"}, "没有")):
        with pytest.raises(Invalid, match=word):
            map_columns(run, wrong, actor=actor, at=NOW)
    with pytest.raises(NotAllowed):
        map_columns(run, {0: "observed_at", 1: "ip"}, actor=cast.officer, at=NOW)

    done = map_columns(run, {0: "observed_at", 1: "ip"}, source="某局", actor=actor, at=NOW)

    assert (done.state, done.created, done.refused, done.header["unknown"]) == ("previewed", 2, 1, ["哪里"])
    assert "昨天" in ImportRow.objects.get(run=run, outcome="refused").message
    bystander.refresh_from_db()
    assert (bystander.state, bystander.refused) == ("unmapped", 3)
    apply_run(done, actor=actor, at=NOW)
    assert Sighting.objects.count() == 2
    assert list(Entry.objects.of(f"import:{run.pk}").values_list("kind", flat=True)) == [
        "import.read", "import.mapped", "import.applied",
    ]  # fmt: skip
    again = read_file(FOREIGN.encode(), "sightings", **more)
    assert (again.state, again.unchanged, again.refused, again.header["source"]) == ("previewed", 2, 1, "某局")
    # another order of the same words is another layout
    with pytest.raises(Unusable):
        read_file(FOREIGN.replace("发现于,谁", "谁,发现于").encode(), "sightings", **more)


def test_columns_can_be_changed_on_a_preview_and_identity_numbers_stay_encrypted(cast: Cast) -> None:
    a_unit(code="U1")
    text = "单位代码,姓名,号码,身份\nU1,丁某某,11010519491231002X,党员\n"
    run = read_file(text.encode(), "people", actor=cast.intake, at=NOW)
    assert run.header["unknown"] == ["号码", "身份"]
    assert "19491231" not in str(list(ImportRow.objects.values_list("cells", "data")))

    done = map_columns(
        run, {0: "unit_code", 1: "name", 2: "id_number", 3: "party_member"}, actor=cast.intake, at=NOW, remember=False
    )

    assert (done.created, done.header["unknown"], ColumnMapping.objects.count()) == (1, [], 0)
    assert "19491231" not in str(list(ImportRow.objects.values_list("cells", "data")))
    apply_run(done, actor=cast.intake, at=NOW)
    person = Person.objects.get()
    assert (person.id_number, person.party_member) == ("11010519491231002X", True)
    with pytest.raises(Refused):
        map_columns(done, {0: "unit_code", 1: "name"}, actor=cast.intake, at=NOW)


def test_the_page_of_columns(client: Client, cast: Cast) -> None:
    client.force_login(cast.intake)
    file = SimpleUploadedFile("台账.csv", "甲列,乙列,丙列,丁列\nE1,第九中学,学校,330604\n".encode())
    answer = client.post("/imports/new/", {"kind": "units", "file": file})
    run = ImportRun.objects.get()
    assert answer.headers["Location"] == f"/imports/{run.pk}/"
    address = f"/imports/{run.pk}/columns/"
    assert client.get(f"/imports/{run.pk}/").headers["Location"] == address
    page = client.get(address).content.decode()
    for word in ("甲列", "第九中学", "统一社会信用代码", "（必填）"):
        assert word in page
    assert client.post(address, {"c0": "code", "c1": "code"}).status_code == 422
    chosen = {"c0": "code", "c1": "name", "c2": "kind", "c3": "region", "source": "区编办", "remember": "on"}
    assert client.post(address, chosen).headers["Location"] == f"/imports/{run.pk}/"
    assert "按“区编办”的列读取" in client.get(f"/imports/{run.pk}/").content.decode()
    client.post(f"/imports/{run.pk}/apply/")
    assert Unit.objects.get().name == "第九中学"
    assert ColumnMapping.objects.get().source == "区编办"
    for outsider in (cast.unit_leader, cast.system_admin, cast.auditor):
        client.force_login(outsider)
        assert client.post(address, chosen).status_code in {403, 404}


UNITS = "代码,单位名称,单位类别,行政区划代码\n" + "".join(f"U{n:05d},第{n}中学,学校,330604\n" for n in range(25))


def a_reading(cast: Cast, text: str = UNITS) -> ImportRun:
    return receive_file([text.encode()], "units", actor=cast.intake, at=NOW, name="大表.csv")


def test_a_large_file_is_read_in_parts_and_a_second_worker_finds_nothing_to_do(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> None:
    settings.CASEWORK_STORAGE = f"file://{tmp_path}"
    monkeypatch.setattr(reading, "PART", 10)
    bystander, run = a_reading(cast), a_reading(cast)
    assert storage.incoming() in kept_file(run).parents

    go_on_reading(run, at=NOW)
    go_on_reading(run, at=NOW)

    run.refresh_from_db()
    assert (run.state, run.rows, run.created, run.done) == ("previewed", 25, 25, 25)
    assert not kept_file(run).exists()
    assert Entry.objects.of(f"import:{run.pk}").filter(kind="import.read").count() == 1
    bystander.refresh_from_db()
    assert (bystander.state, bystander.lines.count(), kept_file(bystander).exists()) == ("reading", 0, True)


def test_reading_stops_when_somebody_lays_the_file_aside_and_leaves_no_row(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> None:
    settings.CASEWORK_STORAGE = f"file://{tmp_path}"
    run = a_reading(cast)
    parts = staging.stage_parts

    def meanwhile(*args: Any, **more: Any) -> Any:
        for number, count in enumerate(parts(*args, **more | {"part": 10})):
            if number == 1:
                discard_run(ImportRun.objects.get(pk=run.pk), actor=cast.intake, at=NOW)
            yield count

    monkeypatch.setattr(reading, "stage_parts", meanwhile)
    go_on_reading(run, at=NOW)

    run.refresh_from_db()
    assert (run.state, run.rows, run.lines.count(), kept_file(run).exists()) == ("discarded", 0, 0, False)


def test_a_dead_workers_rows_are_read_anew_and_a_bad_file_says_why(cast: Cast, settings: Any, tmp_path: Path) -> None:
    settings.CASEWORK_STORAGE = f"file://{tmp_path}"
    run, bad, gone = a_reading(cast), a_reading(cast, "\x00" * 10), a_reading(cast)
    ImportRow.objects.create(run=run, line=2, cells=["U00000"], outcome="created")
    ImportRun.objects.filter(pk=run.pk).update(moved_at=Now() - timedelta(hours=1), done=1)
    ImportRun.objects.filter(pk__in=[bad.pk, gone.pk]).update(moved_at=Now() - timedelta(hours=1))
    kept_file(gone).unlink()
    assert lost_readings() == [run, bad, gone]

    for one in lost_readings():
        go_on_reading(one, at=NOW)

    for one in (run, bad, gone):
        one.refresh_from_db()
    assert (run.state, run.rows, run.lines.count()) == ("previewed", 25, 25)
    assert (bad.state, gone.state) == ("failed", "failed")
    assert "不是文本文件" in bad.message
    assert "重新上传" in gone.message
    assert lost_readings() == []


def test_the_page_shows_how_far_it_is(client: Client, cast: Cast, settings: Any, tmp_path: Path) -> None:
    settings.CASEWORK_STORAGE = f"file://{tmp_path}"
    run = a_reading(cast)
    ImportRun.objects.filter(pk=run.pk).update(done=4000)
    client.force_login(cast.intake)
    assert "已读 4,000 行" in client.get(f"/imports/{run.pk}/").content.decode()
    assert "停止读取" in client.get(f"/imports/{run.pk}/").content.decode()
    go_on_reading(ImportRun.objects.get(pk=run.pk), at=NOW)
    htmx = {"HX-Request": "true", "HX-Target": "reading"}
    assert client.get(f"/imports/{run.pk}/", headers=htmx).headers["HX-Refresh"] == "true"
    assert "导入 25 行" in client.get(f"/imports/{run.pk}/").content.decode()
