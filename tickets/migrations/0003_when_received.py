"""The citizen's clock of tickets that are there already counts from their first message."""

from django.db import migrations

FILL = """
UPDATE tickets_ticket t SET received_at = LEAST(t.opened_at, (
    SELECT min(i.opened_at) FROM tickets_ticketitem m JOIN inbox_item i ON i.id = m.item_id
     WHERE m.ticket_id = t.id))
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0002_clocks_and_kinds")]
    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
