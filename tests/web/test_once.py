"""A form that is sent twice does its work once."""

import re
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases.models import Case
from casework.accounts.models import Token, User
from casework.imports.models import ImportRun
from casework.web.models import SentForm
from casework.web.once import KEPT, forget_old, new_number
from tests.cast import Cast, make_cast

#: The fields of a case; the title is what people change.
TITLE = "丁某某利用公共资源“挖矿”案"
FILE = "/cases/new/"


def _as(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _filled(cast: Cast, **other: Any) -> dict[str, Any]:
    return {
        "title": TITLE,
        "kind": "discipline",
        "grounds": "夜间用机房的电。\n另一段。",
        "partner": cast.second_officer.pk,
        "decider": cast.approver.pk,
        "carry": ["answers", "clocks"],
        "lead": "",
        **other,
    }


def _number(client: Client, url: str = FILE, place: int = -1) -> str:
    """Open the page and return the number that its form carries."""
    return re.findall(r'name="once" value="([^"]+)"', client.get(url).content.decode())[place]


def _said(client: Client, answer: Any) -> str:
    return client.get(answer["Location"]).content.decode()


def test_every_form_drawn_for_somebody_has_a_number_of_its_own(cast: Cast) -> None:
    client = _as(cast.officer)

    assert _number(client) != _number(client)
    assert 'name="once"' not in Client().get("/accounts/login/").content.decode()


def test_the_same_form_again_leads_to_what_the_first_one_made(cast: Cast) -> None:
    client = _as(cast.officer)
    form = _filled(cast, once=_number(client))

    first, second = client.post(FILE, form), client.post(FILE, form)

    case = Case.objects.get()
    assert first["Location"] == second["Location"] == reverse("cases:detail", args=[case.pk])
    assert "没有再办一次" in _said(client, second)


def test_a_refused_form_is_sent_again_under_its_number(cast: Cast) -> None:
    client = _as(cast.officer)
    number = _number(client)

    refused = client.post(FILE, _filled(cast, once=number, partner=""))
    taken = client.post(FILE, _filled(cast, once=number))

    assert (refused.status_code, taken.status_code) == (409, 302)
    assert Case.objects.count() == 1


def test_the_same_form_with_other_words_is_asked_about_and_nothing_typed_is_lost(cast: Cast) -> None:
    client = _as(cast.officer)
    number = _number(client)
    made = client.post(FILE, _filled(cast, once=number))

    asked = client.post(FILE, _filled(cast, once=number, title="何某某“挖矿”案"))

    page = asked.content.decode()
    assert asked.status_code == 409
    assert Case.objects.count() == 1
    assert "这一次还没有办" in page
    assert f'href="{made["Location"]}"' in page
    carried = dict(re.findall(r'<input type="hidden" name="(\w[\w-]*)" value="([^"]*)">', page))
    assert carried["title"] == "何某某“挖矿”案"
    assert "另一段。" in carried["grounds"]
    assert carried["once"] != number
    assert client.post(FILE, _filled(cast, once=carried["once"], title=carried["title"])).status_code == 302
    assert Case.objects.count() == 2


def test_a_fresh_form_is_another_sending_whatever_it_says(cast: Cast) -> None:
    """Whoever takes back a delegation and gives it again writes the same words, and means them."""
    client = _as(cast.officer)

    answers = [client.post(FILE, _filled(cast, once=_number(client))) for _turn in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert Case.objects.count() == 2


def test_a_corrected_file_of_the_same_name_and_length_is_no_repetition(cast: Cast) -> None:
    client, new = _as(cast.intake), reverse("imports:new")
    head = "代码,单位名称,单位类别,行政区划代码\n"
    number = _number(client, new)

    def send(code: str) -> Any:
        file = SimpleUploadedFile("单位.csv", f"{head}{code},检查单位1,学校,330604\n".encode())
        return client.post(new, {"kind": "units", "once": number, "file": file})

    first, again, corrected = send("T1"), send("T1"), send("T2")

    assert (first.status_code, again["Location"]) == (302, first["Location"])
    assert (corrected.status_code, ImportRun.objects.count()) == (409, 1)
    assert "T1" not in SentForm.objects.get().content


def test_a_number_of_somebody_else_is_no_number(cast: Cast) -> None:
    client, other = _as(cast.officer), _as(cast.second_officer)
    number = _number(client)
    client.post(FILE, _filled(cast, once=number))

    answer = other.post(FILE, _filled(cast, once=number, partner=cast.officer.pk))

    assert answer.status_code == 302
    assert Case.objects.count() == 2


def test_a_form_that_names_its_version_is_judged_by_its_own_view(cast: Cast) -> None:
    client = _as(cast.officer)
    number = _number(client)
    client.post(FILE, _filled(cast, once=number))

    answer = client.post(FILE, _filled(cast, once=number, title="何某某“挖矿”案", version="1"))

    assert answer.status_code == 302


def test_a_secret_that_is_shown_once_is_made_once(cast: Cast) -> None:
    client = _as(cast.officer)
    url = reverse("access:own_account")
    form = {"name": "值班表", "scope": "read", "days": "30", "once": _number(client, url)}

    first, second = client.post(url, form), client.post(url, form)

    assert (first.status_code, second.status_code) == (200, 302)
    assert Token.objects.filter(owner=cast.officer).count() == 1


@pytest.mark.parametrize("url", ["/theme/", "/language/"])
def test_switches_are_thrown_back_and_forth(cast: Cast, url: str) -> None:
    client = _as(cast.officer)
    form = {"theme": "dark", "language": "en", "next": "/help/", "once": new_number()}

    client.post(url, form)
    client.cookies.clear()
    client.force_login(cast.officer)
    answer = client.post(url, form)

    assert answer.cookies
    assert not SentForm.objects.exists()


def test_old_numbers_are_forgotten(cast: Cast) -> None:
    at = timezone.now()
    for number, age in (("a" * 24, KEPT + timedelta(hours=1)), ("b" * 24, KEPT - timedelta(hours=1))):
        SentForm.objects.create(owner=cast.officer, once=number, content="", led_to="/", at=at - age)

    assert forget_old(at) == 1
    assert SentForm.objects.get().once == "b" * 24


def _together(*acts: Callable[[], HttpResponse]) -> list[Any]:
    barrier, answers = Barrier(len(acts)), [None] * len(acts)

    def run(place: int, act: Any) -> None:
        try:
            barrier.wait()
            answers[place] = act()
        finally:
            connection.close()

    threads = [Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_sent_several_times_at_once_one_case_is_filed() -> None:
    cast = make_cast()
    clients = [_as(cast.officer) for _turn in range(4)]
    form = _filled(cast, once=_number(clients[0]))

    answers = _together(*(lambda client=client: client.post(FILE, form) for client in clients))

    case = Case.objects.get()
    assert {answer["Location"] for answer in answers} == {reverse("cases:detail", args=[case.pk])}
    assert SentForm.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_fault_leaves_no_lock_and_no_number_behind() -> None:
    cast = make_cast()
    client = _as(cast.officer)
    number = _number(client)
    client.post(FILE, _filled(cast, once=number, kind="nonsense"))

    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()")
        (held,) = cursor.fetchone()
    assert (held, SentForm.objects.count()) == (0, 0)
    assert client.post(FILE, _filled(cast, once=number)).status_code == 302
