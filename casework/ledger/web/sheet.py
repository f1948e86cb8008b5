"""The daily checkpoint sheet: signed by hand and filed, it shows later whether the log still begins with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from casework.accounts.enums import Role
from casework.accounts.requests import reader
from casework.core.later import later
from casework.ledger import tree
from casework.ledger.notes import BadNote, Verifier, read_checkpoint
from casework.ledger.signer import fingerprint
from casework.ledger.timestamps import stamped

if TYPE_CHECKING:
    import segno
else:
    segno = later("segno")


def qr(text: str) -> SafeString:
    """Return the text as a QR picture: SVG of attributes alone."""
    code = segno.make(text, error="m", micro=False)
    return SafeString(code.svg_inline(scale=4, border=2, svgclass="qr-svg", lineclass=None, omitsize=True))


@require_safe
def sheet(request: HttpRequest, size: int | None = None) -> HttpResponse:
    """The newest checkpoint, or the one of that size, as a page for paper; for auditors."""
    if not reader(request).has_role(Role.AUDITOR):
        raise Http404
    found = tree.checkpoint_at(size) if size else tree.newest()
    if found is None:
        raise Http404
    keys = [Verifier.parse(vkey) for vkey in tree.vkeys()]
    try:
        holds = read_checkpoint(found.own_note, *keys).root == found.root
    except BadNote:
        holds = False
    vkey = tree.vkeys()[-1]
    return render(
        request,
        "ledger/sheet.html",
        {
            "checkpoint": found,
            "root": found.root.hex(),
            "origin": found.note.partition("\n")[0],
            "holds": holds,
            "key": fingerprint(vkey),
            "vkey": vkey,
            "stamp": stamped(found.size),
            "note_qr": qr(found.own_note),
            "vkey_qr": qr(vkey),
        },
    )
