"""Bundles of other houses: checked by the verifier they can be checked with anywhere, kept byte for byte with their proofs."""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import CaseworkError, Invalid, Refused
from casework.files import archives, storage
from casework.files.services.blobs import store_blob
from casework.ledger import verify
from casework.ledger.record import record
from evidence.enums import Kind
from evidence.models import Collection, ReceivedBundle
from evidence.services.chain import Officers
from evidence.services.collections import take_item
from evidence.services.files import attach_blob

SECONDS: Final = 3_600
_SAID: Final = 4_000
#: How the verifier begins a line about something wrong.
_ALTERED: Final = "已改动 / ALTERED: "
#: So many faults are told to the reader.
_TOLD: Final = 8
_DIGEST: Final = re.compile(r"\b[0-9a-f]{64}\b")
#: The verifier says each thing in both languages: 缺失 / missing.
_ENGLISH: Final = re.compile(r" / [A-Za-z0-9][A-Za-z0-9 '\-]*")


def receive_bundle(
    collection: Collection,
    chunks: Iterable[bytes],
    *,
    name: str,
    officers: Officers,
    actor: User,
    at: datetime,
    vkey: str = "",
    source: str = "",
) -> ReceivedBundle:
    """Check a bundle as ZIP and put it on the list as one item of electronic data; what is altered is refused.

    ``vkey`` is the other house's key from paper; without it the signature is checked with the key inside, which proves
    that nothing was changed since, not who signed.
    """
    require(actor, "evidence.collect", collection)
    vkey = _vkey(vkey)
    blob = store_blob(chunks, actor=actor, at=at)
    with tempfile.TemporaryDirectory(prefix="received-", dir=storage.incoming()) as room:
        folder = Path(room) / "bag"
        folder.mkdir()
        with storage.at_hand(blob.sha256) as packed:
            _unpack(packed, folder)
        bag = _bag(folder)
        said = _verified(bag, vkey)
        facts = _facts(bag)
    with transaction.atomic():
        item = take_item(
            collection,
            kind=Kind.ELECTRONIC,
            title=_("取证包 %(name)s") % {"name": name[:150]},
            source=source or facts["origin"],
            features=_("外来取证包，含证物 %(n)s 件") % {"n": len(facts["numbers"])},
            officers=officers,
            actor=actor,
            at=at,
        )
        attach_blob(item, blob, name=name, actor=actor, at=at, derived_from=None, note=_("按原样保存，证明在内"))
        received = ReceivedBundle.objects.create(
            item=item, blob=blob, said=said[:_SAID], received_at=at, received_by=actor, **facts
        )
        record(
            "item.bundle_received",
            ref=f"item:{item.pk}",
            actor=actor,
            at=at,
            data={
                "number": item.number,
                "sha256": blob.sha256,
                "origin": facts["origin"],
                "tree_size": str(facts["tree_size"]),
                "key_given": bool(vkey),
                "items": [str(one) for one in facts["numbers"][:200]],
            },
        )
    return received


def _unpack(packed: Path, folder: Path) -> None:
    """Unpack the archive; what cannot be unpacked is refused with what the reader can do about it."""
    try:
        archives.unpack(packed, folder, max_bytes=settings.CASEWORK_MAX_FILE_BYTES)
    except CaseworkError as error:
        error.message += _("可以请对方重新制作、重新送来。")
        error.args = (error.message,)
        raise


def _bag(folder: Path) -> Path:
    """Return the bag: the folder itself, or the one folder inside it."""
    if (folder / "bagit.txt").is_file():
        return folder
    inside = [path for path in folder.iterdir() if path.is_dir() and (path / "bagit.txt").is_file()]
    if len(inside) != 1:
        raise Invalid(
            _("不能收下：压缩包里没有取证包（bagit.txt）。可以核对是不是选错了文件，或请对方重新送来。"), code="no_bag"
        )
    return inside[0]


def _vkey(given: str) -> str:
    """Return the key as one word, checked: the verifier would take anything else for the name of a file of ours."""
    key = "".join(given.split())
    try:
        if key:
            verify.read_vkey(key)
    except verify.NotALedgerError as error:
        raise Invalid(
            _("对方账本的公钥写得不对。可以照纸面重新抄录。"),
            details={"vkey": _("写得不对：形式是 名称+8 位十六进制+44 个字母数字。可以照纸面重新抄录")},
        ) from error
    return key


def _verified(bag: Path, vkey: str) -> str:
    """Run our own verifier over it, in a process of its own; the one inside the bag is never run."""
    command = [sys.executable, "-I", "-S", str(verify.__file__), str(bag)]
    if vkey:
        command.append(f"--vkey={vkey}")
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise Refused(_("不能收下：核验超过一小时没有完成。")) from error
    said = done.stdout.decode("utf-8", "replace").replace(str(bag), "").strip()
    if done.returncode:
        raise _not_whole(said)
    return said


def _not_whole(said: str) -> Refused:
    """Return the refusal for what the verifier found wrong: how many faults, and in ``details`` the first of them."""
    lines = [line for line in said.splitlines() if line.strip()]
    faults = [line.removeprefix(_ALTERED) for line in lines if line.startswith(_ALTERED)]
    message = _("不能收下：核验没有通过，%(n)s 处不符。可以请对方重新制作、重新送来。") % {"n": len(faults) or 1}
    told = [_fault(line) for line in faults[:_TOLD] or lines[:1]]
    return Refused(message, code="bundle_altered", details={"faults": told, "more": max(0, len(faults) - _TOLD)})


def _fault(line: str) -> str:
    """Return one fault in the reader's language: digests by their beginning, of two languages the one he reads."""
    text = _DIGEST.sub(lambda found: f"{found[0][:16]}…", re.sub(r":\s*:\s*", ": ", line))
    if (get_language() or "").startswith("zh"):
        text = _ENGLISH.sub("", text)
    return text[:300]


def _facts(bag: Path) -> dict[str, Any]:
    """Return what the bag says of itself: whose log, how far signed, which items."""
    origin, size, checkpoint = "", 0, ""
    note = bag / "ledger" / "checkpoint"
    if note.is_file() and note.stat().st_size < 100_000:
        checkpoint = note.read_text(encoding="utf-8")
        lines = checkpoint.splitlines()
        origin = lines[0][:200] if lines else ""
        size = int(lines[1]) if len(lines) > 1 and re.fullmatch(r"[0-9]{1,18}", lines[1]) else 0
    files = _json(bag / "metadata" / "files.json")
    files = files if isinstance(files, list) else []
    numbers = {str(row.get("item", "")) for row in files if isinstance(row, dict)}
    graph = _json(bag / "metadata" / "case.jsonld")
    nodes = graph.get("@graph") if isinstance(graph, dict) else None
    nodes = nodes if isinstance(nodes, list) else []
    numbers |= {
        str(node["case-investigation:exhibitNumber"])
        for node in nodes
        if isinstance(node, dict) and "case-investigation:exhibitNumber" in node
    }
    entries = bag / "ledger" / "entries"
    return {
        "origin": origin,
        "tree_size": size,
        "checkpoint": checkpoint,
        "numbers": sorted(filter(None, (re.sub(r"[^\w\-#]", "", one)[:60] for one in numbers)))[:5_000],
        "entries": sum(1 for _one in entries.glob("*.json")) if entries.is_dir() else 0,
        "files": sum(1 for path in (bag / "data").rglob("*") if path.is_file()) if (bag / "data").is_dir() else 0,
    }


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
