"""The web application as granian or any other WSGI server runs it."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "casework.settings")

django.setup(set_prefix=False)

from django.urls import reverse  # noqa: E402  (once the settings are there)

from casework.web.handler import Handler  # noqa: E402
from casework.web.whole_body import whole_forms  # noqa: E402

reverse("account_login")  # every address is known before the first request rather than during it

application = whole_forms(Handler())
