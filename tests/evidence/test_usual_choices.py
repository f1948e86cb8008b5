"""What a page fills in or shows by itself: the place of what left its shelf, the other officer, what is overdue."""

from datetime import timedelta

from django.test import Client
from django.urls import reverse

from casework.accounts.enums import Role
from casework.core import clock
from evidence.services import accept_item, return_item
from evidence.web.forms import FORMS
from evidence.web.people import colleagues, usual_second
from tests.build import a_user
from tests.build_evidence import a_sealed_item, a_stored_item, an_item, an_item_outside, checked
from tests.cast import Cast


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
    assert str(stranger.pk) not in {str(value) for value, _label in form.fields["second"].widget.choices}  # type: ignore[attr-defined]
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
