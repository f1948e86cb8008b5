"""The index of what can be found, the text of files, and the filters that people keep.

``Entry`` is written by the database alone: statement triggers on the tables above (``search_watch``) renew it from one
view for each kind (``search_of_<kind>``), whoever changed the rows and however. docs/decisions/0022-search.md.
"""

from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Lookup, Q
from django.utils.translation import gettext_lazy as _

from casework.access.models import Compartment, circles_of
from casework.accounts.models import User
from casework.core.models import Versioned
from casework.files.models import Blob
from casework.search.enums import ReadState


class GramsField(models.Field):  # type: ignore[type-arg]
    """PostgreSQL's ``tsvector`` as a plain set of grams, without any dictionary."""

    def db_type(self, connection: Any) -> str:
        return "tsvector"


@GramsField.register_lookup
class Matches(Lookup):
    """``Matches(GRAMS, "'44a矿机' & '#c7'")``: a tsquery as it stands, along the index."""

    lookup_name = "matches"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """Return ``grams @@ 'query'::tsquery``; the query may be an expression."""
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} @@ {right}::tsquery", (*left_params, *right_params)


#: What stands in the index of an entry; it is never worked out for a row that is read.
GRAMS = Func(F("kind"), F("circles"), F("text"), F("names"), function="search_vector", output_field=GramsField())


class Entry(models.Model):
    """One text of one row: what is found of it. ``names`` holds the sounds of names.

    ``circles`` are the compartments that know of it, and minus the number of each person through whose hands it
    passes; none where it lies in no circle. Every gram says in which of them it stands (``search_places``).
    """

    kind = models.CharField(max_length=20)
    row_id = models.BigIntegerField()
    part = models.PositiveIntegerField(default=0)
    circles = ArrayField(models.BigIntegerField())
    text = models.TextField()
    names = models.TextField(default="")
    folded = models.GeneratedField(
        expression=Func(F("text"), F("names"), function="search_folded"),
        output_field=models.TextField(),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("索引")
        constraints = [models.UniqueConstraint(fields=["kind", "row_id", "part"], name="search_entry_once")]
        # What a statement writes is laid in at its end (``search_settle``): nothing waits in front of the index.
        indexes = [
            GinIndex(
                Func(F("kind"), F("circles"), F("text"), F("names"), function="search_vector"),
                name="search_entry_grams",
                fastupdate=True,
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.row_id}/{self.part}"


class Sound(models.Model):
    """How a character is read, for names that come into the database by any way."""

    sign = models.CharField(max_length=1, primary_key=True)
    sound = models.CharField(max_length=8)

    class Meta:
        verbose_name = _("读音")

    def __str__(self) -> str:
        return f"{self.sign} {self.sound}"


class Surname(models.Model):
    """A surname that is read otherwise than its characters usually are (曾 zeng, 单 shan, 尉迟 yuchi)."""

    surname = models.CharField(max_length=2, primary_key=True)
    sounds = models.CharField(max_length=16)

    class Meta:
        verbose_name = _("姓氏读音")

    def __str__(self) -> str:
        return f"{self.surname} {self.sounds}"


class Reading(models.Model):
    """The reading of one stored file: asked for by the database when the file is held, done by a worker."""

    blob = models.OneToOneField(Blob, models.PROTECT, related_name="reading")
    name = models.CharField(max_length=255)
    state = models.CharField(_("状态"), max_length=10, choices=ReadState.choices, default=ReadState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    pages = models.PositiveIntegerField(default=0)
    signs = models.PositiveIntegerField(default=0)
    by_ocr = models.PositiveIntegerField(default=0)
    unread = models.PositiveIntegerField(default=0)  # pages that are pictures, where no OCR is installed
    cut = models.BooleanField(default=False)
    problem = models.CharField(max_length=30, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("文件读取")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ReadState.values), name="search_reading_state_known")
        ]
        indexes = [
            models.Index(
                fields=["id"], condition=Q(state__in=[ReadState.QUEUED, ReadState.RUNNING]), name="search_reading_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.blob_id} {self.state}"


class PageText(models.Model):
    """The text of one page, or of one piece of a long text. ID numbers are masked; ``keys`` finds them blindly."""

    blob = models.ForeignKey(Blob, models.PROTECT, related_name="texts", db_index=False)
    page = models.PositiveIntegerField()
    text = models.TextField()
    keys = models.TextField(default="")
    by_ocr = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("文件文字")
        constraints = [models.UniqueConstraint(fields=["blob", "page"], name="search_page_once")]

    def __str__(self) -> str:
        return f"{self.blob_id}/{self.page}"


class SavedQuerySet(models.QuerySet["SavedFilter"]):
    """Filters by reader."""

    def visible_to(self, user: User) -> Self:
        """Return the reader's own filters and those shared in a compartment of his."""
        if not user.is_authenticated or not user.is_active or user.is_administrator:
            return self.none()
        standing = self.filter(dropped_at=None)
        if not user.is_commission:
            return standing.filter(owner=user, shared_in=None)
        return standing.filter(Q(owner=user) | Q(shared_in__in=circles_of(user)))


class SavedFilter(Versioned):
    """A list, or a search, with its conditions under a name (常用筛选)."""

    owner = models.ForeignKey(User, models.PROTECT, related_name="saved_filters", verbose_name=_("谁存的"))
    name = models.CharField(_("名称"), max_length=60)
    path = models.CharField(max_length=200)
    query = models.CharField(max_length=1000, blank=True)
    shared_in = models.ForeignKey(
        Compartment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("共享给")
    )
    alert = models.BooleanField(_("有新的就提醒我"), default=False)
    saved_at = models.DateTimeField(_("存于"))
    looked_at = models.DateTimeField(null=True, blank=True)
    dropped_at = models.DateTimeField(null=True, blank=True)

    objects = SavedQuerySet.as_manager()

    class Meta:
        verbose_name = _("常用筛选")
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "name"], condition=Q(dropped_at=None), name="search_filter_name_once"
            ),
            models.CheckConstraint(condition=~Q(name="") & Q(path__startswith="/"), name="search_filter_whole"),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(alert=True, dropped_at__isnull=True), name="search_filter_alerting")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def url(self) -> str:
        """The address of the list under its conditions."""
        return f"{self.path}?{self.query}" if self.query else self.path


class SeenRow(models.Model):
    """A row that a filter with an alert has already shown or told of."""

    saved = models.ForeignKey(SavedFilter, models.PROTECT, related_name="seen", db_index=False)
    row = models.CharField(max_length=60)

    class Meta:
        verbose_name = _("已提醒")
        constraints = [models.UniqueConstraint(fields=["saved", "row"], name="search_seen_once")]

    def __str__(self) -> str:
        return f"{self.saved_id} {self.row}"
