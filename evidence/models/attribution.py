"""Attributions: an act, its chain in editions, what people added, who reviewed it; who keeps a log; the catalogue of pools."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from casework.access.models import Compartment, NeedToKnow
from casework.accounts.models import User
from casework.core.fields import EncryptedTextField
from casework.core.models import Versioned
from evidence.attribution_enums import (
    AddedKind,
    AttributionOutcome,
    AttributionState,
    ReviewVerdict,
)
from evidence.models.files import ItemFile
from evidence.models.items import Item, known
from evidence.models.logs import LogEvent, LogFinding


class OfAttribution(NeedToKnow):
    """What belongs to an attribution: seen by need to know alone."""

    COMPARTMENT = "attribution__compartment"


class OfItemFile(NeedToKnow):
    """What is said of a file."""

    COMPARTMENT = "file__item__compartment"


class Attribution(Versioned):
    """The question who did one act. What the rules found is its newest edition; what people think stands beside it."""

    number = models.CharField(_("编号"), max_length=40, unique=True)
    compartment = models.ForeignKey(Compartment, models.PROTECT, related_name="+")
    item = models.ForeignKey(Item, models.PROTECT, related_name="attributions", verbose_name=_("证物"))
    event = models.ForeignKey(LogEvent, models.PROTECT, null=True, blank=True, related_name="attributions")
    finding = models.ForeignKey(LogFinding, models.PROTECT, null=True, blank=True, related_name="attributions")
    since = models.DateTimeField(_("从"))
    until = models.DateTimeField(_("到"))
    state = models.CharField(_("状态"), max_length=12, choices=AttributionState.choices, default=AttributionState.LEAD)
    outcome = models.CharField(_("结果"), max_length=12, choices=AttributionOutcome.choices)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("提出人"))
    updated_at = models.DateTimeField()

    objects = NeedToKnow.as_manager()

    class Meta:
        verbose_name = _("行为归属")
        ordering = ["-opened_at", "-pk"]
        constraints = [
            known("state", AttributionState, "attribution_state_known"),
            known("outcome", AttributionOutcome, "attribution_outcome_known"),
            models.CheckConstraint(
                condition=Q(event__isnull=False) | Q(finding__isnull=False), name="attribution_begins_somewhere"
            ),
            models.CheckConstraint(condition=Q(until__gte=F("since")), name="attribution_order"),
            models.UniqueConstraint(fields=["event"], condition=Q(event__isnull=False), name="attribution_event_once"),
        ]
        indexes = [models.Index(fields=["compartment", "state"])]

    def __str__(self) -> str:
        return self.number

    @property
    def ref(self) -> str:
        """The text reference in ledger and trail."""
        return f"attribution:{self.pk}"


class AttributionEdition(models.Model):
    """The chain as the rules found it at one time, with the raw lines; never changed, a later one stands beside it."""

    attribution = models.ForeignKey(Attribution, models.PROTECT, related_name="editions")
    serial = models.PositiveSmallIntegerField(_("第几版"))
    rules = models.CharField(_("规则版本"), max_length=20)
    outcome = models.CharField(_("结果"), max_length=12, choices=AttributionOutcome.choices)
    strength = models.PositiveSmallIntegerField(_("程度"))
    person = EncryptedTextField(_("所指"), blank=True)
    #: Links, judgement and quoted records, as ``selectors.attribution`` reads them.
    content = models.JSONField()
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects = OfAttribution.as_manager()

    class Meta:
        verbose_name = _("归属推演")
        ordering = ["attribution", "-serial"]
        constraints = [
            known("outcome", AttributionOutcome, "attribution_edition_outcome_known"),
            models.CheckConstraint(condition=Q(strength__lte=3), name="attribution_edition_strength"),
            models.UniqueConstraint(fields=["attribution", "serial"], name="attribution_edition_once"),
        ]

    def __str__(self) -> str:
        return f"{self.attribution} #{self.serial}"


class AttributionEvidence(models.Model):
    """What a person said or a paper shows, rated in words under each possibility by the officer who added it."""

    attribution = models.ForeignKey(Attribution, models.PROTECT, related_name="added")
    kind = models.CharField(_("类别"), max_length=12, choices=AddedKind.choices)
    person = EncryptedTextField(_("谁说的、关于谁"), blank=True)
    account = models.CharField(_("账号"), max_length=200, blank=True)
    text = EncryptedTextField(_("内容"))
    source = models.CharField(_("出处"), max_length=200)
    since = models.DateTimeField(_("起"), null=True, blank=True)
    fits = models.JSONField(_("与各种可能是否相符"), default=dict)
    replaces = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="replaced_by")
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects = OfAttribution.as_manager()

    class Meta:
        verbose_name = _("归属材料")
        ordering = ["attribution", "pk"]
        constraints = [
            known("kind", AddedKind, "attribution_evidence_kind_known"),
            models.CheckConstraint(condition=~Q(source=""), name="attribution_evidence_source"),
            models.CheckConstraint(
                condition=~Q(kind=AddedKind.DISCLOSURE) | ~Q(account=""), name="attribution_disclosure_account"
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class AttributionReview(models.Model):
    """What the second officer said of one edition."""

    attribution = models.ForeignKey(Attribution, models.PROTECT, related_name="reviews")
    edition = models.ForeignKey(AttributionEdition, models.PROTECT, related_name="reviews")
    verdict = models.CharField(_("意见"), max_length=10, choices=ReviewVerdict.choices)
    note = models.TextField(_("说明"), blank=True)
    at = models.DateTimeField()
    reviewer = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects = OfAttribution.as_manager()

    class Meta:
        verbose_name = _("归属复核")
        ordering = ["attribution", "-pk"]
        constraints = [
            known("verdict", ReviewVerdict, "attribution_review_known"),
            models.CheckConstraint(
                condition=Q(verdict=ReviewVerdict.AGREED) | ~Q(note=""), name="attribution_review_says_why"
            ),
        ]

    def __str__(self) -> str:
        return self.get_verdict_display()


class LogKeeper(models.Model):
    """Who keeps the source of a file, and who had the rights to change it; a later statement stands beside the earlier."""

    file = models.ForeignKey(ItemFile, models.PROTECT, related_name="keepers")
    keeper = models.CharField(_("由谁保管"), max_length=120)
    administrators = EncryptedTextField(_("谁有权改动"), blank=True)
    basis = models.CharField(_("依据"), max_length=300)
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects = OfItemFile.as_manager()

    class Meta:
        verbose_name = _("日志保管人")
        ordering = ["file", "-pk"]
        constraints = [models.CheckConstraint(condition=~Q(keeper="") & ~Q(basis=""), name="log_keeper_given")]

    def __str__(self) -> str:
        return self.keeper
