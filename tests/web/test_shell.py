"""The shell: who sees which place, language, theme, error pages, the portal of unit leaders."""

import pytest
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import include, path, reverse

from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core.errors import Invalid, Missing, NotAllowed, NotReady, Refused, Stale
from casework.web import nav
from tests.build import a_user
from tests.cast import Cast

ERRORS: dict[str, Exception] = {
    "refused": Refused("不能签收：因为您是这件证物的交出人。"),
    "denied": NotAllowed("不能分办：您没有办理这件事的职责。"),
    "stale": Stale("已被他人处理，请刷新。"),
    "invalid": Invalid("看不懂这个日期。"),
    "notready": NotReady("还差 2 项。", [Missing("第 3 页未签名", "/sign/", "去补签"), Missing("告知书未上传")]),
    "fault": RuntimeError("boom"),
}


def fail(request: HttpRequest, kind: str) -> HttpResponse:
    raise ERRORS[kind]


def absent(request: HttpRequest) -> HttpResponse:
    raise Http404


urlpatterns = [
    path("fail/<str:kind>/", fail),
    path("absent/", absent),
    path("", include("casework.web.urls")),
    path("accounts/", include("allauth.urls")),
]
handler500 = "casework.web.errors.server_error"


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nav, "_entries", {})
    nav.register(nav.TOP, "今天", "home", "web:help", tab=1, order=1)
    itself = User.objects.all
    nav.register(
        nav.CASES, "案件", "briefcase", "web:components", roles={Role.CASE_OFFICER}, tab=2,
        waiting=lambda user: [itself().filter(pk=user.pk)] * 5,
    )  # fmt: skip
    nav.register(
        nav.RECORDS,
        "账本",
        "shield-check",
        "web:theme",
        roles={Role.AUDITOR},
        waiting=lambda user: itself().none(),
        key="b",
    )
    nav.register(
        nav.MONITORING, "线索", "list-check", "web:language",
        known=lambda user: itself().filter(pk=user.pk, name="承办人甲"),
    )  # fmt: skip


def labels(client: Client) -> list[str]:
    shell = client.get("/help/").context["shell"]
    return [str(place.label) for _section, places in shell.nav for place in places]


def test_a_letter_leads_to_one_place(cast: Cast) -> None:
    for order, url in ((10, "web:components"), (20, "web:theme")):
        nav._entries.pop(url, None)
        nav.register(nav.CASES, url, "briefcase", url, order=order, key="c")

    found = [place for _section, group in nav.places(cast.officer, "/", {}) for place in group]

    assert [place.label for place in found if place.key == "c"] == ["web:components"]
    assert {place.label for place in found} >= {"web:components", "web:theme"}


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("officer", ["今天", "线索", "案件"]),
        ("outsider", ["今天", "案件"]),
        ("auditor", ["今天", "账本"]),
        ("system_admin", ["今天"]),
    ],
)
def test_side_bar_holds_the_readers_places_and_no_trace_of_others(
    cast: Cast, client: Client, who: str, expected: list[str]
) -> None:
    client.force_login(getattr(cast, who))
    assert labels(client) == expected
    page = client.get("/help/").content.decode()
    for label in {"案件", "账本", "线索"} - set(expected):
        assert f"<span>{label}</span>" not in page


def test_place_and_counts(cast: Cast, client: Client) -> None:
    client.force_login(cast.officer)
    page = client.get("/help/").content.decode()
    assert page.count('aria-current="page"') == 2  # side bar and bottom bar
    assert '<span class="n">5</span>' in page
    client.force_login(cast.auditor)
    page = client.get("/help/").content.decode()
    assert '<span class="n">0</span>' not in page
    assert "<kbd>g</kbd> <kbd>b</kbd>" in page


def test_a_place_is_current_below_its_address_too() -> None:
    assert nav._current("/cases/12/", ["/", "/cases/", "/cases/12/events/"]) == "/cases/"
    assert nav._current("/", ["/", "/cases/"]) == "/"
    assert nav._current("/elsewhere/", ["/", "/cases/"]) == ""


def test_unit_leaders_get_the_portal_without_side_bar_and_search(cast: Cast, client: Client) -> None:
    client.force_login(cast.unit_leader)
    page = client.get("/help/").content.decode()
    assert 'class="side"' not in page
    assert 'action="/search/"' not in page
    assert "自查填报" in page
    assert "内部 · 工作秘密" not in page.split("<main")[0]


def test_someone_who_is_officer_and_leader_gets_the_full_shell(cast: Cast, client: Client) -> None:
    client.force_login(a_user("两职", Role.UNIT_LEADER, Role.CASE_OFFICER))
    assert 'class="side"' in client.get("/help/").content.decode()


def test_chinese_whatever_the_browser_asks_for(cast: Cast, client: Client) -> None:
    client.force_login(cast.officer)
    response = client.get("/help/", headers={"accept-language": "en"})
    assert 'lang="zh-hans"' in response.content.decode()
    assert response["Content-Language"] == "zh-hans"


def test_english_once_the_person_has_switched(cast: Cast, client: Client) -> None:
    client.force_login(cast.officer)
    assert client.post("/language/", {"language": "en", "next": "/help/"}).status_code == 302
    page = client.get("/help/").content.decode()
    assert 'lang="en"' in page
    assert "Change password" in page
    client.post("/language/", {"language": "zh-hans", "next": "/help/"})
    assert "修改口令" in client.get("/help/").content.decode()


def test_theme_is_kept_for_the_browser(client: Client, cast: Cast) -> None:
    client.force_login(cast.officer)
    assert 'data-bs-theme="light"' in client.get("/help/").content.decode()
    assert client.post("/theme/", {"theme": "dark", "next": "/help/"})["Location"] == "/help/"
    assert 'data-bs-theme="dark"' in client.get("/help/").content.decode()
    client.post("/theme/", {"theme": "<script>", "next": "https://elsewhere.invalid/"})
    assert 'data-bs-theme="dark"' in client.get("/help/").content.decode()


def test_theme_never_leads_elsewhere(db: None, client: Client) -> None:
    assert client.post("/theme/", {"theme": "dark", "next": "https://elsewhere.invalid/"})["Location"] == "/"


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(("kind", "status"), [("refused", 409), ("denied", 403), ("stale", 412), ("invalid", 400)])
def test_refusals_are_pages_with_their_sentence(cast: Cast, client: Client, kind: str, status: int) -> None:
    client.force_login(cast.officer)
    response = client.get(f"/fail/{kind}/")
    assert response.status_code == status
    assert str(ERRORS[kind]) in response.content.decode()
    assert "返回上一页" in response.content.decode()


@pytest.mark.urls(__name__)
def test_all_that_is_missing_is_listed_with_links(cast: Cast, client: Client) -> None:
    client.force_login(cast.officer)
    page = client.get("/fail/notready/").content.decode()
    assert '<a href="/sign/">去补签</a>' in page
    assert "告知书未上传" in page


@pytest.mark.urls(__name__)
def test_htmx_gets_the_refusal_as_a_note(cast: Cast, client: Client) -> None:
    client.force_login(cast.officer)
    response = client.get("/fail/refused/", headers={"HX-Request": "true"})
    assert response.status_code == 409
    assert response["HX-Retarget"] == "#page-error"
    assert "<html" not in response.content.decode()
    assert "不能签收" in response.content.decode()


@pytest.mark.urls(__name__)
def test_absent_is_a_page_of_the_shell(cast: Cast, client: Client) -> None:
    client.force_login(cast.officer)
    response = client.get("/absent/")
    assert response.status_code == 404
    assert "没有这一页" in response.content.decode()


@pytest.mark.urls(__name__)
def test_a_fault_says_its_number_and_nothing_of_the_inside(cast: Cast) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(cast.officer)
    response = client.get("/fail/fault/", headers={"X-Request-ID": "ABCD-1234"})
    assert response.status_code == 500
    assert "ABCD-1234" in response.content.decode()
    assert "boom" not in response.content.decode()


@pytest.mark.parametrize("given", ["", "short", "<script>alert(1)</script>", "a" * 65])
def test_request_numbers_are_ours_unless_sane(db: None, client: Client, given: str) -> None:
    number = client.get("/accounts/login/", headers={"X-Request-ID": given} if given else {})["X-Request-ID"]
    assert number != given
    assert len(number) == 8


def test_sign_in_page_speaks_chinese_and_keeps_the_name(cast: Cast, client: Client) -> None:
    page = client.get("/accounts/login/").content.decode()
    assert "登录" in page
    response = client.post("/accounts/login/", {"login": cast.officer.username, "password": "nonsense-nonsense"})
    page = response.content.decode()
    assert f'value="{cast.officer.username}"' in page
    assert "用户名或口令不对" in page
    assert "nonsense-nonsense" not in page


def test_forged_forms_get_a_page_that_says_what_to_do(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.officer)
    response = client.post("/theme/", {"theme": "dark"})
    assert response.status_code == 403
    assert "页面已过期" in response.content.decode()


@pytest.mark.parametrize("debug", [True, False])
def test_gallery_is_absent_in_production(client: Client, db: None, debug: bool) -> None:
    with override_settings(DEBUG=False, TESTING=debug):
        assert client.get("/_components/").status_code == (200 if debug else 404)


@pytest.mark.parametrize(
    "name", ["mfa_index", "mfa_activate_totp", "mfa_list_webauthn", "account_change_password", "account_logout"]
)
def test_account_pages_are_in_our_look(cast: Cast, client: Client, name: str) -> None:
    cast.officer.set_password("a long word of four")
    cast.officer.save()
    client.post("/accounts/login/", {"login": cast.officer.username, "password": "a long word of four"})
    client.post("/accounts/reauthenticate/", {"password": "a long word of four"})
    response = client.get(reverse(name))
    assert response.status_code == 200
    page = response.content.decode()
    assert "cw/tokens.css" in page
    assert " style=" not in page


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_part_of_a_page_says_that_the_session_has_ended(client: Client, db: None, method: str) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "https://casework.invalid/cases/8/?tab=a"}

    response = getattr(client, method)("/", headers=headers)

    assert response.status_code == 401
    assert response["HX-Retarget"] == "#page-error"
    content = response.content.decode()
    assert "登录已过期，没有保存" in content
    assert "next=%2Fcases%2F8%2F%3Ftab%3Da" in content
    assert "<html" not in content  # the door is not drawn into the page


def test_a_page_leads_to_the_door(client: Client, db: None) -> None:
    response = client.get("/cases/8/")

    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=/cases/8/"
