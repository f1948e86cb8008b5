"""What makes a request cheap changes nothing of what it answers."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.template import Context, Template
from django.test.utils import CaptureQueriesContext
from django.urls import Resolver404, URLResolver, include, path, re_path, register_converter
from django.urls.resolvers import RoutePattern
from django.utils import timezone, translation
from rest_framework.renderers import JSONRenderer
from rest_framework.test import APIClient
from rest_framework.views import APIView

from cases.api.cases import CaseSerializer
from cases.models import Case
from casework.accounts.models import Appointment, User
from casework.api.base import VisibleViewSet
from casework.api.plain import plan_of
from casework.core.statements import prepared
from casework.urls import router
from casework.web.addresses import by_word
from casework.web.counting import statement_of
from casework.web.templatetags import cw
from tests.build_cases import a_case
from tests.cast import Cast


@pytest.mark.parametrize(("language", "zone"), [("zh-hans", "Asia/Shanghai"), ("en", "Europe/London"), ("en", "UTC")])
def test_a_list_read_as_columns_is_what_the_serializer_would_show(cast: Cast, language: str, zone: str) -> None:
    first, second, third = a_case(cast), a_case(cast), a_case(cast)
    # Clocks of the place then differed by odd seconds.
    Case.objects.filter(pk=third.pk).update(updated_at=datetime(1900, 1, 5, 7, 30, tzinfo=ZoneInfo("UTC")))
    Case.objects.filter(pk=first.pk).update(unit=None, title='行\u2028末 \\ " <丁某某> \x1f\x7f é')
    Case.objects.filter(pk=second.pk).update(updated_at=datetime(2021, 1, 18, 7, 30, tzinfo=ZoneInfo("UTC")))
    client = APIClient(headers={"cookie": f"casework_lang={language}"})
    client.force_authenticate(cast.officer)

    with timezone.override(zone):
        answer = client.get("/api/v1/cases/")
        wide = client.get("/api/v1/cases/", headers={"accept": "application/json; indent=2"})

    assert plan_of(CaseSerializer) is not None
    with translation.override(language), timezone.override(zone):
        rows = CaseSerializer(Case.objects.order_by("pk"), many=True).data
        told = {"next": None, "previous": None, "results": rows}
        whole = JSONRenderer().render(told)
        spread = JSONRenderer().render(told, "application/json; indent=2")
    assert len(rows) == 3
    assert answer.content == whole
    assert answer.headers["Content-Type"] == "application/json"
    assert wide.content == spread


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/London", "UTC"])
def test_moments_of_a_list_are_those_of_the_zone_however_far_back(cast: Cast, zone: str) -> None:
    years = [(1900, 1), (1940, 7), (1945, 12), (1971, 12), (1973, 6), (1986, 6), (1988, 8), (1991, 8), (1991, 12)]
    moments = [datetime(year, month, 31 if month != 6 else 30, 16, 5, 9, 70, ZoneInfo("UTC")) for year, month in years]
    moments += [datetime(1992, 1, 1, tzinfo=ZoneInfo("UTC")), datetime(2021, 7, 1, tzinfo=ZoneInfo("UTC"))]
    cases = [a_case(cast).pk for _moment in moments]
    for key, moment in zip(cases, moments, strict=True):
        Case.objects.filter(pk=key).update(updated_at=moment)
    client = APIClient()
    client.force_authenticate(cast.officer)
    with timezone.override(zone):
        told = [one["updated_at"] for one in client.get("/api/v1/cases/").json()["results"]]
    local = [moment.astimezone(ZoneInfo(zone)).isoformat() for moment in moments]
    assert told == [f"{one[:-6]}Z" if one.endswith("+00:00") else one for one in local]


def test_every_view_of_the_api_sends_the_headers_that_the_library_would_send() -> None:
    several = {prefix: kind for prefix, kind, _name in router.registry if issubclass(kind, VisibleViewSet)}
    assert len(several) > 30
    for kind in several.values():
        for bound in ({"get": "list", "post": "create", "head": "list"}, {"get": "retrieve"}, {"put": "update"}):
            view = kind()
            view.action_map = bound
            for method in bound:
                setattr(view, method, None)
            usual = APIView.default_response_headers.fget(view)
            assert view.default_response_headers == usual
            view.default_response_headers.pop("Allow")  # each answer has its own
            assert view.default_response_headers == usual


def test_filters_that_are_not_built_would_have_let_all_pass(cast: Cast) -> None:
    case = a_case(cast)
    client = APIClient()
    client.force_authenticate(cast.officer)
    pages = [
        client.get("/api/v1/cases/?limit=1"),
        client.get(f"/api/v1/cases/?limit=1&state={case.state}"),
    ]
    assert pages[0].json()["results"] == pages[1].json()["results"] != []  # with and without the filters being built


def test_what_stands_in_a_statement_twice_is_sent_once(cast: Cast) -> None:
    days = Appointment.objects.filter(from_on__lte=date(2030, 1, 1), user__name__contains="%")
    wanted: dict[str, Any] = {
        "some": [User.objects.filter(pk__in=[cast.officer.pk, cast.approver.pk, 2**40])],
        "two": [User.objects.filter(pk=cast.officer.pk), User.objects.filter(pk=cast.approver.pk)],
        "words": [
            User.objects.filter(username=cast.officer.username, organisation__name=cast.officer.organisation.name)
        ],
        "days": [days, Appointment.objects.filter(user=cast.officer, from_on__lte=date(2030, 1, 1))],
        "none": [User.objects.none()],
    }
    statement = statement_of(wanted, 5)
    standing = statement.standing()
    assert standing.put(standing.values) == statement.put()[0]
    assert standing.put(standing.values)["some"] == 2
    assert len(standing.values) == len(set(standing.values)) < len(statement.params)


def test_prepared_statements_stand_in_the_log(db: None) -> None:
    with CaptureQueriesContext(connection) as captured, prepared() as cursor, prepared(numbered=True) as other:
        cursor.execute("select %s::text, '%%'", ["甲"])
        other.execute("select $1::integer + $1::integer", [21])
        assert (cursor.fetchone(), other.fetchone()) == (("甲", "%"), (42,))
    assert [one["sql"] for one in captured] == ["select %s::text, '%%'", "select $1::integer + $1::integer"]


class _Capital:
    regex = "[A-Z]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(_Capital, "capital")


def _here(_request: HttpRequest, **_given: Any) -> HttpResponse:
    raise Http404


def _patterns() -> list[Any]:
    return [
        path("", _here, name="root"),
        path("cases/", include(([path("", _here, name="all"), path("<int:pk>/", _here, name="one")], "inner"))),
        path("", include(([path("", _here, name="hidden"), path("cases/new/", _here, name="new")], "outer"))),
        path(
            "", include([re_path(r"^ledger/entries/$", _here, name="entries"), re_path(r"^l.*/x/$", _here, name="any")])
        ),
        path("<capital:word>/", _here, name="capital"),
        path("health", _here, name="health"),
        path("cases", include([path("-old/", _here, name="old")])),
    ]


@pytest.mark.parametrize(
    "address",
    ["", "cases/", "cases/5/", "cases/new/", "cases/new", "cases-old/", "ledger/entries/", "lx/x/", "cases/l/x/", "AB/",
     "ab/", "health", "health/", "nothing/", "/", "cases", "案件/"],
)  # fmt: skip
def test_the_first_word_leads_where_trying_each_in_turn_does(address: str) -> None:
    def found(patterns: list[Any]) -> Any:
        try:
            match = URLResolver(RoutePattern("", is_endpoint=False), patterns).resolve(address)
        except Resolver404:
            return None
        return match.view_name, match.kwargs, match.route, match.namespaces

    assert found(by_word(_patterns())) == found(_patterns())


def test_a_part_is_drawn_anew_when_what_it_is_drawn_from_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cw, "_kept", {})
    page = Template('{% kept "web/components/diff.html" pieces label %}')

    def drawn(label: str, other: str = "") -> str:
        return page.render(Context({"pieces": (("same", other),), "label": label}))

    first = drawn("甲")
    assert drawn("甲") == first
    assert drawn("乙") != first
    assert len(cw._kept) == 2
