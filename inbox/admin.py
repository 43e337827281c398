"""Channels, for an administrator: which accounts, which teams, from when. Keys are sealed and never shown."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from inbox.models import Channel, Feed
from inbox.polling import make_feeds

KEYS = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")


class ChannelForm(forms.ModelForm):  # type: ignore[type-arg]
    """The account's row, and its keys: typed in whole, never read out (X, platforms.md §2)."""

    consumer_key = forms.CharField(label=_("API key"), required=False)
    consumer_secret = forms.CharField(label=_("API key secret"), required=False)
    access_token = forms.CharField(label=_("Access token"), required=False)
    access_token_secret = forms.CharField(label=_("Access token secret"), required=False)

    class Meta:
        model = Channel
        fields = ("platform", "external_id", "handle", "name", "teams", "begin_from", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key in KEYS:
            self.fields[key].widget = forms.PasswordInput(attrs={"autocomplete": "off"})

    def clean(self) -> dict[str, Any]:
        """All keys or none: half a set would read as connected and never work."""
        cleaned = super().clean() or {}
        given = [key for key in KEYS if cleaned.get(key)]
        if given and len(given) < len(KEYS):
            raise forms.ValidationError(_("Isi keempat kunci, atau kosongkan semuanya."))
        return cleaned


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
    """Channels are switched off, never deleted: their messages stay."""

    form = ChannelForm
    list_display = ("handle", "platform", "by_hand", "is_active")
    list_filter = ("platform", "is_active")
    filter_horizontal = ("teams",)
    inlines = (FeedInline,)
    actions = None
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "platform",
                    "external_id",
                    "handle",
                    "name",
                    "teams",
                    "begin_from",
                    "is_active",
                )
            },
        ),
        (
            _("Kunci (hanya X; kosongkan untuk membiarkan yang tersimpan)"),
            {"fields": KEYS, "classes": ("collapse",)},
        ),
    )

    @admin.display(description=_("dicatat dengan tangan"), boolean=True)
    def by_hand(self, channel: Channel) -> bool:
        return channel.by_hand

    def has_delete_permission(self, request: HttpRequest, obj: Channel | None = None) -> bool:
        return False

    def save_model(
        self,
        request: HttpRequest,
        obj: Channel,
        form: Any,
        change: bool,  # noqa: FBT001
    ) -> None:
        """Seal new keys; a channel with keys gets its feeds."""
        keys = {key: form.cleaned_data[key] for key in KEYS if form.cleaned_data.get(key)}
        with transaction.atomic():
            if keys:
                obj.credentials = keys
            super().save_model(request, obj, form, change)
            if keys:
                make_feeds(obj)
