"""X's addresses: API v2, the control endpoints, the page."""

from django.urls import path, re_path

from sandbox.x import api, control, page, writing
from sandbox.x.endpoint import methods, unknown

ID = r"(?P<post_id>[0-9]{1,19})"

urlpatterns = [
    path("2/users/me", methods(GET=api.me)),
    path("2/users/by/username/<str:username>", methods(GET=api.user_by_name)),
    path("2/users/<str:user_id>", methods(GET=api.user_by_id)),
    path("2/users/<str:user_id>/mentions", methods(GET=api.mentions)),
    path("2/users/<str:user_id>/tweets", methods(GET=api.timeline)),
    path("2/tweets", methods(GET=api.lookup, POST=writing.create)),
    path("2/tweets/search/recent", methods(GET=api.search)),
    path("2/tweets/<str:post_id>", methods(GET=api.one, DELETE=writing.remove)),
    path("2/tweets/<str:post_id>/quote_tweets", methods(GET=api.quote_tweets)),
    re_path(r"^2/", unknown),
    path("_sandbox/x/app.json", control.app_json),
    path("_sandbox/x/posts", control.posts_view),
    re_path(rf"^_sandbox/x/posts/{ID}$", control.post_view),
    re_path(rf"^_sandbox/x/posts/{ID}/edit$", control.edit),
    path("_sandbox/x/native", control.native),
    path("_sandbox/x/switches", control.switches_view),
    path("", page.timeline, name="x"),
    path("x/utas", page.threads, name="x-threads"),
    path("x/tulis", page.write, name="x-write"),
    re_path(rf"^x/hapus/{ID}$", page.remove, name="x-remove"),
]
