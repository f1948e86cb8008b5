"""The calendar feed and the way of being told: the owner's own, revocable, nothing of what it is about."""

from datetime import date, time

import pytest
from django.test import Client
from django.urls import reverse

from casework.accounts.models import User
from casework.core.errors import Invalid
from casework.deadlines.services.lifecycle import meet_deadline
from casework.ledger.models import Entry
from casework.notices.calendar_feed import Event, render
from casework.notices.models import CalendarFeed, Preference
from casework.notices.services.preferences import make_feed, revoke_feed, set_preference
from tests.build import a_compartment, a_user, moment
from tests.build_deadlines import a_deadline

pytestmark = pytest.mark.django_db

AT = moment("2026-09-01 09:00")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="casework.accounts.backends.AccountBackend")
    return client


def test_a_program_without_signing_in_reads_days_and_links() -> None:
    user, other = a_user(), a_user()
    mine = a_deadline("case:1", "L02", holder=user, title="查某某的秘密案件")
    hours = a_deadline("case:2", "C06", holder=user, start_at=moment("2026-09-01 10:30"), title="秘密")
    done = a_deadline("case:3", "L02", holder=user)
    meet_deadline(done, actor=None, at=AT)
    a_deadline("case:4", "L02", holder=other)
    token = make_feed(user, actor=user, at=AT)

    answer = Client().get(reverse("notices:feed", args=[token]))

    text = answer.content.decode()
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert text.count("BEGIN:VEVENT") == 2
    assert f"UID:deadline-{mine.pk}@localhost" in text
    assert "DTSTART;VALUE=DATE:20260908" in text
    assert f"URL:http://localhost:8000/deadlines/{hours.pk}/" in text
    assert "DTSTART:20260902T023000Z" in text
    assert not any(word in text for word in ("秘密", "某某", "case:", user.name))
    assert token not in "".join(CalendarFeed.objects.values_list("digest", flat=True))


def test_a_new_address_stops_the_former_one_and_the_last_can_be_stopped() -> None:
    user, bystander = a_user(), a_user()
    first, kept = make_feed(user, actor=user, at=AT), make_feed(bystander, actor=bystander, at=AT)
    second = make_feed(user, actor=user, at=AT)

    def status(token: str) -> int:
        return Client().get(reverse("notices:feed", args=[token])).status_code

    assert [status(token) for token in (first, second, kept, "x" * 43)] == [404, 200, 200, 404]
    assert revoke_feed(user, actor=user, at=AT)
    assert not revoke_feed(user, actor=user, at=AT)
    assert [status(token) for token in (second, kept)] == [404, 200]
    bystander.is_active = False
    bystander.save(update_fields=["is_active"])
    assert status(kept) == 404
    assert [one.kind for one in Entry.objects.of(f"user:{user.pk}")].count("calendar_feed.made") == 2


def test_an_official_who_left_the_circle_no_longer_reads_its_dates(cast: object) -> None:
    from casework.access.models import Grant
    from casework.accounts.enums import Role

    officer = a_user("承办人丁", Role.CASE_OFFICER)
    inside = a_compartment(officer)
    a_deadline("case:1", "L02", holder=officer, compartment=inside)
    token = make_feed(officer, actor=officer, at=AT)
    path = reverse("notices:feed", args=[token])
    assert b"VEVENT" in Client().get(path).content

    Grant.objects.filter(user=officer).update(until=date(2020, 1, 2))

    assert b"VEVENT" not in Client().get(path).content


def test_lines_are_folded_between_characters() -> None:
    event = Event("deadline-1@casework.example.invalid", date(2026, 9, 8), "https://x.invalid/" + "限" * 60, 3, True)

    data = render([event], made_at=AT)

    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    assert data.replace(b"\r\n ", b"").decode().count("限" * 60) == 1
    assert b"STATUS:TENTATIVE" in data


def test_the_page_keeps_settings_and_shows_the_address_once() -> None:
    user = a_user()
    client, page = signed_in(user), reverse("notices:preferences")

    wrong = client.post(page, {"by_mail": "on", "quiet_from": "22:00", "quiet_until": "", "digest_at": ""})
    assert wrong.status_code == 409
    assert "免打扰要写明不同的开始和结束时刻" in wrong.content.decode()
    right = client.post(page, {"by_mail": "on", "quiet_from": "22:00", "quiet_until": "07:30", "digest_at": "18:00"})
    assert right.status_code == 302
    kept = Preference.objects.get(user=user)
    assert (kept.by_mail, kept.quiet_from, kept.quiet_until, kept.digest_at) == (
        True,
        time(22),
        time(7, 30),
        time(18),
    )

    client.post(reverse("notices:feed-made"))
    shown = client.get(page).content.decode()
    assert "/calendar/" in shown
    assert "/calendar/" not in client.get(page).content.decode().replace("/notices/settings/calendar/", "")
    client.post(reverse("notices:feed-revoked"))
    assert not CalendarFeed.objects.filter(revoked_at=None).exists()


def test_nobody_sets_for_another() -> None:
    user, other = a_user(), a_user()

    for act in (make_feed, revoke_feed):
        with pytest.raises(Invalid):
            act(user, actor=other, at=AT)
    with pytest.raises(Invalid):
        set_preference(user, by_mail=False, actor=other, at=AT)
    assert not Preference.objects.exists()
