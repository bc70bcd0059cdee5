"""Names under which detectors may have options."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.metadata import entry_points
from pathlib import Path


def unknown_detector(
    names: Iterable[str], asked_for: Sequence[str]
) -> tuple[str | None, list[str]]:
    """The first name that no detector has, None where each has one, and the names that there are.

    Those that are `asked_for` may be of another machine, where what provides them is installed.
    """
    import detectors
    from detectors.discover import ENTRY_POINT_GROUP

    folder = Path(detectors.__file__).parent
    known = {one.name for one in entry_points(group=ENTRY_POINT_GROUP)}
    known |= {one.parent.name for one in folder.glob("*/detector.py")}
    # To ask detectors for their names takes a second, which most commands needn't.
    unclear = [name for name in names if name not in known and name not in asked_for]
    if not unclear:
        return None, sorted(known)
    try:
        known |= set(detectors.available())
    except Exception:
        # A broken one of somebody's own is told by what makes detectors.
        return None, sorted(known)
    return next((name for name in unclear if name not in known), None), sorted(known)
