"""The web application on the database of a running benchmark, as a server process of its own."""

import os
import sys
from typing import Any

from django.db import connection

# The image holds what requirements/base.lock names. REST framework loads two of the development tools where it finds them.
_modules: dict[str, Any] = sys.modules
_modules.update(requests=None, pygments=None)

from casework.wsgi import application  # noqa: E402  (once they are out of the way)

connection.settings_dict["NAME"] = os.environ["CASEWORK_BENCH_DATABASE"]
if role := os.environ.get("CASEWORK_BENCH_ROLE"):
    connection.settings_dict["USER"] = role

__all__ = ["application"]
