"""Phones with the real app on them: Chromium, the size and touch of a phone, one context each.

What lies outside is played here and nowhere else: where a browser registers for pushes
(Google's servers) answers as Google does, and what firebase-admin sent to the stand-in is
handed to the browser by the DevTools call that exists for it. Everything between is real:
the service worker, Firebase's own code, the permission, the notification.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    CDPSession,
    Page,
    Response,
    Route,
    sync_playwright,
)

from tests.e2e.stack import PASSWORD, ROOT, Person, Stack

CHROMIUM = "/usr/bin/chromium"

#: What a server is told of Firebase's project (FIREBASE_WEB_CONFIG).
FIREBASE_WEB = {
    "apiKey": "AIzaSyD-a-key-that-opens-nothing-0000000",
    "appId": "1:104100000000:web:00000000000000000000aa",
    "messagingSenderId": "104100000000",
    "projectId": "jobbing-local",
}

LYON = {"latitude": 45.76, "longitude": 4.84}

_AXE = ROOT / "mobile_client" / "node_modules" / "axe-core" / "axe.min.js"

#: A browser without Google behind it cannot subscribe; it is told that it did.
_SUBSCRIBED = """
  PushManager.prototype.getSubscription = async function () { return null; };
  PushManager.prototype.subscribe = async function () {
    return {
      endpoint: "https://fcm.googleapis.com/fcm/send/nowhere",
      getKey: () => new Uint8Array(16).buffer,
      unsubscribe: async () => true,
    };
  };
"""


class Phone:
    """One phone: a context of its own, in which the app keeps what it keeps."""

    def __init__(self, browser: Browser, stack: Stack, **options: Any) -> None:
        self.stack = stack
        self.errors: list[str] = []
        #: The installation that Google knows this phone by, once it has registered.
        self.address: str | None = None
        #: Whether our server knows it too.
        self.bound = False
        dark = options.pop("dark", False)
        desk = options.pop("desk", False)
        self.context: BrowserContext = browser.new_context(
            base_url=stack.url,
            viewport={"width": 1440, "height": 900} if desk else {"width": 390, "height": 844},
            has_touch=not desk,
            is_mobile=not desk,
            device_scale_factor=1 if desk else 2,
            color_scheme="dark" if dark else "light",
            geolocation=LYON,
            **{"locale": "fr-FR", "timezone_id": "Europe/Paris"} | options,
        )
        self.context.set_default_timeout(15_000)
        self.context.add_init_script(_SUBSCRIBED)
        self.context.route("https://*.googleapis.com/**", self._google)
        self.page = self.open_page()
        self._heard = 0
        self._held: Page | None = None

    def open_page(self, path: str | None = None) -> Page:
        """A window of the app; what it throws is kept and fails the test."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._listen)
        page.on("response", self._answered)
        if path is not None:
            page.goto(path)
        self.page = page
        return page

    def _answered(self, response: Response) -> None:
        if "/me/devices/" in response.url and response.request.method == "PUT":
            self.bound = response.ok

    def _listen(self, message: Any) -> None:
        # What a server refused shows as a failed resource: tests ask for refusals on purpose.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.errors.append(message.text)

    def allow(self, *permissions: str) -> None:
        self.context.grant_permissions(list(permissions), origin=self.stack.url)

    def sign_in(self, person: Person) -> None:
        """Sign in as somebody who has an account already."""
        self.page.goto("/sign-in")
        self.page.get_by_label("Adresse e-mail").fill(person.email)
        self.page.get_by_label("Mot de passe").fill(PASSWORD)
        self.page.get_by_role("button", name="Se connecter").tap()
        self.page.wait_for_url(lambda url: "/sign-in" not in url)

    def ring_ready(self) -> None:
        """Wait until this phone would be rung."""
        self.page.wait_for_function("() => navigator.serviceWorker.controller !== null")
        ends = time.monotonic() + 20
        while not self.bound:
            assert time.monotonic() < ends, "the server was never told of this phone"
            self.page.wait_for_timeout(50)

    def worker_ready(self) -> None:
        """Wait until the app would work without a network."""
        self.page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
        self.page.wait_for_function("() => navigator.serviceWorker.controller !== null")

    # --- pushes ---------------------------------------------------------------------------

    def _google(self, route: Route) -> None:
        """Firebase's installations and registrations, in the shape of their own answers."""
        path = urlsplit(route.request.url).path
        token = {"token": "an.installation.token", "expiresIn": "604800s"}
        if path.endswith("/installations"):
            fid = self.address = json.loads(route.request.post_data or "{}")["fid"]
            project = FIREBASE_WEB["messagingSenderId"]
            answer: dict[str, Any] = {
                "name": f"projects/{project}/installations/{fid}",
                "fid": fid,
                "refreshToken": "a-refresh-token",
                "authToken": token,
            }
        elif "authTokens" in path:
            answer = token
        else:
            answer = {"name": f"projects/{FIREBASE_WEB['projectId']}/registrations/{self.address}"}
        headers = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}
        route.fulfill(json=answer, headers=headers)

    def _tools(self) -> tuple[CDPSession, str]:
        """DevTools of this context, and the number of our service worker's registration."""
        # A window that is none of the app's, so that it does not count as somebody looking.
        if self._held is None or self._held.is_closed():
            self._held = self.context.new_page()
        tools = self.context.new_cdp_session(self._held)
        found: list[str] = []

        def registered(event: dict[str, Any]) -> None:
            for each in event["registrations"]:
                if each["scopeURL"].startswith(self.stack.url) and not each["isDeleted"]:
                    found.append(each["registrationId"])

        tools.on("ServiceWorker.workerRegistrationUpdated", registered)
        tools.send("ServiceWorker.enable")
        ends = time.monotonic() + 10
        while not found and time.monotonic() < ends:
            self._held.wait_for_timeout(50)
        assert found, "there is no service worker"
        return tools, found[-1]

    def deliver(self) -> list[dict[str, Any]]:
        """Hand over what was pushed to this phone since the last time; what that was."""
        if self.address is None:
            return []
        messages = self.stack.messages(self.address)[self._heard :]
        self._heard += len(messages)
        if not messages:
            return []
        tools, registration = self._tools()
        for each in messages:
            message = each["payload"]["message"]
            web = message.get("webpush", {})
            payload = {
                "data": message.get("data", {}),
                "from": FIREBASE_WEB["messagingSenderId"],
                "fcmMessageId": each.get("name", "0"),
            }
            if "notification" in message:
                payload["notification"] = message["notification"] | web.get("notification", {})
            if "fcm_options" in web:
                payload["fcmOptions"] = web["fcm_options"]
            tools.send(
                "ServiceWorker.deliverPushMessage",
                {
                    "origin": f"{self.stack.url}/",
                    "registrationId": registration,
                    "data": json.dumps(payload),
                },
            )
        tools.detach()
        return messages

    def shown(self) -> list[dict[str, str]]:
        """The notifications that are on the lock screen now."""
        (worker,) = self.context.service_workers
        return list(
            worker.evaluate(
                "async () => (await self.registration.getNotifications())"
                ".map(({ title, body, tag }) => ({ title, body, tag }))"
            )
        )

    def tap_notification(self) -> str:
        """Press the one that is shown; where it leads, when no window is open.

        No script may press a real one: the event is made by hand, and the window that the
        system would open, only for a real finger, is opened by the test.
        """
        (worker,) = self.context.service_workers
        return str(
            worker.evaluate(
                """async () => {
                  const [notification] = await self.registration.getNotifications();
                  const opened = new Promise((resolve) => {
                    self.clients.openWindow = async (path) => { resolve(path); return null; };
                  });
                  self.dispatchEvent(new NotificationEvent("notificationclick", { notification }));
                  return opened;
                }"""
            )
        )

    # --- looking --------------------------------------------------------------------------

    def axe(self) -> list[str]:
        """What axe-core finds wrong on this screen, a line each."""
        self.page.evaluate(_AXE.read_text())
        found = self.page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{one['id']}: {one['help']}: {node['html'][:160]}"
            for one in found["violations"]
            for node in one["nodes"]
        ]

    def no_wider_than_screen(self) -> bool:
        return bool(
            self.page.evaluate(
                "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
            )
        )

    def picture(self, path: Path) -> None:
        self.page.screenshot(path=path)


@contextmanager
def shop(stack: Stack) -> Iterator[Callable[..., Phone]]:
    """Phones to be had; they are switched off at the end, and none may have failed inside."""
    made: list[Phone] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
                *("--disable-background-networking", "--disable-component-update"),
                "--disable-sync",
            ],
        )

        def make(**options: Any) -> Phone:
            made.append(Phone(browser, stack, **options))
            return made[-1]

        try:
            yield make
        finally:
            browser.close()
    told = [error for phone in made for error in phone.errors]
    assert not told, told
