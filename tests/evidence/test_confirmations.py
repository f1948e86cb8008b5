"""Two officers means two who say so: the second confirms himself, or contradicts, and until then nothing leaves."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django.test import Client
from django.urls import reverse

from casework.core.errors import Invalid, NotAllowed, NotReady, Refused
from casework.ledger.models import Entry
from evidence.enums import DiscrepancyKind, Outcome
from evidence.models import Confirmation, Custody, Item
from evidence.selectors.desk import acts_to_confirm
from evidence.services import accept_item, approve_disposal, confirm_act, detach_part, offer_item, propose_disposal
from evidence.web.chain import chain_of
from tests.build_evidence import START, a_sealed_item, an_item, checked, confirm_all
from tests.cast import Cast

LATER = START + timedelta(hours=2)


def client_of(user: object) -> Client:
    client = Client()
    client.force_login(user, backend="casework.accounts.backends.AccountBackend")  # type: ignore[arg-type]
    return client


def stored(cast: Cast) -> Item:
    """An item in the store that nobody but the first officer has vouched for."""
    item = a_sealed_item(cast, parts=1)
    offer_item(item, cast.custodian, actor=cast.officer, at=LATER)
    return accept_item(item, actor=cast.custodian, at=LATER, checked=checked(item), place="B 库 04-12")


def test_only_the_second_officer_himself_and_only_once(cast: Cast) -> None:
    item, bystander = a_sealed_item(cast), a_sealed_item(cast)
    sealed = item.chain.get(act="sealed")

    for actor, refusal in ((cast.officer, Refused), (cast.outsider, Refused), (cast.approver, NotAllowed)):
        with pytest.raises(refusal):
            confirm_act(sealed, actor=actor, at=LATER)
    with pytest.raises(Invalid, match="早于办理时间"):
        confirm_act(sealed, actor=cast.second_officer, at=START - timedelta(seconds=1))
    said = confirm_act(sealed, actor=cast.second_officer, at=LATER)
    with pytest.raises(Refused, match="已经确认过"):
        confirm_act(sealed, actor=cast.second_officer, at=LATER)

    entry = Entry.objects.get(pk=said.entry_id)
    assert (entry.kind, entry.actor_id, entry.payload["data"]["link"]) == ("item.confirmed", cast.second_officer.pk, 2)
    assert [row.act for row in acts_to_confirm(cast.second_officer).filter(item=item)] == ["collected"]
    assert acts_to_confirm(cast.second_officer).filter(item=bystander).count() == 2
    assert not acts_to_confirm(cast.officer).exists()


def test_a_part_is_vouched_for_with_its_whole(cast: Cast) -> None:
    item = a_sealed_item(cast, parts=1)
    part = item.parts.get()

    with pytest.raises(Refused, match="随整机办理"):
        confirm_act(part.chain.get(act="sealed"), actor=cast.second_officer, at=LATER)
    offer_item(item, cast.custodian, actor=cast.officer, at=LATER)
    with pytest.raises(Refused, match="不是二人共同办理"):
        confirm_act(item.chain.get(act="offered"), actor=cast.second_officer, at=LATER)


def test_nothing_leaves_before_the_second_has_spoken(cast: Cast) -> None:
    item = stored(cast)
    proposal = propose_disposal(item, Outcome.CONFISCATED, document="1 号", reason="所得", actor=cast.officer, at=LATER)

    with pytest.raises(NotReady) as refused:
        approve_disposal(proposal, actor=cast.approver, at=LATER)
    said = [one.text for one in refused.value.missing]
    assert len(said) == 1
    assert "承办人乙还有 3 环没有本人确认" in said[0]  # taken, sealed, the part registered

    confirm_all(cast.second_officer, at=LATER)
    approve_disposal(proposal, actor=cast.approver, at=LATER)
    item.refresh_from_db()
    assert item.state == "disposal_approved"


def test_who_has_left_keeps_nothing_waiting(cast: Cast) -> None:
    item = stored(cast)
    proposal = propose_disposal(item, Outcome.CONFISCATED, document="1 号", reason="所得", actor=cast.officer, at=LATER)
    cast.second_officer.is_active = False
    cast.second_officer.save()

    approve_disposal(proposal, actor=cast.approver, at=LATER)


def test_a_contradiction_is_a_discrepancy(cast: Cast) -> None:
    item = stored(cast)
    sealed = item.chain.get(act="sealed")

    with pytest.raises(Invalid, match="没有写明"):
        confirm_act(sealed, actor=cast.second_officer, at=LATER, agreed=False, note=" ")
    confirm_act(sealed, actor=cast.second_officer, at=LATER, agreed=False, note="贴封时我不在场")

    found = item.discrepancies.get()
    assert (found.kind, found.found, found.opened_by) == (
        DiscrepancyKind.CONDITION, "贴封时我不在场", cast.second_officer,
    )  # fmt: skip
    assert "提出不属实：贴封时我不在场" in chain_of(item).links[1].place


@pytest.mark.parametrize(
    "statement", ["update evidence_confirmation set agreed = false", "delete from evidence_confirmation"]
)
def test_the_database_keeps_what_was_said(cast: Cast, statement: str) -> None:
    item = a_sealed_item(cast)
    confirm_act(item.chain.get(act="sealed"), actor=cast.second_officer, at=LATER)

    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert Confirmation.objects.get().agreed


def test_in_the_browser(cast: Cast) -> None:
    item, other = a_sealed_item(cast), an_item(cast)
    client = client_of(cast.second_officer)
    url = reverse("evidence:confirmations")

    page = client.get(url, {"item": item.pk}).content.decode()
    assert item.number in page
    assert other.number not in page
    assert page.count('name="links"') == 2
    assert "checked" not in page  # the second officer ticks himself
    nothing = client.post(url, {"links": []})
    assert (nothing.status_code, "没有选事项" in nothing.content.decode()) == (409, True)
    sealed, taken = item.chain.get(act="sealed"), item.chain.get(act="collected")
    foreign = detach_part(
        an_item(cast, parts=1).parts.get(), officers=(cast.officer, cast.second_officer), actor=cast.second_officer,
        at=LATER,
    ).chain.last()  # fmt: skip
    assert foreign is not None
    assert client.post(url, {"links": [foreign.pk]}).status_code == 409  # there the other one is the second
    assert client.post(url, {"links": [taken.pk]}).status_code == 302
    refused = client.post(url, {"links": [sealed.pk], "object": "1"})
    assert (refused.status_code, "须填写" in refused.content.decode()) == (409, True)
    assert f'value="{sealed.pk}" checked' in refused.content.decode()  # a refusal keeps what was ticked
    assert client.post(url, {"links": [sealed.pk], "object": "1", "note": "不在场"}).status_code == 302

    assert dict(Confirmation.objects.values_list("custody__act", "agreed")) == {"collected": True, "sealed": False}
    assert client_of(cast.approver).get(url).status_code == 403
    assert client_of(cast.auditor).post(url, {"links": [sealed.pk]}).status_code == 403
    assert client_of(cast.unit_leader).get(url).status_code in (403, 404)


def test_a_long_chain_opens_in_pieces(cast: Cast) -> None:
    item = an_item(cast)
    for turn in range(30):
        at = LATER + timedelta(minutes=turn)
        holder, other = (cast.officer, cast.second_officer) if turn % 2 == 0 else (cast.second_officer, cast.officer)
        offer_item(item, other, actor=holder, at=at)
        accept_item(item, actor=other, at=at)

    newest = chain_of(item, shown=10)
    assert newest.newest
    assert newest.links[-1].here
    seen, before, pieces = len(newest.links), newest.before, 1
    while before:
        piece = chain_of(item, before, shown=10)
        seen, before, pieces = seen + len(piece.links), piece.before, pieces + 1
        assert not piece.newest
    assert seen == len(chain_of(item).links) == 31 if chain_of(item).earlier == 0 else seen == 31
    assert pieces > 3
    page = client_of(cast.officer).get(reverse("evidence:item", args=[item.pk])).content.decode()
    assert "更早的" in page
    assert Custody.objects.filter(item=item).count() == 61
