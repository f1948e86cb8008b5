"""Forms that were sent and did their work, so that the same form sent again does not do it twice."""

from typing import ClassVar

from django.db import models

from casework.accounts.models import User


class SentForm(models.Model):
    """One form, as it was drawn for one person, whose sending led on to another page."""

    owner = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    once = models.CharField(max_length=32)
    content = models.CharField(max_length=64)
    led_to = models.TextField()
    at = models.DateTimeField()

    objects: ClassVar[models.Manager["SentForm"]] = models.Manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "once"], name="sent_form_once")]
        indexes = [models.Index(fields=["at"], name="sent_form_at")]

    def __str__(self) -> str:
        return self.once
