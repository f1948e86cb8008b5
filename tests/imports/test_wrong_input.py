"""Files as people really hand them in: workbooks, merged cells, full-width digits, bombs, formulas, odd rows."""

import contextlib
import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.imports import rules
from casework.imports.models import ImportRow, ImportRun
from casework.imports.rules import BadCell
from casework.imports.selectors import write_refused
from casework.imports.services import apply_run, read_file
from casework.imports.tables import Unusable
from tests.build import a_compartment, moment
from tests.build_units import NOW, a_block, a_unit
from units.models import Person, Registration, Sighting, Unit


def a_book(rows: list[list[Any]], merge: str = "", title: str = "清单") -> bytes:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    if merge:
        sheet.merge_cells(merge)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.django_db
def test_a_workbook_with_a_merged_title_serial_dates_and_numbers() -> None:
    school = a_unit(code="U1")
    a_block(school, "198.51.100.0/24")
    rows: list[list[Any]] = [
        ["2021年7月抽样监测清单", None, None, None],
        ["监测时间", "IP 地址", "端口", "币种*"],
        [dt.datetime.fromisoformat("2021-07-29 23:41:05"), "198.51.100.37", 51820, "rvn"],
        [44406.5, "１９８．５１．１００．５２", "５１８２１", "以太币"],
        [None, None, None, None],
        ["2021/7/29 8:05", " 198.51.100.53\u200b", 51820.0, None],
    ]
    run = read_file(a_book(rows, "A1:D1"), "sightings", actor=None, at=NOW, compartment=a_compartment())
    apply_run(run, actor=None, at=NOW)

    assert (run.rows, run.created, run.refused, run.header["sheet"]) == (3, 3, 0, "清单")
    assert list(Sighting.objects.order_by("ip").values_list("observed_at", "ip", "port", "currency")) == [
        (moment("2021-07-29 23:41:05"), "198.51.100.37", 51820, "RVN"),
        (moment("2021-07-29 12:00"), "198.51.100.52", 51821, "以太币"),
        (moment("2021-07-29 08:05"), "198.51.100.53", 51820, ""),
    ]
    assert ImportRow.objects.filter(run=run).order_by("line").values_list("line", flat=True)[2] == 6


def a_zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        a_zip({"xl/workbook.xml": b"0" * 200 * 1024 * 1024}),
        a_zip({f"xl/{number}": b"" for number in range(3000)}),
        a_zip({"evil.txt": b"x"}),
        a_zip({"xl/workbook.xml": b"<a/>"}),
        a_book([["a"]])[:-200],
    ],
    ids=["bomb", "many entries", "no workbook", "empty workbook", "cut off"],
)
@pytest.mark.django_db
def test_zip_bombs_and_broken_workbooks_are_refused(content: bytes) -> None:
    with pytest.raises(Unusable):
        read_file(content, "units", actor=None, at=NOW)
    assert not ImportRun.objects.exists()


@pytest.mark.django_db
def test_a_forged_size_is_found() -> None:
    content = bytearray(a_zip({"xl/workbook.xml": b"0" * 100 * 1024 * 1024}))
    at = content.rfind(b"PK\x01\x02")
    content[at + 24 : at + 28] = (1000).to_bytes(4, "little")
    with pytest.raises(Unusable):
        read_file(bytes(content), "units", actor=None, at=NOW)


BAD_SIGHTINGS = [
    ("2021-07-29 23:41,1.2.3", "不是 IP 地址"),
    ("2021-07-29 23:41,::ffff:1.2.3.4", "改成 1.2.3.4"),
    ("2021-07-29 23:41,010.1.1.1", "改成 10.1.1.1"),
    ("2021-07-29 23:41,1.2.3.999", "大于 255"),
    ("2021-07-29 23:41,fe80::1%eth0", "改成 fe80::1"),
    ("2021-07-29 23:41,10.0.0.0/24", "是网段"),
    ("2021-07-29 23:41,224.0.0.1", "不是一台机器"),
    ("2021-07-29 23:41,", "必填"),
    (",10.0.0.1", "必填"),
    ("2021-02-30 08:00,10.0.0.1", "没有这一天"),
    ("2021-07-29 25:00,10.0.0.1", "没有这个时刻"),
    ("2021-07-29,10.0.0.1", "改成 2021-07-29 23:41:05"),
    ("2031-07-29 08:00,10.0.0.1", "在将来"),
    ("昨天,10.0.0.1", "不是时间"),
    ("2021-07-29 23:41,10.0.0.1,70000", "0 至 65535"),
    ("2021-07-29 23:41,10.0.0.1,80,多出来", "多出 1 格"),
    (f"2021-07-29 23:41,10.0.0.1,{'9' * 40000}", "超过"),
]


@pytest.mark.django_db
def test_every_bad_row_says_what_is_wrong_and_the_good_ones_go_in() -> None:
    text = (
        "监测时间,IP地址,端口\n"
        + "\n".join(row for row, _word in BAD_SIGHTINGS)
        + "\r\n2021-07-29 23:41,10.0.0.7,80\r\n"
    )
    run = apply_run(
        read_file(text.encode(), "sightings", actor=None, at=NOW, compartment=a_compartment()), actor=None, at=NOW
    )

    assert (run.rows, run.created, run.refused) == (len(BAD_SIGHTINGS) + 1, 1, len(BAD_SIGHTINGS))
    found = dict(ImportRow.objects.filter(run=run, outcome="refused").values_list("line", "message"))
    for number, (row, word) in enumerate(BAD_SIGHTINGS, 2):
        assert word in found[number], (row[:60], found[number])
    assert Sighting.objects.get().ip == "10.0.0.7"


@pytest.mark.parametrize(
    ("network", "word"),
    [
        ("10.1.2.3/24", "改成 10.1.2.0/24"),
        ("10.1.2.9-10.1.2.3", "改成 10.1.2.3—10.1.2.9"),
        ("16.0.0.0/4", "过宽"),
        ("10.0.0.1-2001:db8::1", "分成两行"),
        ("10.0.0.0-13.255.255.255", "过宽"),
        ("010.1.1.0/24", "改成 10.1.1.0"),
        ("没有", "不是 IP 地址"),
    ],
)
def test_bad_networks_say_what_is_right(network: str, word: str) -> None:
    with pytest.raises(BadCell, match=word):
        rules.parse_networks(network)


@pytest.mark.parametrize(
    ("text", "networks"),
    [
        ("10.1.2.0/24", ["10.1.2.0/24"]),
        ("１０．１．２．３", ["10.1.2.3/32"]),
        ("10.0.0.3–10.0.0.6", ["10.0.0.3/32", "10.0.0.4/31", "10.0.0.6/32"]),
        ("10.0.0.4 至 10.0.0.7", ["10.0.0.4/30"]),
        ("10.0.0.4~7", ["10.0.0.4/30"]),
        ("2001:db8::/64", ["2001:db8::/64"]),
        ("2001:DB8::1", ["2001:db8::1/128"]),
        ("2001:db8::2-2001:db8::3", ["2001:db8::2/127"]),
    ],
)
def test_networks_in_all_their_spellings(text: str, networks: list[str]) -> None:
    assert rules.parse_networks(text) == networks


@pytest.mark.parametrize(
    "text", ["2021-9-6", "2021-09-06", "2021/9/6", "2021.9.6", "2021年9月6日", "２０２１年９月６日", "20210906", "44445", "2021-09-06 00:00:00"]
)  # fmt: skip
def test_dates_in_all_their_spellings(text: str) -> None:
    assert rules.parse_date(text) == "2021-09-06"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_no_cell_breaks_a_parser(text: str) -> None:
    for parse in (
        rules.parse_date, rules.parse_moment, rules.parse_port, rules.parse_address, rules.parse_networks,
        rules.parse_unit_code, rules.parse_resident_id, rules.parse_yes_no, rules.parse_email, rules.text_up_to(10),
    ):  # fmt: skip
        with contextlib.suppress(BadCell):
            parse(text)


@settings(max_examples=100, deadline=None)
@given(st.integers(662_688_000, 4_070_908_800).map(lambda second: dt.datetime.fromtimestamp(second, rules.SHANGHAI)))
def test_a_moment_read_back_is_the_same_moment(when: dt.datetime) -> None:
    for text in (when.isoformat(), when.replace(tzinfo=None).isoformat(" "), when.astimezone(dt.UTC).isoformat()):
        assert dt.datetime.fromisoformat(rules.parse_moment(text)) == when


@pytest.mark.django_db
def test_identity_numbers_are_kept_encrypted_and_formulas_made_harmless() -> None:
    unit = a_unit(code="U1")
    text = (
        "单位代码,姓名,身份证号,用工形式,是否党员,职务\n"
        "U1,丁某某,11010519491231002X,劳务派遣,否,=cmd|' /C calc'!A0\n"
        "U1,何某某,110105194912310021,临聘,是,@SUM(1)\n"
    )
    run = apply_run(read_file(text.encode(), "people", actor=None, at=NOW), actor=None, at=NOW)

    assert (run.created, run.refused) == (1, 1)
    person = Person.objects.get(unit=unit)
    assert (person.id_number, person.employment, person.party_member) == ("11010519491231002X", "dispatched", False)
    stored = str(list(ImportRow.objects.values_list("cells", "data", "message", "changes")))
    assert "1949" not in stored
    out = io.StringIO()
    assert write_refused(run, out) == 1
    line = out.getvalue().splitlines()[1]
    assert "110105194912310021" in line
    assert "'@SUM(1)" in line
    again = read_file(out.getvalue().replace("0021", "002X").encode(), "people", actor=None, at=NOW)
    assert again.lines.get().data["post"] == "@SUM(1)"


@pytest.mark.django_db
def test_circles_orphans_and_contradictions_in_a_list_of_units() -> None:
    head = "代码,单位名称,单位类别,行政区划代码,上级单位代码\n"
    rows = "A1,甲,学校,330604,B1\nB1,乙,学校,330604,A1\nC1,丙,学校,330604,X9\nD1,丁,学校,330604,C1\nE1,戊,学校,330604,\nE1,己,学校,330604,\n"
    run = apply_run(read_file((head + rows).encode(), "units", actor=None, at=NOW), actor=None, at=NOW)
    assert (run.created, run.refused) == (1, 5)
    assert list(Unit.objects.values_list("code", flat=True)) == ["E1"]
    messages = dict(ImportRow.objects.values_list("line", "message"))
    assert "绕了一圈" in messages[2]
    assert "X9" in messages[4]
    assert "C1" in messages[5]
    assert "第 6 行" in messages[7]


@pytest.mark.django_db
def test_registrations_and_holidays_come_in_by_the_same_way() -> None:
    a_unit(code="U1")
    text = "单位代码,设备,用途,起,止,网段\nU1,一号机,共识算法研究,2021-3-1,2022-2-28,198.51.100.0/28\nU1,二号机,研究,2021-3-1,2020-1-1,\n"
    run = apply_run(read_file(text.encode(), "registrations", actor=None, at=NOW), actor=None, at=NOW)
    assert (run.created, run.refused) == (1, 1)
    assert str(Registration.objects.get().network) == "198.51.100.0/28"
    days = "日期,类别,名称\n2027-01-01,放假,元旦\n2027-01-03,上班,元旦\n2027-01-04,上班,元旦\n2027-01-01,上班,元旦\n"
    run = apply_run(read_file(days.encode(), "holidays", actor=None, at=NOW), actor=None, at=NOW)
    assert (run.created, run.refused) == (2, 2)
    again = read_file(days.encode(), "holidays", actor=None, at=NOW)
    assert (again.unchanged, again.refused) == (2, 2)
    assert ImportRun.objects.count() == 3


@pytest.mark.django_db
def test_a_file_written_to_disk_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "单位 清单.csv"
    path.write_bytes("code;name;kind;region\nU9;第九中学;school;330604\n".encode("gb18030"))
    run = read_file(path, "units", actor=None, at=NOW)
    assert (run.file_name, run.created, len(run.sha256)) == ("单位 清单.csv", 1, 64)
