"""Need-to-know (知悉范围): who may know of what, from a day to a day."""

import secrets
from collections.abc import Iterable
from datetime import date, datetime
from enum import Enum
from typing import Any, ClassVar, Final, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from casework.access.enums import CompartmentKind, Secrecy
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core import clock


@models.ForeignKey.register_lookup
class AnyOf(models.Lookup):
    """``…__any_of=keys``: one of these keys, sent as one value. A statement reads the same however many there are."""

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, values = self.process_lhs(compiler, connection)
        return f"{left} = any(%s::bigint[])", (*values, as_array(self.rhs))


def as_array(keys: Iterable[int]) -> str:
    """Return the keys as the database writes an array."""
    return f"{{{','.join(map(str, keys))}}}"


def new_public_id() -> str:
    """Return a random mark by which a compartment is shown; the row's own key would tell how many there are."""
    return secrets.token_hex(4)


class Compartment(models.Model):
    """A circle of people who may know of something; a case, an inspection and a campaign each own one.

    ``name`` is itself secret: only members and auditors ever read it. Whoever keeps the register reads ``public_id``:
    numbers in sequence would have a gap where one is hidden.
    """

    public_id = models.CharField(_("编号"), max_length=16, unique=True, default=new_public_id, editable=False)
    kind = models.CharField(_("类别"), max_length=20, choices=CompartmentKind.choices)
    name = models.CharField(_("名称"), max_length=200)
    secrecy = models.CharField(_("密级"), max_length=20, choices=Secrecy.choices, default=Secrecy.WORK_SECRET)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("知悉范围")

    def __str__(self) -> str:
        return self.name


class Grant(models.Model):
    """A person belongs to a compartment from a day until it is withdrawn.

    ``emergency`` marks access that somebody took himself (应急调阅); it ends by itself at ``until_at``.
    """

    compartment = models.ForeignKey(Compartment, models.PROTECT, related_name="grants")
    user = models.ForeignKey(User, models.PROTECT, related_name="grants")
    from_on = models.DateField(_("起"))
    until = models.DateField(_("止"), null=True, blank=True)
    reason = models.CharField(_("事由"), max_length=200, blank=True)
    granted_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True)
    until_at = models.DateTimeField(_("到时"), null=True, blank=True)
    emergency = models.BooleanField(_("应急调阅"), default=False)

    class Meta:
        verbose_name = _("知悉授权")
        constraints = [
            models.CheckConstraint(
                condition=Q(emergency=False) | Q(until_at__isnull=False, until__isnull=False),
                name="grant_emergency_ends",
            ),
            models.UniqueConstraint(
                fields=["compartment", "user"], condition=Q(until__isnull=True), name="grant_open_once"
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=models.F("from_on")), name="grant_order"
            ),
        ]
        indexes = [models.Index(fields=["user", "compartment"])]

    def __str__(self) -> str:
        return f"{self.user} → {self.compartment}"


class RecusalQuerySet(models.QuerySet["Recusal"]):
    """Recusals that hold."""

    def standing(self) -> Self:
        """Return those that were not lifted."""
        return self.filter(lifted_at__isnull=True)


class Recusal(models.Model):
    """回避: a person who may not act in a compartment, even when a role or a grant would let him (监察法 67).

    ``decided_by`` is None where a declared tie shut the person out by itself. It is lifted by a leader's decision on
    the person's objection, with a reason; the row stays.
    """

    compartment = models.ForeignKey(Compartment, models.PROTECT, related_name="recusals")
    user = models.ForeignKey(User, models.PROTECT, related_name="recusals")
    reason = models.CharField(_("回避事由"), max_length=200)
    decided_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True, blank=True)
    at = models.DateTimeField()
    objection = models.TextField(_("异议"), blank=True)
    objected_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_reason = models.CharField(_("解除理由"), max_length=200, blank=True)

    objects: ClassVar[RecusalQuerySet] = RecusalQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("回避")
        constraints = [
            models.UniqueConstraint(
                fields=["compartment", "user"], condition=Q(lifted_at__isnull=True), name="recusal_stands_once"
            ),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True) | (Q(lifted_by__isnull=False) & ~Q(lifted_reason="")),
                name="recusal_lifted_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} 回避 {self.compartment}"


def compartments_of(user: User, on: date | None = None, at: datetime | None = None) -> models.QuerySet[Any, Any]:
    """Return the ids of the compartments the user belongs to, as a subquery; a recused person belongs to none."""
    return _held_by(user, on or clock.today(), at or clock.now())


def _held_by(user: Any, day: date, moment: datetime) -> models.QuerySet[Any, Any]:
    held = Grant.objects.filter(Q(until__isnull=True) | Q(until__gte=day), user=user, from_on__lte=day)
    held = held.filter(Q(until_at__isnull=True) | Q(until_at__gt=moment))
    recused = Recusal.objects.standing().filter(user=OuterRef("user"), compartment=OuterRef("compartment"))
    return held.filter(~Exists(recused)).values("compartment_id")


#: Whoever belongs to more compartments than this is not asked by name of each.
MOST_NAMED: Final = 300


def circles_of_reader(day: date, moment: datetime) -> models.QuerySet[Any, Any]:
    """Return the compartments of the user of an outer query, one more than may be named: read along with a reader."""
    return _held_by(OuterRef("pk"), day, moment).order_by("compartment_id")[: MOST_NAMED + 1]


def circles_of(user: User) -> list[int] | models.QuerySet[Any, Any]:
    """Return the ids of the user's compartments for ``…__in``: by name where they were read with him, else as a subquery.

    Named ones let the database weigh which of its indexes is the shorter way.
    """
    known = (user.known_of or {}).get("circles")
    return compartments_of(user) if known is None or len(known) > MOST_NAMED else known or [0]


def has_many_circles(user: User) -> bool:
    """Tell whether the reader of a request belongs to too many compartments to name them."""
    return len((user.known_of or {}).get("circles", ())) > MOST_NAMED


class Reach(Enum):
    """How far somebody sees among rows that belong to compartments."""

    NOTHING = "nothing"
    #: Rows of the compartments that he belongs to.
    CIRCLES = "circles"
    EVERYTHING = "everything"


def reach_of(user: User) -> Reach:
    """Return how far the user sees: auditors everything, 三员 and units nothing, others by compartment."""
    if not user.is_authenticated or not user.is_active:
        return Reach.NOTHING
    if user.has_role(Role.AUDITOR):
        return Reach.EVERYTHING
    return Reach.CIRCLES if user.is_commission else Reach.NOTHING


class NeedToKnow(models.QuerySet[Any]):
    """Rows that belong to a compartment, directly or by ``COMPARTMENT`` (a path such as ``"case__compartment"``)."""

    COMPARTMENT = "compartment"

    def visible_to(self, user: User) -> Self:
        """Return the rows the user may know of."""
        reach = reach_of(user)
        if reach is Reach.NOTHING:
            return self.none()
        return self if reach is Reach.EVERYTHING else self.within(circles_of(user))

    def within(self, circles: list[int] | models.QuerySet[Any, Any]) -> Self:
        """Return the rows of these compartments."""
        way = "any_of" if isinstance(circles, list) else "in"
        return self.filter(**{f"{self.COMPARTMENT}__{way}": circles})
