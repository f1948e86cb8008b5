"""Computing a campaign's figures, and what in them does not fit."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from casework.figures.cited import cited_definitions, tariff_definitions
from casework.figures.definition import Definition, Scope, Value
from casework.figures.definitions import DEFINITIONS
from casework.figures.models import Claim, Explanation
from units.models import CampaignUnit


@dataclass(frozen=True)
class Figure:
    """A computed figure and where its rows are."""

    definition: Definition
    value: Value
    url: str


@dataclass(frozen=True)
class Contradiction:
    """Figures that differ, or a sum that does not add up, until somebody states why."""

    key: str
    text: str
    figures: Mapping[str, Value]
    url: str
    rows: tuple[str, ...] = ()
    explanation: Explanation | None = None

    @property
    def reason(self) -> str:
        """The reason that somebody stated for these very numbers, "" while nobody has."""
        return self.explanation.reason if self.explanation else ""

    @property
    def digest(self) -> str:
        """What an explanation is bound to: the key and the numbers."""
        return digest_of(self.key, self.figures)


def definitions_for(scope: Scope) -> list[Definition]:
    """Return the definitions whose subject the reader may know of."""
    return [definition for definition in _defined(scope) if definition.known(scope)]


def _defined(scope: Scope, key: str = "") -> Iterator[Definition]:
    """Yield all definitions; where a key is given, of the published cases only the one that it names."""
    yield from DEFINITIONS
    yield from tariff_definitions()
    yield from cited_definitions(scope, key)


def compute_figures(scope: Scope) -> dict[str, Figure]:
    """Return every figure by key, in the order of the definitions, published counts last."""
    figures = {
        definition.key: Figure(definition, definition.compute(scope), rows_url(scope, definition.key))
        for definition in definitions_for(scope)
    }
    for claim in _claims(scope):
        beside = figures.get(claim.beside)
        label = f"{beside.definition.label}（{claim.source}）" if beside else named(claim.key)
        definition = Definition(
            claim.key,
            label,
            _("他处公布的数，按原样保存，不替代本系统的数"),
            beside.definition.unit if beside else "",
            claim.source,
            _claims,
        )
        figures[claim.key] = Figure(definition, whole(claim.value), rows_url(scope, claim.key))
    return figures


def rows_url(scope: Scope, key: str) -> str:
    """Return the page that lists the rows behind the figure."""
    return reverse("figures:rows", args=[scope.campaign.code, key])


def rows_of(scope: Scope, key: str) -> tuple[Definition, "QuerySet[Any]"]:
    """Return a figure's definition and rows; an unknown or hidden figure is a 404."""
    for definition in _defined(scope, key):
        if definition.key == key and definition.known(scope):
            return definition, definition.rows(scope)
    claims = _claims(scope).filter(key=key)
    claim = claims.first()
    if claim is None:
        raise Http404
    return Definition(key, named(key), _("他处公布的数"), "", claim.source, lambda s: claims), claims


def named(key: str) -> str:
    """Return what a published count is called: its key without day and mark of the source."""
    return key.partition("@")[0]


def whole(value: Decimal) -> int | Decimal:
    """Return a whole number where the value is one."""
    return int(value) if value == value.to_integral_value() else value.normalize()


def _claims(scope: Scope) -> "QuerySet[Claim]":
    return scope.seen(Claim.objects.all()).filter(campaign=scope.campaign).order_by("key", "pk")


def contradictions(scope: Scope, figures: Mapping[str, Figure]) -> list[Contradiction]:
    """Return what does not fit: claims beside our own figures, and units that no outcome explains."""
    stated = {
        (row.key, row.digest): row
        for row in Explanation.objects.filter(campaign=scope.campaign).select_related("by").order_by("pk")
    }
    found = [*_unexplained_units(scope, figures), *_differing_claims(scope, figures)]
    return [replace(item, explanation=stated.get((item.key, item.digest))) for item in found]


def digest_of(key: str, figures: Mapping[str, Value]) -> str:
    """Return the digest of the numbers that an explanation is stated for."""
    told = "|".join([key, *(f"{name}={value}" for name, value in sorted(figures.items()))])
    return hashlib.sha256(told.encode()).hexdigest()


def beside(scope: Scope, figures: Mapping[str, Figure]) -> dict[str, list[Figure]]:
    """Return for each of our figures the published counts of the same definition, to stand side by side."""
    found: dict[str, list[Figure]] = {}
    for claim in _claims(scope).exclude(beside=""):
        if claim.key in figures:
            found.setdefault(claim.beside, []).append(figures[claim.key])
    return found


def _unexplained_units(scope: Scope, figures: Mapping[str, Figure]) -> list[Contradiction]:
    rows = scope.seen(CampaignUnit.objects.all()).filter(campaign=scope.campaign).select_related("unit")
    total = rows.count()
    counts = {
        outcome: rows.filter(outcome=outcome, outcome_at__date__lte=scope.as_of).count()
        for outcome in ("active", "passive", "research", "cleared")
    }
    left = total - sum(counts.values())
    if not left:
        return []
    open_rows = rows.exclude(outcome__in=counts, outcome_at__date__lte=scope.as_of).order_by("unit__name")
    stated = " + ".join(str(count) for count in counts.values() if count)
    return [
        Contradiction(
            "self_inspection.units",
            _("%(total)d ≠ %(stated)s：%(left)d 家单位没有结论，来源也没有说明。")
            % {"total": total, "stated": stated or 0, "left": left},
            {"total": total, **counts, "unexplained": left},
            reverse("figures:rows", args=[scope.campaign.code, "self_inspection.units_unexplained"]),
            rows=tuple(row.unit.name for row in open_rows),
        )
    ]


def _differing_claims(scope: Scope, figures: Mapping[str, Figure]) -> list[Contradiction]:
    found = []
    for claim in _claims(scope).exclude(beside=""):
        ours = figures.get(claim.beside)
        if ours is None or not isinstance(ours.value, int | Decimal) or ours.value == claim.value:
            continue
        found.append(
            Contradiction(
                f"{claim.beside}|{claim.key}",
                _(
                    "%(label)s：本系统 %(ours)s %(unit)s（截至 %(day)s），%(source)s 公布 %(theirs)s %(unit)s（截至 %(their_day)s）。"
                )
                % {
                    "label": ours.definition.label,
                    "ours": ours.value,
                    "unit": ours.definition.unit,
                    "day": scope.as_of,
                    "source": claim.source,
                    "theirs": whole(claim.value),
                    "their_day": claim.as_of,
                },
                {claim.beside: ours.value, claim.key: whole(claim.value)},
                ours.url,
            )
        )
    return found
