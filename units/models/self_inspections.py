"""The self-inspection of one unit: its answers, sheets, attachments, frozen reports and returns."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from casework.access.models import NeedToKnow
from casework.accounts.models import User
from casework.core import clock
from casework.core.models import Versioned
from casework.files.models import Blob
from units.enums import Employment
from units.enums_campaign import (
    AddressFinding,
    DeviceKind,
    Handled,
    InspectionState,
    Involvement,
    SpotCheckResult,
    TerminalKind,
)
from units.models.register import units_led_by


class SelfInspectionQuerySet(NeedToKnow):
    COMPARTMENT = "campaign_unit__campaign__compartment"

    def for_leader(self, user: User, on: date | None = None) -> Self:
        """Return what the leader of a unit may see: issued to a unit that he leads on that day (today).

        Kept apart from ``visible_to``, so that no page of the commission ever serves a unit.
        """
        if not user.is_authenticated or not user.is_active:
            return self.none()
        day = on or clock.today()
        return self.filter(unit__in=units_led_by(user, day), issued_on__lte=day)


class SelfInspection(Versioned):
    """What one unit has to report in one stage, with its own clock (deadline ``selfinspection:<pk>``)."""

    campaign_unit = models.ForeignKey("units.CampaignUnit", models.PROTECT, related_name="self_inspections")
    stage = models.ForeignKey("units.Stage", models.PROTECT, related_name="self_inspections")
    unit = models.ForeignKey("units.Unit", models.PROTECT, related_name="self_inspections")
    leader = models.ForeignKey("units.UnitLeader", models.PROTECT, related_name="+", verbose_name=_("负责人"))
    state = models.CharField(_("状态"), max_length=20, choices=InspectionState.choices, default=InspectionState.ISSUED)
    questionnaire = models.CharField(max_length=40)
    issued_at = models.DateTimeField(_("下发时间"))
    issued_on = models.DateField(_("下发日"))
    issued_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    due_on = models.DateField(_("期限"))
    acknowledged_at = models.DateTimeField(_("签收时间"), null=True, blank=True)
    acknowledged_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    saved_at = models.DateTimeField(_("最近保存"), null=True, blank=True)
    #: Answered questions, kept by the services in the act that changes them, so that a matrix need not count.
    answered = models.PositiveSmallIntegerField(_("已答题数"), default=0)
    first_submitted_at = models.DateTimeField(_("首次上报"), null=True, blank=True)
    submitted_at = models.DateTimeField(_("上报时间"), null=True, blank=True)
    #: The verdict at the first report, frozen with it.
    late = models.BooleanField(_("超期上报"), default=False)
    reviewer = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("审核人")
    )
    accepted_at = models.DateTimeField(_("通过时间"), null=True, blank=True)
    false_report = models.BooleanField(_("上报不实"), default=False)
    #: Why the report is no longer asked for; the unit reads it.
    withdrawn_reason = models.CharField(_("撤回说明"), max_length=300, blank=True)

    objects = SelfInspectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("自查报告")
        constraints = [
            models.UniqueConstraint(fields=["campaign_unit", "stage"], name="self_inspection_once"),
            models.CheckConstraint(condition=Q(state__in=InspectionState.values), name="self_inspection_state_known"),
            models.CheckConstraint(condition=Q(due_on__gte=models.F("issued_on")), name="self_inspection_days_order"),
            models.CheckConstraint(
                condition=Q(submitted_at__isnull=True, first_submitted_at__isnull=True)
                | Q(submitted_at__gte=models.F("first_submitted_at")),
                name="self_inspection_submitted_order",
            ),
        ]
        indexes = [
            models.Index(fields=["stage", "state"]),
            models.Index(fields=["unit", "issued_on"]),
            models.Index(fields=["due_on"]),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.stage}"

    @property
    def compartment_id(self) -> int:
        """The compartment of the campaign."""
        return self.campaign_unit.campaign.compartment_id

    @property
    def ref(self) -> str:
        """The text reference in ledger, deadlines and notices."""
        return f"selfinspection:{self.pk}"

    @property
    def state_for_unit(self) -> str:
        """The state as the unit may know it: a spot check is unannounced, so it looks like the review."""
        return InspectionState.UNDER_REVIEW if self.state == InspectionState.SPOT_CHECK else self.state


class OfInspection(NeedToKnow):
    COMPARTMENT = "inspection__campaign_unit__campaign__compartment"


class Answer(Versioned):
    """The answer to one question as last saved; ``version`` guards against two people writing at once."""

    inspection = models.ForeignKey(SelfInspection, models.PROTECT, related_name="answers")
    code = models.SlugField(max_length=40)
    value = models.JSONField()
    answered_at = models.DateTimeField()
    answered_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects = OfInspection.as_manager()

    class Meta:
        verbose_name = _("答案")
        constraints = [models.UniqueConstraint(fields=["inspection", "code"], name="answer_once")]

    def __str__(self) -> str:
        return f"{self.code}={self.value}"


class Row(Versioned):
    """A row of one of the sheets. Rows may be changed until the report is submitted; reports freeze them."""

    inspection = models.ForeignKey(SelfInspection, models.PROTECT, related_name="%(class)ss")
    place = models.CharField(_("放在哪里"), max_length=200, blank=True)
    note = models.CharField(_("备注"), max_length=500, blank=True)

    objects = OfInspection.as_manager()

    class Meta:
        abstract = True
        ordering = ["pk"]


class ReportedAddress(Row):
    """An address that the unit uses and what it found there."""

    inspection = models.ForeignKey(SelfInspection, models.PROTECT, related_name="addresses")
    ip = models.GenericIPAddressField(_("IP地址"))
    use = models.CharField(_("用途"), max_length=200, blank=True)
    found = models.CharField(_("自查情况"), max_length=20, choices=AddressFinding.choices)

    class Meta(Row.Meta):
        verbose_name = _("上报地址")
        constraints = [
            models.UniqueConstraint(fields=["inspection", "ip"], name="reported_address_once"),
            models.CheckConstraint(condition=Q(found__in=AddressFinding.values), name="reported_address_found_known"),
        ]

    def __str__(self) -> str:
        return str(self.ip)


class Terminal(Row):
    """A terminal that was checked."""

    inspection = models.ForeignKey(SelfInspection, models.PROTECT, related_name="terminals")
    kind = models.CharField(_("类型"), max_length=20, choices=TerminalKind.choices)
    asset_number = models.CharField(_("资产编号"), max_length=80)
    model = models.CharField(_("型号"), max_length=120, blank=True)
    keeper = models.CharField(_("使用人"), max_length=80, blank=True)
    ip = models.GenericIPAddressField(_("IP地址"), null=True, blank=True)
    found = models.CharField(_("自查情况"), max_length=20, choices=AddressFinding.choices, default=AddressFinding.NONE)

    class Meta(Row.Meta):
        verbose_name = _("自查终端")
        constraints = [
            models.UniqueConstraint(fields=["inspection", "asset_number"], name="terminal_once"),
            models.CheckConstraint(condition=Q(kind__in=TerminalKind.values), name="terminal_kind_known"),
            models.CheckConstraint(condition=Q(found__in=AddressFinding.values), name="terminal_found_known"),
        ]

    def __str__(self) -> str:
        return self.asset_number


class SealedDevice(Row):
    """A computer or a rig that the unit stopped and sealed itself."""

    inspection = models.ForeignKey(SelfInspection, models.PROTECT, related_name="sealed_devices")
    kind = models.CharField(_("类别"), max_length=20, choices=DeviceKind.choices)
    model = models.CharField(_("型号"), max_length=120)
    serial = models.CharField(_("序列号"), max_length=80)
    seal_number = models.CharField(_("封条号"), max_length=40)
    sealed_on = models.DateField(_("封存日"), null=True, blank=True)

    class Meta(Row.Meta):
        verbose_name = _("封存设备")
        constraints = [
            models.UniqueConstraint(fields=["inspection", "serial"], name="sealed_device_serial_once"),
            models.UniqueConstraint(fields=["inspection", "seal_number"], name="sealed_device_seal_once"),
            models.CheckConstraint(condition=Q(kind__in=DeviceKind.values), name="sealed_device_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.serial}"


class ReportedCurrency(Row):
    """A virtual currency that was mined or traded, as the unit reports it."""

    inspection = models.ForeignKey(SelfInspection, models.PROTECT, related_name="currencies")
    name = models.CharField(_("币种"), max_length=40)
    symbol = models.CharField(_("代号"), max_length=12, blank=True)
    quantity = models.DecimalField(_("数量"), max_digits=30, decimal_places=8, null=True, blank=True)

    class Meta(Row.Meta):
        verbose_name = _("上报币种")
        constraints = [
            models.UniqueConstraint(fields=["inspection", "name"], name="reported_currency_once"),
            models.CheckConstraint(
                condition=Q(quantity__isnull=True) | Q(quantity__gte=0), name="reported_currency_quantity"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.symbol}".strip()


class ReportedPerson(Row):
    """A person involved, as the unit reports him."""

    inspection = models.ForeignKey(SelfInspection, models.PROTECT, related_name="people")
    name = models.CharField(_("姓名"), max_length=80)
    post = models.CharField(_("职务"), max_length=120)
    employment = models.CharField(_("用工形式"), max_length=30, choices=Employment.choices)
    party_member = models.BooleanField(_("中共党员"), default=False)
    public_official = models.BooleanField(_("公职人员"), default=False)
    deed = models.CharField(_("行为"), max_length=500)
    involvement = models.CharField(_("涉及方式"), max_length=20, choices=Involvement.choices, blank=True)
    handled = models.CharField(_("处理类别"), max_length=20, choices=Handled.choices, blank=True)
    handling = models.CharField(_("本单位处理"), max_length=500, blank=True)

    class Meta(Row.Meta):
        verbose_name = _("上报人员")
        constraints = [
            models.UniqueConstraint(fields=["inspection", "name", "post"], name="reported_person_once"),
            models.CheckConstraint(
                condition=Q(employment__in=Employment.values), name="reported_person_employment_known"
            ),
            models.CheckConstraint(
                condition=Q(involvement__in=["", *Involvement.values]), name="reported_person_involvement_known"
            ),
            models.CheckConstraint(
                condition=Q(handled__in=["", *Handled.values]), name="reported_person_handled_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Attachment(models.Model):
    """A file that the unit adds to a question; taking it away again only marks it (the blob stays)."""

    inspection = models.ForeignKey(SelfInspection, models.PROTECT, related_name="attachments")
    code = models.SlugField(max_length=40)
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    name = models.CharField(_("文件名"), max_length=200)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = OfInspection.as_manager()

    class Meta:
        verbose_name = _("附件")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["inspection", "code", "blob"], condition=Q(removed_at__isnull=True), name="attachment_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Report(models.Model):
    """A submitted version: everything the unit said, as canonical JSON, signed and frozen."""

    inspection = models.ForeignKey(SelfInspection, models.PROTECT, related_name="reports")
    number = models.PositiveSmallIntegerField(_("第几次"))
    content = models.TextField()
    sha256 = models.CharField(max_length=64)
    signed_name = models.CharField(_("签名"), max_length=80)
    signed_post = models.CharField(_("职务"), max_length=120, blank=True)
    submitted_at = models.DateTimeField(_("上报时间"))
    submitted_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    due_on = models.DateField(_("当时的期限"))
    late = models.BooleanField(_("超期"))

    objects = OfInspection.as_manager()

    class Meta:
        verbose_name = _("上报版本")
        ordering = ["inspection", "number"]
        constraints = [
            models.UniqueConstraint(fields=["inspection", "number"], name="report_number_once"),
            models.CheckConstraint(condition=Q(sha256__regex="^[0-9a-f]{64}$"), name="report_sha256_form"),
            models.CheckConstraint(condition=~Q(signed_name=""), name="report_is_signed"),
        ]

    def __str__(self) -> str:
        return f"{self.inspection} {self.number}"


class ReturnRemark(models.Model):
    """What the reviewer wants changed at one question (an empty code: in the whole report)."""

    report = models.ForeignKey(Report, models.PROTECT, related_name="remarks")
    inspection = models.ForeignKey(SelfInspection, models.PROTECT, related_name="remarks")
    code = models.SlugField(max_length=40, blank=True)
    text = models.CharField(_("退回意见"), max_length=1000)
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    #: When the unit changed the answer, its sheet or its attachments, or said why it stays.
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = OfInspection.as_manager()

    class Meta:
        verbose_name = _("退回意见")
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="return_remark_has_text")]

    def __str__(self) -> str:
        return self.text


class OfStage(NeedToKnow):
    COMPARTMENT = "stage__campaign__compartment"


class SpotCheckDraw(models.Model):
    """A random draw among the reports of a stage; seed and population make it repeatable by anybody."""

    stage = models.ForeignKey("units.Stage", models.PROTECT, related_name="draws")
    seed = models.CharField(_("种子"), max_length=64)
    population = models.JSONField()
    size = models.PositiveIntegerField(_("抽取家数"))
    #: Taken without drawing, because their units have reported falsely before.
    always = models.JSONField(default=list)
    drawn_at = models.DateTimeField()
    drawn_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects = OfStage.as_manager()

    class Meta:
        verbose_name = _("抽查抽样")
        constraints = [
            models.CheckConstraint(condition=Q(size__gt=0), name="spot_check_draw_size"),
            models.CheckConstraint(condition=~Q(seed=""), name="spot_check_draw_seed"),
        ]

    def __str__(self) -> str:
        return f"{self.stage} {self.seed[:8]}"


class SpotCheck(models.Model):
    """A report drawn for a spot check, and what came of it. Never shown to the unit."""

    draw = models.ForeignKey(SpotCheckDraw, models.PROTECT, null=True, blank=True, related_name="checks")
    inspection = models.ForeignKey(SelfInspection, models.PROTECT, related_name="spot_checks")
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    result = models.CharField(_("结果"), max_length=20, choices=SpotCheckResult.choices, blank=True)
    note = models.CharField(_("情况"), max_length=1000, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = OfInspection.as_manager()

    class Meta:
        verbose_name = _("抽查")
        constraints = [
            models.UniqueConstraint(fields=["inspection"], condition=Q(result=""), name="spot_check_open_once"),
            models.CheckConstraint(
                condition=Q(result="", ended_at__isnull=True)
                | (Q(result__in=SpotCheckResult.values) & Q(ended_at__isnull=False)),
                name="spot_check_ended_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.inspection} {self.get_result_display()}"
