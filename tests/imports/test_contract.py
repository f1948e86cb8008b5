"""What programs outside rely on: every header of the contract, the five counts, exit status, sentences of refusal."""

import csv
import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from casework.deadlines.models import Holiday
from casework.imports.models import ImportRun
from casework.imports.registry import kinds
from tests.build_units import a_block, a_unit
from tests.imports.test_command import counts, run
from units.models import AddressBlock, AddressConflict, Person, Registration, Sighting, Unit

pytestmark = pytest.mark.django_db

ENGLISH = {
    "units": "code,name,kind,region,parent_code,supervisor_code,leader_name,leader_post,leader_email,leader_mobile",
    "people": "unit_code,name,id_number,post,rank,employment,party_member,public_official,leading_cadre,from,to",
    "address-blocks": "network,unit_code,valid_from,valid_to,nat_port_from,nat_port_to,operator,reference",
    "sightings": "observed_at,ip,port,remote_host,remote_port,protocol,currency,sensor,reference",
    "registrations": "unit_code,device,purpose,from,to,network,approved_by,reference",
    "holidays": "date,kind,name,source",
}
ROWS = {
    "units": "12330000470009999E,职教中心,school,330604,,,钱某某,主任,q@example.cn,13800000000",
    "people": "U1,丁某某,11010519491231002X,管理员,,dispatched,no,no,no,2019-03-01,",
    "address-blocks": "198.51.100.0/28,U1,2019-03-01,,,,电信,复函",
    "sightings": "2021-07-29T23:41:05,198.51.100.3,51820,203.0.113.24,3333,stratum,RVN,一号,甲",
    "registrations": "U1,一号机,研究,2021-03-01,2022-02-28,198.51.100.0/28,某某,备1",
    "holidays": "2027-01-01,holiday,元旦,通知",
}


def a_csv(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "名单.csv"
    path.write_bytes(text.encode(encoding))
    return path


def a_book(folder: Path, rows: list[list[Any]], *merged: str) -> Path:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for row in rows:
        sheet.append(row)
    for cells in merged:
        sheet.merge_cells(cells)
    path = folder / "名单.xlsx"
    book.save(path)
    return path


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
@pytest.mark.parametrize("kind", ENGLISH)
def test_every_kind_knows_its_columns_and_the_same_file_again_changes_nothing(
    tmp_path: Path, kind: str, encoding: str
) -> None:
    a_block(a_unit("第一中学", code="U1"), "203.0.113.0/24")
    head = ENGLISH[kind].split(",")
    turned = [",".join(reversed(line.split(","))) for line in (ENGLISH[kind], ROWS[kind])]
    path = a_csv(tmp_path, "\r\n".join([*turned, turned[1]]) + "\r\n", encoding)

    assert run(kind, path, "--dry-run")[1]["created"] == 1
    status, first = run(kind, path)

    assert (status, {name: first[name] for name in counts()}) == (0, counts(rows=2, created=1, unchanged=1))
    assert ("delta" in first, "matching" in first) == (kind == "sightings", kind == "sightings")
    assert list(first)[:7] == ["kind", "rows", "created", "updated", "unchanged", "conflicting", "refused"]
    assert "unknown_columns" not in first
    assert set(ImportRun.objects.get(kind=kind).header["columns"].values()) == set(head)
    status, again = run(kind, path)
    assert (status, {name: again[name] for name in counts()}) == (0, counts(rows=2, unchanged=2))


@pytest.mark.parametrize("kind", ENGLISH)
def test_every_example_on_the_page_is_a_cell_that_would_be_taken(kind: str) -> None:
    for column in kinds()[kind].columns:
        for example in column.hint.split(" / "):
            if example:
                assert column.parse(example) != "", (column.name, example)


CHINESE = {
    "units": ("统一社会信用代码,单位名称,单位类别,行政区划代码,上级单位代码,负责人", "X-1,教育局,机关,330604,,郑某某"),
    "address-blocks": ("网段,单位代码,启用日期,停用日期,起始端口,结束端口", "10.1.2.0/24,U1,2020年1月1日,,,"),
    "sightings": (
        "监测时间,IP地址,端口,远端主机,远端端口,协议,币种,监测点,来源",
        "2021-07-29 23:41:05,198.51.100.3,51820,203.0.113.24,3333,stratum,rvn,一号,甲",
    ),
    "people": ("单位代码,姓名,身份证号,职务,用工形式,是否党员,是否公职人员", "U1,何某某,,管理员,临聘,否,否"),
}


@pytest.mark.parametrize("kind", CHINESE)
def test_the_chinese_headers_of_the_contract(tmp_path: Path, kind: str) -> None:
    a_unit("第一中学", code="U1")
    head, row = CHINESE[kind]
    status, found = run(kind, a_csv(tmp_path, f"{head},说不清\n{row},x\n", "gb18030"))
    assert (status, found["created"], found["unknown_columns"]) == (0, 1, ["说不清"])
    assert len(ImportRun.objects.get().header["columns"]) == len(head.split(","))


#: kind, header, row, what the sentence must name: the column, the value, and what would be right
REFUSED = [
    ("units", "code,name,kind,region", "123300004700099990,甲,school,330604", ("统一社会信用代码", "123300004700099990", "校验位")),
    ("units", "code,name,kind,region", "1.2330000470001E+17,甲,school,330604", ("1.2330000470001E+17", "文本")),
    ("units", "code,name,kind,region", "X1,甲,zoo,330604", ("单位类别", "zoo", "可填")),
    ("units", "code,name,kind,region", "X1,甲,school,3306", ("行政区划代码", "3306", "六位数字")),
    ("units", "code,name,kind,region", "X1,,school,330604", ("单位名称", "必填")),
    ("units", "code,name,kind,region,parent_code", "X1,甲,school,330604,X9", ("上级单位代码", "X9", "先导入")),
    ("units", "code,name,kind,region,leader_mobile", "X1,甲,school,330604,abc", ("负责人手机", "abc", "数字")),
    ("people", "unit_code,name,id_number", "U1,丁某某,110105194912310021", ("身份证号", "校验位")),
    ("people", "unit_code,name,employment", "U1,丁某某,打工", ("用工形式", "打工", "可填")),
    ("people", "unit_code,name", "U9,丁某某", ("单位代码", "U9", "先导入")),
    ("people", "unit_code,name,from,to", "U1,丁某某,2021-01-01,2020-01-01", ("2021-01-01", "2020-01-01", "核对")),
    ("address-blocks", "network,unit_code", "10.1.2.3/24,U1", ("网段", "10.1.2.3/24", "改成 10.1.2.0/24")),
    ("address-blocks", "network,unit_code", "10.1.2.9-10.1.2.3,U1", ("10.1.2.9-10.1.2.3", "颠倒", "10.1.2.3—10.1.2.9")),
    ("address-blocks", "network,unit_code", "0.0.0.0/0,U1", ("0.0.0.0/0", "核对")),
    ("address-blocks", "network,unit_code", "10.0.0.1—2001:db8::1,U1", ("IPv6", "分成两行")),
    ("address-blocks", "network,unit_code", "10.1.2.0/24,U9", ("单位代码", "U9", "先导入")),
    ("address-blocks", "network,unit_code,valid_from,valid_to", "10.1.2.0/24,U1,2021-02-01,2021-01-31", ("2021-01-31", "核对")),
    ("address-blocks", "network,unit_code,valid_from", "10.1.2.0/24,U1,2021-02-30", ("启用日期", "2021-02-30", "没有这一天")),
    ("address-blocks", "network,unit_code,nat_port_from", "10.1.2.3,U1,100", ("成对",)),
    ("address-blocks", "network,unit_code,nat_port_from,nat_port_to", "10.1.2.3,U1,200,100", ("100 至 200",)),
    ("sightings", "observed_at,ip", "2021-07-29 23:41,１.２.３", ("IP地址", "１.２.３", "198.51.100.37")),
    ("sightings", "observed_at,ip", "2041-07-29 23:41,10.0.0.1", ("监测时间", "2041-07-29 23:41", "核对年份")),
    ("sightings", "observed_at,ip", "2021-07-29 23:41,::ffff:1.2.3.4", ("IP地址", "::ffff:1.2.3.4", "改成 1.2.3.4")),
    ("sightings", "observed_at,ip,port", "2021-07-29 23:41,10.0.0.1,99999", ("端口", "99999", "65535")),
    ("registrations", "unit_code,device,purpose,from,to", "U1,a,b,2021-01-02,2021-01-01", ("2021-01-01", "核对")),
    ("registrations", "unit_code,device,purpose,from,network", "U1,a,b,2021-01-02,10.0.0.1-10.0.0.6", ("网段", "分成")),
    ("holidays", "date,kind", "2027-01-04,workday", ("2027-01-04", "调休")),
    ("holidays", "date,kind", "2027-01-04,休息日", ("类别", "休息日", "可填")),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "head", "row", "words"), REFUSED, ids=range(len(REFUSED)))
def test_a_refused_row_names_line_column_value_and_remedy_and_comes_back_in_a_file(
    tmp_path: Path, kind: str, head: str, row: str, words: tuple[str, ...]
) -> None:
    a_block(a_unit("第一中学", code="U1"), "203.0.113.0/24")
    out = tmp_path / "refused.csv"

    status, found = run(kind, a_csv(tmp_path, f"{head}\n{row}\n"), "--refused", str(out))

    assert (status, {name: found[name] for name in counts()}) == (1, counts(rows=1, refused=1))
    stored = ImportRun.objects.get().lines.get()
    assert stored.line == 2
    with out.open(encoding="utf-8-sig", newline="") as stream:
        given, (*cells, reason) = csv.reader(stream)
    assert given == [*head.split(","), "不能导入的原因"]
    assert cells == row.split(",")
    assert reason == stored.message
    for word in words:
        assert word in reason, reason
    assert not any(
        table.objects.filter(import_run__isnull=False) for table in (Unit, Person, AddressBlock, Registration)
    )
    assert not Sighting.objects.exists()
    assert not Holiday.objects.filter(date__year=2027).exists()


def test_a_workbook_as_offices_make_them(tmp_path: Path) -> None:
    """Title, header over two rows with merged cells, serial dates, full-width digits, a number for a code, empty rows."""
    a_unit("第一中学", code="U1")
    rows: list[list[Any]] = [
        ["绍兴市公共机构地址台账（2021年）"],
        ["网段", "单位代码", "使用期限", None, "端口", None, "备注"],
        [None, None, "启用日期", "停用日期", "起始端口", "结束端口", None],
        ["１０.1.2.0／24", "U1", dt.date.fromisoformat("2020-01-01"), None, None, None, None],
        [None] * 7,
        ["10.1.3.4", "Ｕ1", 43831, 44561, 20000, 29999.0, "通管局复函"],
        ["10.1.4.3—10.1.4.6", "U1", "2020/1/1", "2021年12月31日", None, None, "＋1"],
        ["2001:db8:1::/48", "U1", None, None, None, None, None],
    ]
    path = a_book(tmp_path, rows, "A1:G1", "C2:D2", "E2:F2", "A2:A3", "B2:B3", "G2:G3")

    status, found = run("address-blocks", path)

    assert (status, found["rows"], found["created"]) == (0, 4, 4)
    assert "unknown_columns" not in found
    stored = {
        str(b.network): (b.valid.lower, b.valid.upper, b.nat_ports, b.reference) for b in AddressBlock.objects.all()
    }
    first, beyond = dt.date.fromisoformat("2020-01-01"), dt.date.fromisoformat("2022-01-01")
    assert stored["10.1.2.0/24"] == (first, None, None, "")
    low, high = 20_000, 30_000
    assert stored["10.1.3.4/32"][:2] == (first, beyond)
    assert (stored["10.1.3.4/32"][2].lower, stored["10.1.3.4/32"][2].upper) == (low, high)
    assert stored["10.1.4.4/31"] == (first, beyond, None, "＋1")
    assert {"10.1.4.3/32", "10.1.4.6/32", "2001:db8:1::/48"} < set(stored)


def test_claims_of_other_units_conflict_only_on_the_same_network_ports_and_days(tmp_path: Path) -> None:
    for code in ("UA", "UB", "UC"):
        a_unit(code, code=code)
    head = "network,unit_code,valid_from,valid_to,nat_port_from,nat_port_to,reference\n"
    run("address-blocks", a_csv(tmp_path, head + "10.0.0.0/24,UA,2020-01-01,2020-12-31,,,甲函\n"))
    table = [
        ("10.0.0.0/24,UB,2020-12-31,,,,乙函", "conflicting"),
        ("10.0.0.0/24,UC,2022-01-01,,,,", "conflicting"),  # with UB's claim, which came first in this file
        ("10.0.0.0/24,UC,2019-01-01,2019-12-31,,,", "created"),
        ("10.0.0.0/25,UA,2021-01-01,,,,", "created"),  # more specific than the others: no conflict
        ("10.0.0.0/24,UC,2019-06-01,2021-12-31,1,100,", "refused"),  # the unit's own claim on a part of it overlaps
        ("10.0.0.9,UB,2021-01-01,,1,100,", "refused"),
        ("10.7.0.9,UA,2021-01-01,,1,100,", "created"),
        ("10.7.0.9,UB,2021-01-01,,101,200,", "created"),
        ("10.7.0.9,UC,2021-01-01,,1,100,", "conflicting"),
    ]

    status, found = run("address-blocks", a_csv(tmp_path, head + "\n".join(row for row, _outcome in table) + "\n"))

    lines = dict(ImportRun.objects.latest("pk").lines.values_list("line", "outcome"))
    assert [lines[number] for number in range(2, len(table) + 2)] == [outcome for _row, outcome in table]
    assert (status, sum(int(str(found[name])) for name in list(counts())[1:])) == (1, found["rows"])
    pairs = {frozenset((c.first.unit.code, c.second.unit.code)) for c in AddressConflict.objects.all()}
    assert pairs == {frozenset(("UA", "UB")), frozenset(("UB", "UC")), frozenset(("UA", "UC"))}
    assert {AddressConflict.objects.earliest("pk").first.reference, AddressConflict.objects.earliest("pk").second.reference} == {
        "甲函", "乙函",
    }  # fmt: skip


def test_the_output_is_one_line_of_json_also_for_an_unusable_file(tmp_path: Path) -> None:
    from django.core.management import CommandError, call_command

    out = io.StringIO()
    with pytest.raises(CommandError) as error:
        call_command("import", "sightings", str(a_csv(tmp_path, "a,b\n1,2\n")), "--json", stdout=out)
    assert error.value.returncode == 2
    assert json.loads(out.getvalue())["error"]["code"] == "unusable_file"
    assert len(out.getvalue().splitlines()) == 1
