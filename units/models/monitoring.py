"""What the monitors saw, whose address it was, and the leads that came of it."""

from typing import Self

from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from casework.access.models import Compartment, NeedToKnow
from casework.accounts.enums import Role
from casework.accounts.models import Organisation, User
from casework.core.models import Versioned
from casework.imports.models import ImportRun
from units.enums import (
    AddressStatus,
    Classification,
    Disposition,
    LeadState,
    MatchState,
    QuestionKind,
    Stance,
)
from units.models.register import AddressBlock, Person, Registration, Unit


class MonitoringQuerySet(NeedToKnow):
    """Rows of a compartment; a unit's leader never sees them, whatever else he may be."""

    def visible_to(self, user: User) -> Self:
        """Return the rows the user may know of."""
        if user.is_authenticated and user.has_role(Role.UNIT_LEADER):
            return self.none()
        return super().visible_to(user)


class OfList(MonitoringQuerySet):
    COMPARTMENT = "monitor_list__compartment"


class OfSighting(MonitoringQuerySet):
    COMPARTMENT = "sighting__compartment"


class OfLead(MonitoringQuerySet):
    COMPARTMENT = "lead__compartment"


class OfQuestion(MonitoringQuerySet):
    COMPARTMENT = "question__lead__compartment"


class MonitorList(models.Model):
    """One list of one sensor: the addresses it saw in one sampling."""

    sensor = models.CharField(_("监测点"), max_length=120, blank=True)
    sampled_at = models.DateTimeField(_("采样时间"))
    compartment = models.ForeignKey(Compartment, models.PROTECT, related_name="monitor_lists")
    import_run = models.ForeignKey(ImportRun, models.PROTECT, related_name="monitor_lists")

    objects = MonitoringQuerySet.as_manager()

    class Meta:
        verbose_name = _("监测清单")
        constraints = [models.UniqueConstraint(fields=["import_run", "sensor"], name="monitor_list_once_a_run")]
        indexes = [models.Index(fields=["sensor", "sampled_at", "id"])]

    def __str__(self) -> str:
        return f"{self.sensor} {self.sampled_at:%Y-%m-%d}"


class ListedAddress(models.Model):
    """An address stands in a list; what it means against the earlier lists of the same sensor."""

    # No index of its own for a foreign key that another index begins with: a list has a hundred thousand rows.
    monitor_list = models.ForeignKey(MonitorList, models.PROTECT, related_name="addresses", db_index=False)
    ip = models.GenericIPAddressField(_("IP地址"))
    status = models.CharField(_("变化"), max_length=12, choices=AddressStatus.choices)

    objects = OfList.as_manager()

    class Meta:
        verbose_name = _("清单地址")
        constraints = [
            models.UniqueConstraint(fields=["monitor_list", "ip"], name="listed_address_once"),
            models.CheckConstraint(condition=Q(status__in=AddressStatus.values), name="listed_address_status_known"),
        ]
        indexes = [models.Index(fields=["ip"])]

    def __str__(self) -> str:
        return str(self.ip)


class Lead(Versioned):
    """问题线索: what points to a unit; grouped sightings, three open questions, one way of handling it."""

    number = models.CharField(_("线索编号"), max_length=40, unique=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="leads", verbose_name=_("单位"))
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="leads", verbose_name=_("人员")
    )
    campaign = models.ForeignKey(
        "units.Campaign", models.PROTECT, null=True, blank=True, related_name="leads", verbose_name=_("专项行动")
    )
    compartment = models.ForeignKey(Compartment, models.PROTECT, related_name="leads", verbose_name=_("知悉范围"))
    source = models.CharField(_("来源"), max_length=200, blank=True)
    received_on = models.DateField(_("收到日期"))
    state = models.CharField(_("状态"), max_length=30, choices=LeadState.choices, default=LeadState.UNDER_STUDY)
    previous_state = models.CharField(max_length=30, choices=LeadState.choices, blank=True, editable=False)
    proposal = models.CharField(_("拟办意见"), max_length=30, choices=Disposition.choices, blank=True)
    proposed_at = models.DateTimeField(_("报送时间"), null=True, blank=True)
    proposed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    disposition = models.CharField(_("处置方式"), max_length=30, choices=Disposition.choices, blank=True)
    disposed_at = models.DateTimeField(_("处置时间"), null=True, blank=True)
    disposed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    change_set = models.CharField(max_length=32, blank=True, editable=False, db_index=True)
    classification = models.CharField(_("定性"), max_length=20, choices=Classification.choices, blank=True)
    classified_at = models.DateTimeField(_("定性时间"), null=True, blank=True)
    classified_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    handler = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="handled_leads", verbose_name=_("承办人")
    )
    transferred_to = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("移送单位")
    )
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged_from", verbose_name=_("并入线索")
    )
    earlier = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="later", verbose_name=_("以往线索")
    )
    note = models.TextField(_("批注"), blank=True)

    objects = MonitoringQuerySet.as_manager()

    class Meta:
        verbose_name = _("线索")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=LeadState.values), name="lead_state_known"),
            models.CheckConstraint(
                condition=Q(disposition__in=["", *Disposition.values]), name="lead_disposition_known"
            ),
            models.CheckConstraint(
                condition=Q(proposal="", proposed_at__isnull=True, proposed_by__isnull=True)
                | (~Q(proposal="") & Q(proposed_at__isnull=False, proposed_by__isnull=False)),
                name="lead_proposed_whole",
            ),
            models.CheckConstraint(
                condition=Q(classification__in=["", *Classification.values]), name="lead_classification_known"
            ),
            models.CheckConstraint(
                condition=Q(classification="", classified_at__isnull=True, classified_by__isnull=True)
                | (~Q(classification="") & Q(classified_at__isnull=False, classified_by__isnull=False)),
                name="lead_classified_whole",
            ),
            models.CheckConstraint(
                condition=Q(disposition="", disposed_at__isnull=True, disposed_by__isnull=True)
                | (~Q(disposition="") & Q(disposed_at__isnull=False, disposed_by__isnull=False)),
                name="lead_disposed_whole",
            ),
            models.CheckConstraint(
                condition=Q(earlier__isnull=True) | ~Q(earlier=F("id")), name="lead_not_its_own_earlier"
            ),
            models.CheckConstraint(
                condition=~Q(state=LeadState.MERGED) | Q(merged_into__isnull=False), name="lead_merged_into"
            ),
        ]
        indexes = [
            models.Index(fields=["compartment", "state"]),
            models.Index(fields=["unit", "received_on"]),
            models.Index(fields=["-received_on", "-id"]),
        ]

    def __str__(self) -> str:
        return self.number


class Sighting(models.Model):
    """One connection that a monitor saw; facts as they came, and whose address it was at that moment."""

    monitor_list = models.ForeignKey(MonitorList, models.PROTECT, related_name="sightings")
    # Each foreign key without an index of its own has one in ``Meta``: an index that is not needed slows every import.
    compartment = models.ForeignKey(Compartment, models.PROTECT, related_name="+", db_index=False)
    sensor = models.CharField(_("监测点"), max_length=120, blank=True)
    observed_at = models.DateTimeField(_("监测时间"))
    ip = models.GenericIPAddressField(_("IP地址"))
    port = models.PositiveIntegerField(_("端口"), null=True, blank=True)
    remote_host = models.CharField(_("远端主机"), max_length=255, blank=True)
    remote_port = models.PositiveIntegerField(_("远端端口"), null=True, blank=True)
    protocol = models.CharField(_("协议"), max_length=40, blank=True)
    currency = models.CharField(_("币种"), max_length=40, blank=True)
    reference = models.CharField(_("来源"), max_length=200, blank=True)
    match_state = models.CharField(_("归属"), max_length=12, choices=MatchState.choices, default=MatchState.UNMATCHED)
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="sightings", verbose_name=_("单位"), db_index=False
    )
    block = models.ForeignKey(AddressBlock, models.PROTECT, null=True, blank=True, related_name="sightings")
    registration = models.ForeignKey(
        Registration,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="sightings",
        verbose_name=_("科研备案"),
        db_index=False,
    )
    lead = models.ForeignKey(
        Lead, models.PROTECT, null=True, blank=True, related_name="sightings", verbose_name=_("线索"), db_index=False
    )

    objects = MonitoringQuerySet.as_manager()

    class Meta:
        verbose_name = _("监测记录")
        constraints = [
            models.UniqueConstraint(
                fields=["sensor", "observed_at", "ip", "port", "remote_host", "remote_port"],
                name="sighting_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(match_state=MatchState.MATCHED, unit__isnull=False, block__isnull=False)
                | Q(
                    match_state__in=[MatchState.AMBIGUOUS, MatchState.UNMATCHED],
                    unit__isnull=True,
                    block__isnull=True,
                ),
                name="sighting_matched_whole",
            ),
            models.CheckConstraint(
                condition=Q(port__isnull=True) | Q(port__range=(0, 65535)), name="sighting_port_range"
            ),
            models.CheckConstraint(
                condition=Q(remote_port__isnull=True) | Q(remote_port__range=(0, 65535)),
                name="sighting_remote_port_range",
            ),
        ]
        indexes = [
            models.Index(fields=["compartment", "-observed_at", "-id"]),
            models.Index(fields=["-observed_at", "-id"]),
            models.Index(fields=["ip", "observed_at"]),
            models.Index(fields=["unit", "-observed_at"], condition=Q(unit__isnull=False), name="sighting_of_unit"),
            models.Index(fields=["lead", "-observed_at"], condition=Q(lead__isnull=False), name="sighting_of_lead"),
            models.Index(
                fields=["registration"], condition=Q(registration__isnull=False), name="sighting_of_registration"
            ),
            # For the search: a host is found by its beginning. It has few values, so the index stays small.
            models.Index(OpClass(F("remote_host"), "varchar_pattern_ops"), name="sighting_remote_host"),
        ]

    def __str__(self) -> str:
        return f"{self.ip} {self.observed_at:%Y-%m-%d %H:%M}"


class Candidate(models.Model):
    """A block that may be the one an ambiguous sighting belongs to: all are kept, none is picked."""

    sighting = models.ForeignKey(Sighting, models.CASCADE, related_name="candidates")
    block = models.ForeignKey(AddressBlock, models.PROTECT, related_name="candidates")

    objects = OfSighting.as_manager()

    class Meta:
        verbose_name = _("可能归属")
        constraints = [models.UniqueConstraint(fields=["sighting", "block"], name="candidate_once")]

    def __str__(self) -> str:
        return f"{self.sighting_id} → {self.block_id}"


class LeadAddress(models.Model):
    """An address of the lead with the time it was seen."""

    lead = models.ForeignKey(Lead, models.PROTECT, related_name="addresses")
    ip = models.GenericIPAddressField(_("IP地址"))
    first_seen_at = models.DateTimeField(_("最早监测"))
    last_seen_at = models.DateTimeField(_("最近监测"))

    objects = OfLead.as_manager()

    class Meta:
        verbose_name = _("线索地址")
        constraints = [
            models.UniqueConstraint(fields=["lead", "ip"], name="lead_address_once"),
            models.CheckConstraint(condition=Q(last_seen_at__gte=F("first_seen_at")), name="lead_address_order"),
        ]
        indexes = [models.Index(fields=["ip"])]

    def __str__(self) -> str:
        return str(self.ip)


class Question(Versioned):
    """One of the three open questions of a lead; settled by somebody, at a time, on a source."""

    lead = models.ForeignKey(Lead, models.PROTECT, related_name="questions")
    kind = models.CharField(_("问题"), max_length=20, choices=QuestionKind.choices)
    answer = models.TextField(_("结论"), blank=True)
    settled_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)
    source_ref = models.CharField(_("依据"), max_length=200, blank=True)

    objects = OfLead.as_manager()

    class Meta:
        verbose_name = _("未决问题")
        constraints = [
            models.UniqueConstraint(fields=["lead", "kind"], name="question_once"),
            models.CheckConstraint(condition=Q(kind__in=QuestionKind.values), name="question_kind_known"),
            models.CheckConstraint(
                condition=Q(answer="", settled_by__isnull=True, settled_at__isnull=True)
                | (~Q(answer="") & Q(settled_by__isnull=False, settled_at__isnull=False)),
                name="question_settled_whole",
            ),
            models.CheckConstraint(
                condition=~Q(kind=QuestionKind.NATURE) | Q(answer__in=["", *Classification.values]),
                name="question_nature_is_a_classification",
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()

    @property
    def is_open(self) -> bool:
        """Whether nobody has settled it yet."""
        return not self.answer

    @property
    def answer_words(self) -> str:
        """The answer as people read it."""
        return (
            str(Classification(self.answer).label) if self.kind == QuestionKind.NATURE and self.answer else self.answer
        )


class QuestionEvidence(models.Model):
    """Something that speaks for or against one candidate answer."""

    question = models.ForeignKey(Question, models.PROTECT, related_name="evidence")
    candidate = models.CharField(_("候选答案"), max_length=200)
    stance = models.CharField(_("立场"), max_length=10, choices=Stance.choices)
    text = models.CharField(_("内容"), max_length=400)
    ref = models.CharField(_("依据"), max_length=80, blank=True)
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    objects = OfQuestion.as_manager()

    class Meta:
        verbose_name = _("正反依据")
        constraints = [models.CheckConstraint(condition=Q(stance__in=Stance.values), name="evidence_stance_known")]

    def __str__(self) -> str:
        return self.text
