"""``manage.py parse-log FILE``: one log, or an archive of logs, read without storing anything."""  # noqa: N999 (the name of the command)

import os
import sys
import time
from argparse import ArgumentTypeError
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from evidence.log_words import finding_words, kind_words, reason_words, why_words
from evidence.parsing import formats
from evidence.parsing.archives import members
from evidence.parsing.events import printable
from evidence.parsing.joined import Judgement, heard, judge
from evidence.parsing.rotated import rotation
from evidence.parsing.run import Run, start
from evidence.parsing.source import Broken, file_source
from evidence.parsing.table import FIELDS, columns_of

PULSE = 1.0


def zone(text: str) -> tzinfo:
    """Return the time zone of that name."""
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ArgumentTypeError(f"{text}: no such time zone") from error


def mapping(text: str) -> dict[str, str]:
    """Return the columns that a file of JSON names: field -> heading."""
    try:
        return columns_of(orjson.loads(Path(text).read_bytes()))
    except (OSError, ValueError) as error:
        raise ArgumentTypeError(
            f'{text}: JSON such as {{"ts": "时间", "user_name": "姓名"}}; {", ".join(FIELDS)}'
        ) from error


def day(text: str) -> datetime:
    """Return the end of an ISO day."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError as error:
        raise ArgumentTypeError(f"{text}: a day such as 2021-12-16") from error


class Command(BaseCommand):
    """Print what a log says. Exit 0: read; 1: some lines could not be read; 2: not readable at all."""

    help = "读一个日志文件，不入库：python manage.py parse-log auth.log --json"
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file",
            type=Path,
            nargs="+",
            help="日志文件，或者装日志的压缩包（tar、zip、gz）；同一台机器的几个日志可以一起给，互相核对",
        )
        parser.add_argument(
            "--format", default="auto", choices=("auto", *formats.names()), help="日志格式，默认自动识别"
        )
        parser.add_argument(
            "--mapping", type=mapping, help="表格各列的含义，JSON 文件：{字段: 列名}；与 --format table 一起用"
        )
        parser.add_argument("--json", action="store_true", help="每行一个事件，最后一行是汇总")
        parser.add_argument(
            "--tz", type=zone, default=ZoneInfo("Asia/Shanghai"), help="日志没写时区时按哪个时区，默认 Asia/Shanghai"
        )
        parser.add_argument(
            "--as-of", type=day, help="日志最后一行不晚于这一天；没写年份的日志由此推定年份。默认是文件时间"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._handle(options)
        except BrokenPipeError:
            # Whoever read along has seen enough.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def _handle(self, options: dict[str, Any]) -> None:
        paths: list[Path] = options["file"]
        try:
            sources = [source for path in paths for source in members(file_source(path))]
            if len(paths) > 1:  # the oldest of a rotated set first; an archive has its order already
                sources.sort(key=lambda one: rotation(one.name))
        except (OSError, Broken) as error:
            self.stderr.write(_("打不开：%(why)s") % {"why": error})
            sys.exit(2)
        runs: list[Run] = []
        for source in sources:
            try:
                run = start(
                    source, name="table" if options["mapping"] else options["format"], zone=options["tz"],
                    reference=options["as_of"], columns=options["mapping"],
                )  # fmt: skip
            except OSError as error:
                raise CommandError(str(error)) from error
            runs.append(run)
            for batch in self._progress(run):
                if options["json"]:
                    self._print(run, batch, len(sources) > 1)
        judgement = judge([heard(run) for run in runs])
        summary = _together([path.name for path in paths], runs, judgement)
        if options["json"]:
            self.stdout.write(orjson.dumps({"summary": summary}).decode())
        else:
            for run in runs:
                self._tell(run, len(runs) > 1)
            self._tell_together(judgement)
        self.stdout.flush()
        if summary["lines"] and summary["parsed"] == 0:
            sys.exit(2)
        if summary["unparsed"]:
            sys.exit(1)

    def _print(self, run: Run, batch: list[Any], many: bool) -> None:
        lines = []
        for event in batch:
            shown = printable(event)
            if many:
                shown["file"] = run.source.name
            lines.append(orjson.dumps(shown, option=orjson.OPT_NON_STR_KEYS))
        if lines:
            self.stdout.write(b"\n".join(lines).decode("utf-8", "replace"))

    def _progress(self, run: Run) -> Iterator[list[Any]]:
        """Pass the events on; tell a person at a terminal how far it is."""
        told = time.monotonic()
        shown = False
        for batch in run.batches():
            yield batch
            if sys.stderr.isatty() and time.monotonic() - told > PULSE:
                told, shown = time.monotonic(), True
                self.stderr.write(
                    "\r"
                    + _("%(name)s：已读 %(lines)s 行") % {"name": run.source.name, "lines": run.context.tally.lines},
                    ending="",
                )
        if shown:
            self.stderr.write("")

    def _tell(self, run: Run, many: bool) -> None:
        said, out = run.summary(), self.stdout.write
        if many:
            out(f"== {run.source.name}")
        out(_("格式：%(name)s（%(why)s）") % {"name": said["format"], "why": why_words(run.why)})
        out(
            _("共 %(lines)s 行（条）：读懂 %(parsed)s，没读懂 %(unparsed)s；事件 %(events)s 个")
            % {key: said[key] for key in ("lines", "parsed", "unparsed", "events")}
        )
        for reason, number in said["unparsed_reasons"].items():
            out(f"  {reason_words(reason)}：{number}")
        out(_("时间：%(first)s 至 %(last)s") % {"first": said["first"] or "—", "last": said["last"] or "—"})
        for kind, number in said["kinds"].items():
            out(f"  {number:>9}  {kind}  {kind_words(kind)}")
        for finding in run.findings[:200]:
            out("• " + finding_words(finding))
            for bound in (finding.before, finding.after):
                if bound is not None:
                    out(f"    @{bound.offset}  {bound.text[:160]}")

    def _tell_together(self, judgement: Judgement) -> None:
        out = self.stdout.write
        for one in judgement.sets:
            said = one.shown()
            out(
                "== "
                + _("%(name)s 是一组轮转的日志：%(files)s") % {"name": said["name"], "files": "、".join(said["files"])}
            )
            out(
                _("共 %(lines)s 行（条）：读懂 %(parsed)s，没读懂 %(unparsed)s；事件 %(events)s 个")
                % {key: said[key] for key in ("lines", "parsed", "unparsed", "events")}
            )
        for found in judgement.found[:200]:
            finding = found.finding
            out(f"• {found.about.part.name}：{finding_words(finding)}")
            for bound in (finding.before, finding.after):
                if bound is not None:
                    out(f"    @{bound.offset}  {bound.text[:160]}")
            if found.witness is not None and finding.witness is not None:
                out(f"    {found.witness.part.name} @{finding.witness.offset}  {finding.witness.text[:160]}")


def _together(names: list[str], runs: list[Run], judgement: Judgement) -> dict[str, Any]:
    """Return one account of all members; of a single one, its own."""
    if len(runs) == 1:
        return runs[0].summary()
    all_: list[dict[str, Any]] = [run.summary() for run in runs]
    kinds: dict[str, int] = {}
    for one in all_:
        for kind, number in one["kinds"].items():
            kinds[kind] = kinds.get(kind, 0) + number
    return {
        "format": "archive",
        "file": "、".join(names),
        **{key: sum(one[key] for one in all_) for key in ("lines", "parsed", "unparsed", "events")},
        "kinds": kinds,
        "first": min((one["first"] for one in all_ if one["first"]), default=None),
        "last": max((one["last"] for one in all_ if one["last"]), default=None),
        "gaps": [{"file": run.source.name, **gap} for run, one in zip(runs, all_, strict=True) for gap in one["gaps"]]
        + [{"file": found.about.part.name, **found.finding.shown()} for found in judgement.found],
        "findings": [
            {"file": run.source.name, **found} for run, one in zip(runs, all_, strict=True) for found in one["findings"]
        ],
        "sets": [one.shown() for one in judgement.sets],
        "members": [{"file": run.source.name, **one} for run, one in zip(runs, all_, strict=True)],
    }
