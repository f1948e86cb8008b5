"""``manage.py import``: the counts, the exit status and the files that programs rely on."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from casework.imports.models import ImportRow, ImportRun
from tests.build_units import a_block, a_unit
from units.models import AddressConflict, MonitorList, Sighting, Unit, UnitLeader

pytestmark = pytest.mark.django_db

UNITS = """统一社会信用代码,单位名称,单位类别,行政区划代码,上级单位代码,负责人
EDU-1,上虞区教育体育局,机关,330604,,郑某某
EDU-2,上虞区职业教育中心,学校,３３０６０４,EDU-1,钱某某
"""


def run(kind: str, path: Path, *options: str) -> tuple[int, dict[str, object]]:
    """Return exit status and printed counts."""
    out = io.StringIO()
    try:
        call_command("import", kind, str(path), "--json", *options, stdout=out, stderr=io.StringIO())
    except SystemExit as error:
        return int(error.code or 0), json.loads(out.getvalue())
    except CommandError as error:
        return error.returncode, json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


def a_file(folder: Path, text: str, encoding: str = "utf-8", name: str = "list.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def counts(**given: int) -> dict[str, int]:
    names = ("rows", "created", "updated", "unchanged", "conflicting", "refused")
    return {name: given.get(name, 0) for name in names}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_units_are_created_once_whatever_the_encoding(tmp_path: Path, encoding: str) -> None:
    bystander = a_unit("别的单位")
    path = a_file(tmp_path, UNITS, encoding)

    status, first = run("units", path)

    assert (status, first) == (0, {"kind": "units", **counts(rows=2, created=2)})
    assert Unit.objects.get(code="EDU-2").parent == Unit.objects.get(code="EDU-1")
    assert Unit.objects.get(code="EDU-2").region.name == "绍兴市上虞区"
    assert UnitLeader.objects.get(unit__code="EDU-1").name == "郑某某"
    assert run("units", path) == (0, {"kind": "units", **counts(rows=2, unchanged=2)})
    bystander.refresh_from_db()
    assert (bystander.name, bystander.version) == ("别的单位", 1)


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    status, found = run("units", a_file(tmp_path, UNITS), "--dry-run")

    assert (status, found["created"]) == (0, 2)
    assert not Unit.objects.exists()
    assert not ImportRun.objects.exists()


def test_refused_rows_come_out_with_a_reason_and_the_others_go_in(tmp_path: Path) -> None:
    text = (
        UNITS + "913300006097603940,坏代码,学校,330604,,\nEDU-3,没有上级,学校,330604,NIRGENDS,\n,无代码,学校,330604,,\n"
    )
    refused = tmp_path / "refused.csv"

    status, found = run("units", a_file(tmp_path, text), "--refused", str(refused))

    assert (status, found) == (1, {"kind": "units", **counts(rows=5, created=2, refused=3)})
    lines = refused.read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 4
    assert lines[0].endswith(",不能导入的原因")
    assert "校验位不对" in lines[1]
    assert "NIRGENDS" in lines[2]
    assert "必填" in lines[3]
    mended = refused.read_text(encoding="utf-8-sig").replace("NIRGENDS", "EDU-1")
    status, again = run("units", a_file(tmp_path, mended))
    assert (status, again["created"], again["refused"]) == (1, 1, 2)
    assert again["unknown_columns"] == ["不能导入的原因"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty", b""),
        ("only a header", "统一社会信用代码,单位名称,单位类别,行政区划代码\n".encode()),
        ("no header", "EDU-1,教育局,机关,330604\n".encode()),
        ("another kind", "监测时间,IP地址\n2021-07-01,10.0.0.1\n".encode()),
        ("a column is missing", "统一社会信用代码,单位名称\nEDU-1,教育局\n".encode()),
        ("two columns for one", "代码,统一社会信用代码,单位名称,单位类别,行政区划代码\n1,1,a,学校,330604\n".encode()),
        ("a picture", b"\x89PNG\r\n\x1a\n" + b"\x00" * 50),
        ("zeros", b"\x00" * 4000),
        ("a broken workbook", b"PK\x03\x04" + b"\x00" * 400),
        ("an old workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600),
        ("neither encoding", b"\xff\xff\x80\x80,\xff"),
    ],
)
def test_an_unusable_file_writes_nothing_and_says_why(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)

    status, found = run("units", path)

    assert status == 2
    assert "不能导入" in found["error"]["message"], name
    assert not ImportRun.objects.exists()
    assert not ImportRow.objects.exists()


def test_a_missing_file_is_unusable(tmp_path: Path) -> None:
    assert run("units", tmp_path / "nowhere.csv")[0] == 2


SIGHTINGS = """监测时间,IP地址,端口,远端主机,远端端口,协议,币种,监测点
2021-07-29 23:41:05,198.51.100.37,51820,203.0.113.24,3333,stratum,rvn,一号
2021年7月29日 02:06,198.51.100.37,,203.0.113.24,3333,stratum,RVN,一号
2021-07-28T14:58:00Z,198.51.100.52,,203.0.113.80,5555,stratum,RVN,一号
2021-07-28 08:00,192.0.2.9,,203.0.113.80,5555,stratum,RVN,一号
2021-07-28 08:00,192.0.2.9,,203.0.113.80,5555,stratum,RVN,一号
2021-07-28 08:00,192.0.2.200,,203.0.113.80,5555,stratum,RVN,一号
"""


def test_sightings_are_matched_counted_and_compared_with_the_last_list(tmp_path: Path) -> None:
    school, rival = a_unit("职教中心"), a_unit("另一家")
    a_block(school, "198.51.100.0/24")
    a_block(school, "192.0.2.0/28")
    a_block(rival, "192.0.2.0/28")

    status, first = run("sightings", a_file(tmp_path, SIGHTINGS))

    assert status == 0
    assert first == {
        "kind": "sightings",
        **counts(rows=6, created=5, unchanged=1),
        "delta": {"new": 4, "persisting": 0, "cleared": 0, "relapsed": 0},
        "matching": {"matched": 3, "ambiguous": 1, "unmatched": 1, "units": 1},
    }
    again = run("sightings", a_file(tmp_path, SIGHTINGS))[1]
    assert again == {
        "kind": "sightings",
        **counts(rows=6, unchanged=6),
        "delta": {"new": 0, "persisting": 4, "cleared": 0, "relapsed": 0},
        "matching": {"matched": 0, "ambiguous": 0, "unmatched": 0, "units": 0},
    }
    assert Sighting.objects.count() == 5
    assert MonitorList.objects.count() == 1
    second = "监测时间,IP地址,监测点\n2021-08-05 08:00,198.51.100.37,一号\n2021-08-05 08:00,192.0.2.99,一号\n"
    assert run("sightings", a_file(tmp_path, second))[1]["delta"] == {
        "new": 1, "persisting": 1, "cleared": 3, "relapsed": 0,
    }  # fmt: skip
    third = "监测时间,IP地址,监测点\n2021-09-05 08:00,198.51.100.52,一号\n2021-09-05 08:00,192.0.2.99,一号\n"
    assert run("sightings", a_file(tmp_path, third))[1]["delta"] == {
        "new": 0, "persisting": 1, "cleared": 1, "relapsed": 1,
    }  # fmt: skip


def test_the_same_list_again_is_compared_with_itself_even_when_its_time_was_stated(tmp_path: Path) -> None:
    path = a_file(tmp_path, SIGHTINGS)
    run("sightings", path, "--sampled-at", "2021-07-31T18:00")
    assert run("sightings", path)[1]["delta"] == {"new": 0, "persisting": 4, "cleared": 0, "relapsed": 0}
    assert MonitorList.objects.count() == 1


def test_a_rival_claim_is_kept_as_a_conflict(tmp_path: Path) -> None:
    a_unit("甲", code="UA")
    a_unit("乙", code="UB")
    text = (
        "网段,单位代码,启用日期,停用日期,起始端口,结束端口\n"
        "10.1.0.0/16,UA,2020-01-01,,,\n"
        "10.1.2.0/24,UB,2020-01-01,,,\n"
        "10.1.2.0/24,UA,2020-01-01,,,\n"
        "10.9.0.0/24,UA,2020-01-01,,,\n"
        "10.9.0.0/24,UB,2020-06-01,,,\n"
        "10.9.0.0/24,UB,2019-06-01,2019-12-31,,\n"
        "10.9.9.9,UA,,,1000,1999\n"
        "10.9.9.9,UB,,,2000,2999\n"
        "10.8.0.3-10.8.0.6,UA,,,,\n"
    )

    status, found = run("address-blocks", a_file(tmp_path, text))

    assert (status, found) == (1, {"kind": "address-blocks", **counts(rows=9, created=7, conflicting=1, refused=1)})
    conflict = AddressConflict.objects.get()
    assert {conflict.first.unit.code, conflict.second.unit.code} == {"UA", "UB"}
    again = run("address-blocks", a_file(tmp_path, text))
    assert again == (1, {"kind": "address-blocks", **counts(rows=9, unchanged=8, refused=1)})
