"""E-mail, SMS, chats and a hundred other services, through the library apprise."""

from __future__ import annotations

import importlib.util
import logging

import msgspec

from streams.errors import UsageError
from streams.incidents.render import began, render_text
from streams.inert import chat, line
from streams.installing import pip_install
from streams.paging.contract import Answer, Page
from streams.paging.grouping import Habits
from streams.paging.options import Secret
from streams.paging.texts import clip, headline, inert, last_note, one_line
from streams.words import moment

# They log addresses, and with them passwords: apprise itself and what its services are built on.
_TALKATIVE = ("apprise", "urllib3", "requests", "oauthlib", "requests_oauthlib", "paho", "slixmpp")


class Apprise:
    """Sends a title and a plain text; the whole incident when it is new, else a line.

    One service for each receiver, so that each keeps its own place when another fails.
    apprise says only whether it went through, so whatever didn't is tried again.
    """

    class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """`url` is the service as apprise writes it, such as mailtos://user:password@host."""

        url: Secret

    habits = Habits(per_minute=30, burst=5, group_above=10)

    def __init__(self, name: str, options: Options) -> None:
        self.name = name
        if importlib.util.find_spec("apprise") is None:
            raise UsageError(
                "apprise is not installed. Run "
                f"`{pip_install('outwatch[notify]')}`, or use another type"
            )
        import apprise

        for library in _TALKATIVE:
            logging.getLogger(library).setLevel(logging.CRITICAL + 1)
        url = options.url.reveal()
        if len(url.split()) != 1:
            raise UsageError("`url` is not one URL. Name a receiver for each service")
        service = apprise.Apprise.instantiate(url, suppress_exceptions=True)
        if not isinstance(service, apprise.NotifyBase):
            raise UsageError(
                "`url` is none that apprise knows (its value is not shown: it may hold a "
                "secret). `apprise --details` lists the services and how they are written"
            )
        self._service = service

    def deliver(self, page: Page) -> Answer:
        """Sends one notification."""
        page = inert(page, lambda text: chat(line(text)))
        incident, service = page.incident, self._service
        whole = page.action == "trigger" and not page.brief
        body = render_text(incident) if whole else ""
        if page.brief:
            body = f"{incident.id}, open since {moment(began(incident))}"
        body = body or last_note(incident, 500) or one_line(incident.title, 500)
        title = headline(page, service.title_maxlen or 250)
        if not service.title_maxlen:
            body = f"{title}\n{body}"
        body = clip(body, service.body_maxlen)
        kind = {"trigger": "failure", "update": "warning", "acknowledge": "info"}
        sent = service.notify(
            body=body,
            title=title if service.title_maxlen else "",
            notify_type=kind.get(page.action, "success"),
            body_format="text",
        )
        return Answer("delivered") if sent else Answer("retry", "apprise couldn't send it")
