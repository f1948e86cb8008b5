"""What a card says, in every state that it can be in, against what the caps allow it to say."""

import random
import re
from typing import Any

import pytest
from django.urls import reverse

from evidence.attribution.epochs import Told
from evidence.attribution.facts import Fact
from evidence.attribution.links import Link, Path, State
from evidence.attribution.weight import Exhibit, Hypothesis, Judgement, Outcome, Word
from evidence.attribution_document import statement
from evidence.attribution_enums import AttributionOutcome
from evidence.attribution_reading import hypothesis_words
from evidence.attribution_words import ASKS, CAPS, WORDS, exhibit_words, note_words
from evidence.attribution_words import sentence as told
from evidence.models import Attribution, AttributionEdition
from evidence.selectors.attributions import newest_edition
from evidence.web.chain_picture import draw_chain
from tests.build_attributions import LATER, NETWORK, a_host, an_attribution
from tests.cast import Cast
from tests.evidence.test_attribution_rules import (
    ALL_OWNED,
    MAC2,
    ONE_KEEPER,
    OUT,
    OWNED,
    SOURCES,
    STATES,
    WHOLE,
    better,
    changed,
    explanation,
    held_by,
    judged_in,
    lease,
    login,
    machine,
    nat,
    passed,
    work,
)
from tests.parsing.test_product import client_of

#: Sentences that say that nobody is named.
NOBODY = re.compile(r"不点名|不指向任何人|人未确定|链条到此为止|不能选一个|须先查清")
#: Words that no card may use: of guilt, of certainty, of what follows from it, and numbers of likelihood.
NEVER = re.compile(r"有罪|犯罪|违纪|违法|处分|肯定是|确系|铁证|无疑|概率|可能性为|[0-9.]+ ?[%％]")


def test_every_cap_says_how_far_it_lets_the_card_go() -> None:
    for code, sentence in CAPS.items():
        assert NOBODY.search(str(sentence)) or "有限" in str(sentence) or "中等" in str(sentence), code
        assert not NEVER.search(str(sentence)), code


@pytest.mark.parametrize(
    ("facts", "changes"),
    [state[:2] for state in STATES],
    ids=[f"{number}-{state[2]}-{'-'.join(state[4]) or 'whole'}" for number, state in enumerate(STATES)],
)
def test_no_sentence_says_more_or_less_than_its_caps(facts: tuple[Fact, ...], changes: dict[str, Any]) -> None:
    _keeps_to_its_caps(judged_in(facts, changes))


#: Records that agree, contradict, double or blur each other, and ways to be wrong about who keeps them: any of them together.
POOL = (
    *WHOLE, lease(MAC2), nat(), login(ip=OUT, port=40012), login(5, ip="10.9.9.9", pid=43), held_by("huangmm", "王某某"), changed(-9000, "wang"),
    held_by("wang", "王某某"), passed(-8000, "进", "王某某"), passed(-60, "出"),
)  # fmt: skip
HELD = ((machine(),), (machine("王某某"),), (machine(), machine("王某某")), (machine(), machine(mac=MAC2)), ())
SAID: tuple[tuple[Exhibit, ...], ...] = (
    (), (explanation(-2),), (explanation(1),), (explanation(-1), explanation(1, "added_testimony")), (better(),),
)  # fmt: skip
TOLD: tuple[tuple[Told, ...], ...] = ((), (), (Told("itadmin", "王某某"),))
KEPT: tuple[dict[int, Any], ...] = (SOURCES, OWNED, ALL_OWNED, ONE_KEEPER, {})


def test_no_mixture_of_records_says_more_than_its_caps() -> None:
    drawn = random.Random(20210905)  # the same mixtures in every run
    named = 0
    for _ in range(400):
        facts = tuple(one for one in POOL if drawn.random() < (0.9 if one in WHOLE else 0.2))
        changes = {
            "holdings": drawn.choice(HELD), "added": drawn.choice(SAID), "sources": drawn.choice(KEPT), "told": drawn.choice(TOLD),
        }  # fmt: skip
        judged = judged_in(facts, changes)
        _keeps_to_its_caps(judged)
        if judged.person:  # two ways of two keepers lead to him, and each of them alone is needed
            named += 1
            assert {Path.NETWORK, Path.CREDENTIAL} <= set(judged.counted)
            assert judged.cut
    assert named


def _keeps_to_its_caps(judged: Judgement) -> None:
    caps = [str(CAPS[code]) for code in judged.caps]
    said = [
        *caps,
        *(exhibit_words({"code": one.code, "person": one.person, "key": one.key}) for one in judged.exhibits),
        *(hypothesis_words(one.value, judged.person) for one in judged.order),
    ]

    assert bool(judged.person) is (judged.outcome == Outcome.NAMED)
    if judged.person:
        assert not [sentence for sentence in caps if NOBODY.search(sentence) and "查清之前最多" not in sentence]
        assert judged.person in hypothesis_words("H1", judged.person)
    else:
        assert [sentence for sentence in caps if NOBODY.search(sentence)], judged.caps
        assert "黄某某" not in hypothesis_words("H1", judged.person)
        assert judged.strength <= Word.LIMITED
    for sentence in caps:
        assert "有限" not in sentence or judged.strength <= Word.LIMITED, sentence
        assert "中等" not in sentence or judged.strength <= Word.MODERATE, sentence
    assert judged.strength < Word.STRONG or not caps
    assert not [sentence for sentence in said if NEVER.search(sentence)]
    assert len(judged.order) == len(Hypothesis)
    # Where the ways lead to different people, none of them is "the person" whom the records bear out.
    borne = {
        one.person
        for one in judged.exhibits
        if one.kind == "chain" and one.person and one.fits.get(Hypothesis.NAMED, 0) > 0
    }
    assert len(borne) <= 1
    assert not judged.person or borne == {judged.person}


def in_words(link: Link) -> dict[str, Any]:
    """Return a step as an edition keeps it."""
    return {
        "rule": link.rule.value, "path": link.path.value, "state": link.state.value, "aside": link.aside, "said": link.said, "notes": link.notes, "ask": link.ask,
        "options": [{"value": one.value, "person": one.person} for one in link.options],
    }  # fmt: skip


#: Two who had one machine on one day, and one whose machine changed hands before the act.
BOTH = (machine(), machine("王某某"))
CHANGED_HANDS = (machine(until=-86_400), machine("李某某", since=-86_400))
OTHER_LEASE = (machine(), machine("王某某", MAC2))
OFF = login(ip=OUT, port=40012)

#: What is wrong → records, changes, rule of the step that tells it, what its sentence and remarks say, outcome and strength at
#: most, caps, and what is asked for next. Nobody is picked from several, and no record that is not there is supplied.
WRONG_INPUT: dict[str, tuple[tuple[Fact, ...], dict[str, Any], str, str, Outcome, int, str, set[str]]] = {
    "two leases of one address at one moment": (
        (*WHOLE[:4], lease(MAC2)), {"holdings": OTHER_LEASE}, "N2", "同时有 2 个租约", Outcome.SESSION, 1, "one_source", {"which_lease", "which_custodian"},
    ),
    "a clock off by an hour": (
        (OFF, *WHOLE[1:4], nat(at=3600)), {}, "N1", "若时钟相差 1 小时", Outcome.SESSION, 1, "one_source", {"nat_log", "compare_clocks"},
    ),
    "a shared account": (
        (*WHOLE, login(-60, ip="10.9.9.9", pid=90, tty="pts/7"), login(-50, pid=91, tty="pts/1")), {}, "C3", "像是共用", Outcome.SESSION, 1, "", {"who_knows"},
    ),
    "logs that the person himself administers": (
        WHOLE, {"sources": ALL_OWNED}, "S3", "只有一个", Outcome.SESSION, 1, "controlled_only", {"unaltered_copy"},
    ),
    "one log that the person himself administers": (
        WHOLE, {"sources": OWNED}, "N2", "租给网卡", Outcome.NAMED, 2, "suspect_controlled", {"unaltered_copy"},
    ),
    "a custodian who changed": (
        WHOLE, {"holdings": CHANGED_HANDS}, "N5", "由李某某使用、保管", Outcome.CONTESTED, 0, "contradiction", {"both_people"},
    ),
    "two custodians on one day": (
        WHOLE, {"holdings": BOTH}, "N5", "登记由 2 人使用、保管，不能选一人", Outcome.SESSION, 1, "presence_only", {"which_custodian"},
    ),
    "testimony that contradicts itself": (
        WHOLE, {"added": (explanation(-1), explanation(1, "added_testimony"))}, "S3", "只有一个", Outcome.NAMED, 1, "testimony_contradicts",
        {"check_statements"},
    ),
    "the beginning missing": ((*WHOLE[1:],), {}, "S3", "没有找到账号 itadmin 当时开着的会话", Outcome.BROKEN, 0, "no_session", {"session_start"}),
    "the middle missing: no lease": (
        (login(), *WHOLE[2:4]), {}, "N2", "没有租约记录", Outcome.SESSION, 1, "one_source", {"dhcp_log", "second_source"},
    ),
    "the middle missing: no translation": (
        (OFF, *WHOLE[1:4]), {}, "N1", "没有地址转换记录", Outcome.SESSION, 1, "one_source", {"nat_log"},
    ),
    "the middle missing: nobody on record for the machine": (
        WHOLE[:4], {"holdings": (machine(until=-86_400),)}, "N5", "没有记录", Outcome.SESSION, 1, "one_source", {"custody_register"},
    ),
    "the middle missing, and the door tells that the person was there": (
        (login(), *WHOLE[2:]), {}, "N2", "没有租约记录", Outcome.SESSION, 1, "presence_only", {"dhcp_log", "second_way"},
    ),
    "the end missing: whose account it is": (
        WHOLE[:3], {}, "C3", "没有登记可查", Outcome.SESSION, 1, "one_source", {"account_register"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG_INPUT)
def test_wrong_input_is_told_as_it_is_with_what_to_ask_next(what: str) -> None:
    facts, changes, rule, said, outcome, most, cap, asks = WRONG_INPUT[what]
    given = {name: changes[name] for name in ("holdings",) if name in changes}
    traced = work(*facts, **given)
    judged = judged_in(facts, changes)

    link = in_words(next(one for one in traced.chain.links if one.rule == rule))
    text = " ".join([told(link), *(note_words(note) for note in link["notes"])])
    assert said in text
    assert judged.outcome == outcome
    assert judged.strength <= most
    assert not cap or cap in judged.caps
    assert asks <= set(judged.asks)
    assert all(str(ASKS[code]) for code in judged.asks)
    drawn = {node.step: node for node in draw_chain([in_words(one) for one in traced.chain.links]).nodes if node.step}
    for number, one in enumerate(traced.chain.links, 1):  # the picture hides no step, and tells a gap from a result
        assert one.aside or drawn[number].state == one.state
        assert (
            one.state == State.SINGLE or one.aside or drawn[number].value in {"没有记录", f"{len(one.options)} 种可能"}
        )
    for one in traced.chain.links:  # a step with several results or none always says what to ask for
        assert one.state == State.SINGLE or one.ask or one.aside, one.rule


#: Outcome of an edition → its person, its strength, its caps.
EDITIONS: tuple[tuple[AttributionOutcome, str, int, list[str]], ...] = (
    (AttributionOutcome.BROKEN, "", 0, ["no_session"]),
    (AttributionOutcome.AUTOMATIC, "", 0, ["automatic"]),
    (AttributionOutcome.SESSION, "", 1, ["one_source"]),
    (AttributionOutcome.SESSION, "", 0, ["session_ambiguous"]),
    (AttributionOutcome.SESSION, "", 1, ["controlled_only"]),
    (AttributionOutcome.SESSION, "", 1, ["others_know"]),
    (AttributionOutcome.CONTESTED, "", 0, ["contradiction"]),
    (AttributionOutcome.CONTESTED, "", 0, ["refuted"]),
    (AttributionOutcome.NAMED, "黄某某", 1, ["testimony_contradicts", "two_sources"]),
    (AttributionOutcome.NAMED, "黄某某", 2, ["clocks_unset", "gap", "ambiguous"]),
    (AttributionOutcome.NAMED, "黄某某", 3, []),
)


@pytest.mark.django_db
def test_the_card_names_nobody_unless_the_edition_does(cast: Cast) -> None:
    row: Attribution = an_attribution(cast, a_host(cast, *NETWORK))
    first = newest_edition(row)
    for serial, (outcome, person, strength, caps) in enumerate(EDITIONS, 2):
        judged = {**first.content["judgement"], "caps": caps, "person": person, "outcome": outcome}
        AttributionEdition.objects.create(
            attribution=row, serial=serial, rules=first.rules, outcome=outcome, strength=strength, person=person,
            content={**first.content, "judgement": judged}, digest=f"{serial:064x}", made_at=LATER, made_by=cast.officer,
        )  # fmt: skip
        text = client_of(cast.auditor).get(reverse("evidence:attribution", args=[row.pk])).content.decode()
        head = text.partition('class="card at-sum"')[2].partition("</section>")[0]
        for code, sentence in CAPS.items():
            assert (str(sentence) in head) is (code in caps), (outcome, code)
        assert ("链条指向 黄某某" in head) is bool(person), outcome
        assert ("不点名</span>" in head) is not bool(person), outcome
        for word in (Word.LIMITED, Word.MODERATE, Word.STRONG):
            assert (f"</svg>{WORDS[word]}</span>" in head) is (bool(person) and word == strength), (outcome, word)
        assert (f"<h2>{outcome.label}</h2>" in head) is not bool(person), outcome
        assert "不影响处分" in head  # the one place where the word stands
        assert not re.search(r"有罪|犯罪|概率", text)
        paper = statement(row, cast.auditor, LATER)
        assert (f"链条指向{person}，" in paper["outcome"]) is bool(person), outcome
        assert ("本说明不点名" in paper["outcome"]) is not bool(person), outcome
        for word in (Word.LIMITED, Word.MODERATE, Word.STRONG):
            assert (f"“{WORDS[word]}”" in paper["outcome"]) is (bool(person) and word == strength), (outcome, word)
        assert paper["caps"] == [str(CAPS[code]) for code in caps]
        first_of = {one["name"][:2]: one["name"] for one in paper["hypotheses"]}
        assert ("黄某某" in first_of["H1"]) is bool(person), outcome
        assert not NEVER.search("".join([paper["outcome"], *paper["caps"], *first_of.values()]))
