"""Read one list as ``manage.py import --dry-run`` does, in a process of its own, and print its largest memory in KiB."""

import os
import sys
from pathlib import Path

import django


def main() -> None:
    """Preview the file named on the command line and take everything back."""
    django.setup()
    from django.db import connection, transaction  # noqa: PLC0415  after django.setup()

    from casework.core import clock  # noqa: PLC0415
    from casework.imports.services import read_file  # noqa: PLC0415

    connection.settings_dict.update(NAME=os.environ["BENCH_DATABASE"], USER=os.environ["BENCH_USER"])
    with transaction.atomic():
        read_file(Path(sys.argv[1]), "sightings", actor=None, at=clock.now())
        transaction.set_rollback(True)
    # Not ``getrusage``: there the memory of the process that started this one counts too.
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    print(next(line.split()[1] for line in lines if line.startswith("VmHWM")))


if __name__ == "__main__":
    main()
