"""All addresses of the sandbox: the platforms' own, the control endpoints, the page."""

from django.conf import settings
from django.urls import include, path
from django.views.static import serve

from sandbox.core import control, push_control

urlpatterns = [
    path("_sandbox/health", control.health),
    path("_sandbox/ledger", control.ledger_view),
    path("_sandbox/faults", control.faults_view),
    path("_sandbox/stories", control.stories_view),
    path("_sandbox/feed", control.feed_view),
    path("_sandbox/push", push_control.push_view),
    path("_sandbox/push/flush", push_control.flush),
    path("_sandbox/push/again", push_control.again),
    path("_sandbox/reset", control.reset),
    path("static/<path:path>", serve, {"document_root": settings.STATIC_ROOT}, name="static"),
    path("", include("sandbox.line.urls")),
    path("", include("sandbox.meta.urls")),
    path("", include("sandbox.x.urls")),
]
