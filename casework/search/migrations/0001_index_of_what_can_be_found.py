"""The index of what can be found: functions that fold and cut, the tables, and triggers that renew them."""

import unicodedata
from typing import Any

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import casework.search.models

# As in casework/search/variants.py when this was written; a later table needs a migration that makes the index anew.
TRADITIONAL = (
    "萬與專業東絲兩嚴喪個豐臨為麗舉義烏樂喬習鄉書買亂爭虧雲亞產畝親億僅從倉儀們價眾優會傘偉傳傷倫偽體餘傭"
    "側僑債傾償儲兒黨蘭關興養獸內岡冊寫軍農馮沖決況凍淨涼減湊幾鳳憑凱擊鑿劃劉則剛創刪別劍劑勸辦務動勵勁勞"
    "勢區醫華協單賣盧衛卻廠廳歷曆厲壓厭縣參雙發髮變敘疊葉號嘆嚇嗎啟吳員聽嗚詠響喲嘗囑團園圍國圖圓聖場壞塊"
    "堅壇墳壘墊牆壯聲殼壺處備復複夠頭誇夾奪奮獎婦媽嬌孫學寧寶實審憲宮寬賓對尋導壽將爾塵層屆屬歲豈島嶺崗幣"
    "帥師帳帶幫幹乾並廣莊慶庫應廟龐廢開異棄張彌彎強歸當錄彥徹徑禦憶懷態憐總戀懇惡悅懸驚慘慣憤願懶戲戰戶撲"
    "執擴掃揚擾撫拋搶護報擔擬攏揀擁攔擰撥擇掛揮撿換據損搖攤攝擺敵數齋斷無舊時曠曇晝顯晉曬曉暈暫術樸機殺雜"
    "權條來楊傑極構樞棗槍楓櫃標棧棟欄樹樣檔橋樁夢檢樓歡歐殘毆毀畢氣漢湯溝沒滬淪淚澤潔灑濁測濟瀏濃塗濤渦潤"
    "漲漸漁滲溫灣濕滿濾濫滯灘滅燈靈災爐點煉爛煩燒熱愛爺牽犧狀獨獄獵獻現環瑪電畫暢療瘋癥癢盜蓋監盤盡睜瞭礦"
    "碼磚確礎禮禍離種積稱穩窮竊窩競筆築簡籌簽籤籃籠類糧糾紀約紅級純納紛紙紋細終組經結給絡統絕繼績續維綜綠"
    "網綱緊緒線緝緩編緣縮縱織繞繪繳繩纖罰羅聯職聰肅脅脫腦腳膽勝臺檯颱艦艙藝節蘇蘋莖藥薦營蕭薩藍蔣虛蟲雖蝦"
    "補裝製襲見觀規視覺覽觸計訂認討讓訓議訊記講許論訟設訪證評識詐訴診詞譯試詩誠話誕詢詳該語誤說請諸諾讀課"
    "誰調談謀諮謝謠譜譚貝負財責賢敗賬貨質販貪貧購貫貴貸貿費賀賄資賊賠賞賜賭賴賺賽贈贊贏趙趕趨躍踐軌軟輕載"
    "較輔輛輩輪輯輸轄轉轟辭辯邊遼達遷過運還這進遠違連遲適選遞邏遺鄧鄭鄰醜釋裡裏針釣鈔鋼鑰錢鐵鈴鉛銅銀鋪鏈"
    "銷鎖鋒錯錦鍵鎮鏡鍾鐘長門閃閉問間閑聞閱闊隊陽陰陣階際陸陳險隨隱難霧靜頁頂項順須顧預領頻題顏額風飛飯飲"
    "飾館馬馭駕駐驗騙騰驅駛騎魚鮮鳥鳴鴻麥黃齊齒齡龍龔龜歎彙匯滙羣峯祕採係繫鬥範穀闆週佈併佔剋吿揹牀啓衆"
)
SIMPLIFIED = (
    "万与专业东丝两严丧个丰临为丽举义乌乐乔习乡书买乱争亏云亚产亩亲亿仅从仓仪们价众优会伞伟传伤伦伪体余佣"
    "侧侨债倾偿储儿党兰关兴养兽内冈册写军农冯冲决况冻净凉减凑几凤凭凯击凿划刘则刚创删别剑剂劝办务动励劲劳"
    "势区医华协单卖卢卫却厂厅历历厉压厌县参双发发变叙叠叶号叹吓吗启吴员听呜咏响哟尝嘱团园围国图圆圣场坏块"
    "坚坛坟垒垫墙壮声壳壶处备复复够头夸夹夺奋奖妇妈娇孙学宁宝实审宪宫宽宾对寻导寿将尔尘层届属岁岂岛岭岗币"
    "帅师帐带帮干干并广庄庆库应庙庞废开异弃张弥弯强归当录彦彻径御忆怀态怜总恋恳恶悦悬惊惨惯愤愿懒戏战户扑"
    "执扩扫扬扰抚抛抢护报担拟拢拣拥拦拧拨择挂挥捡换据损摇摊摄摆敌数斋断无旧时旷昙昼显晋晒晓晕暂术朴机杀杂"
    "权条来杨杰极构枢枣枪枫柜标栈栋栏树样档桥桩梦检楼欢欧残殴毁毕气汉汤沟没沪沦泪泽洁洒浊测济浏浓涂涛涡润"
    "涨渐渔渗温湾湿满滤滥滞滩灭灯灵灾炉点炼烂烦烧热爱爷牵牺状独狱猎献现环玛电画畅疗疯症痒盗盖监盘尽睁了矿"
    "码砖确础礼祸离种积称稳穷窃窝竞笔筑简筹签签篮笼类粮纠纪约红级纯纳纷纸纹细终组经结给络统绝继绩续维综绿"
    "网纲紧绪线缉缓编缘缩纵织绕绘缴绳纤罚罗联职聪肃胁脱脑脚胆胜台台台舰舱艺节苏苹茎药荐营萧萨蓝蒋虚虫虽虾"
    "补装制袭见观规视觉览触计订认讨让训议讯记讲许论讼设访证评识诈诉诊词译试诗诚话诞询详该语误说请诸诺读课"
    "谁调谈谋谘谢谣谱谭贝负财责贤败账货质贩贪贫购贯贵贷贸费贺贿资贼赔赏赐赌赖赚赛赠赞赢赵赶趋跃践轨软轻载"
    "较辅辆辈轮辑输辖转轰辞辩边辽达迁过运还这进远违连迟适选递逻遗邓郑邻丑释里里针钓钞钢钥钱铁铃铅铜银铺链"
    "销锁锋错锦键镇镜钟钟长门闪闭问间闲闻阅阔队阳阴阵阶际陆陈险随隐难雾静页顶项顺须顾预领频题颜额风飞饭饮"
    "饰馆马驭驾驻验骗腾驱驶骑鱼鲜鸟鸣鸿麦黄齐齿龄龙龚龟叹汇汇汇群峰秘采系系斗范谷板周布并占克告背床启众"
)
WIDE = (
    r"[\u00c0-\u024f\u0370-\u1fff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
    r"\U00020000-\U0003ffff]+"
)
FUNCTIONS = f"""
create function search_fold(s text) returns text language sql immutable parallel safe strict as $$
    select case when n ~ '[{TRADITIONAL}]' then translate(n, '{TRADITIONAL}', '{SIMPLIFIED}') else n end
    from lower(normalize(s, NFKC) collate "C") n
$$;
create function search_folded(of_text text, of_names text) returns text
language sql immutable parallel safe strict as $$
    select public.search_fold(of_text || E'\\n' || of_names)
$$;
create function search_grams(folded text) returns text[] language sql immutable parallel safe strict as $$
    -- Sign by sign, so that its time follows the length of the text, however long a run without a break is.
    with signs as (
        select k, c, c ~ '^{WIDE}$' as wide, c ~ '^[0-9a-z._:/@+-]$' as narrow
        from string_to_table(folded, null) with ordinality t(c, k)
    ), seen as (
        select c, wide, narrow, lead(c) over w as c2, lead(wide) over w as wide2, lead(narrow) over w as narrow2,
            lead(c, 2) over w as c3, lead(narrow, 2) over w as narrow3
        from signs window w as (order by k)
    )
    select coalesce(array_agg(distinct g collate "C"), '{{}}') from (
        select v.g from seen, lateral (values
            (case when wide then c end),
            (case when wide and wide2 then c || c2 end),
            (case when narrow then
                c || case when narrow2 then c2 || case when narrow3 then c3 else '' end else '' end
            end)
        ) v(g) where v.g is not null
        union all
        select '=' || r.m[1] from regexp_matches(folded, '[a-z]{{2,20}}', 'g') r(m)
    ) x
$$;
create function search_vector(of_kind text, of_circle bigint, of_text text, of_names text) returns tsvector
language sql immutable parallel safe as $$
    select array_to_tsvector(
        public.search_grams(public.search_folded(of_text, of_names))
        || ('#k' || of_kind) || case when of_circle is null then '{{}}'::text[] else array['#c' || of_circle] end
    )
$$;
"""  # noqa: S608 (both tables stand above)
# The view of a kind says what stands in the index: row_id, part, circle, text, names.
TRIGGERS = """
create function search_renew(of_kind text, of_rows bigint[]) returns void language plpgsql as $body$
begin
    if of_rows is null then
        return;
    end if;
    -- Whoever changes another part of the same row at the same time waits here and then sees what this one wrote.
    perform from public.search_entry where kind = of_kind and row_id = any(of_rows) order by row_id, part for update;
    execute format($q$
        with fresh as materialized (
            -- What is beyond is not looked for: a tsvector has its limit, and no write may fail for the index.
            select row_id, part, circle, left(text, 60000) as text, left(coalesce(names, ''), 4000) as names
            from public.%I where row_id = any($1)
        ), gone as (
            delete from public.search_entry e where e.kind = $2 and e.row_id = any($1)
                and not exists (select from fresh f where f.row_id = e.row_id and f.part = e.part)
        )
        insert into public.search_entry as e (kind, row_id, part, circle, text, names)
        select $2, row_id, part, circle, text, names from fresh
        on conflict (kind, row_id, part) do update
            set circle = excluded.circle, text = excluded.text, names = excluded.names
            where (e.circle, e.text, e.names) is distinct from (excluded.circle, excluded.text, excluded.names)
    $q$, 'search_of_' || of_kind) using of_rows, of_kind;
end $body$;

create function search_changed() returns trigger language plpgsql as $body$
declare
    found_rows bigint[];
    query text := tg_argv[1];
begin
    if tg_op = 'UPDATE' then
        query := query || ' union all (' || replace(query, 'changed', 'former') || ')';
        if tg_argv[2] <> '' then
            query := format(
                'with changed as (select n.* from changed n join former o using (id) where (%s) is distinct from (%s)),'
                ' former as (select o.* from former o join changed using (id)) %s',
                'n.' || replace(tg_argv[2], ' ', ', n.'), 'o.' || replace(tg_argv[2], ' ', ', o.'), query
            );
        end if;
    end if;
    execute 'select array_agg(distinct id) from (' || query || ') as x(id) where id is not null' into found_rows;
    perform public.search_renew(tg_argv[0], found_rows);
    return null;
end $body$;

create function search_watch(source regclass, of_kind text, query text, columns text default '') returns void
language plpgsql as $body$
begin
    execute format('create trigger %I after insert on %s referencing new table as changed for each statement '
        'execute function public.search_changed(%L, %L, %L)', 'search_' || of_kind || '_new', source, of_kind, query, '');
    execute format('create trigger %I after update on %s referencing new table as changed old table as former '
        'for each statement execute function public.search_changed(%L, %L, %L)',
        'search_' || of_kind || '_changed', source, of_kind, query, columns);
    execute format('create trigger %I after delete on %s referencing old table as changed for each statement '
        'execute function public.search_changed(%L, %L, %L)', 'search_' || of_kind || '_gone', source, of_kind, query, '');
end $body$;

create function search_unwatch(source regclass, of_kind text) returns void language plpgsql as $body$
begin
    execute format('drop trigger %I on %s', 'search_' || of_kind || '_new', source);
    execute format('drop trigger %I on %s', 'search_' || of_kind || '_changed', source);
    execute format('drop trigger %I on %s', 'search_' || of_kind || '_gone', source);
end $body$;

create function search_sounds(name text, person boolean) returns text language plpgsql stable as $body$
declare
    rest text := public.search_fold(name);
    head text := '';
    spaced text;
    found_surname text;
begin
    if person then
        select s.surname, s.sounds into found_surname, head from public.search_surname s
        where s.surname in (left(rest, 1), left(rest, 2)) order by length(s.surname) desc limit 1;
        rest := substr(rest, 1 + coalesce(length(found_surname), 0));
    end if;
    select concat_ws(' ', nullif(head, ''), string_agg(coalesce(d.sound, c.sign), ' ' order by c.k)) into spaced
    from unnest(string_to_array(rest, null)) with ordinality c(sign, k)
    left join public.search_sound d on d.sign = c.sign where c.sign <> ' ';
    return spaced || E'\\n' || replace(spaced, ' ', '') || E'\\n'
        || regexp_replace(spaced, '(\\S)\\S* ?', '\\1', 'g');
end $body$;

create function search_read_asked() returns trigger language plpgsql as $body$
begin
    insert into public.search_reading
        (blob_id, name, state, attempts, pages, signs, by_ocr, unread, cut, problem)
    select distinct on (blob_id) blob_id, name, 'queued', 0, 0, 0, 0, 0, false, '' from changed order by blob_id
    on conflict do nothing;
    return null;
end $body$;
"""
NO_TRIGGERS = """
drop function search_read_asked();
drop function search_sounds(text, boolean);
drop function search_unwatch(regclass, text);
drop function search_watch(regclass, text, text, text);
drop function search_changed();
drop function search_renew(text, bigint[]);
"""
NO_FUNCTIONS = """
drop function search_vector(text, bigint, text, text);
drop function search_grams(text);
drop function search_folded(text, text);
drop function search_fold(text);
"""


def load_sounds(apps: Any, schema_editor: Any) -> None:
    """Take the first reading of each character from the dictionary of pypinyin, without tones."""
    from pypinyin.constants import PINYIN_DICT  # noqa: PLC0415 (it is large, and only a new database needs it)

    from casework.search.surnames import SURNAMES  # noqa: PLC0415 (as above)

    sound = apps.get_model("search", "Sound")
    rows = (sound(sign=chr(code), sound=_plain(readings.split(",")[0])) for code, readings in PINYIN_DICT.items())
    sound.objects.bulk_create((row for row in rows if row.sound), batch_size=5000)
    surname = apps.get_model("search", "Surname")
    surname.objects.bulk_create(surname(surname=name, sounds=sounds) for name, sounds in SURNAMES.items())


def _plain(reading: str) -> str:
    parts = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
    return "".join(sign for sign in parts if "a" <= sign <= "z")[:8]


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("access", "0002_public_ids_and_lifted_recusals"),
        ("files", "0003_scanned_files"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        migrations.CreateModel(
            name="Sound",
            fields=[
                ("sign", models.CharField(max_length=1, primary_key=True, serialize=False)),
                ("sound", models.CharField(max_length=8)),
            ],
            options={
                "verbose_name": "读音",
            },
        ),
        migrations.CreateModel(
            name="Surname",
            fields=[
                ("surname", models.CharField(max_length=2, primary_key=True, serialize=False)),
                ("sounds", models.CharField(max_length=16)),
            ],
            options={
                "verbose_name": "姓氏读音",
            },
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
                ("row_id", models.BigIntegerField()),
                ("part", models.PositiveIntegerField(default=0)),
                ("circle", models.BigIntegerField(null=True)),
                ("text", models.TextField()),
                ("names", models.TextField(default="")),
                (
                    "folded",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Func(models.F("text"), models.F("names"), function="search_folded"),
                        output_field=models.TextField(),
                    ),
                ),
                (
                    "grams",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Func(
                            models.F("kind"),
                            models.F("circle"),
                            models.F("text"),
                            models.F("names"),
                            function="search_vector",
                        ),
                        output_field=casework.search.models.GramsField(),
                    ),
                ),
            ],
            options={
                "verbose_name": "索引",
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fastupdate=False, fields=["grams"], name="search_entry_grams"
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("kind", "row_id", "part"), name="search_entry_once")],
            },
        ),
        migrations.CreateModel(
            name="SavedFilter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("name", models.CharField(max_length=60, verbose_name="名称")),
                ("path", models.CharField(max_length=200)),
                ("query", models.CharField(blank=True, max_length=1000)),
                ("alert", models.BooleanField(default=False, verbose_name="有新的就提醒我")),
                ("saved_at", models.DateTimeField(verbose_name="存于")),
                ("looked_at", models.DateTimeField(blank=True, null=True)),
                ("dropped_at", models.DateTimeField(blank=True, null=True)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="saved_filters",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="谁存的",
                    ),
                ),
                (
                    "shared_in",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="access.compartment",
                        verbose_name="共享给",
                    ),
                ),
            ],
            options={
                "verbose_name": "常用筛选",
                "indexes": [
                    models.Index(
                        condition=models.Q(("alert", True), ("dropped_at__isnull", True)),
                        fields=["id"],
                        name="search_filter_alerting",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("dropped_at", None)),
                        fields=("owner", "name"),
                        name="search_filter_name_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(models.Q(("name", ""), _negated=True), ("path__startswith", "/")),
                        name="search_filter_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PageText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("page", models.PositiveIntegerField()),
                ("text", models.TextField()),
                ("keys", models.TextField(default="")),
                ("by_ocr", models.BooleanField(default=False)),
                (
                    "blob",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="texts",
                        to="files.blob",
                    ),
                ),
            ],
            options={
                "verbose_name": "文件文字",
                "constraints": [models.UniqueConstraint(fields=("blob", "page"), name="search_page_once")],
            },
        ),
        migrations.CreateModel(
            name="Reading",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=255)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "等待读取文字"),
                            ("running", "正在读取文字"),
                            ("done", "文字已读出"),
                            ("nothing", "没有可读的文字"),
                            ("failed", "读不出文字"),
                        ],
                        default="queued",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("pages", models.PositiveIntegerField(default=0)),
                ("signs", models.PositiveIntegerField(default=0)),
                ("by_ocr", models.PositiveIntegerField(default=0)),
                ("unread", models.PositiveIntegerField(default=0)),
                ("cut", models.BooleanField(default=False)),
                ("problem", models.CharField(blank=True, max_length=30)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "blob",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reading", to="files.blob"
                    ),
                ),
            ],
            options={
                "verbose_name": "文件读取",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["queued", "running"])),
                        fields=["id"],
                        name="search_reading_open",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["queued", "running", "done", "nothing", "failed"])),
                        name="search_reading_state_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SeenRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("row", models.CharField(max_length=60)),
                (
                    "saved",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="seen",
                        to="search.savedfilter",
                    ),
                ),
            ],
            options={
                "verbose_name": "已提醒",
                "constraints": [models.UniqueConstraint(fields=("saved", "row"), name="search_seen_once")],
            },
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
        migrations.RunPython(load_sounds, migrations.RunPython.noop),
    ]
