"""First run: while nobody exists, every page leads to the form that makes the first administrator.

It also asks what kind of office this is, and puts the divisions such an office refers to in place.
"""

from collections.abc import Callable

from django import forms
from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import catalogue as catalogues
from accounts import journal
from accounts.catalogue_shipped import Names
from accounts.forms_divisions import CatalogueForm
from accounts.models import Office, Role, User
from accounts.views_divisions import example

journal.register({"admin_created": _("membuat administrator pertama")})


class FirstRunForm(CatalogueForm):
    """The institution, the divisions it refers to, and its first administrator."""

    OFFICE = ("office", "city")
    PERSON = ("full_name", "username", "email", "password")

    office = forms.CharField(
        label=_("Nama kantor"), max_length=120, help_text=_("Misalnya: Bidhumas Polda …")
    )
    city = forms.CharField(label=_("Kota"), max_length=80)
    full_name = forms.CharField(label=_("Nama lengkap"), max_length=120)
    username = forms.SlugField(label=_("Nama masuk"), max_length=60)
    email = forms.EmailField(label=_("Surel"), help_text=_("Untuk memulihkan kata sandi."))
    password = forms.CharField(label=_("Kata sandi"), widget=forms.PasswordInput, strip=False)

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password)
        return password


def make_first_admin(
    *,
    username: str,
    email: str,
    password: str,
    full_name: str = "",
    office: str = "",
    city: str = "",
    catalogue: str = "",
    names: Names | None = None,
) -> User:
    """Create the first administrator, name the office, and make the divisions of `catalogue` ("" makes none).

    Raises ValueError when somebody exists.

    1. Lock the office row: two browsers on the first-run page queue up here.
    2. Look again whether anybody exists.  3. Create, journal, commit.
    """
    with transaction.atomic():
        row = Office.objects.select_for_update().get(pk=Office.current().pk)
        if User.objects.exists():
            msg = "administrator sudah ada"
            raise ValueError(msg)
        if office:
            row.name, row.city = office, city
        if catalogue:
            row.style = catalogues.CATALOGUES[catalogue].style
        row.save()
        user = User.objects.create_superuser(
            username=username, email=email, password=password, full_name=full_name, role=Role.ADMIN
        )
        journal.record("admin_created", subject=user, by=user)
        if catalogue and names:
            catalogues.make_divisions(catalogue=catalogue, names=names, by=user)
    return user


def first_run(request: HttpRequest) -> HttpResponse:
    """The page itself; gone (back to the front door) once somebody exists."""
    if User.objects.exists():
        return redirect("home")
    form = FirstRunForm(request.POST or None)
    if "example" in request.POST:
        return example(request, form, "accounts/first_run.html")
    if request.method == "POST" and form.is_valid():
        told = {name: form.cleaned_data[name] for name in (*form.OFFICE, *form.PERSON, "catalogue")}
        try:
            user = make_first_admin(names=form.names(form.cleaned_data), **told)
        except ValueError:
            return redirect("account_login")
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        return redirect("home")
    return render(request, "accounts/first_run.html", {"form": form})


class FirstRunMiddleware:
    """Asks the database until somebody exists, then never again in this process."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.somebody_exists = False

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not self.somebody_exists and not request.path.startswith(
            ("/static/", "/sehat/", "/hook/")
        ):
            self.somebody_exists = User.objects.exists()
            if not self.somebody_exists and request.path != reverse("first_run"):
                return redirect("first_run")
        return self.get_response(request)


def database_answers() -> bool:
    """Whether PostgreSQL answers a plain question; for the health page."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone() == (1,))
