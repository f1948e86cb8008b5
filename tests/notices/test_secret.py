"""What is told about an inspection that nobody may know of reaches its team alone; outside the house it says nothing."""

import http.server
import itertools
import json
import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from cases.models import Inspection, Site
from cases.services.operation import answer_help, call_for_help
from casework.access.models import Grant
from casework.accounts.enums import Role
from casework.accounts.models import Appointment, User
from casework.core.errors import CaseworkError
from casework.deadlines.models import Deadline
from casework.deadlines.recipients import _resolvers
from casework.notices.models import Channel, Delivery, Notice
from casework.notices.services.owing import owe_notice
from casework.notices.services.preferences import make_feed
from casework.notices.services.reminders import owe_reminders
from casework.notices.services.sending import send_waiting
from tests.build import a_user, moment
from tests.build_cases import an_inspection
from tests.build_deadlines import a_deadline
from tests.cast import Cast
from units.models import UnitLeader

pytestmark = pytest.mark.django_db
SECRET = "突击检查甲单位"


class Listening(http.server.BaseHTTPRequestHandler):
    """Keeps what a robot is sent."""

    def do_POST(self) -> None:
        self.server.seen.append(self.rfile.read(int(self.headers["content-length"])).decode())  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"errcode":0}')

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def robot(settings: Any) -> Any:
    """A mail server, and a robot to which the notices of everybody go."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listening) as server:
        server.seen = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        hook = {"name": "group", "kind": "wecom", "url": f"http://127.0.0.1:{server.server_address[1]}/"}
        settings.CASEWORK_WEBHOOKS = json.dumps([{**hook, "roles": list(Role.values)}])
        settings.CASEWORK_BASE_URL = "https://casework.example.invalid"
        settings.EMAIL_HOST = "mail.example.invalid"
        yield server
        server.shutdown()


def _led_by(cast: Cast, inspection: Inspection) -> None:
    """The leaders of the cast lead the units that are to be visited."""
    places = [site.unit for site in Site.objects.filter(team__inspection=inspection).order_by("pk")]
    for unit, user in zip(places, (cast.unit_leader, cast.other_leader), strict=True):
        UnitLeader.objects.create(unit=unit, user=user, name=user.name, post="主任", from_on=date(2020, 1, 1))


def _everything_that_is_told(cast: Cast, inspection: Inspection) -> None:
    """A clock of every kind that names leaders and superiors, climbed to the top; a call for help, and its answer."""
    site = Site.objects.filter(team__inspection=inspection).order_by("pk")[0]
    kinds = sorted({*_resolvers, "S02", "L02", "C06"})
    known = ((cast.officer, inspection.compartment), (cast.inspector, site.compartment))
    for number, (kind, (holder, compartment)) in enumerate(itertools.product(kinds, known)):
        values: dict[str, Any] = {"start_on": date(2021, 9, 3)}
        if kind == "S02":
            values["named_on"] = date(2021, 9, 10)
        if kind == "C06":
            values = {"start_at": moment("2021-09-03 10:00")}
        try:
            a_deadline(
                f"site:{number}",
                kind,
                title=f"{SECRET}{number}",
                holder=holder,
                compartment=compartment,
                at=moment("2021-09-03 10:00"),
                **values,
            )
        except CaseworkError as error:
            raise AssertionError(f"{kind}: {error}") from error
    day = date(2021, 9, 3)
    while day < date(2021, 10, 20):
        owe_reminders(day, moment(f"{day} 09:00"))
        day += timedelta(days=1)
    call = call_for_help(site, f"{SECRET}缺技术人员", actor=cast.inspector, at=moment("2021-09-06 10:00"))
    answer_help(call, f"{SECRET}派人", actor=cast.officer, at=moment("2021-09-06 10:05"))


def test_nobody_outside_the_team_is_told_of_a_secret_inspection(
    client: Client, cast: Cast, robot: Any, settings: Any
) -> None:
    settings.CASEWORK_NOW = "2021-09-06"
    inspection = an_inspection(cast)
    _led_by(cast, inspection)
    told_before = set(Notice.objects.values_list("pk", flat=True))
    _everything_that_is_told(cast, inspection)

    teams = Site.objects.filter(team__inspection=inspection).values_list("compartment", flat=True)
    rings = {inspection.compartment_id, *teams}
    inside = set(Grant.objects.filter(compartment__in=rings).values_list("user_id", flat=True))
    new = Notice.objects.exclude(pk__in=told_before)
    assert new.count() > 20
    assert set(new.values_list("recipient", flat=True)) <= inside
    outside = [user for user in cast.everyone().values() if user.pk not in inside]
    assert {cast.unit_leader, cast.other_leader, cast.outsider} <= set(outside)

    # Out of the house goes a name and a link; a calendar has days and links.
    late = moment("2021-10-20 21:00")
    assert send_waiting(lambda: late, seconds=600) == Delivery.objects.exclude(channel=Channel.INBOX).count() > 20
    left = "".join([*robot.seen, *(str(message.message()) + message.body for message in mail.outbox)])
    assert SECRET not in left
    assert "检查单位" not in left
    addresses = {address for message in mail.outbox for address in message.to}
    assert addresses <= set(User.objects.filter(pk__in=inside).values_list("email", flat=True))
    for user in (cast.inspector, cast.unit_leader):
        token = make_feed(user, actor=user, at=late)
        calendar = Client().get(reverse("notices:feed", args=[token])).content.decode()
        assert SECRET not in calendar
        assert ("BEGIN:VEVENT" in calendar) == (user == cast.inspector)

    # Neither list, counter nor page of those outside shows that there is anything.
    clock, notice = Deadline.objects.filter(title__startswith=SECRET)[0], new[0]
    for user in outside:
        if user == cast.auditor:
            continue  # who audits reads everything and is told of nothing
        client.force_login(user)
        for place in (reverse("notices:inbox"), reverse("deadlines:list")):
            assert SECRET not in client.get(place).content.decode()
        for place in (
            reverse("notices:open", args=[notice.pk]),
            reverse("notices:told", args=[clock.pk]),
        ):
            assert client.get(place).status_code == 404


def test_who_left_office_is_told_no_more_and_reads_no_more(cast: Cast) -> None:
    inspection = an_inspection(cast)
    gone, stays = a_user("检查员戊", Role.INSPECTOR), cast.inspector
    for user in (gone, stays):
        Grant.objects.get_or_create(
            compartment=inspection.compartment, user=user, until=None, defaults={"from_on": date(2021, 9, 1)}
        )
        a_deadline(
            f"site:{user.pk}",
            title=SECRET,
            holder=user,
            compartment=inspection.compartment,
            start_on=date(2021, 9, 3),
            at=moment("2021-09-03 09:00"),
        )
        owe_notice(
            key=f"old:{user.pk}",
            to=user,
            kind="note",
            title=SECRET,
            at=moment("2021-09-04 09:00"),
            compartment=inspection.compartment,
        )
    Grant.objects.filter(user=gone).update(until=date(2021, 9, 5))
    Appointment.objects.filter(user=gone).update(until=date(2021, 9, 5))

    assert owe_reminders(date(2021, 9, 7), moment("2021-09-07 09:00")) == 1

    assert set(Notice.objects.filter(kind="deadline.reminder").values_list("recipient", flat=True)) == {stays.pk}
    fresh = User.objects.get(pk=gone.pk)
    assert not Notice.objects.visible_to(fresh).exists()
    assert not Deadline.objects.visible_to(fresh).exists()
