"""Evidence in the search and on the page of a unit: only what the reader may know."""

from casework.search.registry import search
from evidence.services import add_file
from evidence.web.found import items_of_unit
from tests.build_evidence import START, a_collection, an_item
from tests.build_units import a_unit
from tests.cast import Cast


def test_search_finds_for_those_of_the_matter_alone(cast: Cast) -> None:
    item = an_item(cast, title="藏在吊顶的矿机")
    add_file(item, [b"log"], name="出口网络日志.txt", actor=cast.officer, at=START)

    found = {str(group.label): [hit.label for hit in group.hits] for group in search(cast.officer, "吊顶")}
    files = {str(group.label): [hit.label for hit in group.hits] for group in search(cast.officer, "出口网络日志")}

    assert found == {"证物": [f"{item.number} 藏在吊顶的矿机"]}
    assert files == {"证物文件": ["出口网络日志.txt"]}
    assert search(cast.outsider, "吊顶") == []
    assert search(cast.system_admin, "吊顶") == []


def test_the_page_of_a_unit_shows_what_was_taken_there(cast: Cast) -> None:
    unit, other = a_unit(), a_unit()
    item = an_item(cast, collection=a_collection(cast, unit=unit), parts=1)

    assert [str(row.text) for row in items_of_unit(unit, cast.officer).rows] == [f"{item.number} {item.title}"]
    assert items_of_unit(other, cast.officer).rows == []
    assert items_of_unit(unit, cast.outsider).rows == []
