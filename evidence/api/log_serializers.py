"""What the API says of readings of logs, their events and findings, and what it takes."""

from typing import Any

from rest_framework import serializers

from evidence.models import ItemFile
from evidence.models.logs import LogEvent, LogFinding, LogRun
from evidence.parsing import formats
from evidence.parsing.table import FIELDS


class LogReadingSerializer(serializers.ModelSerializer[LogRun]):
    """One reading of one file. ``parsed`` + ``unparsed`` = ``lines``; ``members`` tells each file of an archive."""

    item = serializers.IntegerField(source="file.item_id")
    sha256 = serializers.CharField(source="file.blob.sha256")
    mapping = serializers.CharField(source="mapping.name", default=None, allow_null=True)
    clock = serializers.SerializerMethodField()

    class Meta:
        model = LogRun
        fields: Any = (
            "id", "item", "file", "sha256", "serial", "state", "asked_format", "mapping", "zone", "as_of", "parser", "lines", "parsed",
            "unparsed", "events_found", "events_kept", "kinds", "members", "first_at", "last_at", "error", "clock", "asked_by",
            "asked_at", "started_at", "ended_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_clock(self, run: LogRun) -> dict[str, Any] | None:
        """How far the clock of the source was ahead, as stated last; null where nobody stated it."""
        stated = [row for one in run.file.log_runs.all() for row in one.offsets.all()]
        row = max(stated, key=lambda one: one.pk, default=None)
        return {"offset_ms": row.offset_ms, "error_ms": row.error_ms, "basis": row.basis} if row else None


class LogEventSerializer(serializers.ModelSerializer[LogEvent]):
    """One event with the bytes that tell it. Names after ECS; ``destination`` is an address or a name."""

    starred = serializers.SerializerMethodField()

    class Meta:
        model = LogEvent
        fields: Any = (
            "id", "run", "item", "seq", "member", "raw_offset", "raw_length", "ts", "ts_raw", "ts_quality", "repeat", "lane", "class_uid",
            "activity", "event_action", "event_outcome", "user_name", "user_target_name", "user_effective_name", "session_key", "host",
            "source_ip", "source_port", "source_mac", "destination", "destination_port", "tty", "process_pid", "process_executable",
            "process_command_line", "rule_labels", "attrs", "starred",
        )  # fmt: skip
        read_only_fields = fields

    def get_starred(self, event: LogEvent) -> bool:
        """Whether anybody of the matter has starred it."""
        return any(mark.starred for mark in event.marks.all())


class LogFindingSerializer(serializers.ModelSerializer[LogFinding]):
    """What a check found: expected against found, the two bounding lines, and the line of another log where one tells."""

    class Meta:
        model = LogFinding
        fields: Any = (
            "id", "run", "item", "member", "check_name", "verdict", "gap", "expected", "found", "before", "after", "before_at",
            "after_at", "witness", "witness_run", "witness_member", "benign", "facts",
        )  # fmt: skip
        read_only_fields = fields


class AskReading(serializers.Serializer[Any]):
    """Have a file read: as a format, or as a table by the columns named (field -> heading), kept under ``mapping``."""

    file = serializers.PrimaryKeyRelatedField(queryset=ItemFile.objects.none())
    format = serializers.ChoiceField(choices=["auto", *formats.names()], default="auto")
    zone = serializers.CharField(max_length=40, default="Asia/Shanghai")
    mapping = serializers.CharField(max_length=60, required=False)
    columns = serializers.DictField(
        child=serializers.CharField(max_length=200), required=False, help_text=", ".join(FIELDS)
    )


class StateClock(serializers.Serializer[Any]):
    """How far the clock was ahead (behind: negative), its error, and how that is known."""

    offset_ms = serializers.IntegerField(min_value=-(10**15), max_value=10**15)
    error_ms = serializers.IntegerField(min_value=0, max_value=10**15)
    basis = serializers.CharField(max_length=300)


class MarkEvent(serializers.Serializer[Any]):
    """A star or none, and a comment."""

    starred = serializers.BooleanField(default=True)
    comment = serializers.CharField(max_length=500, allow_blank=True, default="")


class KeeperInput(serializers.Serializer[Any]):
    """Who keeps the source of a log, who had rights over it (names parted by 、), and how that is known."""

    keeper = serializers.CharField(max_length=120)
    administrators = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    basis = serializers.CharField(max_length=300)
