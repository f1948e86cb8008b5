"""What of the cases can be found: one view for each kind, kept up to date by triggers. Nothing encrypted is in it.

And what officers decide on things that cases share.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FORWARD = """
create view search_of_case as
    select c.id as row_id, 0 as part, c.compartment_id as circle,
        concat_ws(E'\\n', c.number, c.title, u.name, nullif(c.grounds, '')) as text, u.name_key as names
    from cases_case c left join units_unit u on u.id = c.unit_id
    union all
    select c.id, 1, c.compartment_id,
        concat_ws(E'\\n', nullif(c.plan, ''), nullif(c.report, ''), nullif(c.hearing_report, '')), ''
    from cases_case c where c.plan || c.report || c.hearing_report <> ''
    union all
    select c.id, 2, c.compartment_id, concat_ws(E'\\n',
        (select string_agg(f.statement, E'\\n' order by f.number) from cases_fact f where f.case_id = c.id),
        (select string_agg(concat_ws(E'\\n', m.target, m.purpose, nullif(m.document, '')), E'\\n' order by m.number)
            from cases_measure m where m.case_id = c.id),
        (select string_agg(s.document, E'\\n' order by s.id)
            from cases_steptaken s where s.case_id = c.id and s.document <> '')), ''
    from cases_case c
    where exists (select from cases_fact f where f.case_id = c.id)
        or exists (select from cases_measure m where m.case_id = c.id)
        or exists (select from cases_steptaken s where s.case_id = c.id and s.document <> '');
create view search_of_suspect as
    select s.id as row_id, 0 as part, c.compartment_id as circle,
        concat_ws(E'\\n', s.name, nullif(s.post, '')) as text, search_sounds(s.name, true) as names
    from cases_suspect s join cases_case c on c.id = s.case_id;
create view search_of_interview as
    select i.id as row_id, 0 as part, i.compartment_id as circle,
        concat_ws(E'\\n', i.person_name, nullif(i.person_post, ''), i.place) as text,
        search_sounds(i.person_name, true) as names
    from cases_interview i where i.case_id is not null;
create view search_of_site as
    select s.id as row_id, 0 as part, null::bigint as circle,
        concat_ws(E'\\n', u.name, nullif(s.place, ''), nullif(s.machine, '')) as text, u.name_key as names
    from cases_site s join units_unit u on u.id = s.unit_id;
create view search_of_penalty as
    select p.id as row_id, 0 as part, c.compartment_id as circle,
        concat_ws(E'\\n', nullif(p.number, ''), s.name) as text, search_sounds(s.name, true) as names
    from cases_penalty p
    join cases_suspect s on s.id = p.suspect_id
    join cases_case c on c.id = s.case_id;
select search_watch('cases_case', 'case', 'select id from changed',
    'number title unit_id grounds plan report hearing_report compartment_id');
select search_watch('units_unit', 'case',
    'select d.id from cases_case d where d.unit_id in (select c.id from changed c)', 'name name_key');
select search_watch('cases_fact', 'case', 'select case_id from changed', 'case_id statement number');
select search_watch('cases_measure', 'case', 'select case_id from changed', 'case_id target purpose document');
select search_watch('cases_steptaken', 'case', 'select case_id from changed');
select search_watch('cases_suspect', 'suspect', 'select id from changed', 'name post case_id');
select search_watch('cases_case', 'suspect',
    'select s.id from cases_suspect s where s.case_id in (select c.id from changed c)', 'compartment_id');
select search_watch('cases_interview', 'interview', 'select id from changed',
    'person_name person_post place compartment_id case_id');
select search_watch('cases_site', 'site', 'select id from changed', 'unit_id place machine');
select search_watch('units_unit', 'site',
    'select s.id from cases_site s where s.unit_id in (select c.id from changed c)', 'name name_key');
select search_watch('cases_penalty', 'penalty', 'select id from changed', 'number suspect_id');
select search_watch('cases_suspect', 'penalty',
    'select p.id from cases_penalty p where p.suspect_id in (select c.id from changed c)', 'name case_id');
select search_renew('case', (select array_agg(id) from cases_case));
select search_renew('suspect', (select array_agg(id) from cases_suspect));
select search_renew('interview', (select array_agg(id) from cases_interview));
select search_renew('site', (select array_agg(id) from cases_site));
select search_renew('penalty', (select array_agg(id) from cases_penalty));
"""
BACKWARD = """
select search_unwatch('cases_case', 'case');
select search_unwatch('units_unit', 'case');
select search_unwatch('cases_fact', 'case');
select search_unwatch('cases_measure', 'case');
select search_unwatch('cases_steptaken', 'case');
select search_unwatch('cases_suspect', 'suspect');
select search_unwatch('cases_case', 'suspect');
select search_unwatch('cases_interview', 'interview');
select search_unwatch('cases_site', 'site');
select search_unwatch('units_unit', 'site');
select search_unwatch('cases_penalty', 'penalty');
select search_unwatch('cases_suspect', 'penalty');
drop view search_of_case, search_of_suspect, search_of_interview, search_of_site, search_of_penalty;
delete from search_entry where kind in ('case', 'suspect', 'interview', 'site', 'penalty');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("search", "0001_index_of_what_can_be_found"),
        ("units", "0006_what_can_be_found"),
        ("cases", "0004_penalty_routes_and_surcharges"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.CreateModel(
            name="SharedVerdict",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("wallet", "钱包"),
                            ("pool", "矿池"),
                            ("serial", "序列号"),
                            ("mac", "网卡地址"),
                            ("address", "IP 地址"),
                            ("account", "账号"),
                            ("person", "人员"),
                            ("unit", "单位"),
                        ],
                        max_length=10,
                        verbose_name="类别",
                    ),
                ),
                ("value_index", models.CharField(max_length=32)),
                (
                    "verdict",
                    models.CharField(
                        choices=[("same", "有关联"), ("chance", "无关联")], max_length=10, verbose_name="结论"
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="理由")),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shared_first",
                        to="cases.case",
                        verbose_name="案件",
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shared_second",
                        to="cases.case",
                        verbose_name="另一案",
                    ),
                ),
            ],
            options={
                "verbose_name": "关联结论",
                "indexes": [models.Index(fields=["case", "other", "kind", "value_index"], name="case_shared_pair")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("case__lt", models.F("other"))), name="case_shared_in_order"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["wallet", "pool", "serial", "mac", "address", "account", "person", "unit"])
                        ),
                        name="case_shared_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("verdict__in", ["same", "chance"])), name="case_shared_verdict_known"
                    ),
                ],
            },
        ),
    ]
