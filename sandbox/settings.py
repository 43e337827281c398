"""Django as a tiny web framework: no database, no sessions, no users."""

import os
import secrets
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent

# Nothing is signed that has to outlive the process: the CSRF cookie is random by itself.
SECRET_KEY = secrets.token_urlsafe(32)
DEBUG = False
ALLOWED_HOSTS = os.environ.get("SANDBOX_HOSTS", "127.0.0.1,localhost,[::1],sandbox").split(",")

INSTALLED_APPS: list[str] = []
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.middleware.common.CommonMiddleware",
]
APPEND_SLASH = False
ROOT_URLCONF = "sandbox.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
STATIC_ROOT = BASE_DIR / "static"

SECURE_CSP = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "connect-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}
# Cookies ignore the port: on one machine the apps' own cookies live beside these.
CSRF_COOKIE_NAME = "kotakpasir_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"

LANGUAGE_CODE = "id"
USE_I18N = True
LOCALE_PATHS = [BASE_DIR.parent / "locale"]
TIME_ZONE = "Asia/Makassar"
USE_TZ = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 30_000_000  # citizens' files come as base64 in JSON
# A bug of the sandbox must be seen: without this a server without DEBUG says nothing.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "loggers": {"django.request": {"handlers": ["stderr"], "level": "ERROR"}},
}
