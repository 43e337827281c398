from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Pengguna"

    def ready(self) -> None:
        from accounts import predicates  # noqa: F401  registers the rules
