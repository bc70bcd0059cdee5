"""`outwatch hash-user`: what a user's id is called in verdicts and incidents."""

from __future__ import annotations

import sys

import click

from streams.cli._say import say, say_json
from streams.config.settings import Settings, hash_key_file, read_hash_key, shown_key_file
from streams.errors import UsageError
from streams.intake.decode import hash_user


@click.command("hash-user")
@click.argument("user", metavar="ID", required=False)
@click.option("--stdin", "piped", is_flag=True, help="Read ids from stdin, one a line.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_obj
def command(settings: Settings, user: str | None, piped: bool, as_json: bool) -> None:
    """Print the hash by which verdicts and incidents know a user.

    The hash is keyed: it needs the key of the workers, from OUTWATCH_HASH_KEY or from the file
    hash_key in `state_dir`. With --stdin the ids stand in no list of processes and no shell
    history; the hashes come in the same order. Exit code 2 when there is no key.
    """
    if (user is None) != piped:
        raise UsageError("give one ID, or --stdin with one a line")
    ids = [line.rstrip("\r\n") for line in sys.stdin] if user is None else [user]
    if not all(ids):
        raise UsageError("an empty ID is nobody: records without a user have no hash")
    key = _key(settings)
    hashes = [hash_user(one, key) for one in ids]
    if as_json:
        say_json({"hashes": hashes})
        return
    for one in hashes:
        say(str(one))


def _key(settings: Settings) -> bytes:
    path = hash_key_file(settings)
    # A worker makes a key on first use; here a new one would give hashes that nobody has.
    if not settings.hash_key and not path.exists():
        raise UsageError(
            f"there is no key in {shown_key_file(settings)}. Set OUTWATCH_HASH_KEY to that of the "
            "workers, or `state_dir` to their folder"
        )
    return read_hash_key(settings)
