"""The watch over the clock keeps its findings beside the others."""

from django.db import migrations

KINDS = "'verify', 'sign', 'integrate', 'witness', 'timestamp', 'files'"
SET = """
alter table ledger.check_run drop constraint check_run_kind_check;
alter table ledger.check_run add constraint check_run_kind_check check (kind in ({kinds})) not valid;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_record_at_once")]
    operations = [migrations.RunSQL(SET.format(kinds=f"{KINDS}, 'clock'"), SET.format(kinds=KINDS))]
