"""Everybody's own draft on an item; when a delivery's first attempt left; corrections nobody is sure of."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# The row history knows every attempt's start; a row from before the history has its last one.
FIRST_STARTED = """
UPDATE inbox_delivery d
   SET first_started_at = COALESCE(
       (SELECT min(h.started_at) FROM inbox_deliveryhistory h WHERE h.pgh_obj_id = d.id), d.started_at)
 WHERE d.started_at IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [
        ("inbox", "0003_never_twice"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="amendment",
            name="unsure",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="delivery",
            name="first_started_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(FIRST_STARTED, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="draft",
            name="item",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="drafts",
                to="inbox.item",
            ),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.UniqueConstraint(fields=("item", "author"), name="one_draft_each"),
        ),
    ]
