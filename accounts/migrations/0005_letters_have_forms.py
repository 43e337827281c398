"""Patterns, signer and copies stand with the forms of letters now; referrals/0004 took them over."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_emblem"), ("referrals", "0004_old_letters")]
    operations = [
        migrations.RemoveField(
            model_name='office',
            name='copies',
        ),
        migrations.RemoveField(
            model_name='office',
            name='nota_dinas_pattern',
        ),
        migrations.RemoveField(
            model_name='office',
            name='signer_lines',
        ),
        migrations.RemoveField(
            model_name='office',
            name='surat_pattern',
        ),
    ]
