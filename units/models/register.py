"""The unit register: who and where, from a day to a day."""

from datetime import date
from typing import Any, ClassVar, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, IntegerRangeField, RangeOperators
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core import clock
from casework.core.fields import CidrField, EncryptedTextField
from casework.core.models import Versioned
from casework.imports.models import ImportRun
from units.enums import ClaimState, Employment, UnitKind, UnitState


def units_led_by(user: User, on: date | None = None) -> models.QuerySet["UnitLeader", int]:
    """Return the ids of the units that the user leads on that day (today), as a subquery."""
    today = on or clock.today()
    return (
        UnitLeader.objects.filter(Q(until__isnull=True) | Q(until__gte=today), user=user)
        .filter(Q(from_on__isnull=True) | Q(from_on__lte=today))
        .values_list("unit_id", flat=True)
    )


class RegisterQuerySet(models.QuerySet[Any]):
    """Rows of the register: officials of the commission see all of it, a leader the own unit, others nothing."""

    UNIT: ClassVar[str] = "unit_id"
    FOR_LEADERS: ClassVar[bool] = True

    def visible_to(self, user: User) -> Self:
        """Return the rows the user may know of."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_commission:
            return self
        if self.FOR_LEADERS and user.has_role(Role.UNIT_LEADER):
            return self.filter(**{f"{self.UNIT}__in": units_led_by(user)})
        return self.none()


class UnitQuerySet(RegisterQuerySet):
    UNIT = "pk"


class RegionQuerySet(RegisterQuerySet):
    UNIT = "units"


class ClaimQuerySet(RegisterQuerySet):
    """Who claims which network is known to the commission alone: a conflict would show one unit another's claim."""

    FOR_LEADERS = False


class StandingManager(models.Manager[Any]):
    """What a list brought and somebody took back is in the register no more, even where something hidden rests on it.

    Whoever took the list back must not learn from a refusal that there is something he may not know of: the row stays
    for what points to it, and nobody finds it any more (foreign keys are followed past this manager).
    """

    def get_queryset(self) -> models.QuerySet[Any]:
        """Return the rows that stand."""
        return super().get_queryset().filter(taken_back_at__isnull=True)


class Region(models.Model):
    """An administrative division by its GB/T 2260 code."""

    code = models.CharField(_("行政区划代码"), max_length=6, primary_key=True)
    name = models.CharField(_("名称"), max_length=80)

    objects = RegionQuerySet.as_manager()

    class Meta:
        verbose_name = _("地区")
        constraints = [models.CheckConstraint(condition=Q(code__regex=r"^[1-9]\d{5}$"), name="region_code_form")]

    def __str__(self) -> str:
        return self.name

    @property
    def city_code(self) -> str:
        """The code of the prefecture-level city this division belongs to."""
        return f"{self.code[:4]}00"


class Unit(Versioned):
    """A body that holds addresses; public ones may be leads and inspect themselves."""

    code = models.CharField(_("统一社会信用代码"), max_length=40, unique=True)
    name = models.CharField(_("单位名称"), max_length=200)
    name_key = models.CharField(max_length=400, editable=False, default="")
    kind = models.CharField(_("单位类别"), max_length=20, choices=UnitKind.choices)
    region = models.ForeignKey(Region, models.PROTECT, related_name="units", verbose_name=_("地区"))
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("上级单位")
    )
    supervisor = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="supervised", verbose_name=_("主管单位")
    )
    is_public = models.GeneratedField(
        expression=~Q(kind=UnitKind.OTHER),  # type: ignore[arg-type]  # a condition is an expression
        output_field=models.BooleanField(),
        db_persist=True,
    )
    state = models.CharField(_("状态"), max_length=20, choices=UnitState.choices, default=UnitState.ACTIVE)
    closed_on = models.DateField(_("撤并日期"), null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged_from", verbose_name=_("并入单位")
    )
    import_run = models.ForeignKey(ImportRun, models.PROTECT, null=True, blank=True, related_name="+")
    taken_back_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = StandingManager.from_queryset(UnitQuerySet)()

    class Meta:
        verbose_name = _("单位")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=UnitKind.values), name="unit_kind_known"),
            models.CheckConstraint(condition=~Q(name=""), name="unit_named"),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")), name="unit_not_its_own_parent"
            ),
            models.CheckConstraint(
                condition=Q(state=UnitState.ACTIVE, closed_on__isnull=True, merged_into__isnull=True)
                | Q(state=UnitState.CLOSED, closed_on__isnull=False, merged_into__isnull=True)
                | Q(state=UnitState.MERGED, closed_on__isnull=False, merged_into__isnull=False),
                name="unit_state_facts",
            ),
        ]
        indexes = [models.Index(fields=["name_key", "id"]), models.Index(fields=["kind", "id"])]

    def __str__(self) -> str:
        return self.name


class UnitName(models.Model):
    """A name the unit bore until a day (更名)."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="earlier_names")
    name = models.CharField(_("曾用名"), max_length=200)
    until = models.DateField(_("止"))
    document = models.CharField(_("依据文号"), max_length=120, blank=True)

    objects = RegisterQuerySet.as_manager()

    class Meta:
        verbose_name = _("曾用名")
        constraints = [models.UniqueConstraint(fields=["unit", "until"], name="unit_name_once_a_day")]

    def __str__(self) -> str:
        return self.name


class UnitPlace(models.Model):
    """Where the unit stood until a day: its superior and the body that supervised it."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="earlier_places")
    parent = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("上级单位")
    )
    supervisor = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("主管单位")
    )
    until = models.DateField(_("止"))
    document = models.CharField(_("依据文号"), max_length=120, blank=True)

    objects = RegisterQuerySet.as_manager()

    class Meta:
        verbose_name = _("曾隶属")
        constraints = [models.UniqueConstraint(fields=["unit", "until"], name="unit_place_once_a_day")]

    def __str__(self) -> str:
        return f"{self.parent or self.supervisor or ''}"


class UnitLeader(models.Model):
    """Who answers for the unit, from a day until a day; an open start means since before the records begin."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="leaders")
    user = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="leads_units")
    name = models.CharField(_("负责人"), max_length=80)
    post = models.CharField(_("职务"), max_length=120, blank=True)
    email = models.EmailField(_("电子邮箱"), blank=True)
    mobile = models.CharField(_("手机"), max_length=20, blank=True)
    from_on = models.DateField(_("起"), null=True, blank=True)
    until = models.DateField(_("止"), null=True, blank=True)

    objects = RegisterQuerySet.as_manager()

    class Meta:
        verbose_name = _("单位负责人")
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(from_on__isnull=True) | Q(until__gte=F("from_on")),
                name="unit_leader_order",
            ),
            ExclusionConstraint(
                name="unit_leader_one_at_a_time",
                expressions=[
                    ("unit", RangeOperators.EQUAL),
                    (
                        Func("from_on", "until", Value("[]"), function="daterange", output_field=DateRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Person(Versioned):
    """A person of a unit with the standing that decides which sanctions are lawful."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="people", verbose_name=_("单位"))
    name = models.CharField(_("姓名"), max_length=80)
    name_key = models.CharField(max_length=200, editable=False, default="")
    id_number = EncryptedTextField(_("身份证号"), blank=True, default="")
    id_index = models.CharField(max_length=64, editable=False, default="")
    post = models.CharField(_("职务"), max_length=120, blank=True)
    rank = models.CharField(_("职级"), max_length=80, blank=True)
    employment = models.CharField(_("用工形式"), max_length=30, choices=Employment.choices, blank=True)
    party_member = models.BooleanField(_("是否党员"), null=True, blank=True)
    public_official = models.BooleanField(_("是否公职人员"), null=True, blank=True)
    leading_cadre = models.BooleanField(_("是否领导干部"), null=True, blank=True)
    from_on = models.DateField(_("起"), null=True, blank=True)
    until = models.DateField(_("止"), null=True, blank=True)
    import_run = models.ForeignKey(ImportRun, models.PROTECT, null=True, blank=True, related_name="+")
    taken_back_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = StandingManager.from_queryset(RegisterQuerySet)()

    class Meta:
        verbose_name = _("人员")
        constraints = [
            models.CheckConstraint(
                condition=Q(employment__in=["", *Employment.values]), name="person_employment_known"
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(from_on__isnull=True) | Q(until__gte=F("from_on")),
                name="person_order",
            ),
            models.UniqueConstraint(fields=["unit", "id_index"], condition=~Q(id_index=""), name="person_once_by_id"),
            models.UniqueConstraint(fields=["unit", "name"], condition=Q(id_index=""), name="person_once_by_name"),
        ]
        indexes = [models.Index(fields=["name_key", "id"]), models.Index(fields=["id_index"])]

    def __str__(self) -> str:
        return self.name


class AddressBlock(models.Model):
    """A unit's claim on a network from a day to a day, whole or by NAT ports.

    The most specific standing block at the moment of a sighting says whose address it was.
    """

    network = CidrField(_("网段"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="blocks", verbose_name=_("单位"))
    valid = DateRangeField(_("有效期"))
    nat_ports = IntegerRangeField(_("转换端口"), null=True, blank=True)
    operator = models.CharField(_("运营商"), max_length=80, blank=True)
    reference = models.CharField(_("依据"), max_length=200, blank=True)
    state = models.CharField(_("状态"), max_length=20, choices=ClaimState.choices, default=ClaimState.STANDING)
    import_run = models.ForeignKey(ImportRun, models.PROTECT, null=True, blank=True, related_name="+")
    taken_back_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = StandingManager.from_queryset(ClaimQuerySet)()

    class Meta:
        verbose_name = _("网段")
        constraints = [
            models.CheckConstraint(condition=Q(valid__isempty=False), name="block_period_not_empty"),
            models.CheckConstraint(
                condition=Q(nat_ports__isnull=True)
                | Q(nat_ports__isempty=False, nat_ports__startswith__gte=0, nat_ports__endswith__lte=65536),
                name="block_ports_in_range",
            ),
            ExclusionConstraint(
                name="block_claimed_once_by_a_unit",
                index_type="GIST",
                expressions=[
                    ("unit", RangeOperators.EQUAL),
                    # The expression keeps look-ups off this index: the ordinary one answers them many times as fast.
                    (
                        OpClass(Func("network", function="network", output_field=CidrField()), name="inet_ops"),
                        RangeOperators.OVERLAPS,
                    ),
                    ("valid", RangeOperators.OVERLAPS),
                    (
                        Coalesce(
                            "nat_ports",
                            Func(Value(0), Value(65536), function="int4range", output_field=IntegerRangeField()),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(state=ClaimState.STANDING),
            ),
        ]
        indexes = [models.Index(fields=["network"], name="block_network")]

    def __str__(self) -> str:
        return str(self.network)


class AddressConflict(models.Model):
    """Two units claim the same network at the same time; both claims are kept until somebody settles it."""

    first = models.ForeignKey(AddressBlock, models.PROTECT, related_name="conflicts_as_first")
    second = models.ForeignKey(AddressBlock, models.PROTECT, related_name="conflicts_as_second")
    noted_at = models.DateTimeField()
    kept = models.ForeignKey(AddressBlock, models.PROTECT, null=True, blank=True, related_name="+")
    settled_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(_("理由"), blank=True)

    objects = ClaimQuerySet.as_manager()

    class Meta:
        verbose_name = _("归属冲突")
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="conflict_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="conflict_ordered"),
            models.CheckConstraint(
                condition=Q(kept__isnull=True, settled_by__isnull=True, settled_at__isnull=True)
                | Q(kept__isnull=False, settled_by__isnull=False, settled_at__isnull=False),
                name="conflict_settled_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first} / {self.second}"


class Registration(models.Model):
    """备案: a device registered for research; a sighting inside it is explained, outside it is an alarm."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="registrations", verbose_name=_("单位"))
    device = models.CharField(_("设备"), max_length=200)
    purpose = models.CharField(_("用途"), max_length=200)
    from_on = models.DateField(_("起"))
    until = models.DateField(_("止"), null=True, blank=True)
    network = CidrField(_("网段"), null=True, blank=True)
    approved_by = models.CharField(_("批准人"), max_length=80, blank=True)
    reference = models.CharField(_("备案号"), max_length=120, blank=True)
    import_run = models.ForeignKey(ImportRun, models.PROTECT, null=True, blank=True, related_name="+")
    taken_back_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = StandingManager.from_queryset(RegisterQuerySet)()

    class Meta:
        verbose_name = _("科研备案")
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("from_on")), name="registration_order"
            ),
            models.UniqueConstraint(
                fields=["unit", "device", "from_on"],
                condition=Q(taken_back_at__isnull=True),
                name="registration_once_standing",
            ),
        ]

    def __str__(self) -> str:
        return self.device


__all__ = [
    "AddressBlock",
    "AddressConflict",
    "Person",
    "Region",
    "Registration",
    "Unit",
    "UnitLeader",
    "UnitName",
    "UnitPlace",
    "units_led_by",
]
