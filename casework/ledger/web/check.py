"""Holding a checkpoint or a proof that was kept elsewhere against the log; for auditors, and nothing is kept of it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from casework.accounts.enums import Role
from casework.accounts.requests import reader
from casework.ledger import merkle, tree, verify
from casework.ledger.models import Entry
from casework.ledger.tiles import Tiles
from casework.ledger.web.overview import said

#: A proof in a log of any size, with the lines of many witnesses, is shorter; an address of the page holds as much.
LONGEST = 3_500
_PROOF = "c2sp.org/tlog-proof@"


@dataclass(frozen=True)
class Verdict:
    """What was found: whether all holds, in a word and a sentence, where to look further, and what can be done."""

    holds: bool
    word: str
    text: str
    url: str = ""
    verb: str = ""
    hint: str = ""


@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """Tell whether a checkpoint or a proof, pasted by the auditor, agrees with the log as it is now."""
    if not reader(request).has_role(Role.AUDITOR):
        raise Http404
    text = request.GET.get("text", "").replace("\r\n", "\n").strip()
    verdict = _verdict(f"{text}\n") if text else None
    context = {
        "text": text[:LONGEST],
        "verdict": verdict,
        "longest": LONGEST,
        # To be compared with what another house says: who does not trust the system need not trust its program.
        "verifier_sha256": hashlib.sha256(Path(str(verify.__file__)).read_bytes()).hexdigest(),
    }
    return render(request, "ledger/check.html", context)


def _verdict(text: str) -> Verdict:
    if len(text) > LONGEST:
        return Verdict(False, _("读不懂"), _("超过 %(n)s 个字符，不是检查点，也不是证明文件。") % {"n": f"{LONGEST:,}"})
    proof = text.startswith(_PROOF)
    try:
        head = verify.read_checkpoint(text.partition("\n\n")[2] if proof else text, "\n".join(tree.vkeys()))
    except (verify.AlteredError, verify.NotALedgerError) as error:
        return _not_holding(error)
    return _of_proof(text) if proof else _of_checkpoint(head[1], head[2])


def _not_holding(error: Exception) -> Verdict:
    """Say what does not hold; what was pasted may be incomplete, and only who has a whole one knows more."""
    why = said(str(error)).replace("checkpoint: ", _("检查点："))
    hint = _(
        "贴的可能不全，或者被改动过。可以从存档单或条目页另取一份，全选复制后再核对；两份都不成立的，请报告系统管理员。"
    )
    return Verdict(False, _("不成立"), why, hint=hint)


def _of_checkpoint(size: int, root: bytes) -> Verdict:
    """Tell whether the log still begins with what was signed, computed from its tiles."""
    newest = tree.newest()
    now = newest.size if newest else 0
    if size > now:
        lost = _("签名成立，签过 %(size)s 条，账本现在只有 %(now)s 条：账本退回过，或者换过。")
        return Verdict(False, _("账本少了条目"), lost % {"size": f"{size:,}", "now": f"{now:,}"})
    try:
        found = merkle.root(size, Tiles(tree.load_tile).node)
    except LookupError:
        found = b""
    if found != root:
        other = _("签名成立，但账本现在的前 %(size)s 条推出的根是另一个：已入账的条目被改动过。")
        return Verdict(False, _("与账本不符"), other % {"size": f"{size:,}"})
    same = _("签名成立，账本的前 %(size)s 条与签名时一样；账本现在有 %(now)s 条已签名。")
    url = reverse("ledger:consistency", args=[size, now]) if 0 < size < now else ""
    return Verdict(
        True, _("相符"), same % {"size": f"{size:,}", "now": f"{now:,}"}, url, _("取一致性证明") if url else ""
    )


def _of_proof(text: str) -> Verdict:
    """Tell whether the proof is of the entry that the log has at its place."""
    number = text.split("\n")[1:3]
    place = next((line.removeprefix("index ") for line in number if line.startswith("index ")), "")
    entry = _entry_at(int(place)) if place.isdecimal() and len(place) < 16 else None
    if entry is None:
        return Verdict(False, _("不成立"), _("账本里没有证明所说的条目。"))
    try:
        _index, size, root = verify.check_proof(text, bytes(entry.header), "\n".join(tree.vkeys()))
    except (verify.AlteredError, verify.NotALedgerError) as error:
        return _not_holding(error)
    begins = _of_checkpoint(size, root)
    if not begins.holds:
        return begins
    holds = _("证明的是账本第 %(n)s 条：它在 %(size)s 条的检查点内，账本至今没有改动过这一条。")
    words = {"n": f"{entry.pk:,}", "size": f"{size:,}"}
    return Verdict(True, _("证明成立"), holds % words, reverse("ledger:entry", args=[entry.pk]), _("看这一条"))


def _entry_at(index: int) -> Entry | None:
    """Return the entry that has the place in the tree."""
    number = tree.entry_at(index)
    return Entry.objects.filter(pk=number).first() if number else None
