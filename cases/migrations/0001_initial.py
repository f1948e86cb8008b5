import django.contrib.postgres.constraints
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import casework.core.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("access", "0001_initial"),
        ("evidence", "0001_initial"),
        ("units", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
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
            ],
            options={
                "verbose_name": "待证事实",
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
            ],
            options={
                "verbose_name": "笔录",
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
            },
        ),
        migrations.AddField(
            model_name="interview",
            name="site",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="interviews",
                to="cases.site",
            ),
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
        migrations.AddField(
            model_name="interview",
            name="suspect",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="interviews",
                to="cases.suspect",
            ),
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
            },
        ),
        migrations.AddField(
            model_name="fact",
            name="suspects",
            field=models.ManyToManyField(blank=True, related_name="facts", to="cases.suspect"),
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
            },
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["compartment", "state"], name="cases_case_compart_9f20b1_idx"),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["state", "state_since"], name="cases_case_state_13d011_idx"),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
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
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["discipline", "duty", "both", "crime"])), name="case_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["filing_pending", "closed", "archived"]),
                    ("filed_on__isnull", False),
                    _connector="OR",
                ),
                name="case_filed_has_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["decided", "prosecuted"]), _negated=True),
                    ("decided_on__isnull", False),
                    _connector="OR",
                ),
                name="case_decided_has_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="casemember",
            constraint=models.CheckConstraint(
                condition=models.Q(("duty__in", ["lead", "officer", "hearer", "decider", "custodian"])),
                name="case_member_duty_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="casemember",
            constraint=models.CheckConstraint(
                condition=models.Q(("side__in", ["investigate", "hear", "decide", "keep"])),
                name="case_member_side_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="casemember",
            constraint=models.CheckConstraint(
                condition=models.Q(("until__isnull", True), ("until__gte", models.F("from_on")), _connector="OR"),
                name="case_member_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="casemember",
            constraint=models.UniqueConstraint(
                condition=models.Q(("until__isnull", True)), fields=("case", "user"), name="case_member_open_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="casemember",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[("case", "="), ("user", "="), ("side", "<>")], name="case_member_one_side"
            ),
        ),
        migrations.AddConstraint(
            model_name="exhibit",
            constraint=models.UniqueConstraint(fields=("fact", "item"), name="exhibit_once"),
        ),
        migrations.AddConstraint(
            model_name="exhibit",
            constraint=models.CheckConstraint(
                condition=models.Q(("stance__in", ["for", "against"])), name="exhibit_stance_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="inspection",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["planned", "under_way", "closed"])), name="inspection_state_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="inspection",
            constraint=models.CheckConstraint(
                condition=models.Q(("to_on__gte", models.F("from_on"))), name="inspection_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="inspection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "closed"), _negated=True), ("closed_at__isnull", False), _connector="OR"
                ),
                name="inspection_closed_has_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="inspectionteam",
            constraint=models.UniqueConstraint(fields=("inspection", "number"), name="inspection_team_once"),
        ),
        migrations.AddConstraint(
            model_name="interviewline",
            constraint=models.UniqueConstraint(fields=("interview", "seq"), name="interview_line_once"),
        ),
        migrations.AddConstraint(
            model_name="interviewpage",
            constraint=models.UniqueConstraint(fields=("interview", "number"), name="interview_page_once"),
        ),
        migrations.AddConstraint(
            model_name="interviewpage",
            constraint=models.CheckConstraint(
                condition=models.Q(("mark__in", ["unsigned", "signed", "refused"])), name="interview_page_mark_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="interviewpage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("mark", "refused"), _negated=True),
                    models.Q(("refusal", ""), _negated=True),
                    _connector="OR",
                ),
                name="interview_page_refusal_reasoned",
            ),
        ),
        migrations.AddConstraint(
            model_name="interviewpage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("mark", "unsigned"), ("signed_at__isnull", True)),
                    models.Q(models.Q(("mark", "unsigned"), _negated=True), ("signed_at__isnull", False)),
                    _connector="OR",
                ),
                name="interview_page_signed_has_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="paper",
            constraint=models.UniqueConstraint(fields=("case", "number"), name="case_paper_number_once"),
        ),
        migrations.AddConstraint(
            model_name="paper",
            constraint=models.UniqueConstraint(fields=("case", "digest"), name="case_paper_digest_once"),
        ),
        migrations.AddConstraint(
            model_name="paper",
            constraint=models.CheckConstraint(
                condition=models.Q(("digest__regex", "^[0-9a-f]{64}$")), name="case_paper_digest_form"
            ),
        ),
        migrations.AddConstraint(
            model_name="paperreading",
            constraint=models.UniqueConstraint(fields=("paper", "user"), name="case_paper_reading_once"),
        ),
        migrations.AddIndex(
            model_name="site",
            index=models.Index(fields=["compartment", "visit_on"], name="cases_site_compart_f3e0a8_idx"),
        ),
        migrations.AddConstraint(
            model_name="site",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["planned", "visited", "reported"])), name="site_state_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="site",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("nature", ""), ("nature__in", ["active", "passive", "research", "nothing"]), _connector="OR"
                ),
                name="site_nature_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="site",
            constraint=models.CheckConstraint(
                condition=models.Q(("state", "planned"), ("arrived_at__isnull", False), _connector="OR"),
                name="site_visited_has_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="site",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "reported"), _negated=True),
                    models.Q(("reported_at__isnull", False), models.Q(("nature", ""), _negated=True)),
                    _connector="OR",
                ),
                name="site_reported_has_nature",
            ),
        ),
        migrations.AddConstraint(
            model_name="site",
            constraint=models.UniqueConstraint(fields=("team", "number"), name="site_number_once"),
        ),
        migrations.AddConstraint(
            model_name="siteaddress",
            constraint=models.UniqueConstraint(fields=("site", "ip"), name="site_address_once"),
        ),
        migrations.AddConstraint(
            model_name="siteconfirmation",
            constraint=models.UniqueConstraint(fields=("site", "user"), name="site_confirmation_once"),
        ),
        migrations.AddIndex(
            model_name="steptaken",
            index=models.Index(fields=["case", "at"], name="cases_stept_case_id_5e27ba_idx"),
        ),
        migrations.AddConstraint(
            model_name="steptaken",
            constraint=models.CheckConstraint(
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
            ),
        ),
        migrations.AddConstraint(
            model_name="suspect",
            constraint=models.CheckConstraint(
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
        ),
        migrations.AddConstraint(
            model_name="suspect",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("conduct_from__isnull", True),
                    ("conduct_until__isnull", True),
                    ("conduct_until__gte", models.F("conduct_from")),
                    _connector="OR",
                ),
                name="suspect_conduct_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="suspect",
            constraint=models.UniqueConstraint(
                condition=models.Q(("person__isnull", False)), fields=("case", "person"), name="suspect_person_once"
            ),
        ),
        migrations.AddIndex(
            model_name="interview",
            index=models.Index(fields=["case", "began_at"], name="cases_inter_case_id_0034af_idx"),
        ),
        migrations.AddConstraint(
            model_name="interview",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["talk", "inquiry", "interrogation"])), name="interview_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="interview",
            constraint=models.CheckConstraint(
                condition=models.Q(("officer", models.F("second_officer")), _negated=True),
                name="interview_two_officers",
            ),
        ),
        migrations.AddConstraint(
            model_name="interview",
            constraint=models.CheckConstraint(
                condition=models.Q(("ended_at__gt", models.F("began_at"))), name="interview_times_in_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="interview",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("rights_told_at__isnull", True), ("rights_told_at__lt", models.F("ended_at")), _connector="OR"
                ),
                name="interview_rights_before_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="interview",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("case__isnull", False), ("site__isnull", True)),
                    models.Q(("case__isnull", True), ("site__isnull", False)),
                    _connector="OR",
                ),
                name="interview_of_case_or_site",
            ),
        ),
        migrations.AddConstraint(
            model_name="interview",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "interrogation"), _negated=True),
                    models.Q(("case__isnull", False), ("suspect__isnull", False)),
                    _connector="OR",
                ),
                name="interrogation_of_suspect",
            ),
        ),
        migrations.AddConstraint(
            model_name="factsshown",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["agreed", "objected", "refused"])), name="facts_shown_outcome_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="factsshown",
            constraint=models.CheckConstraint(
                condition=models.Q(("officer", models.F("second_officer")), _negated=True),
                name="facts_shown_two_officers",
            ),
        ),
        migrations.AddConstraint(
            model_name="factsshown",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome", "agreed"), models.Q(("opinion", ""), _negated=True), _connector="OR"),
                name="facts_shown_opinion_given",
            ),
        ),
        migrations.AddConstraint(
            model_name="fact",
            constraint=models.UniqueConstraint(fields=("case", "number"), name="fact_number_once"),
        ),
        migrations.AddConstraint(
            model_name="fact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("dropped_at__isnull", True), models.Q(("dropped_reason", ""), _negated=True), _connector="OR"
                ),
                name="fact_dropped_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="teammember",
            constraint=models.CheckConstraint(
                condition=models.Q(("duty__in", ["leader", "member", "expert"])), name="team_member_duty_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="teammember",
            constraint=models.UniqueConstraint(
                condition=models.Q(("left_at__isnull", True), ("user__isnull", False)),
                fields=("team", "user"),
                name="team_member_once",
            ),
        ),
    ]
