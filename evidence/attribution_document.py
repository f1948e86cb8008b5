"""What an attribution holds for its official document (行为归属说明): every sentence comes from an edition, none is typed.

The edition with its digest is what the document speaks of; a later edition, review or statement makes it out of date, and
then it is not issued any more.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import override

from casework.accounts.models import User
from casework.core.moments import cn_datetime
from casework.documents.registry import Subject, register_document, register_subject
from evidence.attribution_enums import AddedKind
from evidence.attribution_reading import attribution_facts
from evidence.attribution_words import at_words
from evidence.models import Attribution, Item
from evidence.selectors.attributions import newest_edition

STATES = {"single": "唯一对应", "ambiguous": "不止一个", "missing": "缺记录"}


def _attribution(pk: int, user: User) -> Subject | None:
    row = Attribution.objects.visible_to(user).filter(pk=pk).first()
    if row is None:
        return None
    return Subject(f"attribution:{pk}", row.number, reverse("evidence:attribution", args=[pk]), row.compartment_id, row)


def statement(row: Attribution, user: User, _at: datetime) -> dict[str, Any]:
    """Return the newest edition in words, with what people said and how it was reviewed; in Chinese, whoever reads it."""
    with override(settings.LANGUAGE_CODE):
        return _statement(row, user)


def _statement(row: Attribution, user: User) -> dict[str, Any]:
    edition = newest_edition(row)
    facts = attribution_facts(row, edition)
    quoted = [record for step in facts["steps"] for record in step["records"]]
    records = list({record["event"]: record for record in (*quoted, *facts["records"])}.values())
    numbers = {record["event"]: number for number, record in enumerate(records, 1)}
    files = list({record["file"]: record for record in records}.values())
    places = {record["file"]: number for number, record in enumerate(files, 1)}
    reviews = [one for one in facts["reviews"] if one["edition"] == edition.serial]
    own = [one for one in facts["added"] if one["kind"] == AddedKind.EXPLANATION]
    others = [one for one in facts["added"] if one["kind"] != AddedKind.EXPLANATION]
    return {
        "attribution": row.number,
        "edition": str(edition.serial),
        "act": facts["act"],
        "when": _span(row, edition.content["act"]),
        "item": f"{row.item.number} {row.item.title}",
        "made": f"{cn_datetime(edition.made_at)}，{edition.made_by.name}，规则 {edition.rules}",
        "review": "\n".join(_review(one) for one in reviews) or "尚未复核。复核以前只供核对，不作依据。",
        "digest": f"SHA-256 {edition.digest}",
        "outcome": _outcome(facts),
        "caps": facts["caps"],
        "steps": [_step(one, numbers) for one in facts["steps"]],
        "records": [_record(one, numbers, places) for one in records],
        "files": _files(files, places, user),
        "hypotheses": [
            {
                "name": f"{one['code']} {one['name']}",
                "fits": "；".join(one["fits"]) or "—",
                "against": "；".join(one["contradicts"]) or "—",
                "word": one["word"],
            }
            for one in facts["hypotheses"]
        ],
        "falls": f"若这 {len(facts['cut'])} 条记录有误则不成立：" if facts["cut"] else "",
        "cut": [
            f"记录 {numbers[one['event']]}：{one['name']} 字节 {one['offset']}–{_last(one)}{_kept(one)}"
            for one in facts["cut"]
        ],
        "refutes": facts["refutes"],
        "asks": facts["asks"],
        "explained": [_said(one) for one in own],
        "unexplained": "" if own else "还没有记下有关人员本人的说明。听取以后应当记入，并重新衡量。",
        "statements": [_said(one) for one in others],
    }


def _span(row: Attribution, act: dict[str, Any]) -> str:
    if row.event_id is not None:
        return f"{at_words(act['at'])}（误差 ±{act['err'] / 1_000_000:g} 秒）"
    return f"{cn_datetime(row.since, seconds=True)} 至 {cn_datetime(row.until, seconds=True)} 之间"


def _outcome(facts: dict[str, Any]) -> str:
    """Return what the chain comes to, never more than its caps allow: a name only where the edition has one."""
    if facts["person"]:
        return f"链条指向{facts['person']}，所列记录对此的支持程度为“{facts['strength']}”。"
    return f"{facts['outcome']}。本说明不点名。"


def _review(one: dict[str, Any]) -> str:
    at = parse_datetime(one["at"])
    note = f"：{one['note']}" if one["note"] else ""
    return f"{one['reviewer']}，{cn_datetime(at)}，{one['verdict']}{note}"


def _step(one: dict[str, Any], numbers: dict[int, int]) -> dict[str, str]:
    says = [one["say"]]
    says += [f"注意：{note}。" for note in one["notes"]]
    says += [f"要补：{one['ask']}。"] if one["ask"] else []
    quoted = list(dict.fromkeys(numbers[record["event"]] for record in one["records"]))
    return {
        "number": str(one["number"]),
        "say": "\n".join(says),
        "rule": f"{one['rule']} {one['rule_words']}",
        "state": STATES[one["state"]] + ("（旁证）" if one["aside"] else ""),
        "records": "、".join(str(number) for number in quoted) or "—",
    }


def _record(one: dict[str, Any], numbers: dict[int, int], places: dict[int, int]) -> dict[str, str]:
    return {
        "number": str(numbers[one["event"]]),
        "text": one["text"].strip() or "—",
        "time": one["when"],
        "place": f"文件 {places[one['file']]}，字节 {one['offset']}–{_last(one)}",
    }


def _files(files: Sequence[dict[str, Any]], places: dict[int, int], user: User) -> list[dict[str, str]]:
    pieces = Item.objects.visible_to(user).filter(pk__in={one["item"] for one in files})
    states = {item.pk: item.get_state_display() for item in pieces}
    return [
        {
            "number": str(places[one["file"]]),
            "name": f"{one['name']}（{one['number']}）",
            "keeper": f"{one['keeper'] or '未写明'}；可改动的人：{'、'.join(one['administrators']) or '未见'}",
            "custody": states.get(one["item"], "—"),
            "digest": one["sha256"],
        }
        for one in files
    ]


def _kept(one: dict[str, Any]) -> str:
    return f"（{one['keeper']}保管）" if one["keeper"] else ""


def _last(one: dict[str, Any]) -> int:
    last: int = one["offset"] + max(one["length"], 1) - 1
    return last


def _said(one: dict[str, Any]) -> dict[str, str]:
    gone = "（已由后一份取代）" if one["replaced"] else ""
    return {
        "who": (f"{one['person']}（{one['kind_words']}）" if one["person"] else one["kind_words"]) + gone,
        "text": one["text"],
        "source": one["source"],
        "fits": "；".join(f"{code} {word}" for code, word in one["fits"].items()),
    }


register_subject("attribution", _attribution)
register_document("attribution_statement", "attribution", statement)
