"""LINE's addresses: the Messaging API, the token endpoints, the control endpoints."""

from django.urls import path, re_path

from sandbox.line import api, control, sending
from sandbox.line.endpoint import methods, unknown
from sandbox.line.page import LineChats

MEMBER = r"^v2/bot/(?:group|room)/(?P<group_id>[^/]+)"
CONTENT = "v2/bot/message/<str:message_id>/content"

urlpatterns = [
    path("v2/bot/info", methods(GET=api.info)),
    path("v2/bot/channel/webhook/endpoint", methods(GET=api.get_webhook, PUT=api.set_webhook)),
    path("v2/bot/channel/webhook/test", methods(POST=api.test_webhook)),
    path("v2/bot/message/push", methods(POST=sending.push)),
    path("v2/bot/message/reply", methods(POST=sending.reply)),
    path("v2/bot/message/validate/push", methods(POST=sending.validate)),
    path("v2/bot/message/validate/reply", methods(POST=sending.validate)),
    path("v2/bot/message/quota", methods(GET=sending.quota)),
    path("v2/bot/message/quota/consumption", methods(GET=sending.consumption)),
    path(CONTENT, methods(GET=api.content)),
    path(f"{CONTENT}/preview", methods(GET=api.preview)),
    path(f"{CONTENT}/transcoding", methods(GET=api.transcoding)),
    path("v2/bot/profile/<str:user_id>", methods(GET=api.profile)),
    path("v2/bot/group/<str:group_id>/summary", methods(GET=api.group_summary)),
    re_path(rf"{MEMBER}/member/(?P<user_id>[^/]+)$", methods(GET=api.member)),
    re_path(rf"{MEMBER}/members/count$", methods(GET=api.member_count)),
    path("v2/bot/chat/loading/start", methods(POST=api.loading)),
    path("v2/bot/chat/markAsRead", methods(POST=api.mark_as_read)),
    path("v2/oauth/accessToken", api.issue_token),
    path("v2/oauth/revoke", api.revoke_token),
    path("oauth2/v3/token", api.issue_token),
    path("oauth2/v2.1/verify", api.verify_token),
    re_path(r"^v2/", unknown),
    re_path(r"^oauth2/", unknown),
    path("_sandbox/line/app.json", control.app_json),
    path("_sandbox/line/write", control.write),
    path("_sandbox/line/change", control.change),
    path("_sandbox/line/event", control.event),
    path("_sandbox/line/chats", control.chats_view),
    path("_sandbox/line/media/<str:message_id>", control.media_view),
    path("_sandbox/line/switches", control.switches_view),
    *LineChats().urls(),
]
