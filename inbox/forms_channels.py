"""What people type on the connect screens, read and checked. Nothing here writes.

Keys go in and never come out: their fields are never filled in, and a refused form asks for them again.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import clock
from accounts.models import Team
from inbox.connectors.parts import Key
from inbox.models import Channel, Platform
from inbox.models_channel import platform_choices


def app_keys(family: str) -> tuple[Key, ...]:
    """The application's keys, in the order of the platform's own page (platforms.md §2.1, §3.1).

    Labels are the portals' own words, which are English.
    """
    if family == "meta":
        return (
            Key("app_id", "App ID", "App settings → Basic.", secret=False),
            Key(
                "app_secret",
                "App Secret",
                gettext("Memastikan juga bahwa kiriman memang dari Meta."),
            ),
        )
    consent = gettext("User authentication settings. Kosongkan bila memakai kunci OAuth 1.0a saja.")
    direct = gettext(
        "Supaya X mengirim pesan langsung ke sini. Tanpa ini pesan dibaca berkala saja."
    )
    return (
        Key("consumer_key", "API Key", "Keys and tokens → Consumer Keys."),
        Key(
            "consumer_secret",
            "API Key Secret",
            gettext("Memastikan juga bahwa kiriman memang dari X."),
        ),
        Key("client_id", "OAuth 2.0 Client ID", consent, secret=False, optional=True),
        Key("client_secret", "OAuth 2.0 Client Secret", optional=True),
        Key("bearer_token", "Bearer Token", direct, optional=True),
    )


def x_oauth1_keys() -> tuple[Key, ...]:
    """What an X account adds to its application's keys when OAuth 1.0a keys are pasted."""
    where = gettext(
        "Keys and tokens → Access Token and Secret, dengan izin membaca, menulis, dan pesan."
    )
    return (
        Key("access_token", "Access Token", where),
        Key("access_token_secret", "Access Token Secret"),
    )


#: What a platform lets some institutions do: the channel's options (connectors.base.Situation).
OPTIONS: dict[str, tuple[tuple[str, Any, Any], ...]] = {
    "x": (
        (
            "enterprise",
            _("Akun X Enterprise"),
            _("Boleh membalas kiriman yang tidak menyebut akun kita."),
        ),
    ),
    "facebook": (
        (
            "human_agent",
            _("Izin Human Agent"),
            _("Meta sudah menyetujui balasan sampai 7 hari setelah warga menulis."),
        ),
    ),
    "instagram": (
        (
            "human_agent",
            _("Izin Human Agent"),
            _("Meta sudah menyetujui balasan sampai 7 hari setelah warga menulis."),
        ),
    ),
}
WHY = (
    ("warga", _("Warga memintanya (UU PDP)")),
    ("platform", _("Platform memintanya")),
)


def key_field(key: Key, *, optional: bool = False) -> forms.CharField:
    """One thing to be typed in. What is secret is not shown while it is typed, nor kept by the browser."""
    widget: forms.Widget = (
        forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"})
        if key.secret
        else forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    )
    return forms.CharField(
        label=key.label,
        help_text=key.help,
        required=not (key.optional or optional),
        max_length=2000,
        strip=True,
        widget=widget,
    )


class KeysForm(forms.Form):
    """The keys a platform asks for. `keep`: those left empty stay as they are stored."""

    def __init__(self, *args: Any, keys: Sequence[Key], keep: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.keys = keys
        for key in keys:
            self.fields[key.name] = key_field(key, optional=keep)

    def values(self) -> dict[str, str]:
        """What was typed, by the key's name."""
        return {key.name: self.cleaned_data.get(key.name, "") for key in self.keys}


def begin_of(day: date | None) -> datetime | None:
    """The first moment of a day at the office's place, aware."""
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None


def today() -> date:
    """The office's day."""
    return timezone.localtime(clock.now()).date()


class TeamsForm(forms.Form):
    """Which teams answer on a channel."""

    teams: Any = forms.ModelMultipleChoiceField(
        queryset=Team.objects.none(), label=_("Tim yang menjawab"), required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelMultipleChoiceField[Team]", self.fields["teams"])
        field.queryset = Team.objects.order_by("name")
        if not self.is_bound and "teams" not in self.initial:
            self.initial["teams"] = list(Team.objects.values_list("pk", flat=True))


class BeginForm(TeamsForm):
    """The last step: from which day messages count, and who answers."""

    begin_from = forms.DateField(
        label=_("Ambil pesan sejak"),
        help_text=_("Yang lebih lama masuk sebagai riwayat, tidak menunggu jawaban."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    field_order: tuple[str, ...] = ("begin_from", "teams")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("begin_from", today())

    def clean_begin_from(self) -> datetime | None:
        return begin_of(self.cleaned_data["begin_from"])


class NameForm(forms.Form):
    """Whose the pasted keys are, where the platform cannot be asked."""

    handle = forms.CharField(label=_("Nama akun"), max_length=80)
    external_id = forms.CharField(
        label=_("Alamat atau nomor akun"), max_length=80, required=False,
        help_text=_("Alamat surel, nomor akun di platform, atau nama pendek formulir. Kosongkan bila sama dengan nama akun."),
    )  # fmt: skip


class ByHandChannelForm(TeamsForm):
    """A place whose messages are taken in by hand."""

    platform = forms.ChoiceField(label=_("Platform"), choices=platform_choices)
    handle = forms.CharField(
        label=_("Nama akun"), max_length=70, help_text=_("Seperti dikenal warga, misalnya @humas.")
    )
    field_order = ("platform", "handle", "teams")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("platform", Platform.OTHER)


class SettingsForm(TeamsForm):
    """A channel's settings."""

    handle = forms.CharField(label=_("Nama akun"), max_length=80)
    begin_from = forms.DateField(
        label=_("Ambil pesan sejak"), required=False,
        help_text=_("Pesan baru dari sebelum hari ini masuk sebagai riwayat."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip
    second_reader = forms.BooleanField(
        label=_("Pembaca kedua"), required=False,
        help_text=_("Balasan baru berangkat setelah dibaca rekan lain. Balasan pimpinan langsung berangkat."),
    )  # fmt: skip
    field_order = ("handle", "begin_from", "teams", "second_reader")

    def __init__(self, *args: Any, channel: Channel, **kwargs: Any) -> None:
        begin = channel.begin_from
        initial = {
            "handle": channel.handle,
            "begin_from": timezone.localtime(begin).date() if begin else None,
            "teams": list(channel.teams.values_list("pk", flat=True)),
            "second_reader": channel.second_reader,
        } | {
            name: bool(channel.options.get(name))
            for name, _label, _help in OPTIONS.get(channel.platform, ())
        }
        super().__init__(*args, initial=initial, **kwargs)
        self.channel = channel
        if not channel.by_hand:  # the platform says what a connected account is called
            del self.fields["handle"]
        else:  # what is posted in the platform's own app cannot be kept waiting here
            del self.fields["second_reader"]
        for name, label, help_text in OPTIONS.get(channel.platform, ()):
            self.fields[name] = forms.BooleanField(label=label, help_text=help_text, required=False)

    def clean_begin_from(self) -> datetime | None:
        """A day that did not change keeps its exact moment."""
        day, known = self.cleaned_data["begin_from"], self.channel.begin_from
        if known and day == timezone.localtime(known).date():
            return known
        return begin_of(day)

    def options(self) -> Mapping[str, Any]:
        """What the platform allows, as typed."""
        names = [name for name, _label, _help in OPTIONS.get(self.channel.platform, ())]
        return {name: bool(self.cleaned_data.get(name)) for name in names}


class SecretForm(forms.Form):
    """A webhook secret that will be good beside the old one."""

    secret = forms.CharField(
        label=_("Kunci rahasia baru"), max_length=2000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip


class PickForm(BeginForm):
    """Which of the Pages and Instagram accounts are connected."""

    accounts = forms.MultipleChoiceField(
        error_messages={"required": _("Pilih sedikitnya satu Halaman atau akun.")}
    )
    field_order = ("accounts", "begin_from", "teams")

    def __init__(self, *args: Any, choices: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.MultipleChoiceField", self.fields["accounts"])
        field.choices = [(value, value) for value in choices]


class EraseForm(forms.Form):
    """Why a citizen's words go, and that it is meant."""

    why = forms.ChoiceField(label=_("Alasan"), choices=WHY, widget=forms.RadioSelect)
    sure = forms.BooleanField(
        label=_("Ya, hapus untuk selamanya"),
        error_messages={"required": _("Centang untuk memastikan.")},
    )
