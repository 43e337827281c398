"""What a letter says stands in its body; its former three parts were taken over by 0004."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("referrals", "0004_old_letters")]
    operations = [
        migrations.RemoveField(
            model_name='letter',
            name='facts',
        ),
        migrations.RemoveField(
            model_name='letter',
            name='matter',
        ),
        migrations.RemoveField(
            model_name='letter',
            name='request',
        ),
    ]
