"""Writes each page to the terminal, for a person who is tired."""

from __future__ import annotations

import io
import re
import sys
from typing import TextIO

from rich.console import Console
from rich.text import Text

from streams.incidents import render_text
from streams.paging.pages import Answer, Page
from streams.records import Severity

_STYLES: dict[Severity, str] = {
    "critical": "bold white on red",
    "high": "bold black on yellow",
    "low": "bold black on cyan",
}
# What a model wrote may hold codes that move the cursor or rewrite the screen.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Terminal:
    """Prints incidents in full when they open, and one line for each change after that.

    Colours only where the output is a terminal.
    """

    name = "terminal"

    def __init__(self, stream: TextIO | None = None) -> None:
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
        incident = page.incident
        if page.action == "trigger":
            text = Text(f"\n{_plain(render_text(incident)).strip()}\n")
            text.stylize(_STYLES[incident.severity], 1, 1 + len(incident.severity))
            return text
        if page.action == "resolve":
            word, style = incident.state.replace("_", " "), "green"
        else:
            word, style = f"still {incident.state}", _STYLES[incident.severity]
        text = Text().append(f" {word} ", style).append(f" {incident.severity.upper()} ")
        text.append(f"{incident.id} {_plain(incident.title)}")
        if incident.log:
            text.append(f": {_plain(incident.log[-1].what)}")
        return text


def _plain(text: str) -> str:
    return _CONTROL.sub("�", text)
