"""Official documents: what they were made from, where they stand, and the work of making them."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from casework.access.models import Compartment, NeedToKnow
from casework.accounts.models import User
from casework.core.fields import EncryptedTextField
from casework.core.models import Versioned
from casework.documents.enums import OUT, DocumentState, JobKind, JobState, TemplateState
from casework.files.models import Blob


class OwnTemplateQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: User) -> "OwnTemplateQuerySet":
        """Templates hold no case: the whole commission reads them."""
        return self if user.is_authenticated and user.is_active and user.is_commission else self.none()


class OwnTemplate(Versioned):
    """The commission's own version of a template; once switched on it never changes, a change is another version."""

    code = models.SlugField(_("代码"), max_length=40)
    number = models.PositiveSmallIntegerField(_("版次"))
    name = models.CharField(_("文种"), max_length=80)
    source = models.TextField(_("模板"))
    state = models.CharField(_("状态"), max_length=10, choices=TemplateState.choices, default=TemplateState.DRAFT)
    note = models.CharField(_("改了什么"), max_length=300, blank=True)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("起草人"))
    made_at = models.DateTimeField(_("起草时间"))
    activated_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    activated_at = models.DateTimeField(_("启用时间"), null=True, blank=True)

    objects: ClassVar[OwnTemplateQuerySet] = OwnTemplateQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("文书模板")
        constraints = [
            models.UniqueConstraint(fields=["code", "number"], name="own_template_number_once"),
            models.UniqueConstraint(
                fields=["code"], condition=Q(state=TemplateState.ACTIVE), name="own_template_one_active"
            ),
            models.UniqueConstraint(
                fields=["code"], condition=Q(state=TemplateState.DRAFT), name="own_template_one_draft"
            ),
            models.CheckConstraint(condition=Q(state__in=TemplateState.values), name="own_template_state_known"),
            models.CheckConstraint(
                condition=Q(state=TemplateState.DRAFT, activated_at__isnull=True)
                | (~Q(state=TemplateState.DRAFT) & Q(activated_at__isnull=False, activated_by__isnull=False)),
                name="own_template_activated_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Document(Versioned):
    """One official document. Its data are frozen when it goes for signature, its number is given when it is issued."""

    code = models.SlugField(_("文种"), max_length=40)
    kind = models.CharField(_("文种"), max_length=80)
    template_version = models.PositiveSmallIntegerField(_("模板版次"))
    own_template = models.ForeignKey(OwnTemplate, models.PROTECT, null=True, blank=True, related_name="+")
    subject = models.CharField(_("事项"), max_length=60, db_index=True)
    compartment = models.ForeignKey(Compartment, models.PROTECT, related_name="+", verbose_name=_("知悉范围"))
    title = models.CharField(_("标题"), max_length=300)
    state = models.CharField(_("状态"), max_length=20, choices=DocumentState.choices, default=DocumentState.DRAFT)
    data = EncryptedTextField(_("数据"))
    #: SHA-256 of the canonical data with their salt: what the QR and the ledger carry.
    digest = models.CharField(_("数据摘要"), max_length=64, blank=True)
    series = models.CharField(max_length=40, blank=True)
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    serial = models.PositiveIntegerField(null=True, blank=True)
    number = models.CharField(_("文号"), max_length=80, blank=True)
    drafted_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("拟稿人"))
    drafted_at = models.DateTimeField(_("拟稿时间"))
    issued_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("签发人")
    )
    issued_at = models.DateTimeField(_("印发时间"), null=True, blank=True)
    issued_on = models.DateField(_("成文日期"), null=True, blank=True)
    entry_id = models.BigIntegerField(null=True, blank=True)  # the ledger entry of the issue; entries outlive rows
    pdf = models.ForeignKey(Blob, models.PROTECT, null=True, blank=True, related_name="+")
    docx = models.ForeignKey(Blob, models.PROTECT, null=True, blank=True, related_name="+")
    pages = models.PositiveIntegerField(_("页数"), default=0)
    made_with = models.JSONField(default=dict)
    signed = models.ForeignKey(
        Blob, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("签名盖章扫描件")
    )
    signed_name = models.CharField(max_length=255, blank=True)
    signed_pages = models.PositiveIntegerField(default=0)
    signed_at = models.DateTimeField(null=True, blank=True)
    served_on = models.DateField(_("送达日期"), null=True, blank=True)
    receiver = EncryptedTextField(_("签收人"), blank=True)
    served_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(_("撤回时间"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_reason = models.CharField(_("撤回理由"), max_length=300, blank=True)
    updated_at = models.DateTimeField(_("更新时间"))

    objects: ClassVar[NeedToKnow] = NeedToKnow.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("文书")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=DocumentState.values), name="document_state_known"),
            models.UniqueConstraint(
                fields=["series", "year", "serial"], condition=Q(serial__isnull=False), name="document_serial_once"
            ),
            models.UniqueConstraint(
                fields=["code", "number"],
                condition=~Q(number="") & ~Q(state=DocumentState.WITHDRAWN),
                name="document_number_once",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=sorted(OUT))
                | (
                    ~Q(number="")
                    & Q(issued_at__isnull=False, issued_by__isnull=False, issued_on__isnull=False)
                    & Q(digest__regex="^[0-9a-f]{64}$")
                ),
                name="document_issued_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[DocumentState.DRAFT, DocumentState.FOR_SIGNATURE]) | Q(number=""),
                name="document_draft_has_no_number",
            ),
            models.CheckConstraint(
                condition=~Q(state=DocumentState.SERVED)
                | Q(served_on__isnull=False, served_by__isnull=False, served_on__gte=F("issued_on")),
                name="document_served_after_issue",
            ),
            models.CheckConstraint(
                condition=~Q(state=DocumentState.WITHDRAWN) | (Q(withdrawn_at__isnull=False) & ~Q(withdrawn_reason="")),
                name="document_withdrawn_with_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["compartment", "-updated_at", "-id"], name="document_circle"),
            models.Index(fields=["-updated_at", "-id"], name="document_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}".strip()

    @property
    def ref(self) -> str:
        """The text reference in ledger and QR."""
        return f"document:{self.pk}"


class Job(models.Model):
    """Making something in the background: with progress, until it is done or somebody stops it.

    ``moved_at`` is when the worker was last heard of (database time); a job that has not moved has lost its worker
    and is taken up again from its beginning.
    """

    kind = models.CharField(_("事项"), max_length=12, choices=JobKind.choices)
    state = models.CharField(_("状态"), max_length=12, choices=JobState.choices, default=JobState.QUEUED)
    document = models.ForeignKey(Document, models.PROTECT, null=True, blank=True, related_name="jobs")
    subject = models.CharField(max_length=60)
    compartment = models.ForeignKey(Compartment, models.PROTECT, related_name="+")
    title = models.CharField(_("标题"), max_length=300)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    message = models.CharField(_("未能完成的原因"), max_length=500, blank=True)
    result = models.ForeignKey(Blob, models.PROTECT, null=True, blank=True, related_name="+")
    pages = models.PositiveIntegerField(_("页数"), default=0)
    contents = models.JSONField(default=list)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("申请人"))
    asked_at = models.DateTimeField(_("申请时间"))
    moved_at = models.DateTimeField(null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[NeedToKnow] = NeedToKnow.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("制作任务")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=JobState.values), name="document_job_state_known"),
            models.CheckConstraint(condition=Q(kind__in=JobKind.values), name="document_job_kind_known"),
            models.CheckConstraint(
                condition=Q(kind=JobKind.RENDER, document__isnull=False)
                | Q(kind=JobKind.CASE_FILE, document__isnull=True),
                name="document_job_of_what",
            ),
            models.UniqueConstraint(
                fields=["subject", "kind", "document"],
                condition=Q(state__in=[JobState.QUEUED, JobState.RUNNING]),
                nulls_distinct=False,
                name="document_job_one_at_a_time",
            ),
        ]
        indexes = [models.Index(fields=["subject", "-id"])]

    def __str__(self) -> str:
        return self.title
