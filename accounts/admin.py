"""What an administrator keeps: people, teams, divisions, the office. The journal is read only."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.journal import wording
from accounts.models import Division, JournalEntry, Office, Role, Team, User

admin.site.unregister(Group)  # roles decide what a person may do, not groups


class NewPersonForm(AdminUserCreationForm):  # type: ignore[type-arg]
    class Meta(AdminUserCreationForm.Meta):
        model = User
        fields = ("username", "full_name", "email", "role", "division")


class PersonForm(UserChangeForm):  # type: ignore[type-arg]
    class Meta(UserChangeForm.Meta):
        model = User
        fields = "__all__"


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]
    """People are switched off, never deleted: the journal goes on naming them."""

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
        """An administrator, and nobody else, enters these pages: the role decides."""
        obj.is_staff = obj.is_superuser = obj.role == Role.ADMIN
        super().save_model(request, obj, form, change)


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
