"""What an administrator keeps: people, teams, divisions, the office. The journal is read only."""

from copy import copy
from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import (
    AdminPasswordChangeForm,
    AdminUserCreationForm,
    UserChangeForm,
)
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts import administering
from accounts.administering import AccountRefused
from accounts.journal import wording
from accounts.models import Division, JournalEntry, Office, Team, User

admin.site.unregister(Group)  # roles decide what a person may do, not groups


class _Checked:
    """Says beside its field why an account cannot be kept like this."""

    def clean(self) -> dict[str, Any]:
        """What the door would refuse."""
        told: dict[str, Any] = super().clean() or self.cleaned_data  # type: ignore[attr-defined,misc]
        person = User(pk=self.instance.pk, is_active=self.instance.is_active)  # type: ignore[attr-defined]
        for name in ("username", "email", "role", "is_active"):
            if name in told:
                setattr(person, name, told[name])
        try:
            administering.check(person=person)
        except AccountRefused as error:
            self.add_error(error.field if error.field in told else None, str(error))  # type: ignore[attr-defined]
        return told


class NewPersonForm(_Checked, AdminUserCreationForm):  # type: ignore[type-arg]
    class Meta(AdminUserCreationForm.Meta):
        model = User
        fields = ("username", "full_name", "email", "role", "division")


class PersonForm(_Checked, UserChangeForm):  # type: ignore[type-arg]
    class Meta(UserChangeForm.Meta):
        model = User
        fields = "__all__"


class PasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]
    """Somebody else's password, through the door."""

    by: User

    def save(self, commit: bool = True) -> User:  # noqa: FBT001, FBT002  Django's signature
        """Set it; the journal says who did."""
        word = self.cleaned_data["password1"] if self.cleaned_data["set_usable_password"] else None
        person = cast("User", self.user)
        administering.set_password(person=person, password=word, by=self.by)
        return person


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]
    """People are switched off, never deleted: the journal goes on naming them. Every write goes through
    administering.py."""

    add_form = NewPersonForm
    form = PersonForm
    list_display = ("username", "full_name", "role", "division", "is_active", "last_login")
    list_filter = ("role", "is_active", "teams", "division")
    search_fields = ("username", "full_name", "email")
    filter_horizontal = ("teams",)
    fieldsets = (
        (None, {"fields": ("username", "password", "full_name", "email")}),
        (_("Tugas"), {"fields": ("role", "division", "teams", "is_active")}),
        (_("Untuk surat"), {"fields": ("rank", "id_label", "id_number", "position")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": (
                    "username", "full_name", "email", "role", "division",
                    "usable_password", "password1", "password2",
                ),
            },
        ),
    )  # fmt: skip
    actions = None

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def save_model(
        self,
        request: HttpRequest,
        obj: User,
        form: Any,
        change: bool,  # noqa: FBT001
    ) -> None:
        """Through the door; an administrator, and nobody else, enters these pages."""
        administering.keep(person=obj, by=cast("User", request.user), changed=form.changed_data)

    def user_change_password(
        self,
        request: HttpRequest,
        id: str,  # noqa: A002  Django's signature
        form_url: str = "",
    ) -> HttpResponse:
        """Its form is told who asks; one form class per request, as requests share this object."""
        mine = copy(self)
        mine.change_password_form = type("Mine", (PasswordForm,), {"by": request.user})
        return super(PersonAdmin, mine).user_change_password(request, id, form_url)


@admin.register(Team)
class TeamAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name",)
    search_fields = ("name",)


@admin.register(Division)
class DivisionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Looked at here, changed on their own pages, where a former name is kept and the tree stays sound."""

    list_display = ("name", "code", "letter_kind", "parent", "answer_days", "is_active", "page")
    list_filter = ("letter_kind", "is_active")
    list_select_related = ("parent",)
    search_fields = ("name", "code", "former_names__name")
    actions = None

    @admin.display(description=_("diubah di"))
    def page(self, division: Division) -> str:
        address = reverse("divisions:unit", args=[division.pk])
        return format_html('<a href="{}">{}</a>', address, _("halamannya"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Division | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Division | None = None) -> bool:
        return False


@admin.register(Office)
class OfficeAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """One row, made at first run."""

    fieldsets = (
        (None, {"fields": ("name", "city", "ticket_prefix")}),
        (
            _("Surat"),
            {
                "fields": ("link_days", "reminds_by_itself", "relay_needs_approval"),
            },
        ),
        (
            _("Meja jawab"),
            {
                "fields": (
                    "lease_minutes", "undo_seconds", "new_episode_days", "all_see_all",
                )
            },
        ),
    )  # fmt: skip
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Office | None = None) -> bool:
        return False


@admin.register(JournalEntry)
class JournalAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Read only; triggers in the database refuse anything else (I8)."""

    list_display = ("at", "actor", "what", "subject")
    search_fields = ("=subject",)
    show_full_result_count = False
    list_select_related = ("actor",)
    ordering = ("-id",)
    actions = None

    @admin.display(description=_("apa"))
    def what(self, entry: JournalEntry) -> str:
        return wording(entry.verb)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
