"""Settings of Sahut: one file, everything from the environment (12-factor), secrets also from files.

`NAME_FILE=/run/secrets/name` is read where `NAME` is not set (environ.FileAwareEnv), so that Compose
secrets need no shell. Without DATABASE_URL and REDIS_URL the embedded servers under VAR are used
(config/embedded.py), which `make demo` starts.
"""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.utils.csp import CSP

from config import embedded

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()

VAR = Path(env.str("VAR", default=str(BASE_DIR / "var"))).resolve()
DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)  # shows the demo log-ins on the log-in page


def _secret_key() -> str:
    """The key from the environment, or one made once and kept under VAR (readable by us alone)."""
    given = str(env.str("SECRET_KEY", default=""))
    if given:
        return given
    path = VAR / "secret_key"
    if not path.exists():
        VAR.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text().strip()


def mailer(url: dict[str, Any]) -> dict[str, Any]:
    """What EMAIL_URL says, in the form of Django 6.1's MAILERS (django-environ still speaks EMAIL_*)."""
    names = {
        "EMAIL_HOST": "host",
        "EMAIL_PORT": "port",
        "EMAIL_HOST_USER": "username",
        "EMAIL_HOST_PASSWORD": "password",
        "EMAIL_USE_TLS": "use_tls",
        "EMAIL_USE_SSL": "use_ssl",
        "EMAIL_FILE_PATH": "file_path",
    }
    options = {names[key]: value for key, value in url.items() if key in names and value}
    return {"BACKEND": url["EMAIL_BACKEND"], "OPTIONS": options}


SECRET_KEY = _secret_key()
# Keys for tokens at rest, newest first, apart from SECRET_KEY so that each rotates alone.
# Without one it is derived from SECRET_KEY (accounts/sealed.py).
SEALING_KEYS = env.list("SEALING_KEYS", default=[])

SITE_URL = env.str("SITE_URL", default=f"http://127.0.0.1:{env.int('PORT', default=8000)}")
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]", urlsplit(SITE_URL).hostname]
)
CSRF_TRUSTED_ORIGINS = [SITE_URL]
_https = SITE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _https else None
SECURE_HSTS_SECONDS = 3600 * 24 * 30 if _https else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"  # the letter preview embeds our own PDF

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "django_linear_migrations",
    "django_htmx",
    "lucide",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rules",
    "pgtrigger",
    "pghistory",
    "accounts",
    "inbox",
    "tickets",
    "referrals",
    "reports",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "accounts.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "pghistory.middleware.HistoryMiddleware",
    "accounts.first_run.FirstRunMiddleware",
    "inbox.live.LiveCookieMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context.desk",
            ],
            "builtins": ["lucide.templatetags.lucide"],
        },
    }
]
PGHISTORY_APPEND_ONLY = True  # row history is refused UPDATE and DELETE, like the journal (I8)
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# PostgreSQL only (DESIGN §10). Connections are kept, since pages are served by a fixed number of
# threads (config/asgi.py); autocommit, short transactions opened by the write doors themselves.
DATABASES = {"default": env.db_url("DATABASE_URL", default=embedded.database_url(VAR))}
DATABASES["default"] |= {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["OPTIONS"].setdefault("connect_timeout", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="") or embedded.redis_url(VAR)
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
}

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="") or (
    REDIS_URL.replace("unix://", "redis+socket://")
    if REDIS_URL.startswith("unix://")
    else REDIS_URL
)
WEB_THREADS = env.int("WEB_THREADS", default=8)  # keep threads × processes under max_connections

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # accounts are made by an administrator, nobody signs up
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
# Many operators share one office address: limit per account name, generously per address.
ACCOUNT_RATE_LIMITS = {"login": "120/m/ip", "login_failed": "60/m/ip,8/300s/key"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]

MAILERS = {"default": mailer(env.email_url("EMAIL_URL", default="consolemail://"))}
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="sahut@localhost")
# Where divisions answer a letter that came by mail, e.g. humas+{number}@kantor.go.id: {number} becomes the
# ticket's, so that the answer finds its way. Empty: they answer to DEFAULT_FROM_EMAIL.
REPLY_ADDRESS = env.str("REPLY_ADDRESS", default="")
# The mailbox in which those replies arrive, e.g. "imap+ssl://nama:sandi@imap.kantor.go.id/INBOX".
REPLY_MAILBOX = env.str("REPLY_MAILBOX", default="")

LANGUAGE_CODE = "id"
LANGUAGES = [("id", "Bahasa Indonesia"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.str("TIME_ZONE", default="Asia/Makassar")  # the office's zone; storage is UTC
USE_TZ = True
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(VAR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True  # no collectstatic step on a laptop; the image collects
MEDIA_ROOT = VAR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MEDIA_IMAGE_MB = env.int(
    "MEDIA_IMAGE_MB", default=10
)  # largest picture kept of a citizen's message
MEDIA_FILE_MB = env.int("MEDIA_FILE_MB", default=50)  # largest video, recording or document
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024

# Signatures of letters. Module and PIN of a PKCS#11 token are the administrator's: no form of a page makes the
# server load a library. Roots: a PEM file of issuers known here, to name who signed uploaded copies.
PKCS11_MODULE = env.str("PKCS11_MODULE", default="")
PKCS11_PIN = env.str("PKCS11_PIN", default="")
SIGNATURE_ROOTS = env.str("SIGNATURE_ROOTS", default="")
# "host:port" of a time-stamp server inside the office's network; others must be public and https.
STAMP_ALLOW = env.list("STAMP_ALLOW", default=[])

# Nothing from elsewhere, nothing inline; pictures from uploads are served by ourselves.
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "connect-src": [CSP.SELF],
    "worker-src": [CSP.SELF],
    "frame-src": [CSP.SELF],
    "frame-ancestors": [CSP.SELF],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
}

# The injectable clock (accounts/clock.py): empty in production, then nobody can shift time.
CLOCK_FILE = env.str("CLOCK_FILE", default="")


# Platforms: <FAMILY>_API_BASE replaces the platform's own host (the sandbox in the demo and in
# tests), <FAMILY>_API_VERSION the version in its addresses. Families: connectors/registry.py.
def _per_family(ending: str) -> dict[str, str]:
    found = {name: value for name, value in os.environ.items() if name.endswith(ending)}
    return {name.removesuffix(ending).lower(): value for name, value in found.items()}


API_BASES = _per_family("_API_BASE")
API_VERSIONS = _per_family("_API_VERSION")
API_TIMEOUT = (3.0, env.float("API_READ_TIMEOUT", default=15.0))  # connect, read; seconds
# A function that a fault run has called at each step of the sending protocol (inbox/steps.py).
STEP_HOOK = env.str("STEP_HOOK", default="")
POLL_EVERY = env.float("POLL_EVERY", default=5.0 if DEMO else 60.0)  # seconds per feed
SWEEP_EVERY = env.float("SWEEP_EVERY", default=10.0)  # seconds between sweeps; I9 allows 60

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    # tweepy prints headers, with the token, at DEBUG (platforms.md §2.5)
    # pyHanko tells of every issuer that is not known here, with a traceback: that is an answer, no error
    "loggers": {
        "tweepy": {"level": "WARNING"},
        "requests_oauthlib": {"level": "WARNING"},
        "pikepdf": {"level": "WARNING"},
        "pyhanko": {"level": "ERROR"},
        "pyhanko_certvalidator": {"level": "ERROR"},
    },
}
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
