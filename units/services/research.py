"""Research use: a sighting inside a registration (备案) is explained and raises nothing; outside it is an alarm."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _

from casework.accounts.models import User
from casework.notices.models import Level
from units.enums import Classification, MatchState, QuestionKind, Stance
from units.models import Lead, MonitorList, Question, QuestionEvidence, Registration, Sighting
from units.services.exchange_notices import day_of, keepers_of, tell


def alarm_outside_registrations(
    leads: Iterable[Lead], lists: Sequence[MonitorList], *, actor: User, at: datetime
) -> int:
    """Of units with a registration, put what was seen outside it against research, and tell who handles the lead.

    Returns how many leads that were.
    """
    led = {lead.unit_id: lead for lead in leads}
    registered: dict[int, Registration] = {}
    for row in Registration.objects.filter(unit__in=led).order_by("unit", "-from_on", "pk"):
        registered.setdefault(row.unit_id, row)
    if not registered:
        return 0
    outside = dict(
        Sighting.objects.filter(
            monitor_list__in=lists,
            unit__in=registered,
            match_state=MatchState.MATCHED,
            registration__isnull=True,
        )
        .values_list("unit")
        .annotate(n=Count("pk"))
        .order_by()
    )
    natures = {
        question.lead_id: question
        for question in Question.objects.filter(
            lead__in=[led[unit] for unit in outside], kind=QuestionKind.NATURE, settled_at__isnull=True
        )
    }
    newest = max(lists, key=lambda one: (one.sampled_at, one.pk))
    for unit, count in sorted(outside.items()):
        lead, registration = led[unit], registered[unit]
        text = _("备案“%(device)s”之外监测到 %(n)d 次：地址或时间不在备案里") % {
            "device": registration.device,
            "n": count,
        }
        if lead.pk in natures:
            QuestionEvidence.objects.create(
                question=natures[lead.pk],
                candidate=Classification.RESEARCH,
                stance=Stance.AGAINST,
                text=text[:400],
                ref=f"monitorlist:{newest.pk}",
                added_by=actor,
                added_at=at,
            )
        people = {user.pk: user for user in keepers_of(lead.compartment, day_of(at))}
        if lead.handler is not None:
            people[lead.handler.pk] = lead.handler
        tell(
            people.values(),
            what=f"outside:{newest.pk}",
            ref=f"lead:{lead.pk}",
            title=_("备案之外：%(unit)s") % {"unit": lead.unit.name},
            body=text,
            url=reverse("units:lead", args=[lead.pk]),
            level=Level.ALARM,
            compartment=lead.compartment,
            at=at,
        )
    return len(outside)
