"""Channels, for an administrator: a list that leads to their own pages, where they are connected and set."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from inbox.models import Channel, Feed


class FeedInline(admin.TabularInline):  # type: ignore[type-arg]
    """What is read of the channel, and since when it is not."""

    model = Feed
    extra = 0
    can_delete = False
    readonly_fields = fields = ("name", "last_ok_at", "blind_since", "last_error", "next_poll_at")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Channel)
class ChannelAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """To look at. Connecting, keys, settings and switching off are under /kanal/, through one door each."""

    list_display = ("handle", "platform", "by_hand", "is_active", "own_page")
    list_filter = ("platform", "is_active")
    inlines = (FeedInline,)
    actions = None
    fields = (
        "own_page", "platform", "external_id", "handle", "name", "teams", "begin_from", "is_active",
    )  # fmt: skip
    readonly_fields = fields

    @admin.display(description=_("dicatat dengan tangan"), boolean=True)
    def by_hand(self, channel: Channel) -> bool:
        return channel.by_hand

    @admin.display(description=_("kunci, pengaturan, kesehatan"))
    def own_page(self, channel: Channel) -> SafeString:
        """The page where the channel is connected and set."""
        address = reverse("channels:channel", args=[channel.pk])
        return format_html('<a href="{}">{}</a>', address, _("Buka"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Channel | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Channel | None = None) -> bool:
        return False
