import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models

import casework.core.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("access", "0001_initial"),
        ("accounts", "0001_initial"),
        ("accounts", "__first__"),
        ("files", "0001_initial"),
        ("imports", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Campaign",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("code", models.SlugField(max_length=60, unique=True, verbose_name="代码")),
                ("name", models.CharField(max_length=200, verbose_name="名称")),
                ("public_name", models.CharField(max_length=200, verbose_name="对单位公开的名称")),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "进行中"), ("closed", "已结束")],
                        default="running",
                        max_length=20,
                        verbose_name="状态",
                    ),
                ),
                ("starts_on", models.DateField(verbose_name="开始")),
                ("contact", models.CharField(blank=True, max_length=200, verbose_name="联系方式")),
                ("questionnaire", models.CharField(max_length=40, verbose_name="自查表版本")),
                ("opened_at", models.DateTimeField()),
                (
                    "compartment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="campaigns", to="access.compartment"
                    ),
                ),
                (
                    "opened_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "专项行动",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["running", "closed"])), name="campaign_state_known"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MonitorList",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sensor", models.CharField(blank=True, max_length=120, verbose_name="监测点")),
                ("sampled_at", models.DateTimeField(verbose_name="采样时间")),
                (
                    "compartment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="monitor_lists",
                        to="access.compartment",
                    ),
                ),
                (
                    "import_run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="monitor_lists",
                        to="imports.importrun",
                    ),
                ),
            ],
            options={
                "verbose_name": "监测清单",
                "indexes": [models.Index(fields=["sensor", "sampled_at", "id"], name="units_monit_sensor_8fe543_idx")],
                "constraints": [
                    models.UniqueConstraint(fields=("import_run", "sensor"), name="monitor_list_once_a_run")
                ],
            },
        ),
        migrations.CreateModel(
            name="Region",
            fields=[
                (
                    "code",
                    models.CharField(max_length=6, primary_key=True, serialize=False, verbose_name="行政区划代码"),
                ),
                ("name", models.CharField(max_length=80, verbose_name="名称")),
            ],
            options={
                "verbose_name": "地区",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("code__regex", "^[1-9]\\d{5}$")), name="region_code_form"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Stage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("order", models.PositiveSmallIntegerField(verbose_name="次序")),
                ("code", models.SlugField(max_length=40, verbose_name="代码")),
                ("name", models.CharField(max_length=60, verbose_name="名称")),
                ("starts_on", models.DateField(verbose_name="开始")),
                ("due_on", models.DateField(verbose_name="截止")),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="stages", to="units.campaign"
                    ),
                ),
            ],
            options={
                "verbose_name": "阶段",
                "ordering": ["campaign", "order"],
                "constraints": [
                    models.UniqueConstraint(fields=("campaign", "order"), name="stage_order_once"),
                    models.UniqueConstraint(fields=("campaign", "code"), name="stage_code_once"),
                    models.CheckConstraint(
                        condition=models.Q(("due_on__gte", models.F("starts_on"))), name="stage_days_order"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ListedAddress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ip", models.GenericIPAddressField(verbose_name="IP地址")),
                (
                    "status",
                    models.CharField(
                        choices=[("new", "新增"), ("persisting", "仍在"), ("relapsed", "死灰复燃")],
                        max_length=12,
                        verbose_name="变化",
                    ),
                ),
                (
                    "monitor_list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="addresses", to="units.monitorlist"
                    ),
                ),
            ],
            options={
                "verbose_name": "清单地址",
                "indexes": [models.Index(fields=["ip"], name="units_liste_ip_c1d487_idx")],
                "constraints": [
                    models.UniqueConstraint(fields=("monitor_list", "ip"), name="listed_address_once"),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["new", "persisting", "relapsed"])),
                        name="listed_address_status_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Unit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("code", models.CharField(max_length=40, unique=True, verbose_name="统一社会信用代码")),
                ("name", models.CharField(max_length=200, verbose_name="单位名称")),
                ("name_key", models.CharField(default="", editable=False, max_length=400)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("party_organ", "党的机关"),
                            ("government", "国家机关"),
                            ("institution", "事业单位"),
                            ("school", "学校"),
                            ("university", "高校"),
                            ("hospital", "医院"),
                            ("soe", "国有企业"),
                            ("other", "非公共机构"),
                        ],
                        max_length=20,
                        verbose_name="单位类别",
                    ),
                ),
                (
                    "is_public",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Q(("kind", "other"), _negated=True),
                        output_field=models.BooleanField(),
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "存续"), ("merged", "已并入"), ("closed", "已撤销")],
                        default="active",
                        max_length=20,
                        verbose_name="状态",
                    ),
                ),
                ("closed_on", models.DateField(blank=True, null=True, verbose_name="撤并日期")),
                (
                    "import_run",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="imports.importrun",
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged_from",
                        to="units.unit",
                        verbose_name="并入单位",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="units.unit",
                        verbose_name="上级单位",
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="units",
                        to="units.region",
                        verbose_name="地区",
                    ),
                ),
                (
                    "supervisor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="supervised",
                        to="units.unit",
                        verbose_name="主管单位",
                    ),
                ),
            ],
            options={
                "verbose_name": "单位",
                "indexes": [
                    models.Index(fields=["name_key", "id"], name="units_unit_name_ke_99fe93_idx"),
                    models.Index(fields=["kind", "id"], name="units_unit_kind_30cb32_idx"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "party_organ",
                                    "government",
                                    "institution",
                                    "school",
                                    "university",
                                    "hospital",
                                    "soe",
                                    "other",
                                ],
                            )
                        ),
                        name="unit_kind_known",
                    ),
                    models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="unit_named"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("parent__isnull", True),
                            models.Q(("parent", models.F("id")), _negated=True),
                            _connector="OR",
                        ),
                        name="unit_not_its_own_parent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_on__isnull", True), ("merged_into__isnull", True), ("state", "active")),
                            models.Q(("closed_on__isnull", False), ("merged_into__isnull", True), ("state", "closed")),
                            models.Q(("closed_on__isnull", False), ("merged_into__isnull", False), ("state", "merged")),
                            _connector="OR",
                        ),
                        name="unit_state_facts",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SpotCheckDraw",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seed", models.CharField(max_length=64, verbose_name="种子")),
                ("population", models.JSONField()),
                ("size", models.PositiveIntegerField(verbose_name="抽取家数")),
                ("drawn_at", models.DateTimeField()),
                (
                    "drawn_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "stage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="draws", to="units.stage"
                    ),
                ),
            ],
            options={
                "verbose_name": "抽查抽样",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("size__gt", 0)), name="spot_check_draw_size"),
                    models.CheckConstraint(
                        condition=models.Q(("seed", ""), _negated=True), name="spot_check_draw_seed"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AddressBlock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("network", casework.core.fields.CidrField(verbose_name="网段")),
                ("valid", django.contrib.postgres.fields.ranges.DateRangeField(verbose_name="有效期")),
                (
                    "nat_ports",
                    django.contrib.postgres.fields.ranges.IntegerRangeField(
                        blank=True, null=True, verbose_name="转换端口"
                    ),
                ),
                ("operator", models.CharField(blank=True, max_length=80, verbose_name="运营商")),
                ("reference", models.CharField(blank=True, max_length=200, verbose_name="依据")),
                (
                    "state",
                    models.CharField(
                        choices=[("standing", "有效"), ("withdrawn", "已作废")],
                        default="standing",
                        max_length=20,
                        verbose_name="状态",
                    ),
                ),
                (
                    "import_run",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="imports.importrun",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="blocks",
                        to="units.unit",
                        verbose_name="单位",
                    ),
                ),
            ],
            options={
                "verbose_name": "网段",
                "indexes": [
                    django.contrib.postgres.indexes.SpGistIndex(fields=["network"], name="block_network_spgist")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("valid__isempty", False)), name="block_period_not_empty"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("nat_ports__isnull", True),
                            models.Q(
                                ("nat_ports__endswith__lte", 65536),
                                ("nat_ports__isempty", False),
                                ("nat_ports__startswith__gte", 0),
                            ),
                            _connector="OR",
                        ),
                        name="block_ports_in_range",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("state", "standing")),
                        expressions=[
                            ("unit", "="),
                            (
                                django.contrib.postgres.indexes.OpClass(
                                    models.Func(
                                        "network", function="network", output_field=casework.core.fields.CidrField()
                                    ),
                                    name="inet_ops",
                                ),
                                "&&",
                            ),
                            ("valid", "&&"),
                            (
                                django.db.models.functions.comparison.Coalesce(
                                    "nat_ports",
                                    models.Func(
                                        models.Value(0),
                                        models.Value(65536),
                                        function="int4range",
                                        output_field=django.contrib.postgres.fields.ranges.IntegerRangeField(),
                                    ),
                                ),
                                "&&",
                            ),
                        ],
                        name="block_claimed_once_by_a_unit",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CampaignUnit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("basis", models.CharField(blank=True, max_length=200, verbose_name="列入依据")),
                ("added_at", models.DateTimeField()),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("active", "主动"), ("passive", "被动"), ("research", "科研"), ("cleared", "排除")],
                        max_length=20,
                        verbose_name="结论",
                    ),
                ),
                ("outcome_basis", models.CharField(blank=True, max_length=200, verbose_name="结论依据")),
                ("outcome_at", models.DateTimeField(blank=True, null=True)),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="campaign_units", to="units.campaign"
                    ),
                ),
                (
                    "outcome_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="campaign_units", to="units.unit"
                    ),
                ),
            ],
            options={
                "verbose_name": "专项行动单位",
                "indexes": [models.Index(fields=["campaign", "outcome"], name="units_campa_campaig_788acf_idx")],
                "constraints": [
                    models.UniqueConstraint(fields=("campaign", "unit"), name="campaign_unit_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("outcome", ""),
                            ("outcome__in", ["active", "passive", "research", "cleared"]),
                            _connector="OR",
                        ),
                        name="campaign_unit_outcome_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome", ""), ("outcome_at__isnull", True), ("outcome_by__isnull", True)),
                            models.Q(
                                models.Q(("outcome", ""), _negated=True),
                                ("outcome_at__isnull", False),
                                ("outcome_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="campaign_unit_outcome_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Person",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("name", models.CharField(max_length=80, verbose_name="姓名")),
                ("name_key", models.CharField(default="", editable=False, max_length=200)),
                ("id_number", casework.core.fields.EncryptedTextField(blank=True, default="", verbose_name="身份证号")),
                ("id_index", models.CharField(default="", editable=False, max_length=64)),
                ("post", models.CharField(blank=True, max_length=120, verbose_name="职务")),
                ("rank", models.CharField(blank=True, max_length=80, verbose_name="职级")),
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
                ("party_member", models.BooleanField(blank=True, null=True, verbose_name="是否党员")),
                ("public_official", models.BooleanField(blank=True, null=True, verbose_name="是否公职人员")),
                ("leading_cadre", models.BooleanField(blank=True, null=True, verbose_name="是否领导干部")),
                ("from_on", models.DateField(blank=True, null=True, verbose_name="起")),
                ("until", models.DateField(blank=True, null=True, verbose_name="止")),
                (
                    "import_run",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="imports.importrun",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="people",
                        to="units.unit",
                        verbose_name="单位",
                    ),
                ),
            ],
            options={
                "verbose_name": "人员",
                "indexes": [
                    models.Index(fields=["name_key", "id"], name="units_perso_name_ke_15a187_idx"),
                    models.Index(fields=["id_index"], name="units_perso_id_inde_83faec_idx"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "employment__in",
                                [
                                    "",
                                    "civil_servant",
                                    "institution_manager",
                                    "institution_staff",
                                    "soe_manager",
                                    "contract",
                                    "temporary",
                                    "dispatched",
                                ],
                            )
                        ),
                        name="person_employment_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("until__isnull", True),
                            ("from_on__isnull", True),
                            ("until__gte", models.F("from_on")),
                            _connector="OR",
                        ),
                        name="person_order",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("id_index", ""), _negated=True),
                        fields=("unit", "id_index"),
                        name="person_once_by_id",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("id_index", "")), fields=("unit", "name"), name="person_once_by_name"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Registration",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("device", models.CharField(max_length=200, verbose_name="设备")),
                ("purpose", models.CharField(max_length=200, verbose_name="用途")),
                ("from_on", models.DateField(verbose_name="起")),
                ("until", models.DateField(blank=True, null=True, verbose_name="止")),
                ("network", casework.core.fields.CidrField(blank=True, null=True, verbose_name="网段")),
                ("approved_by", models.CharField(blank=True, max_length=80, verbose_name="批准人")),
                ("reference", models.CharField(blank=True, max_length=120, verbose_name="备案号")),
                (
                    "import_run",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="imports.importrun",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="registrations",
                        to="units.unit",
                        verbose_name="单位",
                    ),
                ),
            ],
            options={
                "verbose_name": "科研备案",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("until__isnull", True), ("until__gte", models.F("from_on")), _connector="OR"
                        ),
                        name="registration_order",
                    ),
                    models.UniqueConstraint(fields=("unit", "device", "from_on"), name="registration_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="UnitLeader",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, verbose_name="负责人")),
                ("post", models.CharField(blank=True, max_length=120, verbose_name="职务")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="电子邮箱")),
                ("mobile", models.CharField(blank=True, max_length=20, verbose_name="手机")),
                ("from_on", models.DateField(blank=True, null=True, verbose_name="起")),
                ("until", models.DateField(blank=True, null=True, verbose_name="止")),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="leaders", to="units.unit"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leads_units",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "单位负责人",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("until__isnull", True),
                            ("from_on__isnull", True),
                            ("until__gte", models.F("from_on")),
                            _connector="OR",
                        ),
                        name="unit_leader_order",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("unit", "="),
                            (
                                models.Func(
                                    "from_on",
                                    "until",
                                    models.Value("[]"),
                                    function="daterange",
                                    output_field=django.contrib.postgres.fields.ranges.DateRangeField(),
                                ),
                                "&&",
                            ),
                        ],
                        name="unit_leader_one_at_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UnitName",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, verbose_name="曾用名")),
                ("until", models.DateField(verbose_name="止")),
                ("document", models.CharField(blank=True, max_length=120, verbose_name="依据文号")),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="earlier_names", to="units.unit"
                    ),
                ),
            ],
            options={
                "verbose_name": "曾用名",
                "constraints": [models.UniqueConstraint(fields=("unit", "until"), name="unit_name_once_a_day")],
            },
        ),
        migrations.CreateModel(
            name="AddressConflict",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("noted_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.TextField(blank=True, verbose_name="理由")),
                (
                    "first",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conflicts_as_first",
                        to="units.addressblock",
                    ),
                ),
                (
                    "kept",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="units.addressblock",
                    ),
                ),
                (
                    "second",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conflicts_as_second",
                        to="units.addressblock",
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "归属冲突",
                "constraints": [
                    models.UniqueConstraint(fields=("first", "second"), name="conflict_once"),
                    models.CheckConstraint(
                        condition=models.Q(("first__lt", models.F("second"))), name="conflict_ordered"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kept__isnull", True), ("settled_at__isnull", True), ("settled_by__isnull", True)
                            ),
                            models.Q(
                                ("kept__isnull", False), ("settled_at__isnull", False), ("settled_by__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="conflict_settled_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Lead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("number", models.CharField(max_length=40, unique=True, verbose_name="线索编号")),
                ("source", models.CharField(blank=True, max_length=200, verbose_name="来源")),
                ("received_on", models.DateField(verbose_name="收到日期")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("received", "已接收"),
                            ("registered", "已登记编号"),
                            ("assigned", "已分办"),
                            ("under_study", "分析研判"),
                            ("opinion_pending", "处置意见待批"),
                            ("appropriate_enquiry", "适当了解"),
                            ("inquiry", "谈话函询"),
                            ("verification", "初步核实"),
                            ("shelved", "暂存待查"),
                            ("closed", "予以了结"),
                            ("transferred", "已移送"),
                            ("filed", "已转立案"),
                            ("merged", "已并案"),
                        ],
                        default="under_study",
                        max_length=30,
                        verbose_name="状态",
                    ),
                ),
                (
                    "previous_state",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("received", "已接收"),
                            ("registered", "已登记编号"),
                            ("assigned", "已分办"),
                            ("under_study", "分析研判"),
                            ("opinion_pending", "处置意见待批"),
                            ("appropriate_enquiry", "适当了解"),
                            ("inquiry", "谈话函询"),
                            ("verification", "初步核实"),
                            ("shelved", "暂存待查"),
                            ("closed", "予以了结"),
                            ("transferred", "已移送"),
                            ("filed", "已转立案"),
                            ("merged", "已并案"),
                        ],
                        editable=False,
                        max_length=30,
                    ),
                ),
                (
                    "proposal",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("inquiry", "谈话函询"),
                            ("verification", "初步核实"),
                            ("shelved", "暂存待查"),
                            ("closed", "予以了结"),
                            ("appropriate_enquiry", "适当了解"),
                            ("transferred", "移送"),
                        ],
                        max_length=30,
                        verbose_name="拟办意见",
                    ),
                ),
                ("proposed_at", models.DateTimeField(blank=True, null=True, verbose_name="报送时间")),
                (
                    "disposition",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("inquiry", "谈话函询"),
                            ("verification", "初步核实"),
                            ("shelved", "暂存待查"),
                            ("closed", "予以了结"),
                            ("appropriate_enquiry", "适当了解"),
                            ("transferred", "移送"),
                        ],
                        max_length=30,
                        verbose_name="处置方式",
                    ),
                ),
                ("disposed_at", models.DateTimeField(blank=True, null=True, verbose_name="处置时间")),
                ("change_set", models.CharField(blank=True, db_index=True, editable=False, max_length=32)),
                (
                    "classification",
                    models.CharField(
                        blank=True,
                        choices=[("active", "主动"), ("passive", "被动"), ("research", "科研")],
                        max_length=20,
                        verbose_name="定性",
                    ),
                ),
                ("classified_at", models.DateTimeField(blank=True, null=True, verbose_name="定性时间")),
                ("note", models.TextField(blank=True, verbose_name="批注")),
                (
                    "campaign",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leads",
                        to="units.campaign",
                        verbose_name="专项行动",
                    ),
                ),
                (
                    "classified_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "compartment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leads",
                        to="access.compartment",
                        verbose_name="知悉范围",
                    ),
                ),
                (
                    "disposed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "earlier",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="later",
                        to="units.lead",
                        verbose_name="以往线索",
                    ),
                ),
                (
                    "handler",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="handled_leads",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="承办人",
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged_from",
                        to="units.lead",
                        verbose_name="并入线索",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "transferred_to",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                        verbose_name="移送单位",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leads",
                        to="units.person",
                        verbose_name="人员",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leads",
                        to="units.unit",
                        verbose_name="单位",
                    ),
                ),
            ],
            options={
                "verbose_name": "线索",
                "indexes": [
                    models.Index(fields=["compartment", "state"], name="units_lead_compart_185159_idx"),
                    models.Index(fields=["unit", "received_on"], name="units_lead_unit_id_d95742_idx"),
                    models.Index(fields=["-received_on", "-id"], name="units_lead_receive_2b63fe_idx"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "received",
                                    "registered",
                                    "assigned",
                                    "under_study",
                                    "opinion_pending",
                                    "appropriate_enquiry",
                                    "inquiry",
                                    "verification",
                                    "shelved",
                                    "closed",
                                    "transferred",
                                    "filed",
                                    "merged",
                                ],
                            )
                        ),
                        name="lead_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "disposition__in",
                                [
                                    "",
                                    "inquiry",
                                    "verification",
                                    "shelved",
                                    "closed",
                                    "appropriate_enquiry",
                                    "transferred",
                                ],
                            )
                        ),
                        name="lead_disposition_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("proposal", ""), ("proposed_at__isnull", True), ("proposed_by__isnull", True)),
                            models.Q(
                                models.Q(("proposal", ""), _negated=True),
                                ("proposed_at__isnull", False),
                                ("proposed_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="lead_proposed_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("classification__in", ["", "active", "passive", "research"])),
                        name="lead_classification_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("classification", ""), ("classified_at__isnull", True), ("classified_by__isnull", True)
                            ),
                            models.Q(
                                models.Q(("classification", ""), _negated=True),
                                ("classified_at__isnull", False),
                                ("classified_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="lead_classified_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("disposed_at__isnull", True), ("disposed_by__isnull", True), ("disposition", "")),
                            models.Q(
                                models.Q(("disposition", ""), _negated=True),
                                ("disposed_at__isnull", False),
                                ("disposed_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="lead_disposed_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("earlier__isnull", True),
                            models.Q(("earlier", models.F("id")), _negated=True),
                            _connector="OR",
                        ),
                        name="lead_not_its_own_earlier",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "merged"), _negated=True),
                            ("merged_into__isnull", False),
                            _connector="OR",
                        ),
                        name="lead_merged_into",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SelfInspection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("issued", "已下发"),
                            ("acknowledged", "已签收"),
                            ("drafting", "填报中"),
                            ("submitted", "已上报"),
                            ("under_review", "审核中"),
                            ("returned", "退回补正"),
                            ("spot_check", "重点抽查"),
                            ("verified", "已核验"),
                            ("accepted", "通过"),
                            ("rectifying", "整改中"),
                            ("rectified", "整改完成"),
                            ("closed", "销号"),
                        ],
                        default="issued",
                        max_length=20,
                        verbose_name="状态",
                    ),
                ),
                ("questionnaire", models.CharField(max_length=40)),
                ("issued_at", models.DateTimeField(verbose_name="下发时间")),
                ("issued_on", models.DateField(verbose_name="下发日")),
                ("due_on", models.DateField(verbose_name="期限")),
                ("acknowledged_at", models.DateTimeField(blank=True, null=True, verbose_name="签收时间")),
                ("saved_at", models.DateTimeField(blank=True, null=True, verbose_name="最近保存")),
                ("answered", models.PositiveSmallIntegerField(default=0, verbose_name="已答题数")),
                ("first_submitted_at", models.DateTimeField(blank=True, null=True, verbose_name="首次上报")),
                ("submitted_at", models.DateTimeField(blank=True, null=True, verbose_name="上报时间")),
                ("late", models.BooleanField(default=False, verbose_name="超期上报")),
                ("accepted_at", models.DateTimeField(blank=True, null=True, verbose_name="通过时间")),
                ("false_report", models.BooleanField(default=False, verbose_name="上报不实")),
                (
                    "acknowledged_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "campaign_unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="self_inspections",
                        to="units.campaignunit",
                    ),
                ),
                (
                    "issued_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "reviewer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="审核人",
                    ),
                ),
                (
                    "stage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="self_inspections", to="units.stage"
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="self_inspections", to="units.unit"
                    ),
                ),
                (
                    "leader",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="units.unitleader",
                        verbose_name="负责人",
                    ),
                ),
            ],
            options={
                "verbose_name": "自查报告",
                "indexes": [
                    models.Index(fields=["stage", "state"], name="units_selfi_stage_i_e8de4f_idx"),
                    models.Index(fields=["unit", "issued_on"], name="units_selfi_unit_id_ffda1f_idx"),
                    models.Index(fields=["due_on"], name="units_selfi_due_on_0b9302_idx"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("campaign_unit", "stage"), name="self_inspection_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "issued",
                                    "acknowledged",
                                    "drafting",
                                    "submitted",
                                    "under_review",
                                    "returned",
                                    "spot_check",
                                    "verified",
                                    "accepted",
                                    "rectifying",
                                    "rectified",
                                    "closed",
                                ],
                            )
                        ),
                        name="self_inspection_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("due_on__gte", models.F("issued_on"))), name="self_inspection_days_order"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("first_submitted_at__isnull", True), ("submitted_at__isnull", True)),
                            ("submitted_at__gte", models.F("first_submitted_at")),
                            _connector="OR",
                        ),
                        name="self_inspection_submitted_order",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Finding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("active", "主动"), ("passive", "被动"), ("research", "科研"), ("cleared", "排除")],
                        max_length=20,
                        verbose_name="性质",
                    ),
                ),
                ("ip", models.GenericIPAddressField(blank=True, null=True, verbose_name="地址")),
                ("summary", models.CharField(max_length=1000, verbose_name="情况")),
                ("source_ref", models.CharField(max_length=80, verbose_name="来源")),
                ("found_at", models.DateTimeField(verbose_name="发现时间")),
                (
                    "campaign_unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="findings", to="units.campaignunit"
                    ),
                ),
                (
                    "compartment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="findings", to="access.compartment"
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="findings",
                        to="units.lead",
                    ),
                ),
            ],
            options={
                "verbose_name": "发现",
                "indexes": [models.Index(fields=["campaign_unit", "kind"], name="units_findi_campaig_18bef5_idx")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["active", "passive", "research", "cleared"])),
                        name="finding_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source_ref", ""), _negated=True), name="finding_has_source"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LeadAddress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ip", models.GenericIPAddressField(verbose_name="IP地址")),
                ("first_seen_at", models.DateTimeField(verbose_name="最早监测")),
                ("last_seen_at", models.DateTimeField(verbose_name="最近监测")),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="addresses", to="units.lead"
                    ),
                ),
            ],
            options={
                "verbose_name": "线索地址",
                "indexes": [models.Index(fields=["ip"], name="units_leada_ip_d1b266_idx")],
                "constraints": [
                    models.UniqueConstraint(fields=("lead", "ip"), name="lead_address_once"),
                    models.CheckConstraint(
                        condition=models.Q(("last_seen_at__gte", models.F("first_seen_at"))), name="lead_address_order"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Question",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("machine", "哪台机器、谁的"),
                            ("extent", "几台、多久、多少"),
                            ("nature", "主动、被动、科研"),
                        ],
                        max_length=20,
                        verbose_name="问题",
                    ),
                ),
                ("answer", models.TextField(blank=True, verbose_name="结论")),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                ("source_ref", models.CharField(blank=True, max_length=200, verbose_name="依据")),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="questions", to="units.lead"
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "未决问题",
                "constraints": [
                    models.UniqueConstraint(fields=("lead", "kind"), name="question_once"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["machine", "extent", "nature"])), name="question_kind_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answer", ""), ("settled_at__isnull", True), ("settled_by__isnull", True)),
                            models.Q(
                                models.Q(("answer", ""), _negated=True),
                                ("settled_at__isnull", False),
                                ("settled_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="question_settled_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "nature"), _negated=True),
                            ("answer__in", ["", "active", "passive", "research"]),
                            _connector="OR",
                        ),
                        name="question_nature_is_a_classification",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Sighting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sensor", models.CharField(blank=True, max_length=120, verbose_name="监测点")),
                ("observed_at", models.DateTimeField(verbose_name="监测时间")),
                ("ip", models.GenericIPAddressField(verbose_name="IP地址")),
                ("port", models.PositiveIntegerField(blank=True, null=True, verbose_name="端口")),
                ("remote_host", models.CharField(blank=True, max_length=255, verbose_name="远端主机")),
                ("remote_port", models.PositiveIntegerField(blank=True, null=True, verbose_name="远端端口")),
                ("protocol", models.CharField(blank=True, max_length=40, verbose_name="协议")),
                ("currency", models.CharField(blank=True, max_length=40, verbose_name="币种")),
                ("reference", models.CharField(blank=True, max_length=200, verbose_name="来源")),
                (
                    "match_state",
                    models.CharField(
                        choices=[("matched", "已匹配"), ("ambiguous", "归属有争议"), ("unmatched", "未匹配")],
                        default="unmatched",
                        max_length=12,
                        verbose_name="归属",
                    ),
                ),
                (
                    "block",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sightings",
                        to="units.addressblock",
                    ),
                ),
                (
                    "compartment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="access.compartment"
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sightings",
                        to="units.lead",
                        verbose_name="线索",
                    ),
                ),
                (
                    "monitor_list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sightings", to="units.monitorlist"
                    ),
                ),
                (
                    "registration",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sightings",
                        to="units.registration",
                        verbose_name="科研备案",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sightings",
                        to="units.unit",
                        verbose_name="单位",
                    ),
                ),
            ],
            options={
                "verbose_name": "监测记录",
                "indexes": [
                    models.Index(fields=["compartment", "-observed_at", "-id"], name="units_sight_compart_7ad74b_idx"),
                    models.Index(fields=["-observed_at", "-id"], name="units_sight_observe_d4f927_idx"),
                    models.Index(fields=["ip", "observed_at"], name="units_sight_ip_1e6074_idx"),
                    models.Index(
                        condition=models.Q(("unit__isnull", False)),
                        fields=["unit", "-observed_at"],
                        name="sighting_of_unit",
                    ),
                    models.Index(
                        condition=models.Q(("lead__isnull", False)),
                        fields=["lead", "-observed_at"],
                        name="sighting_of_lead",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("sensor", "observed_at", "ip", "port", "remote_host", "remote_port"),
                        name="sighting_once",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("block__isnull", False), ("match_state", "matched"), ("unit__isnull", False)),
                            models.Q(
                                ("block__isnull", True),
                                ("match_state__in", ["ambiguous", "unmatched"]),
                                ("unit__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="sighting_matched_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("port__isnull", True), ("port__range", (0, 65535)), _connector="OR"),
                        name="sighting_port_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("remote_port__isnull", True), ("remote_port__range", (0, 65535)), _connector="OR"
                        ),
                        name="sighting_remote_port_range",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Report",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(verbose_name="第几次")),
                ("content", models.TextField()),
                ("sha256", models.CharField(max_length=64)),
                ("signed_name", models.CharField(max_length=80, verbose_name="签名")),
                ("signed_post", models.CharField(blank=True, max_length=120, verbose_name="职务")),
                ("submitted_at", models.DateTimeField(verbose_name="上报时间")),
                ("due_on", models.DateField(verbose_name="当时的期限")),
                ("late", models.BooleanField(verbose_name="超期")),
                (
                    "submitted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "inspection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reports", to="units.selfinspection"
                    ),
                ),
            ],
            options={
                "verbose_name": "上报版本",
                "ordering": ["inspection", "number"],
                "constraints": [
                    models.UniqueConstraint(fields=("inspection", "number"), name="report_number_once"),
                    models.CheckConstraint(
                        condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")), name="report_sha256_form"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("signed_name", ""), _negated=True), name="report_is_signed"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SealedDevice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("place", models.CharField(blank=True, max_length=200, verbose_name="放在哪里")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="备注")),
                (
                    "kind",
                    models.CharField(
                        choices=[("computer", "计算机"), ("rig", "矿机")], max_length=20, verbose_name="类别"
                    ),
                ),
                ("model", models.CharField(max_length=120, verbose_name="型号")),
                ("serial", models.CharField(max_length=80, verbose_name="序列号")),
                ("seal_number", models.CharField(max_length=40, verbose_name="封条号")),
                ("sealed_on", models.DateField(blank=True, null=True, verbose_name="封存日")),
                (
                    "inspection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sealed_devices",
                        to="units.selfinspection",
                    ),
                ),
            ],
            options={
                "verbose_name": "封存设备",
                "ordering": ["pk"],
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=("inspection", "serial"), name="sealed_device_serial_once"),
                    models.UniqueConstraint(fields=("inspection", "seal_number"), name="sealed_device_seal_once"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["computer", "rig"])), name="sealed_device_kind_known"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReportedPerson",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("place", models.CharField(blank=True, max_length=200, verbose_name="放在哪里")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="备注")),
                ("name", models.CharField(max_length=80, verbose_name="姓名")),
                ("post", models.CharField(max_length=120, verbose_name="职务")),
                (
                    "employment",
                    models.CharField(
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
                ("party_member", models.BooleanField(default=False, verbose_name="中共党员")),
                ("public_official", models.BooleanField(default=False, verbose_name="公职人员")),
                ("deed", models.CharField(max_length=500, verbose_name="行为")),
                (
                    "involvement",
                    models.CharField(
                        blank=True,
                        choices=[("miner", "参与“挖矿”"), ("responsible", "负有管理责任")],
                        max_length=20,
                        verbose_name="涉及方式",
                    ),
                ),
                (
                    "handled",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("none", "尚未处理"),
                            ("talk", "谈话提醒、批评教育"),
                            ("labour", "扣减绩效、解聘"),
                            ("referred", "移送纪检监察机关"),
                        ],
                        max_length=20,
                        verbose_name="处理类别",
                    ),
                ),
                ("handling", models.CharField(blank=True, max_length=500, verbose_name="本单位处理")),
                (
                    "inspection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="people", to="units.selfinspection"
                    ),
                ),
            ],
            options={
                "verbose_name": "上报人员",
                "ordering": ["pk"],
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=("inspection", "name", "post"), name="reported_person_once"),
                    models.CheckConstraint(
                        condition=models.Q(
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
                            )
                        ),
                        name="reported_person_employment_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("involvement__in", ["", "miner", "responsible"])),
                        name="reported_person_involvement_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("handled__in", ["", "none", "talk", "labour", "referred"])),
                        name="reported_person_handled_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReportedCurrency",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("place", models.CharField(blank=True, max_length=200, verbose_name="放在哪里")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="备注")),
                ("name", models.CharField(max_length=40, verbose_name="币种")),
                ("symbol", models.CharField(blank=True, max_length=12, verbose_name="代号")),
                (
                    "quantity",
                    models.DecimalField(blank=True, decimal_places=8, max_digits=30, null=True, verbose_name="数量"),
                ),
                (
                    "inspection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="currencies",
                        to="units.selfinspection",
                    ),
                ),
            ],
            options={
                "verbose_name": "上报币种",
                "ordering": ["pk"],
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=("inspection", "name"), name="reported_currency_once"),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__isnull", True), ("quantity__gte", 0), _connector="OR"),
                        name="reported_currency_quantity",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReportedAddress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("place", models.CharField(blank=True, max_length=200, verbose_name="放在哪里")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="备注")),
                ("ip", models.GenericIPAddressField(verbose_name="IP地址")),
                ("use", models.CharField(blank=True, max_length=200, verbose_name="用途")),
                (
                    "found",
                    models.CharField(
                        choices=[
                            ("none", "未发现"),
                            ("active", "有人主动“挖矿”"),
                            ("passive", "被植入木马或被控制"),
                            ("research", "科研教学"),
                        ],
                        max_length=20,
                        verbose_name="自查情况",
                    ),
                ),
                (
                    "inspection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="addresses", to="units.selfinspection"
                    ),
                ),
            ],
            options={
                "verbose_name": "上报地址",
                "ordering": ["pk"],
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=("inspection", "ip"), name="reported_address_once"),
                    models.CheckConstraint(
                        condition=models.Q(("found__in", ["none", "active", "passive", "research"])),
                        name="reported_address_found_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Attachment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=40)),
                ("name", models.CharField(max_length=200, verbose_name="文件名")),
                ("added_at", models.DateTimeField()),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "blob",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="files.blob"),
                ),
                (
                    "inspection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attachments",
                        to="units.selfinspection",
                    ),
                ),
            ],
            options={
                "verbose_name": "附件",
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("removed_at__isnull", True)),
                        fields=("inspection", "code", "blob"),
                        name="attachment_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Answer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("code", models.SlugField(max_length=40)),
                ("value", models.JSONField()),
                ("answered_at", models.DateTimeField()),
                (
                    "answered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "inspection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="answers", to="units.selfinspection"
                    ),
                ),
            ],
            options={
                "verbose_name": "答案",
                "constraints": [models.UniqueConstraint(fields=("inspection", "code"), name="answer_once")],
            },
        ),
        migrations.CreateModel(
            name="SpotCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_at", models.DateTimeField()),
                (
                    "result",
                    models.CharField(
                        blank=True,
                        choices=[("confirmed", "与上报一致"), ("false_report", "上报不实")],
                        max_length=20,
                        verbose_name="结果",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=1000, verbose_name="情况")),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "inspection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="spot_checks",
                        to="units.selfinspection",
                    ),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "draw",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="checks",
                        to="units.spotcheckdraw",
                    ),
                ),
            ],
            options={
                "verbose_name": "抽查",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("result", "")), fields=("inspection",), name="spot_check_open_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("result", "")),
                            models.Q(("result__in", ["confirmed", "false_report"]), ("ended_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="spot_check_ended_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Terminal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("place", models.CharField(blank=True, max_length=200, verbose_name="放在哪里")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="备注")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("desktop", "台式机"),
                            ("laptop", "笔记本"),
                            ("server", "服务器"),
                            ("workstation", "工作站"),
                            ("other", "其他"),
                        ],
                        max_length=20,
                        verbose_name="类型",
                    ),
                ),
                ("asset_number", models.CharField(max_length=80, verbose_name="资产编号")),
                ("model", models.CharField(blank=True, max_length=120, verbose_name="型号")),
                ("keeper", models.CharField(blank=True, max_length=80, verbose_name="使用人")),
                ("ip", models.GenericIPAddressField(blank=True, null=True, verbose_name="IP地址")),
                (
                    "found",
                    models.CharField(
                        choices=[
                            ("none", "未发现"),
                            ("active", "有人主动“挖矿”"),
                            ("passive", "被植入木马或被控制"),
                            ("research", "科研教学"),
                        ],
                        default="none",
                        max_length=20,
                        verbose_name="自查情况",
                    ),
                ),
                (
                    "inspection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="terminals", to="units.selfinspection"
                    ),
                ),
            ],
            options={
                "verbose_name": "自查终端",
                "ordering": ["pk"],
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=("inspection", "asset_number"), name="terminal_once"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["desktop", "laptop", "server", "workstation", "other"])),
                        name="terminal_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("found__in", ["none", "active", "passive", "research"])),
                        name="terminal_found_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Rectification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("title", models.CharField(max_length=200, verbose_name="事项")),
                ("measures", models.TextField(verbose_name="要求的措施")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "整改中"), ("reported", "已报整改结果"), ("closed", "销号")],
                        default="open",
                        max_length=20,
                        verbose_name="状态",
                    ),
                ),
                ("ordered_at", models.DateTimeField(verbose_name="下发时间")),
                ("due_on", models.DateField(verbose_name="期限")),
                ("done", models.TextField(blank=True, verbose_name="整改结果")),
                ("proof_name", models.CharField(blank=True, max_length=200)),
                ("reported_at", models.DateTimeField(blank=True, null=True)),
                ("remark", models.TextField(blank=True, verbose_name="退回意见")),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("checked", models.TextField(blank=True, verbose_name="核查情况")),
                (
                    "campaign_unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rectifications",
                        to="units.campaignunit",
                    ),
                ),
                (
                    "closed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "finding",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rectifications",
                        to="units.finding",
                    ),
                ),
                (
                    "ordered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "proof",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="files.blob",
                        verbose_name="证明材料",
                    ),
                ),
                (
                    "reported_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "inspection",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rectifications",
                        to="units.selfinspection",
                    ),
                ),
            ],
            options={
                "verbose_name": "整改",
                "indexes": [models.Index(fields=["campaign_unit", "state"], name="units_recti_campaig_918dfd_idx")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "reported", "closed"])),
                        name="rectification_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at__isnull", False), ("closed_by__isnull", False), ("state", "closed")),
                            models.Q(models.Q(("state", "closed"), _negated=True), ("closed_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="rectification_closed_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="QuestionEvidence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("candidate", models.CharField(max_length=200, verbose_name="候选答案")),
                (
                    "stance",
                    models.CharField(
                        choices=[("for", "支持"), ("against", "反对")], max_length=10, verbose_name="立场"
                    ),
                ),
                ("text", models.CharField(max_length=400, verbose_name="内容")),
                ("ref", models.CharField(blank=True, max_length=80, verbose_name="依据")),
                ("added_at", models.DateTimeField()),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "question",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="evidence", to="units.question"
                    ),
                ),
            ],
            options={
                "verbose_name": "正反依据",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("stance__in", ["for", "against"])), name="evidence_stance_known"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Candidate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "block",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="candidates", to="units.addressblock"
                    ),
                ),
                (
                    "sighting",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="candidates", to="units.sighting"
                    ),
                ),
            ],
            options={
                "verbose_name": "可能归属",
                "constraints": [models.UniqueConstraint(fields=("sighting", "block"), name="candidate_once")],
            },
        ),
        migrations.CreateModel(
            name="ReturnRemark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(blank=True, max_length=40)),
                ("text", models.CharField(max_length=1000, verbose_name="退回意见")),
                ("at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="remarks", to="units.report"
                    ),
                ),
                (
                    "inspection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="remarks", to="units.selfinspection"
                    ),
                ),
            ],
            options={
                "verbose_name": "退回意见",
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True), name="return_remark_has_text"
                    )
                ],
            },
        ),
    ]
