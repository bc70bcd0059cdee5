"""Imported once by the server that scoring processes are forked from.

What is imported here is shared between them, and a process that a record has killed is
replaced in a second instead of many. Only imports: a library that has started threads can't
be forked, so weights are loaded in each process.
"""

import sys
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec

import detectors
import streams.scoring.scorer

DETECTORS = detectors.available()
SCORING = streams.scoring.scorer.Scorer

# spaCy and Presidio import these where they are installed: half a gigabyte, of use only to
# spaCy's transformer pipelines. Hidden while the two look for them, they are there for Detoxify.
HIDDEN = {"torch", "transformers"} - sys.modules.keys()
if find_spec("spacy_transformers") or find_spec("spacy_curated_transformers"):
    HIDDEN = set()
for name in HIDDEN:
    sys.modules[name] = None  # type: ignore[assignment]
for heavy in ("numpy", "spacy", "presidio_analyzer", "phonenumbers", "tldextract"):
    with suppress(ImportError):
        import_module(heavy)
for name in HIDDEN:
    del sys.modules[name]
