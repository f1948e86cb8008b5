"""Settings: one file; every variable is read here and nowhere else.

The variables are described in docs/operations.md. Secrets may be given as ``NAME_FILE``.
"""

import hashlib
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from casework.api.enum_names import ENUM_NAMES
from casework.core.roles import INTEGRATOR
from casework.env import BadSetting, env_bool, env_int, env_list, env_str
from casework.local import paths
from casework.local.secrets import secret

BASE_DIR = Path(__file__).resolve().parent.parent
CASEWORK_HOME = paths.home()
CASEWORK_PORT = env_int("CASEWORK_PORT", 8000)
CASEWORK_NOW = env_str("CASEWORK_NOW")  # demo only: the day the demo plays on
# Files: the largest one taken in, what must stay free on the disk, and a virus scanner where there is one.
CASEWORK_MAX_FILE_BYTES = env_int("CASEWORK_MAX_FILE_BYTES", 20 * 1024**3)
CASEWORK_FREE_BYTES = env_int("CASEWORK_FREE_BYTES", 1024**3)
CASEWORK_CLAMD = env_str("CASEWORK_CLAMD", "")
#: Licensed fonts for official documents (仿宋_GB2312, 方正小标宋 …); without them what the machine has stands in.
CASEWORK_FONT_DIR = env_str("CASEWORK_FONT_DIR", "")
CASEWORK_STORAGE = env_str("CASEWORK_STORAGE", f"file://{CASEWORK_HOME / 'files'}")
# Where files lie on an S3 server (CASEWORK_STORAGE=s3://bucket): its address, the key as ACCESS:SECRET, the house's own
# certificate, and the retention that is asked for (COMPLIANCE:3650).
CASEWORK_S3_ENDPOINT = env_str("CASEWORK_S3_ENDPOINT")
CASEWORK_S3_REGION = env_str("CASEWORK_S3_REGION", "us-east-1")
CASEWORK_S3_KEY = env_str("CASEWORK_S3_KEY")
CASEWORK_S3_CA = env_str("CASEWORK_S3_CA")
CASEWORK_S3_LOCK = env_str("CASEWORK_S3_LOCK")
CASEWORK_DEPLOYMENT_LEVEL = env_str("CASEWORK_DEPLOYMENT_LEVEL", "work_secret")
CASEWORK_SIGNING_KEY = env_str("CASEWORK_SIGNING_KEY")
CASEWORK_WITNESSES = env_str("CASEWORK_WITNESSES", str(CASEWORK_HOME / "witnesses"))
CASEWORK_TSA_URL = env_str("CASEWORK_TSA_URL")
CASEWORK_TSA_CERTIFICATES = env_str("CASEWORK_TSA_CERTIFICATES")

DEBUG = env_bool("CASEWORK_DEBUG")
TESTING = env_bool("CASEWORK_TESTING")
SECRET_KEY = secret("CASEWORK_SECRET_KEY", CASEWORK_HOME)
ALLOWED_HOSTS = env_list("CASEWORK_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("CASEWORK_ORIGINS")
# Behind the reverse proxy of docker-compose.yml; off on a bare machine, where plain HTTP on loopback is all there is.
CASEWORK_TLS = env_bool("CASEWORK_TLS")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_htmx",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "casework.core",
    "casework.accounts",
    "casework.ledger",
    "casework.access",
    "casework.files",
    "casework.deadlines",
    "casework.notices",
    "casework.imports",
    "casework.documents",
    "casework.search",
    "units",
    "evidence",
    "cases",
    "casework.web",
    "casework.api",
    "casework.figures",
    "casework.desk",
    "casework.scenarios",
    "casework.local",
]

MIDDLEWARE = [
    "casework.web.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "casework.web.middleware.PolicyMiddleware",
    "casework.accounts.middleware.KeptSessionMiddleware",
    "casework.web.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "casework.accounts.middleware.AskerMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "casework.web.middleware.DoorMiddleware",
    "casework.accounts.middleware.DatabaseActorMiddleware",
    "casework.web.middleware.NoticesMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "casework.ledger.middleware.ProofMiddleware",
    "casework.web.middleware.PrivateMiddleware",
    "casework.web.once.OnceMiddleware",
    "casework.web.middleware.ReaderMiddleware",
    "casework.web.middleware.ErrorMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "casework.urls"
WSGI_APPLICATION = "casework.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Before the libraries: the pages of signing in are ours.
        "DIRS": [BASE_DIR / "casework" / "accounts" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csrf",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "casework.web.context.shell",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "casework.web.templatetags.cw",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"


def _database(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise BadSetting("DATABASE_URL: postgresql://user:password@host:port/name is needed")
    query = dict(parse_qsl(parts.query))
    return {
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host") or parts.hostname or "",
        "PORT": str(parts.port or ""),
    }


# Two roles: the owner migrates, `cw_app` runs (casework/core/roles.py). DATABASE_URL names the running role,
# DATABASE_OWNER_URL the owner; commands that change the schema ask for the owner by CASEWORK_DB_ROLE=owner.
_role = env_str("CASEWORK_DB_ROLE", "app")
if _role not in {"app", "owner", "ledger"}:
    raise BadSetting(f"CASEWORK_DB_ROLE={_role}: app, owner or ledger is needed")
DATABASE_URL = env_str("DATABASE_URL")
DATABASE_OWNER_URL = env_str("DATABASE_OWNER_URL") or DATABASE_URL
CASEWORK_APP_ROLE = env_str("CASEWORK_APP_ROLE", "cw_app")
if DATABASE_URL:
    # The ledger's process has an account of its own, or acts as the lesser role with the owner's.
    DATABASE_LEDGER_URL = env_str("DATABASE_LEDGER_URL")
    _urls = {"owner": DATABASE_OWNER_URL, "ledger": DATABASE_LEDGER_URL or DATABASE_OWNER_URL}
    _connection = _database(_urls.get(_role, DATABASE_URL))
else:
    _connection = {
        "NAME": "casework",
        "USER": {"owner": "casework", "ledger": INTEGRATOR}.get(_role, CASEWORK_APP_ROLE),
        "PASSWORD": "",
        "HOST": str(paths.socket_dir(CASEWORK_HOME)),
        "PORT": "",
    }
# The few statements that ask for it are prepared once a session; Django itself never asks.
_options: dict[str, Any] = {"prepare_threshold": 5}
if _role == "app" and not TESTING:
    _options["pool"] = {"min_size": 1, "max_size": 8, "timeout": 10}
if DATABASE_URL and _role == "ledger" and not DATABASE_LEDGER_URL:
    _options["options"] = f"-c role={INTEGRATOR}"
if DATABASE_URL and _role == "app" and DATABASE_OWNER_URL == DATABASE_URL and CASEWORK_APP_ROLE:
    # One account for everything was given: its sessions act as the lesser role all the same.
    _options["options"] = f"-c role={CASEWORK_APP_ROLE}"
DATABASES = {
    "default": {
        "ENGINE": "casework.core.postgresql",
        "ATOMIC_REQUESTS": False,
        # Of a pool those connections are asked that lay in it for a while (casework/core/postgresql).
        "CONN_HEALTH_CHECKS": "pool" not in _options,
        "OPTIONS": _options,
        "TEST": {"NAME": f"test_casework_{hashlib.sha256(str(CASEWORK_HOME).encode()).hexdigest()[:8]}"},
        **_connection,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env_str("REDIS_URL") or f"redis+socket://{paths.socket_dir(CASEWORK_HOME)}/valkey.sock"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 600
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 900, "global_keyprefix": "casework:"}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # the broker may be away for hours; nothing is lost meanwhile
CELERY_TIMEZONE = "Asia/Shanghai"
# Beat only wakes scans; every effect is a row with a unique key, so two beats do no harm (docs/decisions/0004).
_scan = max(env_int("CASEWORK_SCAN_SECONDS", 30), 1)
CELERY_BEAT_SCHEDULE = {
    "deadlines-scan": {"task": "deadlines.scan", "schedule": float(_scan), "options": {"expires": max(_scan - 5, 1)}},
    "notices-send": {
        "task": "notices.send",
        "schedule": max(_scan / 3, 1.0),
        "options": {"expires": max(_scan / 3, 1)},
    },
    "penalties-expire": {"task": "penalties.expire", "schedule": 3600.0, "options": {"expires": 3000}},
    "campaigns-take-up": {"task": "campaigns.take_up", "schedule": 60.0, "options": {"expires": 55}},
    "imports-take-up": {"task": "imports.take_up", "schedule": 60.0, "options": {"expires": 55}},
    "documents-take-up": {"task": "documents.take_up", "schedule": 60.0, "options": {"expires": 55}},
    "evidence-broken-files": {
        "task": "evidence.report_broken_files",
        "schedule": 3600.0,
        "options": {"expires": 3000},
    },
    "evidence-sweep": {"task": "evidence.sweep", "schedule": 60.0, "options": {"expires": 55}},
    "search-read": {"task": "search.read_waiting", "schedule": 30.0, "options": {"expires": 25}},
    "search-look-again": {"task": "search.look_again", "schedule": 300.0, "options": {"expires": 290}},
    # Every hour for five minutes at most: reading files again must not stand in the way of work.
    "files-scrub": {"task": "files.scrub", "schedule": 3600.0, "options": {"expires": 3000}},
    "web-forget-forms": {"task": "web.forget_forms", "schedule": 3600.0, "options": {"expires": 3000}},
    "worker-heartbeat": {"task": "core.heartbeat", "schedule": 10.0, "options": {"expires": 9}},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(CASEWORK_HOME / "run" / "celerybeat-schedule")

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "casework.accounts.backends.AccountBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "casework.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = False  # django-axes counts failed sign-ins in the database, for all workers alike
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = False
MFA_TOTP_ISSUER = "案管"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "casework.accounts.views.locked_out"
AXES_ENABLE_ADMIN = False
AXES_IPWARE_PROXY_COUNT = 1 if CASEWORK_TLS else None

SESSION_ENGINE = "casework.accounts.sessions"
SESSION_COOKIE_AGE = 30 * 60
SESSION_SAVE_EVERY_REQUEST = False  # DatabaseActorMiddleware renews it once a minute
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = CASEWORK_TLS
# Cookies know no ports: two instances on one machine need names of their own.
_suffix = "" if CASEWORK_TLS else f"_{CASEWORK_PORT}"
SESSION_COOKIE_NAME = "__Host-casework" if CASEWORK_TLS else f"casework{_suffix}"
CSRF_COOKIE_NAME = "__Host-csrf" if CASEWORK_TLS else f"casework_csrf{_suffix}"
LANGUAGE_COOKIE_NAME = "casework_lang"
if CASEWORK_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("中文")), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "casework" / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True

STATIC_URL = "static/"
STATIC_ROOT = env_str("CASEWORK_STATIC", str(CASEWORK_HOME / "static"))
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "casework.web.finders.NodeModulesFinder",
]
# The test client serves pages without a collected manifest; a missing file is found by tests/web.
_static_backend = (
    "django.contrib.staticfiles.storage.StaticFilesStorage" if TESTING else "casework.web.storage.ManifestStorage"
)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _static_backend},
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = TESTING
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
FILE_UPLOAD_TEMP_DIR = tempfile.gettempdir()

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "casework.api.authentication.TokenAuthentication",
        "casework.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "casework.api.permissions.ReadersDoNotWrite",
    ],
    "DEFAULT_RENDERER_CLASSES": ["casework.api.plain.PlainRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "casework.api.negotiation.Negotiation",
    "DEFAULT_PARSER_CLASSES": [
        "rest_framework.parsers.JSONParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_FILTER_BACKENDS": ["casework.api.filters.FilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "casework.api.pagination.Cursor",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "casework.api.errors.handle",
    "PAGE_SIZE": 50,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Casework API",
    "DESCRIPTION": "Campaigns, evidence, cases and penalties of a discipline commission.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": [
        "rest_framework.permissions.IsAuthenticated",
        "casework.api.permissions.ReadersDoNotWrite",
    ],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "ENUM_NAME_OVERRIDES": ENUM_NAMES,
}

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = env_str("CASEWORK_SMTP_HOST")
EMAIL_PORT = env_int("CASEWORK_SMTP_PORT", 25)
EMAIL_HOST_USER = env_str("CASEWORK_SMTP_USER")
EMAIL_HOST_PASSWORD = env_str("CASEWORK_SMTP_PASSWORD")
EMAIL_USE_TLS = env_bool("CASEWORK_SMTP_TLS")
DEFAULT_FROM_EMAIL = env_str("CASEWORK_MAIL_FROM", "casework@localhost")
EMAIL_TIMEOUT = 10  # a lease of letters must not run out while one server is waited for
# Robots and other systems that are told, as JSON (casework/notices/channels/hooks.py); secrets come by the _FILE form.
CASEWORK_WEBHOOKS = env_str("CASEWORK_WEBHOOKS")
CASEWORK_BASE_URL = env_str("CASEWORK_BASE_URL", f"http://localhost:{CASEWORK_PORT}")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env_str("CASEWORK_LOG_LEVEL", "WARNING" if TESTING else "INFO")},
    "loggers": {"axes": {"level": "ERROR"}},
}
