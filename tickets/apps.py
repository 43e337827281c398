from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


def ship_rules(using: str, **_: Any) -> None:
    """After a migration: the shipped rules that are missing, where their table is there already."""
    from tickets import rules
    from tickets.models_clock import Rule

    if Rule._meta.db_table in connections[using].introspection.table_names():  # noqa: SLF001
        rules.ship()


class TicketsConfig(AppConfig):
    name = "tickets"
    verbose_name = "Tiket"

    def ready(self) -> None:
        from tickets import receivers  # noqa: F401  hears from the inbox

        post_migrate.connect(ship_rules, sender=self, dispatch_uid="tickets.ship_rules")
