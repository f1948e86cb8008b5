"""S6: what "exists already" says to somebody outside is the same whether a hidden item has it or nobody has.

Each probe is tried twice by an officer of another matter and undone: before there is a hidden item with that digest,
seal, serial number or place, and after. Status and body must not differ by a byte, beside running numbers.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse

from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.search.enums import ReadState
from casework.search.models import Reading
from casework.search.services.reading import read_file
from evidence.enums import Kind
from evidence.models import Collection, Item
from evidence.rules import DeviceFacts
from evidence.services import accept_item, add_file, offer_item, open_collection, seal_item, take_item
from evidence.services.stock import begin_stock_take
from tests.build import a_compartment, a_user
from tests.build_evidence import START, a_collection, a_seal_number, a_stored_item, an_item, checked, confirm_all
from tests.cast import Cast

CONTENT = b"pool login with a wallet that only one matter knows\n"
SERIAL = "SN-77A1-0032"
LATER = START + timedelta(hours=2)
PLACE = "实验室北墙铁柜"


@dataclass(frozen=True)
class Outside:
    """An officer with a matter of his own, and what he has at hand."""

    officer: User
    second: User
    item: Item
    taking: Collection
    keeper: User
    stock_take: int
    client: Client
    keeping: Client


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="casework.accounts.backends.AccountBackend")
    return client


@pytest.fixture
def outside(cast: Cast) -> Outside:
    second = a_user("承办人丁", Role.CASE_OFFICER)
    circle = a_compartment(cast.outsider, second, name="乙号知悉范围")
    people = (cast.outsider, second)
    taking = open_collection(
        compartment=circle, place="乙单位机房", officers=people, holder_name="虞某", witness_name="值班员",
        recording_ref="LX-2", actor=cast.outsider, at=START,
    )  # fmt: skip
    item = take_item(taking, kind=Kind.PHYSICAL, title="电脑", officers=people, actor=cast.outsider, at=START)
    a_stored_item(cast)
    keeper = cast.custodian
    take = begin_stock_take(place="B 库", actor=keeper, at=LATER)
    return Outside(cast.outsider, second, item, taking, keeper, take.pk, client_of(cast.outsider), client_of(keeper))


def plain(body: bytes) -> str:
    """The page without what is new each time: tokens, hashes of ledger entries, running numbers, the time of day."""
    text = re.sub(r'((?:csrfmiddlewaretoken|once)" value="|X-CSRFToken": "|nonce[=-]"?)[^"\s]+', r"\1", body.decode())
    text = re.sub(r"\b[0-9a-f]{4}(?: [0-9a-f]{4})+", "hash", text)
    return re.sub(r"\d+", "0", text)


def told(answer: object, client: Client) -> tuple[int, str]:
    """What was answered, with the page that a success leads to."""
    if answer.status_code == 302:  # type: ignore[attr-defined]
        page = client.get(answer.headers["Location"])  # type: ignore[attr-defined]
        return 302, plain(page.content)
    return answer.status_code, plain(answer.content)  # type: ignore[attr-defined]


def post(one: Outside, name: str, key: int, *more: str, **data: object) -> tuple[int, str]:
    return told(one.client.post(reverse(name, args=[key, *more]), data), one.client)


def counted(one: Outside, text: str, **data: str) -> tuple[int, str]:
    answer = one.keeping.post(reverse("evidence:stock-take", args=[one.stock_take]), {"number": text, **data})
    return told(answer, one.keeping)


def text_of(one: Outside) -> tuple[int, str]:
    """The page of a file just kept: when it was read last, whether its text is there."""
    file = add_file(one.item, [CONTENT], name="a.log", actor=one.officer, at=LATER)
    answers = [
        one.client.get(reverse(f"evidence:{name}", args=[one.item.pk, file.pk])) for name in ("preview", "found")
    ]
    return answers[0].status_code, "".join(plain(answer.content) for answer in answers)


def found(one: Outside) -> tuple[int, str]:
    """The search for what the file says, before a worker has read it."""
    add_file(one.item, [CONTENT], name="a.log", actor=one.officer, at=LATER)
    answer = one.client.get("/search/", {"q": "wallet that only one"})
    return answer.status_code, plain(answer.content)


#: What is tried, with the seal number that the hidden item bears (or would bear).
PROBES: dict[str, Callable[[Outside, str], tuple[int, str]]] = {
    "digest": lambda one, _seal: post(
        one, "evidence:new-file", one.item.pk, file=SimpleUploadedFile("a.log", CONTENT), note="同样的字节"
    ),
    "text": lambda one, _seal: text_of(one),
    "found": lambda one, _seal: found(one),
    "serial": lambda one, _seal: post(
        one,
        "evidence:new-part",
        one.item.pk,
        title="硬盘",
        device_kind="disk",
        serial=SERIAL,
        second=one.second.pk,
    ),
    "place": lambda one, _seal: post(
        one,
        "evidence:new-item",
        one.taking.pk,
        kind="physical",
        title="矿机",
        quantity=1,
        quantity_unit="台",
        found_where=PLACE,
        serial=SERIAL,
        device_kind="rig",
        second=one.second.pk,
    ),
    "scan seal": lambda one, seal: told(one.client.get(reverse("evidence:scan"), {"number": seal}), one.client),
    "scan serial": lambda one, _seal: told(one.client.get(reverse("evidence:scan"), {"number": SERIAL}), one.client),
    "list": lambda one, seal: told(one.client.get(reverse("evidence:items"), {"q": seal}), one.client),
    "count seal": counted,
    "count serial": lambda one, _seal: counted(one, SERIAL),
    "count seal all the same": lambda one, seal: counted(one, seal, extra="1"),
    "count serial all the same": lambda one, _seal: counted(one, SERIAL, extra="1"),
}


def test_nothing_hidden_can_be_bumped_into(cast: Cast, outside: Outside) -> None:
    seal = a_seal_number()

    def tried() -> dict[str, tuple[int, str]]:
        said = {}
        for name, probe in PROBES.items():
            with transaction.atomic():
                said[name] = probe(outside, seal)
                transaction.set_rollback(True)
        return said

    before = tried()
    officers = (cast.officer, cast.second_officer)
    hidden = take_item(
        a_collection(cast), kind=Kind.PHYSICAL, title="矿机", device=DeviceFacts("rig", serial=SERIAL), found_where=PLACE,
        officers=officers, actor=cast.officer, at=START,
    )  # fmt: skip
    file = add_file(hidden, [CONTENT], name="a.log", actor=cast.officer, at=START)
    seal_item(hidden, seal, officers=officers, actor=cast.officer, at=START)
    confirm_all(cast.second_officer, at=START)
    keeper = a_user("保管员乙", Role.CUSTODIAN)
    offer_item(hidden, keeper, actor=cast.officer, at=START)
    # The worker has read its text: nobody else finds it the sooner for that.
    read = read_file(Reading.objects.get(blob=file.blob).pk, at=START)
    assert read is not None
    assert read.state == ReadState.DONE
    # The hand-over reads the bytes again: nobody else may learn from it that they were here before.
    accept_item(hidden, actor=keeper, at=START, checked=checked(hidden), place="C 库 1")
    after = tried()

    assert {name: status for name, (status, _body) in before.items()} == {
        "digest": 302, "text": 200, "found": 200, "serial": 302, "place": 302, "scan seal": 404, "scan serial": 404, "list": 200,
        "count seal": 409, "count serial": 409, "count seal all the same": 302, "count serial all the same": 302,
    }  # fmt: skip
    assert [name for name in PROBES if before[name] != after[name]] == []


def test_a_used_seal_is_refused_in_the_same_words_whosever_it_is(cast: Cast, outside: Outside) -> None:
    """A number once used is refused for ever, so that it is refused cannot be hidden; whose it is can be."""
    own, hidden = a_seal_number(), a_seal_number()
    seal_item(an_item(cast), hidden, officers=(cast.officer, cast.second_officer), actor=cast.officer, at=START)
    mine = take_item(
        outside.taking, kind=Kind.PHYSICAL, title="电脑", officers=(outside.officer, outside.second),
        actor=outside.officer, at=START,
    )  # fmt: skip
    seal_item(mine, own, officers=(outside.officer, outside.second), actor=outside.officer, at=START)

    said = []
    for number in (own, hidden):
        page = outside.client.post(
            reverse("evidence:act", args=[outside.item.pk, "seal"]), {"number": number, "second": outside.second.pk}
        )
        said.append((page.status_code, plain(page.content)))

    assert said[0] == said[1]
    assert said[0][0] == 409
    assert "不能使用" in said[0][1]
