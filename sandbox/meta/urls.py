"""Meta's addresses: the Graph API, the control endpoints."""

from django.urls import path, re_path

from sandbox.meta import control, files, page
from sandbox.meta.graph import graph

urlpatterns = [
    re_path(r"^(?P<version>v[0-9]{1,3}\.[0-9]{1,3})/(?P<rest>.*)$", graph),
    path("_sandbox/meta/app.json", control.app_json),
    path("_sandbox/meta/write", control.write),
    path("_sandbox/meta/change", control.change),
    path("_sandbox/meta/objects", control.objects_view),
    path("_sandbox/meta/switches", control.switches_view),
    path("_sandbox/meta/event", control.event),
    path("_sandbox/meta/flush", control.flush),
    path("_sandbox/meta/privacy", control.privacy),
    path("_sandbox/meta/files", control.upload),
    path("_sandbox/meta/files/<str:file_id>", files.serve),
    *page.urls(),
]
