"""The service that takes uploads, as granian or any other WSGI server runs it."""

import os

from django.core.wsgi import get_wsgi_application

# Set and not only proposed: the image names the settings of the whole, and this process is not the whole.
os.environ["DJANGO_SETTINGS_MODULE"] = "casework.uploads.settings"

_django = get_wsgi_application()

from django.urls import reverse  # noqa: E402  (once the settings are there)

from casework.web.whole_body import whole_forms  # noqa: E402

reverse("healthz")  # every address and view is there before the first request

application = whole_forms(_django)
