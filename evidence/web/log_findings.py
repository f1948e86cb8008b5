"""A finding of the readers as the pages show it."""

from typing import Any

from evidence.log_words import benign_words, check_words, count_words, verdict_words
from evidence.models.logs import LogFinding
from evidence.web.found_logs import who_url


def shown(one: LogFinding, *, may_attribute: bool) -> dict[str, Any]:
    """Return what the template of a finding needs; whoever may attribute gets the way to the question who did it."""
    about = " ".join(str(one.facts[key]) for key in ("session", "user_name", "source_ip") if one.facts.get(key))
    return {
        "who_url": who_url(one) if may_attribute else "",
        "row": one,
        "said": check_words(one.check_name),
        "verdict": verdict_words(one.verdict),
        "counted": "" if one.witness else count_words(one.expected, one.found),
        "benign": benign_words(one.benign),
        "command": one.facts.get("process_command_line", ""),
        "about": about if one.witness else "",
        "witness_name": one.facts.get("has", ""),
        "lacking": one.facts.get("lacking", ""),
        "earlier": one.facts.get("earlier", ""),
        "days": one.facts.get("days"),
    }
