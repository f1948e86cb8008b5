"""The answer to an act that matters carries its proof: it waits for the checkpoint, for a bounded time."""

from collections.abc import Callable
from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from casework.ledger import weighty
from casework.ledger.waiting import wait_signed

#: Normally a quarter of a second is enough; after this the answer says "pending" and the entry's page goes on telling.
SECONDS: Final = 2.0
ENTRY, PROOF = "Ledger-Entry", "Ledger-Proof"


class ProofMiddleware:
    """Adds ``Ledger-Entry`` (numbers) and ``Ledger-Proof`` (the address of the last one's proof, or ``pending``).

    A page says the same in words. When no integrator runs nobody waits.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        entries = weighty.begin()
        try:
            response = self.get_response(request)
        finally:
            weighty.end()
        if entries:
            signed = wait_signed(entries, seconds=SECONDS)
            response[ENTRY] = ", ".join(map(str, entries))
            response[PROOF] = reverse("ledger:proof", args=[entries[-1]]) if signed else "pending"
            if response.status_code == 302 and hasattr(request, "_messages"):
                said = _("已入账（第 %(n)s 条），检查点已签名。") if signed else _("已入账（第 %(n)s 条），等候签名。")
                messages.success(request, said % {"n": f"{entries[-1]:,}"})
        return response
