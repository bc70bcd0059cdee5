"""All exceptions of this package.

OutwatchError
├── BadRecord          this record can't be read: dead-letter it, go on
└── UsageError         a person must change something: one message, exit code 2
    └── FileError      …in a file: names the line and the remedy
        ├── ConfigError    the configuration file, or an OUTWATCH_* variable
        ├── RulesError     a rules file
        ├── ActionsError   an actions file
        ├── ClocksError    a file of legal clocks
        ├── ContactsError  a contacts file, or a calendar that it names
        └── PlaybooksError a playbook
"""

from __future__ import annotations

from pathlib import Path


class OutwatchError(Exception):
    """The base of every exception this package raises on purpose."""


class BadRecord(OutwatchError):
    """A record that can't be read.

    `reason` is a short code from a fixed list (it becomes a metric label); `detail` says
    in words what was wrong and where. Neither ever quotes the record's content.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class UsageError(OutwatchError):
    """Something a person must change before this can run; shown as one message, exit code 2."""


class FileError(UsageError):
    """A file that is wrong: where exactly, what is wrong there, and what to do about it."""

    def __init__(self, path: Path | str, line: int | None, problem: str, remedy: str) -> None:
        where = f"{path}:{line}" if line is not None else str(path)
        super().__init__(f"{where}: {problem}. {remedy}")
        self.path = str(path)
        self.line = line
        self.problem = problem
        self.remedy = remedy


class ConfigError(FileError):
    """The configuration file, or an OUTWATCH_* variable, is wrong."""


class RulesError(FileError):
    """A rules file is wrong; the rules that were in force stay."""


class ActionsError(FileError):
    """An actions file is wrong; nothing of it can be ordered until it is mended."""


class ClocksError(FileError):
    """A file of legal clocks is wrong; those that come with outwatch stay."""


class ContactsError(FileError):
    """A contacts file is wrong, or a calendar that it names; the one that was in force stays."""


class PlaybooksError(FileError):
    """A playbook is wrong; those that were in force stay."""


def where_failed(failure: BaseException) -> str:
    """The file and line that raised it, for a log: a message could quote a record.

    >>> where_failed(ValueError("never raised"))
    'nowhere'
    """
    trace = failure.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "nowhere"
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
