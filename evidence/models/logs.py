"""Readings of logs: a run over a file, the events it found, what is missing, and what officers marked."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.fields.json import KeyTextTransform
from django.utils.translation import gettext_lazy as _

from casework.access.models import NeedToKnow
from casework.accounts.models import User
from evidence.log_enums import Lane, RunState, Verdict
from evidence.models.files import ItemFile
from evidence.models.items import Item, known

#: Actions that chains are built from and that are few in any log.
CHAINED = (
    "password_changed", "password_reset", "sudo", "su", "pkexec", "runas", "table_row", "mac_entry", "arp_entry", "lease_released",
    "lease_expired", "lease_deleted", "lease_abandoned", "job_changed",
)  # fmt: skip


class OfFile(NeedToKnow):
    """What a file says: seen by need to know alone."""

    COMPARTMENT = "file__item__compartment"


class OfRun(NeedToKnow):
    """What a run found."""

    COMPARTMENT = "item__compartment"


class LogMapping(models.Model):
    """How the columns of a table are to be read, under a name. Never changed: another way is another name."""

    name = models.CharField(_("名称"), max_length=60, unique=True)
    #: Field of an event -> heading of the column.
    columns = models.JSONField(_("各列"))
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    objects = models.Manager()

    class Meta:
        verbose_name = _("列对应")
        ordering = ["name"]
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="log_mapping_named")]

    def __str__(self) -> str:
        return self.name


class LogRun(models.Model):
    """One reading of one file (or of one member of an archive). A later reading is a new run beside the old one."""

    file = models.ForeignKey(ItemFile, models.PROTECT, related_name="log_runs")
    serial = models.PositiveSmallIntegerField(_("第几次"))
    state = models.CharField(_("状态"), max_length=10, choices=RunState.choices, default=RunState.QUEUED)
    asked_format = models.CharField(_("指定的格式"), max_length=30, default="auto")
    zone = models.CharField(_("日志的时区"), max_length=40, default="Asia/Shanghai")
    mapping = models.ForeignKey(LogMapping, models.PROTECT, null=True, blank=True, related_name="runs")
    as_of = models.DateTimeField(_("末行不晚于"))
    parser = models.CharField(_("解析程序版本"), max_length=20)
    lines = models.BigIntegerField(_("行"), default=0)
    parsed = models.BigIntegerField(_("读懂"), default=0)
    unparsed = models.BigIntegerField(_("没读懂"), default=0)
    events_found = models.BigIntegerField(_("事件"), default=0)
    events_kept = models.BigIntegerField(_("入库事件"), default=0)
    members = models.JSONField(_("各部分"), default=list)
    kinds = models.JSONField(_("分类"), default=dict)
    first_at = models.DateTimeField(null=True, blank=True)
    last_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(_("错误"), max_length=300, blank=True)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = OfFile.as_manager()

    class Meta:
        verbose_name = _("日志读取")
        ordering = ["file", "-serial"]
        constraints = [
            known("state", RunState, "log_run_state_known"),
            models.UniqueConstraint(fields=["file", "serial"], name="log_run_serial_once"),
            models.UniqueConstraint(
                fields=["file"], condition=Q(state__in=["queued", "running"]), name="log_run_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(lines=models.F("parsed") + models.F("unparsed"), ended_at__isnull=False),
                name="log_run_balances",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file} #{self.serial}"


class ClockOffset(models.Model):
    """How far the clock of a source was off, as an officer found it out; a later finding stands beside the earlier."""

    run = models.ForeignKey(LogRun, models.PROTECT, related_name="offsets")
    offset_ms = models.BigIntegerField(_("快了多少毫秒"))
    error_ms = models.PositiveBigIntegerField(_("误差毫秒"))
    basis = models.CharField(_("依据"), max_length=300)
    set_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        verbose_name = _("时钟偏差")
        ordering = ["run", "-pk"]
        constraints = [models.CheckConstraint(condition=~Q(basis=""), name="clock_offset_basis")]

    def __str__(self) -> str:
        return f"{self.offset_ms} ± {self.error_ms} ms"


class LogTie(models.Model):
    """A reading and the item that its events are of: what holds every event to both.

    A trigger of the events puts what a statement brought in here, once for each pair, and this table's keys are checked by
    the database: an event whose reading or item is not there is refused, and neither is let go while there is an event. Two
    keys in every event would ask the same question of each of millions of them.
    """

    run = models.ForeignKey(LogRun, models.PROTECT, related_name="+", db_index=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="+")

    objects = models.Manager()

    class Meta:
        verbose_name = _("日志读取的检材")
        constraints = [models.UniqueConstraint(fields=["run", "item"], name="log_tie_once")]

    def __str__(self) -> str:
        return f"{self.run_id} → {self.item_id}"


class LogEvent(models.Model):
    """One happening that a log tells of, with the bytes that tell it. Never changed: a new reading has its own."""

    id = models.BigAutoField(primary_key=True)
    #: Both are held by the database through `LogTie`.
    run = models.ForeignKey(LogRun, models.PROTECT, related_name="log_events", db_index=False, db_constraint=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    ts = models.DateTimeField(null=True)
    ts_raw = models.CharField(max_length=60, blank=True)
    ts_quality = ArrayField(models.CharField(max_length=20), default=list)
    seq = models.BigIntegerField()
    member = models.PositiveSmallIntegerField(default=0)
    raw_offset = models.BigIntegerField()
    raw_length = models.IntegerField()
    repeat = models.IntegerField(default=1)
    lane = models.CharField(max_length=10, choices=Lane.choices)
    class_uid = models.IntegerField(default=0)
    activity = models.CharField(max_length=40, blank=True)
    event_action = models.CharField(max_length=60)
    event_outcome = models.CharField(max_length=10, blank=True)
    user_name = models.CharField(max_length=200, blank=True)
    user_target_name = models.CharField(max_length=200, blank=True)
    user_effective_name = models.CharField(max_length=200, blank=True)
    session_key = models.CharField(max_length=80, blank=True)
    host = models.CharField(max_length=200, blank=True)
    source_ip = models.CharField(max_length=100, blank=True)
    source_port = models.IntegerField(null=True)
    source_mac = models.CharField(max_length=40, blank=True)
    destination = models.CharField(max_length=260, blank=True)
    destination_port = models.IntegerField(null=True)
    tty = models.CharField(max_length=60, blank=True)
    process_pid = models.BigIntegerField(null=True)
    process_executable = models.CharField(max_length=300, blank=True)
    process_command_line = models.TextField(blank=True)
    rule_labels = ArrayField(models.CharField(max_length=40), default=list)
    attrs = models.JSONField(default=dict)

    objects = OfRun.as_manager()

    class Meta:
        verbose_name = _("日志事件")
        ordering = ["ts", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(raw_offset__gte=0, raw_length__gte=0), name="log_event_bytes"),
            known("lane", Lane, "log_event_lane_known"),
        ]
        indexes = [
            models.Index(fields=["run", "ts", "id"], name="log_event_time"),
            models.Index(fields=["run", "lane", "ts"], name="log_event_lane"),
            models.Index(fields=["run", "user_name", "ts"], condition=~Q(user_name=""), name="log_event_user"),
            models.Index(fields=["run", "source_ip", "ts"], condition=~Q(source_ip=""), name="log_event_origin"),
            BrinIndex(fields=["ts"], name="log_event_brin"),
            models.Index(
                fields=["run", "session_key", "ts"],
                condition=~Q(session_key="") & Q(class_uid=3002),
                name="log_event_session",
            ),
            models.Index(
                fields=["run", "user_name", "ts"],
                condition=Q(class_uid=3002) & ~Q(event_outcome="failure") & ~Q(user_name=""),
                name="log_event_logins",
            ),
            models.Index(fields=["run", "source_mac"], condition=~Q(source_mac=""), name="log_event_mac"),
            models.Index(
                F("run"),
                KeyTextTransform("source_nat_ip", "attrs"),
                F("ts"),
                condition=Q(attrs__has_key="source_nat_ip"),
                name="log_event_nat",
            ),
            # What readers marked as suspicious: found at once, however much lies between.
            models.Index(fields=["run", "ts"], condition=~Q(rule_labels=[]), name="log_event_labelled"),
            # The few events from which chains are built: changes of secrets, changes of account, jobs, tables.
            models.Index(
                fields=["run", "event_action", "ts"], condition=Q(event_action__in=CHAINED), name="log_event_chained"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_action} @{self.raw_offset}"


class LogHour(models.Model):
    """How many events of a lane an hour has: what the timeline draws from afar."""

    run = models.ForeignKey(LogRun, models.PROTECT, related_name="hours", db_index=False)
    lane = models.CharField(max_length=10, choices=Lane.choices)
    hour = models.DateTimeField()
    events = models.BigIntegerField()
    marked = models.BigIntegerField(default=0)

    objects = models.Manager()

    class Meta:
        verbose_name = _("每小时事件数")
        constraints = [models.UniqueConstraint(fields=["run", "hour", "lane"], name="log_hour_once")]

    def __str__(self) -> str:
        return f"{self.hour} {self.lane} {self.events}"


class LogFinding(models.Model):
    """What a check found out about a log: lines that are missing, a clearing, a coverage too short."""

    run = models.ForeignKey(LogRun, models.PROTECT, related_name="findings")
    item = models.ForeignKey(Item, models.PROTECT, related_name="+")
    check_name = models.CharField(max_length=40)
    verdict = models.CharField(max_length=20, choices=Verdict.choices)
    gap = models.BooleanField()
    member = models.PositiveSmallIntegerField(default=0)
    expected = models.BigIntegerField(null=True)
    found = models.BigIntegerField(null=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    before_at = models.DateTimeField(null=True)
    after_at = models.DateTimeField(null=True)
    benign = models.JSONField(default=dict)
    facts = models.JSONField(default=dict)
    #: The line of another log that tells what this one does not, and the reading it was read in.
    witness = models.JSONField(null=True)
    witness_run = models.ForeignKey(LogRun, models.PROTECT, null=True, related_name="+")
    witness_member = models.PositiveSmallIntegerField(default=0)

    objects = OfRun.as_manager()

    class Meta:
        verbose_name = _("日志疑点")
        ordering = ["run", "-gap", "before_at", "pk"]
        constraints = [
            known("verdict", Verdict, "log_finding_verdict_known"),
            models.CheckConstraint(
                condition=Q(witness_run=None) | Q(witness__isnull=False), name="log_finding_witness_said"
            ),
        ]

    def __str__(self) -> str:
        return self.check_name


class EventMark(models.Model):
    """What an officer marked at an event: a star, and a comment."""

    event = models.ForeignKey(LogEvent, models.PROTECT, related_name="marks")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    starred = models.BooleanField(_("加星"), default=True)
    comment = models.CharField(_("批注"), max_length=500, blank=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("事件标记")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["event", "author"], name="event_mark_once")]

    def __str__(self) -> str:
        return self.comment or "★"
