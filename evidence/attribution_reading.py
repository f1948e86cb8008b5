"""An attribution as plain values in words: what the bundle and the API hand out."""

from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from evidence.attribution.weight import Fit, Hypothesis, Word
from evidence.attribution_enums import AttributionOutcome
from evidence.attribution_words import (
    ASKS,
    CAPS,
    FITS,
    HYPOTHESES,
    REFUTES,
    RULES,
    WORDS,
    at_words,
    exhibit_words,
    note_words,
    option_words,
    sentence,
    time_words,
)
from evidence.log_words import check_words, kind_words
from evidence.models import Attribution, AttributionEdition
from evidence.selectors.attributions import newest_edition

#: What is told of a record, beside its event and its time.
_QUOTED: Final = (
    "item", "number", "file", "name", "sha256", "member", "offset", "length", "text", "keeper", "administrators", "err", "stated",
)  # fmt: skip


def act_words(row: Attribution) -> str:
    """Return the act in question in a few words."""
    if row.event is not None:
        return row.event.process_command_line[:120] or kind_words(row.event.event_action)
    return check_words(row.finding.check_name) if row.finding else ""


def hypothesis_words(code: str, person: str) -> str:
    """Return a possibility in words; the first names the person where one is named."""
    return str(HYPOTHESES[Hypothesis(code)]) if code != "H1" or not person else _("%(person)s本人") % {"person": person}


def attribution_facts(row: Attribution, edition: AttributionEdition | None = None) -> dict[str, Any]:
    """Return an edition (the newest) with its steps, records, possibilities and reviews."""
    one = edition or newest_edition(row)
    content = one.content
    judged, records = content["judgement"], content["records"]

    def quoted(keys: list[int]) -> list[dict[str, Any]]:
        found = [(key, records[str(key)]) for key in dict.fromkeys(keys) if str(key) in records]
        return [
            {
                "event": key,
                **{name: record[name] for name in _QUOTED},
                "at": at_words(record["at"]),
                "when": time_words(record),
            }
            for key, record in found
        ]

    return {
        "ref": row.ref,
        "number": row.number,
        "act": act_words(row),
        "state": row.get_state_display(),
        "outcome": str(AttributionOutcome(one.outcome).label),
        "person": one.person,
        "strength": str(WORDS[Word(one.strength)]),
        "caps": [str(CAPS[code]) for code in judged["caps"]],
        "asks": [str(ASKS[code]) for code in judged["asks"]],
        "refutes": [str(REFUTES[code]) for code in judged["refutes"]],
        "cut": quoted(judged["cut"]),
        "edition": {"serial": one.serial, "digest": one.digest, "rules": one.rules, "made_at": timezone.localtime(one.made_at).isoformat()},
        "made_by": {"id": f"user:{one.made_by_id}", "name": one.made_by.name},
        "steps": [
            {
                "number": number,
                "rule": link["rule"],
                "rule_words": str(RULES[link["rule"]]),
                "path": link["path"],
                "state": link["state"],
                "aside": link["aside"],
                "say": sentence(link),
                "notes": [note_words(note) for note in link["notes"]],
                "options": [option_words(link["rule"], option["value"]) for option in link["options"]],
                "ask": str(ASKS[link["ask"]]) if link["ask"] else "",
                "records": quoted([key for option in link["options"] for key in option["facts"]]),
            }
            for number, link in enumerate(content["links"], 1)
        ],
        "hypotheses": [
            {
                "code": code,
                "name": hypothesis_words(code, one.person),
                "word": str(WORDS[Word(judged["words"][code])]),
                "fits": [exhibit_words(shown) for shown in judged["exhibits"] if shown["fits"].get(code, 0) > 0],
                "contradicts": [exhibit_words(shown) for shown in judged["exhibits"] if shown["fits"].get(code, 0) < 0],
            }
            for code in judged["order"]
        ],
        "records": quoted([int(key) for key in records]),
        "reviews": [
            {
                "verdict": review.get_verdict_display(), "reviewer": review.reviewer.name, "note": review.note, "edition": review.edition.serial,
                "at": timezone.localtime(review.at).isoformat(),
            }
            for review in row.reviews.select_related("reviewer", "edition")
        ],
        "added": [
            {
                "kind": added.kind, "kind_words": added.get_kind_display(), "person": added.person, "text": added.text, "source": added.source,
                "fits": {code: str(FITS[Fit(fit)]) for code, fit in sorted(added.fits.items())},
                "added_by": added.added_by.name, "added_at": timezone.localtime(added.added_at).isoformat(),
                "replaced": hasattr(added, "replaced_by"),
            }
            for added in row.added.select_related("added_by", "replaced_by").order_by("pk")
        ],
    }  # fmt: skip
