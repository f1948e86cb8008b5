"""Answers kept so that a creation sent twice is done once."""

from django.db import models

from casework.accounts.models import User


class IdempotentAnswer(models.Model):
    """The answer to the first request with a key; a repeat gets the same one."""

    owner = models.ForeignKey(User, models.PROTECT, related_name="+")
    key = models.CharField(max_length=100)
    body = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="idempotent_key_once")]

    def __str__(self) -> str:
        return self.key
