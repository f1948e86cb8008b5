"""Every address of the system, read from the resolver, and for each the object of the played campaign it is tried on."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from cases import models as cases
from casework.access.models import Compartment
from casework.accounts.models import Appointment, Token
from casework.deadlines.models import Deadline
from casework.documents.models import Document
from casework.imports.models import ImportRun
from casework.ledger.models import Entry
from casework.notices.models import Letter, Notice
from evidence import models as evidence
from units import models as units

#: Nothing has this key: the answer must be that of something the reader may not know of.
NOBODY = 0


@dataclass(frozen=True)
class Route:
    """One address: its name, the pattern, and what the view takes."""

    name: str
    pattern: str
    kwargs: frozenset[str]
    actions: tuple[str, ...]  # of an API route: the methods it answers


def routes(
    resolver: Any = None, prefix: str = "", namespace: str = "", above: frozenset[str] = frozenset()
) -> Iterator[Route]:
    """Walk the whole tree; ``above`` are the arguments that stand in what leads there."""
    for entry in (resolver or get_resolver()).url_patterns:
        pattern = prefix + str(entry.pattern)
        kwargs = above | frozenset(entry.pattern.converters or entry.pattern.regex.groupindex)
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from routes(entry, pattern, inner, kwargs)
        elif isinstance(entry, URLPattern):
            name = f"api:{entry.name}" if pattern.startswith("api/v1/") else f"{namespace}{entry.name}"
            actions = getattr(entry.callback, "actions", None) or {}
            methods = tuple(sorted(method.upper() for method in actions if method != "head"))
            yield Route(name, pattern, kwargs, methods)


def address_of(route: Route, known: dict[str, dict[str, Any]]) -> str:
    """Return the address of the route, filled with an object of the played campaign."""
    kwargs = {key: value for key, value in _fill(route, known).items() if key in route.kwargs}
    missing = route.kwargs - set(kwargs)
    if missing:
        raise LookupError(f"{route.name} needs {sorted(missing)}: add it to tests/routes.py")
    return reverse(route.name.removeprefix("api:"), kwargs=kwargs)


def _fill(route: Route, known: dict[str, dict[str, Any]]) -> dict[str, Any]:
    if route.name in known:
        return known[route.name]
    key = max((key for key in known if _under(route, key)), key=len, default="")
    return known.get(key, {})


def _under(route: Route, key: str) -> bool:
    return route.pattern.replace("^", "").startswith(key)


def objects() -> dict[str, dict[str, Any]]:
    """Return what fills the addresses: route name, or the beginning of its pattern → the view's arguments.

    Everything belongs to what officer1 works on; the portal's are those of leader1's unit.
    """
    case = cases.Case.objects.get(title__contains="金某某")
    closed = cases.Case.objects.get(title__contains="丁某某")
    suspect = cases.Suspect.objects.get(name="金某某")
    penalty = cases.Penalty.objects.get(suspect=suspect)
    site = cases.Site.objects.filter(team__number=1).order_by("pk")[0]
    campaign = units.Campaign.objects.get(code="zhejiang-2021")
    lead = units.Lead.objects.filter(campaign=None).order_by("pk")[0]
    sighting = units.Sighting.objects.filter(lead=lead)[0]
    item = evidence.Item.objects.filter(title__startswith="自组矿机 1").get()
    file = evidence.ItemFile.objects.order_by("pk")[0]
    own = units.SelfInspection.objects.get(unit__leaders__user__username="leader1", stage__code="institution")
    first = units.SelfInspection.objects.get(unit=own.unit, stage__code="self_inspection")
    attachment = units.Attachment.objects.filter(inspection=first)[0]
    person = units.Person.objects.order_by("pk")[0]
    duty = units.Rectification.objects.filter(campaign_unit=own.campaign_unit).order_by("pk")[0]
    run = ImportRun.objects.filter(kind="sightings").order_by("pk")[0]
    entry = Entry.objects.filter(kind="case.filed").order_by("pk")[0]
    deadline = Deadline.objects.filter(ref=f"lead:{lead.pk}").order_by("pk")[0]
    letter = Letter.objects.order_by("pk").first()
    notice = Notice.objects.filter(recipient__username="leader1").order_by("pk")[0]
    token = Token.objects.get(owner__username="officer1")
    leader = Appointment.objects.get(user__username="leader1")
    interview = cases.Interview.objects.filter(case=case)[0]
    site_talk = cases.Interview.objects.filter(site=site)[0]
    monitor_list = units.MonitorList.objects.order_by("-pk")[0]
    request = evidence.CheckOut.objects.order_by("pk")[0]
    lookup = units.LookupRequest.objects.order_by("-pk")[0]
    hand_over = units.HandOver.objects.filter(way="out").order_by("-pk")[0]
    relapse = units.LiabilityItem.objects.order_by("-pk")[0]
    change_set = units.ChangeSet.objects.filter(made_by__username="officer1").order_by("pk")[0]
    attribution = evidence.Attribution.objects.order_by("pk")[0]
    paper = Document.objects.get(subject=f"case:{case.pk}", code="filing_decision")
    api = {
        "attributions": attribution,
        "deadlines": deadline, "notices": notice, "ledger/entries": entry, "imports": run, "units": own.unit,
        "people": person, "address-blocks": units.AddressBlock.objects.order_by("pk")[0],
        "registrations": units.Registration.objects.order_by("pk")[0], "monitor-lists": monitor_list,
        "sightings": sighting, "leads": lead, "collections": item.collection, "items": item, "check-outs": request,
        "cases": case, "suspects": suspect, "facts": case.facts.order_by("pk")[0], "interviews": interview,
        "inspections": site.team.inspection, "inspection-sites": site, "penalties": penalty,
        "penalty-tasks": cases.Execution.objects.order_by("pk")[0],
        "recoveries": cases.Recovery.objects.filter(case=case)[0],
        "campaign-units": own.campaign_unit, "self-inspections": first, "rectifications": duty,
        "portal/rectifications": duty, "lookups": lookup, "hand-overs": hand_over, "relapses": relapse, "documents": paper,
    }  # fmt: skip
    return {
        "": {"pk": NOBODY, "code": campaign.code, "key": "nothing", "uidb36": "0", "rest": "signup/"},
        **{f"api/v1/{prefix}/": {"pk": found.pk} for prefix, found in api.items()},
        "api/v1/unit-papers/": {"pk": NOBODY},
        "api/v1/campaign-templates/": {"code": "four-stages"},
        "api/v1/portal/self-inspections/": {
            "pk": own.pk, "code": "rooms", "sheet": "terminals", "row_id": NOBODY, "attachment": NOBODY,
        },
        "api:document-file": {"pk": paper.pk, "what": "pdf"},
        "api:case-lift-recusal": {"pk": case.pk, "recusal": NOBODY},
        "api:case-settle-remark": {"pk": case.pk, "remark": NOBODY},
        "api:inspection-site-answer-call": {"pk": site.pk, "call": NOBODY},
        "api:inspection-withdraw-member": {"pk": site.team.inspection_id, "member": NOBODY},
        "api:item-file": {"pk": file.item_id, "file_pk": file.pk},
        "api/v1/body-decisions/": {"pk": NOBODY, "step": "hear"},
        "api:penalty-steps": {"pk": penalty.pk, "step": "deliberate"},
        "deadlines/": {"pk": deadline.pk, "key": "extend"},
        "notices/": {"pk": notice.pk},
        "notices/told/": {"pk": deadline.pk},
        "letters/": {"pk": letter.pk if letter else NOBODY},
        "calendar/": {"token": "nothing"},
        "imports/": {"pk": run.pk},
        "trail/entry/": {"pk": entry.pk},
        "trail/erasure/": {"pk": NOBODY},
        "trail/sheet/": {"size": 1},
        "trail/(?P<ref>": {"ref": f"item:{item.pk}"},
        "ledger/": {"pk": entry.pk, "old": 1, "new": 2, "path": "0/000", "size": 1},
        "account/tokens/": {"pk": token.pk},
        "administration/accounts/": {"pk": leader.user_id, "appointment": leader.pk},
        "api/v1/accounts/": {"pk": leader.user_id, "appointment": leader.pk},
        "administration/emergencies/": {"pk": NOBODY},
        "api/v1/emergency-openings/": {"pk": NOBODY},
        "administration/compartments/": {"pk": Compartment.objects.order_by("pk")[0].pk},
        "units/": {"pk": own.unit_id, "act": "leader"},
        "addresses/registrations/": {"pk": units.Registration.objects.order_by("pk")[0].pk},
        "people/": {"pk": person.pk},
        "sightings/": {"pk": sighting.pk},
        "sightings/lists/": {"pk": monitor_list.pk},
        "leads/": {"pk": lead.pk, "kind": "machine"},
        "leads/changes/": {"pk": change_set.pk},
        "lookups/": {"pk": lookup.pk},
        "hand-overs/": {"pk": hand_over.pk},
        "relapses/": {"pk": relapse.pk},
        "figures:summary": {"code": campaign.code, "number": 1},
        "campaigns/": {"code": campaign.code, "pk": own.campaign_unit_id},
        "campaigns/templates/": {"code": "four-stages"},
        "units:campaign-issue-run": {"code": campaign.code, "pk": NOBODY},
        "papers/": {"pk": NOBODY},
        "portal/papers/": {"pk": NOBODY},
        "portal/decisions/": {"pk": NOBODY},
        "figures:rows": {"code": campaign.code, "key": "spot_check.units"},
        "campaigns/rectifications/": {"pk": duty.pk},
        "self-inspections/": {
            "pk": first.pk, "number": 1, "attachment": attachment.pk, "check": NOBODY, "name": "verify",
        },
        "portal/self-inspections/": {"pk": own.pk, "number": 1, "attachment": NOBODY, "code": "rooms", "row": NOBODY},
        "units:portal-version": {"pk": first.pk, "number": 1},
        "units:portal-file": {"pk": first.pk, "attachment": attachment.pk},
        "units:portal-row-new": {"pk": own.pk, "code": "terminals"},
        "units:portal-rows-import": {"pk": own.pk, "code": "terminals"},
        "units:portal-rows-template": {"pk": own.pk, "code": "terminals"},
        "portal/rectifications/": {"pk": duty.pk},
        "evidence/": {"pk": item.pk, "file_pk": NOBODY, "line_pk": NOBODY, "page": "seal"},
        "evidence:stock-move": {"pk": NOBODY, "line_pk": NOBODY},
        "evidence:file": {"pk": file.item_id, "file_pk": file.pk},
        "evidence:found": {"pk": file.item_id, "file_pk": file.pk},
        "cases:shared-judge": {"pk": case.pk, "other_pk": NOBODY},
        "search:filter-alert": {"pk": NOBODY},
        "search:filter-drop": {"pk": NOBODY},
        "evidence:preview": {"pk": file.item_id, "file_pk": file.pk},
        "evidence:preview-page": {"pk": file.item_id, "file_pk": file.pk, "number": 1},
        "evidence/bundles/": {"pk": NOBODY},
        "evidence/stock/": {"pk": NOBODY},
        "api:item-uploads": {"pk": item.pk},
        "api:upload": {"key": UUID(int=NOBODY)},
        "api:capture-photo": {"key": UUID(int=NOBODY), "photo": UUID(int=NOBODY)},
        "evidence/check-outs/": {"pk": request.pk},
        "evidence/disposals/": {"pk": NOBODY},
        "evidence/discrepancies/": {"pk": NOBODY},
        "evidence/attributions/": {"pk": attribution.pk},
        "evidence/logs/": {"pk": NOBODY},
        "evidence/log-events/": {"pk": NOBODY},
        "evidence/takings/": {"pk": item.collection_id},
        "cases/": {
            "pk": case.pk, "name": "start", "part": "plan", "suspect_pk": suspect.pk,
            "fact_pk": case.facts.order_by("pk")[0].pk, "interview_pk": interview.pk, "row_pk": NOBODY,
        },
        "inspections/": {"pk": site.team.inspection_id, "number": 1},
        "inspections/sites/": {"pk": site.pk, "interview_pk": site_talk.pk, "row_pk": NOBODY},
        "penalties/": {"pk": penalty.pk, "name": "deliberate", "suspect_pk": suspect.pk, "case_pk": case.pk},
        "cases:penalty-document": {"pk": cases.Penalty.objects.filter(suspect__case=closed).order_by("pk")[0].pk},
        "penalties/appeals/": {"pk": NOBODY},
        "penalties/bodies/": {"pk": NOBODY, "name": "hear"},
        "cases:body-new": {"case_pk": case.pk},
        "penalties/tasks/": {"pk": cases.Execution.objects.order_by("pk")[0].pk},
        "penalties/recoveries/": {"pk": cases.Recovery.objects.filter(case=case)[0].pk},
        "cases:recovery-new": {"case_pk": case.pk},
        "documents/": {"pk": paper.pk, "number": 1, "name": "withdraw", "what": "pdf"},
        "documents/templates/": {"code": "filing_decision", "number": 1, "pk": NOBODY, "how": "on"},
        "documents/jobs/": {"pk": NOBODY},
        "documents/new/": {"ref": f"case:{case.pk}", "code": "filing_decision"},
        "documents/file/": {"ref": f"case:{case.pk}"},
        "cases:surcharge-new": {"case_pk": case.pk},
    }  # fmt: skip
