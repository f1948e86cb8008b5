"""From a finding about a log to the question who did it."""

from django.urls import reverse

from evidence.log_enums import Verdict
from evidence.models import LogFinding

#: Findings that somebody may have brought about.
DONE = (Verdict.PROVED, Verdict.CONTRADICTED)
TOLD = ("log-clearing", "log-silencing", "history-clearing", "clock-set")


def who_url(finding: LogFinding) -> str:
    """Return where to ask who did it; nothing where nobody need have done anything."""
    if finding.verdict in DONE or finding.check_name in TOLD:
        return f"{reverse('evidence:new-attribution')}?finding={finding.pk}"
    return ""
