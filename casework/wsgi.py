"""The web application as granian or any other WSGI server runs it."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "casework.settings")

_django = get_wsgi_application()

from casework.web.whole_body import whole_forms  # noqa: E402  (once the settings are there)

application = whole_forms(_django)
