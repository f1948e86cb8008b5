"""Unannounced inspections (突击检查): one compartment for the whole, one for each team.

Nobody outside may learn that an inspection exists; a team member knows his own team's sites only. Numbers come from a
series of their own, so that no list of another kind shows a gap.
"""

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.enums import InspectionState, SiteNature, SiteState, TeamDuty
from casework.access.models import Compartment, NeedToKnow, circles_of
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core.models import Versioned
from evidence.models import Collection
from units.models import Campaign, Lead, Region, Unit


class InspectionKnown(NeedToKnow):
    """Known to its leaders and to each team's members, who see their own team of it and nothing of the others.

    From its release (T0) on, the circle of its campaign knows of it too.
    """

    def visible_to(self, user: User) -> Self:
        """Return the inspections of which the user is a leader or a team member; auditors see all."""
        known = super().visible_to(user)
        if not user.is_authenticated or not user.is_commission or user.has_role(Role.AUDITOR):
            return known
        mine = circles_of(user)
        teams = InspectionTeam.objects.visible_to(user).values("inspection")
        released = Q(released_at__isnull=False, campaign__compartment__in=mine)
        return self.filter(Q(compartment__in=mine) | Q(pk__in=teams) | released)


class Inspection(Versioned):
    """One operation under a cover name; ``compartment`` is the leaders', each team has its own below."""

    number = models.CharField(_("编号"), max_length=40, unique=True)
    campaign = models.ForeignKey(Campaign, models.PROTECT, null=True, blank=True, related_name="inspections")
    cover_name = models.CharField(_("对外名称"), max_length=120)
    compartment = models.OneToOneField(Compartment, models.PROTECT, related_name="inspection")
    from_on = models.DateField(_("起"))
    to_on = models.DateField(_("止"))
    state = models.CharField(_("状态"), max_length=20, choices=InspectionState.choices, default=InspectionState.PLANNED)
    planned_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    planned_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(_("公开时间"), null=True, blank=True)
    released_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects: ClassVar[InspectionKnown] = InspectionKnown.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("突击检查")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=InspectionState.values), name="inspection_state_known"),
            models.CheckConstraint(condition=Q(to_on__gte=F("from_on")), name="inspection_order"),
            models.CheckConstraint(
                condition=~Q(state=InspectionState.CLOSED) | Q(closed_at__isnull=False),
                name="inspection_closed_has_time",
            ),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True) | ~Q(state=InspectionState.PLANNED),
                name="inspection_released_has_begun",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class InspectionTeam(models.Model):
    """One team, with the compartment in which its sites lie."""

    inspection = models.ForeignKey(Inspection, models.PROTECT, related_name="teams")
    number = models.PositiveSmallIntegerField(_("组别"))
    compartment = models.OneToOneField(Compartment, models.PROTECT, related_name="inspection_team")

    objects: ClassVar[NeedToKnow] = NeedToKnow.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("检查组")
        constraints = [models.UniqueConstraint(fields=["inspection", "number"], name="inspection_team_once")]

    def __str__(self) -> str:
        return f"第 {self.number} 组"


class OfTeam(NeedToKnow):
    """Rows known to the team and to the leaders of the inspection, who are granted every team's compartment."""

    COMPARTMENT = "team__compartment"


class TeamMember(models.Model):
    """A member of a team; somebody lent by another agency may have no account."""

    team = models.ForeignKey(InspectionTeam, models.PROTECT, related_name="members")
    user = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="inspection_memberships")
    name = models.CharField(_("姓名"), max_length=80)
    agency = models.CharField(_("单位"), max_length=120)
    duty = models.CharField(_("分工"), max_length=20, choices=TeamDuty.choices, default=TeamDuty.MEMBER)
    left_at = models.DateTimeField(_("退出时间"), null=True, blank=True)

    objects: ClassVar[OfTeam] = OfTeam.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("检查组成员")
        constraints = [
            models.CheckConstraint(condition=Q(duty__in=TeamDuty.values), name="team_member_duty_known"),
            models.UniqueConstraint(
                fields=["team", "user"], condition=Q(user__isnull=False, left_at__isnull=True), name="team_member_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SiteKnown(NeedToKnow):
    """Sites lie in their team's compartment; from the release of the inspection on, its campaign's circle knows them."""

    def visible_to(self, user: User) -> Self:
        """Return the sites of the user's teams, and those of released inspections of his campaigns."""
        known = super().visible_to(user)
        if not user.is_authenticated or not user.is_commission or user.has_role(Role.AUDITOR):
            return known
        mine = circles_of(user)
        released = Q(team__inspection__released_at__isnull=False, team__inspection__campaign__compartment__in=mine)
        return self.filter(Q(compartment__in=mine) | released)


class Site(Versioned):
    """One place that a team visits, with what it found there."""

    team = models.ForeignKey(InspectionTeam, models.PROTECT, related_name="sites")
    compartment = models.ForeignKey(Compartment, models.PROTECT, related_name="sites")
    number = models.PositiveSmallIntegerField(_("序号"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="inspected_sites", verbose_name=_("单位"))
    lead = models.ForeignKey(Lead, models.PROTECT, null=True, blank=True, related_name="inspected_sites")
    region = models.ForeignKey(Region, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("地区"))
    place = models.CharField(_("地点"), max_length=200, blank=True)
    visit_on = models.DateField(_("检查日期"))
    state = models.CharField(_("状态"), max_length=20, choices=SiteState.choices, default=SiteState.PLANNED)
    arrived_at = models.DateTimeField(_("到场时间"), null=True, blank=True)
    machine = models.CharField(_("设备"), max_length=200, blank=True, help_text=_("哪台机器、谁在用"))
    machines_found = models.PositiveSmallIntegerField(_("矿机数量"), null=True, blank=True)
    computers_found = models.PositiveSmallIntegerField(_("电脑数量"), null=True, blank=True)
    extent = models.CharField(_("规模、时长"), max_length=200, blank=True)
    nature = models.CharField(_("性质"), max_length=20, choices=SiteNature.choices, blank=True)
    basis = models.TextField(_("认定依据"), blank=True)
    reported_at = models.DateTimeField(null=True, blank=True)
    collection = models.OneToOneField(Collection, models.PROTECT, null=True, blank=True, related_name="site")

    objects: ClassVar[SiteKnown] = SiteKnown.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("检查地点")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=SiteState.values), name="site_state_known"),
            models.CheckConstraint(condition=Q(nature="") | Q(nature__in=SiteNature.values), name="site_nature_known"),
            models.CheckConstraint(
                condition=Q(state=SiteState.PLANNED) | Q(arrived_at__isnull=False), name="site_visited_has_time"
            ),
            models.CheckConstraint(
                condition=~Q(state=SiteState.REPORTED) | (Q(reported_at__isnull=False) & ~Q(nature="")),
                name="site_reported_has_nature",
            ),
            models.UniqueConstraint(fields=["team", "number"], name="site_number_once"),
        ]
        indexes = [models.Index(fields=["compartment", "visit_on"])]

    def __str__(self) -> str:
        return f"{self.unit}"


class OfSite(NeedToKnow):
    """Rows known to whoever may know of their site."""

    COMPARTMENT = "site__compartment"


class SiteAddress(models.Model):
    """A network address to be traced at the site: along the cable to the cabinet."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="addresses")
    ip = models.GenericIPAddressField(_("IP 地址"))
    traced = models.BooleanField(_("已查到设备"), default=False)

    objects: ClassVar[OfSite] = OfSite.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("检查地址")
        constraints = [models.UniqueConstraint(fields=["site", "ip"], name="site_address_once")]

    def __str__(self) -> str:
        return self.ip


class SiteConfirmation(models.Model):
    """An officer signs for the report of the site; two different officers are needed (监察法第四十四条)."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="confirmations")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("现场确认")
        constraints = [models.UniqueConstraint(fields=["site", "user"], name="site_confirmation_once")]

    def __str__(self) -> str:
        return f"{self.user} {self.at:%Y-%m-%d %H:%M}"


class SiteHelper(models.Model):
    """Somebody of the place who opens doors: he learns address and time of his own site, and nothing else."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="helpers")
    user = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="site_helps")
    name = models.CharField(_("姓名"), max_length=80)
    agency = models.CharField(_("单位"), max_length=120, blank=True)
    meet_place = models.CharField(_("会合地点"), max_length=200)
    meet_at = models.DateTimeField(_("会合时间"))
    tell_from = models.DateTimeField(_("何时起可见"))
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    objects: ClassVar[OfSite] = OfSite.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("现场协助人员")
        constraints = [
            models.UniqueConstraint(fields=["site", "user"], condition=Q(user__isnull=False), name="site_helper_once"),
            models.CheckConstraint(condition=Q(tell_from__lte=F("meet_at")), name="site_helper_told_in_time"),
        ]

    def __str__(self) -> str:
        return self.name


class OfInspection(NeedToKnow):
    """Rows known to the leaders of the inspection alone."""

    COMPARTMENT = "inspection__compartment"


class TargetReading(models.Model):
    """Somebody opened a list of targets, and whether that was before the release; appended, for leak forensics."""

    inspection = models.ForeignKey(Inspection, models.PROTECT, related_name="target_readings")
    team = models.ForeignKey(InspectionTeam, models.PROTECT, null=True, blank=True, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    what = models.CharField(_("看了什么"), max_length=20)
    sites = models.PositiveSmallIntegerField(_("地点数"))
    before_release = models.BooleanField(_("公开之前"))
    at = models.DateTimeField()

    objects: ClassVar[OfInspection] = OfInspection.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("目标清单查看记录")
        indexes = [models.Index(fields=["inspection", "at"])]

    def __str__(self) -> str:
        return f"{self.user} {self.what}"


class HelpCall(models.Model):
    """A team calls for help from its site; the leaders answer."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="help_calls")
    text = models.CharField(_("需要什么"), max_length=200)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    answer = models.CharField(_("回应"), max_length=200, blank=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[OfSite] = OfSite.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("求助")
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answer="") | (Q(answered_at__isnull=False) & ~Q(answer="")),
                name="help_call_answered_in_words",
            )
        ]
        indexes = [models.Index(fields=["site", "at"])]

    def __str__(self) -> str:
        return self.text
