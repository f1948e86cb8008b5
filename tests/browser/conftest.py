"""A real browser against a live server over a copy of the played campaign."""

import os
import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler, get_internal_wsgi_application
from django.db import connection
from django.test import Client, override_settings

from tests.played import MORNING, Played, connected_to, copy_of

ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--disable-dev-shm-usage", "--lang=zh-CN",
    # The last list of features is the one that holds. First what Chromium draws into each window although nobody types
    # an address there, a fifth of its time; then what Playwright itself leaves out.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,"
    "AimEnabled,AvoidCorsURLLoaderRestartOnRedirect,AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,"
    "HttpsFirstBalancedModeAutoEnable,HttpsUpgrades,LensOverlay,MediaRouter,NetworkTimeServiceQuerying,"
    "OptimizationHints,PaintHolding,PreconnectToSearch,ThirdPartyStoragePartitioning",
)  # fmt: skip
#: What is asked of every page that a walk looks at; no rule among these reads the style sheets, which are not fetched
#: again for it. Colours take most of the time and come from the theme: they are asked of each kind of page once, the
#: first time that any walk looks at one. The size of what is touched comes from the layout: once at each width.
ACCESSIBLE = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "preload": {"assets": ["media"]},
}
COLOURS, SIZES = ("color-contrast", "link-in-text-block"), ("target-size",)
#: Of which kinds of page colours, and at which width sizes, were asked.
COLOURS_LOOKED_AT: set[str] = set()
SIZES_LOOKED_AT: set[tuple[str, int]] = set()
PATIENCE_MS = 120_000  # a busy machine draws slowly


def _program() -> str | None:
    given = os.environ.get("CHROMIUM")
    # First the one that draws no windows and costs a third less.
    known = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    names = (given,) if given else known
    return next((found for name in names if name and (found := shutil.which(name))), None)


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the browser's own record is what is looked at."""


@pytest.fixture(scope="module")
def site(played_campaign: Played, django_db_blocker: Any) -> Iterator[str]:
    """Serve the played campaign; what the browser writes goes into a copy."""
    with (
        copy_of(played_campaign.database, f"{played_campaign.database}_browser") as database,
        django_db_blocker.unblock(),
        connected_to(database),
        override_settings(CASEWORK_NOW=MORNING, WHITENOISE_MAX_AGE=3600),  # a visitor fetches each file once
    ):
        server = ThreadedWSGIServer(("127.0.0.1", 0), _Quiet)
        server.daemon_threads = False  # closing waits for them, so that no connection outlives the database
        server.set_app(get_internal_wsgi_application())
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Debian's Chromium, started once for the module."""
    program = _program()
    if program is None:
        pytest.skip("no Chromium for the browser tests: apt install chromium, or set CHROMIUM to a browser's program")
    from playwright.sync_api import sync_playwright

    # Playwright's loop lives in this thread; the database is used by the server's threads and between its calls.
    kept = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
            yield browser
            # Within Playwright's loop this thread has a connection of its own; outside nobody would close it.
            connection.close()
            browser.close()
    finally:
        if kept is None:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
        else:
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = kept


def kind_of(address: str) -> str:
    """Return the path of a page with a sign in place of everything that names one thing: a number or an identifier."""
    return re.sub(r"(?<=/)[^/]*\d[^/]*", "*", urlsplit(address).path)


@dataclass
class Visitor:
    """One person at one screen, and everything that went wrong there."""

    page: Any
    site: str
    played: Played
    troubles: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Note errors of the console, faults of scripts, violations of the policy, requests to other hosts."""
        own = urlsplit(self.site).netloc

        def asked(request: Any) -> None:
            parts = urlsplit(request.url)
            if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != own:
                self.troubles.append(f"request to {request.url}")

        def answered(answer: Any) -> None:
            if answer.status >= 400:
                self.troubles.append(f"{answer.status} {answer.url}")

        self.page.on("console", lambda said: said.type == "error" and self.troubles.append(f"console: {said.text}"))
        self.page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        self.page.on("request", asked)
        self.page.on("response", answered)
        self.page.add_init_script(
            "document.addEventListener('securitypolicyviolation', e => "
            "console.error('policy: ' + e.violatedDirective + ' ' + e.blockedURI))"
        )

    def open(self, address: str) -> None:
        """Go to an address of the site."""
        self.page.goto(self.site + address)

    def sign_in(self, username: str) -> None:
        """Sign in as somebody of the demo."""
        self.open("/accounts/login/")
        self.page.get_by_label("用户名").fill(username)
        self.page.get_by_label("口令").fill(self.played.password(username))
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: "/accounts/login/" not in url)

    def become(self, username: str) -> None:
        """Let somebody sit down at this screen who has signed in already; whoever sat there is gone."""
        if self.page.url != "about:blank":
            self.page.goto("about:blank")  # what the one before still asked for is not answered to the next
        self.page.context.clear_cookies()
        client = Client()
        client.force_login(self.played.user(username), backend="casework.accounts.backends.AccountBackend")
        name = settings.SESSION_COOKIE_NAME
        self.page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": self.site}])

    def look(self) -> None:
        """The page fits the screen's width, has a heading, and can be used without seeing it (WCAG 2.2 AA, by axe)."""
        page = self.page
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            self.troubles.append(f"{page.url} is {wide} px wider than the screen")
        if page.locator("h1").count() != 1:
            self.troubles.append(f"{page.url} has {page.locator('h1').count()} headings of the first order")
        kind, width = kind_of(page.url), page.viewport_size["width"]
        rules = dict.fromkeys(COLOURS, kind not in COLOURS_LOOKED_AT)
        rules |= dict.fromkeys(SIZES, (kind, width) not in SIZES_LOOKED_AT)
        COLOURS_LOOKED_AT.add(kind)
        SIZES_LOOKED_AT.add((kind, width))
        asked = {**ACCESSIBLE, "rules": {rule: {"enabled": ask} for rule, ask in rules.items()}}
        for fault in Axe().run(page, options=asked).response["violations"]:
            where = "; ".join(node["html"][:200] for node in fault["nodes"][:3])
            self.troubles.append(f"{page.url}: {fault['id']}, {fault['help']}: {where}")


@pytest.fixture
def visitor(site: str, chromium: Any, played_campaign: Played, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    """A visitor with a screen of its own (``@pytest.mark.parametrize("visitor", [width], indirect=True)``)."""
    width = getattr(request, "param", 1440)
    context = chromium.new_context(
        viewport={"width": width, "height": 844 if width < 500 else 900}, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    context.set_default_timeout(PATIENCE_MS)
    one = Visitor(context.new_page(), site, played_campaign)
    one.watch()
    yield one
    context.close()
