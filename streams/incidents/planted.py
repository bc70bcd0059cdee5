"""As what kind an incident is told that canaries opened: by what these were planted in."""

from __future__ import annotations

from typing import Final

from streams.records import Incident

_SIGNAL: Final = "leak.canary"
_TRAINING: Final = "training-data-leak"
_BY_PLACE: Final = {
    "canary_record": "personal-data-leak",
    "canary_prompt": "system-prompt-leak",
}


def told_as(incident: Incident) -> str:
    """The playbook that is right for an incident: its own, or for canaries alone that stood in
    customer records or in prompts the one of such a leak. Of several the records count, then what
    isn't known to be from a prompt."""
    signals = {one.signal for one in incident.rules}
    if incident.playbook != _TRAINING or signals != {_SIGNAL}:
        return incident.playbook
    found = {
        _BY_PLACE.get(one.kind, _TRAINING) for one in incident.evidence if one.signal == _SIGNAL
    }
    order = (_BY_PLACE["canary_record"], _TRAINING, _BY_PLACE["canary_prompt"])
    return next((name for name in order if name in found), _TRAINING)
