"""The append-only record. Tables live in the schema ``ledger`` and are made by SQL (migration 0001).

They are unmanaged on purpose: no foreign key points to them or from them, so that entries outlive every row
they speak of, and no test tear-down or ``flush`` may empty them (ledger.md §2.6).
"""

import json
from typing import Any, NoReturn

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class AppendOnlyQuerySet(models.QuerySet["Entry"]):
    """Refuses what the database refuses too, with a clearer message for honest code."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("ledger entries are never updated")

    def delete(self) -> NoReturn:
        raise TypeError("ledger entries are never deleted")

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("ledger entries are never updated")

    def of(self, *refs: str) -> "AppendOnlyQuerySet":
        """Return the entries about any of the references, oldest first."""
        return self.filter(ref__in=refs).order_by("id")


class Entry(models.Model):
    """One act. ``header`` is the record: the exact canonical bytes (RFC 8785). The other columns are its index."""

    id = models.BigAutoField(primary_key=True)
    header = models.BinaryField()
    leaf_hash = models.BinaryField(editable=False)
    stream = models.CharField(max_length=80)
    stream_seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=60)
    ref = models.CharField(max_length=80)
    actor_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = '"ledger"."entry"'
        verbose_name = _("账本条目")

    def __str__(self) -> str:
        return f"{self.id} {self.kind} {self.ref}"

    @property
    def payload(self) -> dict[str, Any]:
        """The record as read from its bytes."""
        value: dict[str, Any] = json.loads(bytes(self.header))
        return value


class Disclosure(models.Model):
    """The erasable half of a committed value: salt and text, encrypted; the entry holds only the digest."""

    id = models.BigAutoField(primary_key=True)
    entry_id = models.BigIntegerField()
    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64)
    sealed_value = models.TextField()

    class Meta:
        managed = False
        db_table = '"ledger"."disclosure"'

    def __str__(self) -> str:
        return f"{self.entry_id}.{self.name}"


class Erasure(models.Model):
    """A request to erase personal values of an entry; done once two others than the asker have approved."""

    id = models.BigAutoField(primary_key=True)
    entry_id = models.BigIntegerField()
    names = ArrayField(models.TextField())
    basis = models.TextField()
    reason = models.TextField()
    asked_by = models.BigIntegerField()
    asked_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = '"ledger"."erasure"'

    def __str__(self) -> str:
        return f"{self.entry_id}: {', '.join(self.names)}"


class ErasureApproval(models.Model):
    """One person's approval of an erasure."""

    id = models.BigAutoField(primary_key=True)
    erasure_id = models.BigIntegerField()
    user_id = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = '"ledger"."erasure_approval"'

    def __str__(self) -> str:
        return f"{self.erasure_id} {self.user_id}"
