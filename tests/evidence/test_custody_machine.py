"""Custody as a machine: whatever people do, in any order, one person holds the item and the chain adds up."""

from datetime import timedelta
from itertools import count, pairwise
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from casework.core.errors import CaseworkError
from casework.ledger.selectors import defects
from evidence.custody_workflow import STEPS
from evidence.enums import ENDED, UNHELD, Act, OfferState, Outcome, State
from evidence.models import Custody, Holding, Item, Offer, Seal
from evidence.services import (
    Checked,
    accept_item,
    approve_check_out,
    approve_disposal,
    carry_out_disposal,
    check_out_item,
    detach_part,
    examine_item,
    offer_item,
    propose_disposal,
    refuse_item,
    rejoin_part,
    request_check_out,
    reseal_item,
    return_item,
    seal_item,
    store_item,
    unseal_item,
    withdraw_offer,
)
from tests.build import a_user
from tests.build_evidence import START, a_seal_number, an_item, confirm_all
from tests.cast import make_cast


class CustodyMachine(RuleBasedStateMachine):
    """Six people and one rig with two cards; every rule tries an act, most are refused."""

    things = Bundle("things")

    @initialize(target=things)
    def a_rig(self) -> Any:
        cast = make_cast()
        self.cast = cast
        self.people = [
            cast.officer, cast.second_officer, cast.custodian, a_user("保管员乙", *cast.custodian.roles),
            cast.liaison, cast.approver,
        ]  # fmt: skip
        self.item = an_item(cast, parts=2)
        self.clock = count(1)
        return self.item.pk

    @rule(target=things, pk=things)
    def a_part(self, pk: int) -> Any:
        return self.item.parts.order_by("pk")[pk % 2].pk

    def _try(self, do: Any) -> None:
        try:
            do(START + timedelta(minutes=next(self.clock)))
        except CaseworkError:
            return  # a refusal; the invariant looks at what it left

    who = st.integers(0, 5)

    @rule(pk=things, who=who, other=who, fresh=st.booleans())
    def seal(self, pk: int, who: int, other: int, fresh: bool) -> None:
        two = (self.people[who], self.people[other])
        used = Seal.objects.order_by("?").first()
        number = a_seal_number() if fresh or used is None else used.number
        item = Item.objects.get(pk=pk)
        do = reseal_item if item.seals.exists() else seal_item
        before = Seal.objects.count()
        self._try(lambda at: do(item, number, officers=two, actor=two[0], at=at))
        assert Seal.objects.count() == before or fresh or used is None

    @rule(pk=things, who=who, other=who)
    def unseal(self, pk: int, who: int, other: int) -> None:
        two = (self.people[who], self.people[other])
        seal = Seal.objects.filter(item_id=pk, broken_at=None).first()
        number = seal.number if seal else "ZJ21-999999"
        item = Item.objects.get(pk=pk)
        self._try(lambda at: unseal_item(item, number, reason="鉴定", officers=two, actor=two[0], at=at))

    @rule(pk=things, who=who, to=who)
    def offer(self, pk: int, who: int, to: int) -> None:
        item = Item.objects.get(pk=pk)
        self._try(lambda at: offer_item(item, self.people[to], actor=self.people[who], at=at))

    @rule(pk=things, who=who, shelf=st.sampled_from(["", "B 库 04-12"]))
    def accept(self, pk: int, who: int, shelf: str) -> None:
        item = Item.objects.get(pk=pk)
        seal = Seal.objects.filter(item__in=[pk, self.item.pk], broken_at=None).first()
        checked = Checked(seal=seal.number if seal else "")
        self._try(lambda at: accept_item(item, actor=self.people[who], at=at, checked=checked, place=shelf))

    @rule(pk=things)
    def hand_on_and_store(self, pk: int) -> None:
        """The usual way in one go, so that the later states are reached often."""
        item = Item.objects.get(pk=pk)
        holder = item.holder
        if holder is None:
            return
        keeper = self.people[2] if holder != self.people[2] else self.people[3]
        self._try(lambda at: offer_item(item, keeper, actor=holder, at=at))
        self.accept(pk, self.people.index(keeper), "A 库 01-01")

    @rule(pk=things, who=who)
    def answer_no(self, pk: int, who: int) -> None:
        item = Item.objects.get(pk=pk)
        self._try(lambda at: refuse_item(item, reason="不收", actor=self.people[who], at=at))
        self._try(lambda at: withdraw_offer(item, actor=self.people[who], at=at))

    @rule(pk=things, who=who)
    def store(self, pk: int, who: int) -> None:
        item = Item.objects.get(pk=pk)
        self._try(lambda at: store_item(item, place="C 库", actor=self.people[who], at=at))

    @rule(pk=things, who=who)
    def check_out(self, pk: int, who: int) -> None:
        item = Item.objects.get(pk=pk)
        keeper = item.holder or self.people[2]

        def ask(at: Any) -> None:
            row = request_check_out(item, purpose="鉴定", due_on=at.date(), actor=self.people[who], at=at)
            approve_check_out(row, actor=self.cast.approver, at=at)
            check_out_item(item, actor=keeper, at=at)

        self._try(ask)
        self.accept(pk, who, "")

    @rule(pk=things, who=who)
    def bring_back(self, pk: int, who: int) -> None:
        item = Item.objects.get(pk=pk)
        self._try(lambda at: return_item(item, actor=self.people[who], at=at))
        if item.keeper is not None:
            self.accept(pk, self.people.index(item.keeper), "")

    @rule(pk=things, who=who, other=who)
    def examine(self, pk: int, who: int, other: int) -> None:
        item = Item.objects.get(pk=pk)
        two = (self.people[who], self.people[other])
        self._try(lambda at: examine_item(item, method="镜像", document="1 号", officers=two, actor=two[0], at=at))

    @rule(pk=things, who=who, other=who)
    def take_apart(self, pk: int, who: int, other: int) -> None:
        item = Item.objects.get(pk=pk)
        two = (self.people[who], self.people[other])
        self._try(lambda at: detach_part(item, officers=two, actor=two[0], at=at))

    @rule(pk=things, who=who)
    def put_together(self, pk: int, who: int) -> None:
        item = Item.objects.get(pk=pk)
        self._try(lambda at: rejoin_part(item, actor=self.people[who], at=at))

    @rule(pk=things, who=who, outcome=st.sampled_from(list(Outcome)))
    def dispose(self, pk: int, who: int, outcome: Outcome) -> None:
        item = Item.objects.get(pk=pk)
        keepers = (self.people[2], self.people[3])

        def whole(at: Any) -> None:
            confirm_all(*self.people, at=at)
            row = propose_disposal(item, outcome, document="1 号", reason="已结案", actor=self.people[who], at=at)
            approve_disposal(row, actor=self.cast.approver, at=at)
            carry_out_disposal(item, receipt="1", officers=keepers, actor=item.holder or keepers[0], at=at)

        self._try(whole)

    @invariant()
    def it_adds_up(self) -> None:
        if not hasattr(self, "item"):
            return
        for item in Item.objects.all():
            check_item(item)

    def teardown(self) -> None:
        if hasattr(self, "item"):
            assert defects() == []


def check_item(item: Item) -> None:
    """One holder at any moment, no gap, no overlap; the columns are what the chain adds up to."""
    chain = list(Custody.objects.filter(item=item).order_by("seq"))
    holdings = list(Holding.objects.filter(item=item).order_by("from_seq"))
    assert [row.seq for row in chain] == list(range(1, len(chain) + 1))
    assert all(before.at <= after.at for before, after in pairwise(chain))
    assert chain[-1].state == item.state
    for before, after in pairwise(chain):
        step = STEPS[Act(after.act)]
        assert step.to in (None, after.state)
        assert before.state == after.state or before.state in step.sources or after.whole_id is not None
    open_now = [row for row in holdings if row.ended_at is None]
    assert (item.holder is None) == (item.state in UNHELD) == (not open_now)
    if open_now:
        assert len(open_now) == 1
        assert open_now[0].holder == item.holder
        assert open_now[0] == holdings[-1]
    for earlier, later in pairwise(holdings):
        assert earlier.ended_at == later.began_at
        assert earlier.holder_id != later.holder_id
    if item.state in ENDED:
        assert holdings[-1].ended_at == next(row.at for row in chain if row.state in ENDED)
    assert Offer.objects.filter(item=item, state=OfferState.OPEN).count() <= 1
    assert Seal.objects.filter(item=item, broken_at=None).count() <= 1
    if item.state == State.DEPOSITED:
        assert item.keeper == item.holder
        assert item.place


class TestCustody(CustodyMachine.TestCase, TestCase):  # type: ignore[misc]
    """Each run of the machine stands in a transaction of its own."""

    settings = settings(max_examples=5, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))
