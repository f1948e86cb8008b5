"""The catalogue of pools, what is graded how, and that nodes and innocent captures are never called pools."""

import json
import re
from datetime import date
from pathlib import Path

import pytest
from django.urls import reverse

from casework.imports.enums import Outcome
from casework.imports.selectors import rows_with
from casework.imports.services import apply_run, read_file
from casework.local.paths import CHECKOUT
from casework.scenarios.zhejiang_2021.pool_traces import PLACES, WALLET, capture
from evidence.mining.catalogue import Catalogue, Place, names_of, own_places, sign_of
from evidence.models import PoolPlace
from evidence.parsing.run import start
from evidence.parsing.source import file_source
from evidence.seeds import seed_pools
from evidence.selectors.mining import mining_signs
from tests.build_attributions import LATER, read_log
from tests.build_evidence import an_item
from tests.cast import Cast
from tests.parsing.test_product import client_of

SAMPLES = CHECKOUT.parent / "shared" / "data" / "logs"
OWN = Catalogue(own_places())
DOMAIN = re.compile(r"(?<![\w.-])((?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?\.)+[a-z]{2,})(?![\w-])", re.IGNORECASE)
#: File of the shared lists, by the beginning of its name → what a line of ours calls it.
LISTS = {"maltrail": "maltrail", "ndpi": "nDPI", "net": "Sigma", "zeek": "Sigma", "nocoin": "NoCoin"}
POOL = Place("甲池", "ETH", "pool.example", 8008, date(2020, 1, 1), date(2021, 9, 30), "通报")
ANY = Place("乙池", "", "203.0.113.24", None, None, None, "通报")
SMALL = Catalogue([POOL, ANY])


@pytest.mark.parametrize(
    ("host", "port", "on", "found"),
    [
        ("pool.example", 8008, date(2021, 9, 5), POOL),
        ("eu1.POOL.example.", 8008, date(2021, 9, 5), POOL),
        ("pool.example", None, None, POOL),
        ("pool.example", 443, date(2021, 9, 5), None),
        ("pool.example", 8008, date(2021, 10, 1), None),
        ("pool.example", 8008, date(2019, 12, 31), None),
        ("notpool.example", 8008, None, None),
        ("pool.example.org", 8008, None, None),
        ("example", 8008, None, None),
        ("203.0.113.24", 3333, None, ANY),
        ("203.0.113.240", 3333, None, None),
        ("", None, None, None),
    ],
)
def test_a_host_is_looked_up_by_whole_labels_port_and_day(
    host: str, port: int | None, on: date | None, found: Place | None
) -> None:
    assert SMALL.find(host, port, on) == found
    lapsed = SMALL.lapsed(host, port, on)
    assert lapsed is None or (found is None and not lapsed.holds(on))
    assert (lapsed == POOL) is (host == "pool.example" and on in {date(2021, 10, 1), date(2019, 12, 31)})


@pytest.mark.parametrize(
    ("action", "host", "labels", "grade"),
    [
        ("mining_dialogue", "198.51.100.9", (), "A"),
        ("miner_share", "", (), "A"),
        ("sudo", "", ("mining-command",), "A"),
        ("dns_query", "eth.pool.example", (), "B"),
        ("flow", "203.0.113.24", (), "B"),
        ("gpu_load", "", (), "C"),
        ("meter_reading", "", (), "C"),
        ("coin_p2p", "203.0.113.24", (), ""),  # a node, even at an address of the catalogue
        ("dns_query", "www.example.org", (), None),
        ("login", "", (), None),
    ],
)
def test_signs_are_graded(action: str, host: str, labels: tuple[str, ...], grade: str | None) -> None:
    sign = sign_of(action, hosts=[host], labels=labels, catalogue=SMALL)

    assert (sign.grade if sign else None) == grade
    assert sign is None or sign.node is (grade == "")


def test_our_own_catalogue_is_whole() -> None:
    places = own_places()

    assert len({(one.pool, one.place, one.port, one.since) for one in places}) == len(places) > 700
    assert all(one.source and "." in one.place and one.place == one.place.lower() for one in places)
    for host in (
        "stratum.antpool.com",
        "eth.f2pool.com",
        "eu1.ethermine.org",
        "btc.viabtc.com",
        "cn.ss.btc.com",
        "ltc.bw.com",
    ):
        assert OWN.find(host) is not None, host
    assert OWN.find("cn.sparkpool.com", on=date(2021, 9, 5)) is not None
    assert OWN.find("cn.sparkpool.com", on=date(2021, 12, 5)) is None
    assert OWN.lapsed("cn.sparkpool.com", on=date(2021, 12, 5)) == OWN.find("sparkpool.com")
    # A day without a source is not known; what was a pool's years ago is no sign of mining today.
    assert all("停用依据" in one.source for one in places if one.until)
    assert all("启用依据" in one.source for one in places if one.since)
    assert OWN.find("ws001.coinhive.com", on=date(2018, 3, 1)) is not None
    assert OWN.find("ws001.coinhive.com", on=date(2021, 9, 5)) is None
    for host in ("mooo.com", "home.mooo.com", "www.baidu.com", "github.io", "net.pl", "monero.net"):
        assert OWN.find(host) is None, host


@pytest.mark.skipif(not (SAMPLES / "pools").is_dir(), reason="the shared lists of pools are not there")
def test_the_public_lists_are_recalled() -> None:
    union: set[str] = set()
    by_list: dict[str, set[str]] = {}
    for path in sorted((SAMPLES / "pools").iterdir()):
        if path.name == "truth.json":
            continue
        listed = set()
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            if path.suffix == ".yml":
                found = re.match(r"\s*-\s*'?([\w.-]+\.[a-z]{2,})'?\s*$", line)
                listed |= {found[1].lower()} if found and not found[1].startswith("attack") else set()
            elif not line.lstrip().startswith("#"):
                listed |= {name.lower() for name in DOMAIN.findall(line)}
        recalled = sum(1 for name in listed if OWN.find(name))
        assert recalled / len(listed) >= 0.95, (path.name, recalled, len(listed))
        union |= listed
        by_list.setdefault(LISTS[path.name.partition("_")[0]], set()).update(
            above for one in listed for above in names_of(one)
        )
    for place in own_places():  # what a line names as its source is where it stands, and what it does not is not
        stands_in = {name for name, places in by_list.items() if place.place in places}
        assert stands_in == {name for name in by_list if name in place.source}, place
    truth = json.loads((SAMPLES / "pools" / "truth.json").read_text(encoding="utf-8"))
    assert len(union) >= 0.98 * truth["lists"]["UNION"]
    assert sum(1 for name in union if OWN.find(name)) / len(union) >= 0.95


def signs_in(path: Path) -> list[tuple[str, str]]:
    found = []
    for batch in start(file_source(path)).batches():
        for event in batch:
            hosts = [event.get("destination_domain", ""), event.get("destination_ip", "")]
            sign = sign_of(
                event["event_action"],
                hosts=hosts,
                port=event.get("destination_port"),
                labels=event.get("rule_labels", ()),
                catalogue=OWN,
            )
            if sign is not None:
                found.append((sign.grade, event["event_action"]))
    return found


@pytest.mark.skipif(not (SAMPLES / "mining").is_dir(), reason="the shared captures are not there")
def test_every_dialogue_is_found_and_nothing_innocent() -> None:
    truth = json.loads((SAMPLES / "mining" / "truth.json").read_text(encoding="utf-8"))["files"]
    counted = {
        name: sum(1 for sign in signs_in(SAMPLES / "mining" / name) if sign == ("A", "mining_dialogue"))
        for name in truth
        if name.endswith("pcapng")
    }
    assert counted == {name: facts["stratum_or_getwork_flows"] for name, facts in truth.items() if name in counted}

    negatives = sorted(path for path in (SAMPLES / "mining_negatives").iterdir() if path.name != "truth.json")
    assert len(negatives) >= 40
    assert {path.name: found for path in negatives if (found := [one for one in signs_in(path) if one[0]])} == {}


@pytest.mark.django_db
def test_places_are_imported_changed_and_taken_back(cast: Cast, tmp_path: Path) -> None:
    seed_pools()
    seed_pools()  # twice is once
    assert PoolPlace.objects.count() == len(own_places())
    # Days that were learnt since reach the places of an earlier version, not those that somebody wrote otherwise.
    earlier = PoolPlace.objects.filter(place="coinhive.com")
    earlier.update(coin="", valid_from=None, valid_to=None, source="nDPI", note="")
    theirs = PoolPlace.objects.filter(place="viabtc.com")
    theirs.update(valid_from=None, source="通报")
    seed_pools()
    assert [(one.valid_from, one.valid_to) for one in earlier] == [(date(2017, 9, 1), date(2019, 3, 8))]
    assert [(one.valid_from, one.source) for one in theirs] == [(None, "通报")]
    bystander = PoolPlace.objects.get(pool="F2Pool", place="f2pool.com", port=None)
    path = tmp_path / "pools.csv"
    head = "矿池,币种,域名或地址,端口,启用日期,停用日期,来源\n"
    path.write_text(f"{head}甲池,ETH,Pool.Example,8008,2021-1-1,,通报\n甲池,ETH,http://x/y,,,,通报\n", encoding="utf-8")
    run = apply_run(read_file(path, "pools", actor=cast.officer, at=LATER), actor=cast.officer, at=LATER)
    assert (run.created, run.refused) == (1, 1)
    row = PoolPlace.objects.get(place="pool.example")
    assert (row.port, row.kind, row.import_run) == (8008, "domain", run)

    path.write_text(f"{head}甲池,ETC,pool.example,8008,2021-1-1,2021-9-30,通报\n", encoding="utf-8")
    again = apply_run(read_file(path, "pools", actor=cast.officer, at=LATER), actor=cast.officer, at=LATER)
    row.refresh_from_db()
    assert (again.updated, row.coin, row.valid_to) == (1, "ETC", date(2021, 9, 30))
    kept = PoolPlace.objects.get(pk=bystander.pk)
    assert (kept.coin, kept.valid_to) == (bystander.coin, None)


#: A line of a list and what is said of it.
WRONG = (
    ("甲池,ETH,http://x.example/y,,,,通报", "不是域名也不是地址"),
    ("甲池,ETH,pool.example:8008,,,,通报", "不是域名也不是地址"),
    ("甲池,ETH,localhost,,,,通报", "不是域名也不是地址"),
    ("甲池,ETH,a..example,,,,通报", "不是域名也不是地址"),
    ("甲池,ETH,pool.example,70000,,,通报", "端口"),
    ("甲池,ETH,pool.example,八千,,,通报", "端口"),
    ("甲池,ETH,pool.example,,2021-9-31,,通报", "启用日期"),
    ("甲池,ETH,pool.example,,2021-9-2,2021-9-1,通报", "早于"),
    ("甲池,ETH,pool.example,,,,", "来源"),
    (",ETH,pool.example,,,,通报", "矿池"),
    (f"甲池,ETH,{'a' * 64}.{'b' * 250},,,,通报", "不是域名也不是地址"),
    ("甲池,ETC,good.example,,,,通报", "与第 2 行是同一个地址，内容不同"),
)


@pytest.mark.django_db
def test_wrong_lines_are_refused_one_by_one_and_the_others_taken(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "pools.csv"
    lines = [
        "矿池,币种,域名或地址,端口,启用日期,停用日期,来源",
        "甲池,ETH,good.example,,,,通报",
        *(line for line, _said in WRONG),
    ]
    path.write_text("\n".join([*lines, "丙池,,2001:DB8::1,3333,,2021-9-1,通报", ""]), encoding="gb18030")
    kept = PoolPlace.objects.count()

    run = apply_run(read_file(path, "pools", actor=cast.officer, at=LATER), actor=cast.officer, at=LATER)

    assert (run.created, run.refused) == (2, len(WRONG))
    refused = sorted(rows_with(run, Outcome.REFUSED), key=lambda row: row.line)
    assert [row.line for row in refused] == list(range(3, 3 + len(WRONG)))
    for row, (line, said) in zip(refused, WRONG, strict=True):
        assert said in row.message, (line, row.message)
    assert PoolPlace.objects.count() == kept + 2
    assert {row.place for row in PoolPlace.objects.filter(import_run=run)} == {"good.example", "2001:db8::1"}


@pytest.mark.django_db
def test_signs_of_an_item_and_who_sees_them(cast: Cast) -> None:
    seed_pools()
    item = an_item(cast)
    log = (
        "05-Sep-2021 23:10:11.123 client 10.20.8.31#5353 (eth.f2pool.com): query: eth.f2pool.com IN A + (10.0.0.1)\n"
        "05-Sep-2021 23:10:12.123 client 10.20.8.31#5353 (www.example.org): query: www.example.org IN A + (10.0.0.1)\n"
        "30-Sep-2021 23:10:13.123 client 10.20.8.31#5353 (a.beepool.org): query: a.beepool.org IN A + (10.0.0.1)\n"
        "05-Dec-2021 23:10:13.123 client 10.20.8.31#5353 (a.beepool.org): query: a.beepool.org IN A + (10.0.0.1)\n"
        "05-Dec-2021 23:10:14.123 client 10.20.8.31#5353 (cn.sparkpool.com): query: cn.sparkpool.com IN A + (10.0.0.1)\n"
    )
    read_log(item, cast, "query.log", log.encode())

    partly, sign, lapsed = mining_signs(item, cast.officer)

    assert (partly.grade, partly.host, partly.events, partly.partly) == ("B", "a.beepool.org", 2, True)
    assert (lapsed.grade, lapsed.host, lapsed.lapsed, lapsed.partly) == ("lapsed", "cn.sparkpool.com", True, False)
    assert sign.place is not None
    assert not sign.partly
    assert (sign.grade, sign.host, sign.place.pool, sign.events) == ("B", "eth.f2pool.com", "F2Pool", 1)
    address = reverse("evidence:item-mining", args=[item.pk])
    text = client_of(cast.auditor).get(address).content.decode()
    for said in ("F2Pool", "有一部分不在有效期内", "不在矿池有效期内", "不明—2021年9月30日"):
        assert said in text, said
    assert client_of(cast.outsider).get(address).status_code == 404
    catalogue = reverse("evidence:pools")
    answer = client_of(cast.officer).get(f"{catalogue}?q=sparkpool")
    assert "sparkpool.com" in answer.content.decode()
    assert "2021年9月30日" in answer.content.decode()
    assert "不明" in answer.content.decode()  # no source tells since when
    assert [client_of(user).get(catalogue).status_code for user in (cast.auditor, cast.unit_leader)] == [200, 404]


def test_the_capture_of_the_demo_holds_a_dialogue_of_each_kind_and_a_node(tmp_path: Path) -> None:
    path = tmp_path / "出口镜像.pcap"
    path.write_bytes(capture())
    run = start(file_source(path))
    events = [event for batch in run.batches() for event in batch]

    spoken = {event["attrs"]["family"]: event for event in events if event["event_action"] == "mining_dialogue"}
    assert {family: event["attrs"]["workers"] for family, event in spoken.items()} == {
        "eth": [f"{WALLET}.xy-pc-017"], "stratum": ["lianxi.xy-pc-017"], "monero": ["4" + "A" * 94],
    }  # fmt: skip
    assert [event["event_action"] for event in events if event["destination_port"] == 8333] == ["coin_p2p"]
    assert (run.context.tally.lines, run.context.tally.unparsed) == (31, 0)
    known = Catalogue(
        Place(pool, coin, place, int(port) if port else None, None, None, said)
        for pool, coin, place, port, _, _, said in PLACES
    )
    assert known.find("203.0.113.24", 3333) is not None
    assert known.find("203.0.113.80", 80) is None
