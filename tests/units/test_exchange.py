"""Letters with other agencies: sent once, signed for, answered, taken in; known to the two sides and nobody else."""

import re
from datetime import date

import pytest

from casework.access.enums import CompartmentKind
from casework.accounts.enums import Role
from casework.core.errors import Invalid, NotAllowed, NotReady, Refused
from casework.deadlines.models import Deadline
from casework.files.services.blobs import store_blob
from casework.imports.services import apply_run
from casework.ledger.models import Entry
from casework.notices.models import Notice
from casework.notices.services.reminders import owe_reminders
from tests.build import a_compartment, a_user, moment
from tests.build_exchange import a_liaison, a_next_list, an_agency
from tests.build_units import NOW, a_block, a_lead, a_list, a_sighting, a_unit
from tests.cast import Cast
from units.enums import Disposition, LeadState, MatchState, UnitKind
from units.enums_exchange import HandOverPurpose, HandOverState, LookupState
from units.models import AddressBlock, HandOver, LookupRequest, Sighting
from units.selectors.list_changes import change_counts, where_to
from units.services.dispositions import dispose_lead, propose_disposition, undo_disposition
from units.services.hand_overs import (
    answer_hand_over,
    bring_lead,
    close_hand_over,
    hand_over_addresses,
    hand_over_lead,
    raise_from_hand_over,
    receive_hand_over,
    return_hand_over,
)
from units.services.leads import raise_leads
from units.services.lookups import answer_lookup, close_lookup, read_answer, receive_lookup, send_lookup

pytestmark = pytest.mark.django_db
LATER = moment("2021-08-10 10:00")


def test_a_lookup_goes_from_unmatched_addresses_to_blocks_and_matches(cast: Cast) -> None:
    circle = a_compartment(*cast.members())
    seen, other = a_list(circle), a_list(circle, sensor="别处")
    agency = an_agency()
    liaison = a_liaison(agency)
    unit = a_unit()
    for ip in ("100.126.0.2", "100.126.0.9"):
        a_sighting(seen, ip, at="2021-07-20 08:00", port=40_001)
    known = a_sighting(seen, "10.0.0.1", block=a_block(a_unit(), "10.0.0.0/24"))
    bystander = a_sighting(other, "100.126.0.77")
    officer = cast.campaign_officer

    request = send_lookup(seen, agency, actor=officer, at=NOW)

    assert re.fullmatch(r"查函[2-9A-Z]{4}〔2021〕1号", request.number)
    assert sorted(request.addresses.values_list("ip", "port")) == [("100.126.0.2", 40001), ("100.126.0.9", 40001)]
    clock = Deadline.objects.get(ref=request.ref)
    assert (clock.kind, clock.holder, clock.due_on) == ("S05", liaison, date(2021, 8, 16))
    assert Notice.objects.get(kind="lookup.sent").recipient == liaison
    with pytest.raises(Refused) as refusal:
        send_lookup(seen, agency, actor=officer, at=NOW)
    assert refusal.value.code == "nothing_to_ask"
    with pytest.raises(Refused):
        answer_lookup(request, text="查明", actor=liaison, at=NOW)
    with pytest.raises(NotReady) as unready:
        close_lookup(request, actor=officer, at=NOW)
    assert "还没有答复" in unready.value.missing[0].text

    receive_lookup(request, actor=liaison, at=LATER)
    table = f"IP地址,端口,单位代码,启用日期,运营商,依据\n100.126.0.2,40001,{unit.code},2020-01-01,某电信,通函 7 号\n100.126.0.9,40001,,,,\n"
    file = store_blob([table.encode()], actor=liaison, at=LATER)
    answer_lookup(request, text="一个查不到", file=file, file_name="答复.csv", actor=liaison, at=LATER)
    assert Deadline.objects.get(ref=request.ref).verdict["in_time"] is True
    run = read_answer(request, actor=officer, at=LATER)
    assert (run.created, run.refused) == (1, 1)
    with pytest.raises(NotReady) as unready:
        close_lookup(request, actor=officer, at=LATER)
    assert "还没有导入" in unready.value.missing[0].text
    apply_run(run, actor=officer, at=LATER)
    closed = close_lookup(request, actor=officer, at=LATER)

    assert closed.state == LookupState.CLOSED
    assert AddressBlock.objects.get(unit=unit).reference == "通函 7 号"
    states = dict(Sighting.objects.values_list("ip", "match_state"))
    assert states["100.126.0.2"] == MatchState.MATCHED
    assert states["100.126.0.9"] == states[bystander.ip] == MatchState.UNMATCHED
    assert states[known.ip] == MatchState.MATCHED
    kinds = list(Entry.objects.of(request.ref).values_list("kind", flat=True))
    assert kinds == ["lookup.sent", "lookup.received", "lookup.answered", "lookup.read", "lookup.closed"]
    again = send_lookup(seen, agency, actor=officer, at=LATER)
    assert [row.ip for row in again.addresses.all()] == ["100.126.0.9"]
    assert again.number == request.number.replace("〕1号", "〕2号")


def test_an_overdue_lookup_alarms_both_sides(cast: Cast) -> None:
    circle = a_compartment(*cast.members())
    seen, agency = a_list(circle), an_agency()
    liaison = a_liaison(agency)
    a_sighting(seen, "100.126.0.2")
    request = send_lookup(seen, agency, actor=cast.campaign_officer, at=NOW, days=3)

    owe_reminders(date(2021, 8, 20), moment("2021-08-20 08:00"))

    told = Notice.objects.filter(kind="deadline.reminder", ref=request.ref)
    assert {liaison, cast.campaign_officer, cast.approver} <= {notice.recipient for notice in told}
    assert all("逾期" in notice.title for notice in told)


def test_letters_are_known_to_the_two_sides_only(cast: Cast) -> None:
    circle = a_compartment(*cast.members())
    seen, agency, other = a_list(circle), an_agency(), an_agency("省公安厅")
    liaison, stranger = a_liaison(agency), a_liaison(other)
    a_sighting(seen, "100.126.0.2")
    request = send_lookup(seen, agency, actor=cast.campaign_officer, at=NOW)
    lead = a_lead(a_unit(leader=cast.unit_leader), circle)
    letter = hand_over_lead(
        lead, agency, title="商请", text="请提供出口日志", purpose=HandOverPurpose.ASSIST, actor=cast.officer, at=NOW
    )
    knowing = {user.pk for user in (*cast.members(), cast.auditor, liaison)}
    everyone = {**cast.everyone(), "own liaison": liaison, "other liaison": stranger}
    for name, user in everyone.items():
        assert LookupRequest.objects.visible_to(user).exists() == (user.pk in knowing), name
        assert HandOver.objects.visible_to(user).exists() == (user.pk in knowing), name
        assert request.addresses.model.objects.visible_to(user).exists() == (user.pk in knowing), name
    for act, thing in ((receive_lookup, request), (receive_hand_over, letter)):
        with pytest.raises(NotAllowed):
            act(thing, actor=stranger, at=NOW)  # type: ignore[operator]
        with pytest.raises(NotAllowed):
            act(thing, actor=cast.auditor, at=NOW)  # type: ignore[operator]


def test_a_transferred_lead_is_handed_over_once_and_its_result_comes_back(cast: Cast) -> None:
    circle = a_compartment(*cast.members())
    lead, bystander = a_lead(a_unit(), circle), a_lead(a_unit(), circle)
    agency, other = an_agency("省经信厅"), an_agency("省发改委")
    liaison = a_liaison(agency)
    given = {"title": "关于矿机企业", "text": "请依职责核查", "actor": cast.officer, "at": NOW}
    with pytest.raises(Refused) as refusal:
        hand_over_lead(lead, agency, **given)
    assert refusal.value.code == "not_transferred"
    propose_disposition(lead, Disposition.TRANSFERRED, actor=cast.officer, at=NOW)
    dispose_lead(lead, Disposition.TRANSFERRED, actor=cast.approver, at=NOW, to=agency)
    with pytest.raises(Refused) as refusal:
        hand_over_lead(lead, other, **given)
    assert refusal.value.code == "other_agency"

    letter = hand_over_lead(lead, agency, **given)

    with pytest.raises(Refused):
        hand_over_lead(lead, agency, **given)
    with pytest.raises(Refused) as refusal:
        undo_disposition(lead, actor=cast.approver, at=NOW)
    assert refusal.value.code == "rests_on_it"
    with pytest.raises(Refused):
        answer_hand_over(letter, result="已关停", result_on=NOW.date(), actor=liaison, at=NOW)
    receive_hand_over(letter, actor=liaison, at=LATER)
    with pytest.raises(Invalid):
        answer_hand_over(letter, result="已关停", result_on=date(2021, 9, 1), actor=liaison, at=LATER)
    answer_hand_over(letter, result="已关停 4 家", result_on=LATER.date(), actor=liaison, at=LATER)
    with pytest.raises(Refused):
        close_hand_over(letter, actor=liaison, at=LATER)
    done = close_hand_over(letter, actor=cast.officer, at=LATER)

    assert (done.state, done.result_on) == (HandOverState.CLOSED, LATER.date())
    assert not Deadline.objects.live().filter(ref=letter.ref).exists()
    assert Notice.objects.filter(ref=letter.ref, recipient=cast.officer).count() == 2
    bystander.refresh_from_db()
    assert (bystander.state, bystander.version) == (LeadState.UNDER_STUDY, 1)
    # What the other side reads stays out of the entry itself.
    assert all("矿机企业" not in bytes(row.header).decode() for row in Entry.objects.of(letter.ref))


def test_what_an_agency_brings_becomes_a_lead_or_goes_back(cast: Cast) -> None:
    circle = a_compartment(*cast.members(), kind=CompartmentKind.MONITORING)
    agency, unit = an_agency("省委网信办"), a_unit()
    liaison = a_liaison(agency)
    with pytest.raises(NotAllowed):
        bring_lead(title="发现", text="某校有矿机", actor=cast.officer, at=NOW)
    brought = bring_lead(title="发现", text="某校有矿机", actor=liaison, at=NOW)
    assert brought.compartment == circle
    clock = Deadline.objects.get(ref=brought.ref)
    assert (clock.kind, clock.due_on) == ("L03", date(2021, 8, 9))
    with pytest.raises(Refused) as refusal:
        receive_hand_over(brought, actor=liaison, at=NOW)
    assert refusal.value.code == "other_side"
    receive_hand_over(brought, actor=cast.intake, at=NOW)

    lead = raise_from_hand_over(brought, unit, actor=cast.intake, at=LATER)

    assert raise_from_hand_over(brought, unit, actor=cast.intake, at=LATER) == lead
    assert (lead.unit, lead.received_on, lead.questions.count()) == (unit, NOW.date(), 3)
    assert Deadline.objects.live().get(ref=f"lead:{lead.pk}").start_on == NOW.date()
    assert not Deadline.objects.live().filter(ref=brought.ref).exists()
    answer_hand_over(brought, result="已受理", result_on=LATER.date(), actor=cast.intake, at=LATER)
    assert close_hand_over(brought, actor=liaison, at=LATER).state == HandOverState.CLOSED
    second = bring_lead(title="另一件", text="不归这里", actor=liaison, at=LATER)
    with pytest.raises(Invalid):
        return_hand_over(second, remark=" ", actor=cast.intake, at=LATER)
    assert (
        return_hand_over(second, remark="属公安机关管辖", actor=cast.intake, at=LATER).state == HandOverState.RETURNED
    )
    assert Notice.objects.filter(ref=second.ref, recipient=liaison).exists()


def test_every_address_of_a_list_finds_its_place(cast: Cast) -> None:
    circle = a_compartment(*cast.members())
    school = a_block(a_unit(), "10.0.0.0/24")
    company = a_block(a_unit(kind=UnitKind.OTHER), "192.0.2.0/24")
    seen = a_next_list(
        circle, "2021-07-20", {"10.0.0.1": school, "192.0.2.7": company, "192.0.2.8": company, "100.126.0.2": None}
    )
    agency, officer = an_agency(), cast.campaign_officer
    assert dict(where_to(seen)) == {"waiting": 1, "other": 2, "unmatched": 1}

    raise_leads(seen, actor=officer, at=NOW)
    letter = hand_over_addresses(seen, agency, title="移送", text="请核查", actor=officer, at=NOW)
    send_lookup(seen, agency, actor=officer, at=NOW)

    assert dict(where_to(seen)) == {"lead": 1, "handed": 2, "asked": 1}
    assert letter.addresses.count() == 2
    with pytest.raises(Refused):
        hand_over_addresses(seen, agency, title="移送", text="请核查", actor=officer, at=NOW)
    return_hand_over(letter, remark="不属本机关", actor=a_liaison(agency), at=NOW)
    assert dict(where_to(seen))["other"] == 2


def test_the_delta_of_a_list_is_the_length_of_its_lists(cast: Cast) -> None:
    circle = a_compartment(*cast.members())
    first = a_next_list(circle, "2021-07-20", {"10.0.0.1": None, "10.0.0.2": None, "10.0.0.3": None})
    second = a_next_list(circle, "2021-09-20", {"10.0.0.2": None, "10.0.0.4": None})
    third = a_next_list(circle, "2021-11-20", {"10.0.0.1": None, "10.0.0.2": None})
    a_next_list(circle, "2021-11-01", {"10.0.0.9": None}, sensor="另一个监测点")
    officer = cast.officer

    assert change_counts(first, officer) == {"new": 3, "persisting": 0, "relapsed": 0, "cleared": 0}
    assert change_counts(second, officer) == {"new": 1, "persisting": 1, "relapsed": 0, "cleared": 2}
    assert change_counts(third, officer) == {"new": 0, "persisting": 1, "relapsed": 1, "cleared": 1}
    hidden = a_compartment(a_user("别处的人", Role.CASE_OFFICER))
    fourth = a_next_list(hidden, "2021-12-01", {"10.0.0.1": None})
    stranger = hidden.grants.get().user
    assert change_counts(fourth, stranger)["cleared"] == 0  # the list before is none of his business


def test_numbers_of_one_circle_have_no_gap_and_tell_nothing_of_others(cast: Cast) -> None:
    secret, open_ = a_compartment(cast.officer), a_compartment(cast.officer, cast.campaign_officer)
    numbers = []
    for circle in (open_, secret, secret, open_):
        block = a_block(a_unit(), f"10.{len(numbers)}.0.0/24")
        seen = a_list(circle, sensor=f"监测点{len(numbers)}")
        a_sighting(seen, f"10.{len(numbers)}.0.1", block=block)
        numbers += [lead.number for lead in raise_leads(seen, actor=cast.campaign_officer, at=NOW)]

    codes = [number.split("-")[1] for number in numbers]
    assert [int(number[-4:]) for number in numbers] == [1, 1, 2, 2]
    assert codes[0] == codes[3] != codes[1] == codes[2]
