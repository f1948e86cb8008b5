"""What a card says, in every state that it can be in, against what the caps allow it to say."""

import re
from typing import Any

import pytest
from django.urls import reverse

from evidence.attribution.facts import Fact
from evidence.attribution.weight import Hypothesis, Outcome, Word
from evidence.attribution_enums import AttributionOutcome
from evidence.attribution_reading import hypothesis_words
from evidence.attribution_words import CAPS, WORDS, exhibit_words
from evidence.models import Attribution, AttributionEdition
from evidence.selectors.attributions import newest_edition
from tests.build_attributions import LATER, NETWORK, a_host, an_attribution
from tests.cast import Cast
from tests.evidence.test_attribution_rules import STATES, judged_in
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
    judged = judged_in(facts, changes)
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
