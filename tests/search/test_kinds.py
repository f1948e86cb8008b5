"""What else can be found: official documents, campaigns, attachments of units; and by whom things that pass hands."""

import io
from collections.abc import Sequence

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from cases.models import Inspection, Site
from casework.accounts.models import User
from casework.core import clock
from casework.core.errors import Refused
from casework.documents.fonts import fonts
from casework.files.previews import YELLOW
from casework.files.services.blobs import store_blob
from casework.ledger.models import Entry as LedgerEntry
from casework.search import registry
from casework.search.enums import ReadState
from casework.search.lists import entries
from casework.search.models import Entry, Reading
from casework.search.registry import Group, search
from casework.search.services.reading import read_file
from casework.search.words import places_of, read
from tests.build import a_compartment
from tests.build_campaigns import a_campaign, a_scene
from tests.build_cases import an_inspection
from tests.build_evidence import an_item
from tests.build_units import a_lead, a_unit
from tests.cast import Cast
from tests.documents.build import a_draft, issued, subject
from tests.search.test_reading import pdf
from units.models import Attachment, Campaign

pytestmark = pytest.mark.django_db


def group_of(user: User, text: str, label: str) -> Group | None:
    return next((group for group in search(user, text) if str(group.label) == label), None)


def _read_all() -> None:
    for row in Reading.objects.filter(state=ReadState.QUEUED):
        read_file(row.pk, at=clock.now())


def test_a_document_is_found_by_title_number_and_text_within_its_circle(cast: Cast) -> None:
    try:
        fonts()
    except Refused:
        pytest.skip("no Chinese font on this machine")
    case = subject(cast)
    draft = a_draft(cast, case, person="旁边某")
    row = issued(cast, case)
    _read_all()

    by_number = group_of(cast.officer, row.number, "文书")
    assert by_number is not None
    assert [hit.url for hit in by_number.hits] == [f"/documents/{row.pk}/"]
    by_text = group_of(cast.officer, "利用单位机房", "文书")
    assert by_text is not None
    (hit,) = by_text.hits
    assert (hit.part, hit.part_url) == (1, f"/documents/{row.pk}/#p1")
    assert "<mark>利用单位机房</mark>" in hit.snippet
    titles = group_of(cast.officer, "立案决定书", "文书")
    assert titles is not None
    assert {one.url for one in titles.hits} == {f"/documents/{one.pk}/" for one in (draft, row)}
    assert group_of(cast.auditor, row.number, "文书") is not None
    for user in (cast.outsider, cast.custodian, cast.unit_leader, cast.system_admin):
        assert group_of(user, row.number, "文书") is None


def test_what_people_said_is_not_read_into_the_index(cast: Cast) -> None:
    try:
        fonts()
    except Refused:
        pytest.skip("no Chinese font on this machine")
    row = issued(cast, subject(cast))
    Reading.objects.all().delete()
    type(row).objects.filter(pk=row.pk).update(code="record", kind="谈话笔录")
    assert not Reading.objects.exists()
    type(row).objects.filter(pk=row.pk).update(code="filing_decision")
    assert [one.blob_id for one in Reading.objects.all()] == [row.pdf_id]


def test_a_campaign_and_what_units_attach_are_found_by_those_of_its_circle(cast: Cast) -> None:
    scene = a_scene(cast)
    inspection = scene.inspection
    campaign = inspection.campaign_unit.campaign
    Campaign.objects.filter(pk=campaign.pk).update(name="清理“挖矿”专项行动")
    found = group_of(cast.officer, "清理", "专项行动")
    assert found is not None
    assert [hit.url for hit in found.hits] == [f"/campaigns/{campaign.code}/"]
    assert group_of(cast.outsider, "清理", "专项行动") is None

    blob = store_blob([pdf("list of machines in room 404")], actor=cast.unit_leader, at=clock.now())
    added = Attachment.objects.create(
        inspection=inspection, code="B1", blob=blob, name="机房设备清单.pdf", added_at=clock.now(),
        added_by=cast.unit_leader,
    )  # fmt: skip
    _read_all()
    for word in ("机房设备", "machines in room"):
        group = group_of(cast.officer, word.split()[0], "自查附件")
        assert group is not None, word
        assert group.count == 1
    (hit,) = group.hits
    assert hit.part_url == f"/self-inspections/{inspection.pk}/files/{added.pk}/found/?q=machines&page=1"
    client = Client()
    client.force_login(cast.officer, backend="casework.accounts.backends.AccountBackend")
    noted = LedgerEntry.objects.filter(kind="selfinspection.file_read")
    page = client.get(hit.part_url).content.decode()
    assert "<mark>machines</mark>" in page
    picture = f"/self-inspections/{inspection.pk}/files/{added.pk}/view/1/"
    assert f'src="{picture}?q=machines"' in page
    assert noted.count() == 1
    marked, plain = (client.get(picture + query) for query in ("?q=machines", ""))
    assert marked["Content-Type"] == "image/png"
    assert _has_yellow(marked.content)
    assert not _has_yellow(plain.content)
    assert noted.count() == 3
    assert client.get(picture.replace("/1/", "/2/")).status_code == 404
    for user in (cast.outsider, cast.unit_leader, cast.custodian):
        client.force_login(user, backend="casework.accounts.backends.AccountBackend")
        assert {client.get(address).status_code for address in (hit.part_url, picture)} == {404}
    assert group_of(cast.outsider, "机房设备", "自查附件") is None
    assert group_of(cast.unit_leader, "机房设备", "自查附件") is None
    Attachment.objects.filter(pk=added.pk).update(removed_at=clock.now())
    assert group_of(cast.officer, "机房设备", "自查附件") is None
    client.force_login(cast.officer, backend="casework.accounts.backends.AccountBackend")
    assert client.get(picture).status_code == 404


def _has_yellow(png: bytes) -> bool:
    with Image.open(io.BytesIO(png)) as opened:
        colours = opened.convert("RGB").getcolors(1 << 24) or []
    return any(colour == YELLOW for _count, colour in colours)


def test_an_item_is_found_by_whoever_has_it_in_hand_and_no_longer_than_that(cast: Cast) -> None:
    item, bystander = an_item(cast), an_item(cast)
    rows = type(item).objects.filter(pk=item.pk)
    assert group_of(cast.custodian, item.number, "证物") is None
    rows.update(keeper=cast.custodian)
    assert group_of(cast.custodian, item.number, "证物") is not None
    assert group_of(cast.custodian, bystander.number, "证物") is None
    entry = Entry.objects.get(kind="item", row_id=item.pk)
    assert -cast.custodian.pk in entry.circles
    rows.update(keeper=None, holder=cast.officer)
    assert group_of(cast.custodian, item.number, "证物") is None
    assert group_of(cast.outsider, item.number, "证物") is None


def test_a_site_is_found_by_its_team_and_after_the_release_by_the_campaign(cast: Cast) -> None:
    inspection = an_inspection(cast)
    campaign = a_campaign(cast.campaign_officer, cast.campaign_officer)
    rows = Inspection.objects.filter(pk=inspection.pk)
    rows.update(campaign=campaign)
    mine = Site.objects.get(unit__name="检查单位1")
    team = group_of(cast.inspector, "检查单位", "检查地点")
    assert team is not None
    assert [hit.url for hit in team.hits] == [f"/inspections/sites/{mine.pk}/"]
    assert group_of(cast.campaign_officer, "检查单位", "检查地点") is None
    rows.update(state="under_way", released_at=clock.now(), released_by=cast.officer)
    entry = Entry.objects.get(kind="site", row_id=mine.pk)
    assert entry.circles == [mine.compartment_id, campaign.compartment_id]
    everybody = group_of(cast.campaign_officer, "检查单位", "检查地点")
    assert everybody is not None
    assert everybody.count == 2
    assert group_of(cast.outsider, "检查单位", "检查地点") is None


@pytest.mark.parametrize("word", ["靐靐", "靐"])
def test_a_word_of_hidden_texts_asks_what_a_word_of_nowhere_asks(cast: Cast, word: str) -> None:
    other = a_compartment(cast.outsider)
    hidden = an_item(cast)
    type(hidden).objects.filter(pk=hidden.pk).update(compartment=other, holder=cast.outsider, title=word * 2)

    def asked(text: str) -> Sequence[str]:
        with CaptureQueriesContext(connection) as seen:
            assert search(cast.officer, text) == []
        return [one["sql"].split("jsonb_each")[0][:80] for one in seen.captured_queries]

    assert asked(word) == asked("龘" * len(word))
    assert [hit.label for group in search(cast.outsider, word) for hit in group.hits]


def test_the_index_is_read_in_the_places_of_the_reader_alone() -> None:
    words = read("矿机")
    mine, theirs = places_of("case", [5], by_circle=True), places_of("case", [6], by_circle=True)
    assert set(mine).isdisjoint(theirs)
    assert set(places_of("case", list(range(1000)), by_circle=True)) == set(places_of("case", None, by_circle=True))
    (query,) = words.tsqueries(mine)
    assert "矿机" in query
    assert "'#c5'" in query
    assert len(words.tsqueries(places_of("case", [5, 6, 21], by_circle=True))) == 2


def test_the_database_and_we_say_the_same_of_a_place(cast: Cast) -> None:
    with connection.cursor() as cursor:
        for kind, circles in (("case", [5, 21, -7]), ("unit", []), ("item", [10**12 + 3])):
            cursor.execute("select search_places(%s, %s::bigint[])", [kind, circles])
            assert sorted(cursor.fetchone()[0]) == sorted(places_of(kind, circles, by_circle=bool(circles)))


def test_the_box_above_a_list_finds_in_one_place_and_in_all(cast: Cast) -> None:
    unit = a_unit("某某学校")
    mine, theirs = a_lead(unit, a_compartment(*cast.members())), a_lead(unit, a_compartment(cast.outsider))
    for user, keys in ((cast.officer, {mine.pk}), (cast.outsider, {theirs.pk}), (cast.auditor, {mine.pk, theirs.pk})):
        assert set(entries(user, "lead", "某学", by_circle=True)) == keys
        assert set(entries(user, "lead", "学某", by_circle=True)) == set()


def test_counts_stop_and_a_long_file_hides_no_other(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "COUNT_CAP", 3)
    long, other = a_unit("甲中学"), a_unit("乙中学")
    Entry.objects.bulk_create(
        Entry(kind="unit", row_id=long.pk, part=part, circles=[], text="中学") for part in range(1, 30)
    )
    group = group_of(cast.officer, "中学", "单位")
    assert group is not None
    assert (group.count, group.more) == (2, False)
    assert {hit.label for hit in group.hits} == {long.name, other.name}
    for name in "丙丁":
        a_unit(f"{name}中学")
    group = group_of(cast.officer, "中", "单位")
    assert group is not None
    assert (group.count, group.more) == (3, True)
