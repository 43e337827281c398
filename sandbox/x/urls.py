"""X's addresses: API v2, the control endpoints, the page."""

from django.urls import path, re_path

from sandbox.x import (
    api,
    control,
    control_more,
    dm_api,
    hook_api,
    oauth2,
    page,
    page_messages,
    uploads,
    writing,
)
from sandbox.x.endpoint import methods, unknown

ID = r"(?P<post_id>[0-9]{1,19})"

CONVERSATION = "2/dm_conversations/<str:conversation_id>"
WITH = "2/dm_conversations/with/<str:participant_id>"

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
    path("2/dm_events", methods(GET=dm_api.every)),
    path(f"{WITH}/dm_events", methods(GET=dm_api.with_one)),
    path(f"{WITH}/messages", methods(POST=dm_api.send_to)),
    path(f"{CONVERSATION}/dm_events", methods(GET=dm_api.of_conversation)),
    path(f"{CONVERSATION}/messages", methods(POST=dm_api.send_in)),
    path("2/webhooks", methods(GET=hook_api.listing, POST=hook_api.register)),
    path("2/webhooks/replay", methods(POST=hook_api.replay)),
    path("2/webhooks/<str:webhook_id>", methods(PUT=hook_api.validate, DELETE=hook_api.remove)),
    path(
        "2/activity/subscriptions",
        methods(GET=hook_api.subscriptions, POST=hook_api.subscribe),
    ),
    path(
        "2/activity/subscriptions/<str:subscription_id>",
        methods(PUT=hook_api.update, DELETE=hook_api.unsubscribe),
    ),
    path("2/media/upload", methods(POST=uploads.upload_v2)),
    path("1.1/media/upload.json", methods(POST=uploads.upload_v1)),
    path("2/oauth2/token", oauth2.token),
    path("2/oauth2/revoke", oauth2.revoke),
    path("i/oauth2/authorize", oauth2.authorize, name="x-authorize"),
    re_path(r"^2/", unknown),
    path("_sandbox/x/app.json", control.app_json),
    path("_sandbox/x/posts", control.posts_view),
    re_path(rf"^_sandbox/x/posts/{ID}$", control.post_view),
    re_path(rf"^_sandbox/x/posts/{ID}/edit$", control.edit),
    path("_sandbox/x/native", control.native),
    path("_sandbox/x/switches", control.switches_view),
    path("_sandbox/x/dm", control_more.dm),
    path("_sandbox/x/crc", control_more.crc),
    path("_sandbox/x/revoke", control_more.revoke),
    re_path(r"^_sandbox/x/media/(?P<number>[0-9]{1,19})$", uploads.serve),
    path("", page.timeline, name="x"),
    path("x/utas", page.threads, name="x-threads"),
    path("x/tulis", page.write, name="x-write"),
    re_path(rf"^x/hapus/{ID}$", page.remove, name="x-remove"),
    *page_messages.XMessages().urls(),
]
