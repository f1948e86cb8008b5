"""Embedded services for single commands: `manage.py import …` works on a machine where nothing runs yet."""

import os
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from casework.local import paths, schema, services
from casework.local.process import SERVICE_MARK, LocalServiceError

# Commands that touch neither database nor broker (or bring their own, as `up` does).
NO_SERVICES = frozenset({
    "", "up", "stop", "help", "version", "--help", "-h", "--version",
    "collectstatic", "findstatic", "makemessages", "compilemessages", "makemigrations", "squashmigrations",
    "diffsettings", "spectacular", "startapp", "parse-log",
})  # fmt: skip
# Commands that change or read the schema itself: the owner's work, and never preceded by a migration.
AS_OWNER = frozenset({
    "migrate", "showmigrations", "sqlmigrate", "sqlflush", "sqlsequencereset", "optimizemigration",
    "flush", "dbshell", "inspectdb", "backup", "restore", "remove_stale_contenttypes",
})  # fmt: skip
# What the ledger's own process does: order entries, sign, publish.
AS_LEDGER = frozenset({"integrate", "trust", "witness", "timestamp"})


def needs_services(arguments: Sequence[str]) -> bool:
    """Return whether the command line (without the program's name) needs database and broker."""
    command = arguments[0] if arguments else ""
    if command in NO_SERVICES or "--help" in arguments or "-h" in arguments:
        return False
    return command != "check" or "--database" in arguments


@contextmanager
def services_for(argv: Sequence[str]) -> Iterator[None]:
    """Have what the command needs for the length of the block; ``argv`` starts with the program's name."""
    arguments = argv[1:]
    command = arguments[0] if arguments else ""
    if command in AS_OWNER or command in {"makemigrations", "squashmigrations"}:
        os.environ["CASEWORK_DB_ROLE"] = "owner"
    if command == "ledger" and arguments[1:2] and arguments[1] in {*AS_LEDGER, "rotate"}:
        os.environ["CASEWORK_DB_ROLE"] = "owner" if arguments[1] == "rotate" else "ledger"
    if command == "makemigrations":
        # It compares models with files; without a database it merely cannot look at the applied ones.
        warnings.filterwarnings("ignore", message="Got an error checking a consistent migration history")
    if os.environ.get(SERVICE_MARK) or not needs_services(arguments):
        yield
        return
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    state = paths.home()
    try:
        with services.using(state):
            if command not in AS_OWNER and os.environ.get("CASEWORK_DB_ROLE", "app") == "app":
                schema.ensure(state)
            yield
    except LocalServiceError as error:
        sys.exit(str(error))
