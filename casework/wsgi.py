"""The web application as granian or any other WSGI server runs it."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "casework.settings")

_django = get_wsgi_application()

from django.urls import reverse  # noqa: E402  (once the settings are there)

from casework.web.whole_body import whole_forms  # noqa: E402

reverse("account_login")  # every address is known before the first request rather than during it

application = whole_forms(_django)
