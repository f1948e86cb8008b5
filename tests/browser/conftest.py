"""A real browser against a live server over a copy of the played campaign."""

import math
import os
import re
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler, get_internal_wsgi_application
from django.db import connection
from django.test import override_settings

from tests.played import MORNING, Played, connected_to, copy_of

ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--disable-dev-shm-usage", "--lang=zh-CN",
)  # fmt: skip
#: What is asked of every page that a walk looks at. The contrast of colours takes two thirds of the time and comes from
#: the theme: it is asked of each kind of page once, the first time that any walk looks at one.
ACCESSIBLE = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
CONTRAST_LOOKED_AT: set[str] = set()
PATIENCE_MS = 120_000  # a busy machine draws slowly
#: A session that is not used ends after half an hour; one that was begun so many seconds ago is surely alive.
SESSION_ALIVE_SECONDS = 600


def _program() -> str | None:
    given = os.environ.get("CHROMIUM")
    names = (given,) if given else ("chromium", "chromium-browser", "google-chrome")
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


#: User name and the demo's moment → when the session was begun, and its cookies.
Sessions = dict[tuple[str, str], tuple[float, list[Any]]]


@pytest.fixture(scope="module")
def sessions(site: str) -> Sessions:
    """The sessions that were begun on this site."""
    return {}


def kind_of(address: str) -> str:
    """Return the path of a page with a sign in place of everything that names one thing: a number or an identifier."""
    return re.sub(r"(?<=/)[^/]*\d[^/]*", "*", urlsplit(address).path)


@dataclass
class Visitor:
    """One person at one screen, and everything that went wrong there."""

    page: Any
    site: str
    played: Played
    sessions: Sessions
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
        kept = {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME}
        cookies = [cookie for cookie in self.page.context.cookies() if cookie["name"] in kept]
        self.sessions[username, settings.CASEWORK_NOW] = time.monotonic(), cookies

    def become(self, username: str) -> None:
        """Let somebody else sit down at the same screen: who signed in before goes on with that session."""
        self.page.goto("about:blank")  # what the one before still asked for is not answered to the next
        self.page.context.clear_cookies()
        begun, cookies = self.sessions.get((username, settings.CASEWORK_NOW), (-math.inf, []))
        if time.monotonic() - begun < SESSION_ALIVE_SECONDS:
            self.page.context.add_cookies(cookies)
        else:
            self.sign_in(username)

    def look(self) -> None:
        """The page fits the screen's width, has a heading, and can be used without seeing it (WCAG 2.2 AA, by axe)."""
        page = self.page
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            self.troubles.append(f"{page.url} is {wide} px wider than the screen")
        if page.locator("h1").count() != 1:
            self.troubles.append(f"{page.url} has {page.locator('h1').count()} headings of the first order")
        kind = kind_of(page.url)
        asked = {**ACCESSIBLE, "rules": {"color-contrast": {"enabled": kind not in CONTRAST_LOOKED_AT}}}
        CONTRAST_LOOKED_AT.add(kind)
        for fault in Axe().run(page, options=asked).response["violations"]:
            where = "; ".join(node["html"][:200] for node in fault["nodes"][:3])
            self.troubles.append(f"{page.url}: {fault['id']}, {fault['help']}: {where}")


@pytest.fixture
def visitor(
    site: str, chromium: Any, sessions: Sessions, played_campaign: Played, request: pytest.FixtureRequest
) -> Iterator[Visitor]:
    """A visitor with a screen of its own (``@pytest.mark.parametrize("visitor", [width], indirect=True)``)."""
    width = getattr(request, "param", 1440)
    context = chromium.new_context(
        viewport={"width": width, "height": 844 if width < 500 else 900}, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    context.set_default_timeout(PATIENCE_MS)
    one = Visitor(context.new_page(), site, played_campaign, sessions)
    one.watch()
    yield one
    context.close()
