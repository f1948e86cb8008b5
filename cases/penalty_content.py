"""What an approval of a penalty is bound to: the whole content as plain data with Chinese keys, and its digest."""

import hashlib
from typing import Any

from django.utils import translation

from cases.catalogue import catalogue
from cases.enums_penalties import BranchWay, Office
from cases.models import Penalty
from cases.ranges import SEVERITY_NAMES, Severity
from casework.core.moments import cn_date
from casework.ledger.canonical import encode, plain


def content_of(penalty: Penalty) -> dict[str, Any]:
    """Return the content, in Chinese whatever language the reader has chosen."""
    with translation.override("zh-hans"):
        offices = [str(Office(code).label) for code in penalty.offices]
        way = {} if penalty.branch == BranchWay.RAISED else {"支部大会": str(penalty.get_branch_display())}
        return {
            **({"任职": offices} if offices else {}),
            **way,
            "对象": penalty.suspect.name,
            "身份": penalty.standing,
            "目前情况": str(penalty.get_situation_display()),
            "作出机关": str(penalty.get_decided_by_display()),
            "违纪违法事实": penalty.grounds,
            "证据": penalty.evidence,
            "行为时间": f"{cn_date(penalty.acts_from)}—{cn_date(penalty.acts_until)}",
            "认定": finding_words(penalty),
            "情节": [catalogue().circumstances[code].name for code in penalty.circumstances],
            "处理": [measure.words for measure in penalty.measures.all()],
            "依据": [measure.article for measure in penalty.measures.all()],
            "轻重理由": penalty.reason,
        }


def substance_of(penalty: Penalty) -> str:
    """Return the digest of what the person is told: everything but the comparison with others (轻重理由)."""
    return digest_of({key: value for key, value in content_of(penalty).items() if key != "轻重理由"})


def digest_of(content: dict[str, Any]) -> str:
    """Return the SHA-256 of the canonical bytes of the content, in hex."""
    return hashlib.sha256(encode(plain(content))).hexdigest()


def finding_words(penalty: Penalty) -> list[str]:
    """Return the conducts held to be proved, each with its severity."""
    return [
        f"{catalogue().conducts[row['code']].name}，{SEVERITY_NAMES[Severity(row['severity'])]}"
        for row in penalty.findings
    ]


def as_text(value: Any) -> str:
    """Return one part of the content as text, for the comparison of two drafts."""
    if isinstance(value, dict):
        return "；".join(f"{key}：{as_text(part)}" for key, part in value.items())
    if isinstance(value, list):
        return "、".join(as_text(part) for part in value)
    return str(value)


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return (part, before, after) of every part that differs."""
    keys = [*after, *(key for key in before if key not in after)]
    pairs = [(key, as_text(before.get(key, "")), as_text(after.get(key, ""))) for key in keys]
    return [row for row in pairs if row[1] != row[2]]
