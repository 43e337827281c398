from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ReferralsConfig(AppConfig):
    name = "referrals"
    verbose_name = "Rujukan"

    def ready(self) -> None:
        from referrals import receivers  # noqa: F401  hears from the layers below

        post_migrate.connect(_ship, sender=self, dispatch_uid="referrals.ship")


def _ship(**_kwargs: Any) -> None:
    """Sources and archive codes are rows: they come with the tables, and with each later version."""
    from referrals import shipping

    shipping.ship()
