"""`outwatch museum`: confirmed attacks, kept so that they are known again."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, get_args

import click
import msgspec

from streams.cli._actor import actor
from streams.cli._files import Lines
from streams.cli._found import named as named_incident
from streams.cli._found import read_incidents
from streams.cli._say import say, say_json, say_original
from streams.cli._verbs import Verbs
from streams.config.settings import Settings
from streams.errors import OutwatchError, UsageError
from streams.files import write_whole
from streams.incidents.acts_text import private_kind
from streams.inert import line, lines
from streams.museum.alike import clusters, parted
from streams.museum.entry import (
    LICENCE,
    SIGNALS,
    Entry,
    Sighting,
    Twin,
    revoked,
    with_twins,
)
from streams.museum.export import FORMATS, Format, unanswered
from streams.museum.file import NOT_THERE, change, change_entries, load, museum_path, named
from streams.museum.keep import TOO_SHORT, Kept, keep
from streams.museum.licences import ALLOWED, is_licence
from streams.museum.prompt import prompt_of
from streams.words import count, moment

_FORMATS = click.Choice(get_args(Format))
_MOST_BYTES = 1_000_000
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
_TEXT = click.Path(dir_okay=False, allow_dash=True)


def _museum(function: Callable[..., Any]) -> Callable[..., Any]:
    option = click.option(
        "--file",
        type=click.Path(path_type=Path),
        help="The museum, a .jsonl. Default: detector_options.jailbreak.museum of the settings.",
    )
    return option(function)


@click.group("museum", cls=Verbs)
def command() -> None:
    """Keep confirmed attacks, so that they are known again, also in other words.

    The museum is a file that workers read again within seconds. It holds the wording of attacks;
    names, numbers, addresses and secrets in it are replaced by their kinds. Twins, harmless prompts
    that look like an attack, keep it from firing on what is none.
    """


@command.command()
@click.argument("place", required=False, metavar="[TOPIC/PARTITION/OFFSET]")
@click.option("--text", "text_file", type=_TEXT, metavar="FILE",
              help="The attack, in place of a record's prompt; - is stdin.")  # fmt: skip
@click.option("--incident", help="The incident that it belongs to.")
@click.option("--signal", type=click.Choice(SIGNALS), default=SIGNALS[0], show_default=True,
              help="What it did: give in to it, or only try.")  # fmt: skip
@click.option("--twin", "twin_files", multiple=True, type=_TEXT, metavar="FILE",
              help="A harmless prompt that looks like it (may be repeated).")  # fmt: skip
@click.option("--variant-of", default="", metavar="ID", help="An entry that it is a variant of.")
@click.option(
    "--licence",
    default=LICENCE,
    show_default=True,
    help="Who may have it: an SPDX id, the address of a licence, internal, proprietary,"
    " public domain or unknown.",
)
@click.option("--yes", is_flag=True, help="Keep it as it is masked, without asking.")
@_museum
@_JSON
@click.pass_obj
def add(
    settings: Settings,
    place: str | None,
    text_file: str | None,
    incident: str | None,
    signal: str,
    twin_files: tuple[str, ...],
    variant_of: str,
    licence: str,
    yes: bool,
    file: Path | None,
    as_json: bool,
) -> None:
    """Keep the prompt of a record, which a person confirms to be an attack.

    What is kept is shown first, masked. A near-copy of what is there already is noted as one more
    sighting of it.
    """
    from detectors.jailbreak.museum import too_short

    if (place is None) == (text_file is None):
        raise UsageError("give either a record's place or --text FILE")
    path = museum_path(settings, file)
    who = _who()
    if not is_licence(licence):
        raise UsageError(f"--licence names none that may stand here. {ALLOWED}")
    if incident is not None:
        incident = named_incident(read_incidents(settings), incident).id
    masker = _masker(settings)
    now = time.time()
    sighting = Sighting(incident=incident or "", signal=signal, confirmed_by=who, confirmed_at=now)
    if place is not None:
        original, system_prompt, sighting = prompt_of(settings, place, sighting)
        text = masker.mask(original, system_prompt)
    else:
        text = masker.mask(_read_text("--text", text_file or ""))
    twins = [Twin(masker.mask(_read_text("--twin", one)), "", who, now) for one in twin_files]
    if too_short(text):
        raise UsageError(TOO_SHORT)
    if not yes:
        say(f"This would be kept:\n\n{lines(text)}\n", err=True)
        click.confirm("Is it an attack, and may it be kept so?", abort=True, err=True)
    made: list[Kept] = []

    def changed(entries: list[Entry]) -> Sequence[Entry]:
        try:
            made.append(
                keep(
                    entries,
                    text,
                    sighting,
                    twins=twins,
                    licence=licence,
                    variant_of=variant_of,
                )
            )
        except ValueError as wrong:
            raise UsageError(f"{named(path)}: {wrong}") from None
        return made[0].entries

    change(path, changed)
    entry, near = made[0].entry, made[0].near
    if as_json:
        say_json({"id": entry.id, "near": near, "entry": entry})
    elif near is None:
        say(f"{line(entry.id)} is kept, with {count(len(entry.twins), 'twin')}.")
    else:
        state = "" if entry.counts else " It is revoked, so nobody looks for it."
        say(f"It is a near-copy ({near:.0%}) of {line(entry.id)}: seen again.{state}")
    if not as_json:
        _hint(settings, entry)


@command.command()
@click.argument("id_", metavar="ID")
@click.option("--text", "text_file", type=_TEXT, required=True, metavar="FILE",
              help="The harmless prompt; - is stdin.")  # fmt: skip
@click.option("--answer", "answer_file", type=_TEXT, metavar="FILE",
              help="A good answer to it, which exports teach.")  # fmt: skip
@_museum
@_JSON
@click.pass_obj
def twin(
    settings: Settings,
    id_: str,
    text_file: str,
    answer_file: str | None,
    file: Path | None,
    as_json: bool,
) -> None:
    """Put a harmless prompt that looks like an attack beside it: what is as close to it is none."""
    path = museum_path(settings, file)
    masker = _masker(settings)
    text = masker.mask(_read_text("--text", text_file))
    answer = masker.mask(_read_text("--answer", answer_file)) if answer_file else ""
    new = Twin(text, answer, _who(), time.time())
    entry = change_entries(path, [id_], lambda one: _twinned(one, [new]))[0]
    if as_json:
        say_json(entry)
    else:
        say(f"{line(entry.id)} has {count(len(entry.twins), 'twin')}.")


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Revoked ones too.")
@_museum
@_JSON
@click.pass_obj
def list_entries(settings: Settings, everything: bool, file: Path | None, as_json: bool) -> None:
    """List what is kept: its cluster, how often it was met, and how it begins."""
    entries = load(museum_path(settings, file))
    cluster_of = clusters(entries)
    shown = [one for one in entries if everything or one.counts]
    if as_json:
        say_json(
            [
                {**msgspec.to_builtins(one), "cluster": cluster_of[one.id], "counts": one.counts}
                for one in shown
            ]
        )
        return
    for one in shown:
        met = count(len(one.sightings), "sighting")
        state = "" if one.counts else "revoked  "
        beginning = line(one.text)[:60]
        say(line(f"{one.id}  {state}{cluster_of[one.id]}  {met}, {count(len(one.twins), 'twin')}")
            + f"  {beginning}")  # fmt: skip
    groups = len({cluster_of[one.id] for one in shown})
    say(f"{count(len(shown), 'entry', 'entries')} in {count(groups, 'cluster')}")


@command.command()
@click.argument("id_", metavar="ID")
@_museum
@_JSON
@click.pass_obj
def show(settings: Settings, id_: str, file: Path | None, as_json: bool) -> None:
    """Show one entry whole: its text, where it was met, and its twins."""
    entries = load(museum_path(settings, file))
    entry = next((one for one in entries if one.id == id_), None)
    if entry is None:
        raise UsageError(NOT_THERE)
    if as_json:
        say_json({**msgspec.to_builtins(entry), "cluster": clusters(entries)[id_]}, indented=True)
        return
    state = "looked for" if entry.counts else f"revoked by {entry.revoked_by}"
    say(line(f"{entry.id}, {state}; cluster {clusters(entries)[id_]}; {entry.licence}"))
    for one in entry.sightings:
        at = moment(one.confirmed_at) if one.confirmed_at is not None else "at some time"
        where = one.place or "a text"
        about = f" of {one.incident}" if one.incident else ""
        say(line(f"  {where}{about}, {one.signal}: confirmed by {one.confirmed_by}, {at}"))
    say(f"\n{lines(entry.text)}")
    for number, twin in enumerate(entry.twins, 1):
        say(f"\ntwin {number}:\n{lines(twin.text)}")


@command.command("revoke")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@_museum
@_JSON
@click.pass_obj
def revoke_entries(
    settings: Settings, ids: tuple[str, ...], file: Path | None, as_json: bool
) -> None:
    """Look for entries no more, and export them no more: such as what was no attack after all."""
    who, now = _who(), time.time()
    gone = change_entries(museum_path(settings, file), ids, lambda one: revoked(one, who, now))
    if as_json:
        say_json(gone)
        return
    for one in gone:
        say(f"{line(one.id)} is revoked.")


@command.command()
@click.option("--cases", "case_files", multiple=True, metavar="FILE",
              help="Labelled prompts that were kept aside, scored before and after.")  # fmt: skip
@_museum
@_JSON
@click.pass_obj
def check(
    settings: Settings, case_files: tuple[str, ...], file: Path | None, as_json: bool
) -> None:
    """Check the file, and measure what it does to scores.

    Exit code 1 where with the museum more harmless cases, or its own twins, count as attacks than
    without it.
    """
    from streams.museum.measure import measure, read_cases

    path = museum_path(settings, file)
    entries = [one for one in load(path) if one.counts]
    with Lines(case_files) as given:
        cases, bad = read_cases(given)
    for number in bad[:20]:
        say(f"outwatch: line {number} of the cases is none; left out", err=True)
    if case_files and not cases:
        raise UsageError("--cases: no line is a case: JSON with `text` and `label`")
    twins = [twin.text for one in entries for twin in one.twins]
    found = measure(settings, path, cases, twins)
    bare = [one.id for one in entries if not one.twins]
    groups = len(set(clusters(entries).values()))
    if as_json:
        say_json(
            {"entries": len(entries), "clusters": groups, "without_twin": bare, "measured": found,
             "harm": found.harm}
        )  # fmt: skip
        sys.exit(1 if found.harm else 0)
    say(f"{count(len(entries), 'entry', 'entries')} in {count(groups, 'cluster')}")
    if bare:
        say(line(f"without a twin: {', '.join(bare[:10])}{' …' if len(bare) > 10 else ''}"))
    for name, one in (
        ("attacks", found.attacks), ("harmless", found.benign), ("own twins", found.twins)
    ):  # fmt: skip
        if one.cases:
            say(
                f"{name:<10} {one.fired_before} of {one.cases} fired without the museum,"
                f" {one.fired_after} with it (mean score {one.mean_before:.2f} to"
                f" {one.mean_after:.2f})"
            )
    sys.exit(1 if found.harm else 0)


@command.command()
@click.option("--as", "form", type=_FORMATS, required=True, help="The format.")
@click.option("--split", type=click.Choice(["train", "held-out", "all"]), default="train",
              show_default=True, help="Which clusters: no cluster is in two splits.")  # fmt: skip
@click.option("--held", type=click.FloatRange(0, 1), default=0.2, show_default=True,
              help="The share of clusters that is kept aside.")  # fmt: skip
@click.option("-o", "--out", type=click.Path(dir_okay=False, path_type=Path),
              help="Where to; stdout unless given.")  # fmt: skip
@_museum
@click.pass_obj
def export(
    settings: Settings, form: Format, split: str, held: float, out: Path | None, file: Path | None
) -> None:
    """Write attacks for training and for red teams: chat JSON lines, garak or PyRIT.

    Clusters go together into one split: attacks that resemble each other, mean the same, or are
    said to be variants.
    """
    entries = [one for one in load(museum_path(settings, file)) if one.counts]
    cluster_of = clusters(entries, _vectors())
    train, aside = parted(entries, cluster_of, held)
    chosen = {"train": train, "held-out": aside, "all": entries}[split]
    if not chosen:
        raise UsageError(f"nothing is in the split {split}; `--split all` takes everything")
    data = FORMATS[form](chosen, cluster_of, split)
    if out is None:
        say_original(data.decode().rstrip("\n"))
    else:
        try:
            write_whole(out, data, mode=0o600)
        except OSError as failure:
            raise OutwatchError(f"--out: can't be written ({failure.strerror})") from None
        say(f"{count(len(chosen), 'attack')} of {len(entries)} written")
    bare = len(unanswered(chosen)) if form == "chat" else 0
    if bare:
        say(f"outwatch: {count(bare, 'twin')} without an answer: only asked", err=True)


def _who() -> str:
    return _clean("the name of who acts (OUTWATCH_ACTOR)", actor())


def _clean(what: str, text: str) -> str:
    if kind := private_kind(text):
        raise UsageError(f"{what} seems to hold {kind}. Write something that all may read")
    return line(text)[:200]


def _masker(settings: Settings) -> Any:
    from streams.museum.masking import Masker

    return Masker(settings)


def _vectors() -> Any:
    from detectors._encoder.session import NoEncoder
    from detectors._meaning.encoder import shared_sentences

    try:
        return shared_sentences().vectors
    except NoEncoder:
        say("outwatch: without onnxruntime attacks are grouped by their words alone", err=True)
        return None


def _read_text(option: str, file: str) -> str:
    try:
        if file == "-":
            data = click.get_binary_stream("stdin").read(_MOST_BYTES + 1)
        else:
            with Path(file).open("rb") as opened:
                data = opened.read(_MOST_BYTES + 1)
        text = data.decode("utf-8-sig")
    except OSError as failure:
        raise UsageError(f"{option}: can't be read ({failure.strerror})") from None
    except UnicodeDecodeError:
        raise UsageError(f"{option}: isn't UTF-8") from None
    if len(data) > _MOST_BYTES:
        raise UsageError(f"{option}: has more than {_MOST_BYTES:,} bytes")
    if not text.strip():
        raise UsageError(f"{option}: is empty")
    return text


def _twinned(entry: Entry, twins: Sequence[Twin]) -> Entry:
    try:
        return with_twins(entry, twins)
    except ValueError as wrong:
        raise UsageError(f"{line(entry.id)} {wrong}") from None


def _hint(settings: Settings, entry: Entry) -> None:
    if not entry.twins:
        say(f"It has no twin yet: `outwatch museum twin {line(entry.id)} --text FILE`.")
    if settings.detector_options.get("jailbreak", {}).get("museum") is None:
        say("Workers don't look for it yet: set detector_options.jailbreak.museum to the museum.")
