from decimal import Decimal

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.math
from django.conf import settings
from django.db import migrations, models

import casework.core.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("access", "0001_initial"),
        ("accounts", "__first__"),
        ("evidence", "0001_initial"),
        ("files", "0001_initial"),
        ("units", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Case",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("number", models.CharField(max_length=40, unique=True, verbose_name="案号")),
                ("title", models.CharField(max_length=200, verbose_name="案由")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("discipline", "违纪"),
                            ("duty", "职务违法"),
                            ("both", "违纪、职务违法"),
                            ("crime", "涉嫌职务犯罪"),
                        ],
                        max_length=20,
                        verbose_name="性质",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("filing_pending", "立案待批"),
                            ("filed", "已立案"),
                            ("plan_approved", "方案已批"),
                            ("investigating", "审查调查中"),
                            ("extension_pending", "延期待批"),
                            ("facts_meeting", "事实材料见面"),
                            ("report_pending", "调查报告待批"),
                            ("transferred_to_hearing", "移送审理"),
                            ("hearing", "审理中"),
                            ("returned_supplement", "退回补充调查"),
                            ("returned_redo", "退回重新调查"),
                            ("hearing_report_pending", "审理报告待批"),
                            ("deliberation", "纪委常委会审议"),
                            ("pc_approval", "报同级党委审批"),
                            ("decided", "已作出决定"),
                            ("prosecuted", "移送检察机关"),
                            ("withdrawn", "撤销案件"),
                            ("closed", "结案"),
                            ("archived", "归档"),
                        ],
                        default="filing_pending",
                        max_length=30,
                        verbose_name="状态",
                    ),
                ),
                ("returned", models.BooleanField(default=False, verbose_name="退回修改")),
                ("grounds", models.TextField(blank=True, verbose_name="主要问题")),
                ("plan", models.TextField(blank=True, verbose_name="审查调查方案")),
                ("report", models.TextField(blank=True, verbose_name="审查调查报告")),
                ("hearing_report", models.TextField(blank=True, verbose_name="审理报告")),
                ("proposed_at", models.DateTimeField(verbose_name="报请立案时间")),
                ("filed_on", models.DateField(blank=True, null=True, verbose_name="立案日期")),
                ("decided_on", models.DateField(blank=True, null=True, verbose_name="决定日期")),
                ("closed_on", models.DateField(blank=True, null=True, verbose_name="结案日期")),
                ("state_since", models.DateTimeField(verbose_name="进入本环节时间")),
                ("updated_at", models.DateTimeField(verbose_name="更新时间")),
                (
                    "compartment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="case", to="access.compartment"
                    ),
                ),
                (
                    "drafted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="起草人",
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cases",
                        to="units.lead",
                        verbose_name="来源线索",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cases",
                        to="units.unit",
                        verbose_name="单位",
                    ),
                ),
            ],
            options={
                "verbose_name": "案件",
                "indexes": [
                    models.Index(fields=["compartment", "state"], name="cases_case_compart_9f20b1_idx"),
                    models.Index(fields=["state", "state_since"], name="cases_case_state_13d011_idx"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "filing_pending",
                                    "filed",
                                    "plan_approved",
                                    "investigating",
                                    "extension_pending",
                                    "facts_meeting",
                                    "report_pending",
                                    "transferred_to_hearing",
                                    "hearing",
                                    "returned_supplement",
                                    "returned_redo",
                                    "hearing_report_pending",
                                    "deliberation",
                                    "pc_approval",
                                    "decided",
                                    "prosecuted",
                                    "withdrawn",
                                    "closed",
                                    "archived",
                                ],
                            )
                        ),
                        name="case_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["discipline", "duty", "both", "crime"])),
                        name="case_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["filing_pending", "closed", "archived"]),
                            ("filed_on__isnull", False),
                            _connector="OR",
                        ),
                        name="case_filed_has_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["decided", "prosecuted"]), _negated=True),
                            ("decided_on__isnull", False),
                            _connector="OR",
                        ),
                        name="case_decided_has_day",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Inspection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("number", models.CharField(max_length=40, unique=True, verbose_name="编号")),
                ("cover_name", models.CharField(max_length=120, verbose_name="对外名称")),
                ("from_on", models.DateField(verbose_name="起")),
                ("to_on", models.DateField(verbose_name="止")),
                (
                    "state",
                    models.CharField(
                        choices=[("planned", "已部署"), ("under_way", "检查中"), ("closed", "已结束")],
                        default="planned",
                        max_length=20,
                        verbose_name="状态",
                    ),
                ),
                ("planned_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "campaign",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="inspections",
                        to="units.campaign",
                    ),
                ),
                (
                    "compartment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="inspection", to="access.compartment"
                    ),
                ),
                (
                    "planned_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "突击检查",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["planned", "under_way", "closed"])),
                        name="inspection_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("to_on__gte", models.F("from_on"))), name="inspection_order"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "closed"), _negated=True), ("closed_at__isnull", False), _connector="OR"
                        ),
                        name="inspection_closed_has_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CaseMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "duty",
                    models.CharField(
                        choices=[
                            ("lead", "主办"),
                            ("officer", "协办"),
                            ("hearer", "审理"),
                            ("decider", "审批"),
                            ("custodian", "保管"),
                        ],
                        max_length=20,
                        verbose_name="分工",
                    ),
                ),
                (
                    "side",
                    models.CharField(
                        choices=[("investigate", "审查调查"), ("hear", "审理"), ("decide", "审批"), ("keep", "保管")],
                        editable=False,
                        max_length=20,
                    ),
                ),
                ("from_on", models.DateField(verbose_name="起")),
                ("until", models.DateField(blank=True, null=True, verbose_name="止")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="事由")),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="members", to="cases.case"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="case_memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "办案人员",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("duty__in", ["lead", "officer", "hearer", "decider", "custodian"])),
                        name="case_member_duty_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("side__in", ["investigate", "hear", "decide", "keep"])),
                        name="case_member_side_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("until__isnull", True), ("until__gte", models.F("from_on")), _connector="OR"
                        ),
                        name="case_member_order",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("until__isnull", True)),
                        fields=("case", "user"),
                        name="case_member_open_once",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[("case", "="), ("user", "="), ("side", "<>")], name="case_member_one_side"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Paper",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(verbose_name="稿次")),
                ("digest", models.CharField(max_length=64)),
                ("content", models.JSONField()),
                ("at", models.DateTimeField()),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="papers", to="cases.case"
                    ),
                ),
            ],
            options={
                "verbose_name": "呈批稿",
                "constraints": [
                    models.UniqueConstraint(fields=("case", "number"), name="case_paper_number_once"),
                    models.UniqueConstraint(fields=("case", "digest"), name="case_paper_digest_once"),
                    models.CheckConstraint(
                        condition=models.Q(("digest__regex", "^[0-9a-f]{64}$")), name="case_paper_digest_form"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Suspect",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("name", models.CharField(max_length=80, verbose_name="姓名")),
                ("id_number", casework.core.fields.EncryptedTextField(blank=True, verbose_name="身份证号")),
                ("post", models.CharField(blank=True, max_length=120, verbose_name="职务")),
                ("rank", models.CharField(blank=True, max_length=60, verbose_name="职级")),
                (
                    "employment",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("civil_servant", "公务员"),
                            ("institution_manager", "事业单位管理人员"),
                            ("institution_staff", "事业单位工作人员"),
                            ("soe_manager", "国有企业管理人员"),
                            ("contract", "合同制"),
                            ("temporary", "临时聘用"),
                            ("dispatched", "劳务派遣"),
                        ],
                        max_length=30,
                        verbose_name="用工形式",
                    ),
                ),
                ("party_member", models.BooleanField(blank=True, null=True, verbose_name="中共党员")),
                ("party_post", models.CharField(blank=True, max_length=120, verbose_name="党内职务")),
                ("public_official", models.BooleanField(blank=True, null=True, verbose_name="公职人员")),
                ("leading_cadre", models.BooleanField(blank=True, null=True, verbose_name="领导干部")),
                ("village_cadre", models.BooleanField(default=False, verbose_name="村干部")),
                ("deputy_of", models.CharField(blank=True, max_length=120, verbose_name="人大代表、政协委员、党代表")),
                ("standing_on", models.DateField(help_text="行为发生时", verbose_name="身份认定日期")),
                ("conduct_from", models.DateField(blank=True, null=True, verbose_name="行为起")),
                ("conduct_until", models.DateField(blank=True, null=True, verbose_name="行为止")),
                ("added_at", models.DateTimeField()),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="suspects", to="cases.case"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="suspects",
                        to="units.person",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="suspects",
                        to="units.unit",
                        verbose_name="单位",
                    ),
                ),
            ],
            options={
                "verbose_name": "被审查调查人",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("employment", ""),
                            (
                                "employment__in",
                                [
                                    "civil_servant",
                                    "institution_manager",
                                    "institution_staff",
                                    "soe_manager",
                                    "contract",
                                    "temporary",
                                    "dispatched",
                                ],
                            ),
                            _connector="OR",
                        ),
                        name="suspect_employment_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("conduct_from__isnull", True),
                            ("conduct_until__isnull", True),
                            ("conduct_until__gte", models.F("conduct_from")),
                            _connector="OR",
                        ),
                        name="suspect_conduct_order",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("person__isnull", False)),
                        fields=("case", "person"),
                        name="suspect_person_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="InspectionTeam",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(verbose_name="组别")),
                (
                    "compartment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="inspection_team",
                        to="access.compartment",
                    ),
                ),
                (
                    "inspection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="teams", to="cases.inspection"
                    ),
                ),
            ],
            options={
                "verbose_name": "检查组",
                "constraints": [models.UniqueConstraint(fields=("inspection", "number"), name="inspection_team_once")],
            },
        ),
        migrations.CreateModel(
            name="PaperReading",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "paper",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="readings", to="cases.paper"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "阅读记录",
                "constraints": [models.UniqueConstraint(fields=("paper", "user"), name="case_paper_reading_once")],
            },
        ),
        migrations.CreateModel(
            name="StepTaken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("step", models.CharField(max_length=40, verbose_name="环节")),
                (
                    "from_state",
                    models.CharField(
                        choices=[
                            ("filing_pending", "立案待批"),
                            ("filed", "已立案"),
                            ("plan_approved", "方案已批"),
                            ("investigating", "审查调查中"),
                            ("extension_pending", "延期待批"),
                            ("facts_meeting", "事实材料见面"),
                            ("report_pending", "调查报告待批"),
                            ("transferred_to_hearing", "移送审理"),
                            ("hearing", "审理中"),
                            ("returned_supplement", "退回补充调查"),
                            ("returned_redo", "退回重新调查"),
                            ("hearing_report_pending", "审理报告待批"),
                            ("deliberation", "纪委常委会审议"),
                            ("pc_approval", "报同级党委审批"),
                            ("decided", "已作出决定"),
                            ("prosecuted", "移送检察机关"),
                            ("withdrawn", "撤销案件"),
                            ("closed", "结案"),
                            ("archived", "归档"),
                        ],
                        max_length=30,
                    ),
                ),
                (
                    "to_state",
                    models.CharField(
                        choices=[
                            ("filing_pending", "立案待批"),
                            ("filed", "已立案"),
                            ("plan_approved", "方案已批"),
                            ("investigating", "审查调查中"),
                            ("extension_pending", "延期待批"),
                            ("facts_meeting", "事实材料见面"),
                            ("report_pending", "调查报告待批"),
                            ("transferred_to_hearing", "移送审理"),
                            ("hearing", "审理中"),
                            ("returned_supplement", "退回补充调查"),
                            ("returned_redo", "退回重新调查"),
                            ("hearing_report_pending", "审理报告待批"),
                            ("deliberation", "纪委常委会审议"),
                            ("pc_approval", "报同级党委审批"),
                            ("decided", "已作出决定"),
                            ("prosecuted", "移送检察机关"),
                            ("withdrawn", "撤销案件"),
                            ("closed", "结案"),
                            ("archived", "归档"),
                        ],
                        max_length=30,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("reason", models.TextField(blank=True, verbose_name="意见")),
                ("document", models.CharField(blank=True, max_length=80, verbose_name="文号")),
                ("level", models.CharField(blank=True, max_length=20, verbose_name="审批层级")),
                (
                    "actor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="steps_taken", to="cases.case"
                    ),
                ),
                (
                    "paper",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps_taken",
                        to="cases.paper",
                    ),
                ),
            ],
            options={
                "verbose_name": "办理环节",
                "indexes": [models.Index(fields=["case", "at"], name="cases_stept_case_id_5e27ba_idx")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "from_state__in",
                                [
                                    "filing_pending",
                                    "filed",
                                    "plan_approved",
                                    "investigating",
                                    "extension_pending",
                                    "facts_meeting",
                                    "report_pending",
                                    "transferred_to_hearing",
                                    "hearing",
                                    "returned_supplement",
                                    "returned_redo",
                                    "hearing_report_pending",
                                    "deliberation",
                                    "pc_approval",
                                    "decided",
                                    "prosecuted",
                                    "withdrawn",
                                    "closed",
                                    "archived",
                                ],
                            ),
                            (
                                "to_state__in",
                                [
                                    "filing_pending",
                                    "filed",
                                    "plan_approved",
                                    "investigating",
                                    "extension_pending",
                                    "facts_meeting",
                                    "report_pending",
                                    "transferred_to_hearing",
                                    "hearing",
                                    "returned_supplement",
                                    "returned_redo",
                                    "hearing_report_pending",
                                    "deliberation",
                                    "pc_approval",
                                    "decided",
                                    "prosecuted",
                                    "withdrawn",
                                    "closed",
                                    "archived",
                                ],
                            ),
                        ),
                        name="case_step_states_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Fact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("number", models.PositiveSmallIntegerField(verbose_name="序号")),
                ("statement", models.CharField(max_length=300, verbose_name="待证事实")),
                ("lone_reason", models.TextField(blank=True, verbose_name="孤证说明")),
                ("contradiction_note", models.TextField(blank=True, verbose_name="矛盾说明")),
                ("dropped_reason", models.TextField(blank=True, verbose_name="不再认定的理由")),
                ("dropped_at", models.DateTimeField(blank=True, null=True)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="facts", to="cases.case"
                    ),
                ),
                ("suspects", models.ManyToManyField(blank=True, related_name="facts", to="cases.suspect")),
            ],
            options={
                "verbose_name": "待证事实",
                "constraints": [
                    models.UniqueConstraint(fields=("case", "number"), name="fact_number_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("dropped_at__isnull", True),
                            models.Q(("dropped_reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="fact_dropped_has_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Penalty",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "拟处分建议"),
                            ("informed", "已告知、听取陈述申辩"),
                            ("consulted", "已征求意见"),
                            ("deliberated", "已集体审议"),
                            ("approved", "已批准"),
                            ("issued", "决定书已制发"),
                            ("served", "已送达"),
                            ("announced", "已宣布"),
                            ("executing", "执行中"),
                            ("executed", "执行完毕"),
                            ("running", "影响期内"),
                            ("expired", "影响期满"),
                            ("amended", "已变更"),
                            ("revoked", "已撤销"),
                            ("void", "已作废"),
                        ],
                        default="proposed",
                        max_length=20,
                        verbose_name="状态",
                    ),
                ),
                ("state_since", models.DateTimeField(verbose_name="进入本环节时间")),
                ("returned", models.BooleanField(default=False, verbose_name="退回修改")),
                (
                    "track",
                    models.CharField(
                        choices=[("sanction", "处分"), ("handling", "处理")], max_length=10, verbose_name="类别"
                    ),
                ),
                ("form", models.PositiveSmallIntegerField(default=0, verbose_name="形态")),
                (
                    "decided_by",
                    models.CharField(
                        choices=[("commission", "纪检监察机关"), ("employer", "任免机关、单位")],
                        default="commission",
                        max_length=12,
                        verbose_name="作出机关",
                    ),
                ),
                (
                    "situation",
                    models.CharField(
                        choices=[
                            ("in_post", "在职"),
                            ("left", "已离职"),
                            ("retired", "已退休"),
                            ("deceased", "已去世"),
                        ],
                        default="in_post",
                        max_length=10,
                        verbose_name="目前情况",
                    ),
                ),
                ("grounds", models.TextField(verbose_name="违纪违法事实")),
                ("evidence", models.TextField(blank=True, verbose_name="证据")),
                ("findings", models.JSONField(default=list, verbose_name="认定的行为")),
                (
                    "circumstances",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=6),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="情节",
                    ),
                ),
                ("reason", models.TextField(blank=True, verbose_name="轻重理由")),
                ("acts_from", models.DateField(verbose_name="行为起")),
                ("acts_until", models.DateField(verbose_name="行为止")),
                ("standing", models.JSONField(verbose_name="身份")),
                ("laws", models.JSONField(verbose_name="适用规定")),
                ("draft", models.PositiveSmallIntegerField(default=1, verbose_name="稿次")),
                ("digest", models.CharField(max_length=64)),
                ("drafted_at", models.DateTimeField(verbose_name="起草时间")),
                ("updated_at", models.DateTimeField(verbose_name="更新时间")),
                ("effective_on", models.DateField(blank=True, null=True, verbose_name="生效日期")),
                ("number", models.CharField(blank=True, max_length=60, verbose_name="决定文号")),
                ("issued_at", models.DateTimeField(blank=True, null=True, verbose_name="制发时间")),
                ("document", models.TextField(blank=True, verbose_name="决定书")),
                ("document_digest", models.CharField(blank=True, max_length=64)),
                ("executed_on", models.DateField(blank=True, null=True, verbose_name="执行完毕日期")),
                ("period_until", models.DateField(blank=True, null=True, verbose_name="影响期止")),
                ("probation_until", models.DateField(blank=True, null=True, verbose_name="察看期止")),
                ("restored_on", models.DateField(blank=True, null=True, verbose_name="恢复党员权利日期")),
                (
                    "drafted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="起草人",
                    ),
                ),
                (
                    "suspect",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="penalties",
                        to="cases.suspect",
                        verbose_name="对象",
                    ),
                ),
            ],
            options={
                "verbose_name": "处分",
                "indexes": [
                    models.Index(fields=["state", "state_since"], name="cases_penal_state_852ea6_idx"),
                    models.Index(fields=["track", "form"], name="cases_penal_track_68022a_idx"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["findings"], name="penalty_findings_idx", opclasses=["jsonb_path_ops"]
                    ),
                    models.Index(
                        condition=models.Q(("state", "running")), fields=["period_until"], name="penalty_running_idx"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "proposed",
                                    "informed",
                                    "consulted",
                                    "deliberated",
                                    "approved",
                                    "issued",
                                    "served",
                                    "announced",
                                    "executing",
                                    "executed",
                                    "running",
                                    "expired",
                                    "amended",
                                    "revoked",
                                    "void",
                                ],
                            )
                        ),
                        name="penalty_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("track__in", ["sanction", "handling"])), name="penalty_track_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("decided_by__in", ["commission", "employer"])), name="penalty_decider_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("situation__in", ["in_post", "left", "retired", "deceased"])),
                        name="penalty_situation_known",
                    ),
                    models.CheckConstraint(condition=models.Q(("form__lte", 4)), name="penalty_form_known"),
                    models.CheckConstraint(
                        condition=models.Q(("acts_until__gte", models.F("acts_from"))), name="penalty_acts_order"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("grounds", ""), _negated=True), name="penalty_grounds_given"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("digest__regex", "^[0-9a-f]{64}$")), name="penalty_digest_form"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["revoked", "void"]), _negated=True),
                        fields=("suspect",),
                        name="penalty_stands_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("number", ""), _negated=True),
                        fields=("number",),
                        name="penalty_number_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["proposed", "informed", "consulted", "deliberated", "void"]),
                            ("effective_on__isnull", False),
                            _connector="OR",
                        ),
                        name="penalty_decided_has_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["issued", "served", "announced"]), _negated=True),
                            models.Q(
                                models.Q(("number", ""), _negated=True),
                                ("issued_at__isnull", False),
                                ("document_digest__regex", "^[0-9a-f]{64}$"),
                            ),
                            _connector="OR",
                        ),
                        name="penalty_issued_has_document",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("effective_on__isnull", True),
                            ("effective_on__gte", models.F("acts_from")),
                            _connector="OR",
                        ),
                        name="penalty_effective_after_acts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("period_until__isnull", True),
                            ("period_until__gte", models.F("effective_on")),
                            _connector="OR",
                        ),
                        name="penalty_period_order",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StandingChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("field", models.CharField(max_length=30, verbose_name="项目")),
                ("old", models.CharField(blank=True, max_length=120, verbose_name="原为")),
                ("new", models.CharField(blank=True, max_length=120, verbose_name="改为")),
                ("reason", models.TextField(verbose_name="依据")),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "suspect",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="standing_changes", to="cases.suspect"
                    ),
                ),
            ],
            options={
                "verbose_name": "身份变更",
            },
        ),
        migrations.CreateModel(
            name="FactsShown",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("agreed", "无异议并签名"),
                            ("objected", "有异议，已核实"),
                            ("refused", "拒绝签名，已注明"),
                        ],
                        max_length=20,
                        verbose_name="结果",
                    ),
                ),
                ("opinion", models.TextField(blank=True, verbose_name="本人意见")),
                (
                    "officer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "second_officer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "suspect",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="facts_shown", to="cases.suspect"
                    ),
                ),
            ],
            options={
                "verbose_name": "事实材料见面",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["agreed", "objected", "refused"])),
                        name="facts_shown_outcome_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("officer", models.F("second_officer")), _negated=True),
                        name="facts_shown_two_officers",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("outcome", "agreed"), models.Q(("opinion", ""), _negated=True), _connector="OR"
                        ),
                        name="facts_shown_opinion_given",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Site",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("number", models.PositiveSmallIntegerField(verbose_name="序号")),
                ("place", models.CharField(blank=True, max_length=200, verbose_name="地点")),
                ("visit_on", models.DateField(verbose_name="检查日期")),
                (
                    "state",
                    models.CharField(
                        choices=[("planned", "待检查"), ("visited", "已到场"), ("reported", "已报告")],
                        default="planned",
                        max_length=20,
                        verbose_name="状态",
                    ),
                ),
                ("arrived_at", models.DateTimeField(blank=True, null=True, verbose_name="到场时间")),
                (
                    "machine",
                    models.CharField(blank=True, help_text="哪台机器、谁在用", max_length=200, verbose_name="设备"),
                ),
                ("machines_found", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="矿机数量")),
                ("computers_found", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="电脑数量")),
                ("extent", models.CharField(blank=True, max_length=200, verbose_name="规模、时长")),
                (
                    "nature",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("active", "主动挖矿"),
                            ("passive", "被动感染"),
                            ("research", "科研活动"),
                            ("nothing", "未发现"),
                        ],
                        max_length=20,
                        verbose_name="性质",
                    ),
                ),
                ("basis", models.TextField(blank=True, verbose_name="认定依据")),
                ("reported_at", models.DateTimeField(blank=True, null=True)),
                (
                    "collection",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="site",
                        to="evidence.collection",
                    ),
                ),
                (
                    "compartment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sites", to="access.compartment"
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="inspected_sites",
                        to="units.lead",
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="units.region",
                        verbose_name="地区",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sites", to="cases.inspectionteam"
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="inspected_sites",
                        to="units.unit",
                        verbose_name="单位",
                    ),
                ),
            ],
            options={
                "verbose_name": "检查地点",
                "indexes": [models.Index(fields=["compartment", "visit_on"], name="cases_site_compart_f3e0a8_idx")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["planned", "visited", "reported"])), name="site_state_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("nature", ""),
                            ("nature__in", ["active", "passive", "research", "nothing"]),
                            _connector="OR",
                        ),
                        name="site_nature_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state", "planned"), ("arrived_at__isnull", False), _connector="OR"),
                        name="site_visited_has_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "reported"), _negated=True),
                            models.Q(("reported_at__isnull", False), models.Q(("nature", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="site_reported_has_nature",
                    ),
                    models.UniqueConstraint(fields=("team", "number"), name="site_number_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="TeamMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, verbose_name="姓名")),
                ("agency", models.CharField(max_length=120, verbose_name="单位")),
                (
                    "duty",
                    models.CharField(
                        choices=[("leader", "组长"), ("member", "组员"), ("expert", "技术人员")],
                        default="member",
                        max_length=20,
                        verbose_name="分工",
                    ),
                ),
                ("left_at", models.DateTimeField(blank=True, null=True, verbose_name="退出时间")),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="members", to="cases.inspectionteam"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="inspection_memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "检查组成员",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("duty__in", ["leader", "member", "expert"])), name="team_member_duty_known"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("left_at__isnull", True), ("user__isnull", False)),
                        fields=("team", "user"),
                        name="team_member_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Exhibit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "stance",
                    models.CharField(
                        choices=[("for", "支持"), ("against", "反对")], max_length=10, verbose_name="证明方向"
                    ),
                ),
                ("label", models.CharField(max_length=20, verbose_name="简称")),
                ("note", models.TextField(blank=True, verbose_name="证明内容")),
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="exhibits", to="cases.case"
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="exhibits", to="evidence.item"
                    ),
                ),
                (
                    "fact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="exhibits", to="cases.fact"
                    ),
                ),
            ],
            options={
                "verbose_name": "证明关系",
                "constraints": [
                    models.UniqueConstraint(fields=("fact", "item"), name="exhibit_once"),
                    models.CheckConstraint(
                        condition=models.Q(("stance__in", ["for", "against"])), name="exhibit_stance_known"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "act",
                    models.CharField(
                        choices=[("served", "送达"), ("announced", "宣布")], max_length=10, verbose_name="事项"
                    ),
                ),
                ("on", models.DateField(verbose_name="日期")),
                ("place", models.CharField(max_length=200, verbose_name="地点或者范围")),
                ("receiver", models.CharField(max_length=200, verbose_name="签收人、到场人员")),
                ("receipt", models.CharField(blank=True, max_length=80, verbose_name="送达回证编号")),
                ("opinion", models.TextField(blank=True, verbose_name="本人意见")),
                ("refusal", models.CharField(blank=True, max_length=200, verbose_name="拒签情况")),
                ("at", models.DateTimeField()),
                (
                    "officer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "second_officer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "penalty",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="deliveries", to="cases.penalty"
                    ),
                ),
            ],
            options={
                "verbose_name": "送达、宣布",
                "ordering": ("at",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("act__in", ["served", "announced"])), name="penalty_delivery_act_known"
                    ),
                    models.UniqueConstraint(fields=("penalty", "act"), name="penalty_delivery_once"),
                    models.CheckConstraint(
                        condition=models.Q(("officer", models.F("second_officer")), _negated=True),
                        name="penalty_delivery_two_officers",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("act", "served"), _negated=True),
                            models.Q(("receipt", ""), _negated=True),
                            models.Q(("refusal", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="penalty_service_has_receipt",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Appeal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("review", "复审"), ("second_review", "复核"), ("party_appeal", "申诉")],
                        max_length=15,
                        verbose_name="种类",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("lodged", "已提出"),
                            ("accepted", "已受理"),
                            ("rejected", "不予受理"),
                            ("upheld", "维持"),
                            ("amended", "变更"),
                            ("revoked", "撤销"),
                        ],
                        default="lodged",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("received_on", models.DateField(verbose_name="收到日期")),
                ("request", models.TextField(verbose_name="请求和理由")),
                ("penalty_state", models.CharField(blank=True, max_length=20)),
                ("decided_on", models.DateField(blank=True, null=True, verbose_name="决定日期")),
                ("document", models.CharField(blank=True, max_length=80, verbose_name="文号")),
                ("outcome", models.TextField(blank=True, verbose_name="决定和理由")),
                ("at", models.DateTimeField()),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "handled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "second_handler",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "penalty",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="appeals", to="cases.penalty"
                    ),
                ),
            ],
            options={
                "verbose_name": "申诉、复审、复核",
                "ordering": ("at",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["review", "second_review", "party_appeal"])),
                        name="appeal_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["lodged", "accepted", "rejected", "upheld", "amended", "revoked"])
                        ),
                        name="appeal_state_known",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["lodged", "accepted"])),
                        fields=("penalty",),
                        name="appeal_open_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("handled_by__isnull", True),
                            ("second_handler__isnull", True),
                            models.Q(("handled_by", models.F("second_handler")), _negated=True),
                            _connector="OR",
                        ),
                        name="appeal_two_handlers",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PenaltyConsultation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("organ", models.CharField(max_length=120, verbose_name="机关")),
                ("opinion", models.TextField(verbose_name="意见")),
                ("document", models.CharField(blank=True, max_length=80, verbose_name="文号")),
                ("replied_on", models.DateField(verbose_name="回复日期")),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "penalty",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="consultations", to="cases.penalty"
                    ),
                ),
            ],
            options={
                "verbose_name": "征求意见",
            },
        ),
        migrations.CreateModel(
            name="PenaltyDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("draft", models.PositiveSmallIntegerField(verbose_name="稿次")),
                ("digest", models.CharField(max_length=64)),
                (
                    "verdict",
                    models.CharField(
                        choices=[("agreed", "同意"), ("returned", "退回"), ("declined", "不同意")],
                        max_length=10,
                        verbose_name="决定",
                    ),
                ),
                ("opinion", models.TextField(blank=True, verbose_name="意见")),
                ("committee_document", models.CharField(blank=True, max_length=80, verbose_name="同级党委批准文号")),
                ("committee_on", models.DateField(blank=True, null=True, verbose_name="党委批准日期")),
                ("at", models.DateTimeField()),
                (
                    "approver",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="审批人",
                    ),
                ),
                (
                    "penalty",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="decisions", to="cases.penalty"
                    ),
                ),
            ],
            options={
                "verbose_name": "审批",
                "ordering": ("at",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("verdict__in", ["agreed", "returned", "declined"])),
                        name="penalty_decision_verdict_known",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("verdict", "agreed")), fields=("penalty",), name="penalty_agreed_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("verdict", "agreed"), models.Q(("opinion", ""), _negated=True), _connector="OR"
                        ),
                        name="penalty_decision_reasoned",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PenaltyDefence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("draft", models.PositiveSmallIntegerField(verbose_name="稿次")),
                ("substance", models.CharField(max_length=64)),
                ("told_at", models.DateTimeField(verbose_name="告知时间")),
                ("place", models.CharField(blank=True, max_length=200, verbose_name="地点")),
                ("statement", casework.core.fields.EncryptedTextField(blank=True, verbose_name="陈述申辩")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("none", "无异议"),
                            ("accepted", "予以采纳"),
                            ("partly", "部分采纳"),
                            ("rejected", "不予采纳"),
                        ],
                        max_length=10,
                        verbose_name="采纳情况",
                    ),
                ),
                ("answer", models.TextField(blank=True, verbose_name="答复理由")),
                ("signed", models.BooleanField(default=False, verbose_name="本人已签字")),
                ("refusal", models.CharField(blank=True, max_length=200, verbose_name="拒签情况")),
                (
                    "officer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="办理人员一",
                    ),
                ),
                (
                    "penalty",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="defences", to="cases.penalty"
                    ),
                ),
                (
                    "second_officer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="办理人员二",
                    ),
                ),
            ],
            options={
                "verbose_name": "陈述申辩",
                "ordering": ("told_at",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["none", "accepted", "partly", "rejected"])),
                        name="penalty_defence_outcome_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("officer", models.F("second_officer")), _negated=True),
                        name="penalty_defence_two_officers",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("signed", True), models.Q(("refusal", ""), _negated=True), _connector="OR"),
                        name="penalty_defence_signed_or_noted",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome__in", ["rejected", "partly"]), _negated=True),
                            models.Q(("answer", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="penalty_defence_answered",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PenaltyDeliberation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("draft", models.PositiveSmallIntegerField(verbose_name="稿次")),
                ("body", models.CharField(max_length=120, verbose_name="审议机构")),
                ("held_on", models.DateField(verbose_name="会议日期")),
                ("minutes", models.CharField(blank=True, max_length=80, verbose_name="会议纪要文号")),
                ("members", models.PositiveSmallIntegerField(verbose_name="应到人数")),
                ("present", models.PositiveSmallIntegerField(verbose_name="实到人数")),
                ("votes_for", models.PositiveSmallIntegerField(verbose_name="同意")),
                ("votes_against", models.PositiveSmallIntegerField(default=0, verbose_name="不同意")),
                ("abstentions", models.PositiveSmallIntegerField(default=0, verbose_name="弃权")),
                ("at", models.DateTimeField()),
                (
                    "penalty",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="deliberations", to="cases.penalty"
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "集体审议",
                "ordering": ("at",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("present__gt", 1), ("present__lte", models.F("members"))),
                        name="penalty_deliberation_present",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "present",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("votes_for"), "+", models.F("votes_against")
                                    ),
                                    "+",
                                    models.F("abstentions"),
                                ),
                            )
                        ),
                        name="penalty_deliberation_votes_add_up",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PenaltyDraft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(verbose_name="稿次")),
                ("digest", models.CharField(max_length=64)),
                ("content", models.JSONField()),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "penalty",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="drafts", to="cases.penalty"
                    ),
                ),
            ],
            options={
                "verbose_name": "处分建议稿",
                "ordering": ("number",),
                "constraints": [
                    models.UniqueConstraint(fields=("penalty", "number"), name="penalty_draft_once"),
                    models.CheckConstraint(
                        condition=models.Q(("digest__regex", "^[0-9a-f]{64}$")), name="penalty_draft_digest_form"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PenaltyMeasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seq", models.PositiveSmallIntegerField()),
                ("code", models.CharField(max_length=40, verbose_name="代码")),
                ("family", models.CharField(max_length=30, verbose_name="类别")),
                ("title", models.CharField(max_length=80, verbose_name="名称")),
                ("band", models.CharField(blank=True, max_length=10, verbose_name="轻重")),
                ("months", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="期限（月）")),
                ("quantity", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="数量")),
                (
                    "unit",
                    models.CharField(
                        blank=True,
                        choices=[("", "—"), ("month", "个月"), ("quarter", "个季度")],
                        max_length=10,
                        verbose_name="单位",
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=16, null=True, verbose_name="金额（元）"
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="说明")),
                ("article", models.CharField(blank=True, max_length=300, verbose_name="依据")),
                ("verified", models.BooleanField(default=False, verbose_name="依据已核")),
                (
                    "penalty",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="measures", to="cases.penalty"
                    ),
                ),
            ],
            options={
                "verbose_name": "处分措施",
                "ordering": ("seq",),
                "indexes": [
                    models.Index(fields=["code"], name="cases_penal_code_ed0676_idx"),
                    models.Index(fields=["family"], name="cases_penal_family_aa6131_idx"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("penalty", "code"), name="penalty_measure_once"),
                    models.UniqueConstraint(fields=("penalty", "seq"), name="penalty_measure_seq_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("family", "party_discipline")),
                        fields=("penalty",),
                        name="penalty_one_party_grade",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("family__in", ["gov_sanction", "employer_sanction"])),
                        fields=("penalty",),
                        name="penalty_one_state_grade",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("unit__in", ["", "month", "quarter"])), name="penalty_measure_unit_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("quantity__isnull", True), ("unit", "")),
                            models.Q(("quantity__gte", 1), models.Q(("unit", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="penalty_measure_quantity_has_unit",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount__isnull", True), ("amount__gt", 0), _connector="OR"),
                        name="penalty_measure_amount_positive",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Interview",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("number", models.PositiveSmallIntegerField(help_text="同一人的第几次", verbose_name="次数")),
                (
                    "kind",
                    models.CharField(
                        choices=[("talk", "谈话"), ("inquiry", "询问"), ("interrogation", "讯问")],
                        max_length=20,
                        verbose_name="笔录类型",
                    ),
                ),
                ("person_name", models.CharField(max_length=80, verbose_name="姓名")),
                ("person_post", models.CharField(blank=True, max_length=200, verbose_name="单位、职务")),
                ("person_id_number", casework.core.fields.EncryptedTextField(blank=True, verbose_name="身份证号")),
                ("place", models.CharField(max_length=200, verbose_name="地点")),
                ("began_at", models.DateTimeField(verbose_name="开始时间")),
                ("ended_at", models.DateTimeField(verbose_name="结束时间")),
                ("papers_shown", models.BooleanField(default=False, verbose_name="已出示证件")),
                ("rights_told_at", models.DateTimeField(blank=True, null=True, verbose_name="告知权利义务时间")),
                ("recorded", models.BooleanField(default=False, verbose_name="已同步录音录像")),
                ("taken_at", models.DateTimeField()),
                (
                    "case",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="interviews",
                        to="cases.case",
                    ),
                ),
                (
                    "compartment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="access.compartment"
                    ),
                ),
                (
                    "item",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="interview",
                        to="evidence.item",
                    ),
                ),
                (
                    "officer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="办案人员一",
                    ),
                ),
                (
                    "recorder",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="记录人",
                    ),
                ),
                (
                    "second_officer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="办案人员二",
                    ),
                ),
                (
                    "taken_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="interviews",
                        to="cases.site",
                    ),
                ),
                (
                    "suspect",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="interviews",
                        to="cases.suspect",
                    ),
                ),
            ],
            options={
                "verbose_name": "笔录",
                "indexes": [models.Index(fields=["case", "began_at"], name="cases_inter_case_id_0034af_idx")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["talk", "inquiry", "interrogation"])),
                        name="interview_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("officer", models.F("second_officer")), _negated=True),
                        name="interview_two_officers",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ended_at__gt", models.F("began_at"))), name="interview_times_in_order"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("rights_told_at__isnull", True),
                            ("rights_told_at__lt", models.F("ended_at")),
                            _connector="OR",
                        ),
                        name="interview_rights_before_end",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("case__isnull", False), ("site__isnull", True)),
                            models.Q(("case__isnull", True), ("site__isnull", False)),
                            _connector="OR",
                        ),
                        name="interview_of_case_or_site",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "interrogation"), _negated=True),
                            models.Q(("case__isnull", False), ("suspect__isnull", False)),
                            _connector="OR",
                        ),
                        name="interrogation_of_suspect",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SiteAddress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ip", models.GenericIPAddressField(verbose_name="IP 地址")),
                ("traced", models.BooleanField(default=False, verbose_name="已查到设备")),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="addresses", to="cases.site"
                    ),
                ),
            ],
            options={
                "verbose_name": "检查地址",
                "constraints": [models.UniqueConstraint(fields=("site", "ip"), name="site_address_once")],
            },
        ),
        migrations.CreateModel(
            name="SiteConfirmation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="confirmations", to="cases.site"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "现场确认",
                "constraints": [models.UniqueConstraint(fields=("site", "user"), name="site_confirmation_once")],
            },
        ),
        migrations.CreateModel(
            name="PenaltyReading",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "draft",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="readings", to="cases.penaltydraft"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "阅读记录",
                "constraints": [models.UniqueConstraint(fields=("draft", "user"), name="penalty_reading_once")],
            },
        ),
        migrations.CreateModel(
            name="Execution",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seq", models.PositiveSmallIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("archive", "归入档案"),
                            ("post", "职务变更"),
                            ("pay", "工资变更"),
                            ("bonus", "扣除绩效"),
                            ("contract", "劳动人事关系"),
                            ("talk", "谈话、检查"),
                            ("property", "财物"),
                            ("advice", "提出建议"),
                        ],
                        max_length=12,
                        verbose_name="事项",
                    ),
                ),
                ("text", models.CharField(max_length=200, verbose_name="要做的事")),
                ("responsible", models.CharField(max_length=120, verbose_name="责任单位")),
                ("due_on", models.DateField(blank=True, null=True, verbose_name="期限")),
                ("done_on", models.DateField(blank=True, null=True, verbose_name="办结日期")),
                ("proof", models.TextField(blank=True, verbose_name="办结证明")),
                ("document", models.CharField(blank=True, max_length=80, verbose_name="文号或者凭证号")),
                ("waived_reason", models.TextField(blank=True, verbose_name="不再执行的理由")),
                ("at", models.DateTimeField(blank=True, null=True)),
                (
                    "blob",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="files.blob",
                    ),
                ),
                (
                    "done_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "penalty",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="tasks", to="cases.penalty"
                    ),
                ),
                (
                    "measure",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tasks",
                        to="cases.penaltymeasure",
                    ),
                ),
            ],
            options={
                "verbose_name": "执行事项",
                "ordering": ("seq",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["archive", "post", "pay", "bonus", "contract", "talk", "property", "advice"])
                        ),
                        name="penalty_task_kind_known",
                    ),
                    models.UniqueConstraint(fields=("penalty", "seq"), name="penalty_task_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("at__isnull", True), ("done_on__isnull", True)),
                            models.Q(
                                ("at__isnull", False),
                                ("done_by__isnull", False),
                                ("done_on__isnull", False),
                                models.Q(
                                    models.Q(("proof", ""), _negated=True),
                                    models.Q(("waived_reason", ""), _negated=True),
                                    _connector="OR",
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="penalty_task_done_has_proof",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Recovery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("label", models.CharField(max_length=120, verbose_name="说明")),
                (
                    "basis",
                    models.CharField(
                        choices=[("cny", "人民币"), ("stated_price", "载明单价"), ("stated_value", "载明折合金额")],
                        max_length=15,
                        verbose_name="计价方式",
                    ),
                ),
                ("coin", models.CharField(blank=True, max_length=20, verbose_name="币种")),
                (
                    "quantity",
                    models.DecimalField(blank=True, decimal_places=18, max_digits=38, null=True, verbose_name="数量"),
                ),
                (
                    "price",
                    models.DecimalField(
                        blank=True, decimal_places=8, max_digits=24, null=True, verbose_name="单价（元）"
                    ),
                ),
                ("priced_at", models.DateTimeField(blank=True, null=True, verbose_name="计价时点")),
                ("price_source", models.CharField(blank=True, max_length=120, verbose_name="价格来源")),
                ("value", models.DecimalField(decimal_places=2, max_digits=18, verbose_name="折合（元）")),
                ("approximate", models.BooleanField(default=False, verbose_name="约数")),
                (
                    "amount_due",
                    models.DecimalField(decimal_places=2, default=Decimal(0), max_digits=18, verbose_name="应缴（元）"),
                ),
                (
                    "amount_paid",
                    models.DecimalField(decimal_places=2, default=Decimal(0), max_digits=18, verbose_name="已缴（元）"),
                ),
                ("at", models.DateTimeField()),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="recoveries", to="cases.case"
                    ),
                ),
                (
                    "measure",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="recoveries",
                        to="cases.penaltymeasure",
                    ),
                ),
                (
                    "registered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "suspect",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="recoveries",
                        to="cases.suspect",
                    ),
                ),
            ],
            options={
                "verbose_name": "追缴",
                "indexes": [models.Index(fields=["case", "coin"], name="cases_recov_case_id_5254c1_idx")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("basis__in", ["cny", "stated_price", "stated_value"])),
                        name="recovery_basis_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("basis", "cny"), ("coin", ""), ("price__isnull", True), ("quantity__isnull", True)
                            ),
                            models.Q(
                                ("basis", "stated_price"),
                                ("price__gt", 0),
                                ("quantity__gt", 0),
                                models.Q(("coin", ""), _negated=True),
                            ),
                            models.Q(
                                ("basis", "stated_value"),
                                ("price__isnull", True),
                                ("quantity__gt", 0),
                                models.Q(("coin", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="recovery_basis_complete",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("basis", "cny"),
                            models.Q(("priced_at__isnull", False), models.Q(("price_source", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="recovery_price_has_moment_and_source",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("basis", "stated_price"), _negated=True),
                            (
                                "value",
                                django.db.models.functions.math.Round(
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("quantity"), "*", models.F("price")
                                    ),
                                    precision=2,
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="recovery_value_from_price",
                    ),
                    models.CheckConstraint(condition=models.Q(("value__gt", 0)), name="recovery_value_positive"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount_due__gte", 0),
                            ("amount_paid__gte", 0),
                            ("amount_paid__lte", models.F("amount_due")),
                        ),
                        name="recovery_paid_within_due",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="InterviewLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seq", models.PositiveSmallIntegerField()),
                ("question", casework.core.fields.EncryptedTextField(verbose_name="问")),
                ("answer", casework.core.fields.EncryptedTextField(blank=True, verbose_name="答")),
                (
                    "interview",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="cases.interview"
                    ),
                ),
            ],
            options={
                "verbose_name": "问答",
                "ordering": ("seq",),
                "constraints": [models.UniqueConstraint(fields=("interview", "seq"), name="interview_line_once")],
            },
        ),
        migrations.CreateModel(
            name="InterviewPage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(verbose_name="页")),
                (
                    "mark",
                    models.CharField(
                        choices=[("unsigned", "未签名"), ("signed", "已签名捺印"), ("refused", "拒绝签名")],
                        default="unsigned",
                        max_length=20,
                        verbose_name="签名",
                    ),
                ),
                ("refusal", models.CharField(blank=True, max_length=200, verbose_name="拒签理由")),
                ("signed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "interview",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="pages", to="cases.interview"
                    ),
                ),
            ],
            options={
                "verbose_name": "笔录页",
                "ordering": ("number",),
                "constraints": [
                    models.UniqueConstraint(fields=("interview", "number"), name="interview_page_once"),
                    models.CheckConstraint(
                        condition=models.Q(("mark__in", ["unsigned", "signed", "refused"])),
                        name="interview_page_mark_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("mark", "refused"), _negated=True),
                            models.Q(("refusal", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="interview_page_refusal_reasoned",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("mark", "unsigned"), ("signed_at__isnull", True)),
                            models.Q(models.Q(("mark", "unsigned"), _negated=True), ("signed_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="interview_page_signed_has_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RecoveryPayment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("paid", "缴款"), ("surrendered", "主动上交"), ("withheld", "扣缴")],
                        max_length=12,
                        verbose_name="方式",
                    ),
                ),
                ("amount", models.DecimalField(decimal_places=2, max_digits=18, verbose_name="金额（元）")),
                ("paid_on", models.DateField(verbose_name="缴款日期")),
                ("receipt", models.CharField(max_length=80, verbose_name="凭证号")),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "recovery",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="payments", to="cases.recovery"
                    ),
                ),
            ],
            options={
                "verbose_name": "缴款",
                "ordering": ("paid_on", "pk"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["paid", "surrendered", "withheld"])),
                        name="recovery_payment_kind_known",
                    ),
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="recovery_payment_positive"),
                    models.UniqueConstraint(fields=("recovery", "receipt"), name="recovery_receipt_once"),
                    models.CheckConstraint(
                        condition=models.Q(("receipt", ""), _negated=True), name="recovery_payment_has_receipt"
                    ),
                ],
            },
        ),
    ]
