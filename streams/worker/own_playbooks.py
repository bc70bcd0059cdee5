"""The operator's own playbooks as a worker has them: read again when a file changes."""

from __future__ import annotations

import logging
from pathlib import Path

from streams.config.settings import Settings
from streams.incidents.playbooks.lines import Judge, no_judge
from streams.incidents.playbooks.playbook import Playbooks
from streams.incidents.playbooks.reader import configured, reload_if_changed

log = logging.getLogger(__name__)

_Stamps = list[tuple[str, int, int]]


class OwnPlaybooks:
    """The playbooks in force. `judge` says what is wrong with the words after `outwatch`.

    Raises `PlaybooksError` for a mistake in what is there at the start.
    """

    def __init__(self, settings: Settings, judge: Judge = no_judge) -> None:
        self._settings = settings
        self._judge = judge
        self._seen = _stamps(settings.incidents.playbooks)
        self.in_force = configured(settings, judge)

    def changed(self) -> Playbooks | None:
        """Those in force from now on, if files changed and say something else; else None. With a
        mistake in them, those that were in force stay, and the log says why."""
        stamps = _stamps(self._settings.incidents.playbooks)
        if stamps == self._seen:
            return None
        self._seen = stamps
        found, refused = reload_if_changed(self._settings, self.in_force, self._judge)
        if refused is not None:
            log.error("%s The old playbooks stay in force.", refused)
        if found is None:
            return None
        log.info("playbooks reloaded: %d in force", len(found.names()))
        self.in_force = found
        return found


def _stamps(folder: str) -> _Stamps:
    """When each file of a folder, or one file, changed last."""
    if not folder:
        return []
    path = Path(folder)
    try:
        found = sorted(path.iterdir()) if path.is_dir() else [path]
        stamps = [(one.name, one.stat()) for one in found]
    except OSError:
        return []
    return [(name, stat.st_mtime_ns, stat.st_size) for name, stat in stamps]
