import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import casework.core.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("access", "0001_initial"),
        ("accounts", "__first__"),
        ("files", "0001_initial"),
        ("units", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Collection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("number", models.CharField(max_length=60, unique=True, verbose_name="清单文号")),
                ("year", models.PositiveSmallIntegerField()),
                ("serial", models.PositiveIntegerField()),
                (
                    "measure",
                    models.CharField(
                        choices=[
                            ("seizure", "扣押"),
                            ("sealing", "查封"),
                            ("obtaining", "调取"),
                            ("inspection", "勘验检查"),
                            ("temporary", "暂扣"),
                            ("registration", "登记保存"),
                            ("surrender", "主动上交"),
                        ],
                        default="seizure",
                        max_length=20,
                        verbose_name="措施",
                    ),
                ),
                ("basis", models.CharField(blank=True, max_length=120, verbose_name="批准文书")),
                ("place", models.CharField(max_length=200, verbose_name="地点")),
                ("began_at", models.DateTimeField(verbose_name="开始")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="结束")),
                ("holder_name", casework.core.fields.EncryptedTextField(blank=True, verbose_name="持有人")),
                (
                    "holder_signature",
                    models.CharField(
                        blank=True,
                        choices=[("signed", "已签名"), ("refused", "拒绝签名"), ("unable", "无法签名")],
                        max_length=20,
                        verbose_name="持有人签名",
                    ),
                ),
                ("signature_note", models.CharField(blank=True, max_length=200, verbose_name="未签名的原因")),
                ("witness_name", models.CharField(blank=True, max_length=80, verbose_name="见证人")),
                ("witness_note", models.CharField(blank=True, max_length=200, verbose_name="没有见证人的原因")),
                ("recording_ref", models.CharField(blank=True, max_length=120, verbose_name="全程录音录像")),
                ("note", models.TextField(blank=True, verbose_name="情况说明")),
                ("created_at", models.DateTimeField()),
                (
                    "compartment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="access.compartment"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="units.unit",
                        verbose_name="单位",
                    ),
                ),
            ],
            options={
                "verbose_name": "提取",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "measure__in",
                                [
                                    "seizure",
                                    "sealing",
                                    "obtaining",
                                    "inspection",
                                    "temporary",
                                    "registration",
                                    "surrender",
                                ],
                            )
                        ),
                        name="collection_measure_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_at__isnull", True), ("ended_at__gte", models.F("began_at")), _connector="OR"
                        ),
                        name="collection_order",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("holder_signature__in", ["", "signed", "refused", "unable"])),
                        name="collection_signature_known",
                    ),
                    models.UniqueConstraint(fields=("year", "serial"), name="collection_serial_unique"),
                ],
            },
        ),
        migrations.CreateModel(
            name="CollectionOfficer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("signed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "collection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="officers", to="evidence.collection"
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
                "constraints": [models.UniqueConstraint(fields=("collection", "user"), name="collection_officer_once")],
            },
        ),
        migrations.CreateModel(
            name="Item",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("number", models.CharField(max_length=40, unique=True, verbose_name="证物编号")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("physical", "物证"),
                            ("documentary", "书证"),
                            ("testimony", "证人证言"),
                            ("statement", "被调查人供述和辩解"),
                            ("audiovisual", "视听资料"),
                            ("electronic", "电子数据"),
                            ("opinion", "鉴定意见"),
                            ("record", "勘验检查笔录"),
                        ],
                        max_length=20,
                        verbose_name="种类",
                    ),
                ),
                ("title", models.CharField(max_length=200, verbose_name="名称")),
                ("features", models.TextField(blank=True, verbose_name="特征")),
                ("quantity", models.PositiveIntegerField(default=1, verbose_name="数量")),
                ("quantity_unit", models.CharField(default="件", max_length=10, verbose_name="单位")),
                ("source", models.CharField(blank=True, max_length=200, verbose_name="来源")),
                ("found_where", models.CharField(blank=True, max_length=200, verbose_name="发现位置")),
                ("hidden_how", models.CharField(blank=True, max_length=200, verbose_name="隐匿方式")),
                ("position", models.PositiveIntegerField(default=0)),
                ("apart", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("identified", "已发现"),
                            ("collected", "已提取"),
                            ("sealed", "已封存"),
                            ("deposited", "在库"),
                            ("checked_out", "调取出库"),
                            ("examined", "已鉴定"),
                            ("disposal_approved", "处置已批"),
                            ("transferred_with_case", "随案移送"),
                            ("returned", "已退还"),
                            ("confiscated", "已收缴"),
                            ("auctioned", "已变卖"),
                            ("lost_damaged", "损毁灭失"),
                            ("archived", "已归档"),
                        ],
                        max_length=30,
                        verbose_name="状态",
                    ),
                ),
                ("place", models.CharField(blank=True, max_length=120, verbose_name="存放位置")),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                (
                    "collection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="items", to="evidence.collection"
                    ),
                ),
                (
                    "compartment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="access.compartment"
                    ),
                ),
                (
                    "holder",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="held_items",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="现由谁持有",
                    ),
                ),
                (
                    "keeper",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="kept_items",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="保管员",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parts",
                        to="evidence.item",
                    ),
                ),
            ],
            options={
                "verbose_name": "证物",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "physical",
                                    "documentary",
                                    "testimony",
                                    "statement",
                                    "audiovisual",
                                    "electronic",
                                    "opinion",
                                    "record",
                                ],
                            )
                        ),
                        name="item_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "identified",
                                    "collected",
                                    "sealed",
                                    "deposited",
                                    "checked_out",
                                    "examined",
                                    "disposal_approved",
                                    "transferred_with_case",
                                    "returned",
                                    "confiscated",
                                    "auctioned",
                                    "lost_damaged",
                                    "archived",
                                ],
                            )
                        ),
                        name="item_state_known",
                    ),
                    models.CheckConstraint(condition=models.Q(("quantity__gte", 1)), name="item_quantity"),
                    models.CheckConstraint(
                        condition=models.Q(("parent", models.F("id")), _negated=True), name="item_parent_other"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("apart", False), ("parent__isnull", False), _connector="OR"),
                        name="item_apart_is_part",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                (
                                    "state__in",
                                    (
                                        "identified",
                                        "transferred_with_case",
                                        "returned",
                                        "confiscated",
                                        "auctioned",
                                        "lost_damaged",
                                        "archived",
                                    ),
                                ),
                                ("holder__isnull", True),
                            ),
                            models.Q(
                                models.Q(
                                    (
                                        "state__in",
                                        (
                                            "identified",
                                            "transferred_with_case",
                                            "returned",
                                            "confiscated",
                                            "auctioned",
                                            "lost_damaged",
                                            "archived",
                                        ),
                                    ),
                                    _negated=True,
                                ),
                                ("holder__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="item_held_while_here",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "deposited"), _negated=True),
                            models.Q(("holder", models.F("keeper")), models.Q(("place", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="item_stored_where",
                    ),
                ],
                "indexes": [
                    models.Index(fields=["compartment", "state"], name="evidence_it_compart_e8b049_idx"),
                    models.Index(fields=["updated_at"], name="evidence_it_updated_819756_idx"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Holding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_seq", models.PositiveIntegerField()),
                ("began_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "holder",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="holdings", to="evidence.item"
                    ),
                ),
            ],
            options={
                "ordering": ["item", "from_seq"],
                "constraints": [
                    models.UniqueConstraint(fields=("item", "from_seq"), name="holding_from_act"),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)), fields=("item",), name="holding_one_now"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_at__isnull", True), ("ended_at__gte", models.F("began_at")), _connector="OR"
                        ),
                        name="holding_order",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("item", "="),
                            (
                                models.Func(
                                    "began_at",
                                    "ended_at",
                                    models.Value("[)"),
                                    function="tstzrange",
                                    output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField(),
                                ),
                                "&&",
                            ),
                        ],
                        name="holding_one_at_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Hold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.CharField(max_length=200, verbose_name="事由")),
                ("placed_at", models.DateTimeField()),
                ("lifted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "lifted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "placed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="holds", to="evidence.item"
                    ),
                ),
            ],
            options={
                "verbose_name": "暂缓处置",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lifted_at__isnull", True), ("lifted_by__isnull", True)),
                            models.Q(("lifted_at__gte", models.F("placed_at")), ("lifted_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="hold_lifted_by_whom",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Disposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("returned", "退还"),
                            ("confiscated", "收缴"),
                            ("auctioned", "变卖"),
                            ("transferred_with_case", "随案移送"),
                        ],
                        max_length=30,
                        verbose_name="处置",
                    ),
                ),
                ("document", models.CharField(max_length=120, verbose_name="批准文书")),
                ("reason", models.CharField(max_length=300, verbose_name="理由")),
                ("proposed_at", models.DateTimeField()),
                ("approved_at", models.DateTimeField(blank=True, null=True)),
                ("declined_at", models.DateTimeField(blank=True, null=True)),
                ("opinion", models.CharField(blank=True, max_length=200, verbose_name="意见")),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("receipt", models.CharField(blank=True, max_length=120, verbose_name="回执")),
                (
                    "approved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="disposals", to="evidence.item"
                    ),
                ),
            ],
            options={
                "verbose_name": "处置",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("outcome__in", ["returned", "confiscated", "auctioned", "transferred_with_case"])
                        ),
                        name="disposal_outcome_known",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("declined_at__isnull", True), ("done_at__isnull", True)),
                        fields=("item",),
                        name="disposal_one_pending",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("approved_by__isnull", True),
                            models.Q(("approved_by", models.F("proposed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="disposal_approved_by_other",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("done_by__isnull", True),
                            models.Q(
                                ("approved_by__isnull", False),
                                models.Q(("done_by", models.F("approved_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="disposal_done_by_other",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Discrepancy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("seal_number", "封条号码不一致"),
                            ("seal_broken", "封条破损"),
                            ("quantity", "数量不一致"),
                            ("condition", "外观或状况不一致"),
                            ("digest", "文件摘要不一致"),
                            ("missing", "实物不在"),
                        ],
                        max_length=20,
                        verbose_name="类别",
                    ),
                ),
                ("expected", models.CharField(blank=True, max_length=200, verbose_name="应为")),
                ("found", models.CharField(blank=True, max_length=200, verbose_name="实为")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="说明")),
                ("seq", models.PositiveIntegerField()),
                ("opened_at", models.DateTimeField()),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
                ("resolution", models.CharField(blank=True, max_length=500, verbose_name="查明的情况")),
                (
                    "opened_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "resolved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="discrepancies", to="evidence.item"
                    ),
                ),
            ],
            options={
                "verbose_name": "账实不符",
                "verbose_name_plural": "账实不符",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["seal_number", "seal_broken", "quantity", "condition", "digest", "missing"])
                        ),
                        name="discrepancy_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("resolved_at__isnull", True), ("resolved_by__isnull", True)),
                            models.Q(
                                ("resolved_at__gte", models.F("opened_at")),
                                ("resolved_by__isnull", False),
                                models.Q(("resolution", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="discrepancy_resolved_how",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("resolved_by__isnull", True),
                            models.Q(("resolved_by", models.F("opened_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="discrepancy_resolved_by_other",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Device",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "device_kind",
                    models.CharField(
                        choices=[
                            ("rig", "自组矿机"),
                            ("asic", "专用矿机（ASIC）"),
                            ("fpga", "FPGA 矿机"),
                            ("server", "服务器"),
                            ("computer", "台式计算机"),
                            ("laptop", "笔记本电脑"),
                            ("gpu", "显卡"),
                            ("cpu", "处理器"),
                            ("board", "主板"),
                            ("disk", "硬盘"),
                            ("power", "电源"),
                            ("phone", "手机"),
                            ("wallet", "硬件钱包"),
                            ("network", "网络设备"),
                            ("other", "其他"),
                        ],
                        max_length=20,
                        verbose_name="设备类别",
                    ),
                ),
                ("make", models.CharField(blank=True, max_length=80, verbose_name="品牌")),
                ("model", models.CharField(blank=True, max_length=120, verbose_name="型号")),
                ("serial", models.CharField(blank=True, max_length=120, verbose_name="序列号")),
                ("mac", models.CharField(blank=True, max_length=40, verbose_name="MAC 地址")),
                ("hash_rate", models.CharField(blank=True, max_length=60, verbose_name="算力")),
                ("watts", models.PositiveIntegerField(blank=True, null=True, verbose_name="实测功率")),
                ("software", models.CharField(blank=True, max_length=120, verbose_name="“挖矿”程序")),
                ("pool", models.CharField(blank=True, max_length=200, verbose_name="矿池与钱包")),
                (
                    "item",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="device", to="evidence.item"
                    ),
                ),
            ],
            options={
                "verbose_name": "设备",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "device_kind__in",
                                [
                                    "rig",
                                    "asic",
                                    "fpga",
                                    "server",
                                    "computer",
                                    "laptop",
                                    "gpu",
                                    "cpu",
                                    "board",
                                    "disk",
                                    "power",
                                    "phone",
                                    "wallet",
                                    "network",
                                    "other",
                                ],
                            )
                        ),
                        name="device_kind_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CheckOut",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("requested", "待批准"),
                            ("approved", "已批准，待出库"),
                            ("declined", "未批准"),
                            ("out", "在外"),
                            ("back", "已归还"),
                        ],
                        default="requested",
                        max_length=20,
                        verbose_name="状态",
                    ),
                ),
                ("purpose", models.CharField(max_length=200, verbose_name="用途")),
                ("document", models.CharField(blank=True, max_length=120, verbose_name="委托文书")),
                ("due_on", models.DateField(verbose_name="约定归还")),
                ("requested_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("opinion", models.CharField(blank=True, max_length=200, verbose_name="意见")),
                ("out_at", models.DateTimeField(blank=True, null=True)),
                ("back_at", models.DateTimeField(blank=True, null=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="批准人",
                    ),
                ),
                (
                    "receiver",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="领用人",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="申请人",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="check_outs", to="evidence.item"
                    ),
                ),
            ],
            options={
                "verbose_name": "调取",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["requested", "approved", "declined", "out", "back"])),
                        name="check_out_state_known",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["requested", "approved", "out"])),
                        fields=("item",),
                        name="check_out_one_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by__isnull", True),
                            models.Q(("decided_by", models.F("requested_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="check_out_approved_by_other",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["approved", "out", "back"]), _negated=True),
                            ("decided_by__isnull", False),
                            _connector="OR",
                        ),
                        name="check_out_needs_approval",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "out"), _negated=True),
                            models.Q(("out_at__isnull", False), ("receiver__isnull", False)),
                            _connector="OR",
                        ),
                        name="check_out_to_whom",
                    ),
                ],
                "indexes": [models.Index(fields=["state", "due_on"], name="evidence_ch_state_5afb07_idx")],
            },
        ),
        migrations.CreateModel(
            name="ItemFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=255, verbose_name="文件名")),
                ("original", models.BooleanField(default=True, verbose_name="原件")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="说明")),
                ("added_at", models.DateTimeField()),
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
                    "derived_from",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="copies",
                        to="evidence.itemfile",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="files", to="evidence.item"
                    ),
                ),
            ],
            options={
                "verbose_name": "证物文件",
                "ordering": ["item", "pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("item", "blob"), name="item_file_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("derived_from__isnull", True), ("original", True)),
                            models.Q(("derived_from__isnull", False), ("original", False)),
                            _connector="OR",
                        ),
                        name="item_file_original_or_copy",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("derived_from", models.F("id")), _negated=True),
                        name="item_file_not_from_itself",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("name", ""), _negated=True), models.Q(("name__contains", "/"), _negated=True)
                        ),
                        name="item_file_name",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(blank=True, null=True, verbose_name="时间")),
                (
                    "precision",
                    models.CharField(
                        choices=[("second", "秒"), ("minute", "分"), ("day", "日"), ("unknown", "不明")],
                        default="second",
                        max_length=20,
                        verbose_name="精度",
                    ),
                ),
                ("kind", models.CharField(max_length=60, verbose_name="类别")),
                ("text", models.CharField(max_length=300, verbose_name="事项")),
                ("raw", models.TextField(blank=True, verbose_name="原文")),
                ("byte_offset", models.BigIntegerField(blank=True, null=True, verbose_name="字节位置")),
                ("created_at", models.DateTimeField()),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="events", to="evidence.item"
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="evidence.itemfile",
                    ),
                ),
            ],
            options={
                "verbose_name": "事件",
                "ordering": ["at", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("precision__in", ["second", "minute", "day", "unknown"])),
                        name="event_precision_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("at__isnull", False), ("precision", "unknown"), _connector="OR"),
                        name="event_time_or_unknown",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("byte_offset__isnull", True),
                            models.Q(("byte_offset__gte", 0), ("file__isnull", False)),
                            _connector="OR",
                        ),
                        name="event_offset_in_file",
                    ),
                ],
                "indexes": [models.Index(fields=["item", "at"], name="evidence_ev_item_id_07548c_idx")],
            },
        ),
        migrations.CreateModel(
            name="EvidenceLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("person", casework.core.fields.EncryptedTextField(verbose_name="指向")),
                ("relation", models.CharField(max_length=120, verbose_name="联系")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="说明")),
                ("limits", models.CharField(blank=True, max_length=300, verbose_name="什么限制了它")),
                (
                    "strength",
                    models.CharField(
                        choices=[("limited", "有限"), ("medium", "中等"), ("stronger", "较强")],
                        max_length=20,
                        verbose_name="强度",
                    ),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="links",
                        to="evidence.event",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="links", to="evidence.item"
                    ),
                ),
            ],
            options={
                "verbose_name": "归属线索",
                "ordering": ["item", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("strength__in", ["limited", "medium", "stronger"])),
                        name="evidence_link_strength_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Offer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "purpose",
                    models.CharField(
                        choices=[("hand_over", "移交"), ("check_out", "调取"), ("check_in", "归还")],
                        default="hand_over",
                        max_length=20,
                        verbose_name="事由",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "待签收"),
                            ("accepted", "已签收"),
                            ("refused", "已拒收"),
                            ("withdrawn", "已撤回"),
                        ],
                        default="open",
                        max_length=20,
                        verbose_name="状态",
                    ),
                ),
                ("place", models.CharField(blank=True, max_length=200, verbose_name="交接地点")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="说明")),
                ("offered_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "check_out",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offers",
                        to="evidence.checkout",
                    ),
                ),
                (
                    "giver",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="交出人",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="offers", to="evidence.item"
                    ),
                ),
                (
                    "receiver",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offered_items",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="接收人",
                    ),
                ),
            ],
            options={
                "verbose_name": "移交",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "accepted", "refused", "withdrawn"])),
                        name="offer_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("purpose__in", ["hand_over", "check_out", "check_in"])),
                        name="offer_purpose_known",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")), fields=("item",), name="offer_one_open"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("giver", models.F("receiver")), _negated=True),
                        name="offer_giver_not_receiver",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answered_at__isnull", True), ("state", "open")),
                            models.Q(models.Q(("state", "open"), _negated=True), ("answered_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="offer_answered_when",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=40, unique=True, verbose_name="封条号码")),
                ("applied_at", models.DateTimeField(verbose_name="贴封")),
                ("broken_at", models.DateTimeField(blank=True, null=True, verbose_name="启封")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="启封事由")),
                ("checked_at", models.DateTimeField(blank=True, null=True, verbose_name="上次核对")),
                (
                    "applied_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "applied_with",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "broken_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "broken_with",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "checked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="seals", to="evidence.item"
                    ),
                ),
            ],
            options={
                "verbose_name": "封条",
                "ordering": ["applied_at", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("broken_at__isnull", True)), fields=("item",), name="seal_one_in_use"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("applied_by", models.F("applied_with")), _negated=True),
                        name="seal_applied_by_two",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("broken_at__isnull", True), ("broken_by__isnull", True), ("broken_with__isnull", True)
                            ),
                            models.Q(
                                ("broken_at__gte", models.F("applied_at")),
                                ("broken_by__isnull", False),
                                ("broken_with__isnull", False),
                                models.Q(("broken_by", models.F("broken_with")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="seal_broken_by_two",
                    ),
                    models.CheckConstraint(condition=models.Q(("number", ""), _negated=True), name="seal_number_given"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Custody",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seq", models.PositiveIntegerField()),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("found", "发现、拍照"),
                            ("collected", "提取"),
                            ("sealed", "封存"),
                            ("offered", "交出"),
                            ("accepted", "签收"),
                            ("refused", "拒收"),
                            ("withdrawn", "撤回移交"),
                            ("stored", "入库"),
                            ("checked_out", "调取出库"),
                            ("unsealed", "启封"),
                            ("examined", "鉴定勘验"),
                            ("resealed", "重新封存"),
                            ("checked_in", "归还入库"),
                            ("detached", "拆出单独流转"),
                            ("rejoined", "归位"),
                            ("verified", "盘点核对"),
                            ("disposal_approved", "批准处置"),
                            ("returned", "退还"),
                            ("confiscated", "收缴"),
                            ("auctioned", "变卖"),
                            ("transferred", "随案移送"),
                            ("lost", "登记损毁灭失"),
                            ("archived", "归档"),
                        ],
                        max_length=30,
                        verbose_name="事项",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="时间")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("identified", "已发现"),
                            ("collected", "已提取"),
                            ("sealed", "已封存"),
                            ("deposited", "在库"),
                            ("checked_out", "调取出库"),
                            ("examined", "已鉴定"),
                            ("disposal_approved", "处置已批"),
                            ("transferred_with_case", "随案移送"),
                            ("returned", "已退还"),
                            ("confiscated", "已收缴"),
                            ("auctioned", "已变卖"),
                            ("lost_damaged", "损毁灭失"),
                            ("archived", "已归档"),
                        ],
                        max_length=30,
                        verbose_name="状态",
                    ),
                ),
                ("place", models.CharField(blank=True, max_length=200, verbose_name="地点")),
                ("document", models.CharField(blank=True, max_length=120, verbose_name="文书")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="说明")),
                ("entry_id", models.BigIntegerField()),
                (
                    "actor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="经办",
                    ),
                ),
                (
                    "giver",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="交出人",
                    ),
                ),
                (
                    "receiver",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="接收人",
                    ),
                ),
                (
                    "second",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="另一人",
                    ),
                ),
                (
                    "whole",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="with_parts",
                        to="evidence.custody",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="chain", to="evidence.item"
                    ),
                ),
                (
                    "seal",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="evidence.seal",
                        verbose_name="封条",
                    ),
                ),
            ],
            options={
                "verbose_name": "交接链",
                "ordering": ["item", "seq"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "act__in",
                                [
                                    "found",
                                    "collected",
                                    "sealed",
                                    "offered",
                                    "accepted",
                                    "refused",
                                    "withdrawn",
                                    "stored",
                                    "checked_out",
                                    "unsealed",
                                    "examined",
                                    "resealed",
                                    "checked_in",
                                    "detached",
                                    "rejoined",
                                    "verified",
                                    "disposal_approved",
                                    "returned",
                                    "confiscated",
                                    "auctioned",
                                    "transferred",
                                    "lost",
                                    "archived",
                                ],
                            )
                        ),
                        name="custody_act_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "identified",
                                    "collected",
                                    "sealed",
                                    "deposited",
                                    "checked_out",
                                    "examined",
                                    "disposal_approved",
                                    "transferred_with_case",
                                    "returned",
                                    "confiscated",
                                    "auctioned",
                                    "lost_damaged",
                                    "archived",
                                ],
                            )
                        ),
                        name="custody_state_known",
                    ),
                    models.UniqueConstraint(fields=("item", "seq"), name="custody_seq_unique"),
                    models.CheckConstraint(condition=models.Q(("seq__gte", 1)), name="custody_seq_from_one"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("giver__isnull", True),
                            ("receiver__isnull", True),
                            models.Q(("giver", models.F("receiver")), _negated=True),
                            _connector="OR",
                        ),
                        name="custody_giver_not_receiver",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("second__isnull", True),
                            models.Q(("second", models.F("actor")), _negated=True),
                            _connector="OR",
                        ),
                        name="custody_second_is_other",
                    ),
                ],
                "indexes": [models.Index(fields=["receiver", "act"], name="evidence_cu_receive_75d9ae_idx")],
            },
        ),
    ]
