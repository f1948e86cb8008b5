"""Extensions that constraints of later apps need; both come with every PostgreSQL 18 (contrib)."""

from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    run_before = [("accounts", "0001_initial")]
    operations = [BtreeGistExtension()]
