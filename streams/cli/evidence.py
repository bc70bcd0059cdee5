"""`outwatch evidence`: seals what is known of an incident for legal, and opens what was sealed."""

from __future__ import annotations

import os
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from streams.cli._say import say, say_json, say_original
from streams.cli._verbs import Verbs
from streams.config.settings import Settings
from streams.errors import OutwatchError, UsageError
from streams.inert import line
from streams.words import count

if TYPE_CHECKING:
    from streams.evidence.manifest import Manifest, Part
    from streams.evidence.seal import Sealed
    from streams.evidence.unseal import Verified
    from streams.records import Incident

PARTIAL, FAILED, INPUT, DESTINATION, AUTHORISATION = 1, 2, 3, 4, 5
"""Exit codes of `seal`, as evidence exporters have them; 0 is whole."""

_IDENTITY = click.option(
    "--identity",
    required=True,
    type=click.Path(path_type=Path),
    help="File with the secret key, of age or ssh.",
)
_FILE = click.argument("file", type=click.Path(path_type=Path))


class SealFailed(click.ClickException):
    """Evidence wasn't sealed, or not whole; with the exit code that says why."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.exit_code = code

    def show(self, file: Any = None) -> None:
        """Prints it as other failures are printed."""
        say(f"outwatch: {line(self.message)}", err=True)


@click.group("evidence", cls=Verbs)
def command() -> None:
    """Seal what is known of an incident for legal, and open what was sealed.

    Sealed is encrypted with age (age-encryption.org) to public keys; whoever seals can't open it.
    """


@command.command("seal")
@click.argument("id_", metavar="ID")
@click.option("--to", "named", multiple=True, metavar="KEY", help="A public key (age1…, ssh-…).")
@click.option(
    "--recipients",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="File of public keys, one a line.",
)
@click.option("-o", "--output", required=True, help="The file to write; - is standard output.")
@click.option("--whole", is_flag=True, help="All records of its group in its time.")
@click.option("-m", "--message", default="", help="Why, for the incident's log.")
@click.option(
    "--wait",
    type=click.FloatRange(0),
    default=15.0,
    show_default=True,
    help="Seconds to wait for the answer.",
)
@click.option("--json", "as_json", is_flag=True, help="The manifest on stdout.")
@click.pass_obj
def seal(
    settings: Settings,
    id_: str,
    named: tuple[str, ...],
    files: tuple[Path, ...],
    output: str,
    whole: bool,
    message: str,
    wait: float,
    as_json: bool,
) -> None:
    """Seal the evidence of an incident, and say so in its log.

    In it are the incident, all acts, the verdicts and the original records while Kafka keeps
    them, the configuration without its secrets, and what versions ran; with a manifest that says
    what is missing. Records are those above the incident's limits and the conversations they
    stand in. Nothing is written in plain text anywhere.

    Exit codes: 0 whole, 1 partial, 2 failed, 3 wrong input, 4 the file can't be written, 5 Kafka
    refuses access.
    """
    from streams.cli._actor import actor
    from streams.cli._found import incident_and_members
    from streams.evidence.age import keys_to, recipients
    from streams.evidence.collect import Case
    from streams.evidence.seal import seal as seal_case
    from streams.incidents.acts_text import private_kind

    try:
        keys = keys_to(named, files)
        if private := private_kind(message):
            raise UsageError(f"Nothing was sealed: the text holds what looks like {private}")
        who = actor()
    except UsageError as wrong:
        raise SealFailed(str(wrong), INPUT) from None
    try:
        recipients(keys)
    except UsageError as wrong:
        raise SealFailed(str(wrong), FAILED if "pyrage" in str(wrong) else INPUT) from None
    with _reading():
        incident, members = incident_and_members(settings, id_)
    case = Case(incident, tuple(members), whole)
    if as_json and output == "-":
        raise SealFailed("--json and -o - both want standard output", INPUT)
    try:
        with _target(output) as target:
            sealed = seal_case(settings, case, keys, who, target)
    except OSError as failure:
        why = failure.strerror or type(failure).__name__
        raise SealFailed(
            f"{output}: can't be written ({why}). Check the path, its permissions and the disk",
            DESTINATION,
        ) from None
    except UsageError as wrong:
        raise SealFailed(str(wrong), INPUT) from None
    _told(sealed, output, as_json)
    _log(settings, incident, sealed, who, message, wait, output)
    _end(sealed)


@command.command()
@_FILE
@_IDENTITY
@click.option("--sha256", default="", help="As the incident's log has it, to be compared.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def verify(file: Path, identity: Path, sha256: str, as_json: bool) -> None:
    """Say whether FILE is as it was sealed: decrypt it in memory and compare every part.

    That it is the one that was sealed then is known by its SHA-256, which stands in the
    incident's log. Exit code 1 where anything isn't as it should be.
    """
    found = _verified(file, identity)
    wanted = sha256.strip().lower()
    if wanted and wanted != found.sha256:
        raise OutwatchError(
            f"{file} is whole, but it isn't the one that was sealed then: its SHA-256 is"
            f" {found.sha256}"
        )
    if as_json:
        say_json({"sha256": found.sha256, "bytes": found.bytes, "manifest": found.manifest})
        return
    _summary(found.manifest)
    say(f"SHA-256 {found.sha256}")
    same = (
        "It is the one that was sealed then" if wanted else "Compare that with the incident's log"
    )
    say(f"It is as it was sealed. {same}.")


@command.command("list")
@_FILE
@_IDENTITY
@click.option("--json", "as_json", is_flag=True, help="The manifest on stdout.")
def list_files(file: Path, identity: Path, as_json: bool) -> None:
    """List what is inside FILE, once all of it is verified."""
    manifest = _verified(file, identity).manifest
    if as_json:
        say_json(manifest, indented=True)
        return
    _summary(manifest)
    for part in manifest.types:
        for one in part.files:
            say(f"{one.bytes:>12,}  {line(one.path)}")


@command.command("open")
@_FILE
@_IDENTITY
@click.option("--to", "folder", type=click.Path(path_type=Path), help="A new folder for all of it.")
@click.option("--part", "name", help="One file of it, such as originals/00001.jsonl.")
@click.option("-o", "--output", type=click.Choice(["-"]), help="Standard output, with --part.")
@click.option("--force", is_flag=True, help="Though standard output is a terminal.")
def open_(
    file: Path,
    identity: Path,
    folder: Path | None,
    name: str | None,
    output: str | None,
    force: bool,
) -> None:
    """Open FILE into a new folder, or one part of it onto standard output.

    All of it is verified first. What comes out is plain text with all that leaked: only you can
    read the folder; delete it when you are done.
    """
    from streams.evidence.age import identities
    from streams.evidence.unseal import read_through

    if (folder is None) == (name is None or output is None):
        raise UsageError("Say where to: --to FOLDER, or --part NAME -o -")
    if folder is None and _is_terminal() and not force:
        raise UsageError(
            "Standard output is a terminal, which keeps what it shows. Give --to FOLDER, send it"
            " into a pipe, or add --force"
        )
    if folder is not None and (folder.exists() or folder.is_symlink()):
        raise UsageError(f"{line(str(folder))} is there already. Give --to a new folder")
    manifest = _verified(file, identity).manifest
    inside = ["manifest.json", *(one.path for part in manifest.types for one in part.files)]
    if name is not None and name not in inside:
        raise UsageError(f"There is no {name} inside. `outwatch evidence list` shows what there is")
    if folder is not None:
        folder.mkdir(mode=0o700, parents=True)

    def take(path: str, data: bytes) -> None:
        if folder is not None:
            _write(folder, path, data)
        elif path == name and _is_terminal():
            say_original(data.decode("utf-8", "replace"))
        elif path == name:
            click.get_binary_stream("stdout").write(data)

    read_through(file, identities(identity), take)
    if folder is not None:
        say(f"{line(str(folder))}: {count(len(inside), 'file')}. Delete it when you are done")


def _is_terminal() -> bool:
    return sys.stdout.isatty()


def _write(folder: Path, name: str, data: bytes) -> None:
    path = folder / name
    path.parent.mkdir(mode=0o700, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(path, flags, 0o600), "wb") as new:
        new.write(data)


def _verified(file: Path, identity: Path) -> Verified:
    from streams.evidence.age import identities
    from streams.evidence.unseal import verify as verify_file

    return verify_file(file, identities(identity))


@contextmanager
def _reading() -> Iterator[None]:
    """Names the exit codes for what goes wrong before anything is sealed."""
    from kafka.errors import KafkaError

    from streams.kafka.trouble import explain

    settings = click.get_current_context().obj
    try:
        yield
    except KafkaError as failure:
        refused = "Authoriz" in type(failure).__name__ or "Authenticat" in type(failure).__name__
        code = AUTHORISATION if refused else FAILED
        raise SealFailed(f"{explain(settings, failure)}; nothing was sealed", code) from None
    except OutwatchError as wrong:
        stalled = "couldn't be read" in str(wrong)
        raise SealFailed(str(wrong), FAILED if stalled else INPUT) from None


@contextmanager
def _target(output: str) -> Iterator[Any]:
    """Where the sealed file goes: a file has its name only once it is whole."""
    if output == "-":
        if _is_terminal():
            raise UsageError("Standard output is a terminal: name a file with -o FILE")
        yield click.get_binary_stream("stdout")
        return
    path = Path(output)
    if path.exists():
        raise SealFailed(f"{output} is there already. Name another file", DESTINATION)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new:
            yield new
            new.flush()
            os.fsync(new.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _told(sealed: Sealed, output: str, as_json: bool) -> None:
    if as_json:
        say_json(sealed.manifest, indented=True)
        return
    _summary(sealed.manifest, err=output == "-")
    for topic, until in sealed.kept.items():
        say(f"{line(topic)} keeps the oldest of it {line(until)}", err=output == "-")
    say(f"SHA-256 {sealed.seal.sha256}", err=output == "-")


def _summary(manifest: Manifest, *, err: bool = False) -> None:
    say(
        f"{line(manifest.incident_id)}: {manifest.overall_status}, sealed by"
        f" {line(manifest.actor)} at {line(manifest.completed_at)} for"
        f" {count(len(manifest.sealed_for), 'key')}",
        err=err,
    )
    for part in manifest.types:
        say(f"  {_part_line(part)}", err=err)


def _part_line(part: Part) -> str:
    why = f": {line(part.failure_reason)}" if part.failure_reason else ""
    return (
        f"{line(part.type):<14} {part.status:<8} {count(part.records_captured, 'item')} of"
        f" {line(part.source_system)}{why}"
    )


def _log(
    settings: Settings,
    incident: Incident,
    sealed: Sealed,
    who: str,
    message: str,
    wait: float,
    output: str,
) -> None:
    """Says in the incident's log that its evidence was sealed."""
    from kafka.errors import KafkaError

    from streams.incidents.acts import drawn_up
    from streams.kafka.acts import NoAnswer, send_act

    act = drawn_up(
        incident,
        "evidence_sealed",
        uuid.uuid4().hex,
        who,
        time.time(),
        text=message,
        seal=sealed.seal,
    )
    try:
        _, result = send_act(settings, act, wait)
    except NoAnswer as silent:
        say(line(str(silent)), err=True)
        raise click.exceptions.Exit(1) from silent
    except (OutwatchError, KafkaError) as failure:
        # Its cause alone: what it says about sending the act again isn't of use here.
        said = failure.__cause__ or failure
        _unlogged(str(said) if isinstance(said, OutwatchError) else type(said).__name__)
    if result.outcome == "refused":
        _unlogged(result.why)
    say(f"The log of {line(incident.id)} says so.", err=output == "-")


def _unlogged(why: str) -> NoReturn:
    raise SealFailed(
        f"The evidence is sealed, but the incident's log doesn't say so: {why}. Say it with"
        " `outwatch incident note`, with the SHA-256",
        PARTIAL,
    )


def _end(sealed: Sealed) -> None:
    status = sealed.manifest.overall_status
    if status == "success":
        return
    if sealed.unauthorised and status == "failed":
        raise SealFailed("Kafka refuses access to what was to be sealed", AUTHORISATION)
    lacking = [part.type for part in sealed.manifest.types if part.status != "ok"]
    said = f"It isn't whole: {', '.join(lacking)}. The manifest says what is missing and why"
    raise SealFailed(said, PARTIAL if status == "partial" else FAILED)
