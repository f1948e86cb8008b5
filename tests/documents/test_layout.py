"""Every kind drawn with its sample data; GB/T 9704 measured on the page; what must not break it."""

import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import pairwise
from typing import Any

import docx
import pypdfium2
import pytest

from casework.core.errors import Invalid, Refused
from casework.documents.catalogue import codes, shipped
from casework.documents.filling import complete, fill, wrong_inputs
from casework.documents.pdf import Sheet, draw_pdf
from casework.documents.spec import Template, read_template
from casework.documents.word import draw_docx

DAY = date(2021, 12, 16)
MM = 72 / 25.4


@contextmanager
def opened(pdf: bytes) -> Iterator[Any]:
    file = pypdfium2.PdfDocument(io.BytesIO(pdf))
    try:
        yield file
    finally:
        file.close()


def text_of(pdf: bytes) -> str:
    """The text of all pages without line breaks and without marks for breaking."""
    with opened(pdf) as file:
        said = "".join(file[n].get_textpage().get_text_range() for n in range(len(file)))
    return "".join(said.split()).replace("\u200b", "")


def sheet(template: Template, data: dict[str, Any] | None = None) -> Sheet:
    kept = complete(template, {**template.sample, **(data or {})})
    blocks = fill(template, kept, number=f"浙{template.series}〔2021〕3号", issued_on="2021-12-16")
    return Sheet(template.name, blocks, DAY, grid=template.grid, qr="document:1", proof=("document:1",))


@pytest.mark.parametrize("code", codes())
def test_every_kind_is_drawn_with_its_sample_data_and_twice_the_same(code: str) -> None:
    template = shipped()[code][0]
    made = sheet(template)

    pdf, word = draw_pdf(made), draw_docx(made)

    assert hashlib.sha256(draw_pdf(made)).digest() == hashlib.sha256(pdf).digest()
    assert draw_docx(made) == word
    said = text_of(pdf)
    for one in template.inputs:
        if one.type == "text" and one.sample:
            assert "".join(str(one.sample).split()) in said, one.name
    assert b"/OutputIntents" in pdf  # PDF/A
    assert "仿宋_GB2312" in {run.font.name for one in docx.Document(io.BytesIO(word)).paragraphs for run in one.runs}


def test_all_kinds_that_a_commission_needs_are_there() -> None:
    assert {shipped()[code][0].name for code in codes()} >= {
        "问题线索登记表", "谈话函询呈批表", "初步核实呈批表", "立案审查调查呈批表", "立案决定书", "谈话（询问、讯问）笔录",
        "扣押财物、文件清单", "封存清单", "电子数据提取清单", "审查调查报告", "审理报告", "处分决定书", "送达回证",
        "处分执行通知书", "监察建议书", "整改通知书", "督办函", "案卷目录",
    }  # fmt: skip


def characters(page: Any) -> list[tuple[str, tuple[float, float, float, float]]]:
    text = page.get_textpage()
    found = []
    for index in range(text.count_chars()):
        char = text.get_text_range(index, 1)
        if char.strip():
            found.append((char, text.get_charbox(index, loose=False)))
    return found


def test_a_full_page_has_22_lines_of_28_characters_within_the_margins() -> None:
    block = {"block": "p", "lines": ["国" * 28 * 30], "indent": "no"}
    pdf = draw_pdf(Sheet("量", [block], DAY))

    with opened(pdf) as file:
        page = file[0]
        width, height = page.get_size()
        body = [box for char, box in characters(page) if char == "国"]

    assert (round(width / MM), round(height / MM)) == (210, 297)
    lines = Counter(round(box[1]) for box in body)
    assert len(lines) == 22
    assert set(lines.values()) == {28}
    left, right = min(box[0] for box in body), max(box[2] for box in body)
    top, bottom = max(box[3] for box in body), min(box[1] for box in body)
    assert 28 <= left / MM <= 29.5
    assert 26 - 0.2 <= (width - right) / MM <= 27.5
    assert 37 <= (height - top) / MM <= 39
    assert 35 <= bottom / MM <= 42
    pitch = sorted(lines)
    assert {round(after - before) for before, after in pairwise(pitch)} == {29}


def test_page_numbers_stand_right_on_odd_and_left_on_even_pages() -> None:
    pdf = draw_pdf(Sheet("页", [{"block": "p", "lines": ["国" * 28 * 40], "indent": "no"}], DAY))

    with opened(pdf) as file:
        places = [[box[0] for char, box in characters(file[n]) if char == "—"] for n in (0, 1)]

    assert min(places[0]) > 400
    assert max(places[1]) < 150


def test_word_has_the_measures_of_the_standard() -> None:
    file = docx.Document(io.BytesIO(draw_docx(sheet(shipped()["penalty_decision"][0]))))

    section = file.sections[0]
    sides = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert [round(side.mm) for side in sides if side is not None] == [37, 35, 28, 26]
    names = {run.font.name for one in file.paragraphs for run in one.runs}
    assert {"仿宋_GB2312", "方正小标宋简体"} <= names


def test_markup_in_a_name_is_text_in_both_formats() -> None:
    evil = '#eval("1+1") *x* $a$ @b <c> `d` [e] {person} \\ // {{ 7*7 }} &lt;'
    made = sheet(shipped()["filing_decision"][0], {"person": evil})

    assert "".join(evil.split()) in text_of(draw_pdf(made))
    assert evil in "\n".join(one.text for one in docx.Document(io.BytesIO(draw_docx(made))).paragraphs)


def test_a_unit_name_of_300_characters_and_rare_surnames_lose_nothing() -> None:
    long, rare = "某某区" * 100, "㛃 䶮 喆 堃 犇 煊 赟 昇 頔 翀"
    made = sheet(shipped()["filing_decision"][0], {"organ": long, "person": rare})

    said = text_of(draw_pdf(made))

    assert said.count(long) >= 2
    assert "".join(rare.split()) in said


def test_all_that_is_missing_or_wrong_is_named_before_drawing() -> None:
    template = shipped()["filing_decision"][0]
    data = {**template.sample, "person": " ", "grounds": "", "filed_on": "昨天", "strange": 1}

    wrong = wrong_inputs(template, data)

    assert wrong == {
        "person": "缺少被审查调查人。",
        "grounds": "缺少主要问题。",
        "filed_on": "批准立案日期应是日期，例如 2021-09-07。",
        "strange": "模板里没有“strange”这一项。",
    }
    with pytest.raises(Invalid, match="不能制作立案决定书：缺少被审查调查人。缺少主要问题。"):
        complete(template, data)


def test_a_character_that_no_font_has_is_named_and_nothing_is_drawn() -> None:
    made = sheet(shipped()["filing_decision"][0], {"person": "金\U000f1234某"})

    with pytest.raises(Refused, match=r"不能制作文书：有的字在这台机器的字体里没有.*可以由系统管理员补装字体"):
        draw_pdf(made)


def test_control_and_direction_marks_do_not_reach_the_page() -> None:
    template = shipped()["filing_decision"][0]

    kept = complete(template, {**template.sample, "person": "金\u202e某\x00某\x07"})

    assert kept["person"] == "金某某"


GOOD = """
code: filing_decision
version: 1
name: 决定
series: 立
subjects: [case]
inputs:
  - {name: person, label: 姓名, sample: 金某某}
blocks:
  - {block: p, text: "{person}"}
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"{person}"', '"{nobody}"', "“nobody”没有在 inputs 里声明"),
        ("block: p,", "block: script,", "不认识的块“script”"),
        ("text:", "texts:", "不认识的项目：texts"),
        ("name: person", "name: number", "项目名“number”不能用"),
        ("sample: 金某某", "type: code", "类型“code”不认识"),
        ("series: 立", "series: ''", "代字"),
        ("blocks:", "blocks: &a", "锚点"),
        ("name: 决定", "name: [", "格式有误"),
        ('text: "{person}"', "text: 5", "写法不对"),
        ("code: filing_decision", "code: ../x", "code 只能用"),
        ("  - {block: p", "  - !!python/object:os.system {block: p", "不能用类型标记"),
        ("blocks:", "x: 1\nblocks:", "不认识的项目：x"),
        ("name: 决定", "name: !!binary aGVsbG8=", "不能用类型标记"),
        ("sample: 金某某", "sample: *x", "锚点"),
        ("name: 决定", "name: " + "名" * 81, "name 超过 80 字"),
        ("blocks:", "copies: 5\nblocks:", "copies 是一列文字"),
        ("blocks:", "copies: [" + "一," * 9 + "]\nblocks:", "联数有 9 个，超过 5 个"),
        ("blocks:", "blocks:\n" + "  - {block: page}\n" * 600, "超过 500 个"),
        ('{block: p, text: "{person}"}', "[" * 20_000, "嵌套超过 12 层"),
        ('{block: p, text: "{person}"}', "{a: " * 5_000, "嵌套超过 12 层"),
        ("version: 1", "version: " + "9" * 5_000, "version 不是整数"),
        ("version: 1", "version: true", "version 不是整数"),
        ('{block: p, text: "{person}"}', "{block: form, rows: [[{label: 一, span: 19}]]}", "form 的一行有 19 个"),
        ('{block: p, text: "{person}"}', "{block: form, rows: [[{label: {a: b}}]]}", "label 和 value 是文字"),
        ("code: filing_decision", "code: filing_decision # " + "长" * 30_000, "超过 64 KB"),
    ],
)
def test_a_wrong_template_is_refused_with_a_sentence(old: str, new: str, said: str) -> None:
    assert read_template(GOOD).name == "决定"

    with pytest.raises(Invalid, match=said):
        read_template(GOOD.replace(old, new))


def test_what_is_put_in_is_never_read_again() -> None:
    template = read_template(GOOD)

    blocks = fill(template, {"person": "{number}{person}"}, number="立〔2021〕1号")

    assert json.dumps(blocks, ensure_ascii=False).count("{number}{person}") >= 1


def test_texts_that_look_like_days_and_times_stay_texts() -> None:
    template = read_template(GOOD.replace("sample: 金某某", "sample: 2021-02-30").replace("决定", "14:20"))

    assert (template.name, template.sample) == ("14:20", {"person": "2021-02-30"})


def test_a_template_that_asks_for_programs_and_files_prints_what_it_says() -> None:
    said = '#import "/etc/passwd": * #read("/etc/passwd") #while true {} #eval("1") $x$ \\u{41}'
    template = read_template(GOOD.replace('"{person}"', f"'{said}'"))

    drawn = text_of(draw_pdf(Sheet("样张", fill(template, {"person": "金某某"}), DAY)))

    assert "".join(said.split()) in drawn


def test_a_template_that_multiplies_its_text_is_refused_before_the_text_is_made() -> None:
    template = read_template(GOOD.replace('"{person}"', '"' + "{person}" * 5_000 + '"').replace("金某某", "国" * 300))

    with pytest.raises(Refused, match=r"不能制作决定：内容有 15\d{5} 字，超过 30000 字"):
        fill(template, template.sample, most=30_000)
