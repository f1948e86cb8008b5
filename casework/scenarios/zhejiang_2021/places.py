"""The 78 public units, the holders beside them, and whose addresses are whose.

Only the five units of the published cases are real in kind and place; all other names, codes and addresses are
invented. Addresses come from ranges that no public network uses (RFC 2544, RFC 6598).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

CITIES = {
    "330100": "杭州市",
    "330200": "宁波市",
    "330300": "温州市",
    "330400": "嘉兴市",
    "330500": "湖州市",
    "330600": "绍兴市",
    "330700": "金华市",
    "330800": "衢州市",
    "330900": "舟山市",
    "331000": "台州市",
    "331100": "丽水市",
}
PUBLIC_UNITS = 78
PUBLIC_ADDRESSES = 183
SUSPICIOUS = 4_699
#: What the monitor saw in ranges of nobody on record, and in ranges claimed twice.
UNMATCHED = 412
AMBIGUOUS = 24
HOLDERS = 36

_CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CODE_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def credit_code(prefix: str, region: str, serial: int) -> str:
    """Return an invented 统一社会信用代码 with a right check character (GB 32100-2015)."""
    body = f"{prefix}{region}MB{serial:07d}"
    total = sum(_CODE_ALPHABET.index(char) * weight for char, weight in zip(body, _CODE_WEIGHTS, strict=True))
    return body + _CODE_ALPHABET[(31 - total % 31) % 31]


@dataclass
class Place:
    """One unit of the scenario."""

    key: str
    name: str
    kind: str
    region: str
    code: str
    network: IPv4Network
    addresses: int
    leader: str
    post: str
    seen: list[IPv4Address] = field(default_factory=list)


# Published cases first: key, name, kind, region, suspicious addresses.
_PUBLISHED = (
    ("jin", "温州市某职业技术学院", "university", "330300", 4),
    ("huang", "浙江某大学下属学院", "university", "330100", 3),
    ("ding-he", "绍兴市上虞区职业教育中心", "school", "330604", 5),
    ("yu-wu", "湖州市德清县自然资源和规划局下属地理信息中心", "institution", "330521", 4),
    ("six-ip-university", "浙江某大学", "university", "330100", 6),
)
_PATTERNS = (
    ("{city}某县人民医院", "hospital"),
    ("{city}某区中心小学", "school"),
    ("{city}某区高级中学", "school"),
    ("{city}某区街道办事处", "government"),
    ("{city}某县融媒体中心", "institution"),
    ("{city}某职业学校", "school"),
    ("{city}某县水文站", "institution"),
    ("{city}某城市投资集团有限公司", "soe"),
    ("{city}某高等专科学校", "university"),
)
_SURNAMES = "赵钱孙李周郑王冯陈褚卫蒋沈韩杨朱秦许施张孔曹严华魏陶姜"


def public_units() -> list[Place]:
    """Return the 78 units with their 183 suspicious addresses; the same on every call."""
    rows = [*_PUBLISHED]
    cities = list(CITIES.items())
    number = 0
    while len(rows) < PUBLIC_UNITS:
        region, city = cities[number % len(cities)]
        pattern, kind = _PATTERNS[(number // len(cities) + number) % len(_PATTERNS)]
        name = pattern.format(city=city)
        taken = {row[1] for row in rows}
        name = next(made for made in (name.replace("某", mark, 1) for mark in "某甲乙丙") if made not in taken)
        rows.append((f"unit-{number + 1:02d}", name, kind, region, 0))
        number += 1
    places = []
    for serial, (key, name, kind, region, addresses) in enumerate(rows, start=1):
        prefix = "91" if kind == "soe" else "11" if kind in {"government", "party_organ"} else "12"
        network = IPv4Network((int(IPv4Address("198.18.0.0")) + serial * 256, 24))
        leader = f"{_SURNAMES[serial % len(_SURNAMES)]}某"
        post = {"university": "院长", "school": "校长", "hospital": "院长", "soe": "董事长"}.get(kind, "主任")
        places.append(
            Place(key, name, kind, region, credit_code(prefix, region, serial), network, addresses, leader, post)
        )
    _spread(places)
    for place in places:
        place.seen = [place.network[10 + 3 * n] for n in range(place.addresses)]
    return places


def _spread(places: list[Place]) -> None:
    """Give the unpublished units one to four addresses each, 183 in all."""
    rest = [place for place in places if place.addresses == 0]
    left = PUBLIC_ADDRESSES - sum(place.addresses for place in places)
    for place in rest:
        place.addresses = 1
    left -= len(rest)
    position = 0
    while left:
        place = rest[position % len(rest)]
        if place.addresses < 4 and (position * 7) % 5 != 0:
            place.addresses += 1
            left -= 1
        position += 1


def holders() -> list[Place]:
    """Return the holders that are no public units: their addresses are matched and go no further here."""
    cities = list(CITIES.items())
    result = []
    for serial in range(1, HOLDERS + 1):
        region, city = cities[serial % len(cities)]
        name = f"{city}某{'通信' if serial % 3 == 0 else '网络科技' if serial % 3 == 1 else '电子商务'}有限公司（{serial:02d}）"
        network = IPv4Network((int(IPv4Address("100.64.0.0")) + serial * 1024, 22))
        code = credit_code("91", region, 500 + serial)
        result.append(Place(f"holder-{serial:02d}", name, "other", region, code, network, 0, "", ""))
    left = SUSPICIOUS - PUBLIC_ADDRESSES - UNMATCHED - AMBIGUOUS
    for number, place in enumerate(result):
        place.addresses = left // HOLDERS + (1 if number < left % HOLDERS else 0)
        place.seen = [place.network[5 + 7 * n] for n in range(place.addresses)]
    return result


def makers() -> list[Place]:
    """Return the four makers of rigs that were checked upstream; they are no public units and no address was seen."""
    return [
        Place(
            f"maker-{serial}",
            f"浙江某矿机制造有限公司（{serial:02d}）",
            "other",
            "330100",
            credit_code("91", "330100", 800 + serial),
            IPv4Network("192.0.2.0/24"),
            0,
            "",
            "",
        )
        for serial in range(1, 5)
    ]


def contested() -> tuple[IPv4Network, list[IPv4Address]]:
    """Return a range that two holders claim, and the addresses seen in it."""
    network = IPv4Network("100.127.0.0/24")
    return network, [network[20 + n] for n in range(AMBIGUOUS)]


def unclaimed() -> Iterator[IPv4Address]:
    """Return the addresses seen in ranges that nobody on record holds."""
    network = IPv4Network("100.126.0.0/22")
    return (network[2 + 2 * n] for n in range(UNMATCHED))


#: Of the 78, so many mined on purpose and so many through a trojan or a weak password; no source explains the rest.
ACTIVE_UNITS = 34
PASSIVE_UNITS = 32


def outcome_of(number: int) -> str:
    """Return the finding about the unit at that place of the list; twelve of 78 stay without one."""
    if number < ACTIVE_UNITS:
        return "active"
    return "passive" if number < ACTIVE_UNITS + PASSIVE_UNITS else ""
