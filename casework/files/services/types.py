"""What a file was wrongly said to be when it was kept, put right beside what was said.

Once every archive, workbook and presentation was said to be a document of Word. What the record said then is part of
the record: it stays, and whoever holds the file is told of the correction, so that it stands in the ledger beside it.
"""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from casework.files import packed, storage
from casework.files.models import Blob

#: Told of a file whose type was put right, in the same transaction: with what it was said to be, and when.
Told = Callable[[Blob, str, datetime], None]
_told: list[Told] = []


def register_retyped(told: Told) -> None:
    """Let an app write down what becomes of its files; called when it loads."""
    _told.append(told)


def correct_type(blob: Blob, *, at: datetime) -> bool:
    """Put the type of a file right where its bytes say otherwise; a second time nothing changes.

    Only what begins as an archive is looked at: of nothing else was the type found otherwise than now.

    Raises:
        StorageAway: the storage does not answer.
    """
    try:
        with storage.open_blob(blob.sha256) as stream:
            if stream.read(len(packed.BEGIN)) != packed.BEGIN:
                return False
            found = packed.type_of_packed(stream)
    except FileNotFoundError:
        return False
    with transaction.atomic():
        row = Blob.objects.select_for_update(of=("self",)).get(pk=blob.pk)
        before = row.media_type
        if before == found:
            return False
        row.media_type, row.said_type = found, row.said_type or before
        row.save(update_fields=["media_type", "said_type"])
        for told in _told:
            told(row, before, at)
    return True
