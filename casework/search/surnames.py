"""Surnames that are read otherwise than their characters usually are."""

from typing import Final

SURNAMES: Final[dict[str, str]] = {
    "曾": "zeng", "单": "shan", "仇": "qiu", "查": "zha", "解": "xie", "任": "ren", "区": "ou", "朴": "piao",
    "盖": "ge", "翟": "zhai", "缪": "miao", "冼": "xian", "冯": "feng", "纪": "ji", "葛": "ge", "华": "hua",
    "宁": "ning", "曲": "qu", "覃": "qin", "乐": "yue", "秘": "bi", "种": "chong", "重": "chong", "折": "she",
    "尹": "yin", "隗": "wei", "逄": "pang", "员": "yun", "洗": "xian", "晁": "chao", "繁": "po", "黑": "he",
    "郇": "xun", "柏": "bai", "卜": "bu", "车": "che", "干": "gan", "哈": "ha", "郝": "hao", "訾": "zi",
    "撒": "sa", "召": "shao", "佴": "nai", "那": "na", "乜": "nie", "牟": "mu", "瞿": "qu", "沈": "shen",
    "石": "shi", "殷": "yin", "於": "yu", "应": "ying", "占": "zhan", "祭": "zhai", "祝": "zhu", "相": "xiang",
    "幺": "yao", "阚": "kan", "璩": "qu", "麴": "qu", "贠": "yun", "郗": "xi", "鄢": "yan", "眭": "sui",
    "尉迟": "yu chi", "万俟": "mo qi", "单于": "chan yu", "长孙": "zhang sun", "令狐": "ling hu", "澹台": "tan tai",
    "尉": "wei", "宓": "mi", "过": "guo", "莘": "shen", "贾": "jia", "褚": "chu", "粘": "nian", "适": "kuo",
    "宿": "su", "都": "du", "燕": "yan", "盛": "sheng", "臧": "zang", "藏": "zang", "谌": "chen", "强": "qiang",
    "欧阳": "ou yang", "司马": "si ma", "上官": "shang guan", "诸葛": "zhu ge", "皇甫": "huang fu", "夏侯": "xia hou",
    "鲜于": "xian yu", "宇文": "yu wen", "濮阳": "pu yang", "公羊": "gong yang", "太叔": "tai shu", "申屠": "shen tu",
    "闾丘": "lv qiu", "钟离": "zhong li", "赫连": "he lian", "拓跋": "tuo ba", "呼延": "hu yan", "独孤": "du gu",
}  # fmt: skip
