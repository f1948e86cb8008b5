# ruff: noqa: N999  the command is called so
"""``manage.py import KIND FILE``: the import pipeline on the command line.

Exit status: 0 all rows taken, 1 some rows refused (the rest are in), 2 nothing written because the file is unusable.
"""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from casework.access.models import Compartment
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.imports.models import ImportRun
from casework.imports.registry import kinds
from casework.imports.selectors import summary, write_refused
from casework.imports.services import apply_run, read_file


class Command(BaseCommand):
    """Import a list, or show what it would do."""

    help = "Import a list (CSV or XLSX), or show what it would do."

    def add_arguments(self, parser: CommandParser) -> None:
        """Describe the options."""
        parser.add_argument("kind", choices=sorted(kinds()), metavar="KIND", help=", ".join(sorted(kinds())))
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--dry-run", action="store_true", help="show what the file would do, write nothing")
        parser.add_argument("--json", action="store_true", help="print the counts as JSON")
        parser.add_argument(
            "--refused", type=Path, metavar="OUT.csv", help="write the refused rows, each with its reason"
        )
        parser.add_argument("--sampled-at", metavar="TIME", help="when a monitoring list was taken (ISO 8601)")
        parser.add_argument("--compartment", type=int, metavar="ID", help="who may know of a monitoring list")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, apply unless it is a dry run, print."""
        out: Path | None = options["refused"]
        try:
            with transaction.atomic():
                run = self._run(options)
                if out is not None:
                    with out.open("w", encoding="utf-8-sig", newline="") as stream:
                        write_refused(run, stream)
                examples = list(
                    run.lines.filter(outcome="refused").order_by("line").values_list("line", "message")[:20]
                )
                if options["dry_run"]:
                    transaction.set_rollback(True)
        except CaseworkError as error:
            if options["json"]:
                body = {"code": error.code, "message": error.message, "details": error.details}
                self.stdout.write(json.dumps({"kind": options["kind"], "error": body}, ensure_ascii=False))
            raise CommandError(error.message, returncode=2) from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}", returncode=2) from error
        self._report(run, examples, options)
        if run.refused:
            raise SystemExit(1)

    def _run(self, options: dict[str, Any]) -> ImportRun:
        at = clock.now()
        run = read_file(
            options["file"],
            options["kind"],
            actor=None,
            at=at,
            sampled_at=_moment(options["sampled_at"]),
            compartment=_compartment(options["compartment"]),
        )
        return run if options["dry_run"] else apply_run(run, actor=None, at=at, fresh=True)

    def _report(self, run: ImportRun, examples: list[tuple[int, str]], options: dict[str, Any]) -> None:
        counts = summary(run)
        if options["json"]:
            self.stdout.write(json.dumps(counts, ensure_ascii=False))
        else:
            names = ("rows", "created", "updated", "unchanged", "conflicting", "refused")
            self.stdout.write("  ".join(f"{name} {counts[name]}" for name in names))
            for part in ("delta", "matching"):
                if part in counts:
                    self.stdout.write(f"{part}: " + "  ".join(f"{name} {n}" for name, n in counts[part].items()))
            if options["dry_run"]:
                self.stdout.write(_("只是预览，没有写入。"))
        if run.header["unknown"]:
            self.stderr.write(_("不认识的列，没有导入：%(columns)s") % {"columns": "、".join(run.header["unknown"])})
        for line, message in examples:
            self.stderr.write(_("第 %(line)d 行：%(message)s") % {"line": line, "message": message})
        if run.refused > len(examples):
            self.stderr.write(
                ngettext(
                    "还有 %(count)d 行不能导入，见 --refused。",
                    "还有 %(count)d 行不能导入，见 --refused。",
                    run.refused - len(examples),
                )
                % {"count": run.refused - len(examples)}
            )


def _moment(text: str | None) -> Any:
    if not text:
        return None
    found = parse_datetime(text)
    if found is None:
        raise CommandError(_("--sampled-at 应为 2021-07-31T18:00 这样的写法"), returncode=2)
    return found if found.tzinfo else found.replace(tzinfo=timezone.get_default_timezone())


def _compartment(pk: int | None) -> Compartment | None:
    if pk is None:
        return None
    found = Compartment.objects.filter(pk=pk).first()
    if found is None:
        raise CommandError(_("没有编号 %(pk)d 的知悉范围。") % {"pk": pk}, returncode=2)
    return found
