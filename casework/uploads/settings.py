"""The settings of the whole, less what uploading never asks for. No variable is read here."""

from casework.settings import *  # noqa: F403
from casework.settings import DATABASES
from casework.settings import MIDDLEWARE as EVERY_MIDDLEWARE
from casework.uploads import AT_ONCE

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "allauth.account",
    "rest_framework",
    "casework.core",
    "casework.uploads.apps.Accounts",
    "casework.uploads.apps.Ledger",
    "casework.uploads.apps.Access",
    "casework.uploads.apps.Files",
    "casework.uploads.apps.Deadlines",
    "casework.uploads.apps.Imports",
    "casework.uploads.apps.Units",
    "casework.uploads.apps.Evidence",
    "casework.web",
]

#: Static files, sentences for the next page, locking out at sign-in: for pages, of which there are none here. Whatever
#: else stands before a view of the whole stands before one here too.
LEFT_OUT = frozenset({
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "casework.web.middleware.NoticesMiddleware",
    "axes.middleware.AxesMiddleware",
})  # fmt: skip
MIDDLEWARE = [one for one in EVERY_MIDDLEWARE if one not in LEFT_OUT]
#: Nobody signs in here; this one reads whose a session is.
AUTHENTICATION_BACKENDS = ["casework.accounts.backends.AccountBackend"]

ROOT_URLCONF = "casework.uploads.urls"
WSGI_APPLICATION = "casework.uploads.wsgi.application"

if "pool" in DATABASES["default"]["OPTIONS"]:
    DATABASES["default"]["OPTIONS"]["pool"]["max_size"] = AT_ONCE
