from __future__ import annotations

import pytest

from streams.museum.entry import LICENCE
from streams.museum.licences import WORDS, is_licence


@pytest.mark.parametrize(
    "text",
    [
        *WORDS,
        LICENCE,
        "MIT",
        "mit",
        "GPL-2.0+",
        "CC-BY-4.0",
        "MIT OR Apache-2.0",
        "GPL-2.0-only WITH Classpath-exception-2.0 AND CC0-1.0",
        "https://creativecommons.org/licenses/by/4.0/",
        "http://intranet.corp.example:8080/legal/terms-of-use.html",
    ],
)
def test_what_is_a_licence(text: str) -> None:
    assert is_licence(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "Doe, Jane",
        "jane",
        "ours alone",
        "MIT, Doe, Jane",
        "MIT Jane Doe",
        "MIT OR",
        "MIT WITH Jane",
        "LicenseRef-Jane-Doe",
        "https://jane@corp.example/licence",
        "https://corp.example/licence?by=jane",
        "https://corp.example/licence#jane",
        "https://corp.example/~jane-smith/licence",
        "https://corp.example/a b",
        "https://[::1",
        "https://localhost",
        "ftp://corp.example/licence",
        "https://corp.example/" + "a" * 200,
        "MIT\nMIT",
    ],
)
def test_what_is_none(text: str) -> None:
    assert not is_licence(text)
