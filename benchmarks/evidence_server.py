"""The web application on the database of a running benchmark, as a server process of its own."""

import os

from django.db import connection

from casework.wsgi import application

connection.settings_dict["NAME"] = os.environ["CASEWORK_BENCH_DATABASE"]
if role := os.environ.get("CASEWORK_BENCH_ROLE"):
    connection.settings_dict["USER"] = role

__all__ = ["application"]
