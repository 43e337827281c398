"""What proves that a letter arrived, and that a worker took a mail."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("referrals", "0007_letters_that_went_out")]
    operations = [
        migrations.AddField(
            model_name="dispatch",
            name="receipt",
            field=models.FileField(blank=True, max_length=200, upload_to="receipts/%Y/%m"),
        ),
        migrations.AddField(
            model_name="dispatch",
            name="receipt_digest",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="dispatch",
            name="tried_at",
            field=models.DateTimeField(null=True),
        ),
    ]
