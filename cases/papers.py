"""What a decision is bound to: the whole content of a case as plain data, and its digest.

A decision is valid for the draft that was read, and for no other: whatever changes afterwards changes the digest.
"""

import hashlib
from collections.abc import Callable
from datetime import date
from typing import Any, Final

from django.utils import translation

from cases.models import Case, Exhibit
from cases.proof import matrix
from casework.ledger.canonical import encode, plain
from evidence.models import ItemFile

#: Adds a part to the content, e.g. the proposed penalties; returns plain data.
Part = Callable[[Case], Any]
_parts: dict[str, Part] = {}

#: The texts of a case that people write.
TEXTS: Final = ("title", "grounds", "plan", "report", "hearing_report")


def right_to_write(part: str) -> str:
    """Return the act that writing the part takes: who hears does not investigate, and writes the report of the hearing."""
    return "case.write_hearing" if part == "hearing_report" else "case.amend"


def register_paper_part(name: str, part: Part) -> None:
    """Let ``part(case)`` add a section to every draft."""
    _parts[name] = part


def content_of(case: Case) -> dict[str, Any]:
    """Return the content of the case that a decision rests on, as plain data with Chinese keys for the comparison.

    Always in Chinese: the digest must be the same whatever language the reader has chosen.
    """
    with translation.override("zh-hans"):
        return _content(case)


def _content(case: Case) -> dict[str, Any]:
    found = matrix(case)
    prints = _fingerprints(case, [one.item_id for one in found.columns])
    whose: dict[int, list[str]] = {}
    for fact, name in (
        case.facts.filter(suspects__isnull=False).order_by("pk", "suspects").values_list("pk", "suspects__name")
    ):
        whose.setdefault(fact, []).append(name)
    content: dict[str, Any] = {
        "案由": case.title,
        "性质": str(case.get_kind_display()),
        "单位": case.unit.name if case.unit else "",
        "主要问题": case.grounds,
        "审查调查方案": case.plan,
        "审查调查报告": case.report,
        "审理报告": case.hearing_report,
        "被审查调查人": {
            _key(suspect): _standing(suspect) for suspect in case.suspects.select_related("unit").order_by("pk")
        },
        "事实": {
            f"{row.fact.number}. {row.fact.statement}": {
                "何人": whose.get(row.fact.pk, []),
                "结论": str(row.verdict.label),
                "证据": [
                    f"{cell.label}：{cell.words}（指纹 {prints[cell.item_id]}）" for cell in row.cells if cell.stance
                ],
                "说明": "；".join(note for note in (row.fact.lone_reason, row.fact.contradiction_note) if note),
            }
            for row in found.rows
        },
    }
    for name, part in _parts.items():
        content[name] = part(case)
    return content


def _fingerprints(case: Case, items: list[int]) -> dict[int, str]:
    """Return by item what its piece of evidence is, in sixteen digits: the item, its original files, what it proves.

    Another item under the same label, another file of the item or another note is another draft. The digits say
    nothing of an item that the reader may not know of.
    """
    parts: dict[int, list[str]] = {pk: [str(pk)] for pk in items}
    files = ItemFile.objects.filter(item__in=items, original=True).order_by("item_id", "blob__sha256")
    for pk, sha256 in files.values_list("item_id", "blob__sha256"):
        parts[pk].append(sha256)
    notes = Exhibit.objects.filter(case=case, item__in=items, fact__dropped_at__isnull=True).exclude(note="")
    for pk, fact, note in notes.order_by("item_id", "fact_id").values_list("item_id", "fact_id", "note"):
        parts[pk].append(f"{fact}:{note}")
    return {pk: hashlib.sha256(encode(plain(said))).hexdigest()[:16] for pk, said in parts.items()}


def digest_of(content: dict[str, Any]) -> str:
    """Return the SHA-256 of the canonical bytes (RFC 8785)."""
    return hashlib.sha256(encode(plain(content))).hexdigest()


def _key(suspect: Any) -> str:
    return f"{suspect.name}（{suspect.pk}）"


def _standing(suspect: Any) -> dict[str, str]:
    def yes(value: bool | None) -> str:
        return {True: "是", False: "否", None: "未查明"}[value]

    def day(value: date | None) -> str:
        return value.isoformat() if value else "未查明"

    return {
        "单位": suspect.unit.name if suspect.unit else "",
        "职务": suspect.post,
        "职级": suspect.rank,
        "用工形式": str(suspect.get_employment_display()) if suspect.employment else "未查明",
        "中共党员": yes(suspect.party_member),
        "党内职务": suspect.party_post,
        "公职人员": yes(suspect.public_official),
        "领导干部": yes(suspect.leading_cadre),
        "村干部": yes(suspect.village_cadre),
        "代表、委员": suspect.deputy_of,
        "身份认定日期": suspect.standing_on.isoformat(),
        "行为起止": f"{day(suspect.conduct_from)}—{day(suspect.conduct_until)}",
    }


def flat(content: Any, path: str = "") -> dict[str, str]:
    """Return the content as lines ``path → text``, for comparing two drafts."""
    if isinstance(content, dict):
        lines: dict[str, str] = {}
        for name, value in content.items():
            lines |= flat(value, f"{path} · {name}" if path else name)
        return lines
    if isinstance(content, list):
        return {path: "；".join(str(value) for value in content)}
    return {path: "" if content is None else str(content)}


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return (place, old text, new text) for every line that differs, in the order of the newer draft."""
    old, new = flat(before), flat(after)
    names = [*new, *(name for name in old if name not in new)]
    return [(name, old.get(name, ""), new.get(name, "")) for name in names if old.get(name, "") != new.get(name, "")]
