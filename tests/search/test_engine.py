"""The index that the database keeps: folding, grams, golden queries, raw and bulk writes, who may find what."""

import random
from collections.abc import Callable

import pytest
from django.db import connection

from casework.accounts.models import User
from casework.core.crypto import blind_index
from casework.search.models import Entry
from casework.search.registry import Group, search, span
from casework.search.words import fold, mark, read, snippet
from tests.build import a_compartment
from tests.build_evidence import an_item
from tests.build_units import a_lead, a_unit
from tests.cast import Cast
from units.models import Person, Unit
from units.rules.names import name_key
from units.services.imports_people import ID_PLACE

pytestmark = pytest.mark.django_db


def found(user: User, text: str) -> set[str]:
    return {hit.label for group in search(user, text, shown=100) for hit in group.hits}


def group_of(user: User, text: str, label: str) -> Group | None:
    return next((group for group in search(user, text) if str(group.label) == label), None)


@pytest.mark.parametrize("text", ["ＡＢＣ１２", "虛擬貨幣", "㎡ ｆｕｌｌ", "Ünï", "a\nb", "𠮷田", "（甲）", "", "ⅷ①"])
def test_the_database_folds_as_we_do(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select search_fold(%s)", [text])
        assert cursor.fetchone()[0] == fold(text)


#: What a word must find among the units named below, and nothing else.
NAMES = (
    "上虞区职业教育中心",
    "绍兴市第一医院",
    "宁波第19中学GPU机房",
    "國立虛擬貨幣研究所",
    "浙江X-Ray影像公司",
    "㐂乐街道办",
)
GOLDEN = {
    "区": {0}, "医": {1}, "中": {0, 2}, "职业": {0}, "第一": {1}, "一医院": {1}, "教育中心": {0}, "上虞区职业": {0},
    "19": {2}, "9": {2}, "gpu": {2}, "ＧＰＵ": {2}, "gpu机房": {2}, "u机": {2}, "x-ray": {4}, "-ra": {4}, "ray影": {4},
    "虚拟货币": {3}, "加密货币": {3}, "数字货币": {3}, "國立": {3}, "国立": {3}, "醫院": {1}, "㐂": {5}, "业职": set(),
    "医绍": set(), "虞职": set(), "中心 上虞": {0}, "syqzyjyzx": {0}, "shang yu": {0}, "shangyu": {0}, "顯卡": {2},
}  # fmt: skip


@pytest.mark.parametrize(("text", "places"), GOLDEN.items())
def test_every_word_finds_exactly_what_holds_it(cast: Cast, text: str, places: set[int]) -> None:
    for place, name in enumerate(NAMES):
        a_unit(name, code="Ω" * (place + 1))  # a code that none of the words is part of
    assert found(cast.officer, text) == {NAMES[place] for place in places}


def test_the_index_finds_what_like_finds(cast: Cast) -> None:
    chance = random.Random(9)
    signs = "区市院校机房医中心一二三ab19.-"
    names = {"".join(chance.choices(signs, k=chance.randint(2, 9))) + f"号{n}" for n in range(60)}
    region = a_unit("丙").region
    Unit.objects.bulk_create(
        Unit(code=f"甲{n}", name=name, name_key="", kind="school", region=region)
        for n, name in enumerate(sorted(names))
    )
    for _ in range(40):
        name = chance.choice(sorted(names))
        start = chance.randrange(len(name))
        word = name[start : start + chance.randint(1, 4)]
        if not read(word):
            continue
        texts = {entry.row_id for entry in Entry.objects.filter(kind="unit", folded__contains=fold(word))}
        group = group_of(cast.officer, word, "单位")
        assert (group.count if group else 0) == len(texts), word


NAMED = {
    "曾某某": ("zeng", "zmm", "曾"), "单某": ("shan mou", "sm", "單"), "仇某某": ("qiumoumou", "qmm", "仇某"),
    "尉迟某": ("yuchi", "ycm", "尉迟"), "解某": ("xie mou", "xm", "解"), "任某": ("renmou", "rm", "任某"),
}  # fmt: skip


def test_names_are_found_by_sound_and_initials_however_they_came(cast: Cast) -> None:
    unit = a_unit("甲学校")
    Person.objects.bulk_create(Person(unit=unit, name=name) for name in NAMED)  # no name_key: nobody made one
    for name, words in NAMED.items():
        for word in words:
            assert name in found(cast.officer, word), (name, word)
    assert "曾某某" not in found(cast.officer, "ceng")
    assert "单某" not in found(cast.officer, "dan mou")


def _raw(sql: str, *params: int | str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(params))


WRITES: dict[str, tuple[Callable[[Unit], object], str]] = {
    "raw update": (lambda unit: _raw("update units_unit set name = '改名中学' where id = %s", unit.pk), "改名中学"),
    "bulk update": (lambda unit: Unit.objects.filter(pk=unit.pk).update(name="批量中学"), "批量中学"),
    "a former name": (
        lambda unit: _raw(
            "insert into units_unitname (unit_id, name, until, document) values (%s, '老校名', '2020-01-01', '')",
            unit.pk,
        ),
        "老校名",
    ),
}


@pytest.mark.parametrize(("write", "word"), WRITES.values(), ids=WRITES)
def test_any_write_reaches_the_index(cast: Cast, write: Callable[[Unit], object], word: str) -> None:
    unit, bystander = a_unit("原名学校"), a_unit("旁边学校")
    lead = a_lead(unit, a_compartment(*cast.members()))
    write(unit)
    unit.refresh_from_db()
    assert unit.name in found(cast.officer, word)
    if word == unit.name:
        assert any(lead.number in label for label in found(cast.officer, word))
        assert found(cast.officer, "原名") == set()
    assert found(cast.officer, "旁边") == {bystander.name}


def test_what_is_deleted_is_found_no_more(cast: Cast) -> None:
    unit = a_unit("甲学校")
    gone = Person.objects.create(unit=unit, name="辛某某", name_key="")
    kept = Person.objects.create(unit=unit, name="辛某", name_key="")
    _raw("delete from units_person where id = %s", gone.pk)
    assert found(cast.officer, "辛某") == {kept.name}


def test_an_id_number_is_found_whole_and_stands_nowhere(cast: Cast) -> None:
    number = "330604198001011234"
    unit = a_unit("甲学校")
    Person.objects.create(unit=unit, name="甲某", id_number=number, id_index=blind_index(number, ID_PLACE))
    Person.objects.create(unit=unit, name="乙某", id_number="330604198001011235")
    assert found(cast.officer, number) == {"甲某"}
    assert found(cast.officer, number[:10]) == set()
    assert not Entry.objects.filter(folded__contains=number[:12]).exists()


def test_each_of_the_cast_finds_what_he_may_know_and_no_count_tells_of_more(cast: Cast) -> None:
    circle, other = a_compartment(*cast.members()), a_compartment(cast.outsider)
    unit = a_unit("某某学校", leader=cast.unit_leader)
    mine, theirs = a_lead(unit, circle), a_lead(unit, other)
    for user, numbers in (
        (cast.officer, {mine.number}),
        (cast.outsider, {theirs.number}),
        (cast.auditor, {mine.number, theirs.number}),
    ):
        group = group_of(user, "某某学校", "线索")
        assert group is not None
        assert group.count == len(numbers)
        assert {hit.label.split()[0] for hit in group.hits} == numbers
    for user in (
        cast.custodian,
        cast.unit_leader,
        cast.other_leader,
        cast.liaison,
        cast.system_admin,
        cast.audit_admin,
    ):
        assert group_of(user, "某某学校", "线索") is None


def test_who_only_keeps_an_item_finds_its_label_and_not_what_it_shows(cast: Cast) -> None:
    item = an_item(cast)
    type(item).objects.filter(pk=item.pk).update(keeper=cast.custodian, features="内存条上有刻字")
    assert group_of(cast.officer, "刻字", "证物特征") is not None
    assert group_of(cast.custodian, item.number, "证物") is not None
    assert search(cast.custodian, "刻字") == []
    assert search(cast.outsider, item.number) == []


@pytest.mark.parametrize("text", ["%", "_", "'", '"', "。，！", "***", "\\", "?", "  ", "<>", "', '", "():*&|!"])
def test_a_query_without_a_word_looks_for_nothing(cast: Cast, text: str) -> None:
    a_unit("甲学校")
    assert not read(text)
    assert search(cast.officer, text) == []


@pytest.mark.parametrize("text", ["a' | 'b", "学校'", "100%", "甲_", "a\\", "id:*", "#c1", "=eth", "甲 & 乙", "!甲"])
def test_signs_of_the_query_language_are_text(cast: Cast, text: str) -> None:
    a_unit("乙单位")
    assert found(cast.officer, text) == set()


def test_marks_stand_where_the_text_was_written_and_are_escaped() -> None:
    words = read("ＧＰＵ 虛擬")
    assert mark("<b>虚拟GPU</b>", words.marked) == "&lt;b&gt;<mark>虚拟GPU</mark>&lt;/b&gt;"
    piece = snippet("前" * 100 + "虚拟" + "后" * 300, words.marked)
    assert "<mark>虚拟</mark>" in piece
    assert piece.startswith("…")
    assert piece.endswith("…")
    assert snippet("没有", words.marked) == ""


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("10.1", ("10.1.0.0", "10.1.255.255")), ("10.1.", ("10.1.0.0", "10.1.255.255")),
        ("10.1.2.3", ("10.1.2.3", "10.1.2.3")), ("10.256", None), ("10", None), ("1.2.3.4.5", None),
        ("2001:db8::1", ("2001:db8::1", "2001:db8::1")), ("甲.乙", None), ("10..1", None),
    ],
)  # fmt: skip
def test_the_beginning_of_an_address_is_a_span(word: str, expected: tuple[str, str] | None) -> None:
    assert span(word) == expected


def test_no_text_is_too_long_to_be_written(cast: Cast) -> None:
    lead = a_lead(a_unit("甲学校"), a_compartment(*cast.members()))
    long = "".join(chr(0x4E00 + n * 7919 % 20000) + chr(0x4E00 + n * 104729 % 20900) for n in range(60_000))
    type(lead).objects.filter(pk=lead.pk).update(note=f"开头的话。{long}")
    assert group_of(cast.officer, "开头的话", "线索") is not None


@pytest.mark.parametrize(
    ("name", "key"),
    [("曾某某", "zeng mou mou|zmm"), ("尉迟某", "yu chi mou|ycm"), ("单某", "shan mou|sm"), ("王某", "wang mou|wm")],
)
def test_a_surname_is_sorted_as_it_is_read(name: str, key: str) -> None:
    assert name_key(name, person=True) == key
    assert name_key("单位") == "dan wei|dw"
