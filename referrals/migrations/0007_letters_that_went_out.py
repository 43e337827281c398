"""Every letter that was sent so far went to its division's portal, by itself."""

from django.db import migrations

FILL = """
INSERT INTO referrals_dispatch (letter_id, way, "to", state, problem, message_id, at, received_by)
SELECT l.id, 'portal', '', 'sent', '', '', l.sent_at, '' FROM referrals_letter l
 WHERE l.sent_at IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("referrals", "0006_out_and_back")]
    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
