"""Reading the files whose text can be found: taken from the queue, read in a process of its own, kept page by page."""

import json
import logging
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from casework.core.crypto import blind_index
from casework.files import storage
from casework.search.enums import ReadState
from casework.search.models import PageText, Reading
from casework.search.words import ID_NUMBER, ID_PLACE

logger = logging.getLogger(__name__)
#: A file that takes longer is given up: its page says so.
SECONDS: Final = 900
#: A reading that a worker took and never finished is taken again after this, at most so many times.
STUCK: Final = timedelta(seconds=SECONDS + 300)
ATTEMPTS: Final = 3
BATCH: Final = 500


def waiting(*, at: datetime, most: int = 50) -> list[int]:
    """Return the readings to be done, those among them whose worker was lost; give up what was lost three times."""
    lost = Reading.objects.filter(state=ReadState.RUNNING, started_at__lt=at - STUCK)
    lost.filter(attempts__gte=ATTEMPTS).update(state=ReadState.FAILED, problem="lost", ended_at=at)
    lost.filter(attempts__lt=ATTEMPTS).update(state=ReadState.QUEUED)
    return list(Reading.objects.filter(state=ReadState.QUEUED).order_by("pk").values_list("pk", flat=True)[:most])


def read_file(pk: int, *, at: datetime) -> Reading | None:
    """Read one file; returns None when another worker has it. Reading again replaces what was read before."""
    with transaction.atomic():
        taken = Reading.objects.select_for_update(skip_locked=True, of=("self",)).select_related("blob")
        reading: Reading | None = taken.filter(pk=pk, state=ReadState.QUEUED).first()
        if reading is None:
            return None
        reading.state, reading.started_at = ReadState.RUNNING, at
        reading.attempts += 1
        reading.save(update_fields=["state", "started_at", "attempts"])
    if reading.blob.malware:
        return _end(reading, at, ReadState.FAILED, problem="malware")
    try:
        with storage.at_hand(reading.blob.sha256) as path, tempfile.TemporaryFile("w+") as out:
            problem = _run(path, reading.name, out)
            out.seek(0)
            return _keep(reading, out, problem, at)
    except FileNotFoundError:
        return _end(reading, at, ReadState.FAILED, problem="gone")


def _run(path: Path, name: str, out: Any) -> str:
    """Run the reader; return why it did not come to its end, or ""."""
    command = [sys.executable, "-m", "casework.search.reading", str(path), name]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL,
            timeout=SECONDS, check=False, cwd=settings.BASE_DIR,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return "slow"
    return "broken" if done.returncode else ""


def _keep(reading: Reading, lines: Any, problem: str, at: datetime) -> Reading:
    rows: list[PageText] = []
    facts = {"pages": 0, "signs": 0, "by_ocr": 0, "unread": 0}
    cut = False
    with transaction.atomic():
        PageText.objects.filter(blob_id=reading.blob_id).delete()
        for line in lines:
            try:
                said = json.loads(line)
            except ValueError:
                break  # the reader was ended in the middle of a line
            if said.get("end"):
                cut, problem = said["cut"], said["problem"]
                break
            facts["pages"] += 1
            text, keys = masked(said["text"])
            facts["signs"] += len(text)
            facts["by_ocr"] += bool(said["ocr"] and text)
            facts["unread"] += not text and not said["ocr"]
            if text:
                rows.append(
                    PageText(blob_id=reading.blob_id, page=said["page"], text=text, keys=keys, by_ocr=said["ocr"])
                )
            if len(rows) >= BATCH:
                PageText.objects.bulk_create(rows)
                rows = []
        PageText.objects.bulk_create(rows)
        if problem and not facts["signs"]:
            state = ReadState.FAILED
        else:
            state = ReadState.DONE if facts["signs"] else ReadState.NOTHING
        return _end(reading, at, state, problem=problem, cut=cut or bool(problem and facts["signs"]), **facts)


def masked(text: str) -> tuple[str, str]:
    """Return the text with ID numbers masked, and the keyed digests by which the whole numbers find it."""
    keys: dict[str, None] = {}

    def cover(found: Any) -> str:
        number = found[0].upper()
        keys[f"id{blind_index(number, ID_PLACE)}"] = None
        return f"{number[:6]}********{number[-4:]}"

    # The pattern knows folded texts; here capitals stand as they were written.
    lowered = text.lower() if len(text.lower()) == len(text) else text
    parts, done = [], 0
    for found in ID_NUMBER.finditer(lowered):
        parts += [text[done : found.start()], cover(found)]
        done = found.end()
    return "".join([*parts, text[done:]]), " ".join(keys)


def _end(reading: Reading, at: datetime, state: str, **facts: Any) -> Reading:
    for name, value in {**facts, "state": state, "ended_at": at}.items():
        setattr(reading, name, value)
    reading.save(update_fields=[*facts, "state", "ended_at"])
    if state == ReadState.FAILED:
        logger.info("reading %s: %s", reading.pk, reading.problem)
    return reading
