"""What runs in other people's programs needs only the packages that its group names."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, requires

from tests.support.kafka_broker import ROOT

SCRIPT = """
import sys
from importlib.metadata import packages_distributions

ALLOWED = set(sys.argv[1].split(","))
FOUND = packages_distributions()

class Refuses:
    def find_spec(self, name, path=None, target=None):
        owners = {owner.lower().replace("_", "-") for owner in FOUND.get(name.partition(".")[0], [])}
        if owners and not owners & ALLOWED:
            raise ImportError(f"{name} is not installed")

sys.meta_path.insert(0, Refuses())
try:
    import presidio_analyzer
except ImportError:
    pass
else:
    sys.exit("the test refuses nothing")
import streams.clients.litellm_callback
from streams.clients.background import BackgroundSender
from streams.config.settings import Kafka, Settings

sender = BackgroundSender(Settings(kafka=Kafka(brokers="127.0.0.1:1")), "llm.outputs", lambda _: None)
sender.put({"record_id": "r", "output": "text"})
sender.close(1.0)
sender._thread.join(60)
print(sender.dropped)
"""


def closure(names: list[str]) -> set[str]:
    """The distributions named and all that they need, in small letters."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = re.split(r"[^\w.-]", waiting.pop())[0].lower().replace("_", "-")
        if name in found:
            continue
        try:
            needed = requires(name) or []
        except PackageNotFoundError:
            continue
        found.add(name)
        waiting += [one for one in needed if "extra ==" not in one]
    return found


def test_the_callback_runs_with_its_group_alone() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    allowed = closure(project["dependency-groups"]["client"]) | {"outwatch"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, ",".join(sorted(allowed))],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "1"), done.stderr


def test_the_group_asks_for_what_the_core_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert set(project["dependency-groups"]["client"]) <= set(project["project"]["dependencies"])
