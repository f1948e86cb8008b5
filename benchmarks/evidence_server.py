"""An application of ours on the database of a running benchmark, as a server process of its own."""

import os
import sys
from importlib import import_module
from typing import Any

from django.db import connection

# The image holds what requirements/base.lock names. REST framework loads two of the development tools where it finds them.
_modules: dict[str, Any] = sys.modules
_modules.update(requests=None, pygments=None)

#: casework.wsgi, or that of the service that takes uploads.
application = import_module(os.environ["CASEWORK_BENCH_SERVES"]).application

connection.settings_dict["NAME"] = os.environ["CASEWORK_BENCH_DATABASE"]

__all__ = ["application"]
