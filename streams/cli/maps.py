"""`outwatch maps`: the score maps in force, and how to put former ones back."""

from __future__ import annotations

from pathlib import Path

import click

from streams.cli._say import say, say_json
from streams.cli._verbs import Verbs
from streams.clock import SystemClock
from streams.config.settings import Settings
from streams.errors import UsageError
from streams.inert import line
from streams.words import count, moment

_FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)


@click.group("maps", cls=Verbs)
def command() -> None:
    """Show score maps, and put former ones back.

    `outwatch calibrate --maps FILE` learns them. Workers read FILE (the setting `score_maps`) again
    when it changes. Without FILE it is that of the settings.
    """


@command.command()
@_FILE
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_obj
def show(settings: Settings, file: Path | None, as_json: bool) -> None:
    """Say what scores mean, by signal and deployment. Exit code 2 for a file that is refused."""
    from streams.offline.map_file import versions
    from streams.rules.score_maps import load_score_maps

    path = _path(settings, file)
    maps = load_score_maps(path, "FILE")
    kept = versions(path)
    if as_json:
        say_json({"version": maps.version, "made": maps.made, "maps": maps.maps, "kept": kept})
        return
    for one in maps.maps:
        points = ", ".join(f"{score:g} is {meant:g}" for score, meant in _few(one.points))
        say(f"{line(one.signal)} in {line(one.deployment)}: {points}"
            f" ({count(one.labels, 'label')}, {one.positive} yes)")  # fmt: skip
    when = f" of {moment(maps.made)}" if maps.made else ""
    before = f"; kept: {', '.join(str(one) for one in kept)}" if kept else ""
    say(f"version {maps.version}{when}, {count(len(maps.maps), 'map')}{before}")


@command.command()
@_FILE
@click.option("--to", "version", type=click.IntRange(0), required=True,
              help="The version that is to be in force again; 0: no maps.")  # fmt: skip
@click.pass_obj
def back(settings: Settings, file: Path | None, version: int) -> None:
    """Put a former version back in force, as the next version."""
    from streams.offline.map_file import put_back

    fresh = put_back(_path(settings, file), version, SystemClock().now())
    what = f"the maps of version {version}" if version else "no maps"
    say(f"version {fresh.version}: {what}")


def _path(settings: Settings, file: Path | None) -> Path:
    if file is None and not settings.score_maps:
        raise UsageError("No score maps are set: give FILE, or the setting `score_maps`")
    return file or Path(settings.score_maps)


def _few(points: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
    """Some of many points, the first and the last among them."""
    step = max(1, (len(points) - 1) // 6)
    return [*points[:-1:step], points[-1]]
