#!/usr/bin/env python
"""Command line entry point; starts the embedded services when no servers are given."""

import os
import sys


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "casework.settings")

    from casework.local.ondemand import services_for

    with services_for(sys.argv):
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
