from django.apps import AppConfig


class ReferralsConfig(AppConfig):
    name = "referrals"
    verbose_name = "Rujukan"

    def ready(self) -> None:
        from referrals import receivers  # noqa: F401  hears from the layers below
