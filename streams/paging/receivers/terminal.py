"""Writes each page to the terminal, for a person who is tired."""

from __future__ import annotations

import io
import sys
from typing import TextIO

import msgspec
from rich.console import Console
from rich.text import Text

from streams.incidents.render import began, render_text
from streams.paging.contract import Answer, Page
from streams.paging.grouping import Habits
from streams.paging.texts import change, inert, last_note
from streams.records import Severity
from streams.words import moment

_NOTE = 2_500

_STYLES: dict[Severity, str] = {
    "critical": "bold white on red",
    "high": "bold black on yellow",
    "low": "bold black on cyan",
}


class Terminal:
    """Prints incidents in full when they open, and one line for each change after that.

    Colours only where the output is a terminal.
    """

    class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """Nothing can be set."""

    habits = Habits()

    def __init__(
        self, name: str = "terminal", options: Options | None = None, stream: TextIO | None = None
    ) -> None:
        self.name = name
        self._stream = stream or sys.stdout
        self._coloured = self._stream.isatty()

    def deliver(self, page: Page) -> Answer:
        """Prints one page."""
        # rich writes into memory only: it would end the program when a pipe is closed.
        memory = io.StringIO()
        console = Console(file=memory, force_terminal=self._coloured, highlight=False)
        console.print(self.render(page), soft_wrap=True)
        try:
            self._stream.write(memory.getvalue())
            self._stream.flush()
        except OSError as error:
            return Answer("retry", type(error).__name__)
        return Answer("delivered")

    def render(self, page: Page) -> Text:
        """The page as styled text."""
        incident = inert(page).incident
        if page.action == "trigger" and not page.brief:
            text = Text(f"\n{render_text(incident).strip()}\n")
            text.stylize(_STYLES[incident.severity], 1, 1 + len(incident.severity))
            return text
        word = change(page)
        style = "green" if page.action == "resolve" else _STYLES[incident.severity]
        text = Text().append(word, style).append(f" {incident.severity.upper()} ")
        text.append(f"{incident.id} {incident.title}")
        if page.brief:
            text.append(f", since {moment(began(incident))}")
        elif note := last_note(incident, _NOTE):
            text.append(f": {note}")
        return text
