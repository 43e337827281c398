"""WSGI entry: the pages."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import config.celery  # noqa: F401  tasks nudged by pages need the app

application = get_wsgi_application()
