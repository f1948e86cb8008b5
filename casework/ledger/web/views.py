"""Pages of the record: looking a thing up, its trail, one entry."""

import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.ledger import refs
from casework.ledger.models import Entry
from casework.ledger.record import disclosed
from casework.ledger.selectors import history, may_read
from casework.ledger.services.erasures import may_ask
from casework.ledger.web.changes import actors_of, facts_of, label_of
from casework.ledger.web.erasures import ErasureForm, erasures_of
from casework.ledger.web.lists import EVERYTHING, attach, kinds_of, trail_page
from casework.ledger.web.overview import overview
from casework.ledger.web.proof import proof_of
from casework.web.lists import render_list
from casework.web.vocabulary import Text

#: So many entries stand on the first page.
LATEST = 20


def _member(request: HttpRequest) -> User:
    """Return the reader, who belongs to the commission; for everybody else the record does not exist."""
    user = reader(request)
    if not user.is_commission:
        raise Http404
    return user


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Look up what was done to a thing; for auditors also the state of the whole record."""
    user = _member(request)
    text = request.GET.get("q", "").strip()[:200]
    found = _found(text, user) if text else []
    if len(found) == 1:
        return HttpResponseRedirect(found[0]["url"])
    context: dict[str, Any] = {"text": text, "found": found, "rows": _latest(user)}
    if user.has_role(Role.AUDITOR):
        context |= overview()
    return render(request, "ledger/home.html", context)


def _found(text: str, user: User) -> list[dict[str, str]]:
    """Return what the text may mean: things by number or name, and the entry of that number."""
    found = []
    for ref in refs.find(text, user):
        known = refs.resolve(ref, user)
        if known and may_read(user, ref):
            found.append({"label": known.label, "second": ref, "url": reverse("ledger:trail", args=[ref])})
    if not found and refs.is_ref(text) and user.has_role(Role.AUDITOR) and history(text).exists():
        found.append({"label": text, "second": text, "url": reverse("ledger:trail", args=[text])})
    number = text.replace(",", "")
    if number.isdecimal() and len(number) < 19:
        row = Entry.objects.filter(pk=int(number)).first()
        if row and may_read(user, row.ref):
            label = _("账本第 %(n)s 条") % {"n": f"{row.pk:,}"}
            found.append({"label": label, "second": row.ref, "url": reverse("ledger:entry", args=[row.pk])})
    return found


def _latest(user: User) -> list[Entry]:
    """Return the newest entries that the reader may see: an auditor's are all, an officer's those by himself."""
    entries = Entry.objects.order_by("-pk")
    if not user.has_role(Role.AUDITOR):
        mine = entries.filter(actor_id=user.pk)[: LATEST * 3]
        known = refs.resolve_many((row.ref for row in mine), user)
        return attach(
            [row for row in mine if row.ref in known and may_read(user, row.ref, known[row.ref])][:LATEST], user
        )
    return attach(list(entries[:LATEST]), user)


@require_safe
def everything(request: HttpRequest) -> HttpResponseBase:
    """The whole record, for auditors."""
    if not reader(request).has_role(Role.AUDITOR):
        raise Http404
    return render_list(request, EVERYTHING)


@require_safe
def trail(request: HttpRequest, ref: str) -> HttpResponseBase:
    """What was done to one thing, in order."""
    user = _member(request)
    known = refs.resolve(ref, user)
    kinds = kinds_of(history(ref)) if may_read(user, ref, known) else []
    if not kinds:
        raise Http404
    page = trail_page(ref, known.label if known else ref, kinds)
    return render_list(request, page, {"thing": known}, "ledger/trail.html")


@require_safe
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry: what it says, its exact bytes and hashes, and its neighbours in the stream."""
    user = _member(request)
    row = Entry.objects.filter(pk=pk).first()
    if row is None or not may_read(user, row.ref):
        raise Http404
    try:
        payload = row.payload
    except ValueError:
        payload = {}
    stream = Entry.objects.filter(stream=row.stream)
    data = payload.get("data") or {}
    values = disclosed(row) if payload else {}
    shown: Any = attach([row], user)[0]
    return render(
        request,
        "ledger/entry.html",
        {
            "row": shown,
            "payload": payload,
            "text": _readable(row),
            "actors": actors_of(payload),
            "changes": shown.changes,
            "facts": facts_of(data, shown.names),
            "proof": proof_of(row),
            "leaf_hash": bytes(row.leaf_hash).hex(),
            "thing": shown.thing,
            "personal": _personal(payload, values),
            "erasures": erasures_of(row, user),
            "erasure_form": ErasureForm(present=values) if values and may_ask(user) else None,
            "previous": stream.filter(stream_seq=row.stream_seq - 1).first(),
            "following": stream.filter(stream_seq=row.stream_seq + 1).first(),
        },
    )


def _readable(row: Entry) -> str:
    """Return the bytes as indented JSON, or as hexadecimal digits when they are none."""
    try:
        return json.dumps(row.payload, ensure_ascii=False, indent=2, sort_keys=True)
    except ValueError:
        return bytes(row.header).hex(" ", 4)


def _personal(payload: dict[str, Any], values: dict[str, str]) -> list[tuple[Text, str | None]]:
    """Return (name, value) of the committed personal values; None where the value was erased or does not fit."""
    return [(label_of(name), values.get(name)) for name in payload.get("_sd", {})]
