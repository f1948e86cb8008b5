"""Who works here: users, their organisations and the roles they hold from a day to a day."""

from collections.abc import Iterable
from datetime import date
from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Func, Q
from django.utils.translation import gettext_lazy as _

from casework.accounts.enums import ADMINISTRATORS, COMMISSION, OrganisationKind, Role
from casework.core import clock


class Organisation(models.Model):
    """A commission, one of its offices, or an agency that works with it."""

    code = models.CharField(_("代码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=200)
    kind = models.CharField(_("类别"), max_length=20, choices=OrganisationKind.choices)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")

    class Meta:
        verbose_name = _("机构")

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Creates accounts; there is no superuser over content, so ``createsuperuser`` has no use here."""

    def create_user(self, username: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """An account of one person; never shared, never deleted, only closed (``is_active``)."""

    username = models.CharField(_("用户名"), max_length=60, unique=True)
    name = models.CharField(_("姓名"), max_length=80)
    email = models.EmailField(_("电子邮箱"), blank=True)
    post = models.CharField(_("职务"), max_length=120, blank=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="users", verbose_name=_("机构"))
    is_active = models.BooleanField(_("启用"), default=True)
    created_at = models.DateTimeField(default=clock.now)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    # Libraries ask for these two; nobody here has them.
    is_staff = False
    is_superuser = False
    #: What apps above read along with the user of a request that changes nothing (``backends.read_with_reader``).
    known_of: dict[str, Any] | None = None

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        verbose_name = _("用户")

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    @cached_property
    def roles(self) -> frozenset[str]:
        """The roles held today; read once per request object."""
        return self.roles_on(clock.today())

    def roles_on(self, day: date) -> frozenset[str]:
        """Return the roles held on that day; read once a day and object, until ``forget_roles``."""
        known = self._roles_by_day.get(day)
        if known is None:
            held = self.appointments.filter(Q(until__isnull=True) | Q(until__gte=day), from_on__lte=day)
            known = self._roles_by_day[day] = frozenset(held.values_list("role", flat=True))
        return known

    @cached_property
    def _roles_by_day(self) -> dict[date, frozenset[str]]:
        return {}

    def know_roles(self, day: date, roles: Iterable[str]) -> None:
        """Take the roles held on that day from whoever has just read them."""
        self._roles_by_day[day] = frozenset(roles)

    def forget_roles(self) -> None:
        """Read the roles anew next time; called by whoever changes appointments."""
        self.__dict__.pop("roles", None)
        self.__dict__.pop("_roles_by_day", None)

    def has_role(self, *roles: str) -> bool:
        """Tell whether one of the roles is held today."""
        return not self.roles.isdisjoint(roles)

    @property
    def is_administrator(self) -> bool:
        """One of 三员, who sees no content."""
        return not self.roles.isdisjoint(ADMINISTRATORS)

    @property
    def is_commission(self) -> bool:
        """An official of the commission who works on content."""
        return not self.roles.isdisjoint(COMMISSION)


class Appointment(models.Model):
    """A role held by a person from a day to a day (both included)."""

    user = models.ForeignKey(User, models.PROTECT, related_name="appointments")
    role = models.CharField(_("角色"), max_length=30, choices=Role.choices)
    from_on = models.DateField(_("起"))
    until = models.DateField(_("止"), null=True, blank=True)
    document = models.CharField(_("依据文号"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("任职")
        constraints = [
            models.CheckConstraint(condition=Q(role__in=Role.values), name="appointment_role_known"),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=models.F("from_on")), name="appointment_order"
            ),
            ExclusionConstraint(
                name="appointment_no_overlap",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    (
                        Func(
                            "from_on", "until", models.Value("[]"), function="daterange", output_field=DateRangeField()
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_role_display()}"


class Token(models.Model):
    """An API token: the digest of a secret shown once, with an owner and a scope; sees what its owner sees."""

    class Scope(models.TextChoices):
        READ = "read", _("只读")
        WRITE = "write", _("读写")

    owner = models.ForeignKey(User, models.PROTECT, related_name="tokens")
    name = models.CharField(_("用途"), max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    scope = models.CharField(_("范围"), max_length=10, choices=Scope.choices)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("接口令牌")

    def __str__(self) -> str:
        return f"{self.name} ({self.owner})"
