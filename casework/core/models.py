"""Abstract bases and the tables that every app may use."""

from typing import Any, Self, TypeVar

from django.db import models
from django.utils.translation import gettext as _

from casework.core.errors import Stale

M = TypeVar("M", bound="Versioned")


class Versioned(models.Model):
    """A row that people edit: forms and API writes carry the version they were drawn from."""

    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True

    def bump(self, *fields: str) -> None:
        """Save ``fields`` and raise the version, unless somebody else was first (``Stale``)."""
        values: dict[str, Any] = {name: getattr(self, name) for name in fields}
        changed = (
            type(self)._base_manager.filter(pk=self.pk, version=self.version).update(**values, version=self.version + 1)
        )
        if changed != 1:
            raise Stale(_("已被他人处理，请刷新后再办。您填写的内容仍在页面上。"))
        self.version += 1

    @classmethod
    def locked(cls, pk: Any) -> Self:
        """Return the row locked until the transaction ends (gates that read child rows)."""
        return cls._base_manager.select_for_update().get(pk=pk)


class NumberSeries(models.Model):
    """The last number given in a series of a year (文号): gapless, because the row is locked until commit."""

    series = models.CharField(max_length=40)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "year"], name="core_series_year_unique")]

    def __str__(self) -> str:
        return f"{self.series}〔{self.year}〕{self.last}"
