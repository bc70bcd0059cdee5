"""What may be wrong with the detectors and the optional models that some of them ask."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from typing import Any

from streams.config.settings import Settings
from streams.doctor.check import Check, ok
from streams.errors import OutwatchError
from streams.installing import pip_install
from streams.words import count


def check_models(settings: Settings) -> Iterator[Check]:
    """The optional models that the chosen detectors ask: spaCy's for names, Detoxify for
    toxicity."""
    from detectors.pii import MODELS
    from streams.scoring.signals import chosen_detectors

    chosen = chosen_detectors(settings)
    if "pii" in chosen:
        installed = [name for name in MODELS if importlib.util.find_spec(name) is not None]
        if installed:
            yield ok("spaCy model", installed[0])
        else:
            yield Check(
                "spaCy model",
                "warn",
                "none: names of people are not found",
                f"{pip_install('outwatch[ner]')}, or en_core_web_lg from spaCy",
            )
    if "toxicity" not in chosen:
        return
    if _without_detoxify(settings):
        yield ok("Detoxify", "not asked: the option `backend` of toxicity is linear")
    elif importlib.util.find_spec("detoxify") is None:
        yield Check(
            "Detoxify",
            "warn",
            "not installed: the models that ship answer",
            f"{pip_install('outwatch[toxicity]')} (5 GB with CUDA; choose torch's CPU build)",
        )
    else:
        yield ok("Detoxify", "installed (the line of the toxicity detector says what answers)")


def _without_detoxify(settings: Settings) -> bool:
    return settings.detector_options.get("toxicity", {}).get("backend") == "linear"


def check_detectors(settings: Settings, load: bool) -> Iterator[Check]:
    """Whether each detector can be made and, with `load`, loaded; and what would answer."""
    from detectors import available
    from streams.scoring.signals import chosen_detectors, create_detector, without_options

    known = available()
    for name in chosen_detectors(settings):
        # What is no detector's name may be a secret that was put in the wrong place.
        label = f"detector {name}" if name in known else "detectors"
        options = settings.detector_options.get(name, {})
        try:
            detector: Any = create_detector(settings, name)
            if load:
                detector.load()
        except OutwatchError as error:
            yield Check(label, "fail", str(error), "")
            continue
        except Exception as error:
            yield Check(
                label,
                "fail",
                f"{type(error).__name__}: {without_options(str(error), options)}",
                f"Mend that, or leave {name} out of `detectors`",
            )
            continue
        backend = getattr(detector, "backend", "") if load else ""
        reason = getattr(detector, "backend_reason", "") if load else ""
        found = count(len(detector.signals), "signal")
        found += f", answered by {backend}" if backend else ""
        found += f" ({reason})" if reason else ""
        linear = name == "toxicity" and backend.startswith("linear")
        wanted = not _without_detoxify(settings)
        if linear and wanted and importlib.util.find_spec("detoxify") is not None:
            remedy = (
                "Set `checkpoint` in `detector_options.toxicity` to Detoxify's weights, and "
                "`config_path` to the folder with its model's configuration and tokenizer"
            )
            yield Check(label, "warn", found, remedy)
        else:
            yield ok(label, found)
