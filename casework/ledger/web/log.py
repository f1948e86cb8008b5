"""The log for machines and witnesses: C2SP tlog-tiles, signed checkpoints, proofs.

The checkpoint and the tiles hold hashes only: every official of the commission may fetch them, and a token of his for
a witness. Bundles hold what was done in all matters: auditors only. Decision 3 says why none of it is public.
"""

import base64
from collections.abc import Callable
from functools import wraps
from pathlib import Path

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.api.authentication import TokenAuthentication
from casework.core.errors import CaseworkError
from casework.ledger import merkle, tree, verify
from casework.ledger.models import Entry
from casework.ledger.publication import proof_of_entry, published_tile
from casework.ledger.selectors import may_read
from casework.ledger.tiles import Tiles, parse_path
from casework.ledger.timestamps import stamped
from casework.ledger.witnessing import policy_text

OCTETS = "application/octet-stream"
TEXT = "text/plain; charset=utf-8"
View = Callable[..., HttpResponse]


def _caller(request: HttpRequest) -> User | None:
    """Return who asks, by session or by token."""
    if isinstance(request.user, User):
        return request.user
    try:
        found = TokenAuthentication().authenticate(Request(request))
    except (APIException, CaseworkError):
        return None
    return found[0] if found else None


def _officials(view: View) -> View:
    """Let officials of the commission in; for everybody else there is no log."""

    @login_not_required
    @require_safe
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        user = _caller(request)
        if user is None or not user.is_active or not user.is_commission:
            raise Http404
        return view(request, user, *args, **kwargs)

    return guarded


def _newest() -> tree.Published:
    newest = tree.newest()
    if newest is None:
        raise Http404
    return newest


def _fixed(data: bytes, kind: str) -> HttpResponse:
    return HttpResponse(data, content_type=kind, headers={"Cache-Control": "private, max-age=31536000, immutable"})


@_officials
def checkpoint(_request: HttpRequest, _user: User) -> HttpResponse:
    """The newest signed checkpoint."""
    return HttpResponse(_newest().note, content_type=TEXT, headers={"Cache-Control": "no-cache"})


@_officials
def vkey(_request: HttpRequest, _user: User) -> HttpResponse:
    """The keys that have signed this log, one a line, the present one last."""
    return HttpResponse("".join(f"{one}\n" for one in tree.vkeys()), content_type=TEXT)


@_officials
def verifier(_request: HttpRequest, _user: User) -> HttpResponse:
    """The program that checks offline, the same as bundles carry: without it a proof would be of use to nobody."""
    return HttpResponse(
        Path(str(verify.__file__)).read_bytes(),
        content_type="text/x-python; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="verify.py"', "Cache-Control": "no-cache"},
    )


@_officials
def policy(_request: HttpRequest, _user: User) -> HttpResponse:
    """The key of this log, its witnesses, and how many must have cosigned (C2SP tlog-policy)."""
    return HttpResponse(policy_text(), content_type=TEXT, headers={"Cache-Control": "no-cache"})


@_officials
def timestamp(_request: HttpRequest, _user: User, size: int) -> HttpResponse:
    """The RFC 3161 response over the log's own note of the checkpoint of that size."""
    found = stamped(size)
    if found is None:
        raise Http404
    return _fixed(found[2], "application/timestamp-reply")


@_officials
def own_note(_request: HttpRequest, _user: User, size: int) -> HttpResponse:
    """The checkpoint of that size with the log's own signature alone: what a timestamp is over."""
    found = tree.checkpoint_at(size)
    if found is None:
        raise Http404
    return _fixed(found.own_note.encode(), TEXT)


@_officials
def tile(_request: HttpRequest, user: User, path: str) -> HttpResponse:
    """A tile, or a bundle of entries, of the published log."""
    found = parse_path(path)
    if found is None or (found[0] is None and not user.has_role(Role.AUDITOR)):
        raise Http404
    data = published_tile(*found, _newest().size)
    if not data:
        raise Http404
    return _fixed(data, OCTETS)


@_officials
def consistency(_request: HttpRequest, _user: User, old: int, new: int) -> HttpResponse:
    """The proof that the log of ``new`` entries begins with that of ``old``: base64 lines (RFC 6962 §2.1.2)."""
    if not 0 < old <= new <= _newest().size:
        raise Http404
    proof = merkle.consistency_proof(old, new, Tiles(tree.load_tile).node)
    return _fixed("".join(f"{b64(one)}\n" for one in proof).encode(), TEXT)


def b64(data: bytes) -> str:
    """Return standard base64."""
    return base64.b64encode(data).decode()


def _entry(user: User, pk: int) -> Entry:
    row = Entry.objects.filter(pk=pk).first()
    if row is None or not may_read(user, row.ref):
        raise Http404
    return row


@_officials
def proof(_request: HttpRequest, user: User, pk: int) -> HttpResponse:
    """The C2SP tlog-proof of an entry, for whoever may read its trail; 404 while the entry waits."""
    text = proof_of_entry(_entry(user, pk))
    if text is None:
        raise Http404
    name = {"Content-Disposition": f'attachment; filename="{pk}.tlog-proof"'}
    return HttpResponse(text, content_type=TEXT, headers=name)


@_officials
def leaf(_request: HttpRequest, user: User, pk: int) -> HttpResponse:
    """The exact bytes of an entry, which its proof is about."""
    name = {"Content-Disposition": f'attachment; filename="{pk}.json"'}
    return HttpResponse(bytes(_entry(user, pk).header), content_type=OCTETS, headers=name)
