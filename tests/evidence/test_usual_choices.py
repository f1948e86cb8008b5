"""What a page fills in or shows by itself: the place of what left its shelf, the other officer, what is overdue."""

from datetime import timedelta

from django.test import Client
from django.urls import reverse

from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core import clock
from casework.core.moments import cn_datetime
from evidence.enums import Outcome, State
from evidence.models import Discrepancy
from evidence.selectors.desk import offers_refused
from evidence.services import (
    accept_item,
    approve_disposal,
    carry_out_disposal,
    offer_item,
    propose_disposal,
    refuse_item,
    return_item,
)
from evidence.web.forms import FORMS
from evidence.web.people import colleagues, usual_second
from tests.build import a_user
from tests.build_evidence import START, a_sealed_item, a_stored_item, an_item, an_item_outside, checked
from tests.cast import Cast


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="casework.accounts.backends.AccountBackend")
    return client


def test_what_leaves_its_shelf_no_longer_lies_there(cast: Cast) -> None:
    beside = a_stored_item(cast)
    outside = an_item_outside(cast, parts=1)
    assert (outside.item.place, outside.item.parts.get().place) == ("", "")

    return_item(outside.item, actor=cast.officer, at=outside.at)
    back = accept_item(outside.item, actor=cast.custodian, at=outside.at, checked=checked(outside.item))

    assert (back.place, back.parts.get().place) == ("B 库 04-12", "B 库 04-12")
    beside.refresh_from_db()
    assert beside.place == "B 库 04-12"


def test_the_other_officer_is_chosen_beforehand_where_it_is_clear(cast: Cast) -> None:
    item, beside = a_sealed_item(cast), an_item(cast)
    stranger = a_user("承办人丁", Role.CASE_OFFICER)

    form = FORMS["unseal"](None, item=item, user=cast.officer)
    assert form.fields["second"].initial == cast.second_officer
    assert FORMS["unseal"](None, item=item, user=cast.second_officer).fields["second"].initial == cast.officer
    # Nobody outside the matter, and nobody where one would have to guess.
    assert str(stranger.pk) not in {str(value) for value, _label in form.fields["second"].widget.choices}
    assert stranger not in colleagues(item.compartment_id, cast.officer)
    assert usual_second(beside, cast.approver, colleagues(beside.compartment_id, cast.approver)) is None


def test_what_is_overdue_says_since_when_and_what_to_do(cast: Cast) -> None:
    began = clock.now() - timedelta(days=30)
    late = an_item_outside(cast, at=began).item  # due back ten days after it was taken
    beside = an_item_outside(cast, at=clock.now() - timedelta(days=2)).item
    days = (clock.today() - late.check_outs.get().due_on).days
    client = Client()
    act = reverse("evidence:act", args=[late.pk, "return"])

    for user, lists, returns in (
        (cast.officer, ("evidence:custody",), True),
        (cast.custodian, ("evidence:custody",), False),
        (cast.approver, ("evidence:custody", "evidence:decisions"), False),
    ):
        client.force_login(user, backend="casework.accounts.backends.AccountBackend")
        for name in lists:
            page = client.get(reverse(name))
            (row,) = page.context["overdue"]
            assert (row.item, row.late - days in (0, 1)) == (late, True)  # midnight may pass
            body = page.content.decode()
            assert (f"逾期 {row.late} 天" in body, act in body) == (True, returns)
        shown = client.get(reverse("evidence:item", args=[late.pk])).content.decode()
        assert ("先归还，再申请调取" in shown, "可以催承办人甲办理归还入库" in shown) == (returns, not returns)
        assert "办理归还入库" not in client.get(reverse("evidence:item", args=[beside.pk])).content.decode()
    client.force_login(cast.outsider, backend="casework.accounts.backends.AccountBackend")
    assert not client.get(reverse("evidence:custody")).context["overdue"]


def test_a_refused_hand_over_is_told_to_the_giver_until_he_acts(cast: Cast) -> None:
    item, beside, client = a_sealed_item(cast), a_sealed_item(cast), client_of(cast.officer)
    for one in (item, beside):
        offer_item(one, cast.custodian, actor=cast.officer, at=START)
    page = client.get(reverse("evidence:item", args=[item.pk])).content.decode()
    assert ("等保管员甲签收" in page, reverse("evidence:act", args=[item.pk, "withdraw"]) in page) == (True, True)

    refuse_item(item, reason="封条下沿翘起", actor=cast.custodian, at=START)

    assert list(offers_refused(cast.officer).values_list("item", "why")) == [(item.pk, "封条下沿翘起")]
    for url in (reverse("evidence:custody"), reverse("evidence:item", args=[item.pk])):
        assert "封条下沿翘起" in client.get(url).content.decode()
    assert "保管员甲拒收了移交" in client.get(reverse("evidence:item", args=[item.pk])).content.decode()
    assert not offers_refused(cast.custodian).exists()
    offer_item(item, cast.custodian, actor=cast.officer, at=START)
    assert not offers_refused(cast.officer).exists()


def test_a_number_that_does_not_fit_is_asked_for_twice(cast: Cast) -> None:
    item, beside = a_stored_item(cast), a_stored_item(cast)
    client, url = client_of(cast.custodian), reverse("evidence:act", args=[item.pk, "verify"])
    given = {"present": "on", "seal": "zj21-999999"}

    asked = client.post(url, given)
    assert (asked.status_code, "再看一遍封条" in asked.content.decode()) == (409, True)
    assert item.seals.get().number not in asked.content.decode()  # what should be there is not prompted
    assert not Discrepancy.objects.exists()
    # Another wrong number is asked about again, and the same at another seal; the same at the same one stands.
    sure = asked.context["form"]["sure"].value()
    assert client.post(url, {**given, "seal": "ZJ21-999998", "sure": sure}).status_code == 409
    assert not Discrepancy.objects.exists()
    assert client.post(url, {**given, "sure": sure}).status_code == 302
    other = reverse("evidence:act", args=[beside.pk, "verify"])
    assert client.post(other, {**given, "sure": sure}).status_code == 409
    assert [(row.item, row.found) for row in Discrepancy.objects.all()] == [(item, "ZJ21-999999")]
    assert not beside.discrepancies.exists()


def test_what_comes_back_finds_its_shelf_and_its_keeper(cast: Cast) -> None:
    outside = an_item_outside(cast)
    form = FORMS["return"](None, item=outside.item, user=cast.officer)
    assert form.fields["receiver"].initial == cast.custodian
    return_item(outside.item, actor=cast.officer, at=outside.at, note="电源线另附")

    back = FORMS["accept"](None, item=outside.item, user=cast.custodian)
    assert back.fields["place"].initial == "B 库 04-12"
    assert dict(back.facts()) == {
        "交出人": "承办人甲", "事项": "归还", "交出时间": cn_datetime(outside.at), "说明": "电源线另附",
    }  # fmt: skip
    page = client_of(cast.custodian).get(reverse("evidence:act", args=[outside.item.pk, "accept"])).content.decode()
    assert reverse("evidence:act", args=[outside.item.pk, "refuse"]) in page


def test_whoever_keeps_the_file_of_the_case_files_the_papers_of_what_left(cast: Cast) -> None:
    item, beside = a_stored_item(cast), a_stored_item(cast)
    second_keeper = a_user("保管员乙", Role.CUSTODIAN)
    at = START + timedelta(days=1)
    client, url = client_of(cast.officer), reverse("evidence:act", args=[item.pk, "archive"])
    row = propose_disposal(item, Outcome.CONFISCATED, document="1 号", reason="所得", actor=cast.officer, at=at)
    page = client.get(reverse("evidence:item", args=[item.pk])).content.decode()
    assert "已有没办完的处置意见：收缴" in page
    assert client.post(url, {"document": "案卷 1"}).status_code == 409  # it has not left yet
    approve_disposal(row, actor=cast.approver, at=at)
    officers = (cast.custodian, second_keeper)
    carry_out_disposal(item, receipt="据 1", officers=officers, actor=cast.custodian, at=at)
    assert client_of(cast.custodian).get(reverse("evidence:item", args=[item.pk])).status_code == 404
    assert url in client.get(reverse("evidence:item", args=[item.pk])).content.decode()
    for user in (cast.auditor, cast.approver, cast.outsider, cast.custodian):
        assert client_of(user).post(url, {"document": "案卷 1"}).status_code in (403, 404, 409)
    item.refresh_from_db()
    assert item.state == State.CONFISCATED

    assert client.post(url, {"document": "案卷 1"}).status_code == 302

    item.refresh_from_db()
    beside.refresh_from_db()
    assert (item.state, beside.state) == (State.ARCHIVED, State.DEPOSITED)
