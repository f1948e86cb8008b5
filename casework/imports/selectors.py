"""Reading runs: counts, and the refused rows as a file that can be mended and handed in again."""

import csv
from collections.abc import Iterator
from typing import Any, TextIO

from django.db.models import Count

from casework.imports.cells import harmless, unseal
from casework.imports.enums import Outcome
from casework.imports.models import ImportRow, ImportRun

#: The header of the added column; the importer knows it as no column of its own and names it as unknown.
REASON = "不能导入的原因"


def count_outcomes(run: ImportRun) -> dict[str, int]:
    """Return how many rows have each outcome; all five are named."""
    found = ImportRow.objects.filter(run=run).values_list("outcome").annotate(n=Count("id"))
    return {outcome.value: 0 for outcome in Outcome} | dict(found)


def refused_rows(run: ImportRun) -> Iterator[list[str]]:
    """Yield the header and the refused rows as they were written, each with its reason in the last cell."""
    texts: list[str] = run.header["texts"]
    yield [*texts, REASON]
    rows = ImportRow.objects.filter(run=run, outcome=Outcome.REFUSED).order_by("line")
    for cells, message in rows.values_list("cells", "message").iterator(chunk_size=2000):
        padded = [unseal(cell) for cell in cells] + [""] * (len(texts) - len(cells))
        yield [*padded[: len(texts)], message]


def write_refused(run: ImportRun, out: TextIO) -> int:
    """Write the refused rows as CSV and return how many there are; formulas are made harmless."""
    writer = csv.writer(out, lineterminator="\n")
    count = -1
    for row in refused_rows(run):
        writer.writerow([harmless(cell) for cell in row])
        count += 1
    return count


def summary(run: ImportRun) -> dict[str, Any]:
    """Return the counts of a run in the form programs rely on (contracts: ``import --json``)."""
    counts = {
        "kind": run.kind,
        "rows": run.rows,
        "created": run.created,
        "updated": run.updated,
        "unchanged": run.unchanged,
        "conflicting": run.conflicting,
        "refused": run.refused,
    }
    figures = {name: run.figures[name] for name in ("delta", "matching") if name in run.figures}
    unknown = {"unknown_columns": run.header["unknown"]} if run.header.get("unknown") else {}
    return counts | figures | unknown


def read_rows(run: ImportRun) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line and values of the rows whose cells could be read, in the order of the file."""
    rows = ImportRow.objects.filter(run=run, data__isnull=False).order_by("line")
    yield from rows.values_list("line", "data").iterator(chunk_size=5000)


def rows_with(run: ImportRun, *outcomes: str) -> Iterator[ImportRow]:
    """Yield the rows that have one of the outcomes, in the order of the file."""
    yield from ImportRow.objects.filter(run=run, outcome__in=outcomes).order_by("line").iterator(chunk_size=5000)
