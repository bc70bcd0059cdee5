"""The checker of the documentation checks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.blocks import BadPage, blocks
from tests.docs.page import Page, PageFailed


def run(tmp_path: Path, text: str) -> Path:
    page = tmp_path / "page.md"
    page.write_text(text, "utf-8")
    folder = tmp_path / "folder"
    folder.mkdir()
    with Page(folder, {}, {"localhost:9092": "127.0.0.1:1"}) as shell:
        for block in blocks(page, "page.md"):
            shell.do(block)
    return folder


def test_blocks_run_in_order_in_one_folder(tmp_path: Path) -> None:
    folder = run(
        tmp_path,
        "<!-- file: a/b.txt -->\n```yaml\nat: localhost:9092\n```\n"
        "Then\n\n```sh\ncat a/b.txt; echo two\necho three\n```\n"
        "<!-- output -->\n```text\nat: 127.…:1\nthree\n```\n"
        "```python\nopen('made', 'w').write('x')\n```\n"
        "<!-- not run: needs a cluster -->\n```sh\nexit 3\n```\n"
        "<!-- fails -->\n```sh\nexit 3\n```\n",
    )
    assert (folder / "made").exists()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("```sh\nfalse\n```\n", id="exit code"),
        pytest.param("```sh\nfalse | true\n```\n", id="exit code in a pipe"),
        pytest.param("<!-- fails -->\n```sh\ntrue\n```\n", id="should have failed"),
        pytest.param(
            "```sh\necho b; echo a\n```\n<!-- output -->\n```text\na\nb\n```\n", id="wrong order"
        ),
        pytest.param("```sh\necho abc\n```\n<!-- output -->\n```text\nab\n```\n", id="only a part"),
        pytest.param(
            "<!-- background until up -->\n```sh\necho down\n```\n", id="ended before it was up"
        ),
    ],
)
def test_what_is_not_true_fails(tmp_path: Path, text: str) -> None:
    with pytest.raises(PageFailed):
        run(tmp_path, text)


def test_numbers_may_differ_where_the_page_says_so(tmp_path: Path) -> None:
    run(
        tmp_path,
        "```sh\necho inc-93c44b04bc6bdf64 at 13:40:13, 12 of 1,200\n```\n"
        "<!-- output like -->\n```text\ninc-00aa44b04bc6bdf6 at 3:14, 1 of 2\n```\n",
    )


def test_what_is_left_running_is_awaited_and_ended(tmp_path: Path) -> None:
    folder = run(
        tmp_path,
        "<!-- background until up -->\n```sh\necho $$ > pid; echo up; sleep 0.5; echo later;"
        " sleep 60\n```\n<!-- eventually -->\n```text\nla…r\n```\n",
    )
    pid = int((folder / "pid").read_text())
    assert not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("```json\n{}\n```\n", id="nobody checks it"),
        pytest.param("```\nx\n```\n", id="no language"),
        pytest.param("```sh\nx\n", id="no end"),
        pytest.param("<!-- not run: -->\n```sh\nx\n```\n", id="no reason"),
    ],
)
def test_a_block_that_nobody_checks_is_refused(tmp_path: Path, text: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    with pytest.raises(BadPage):
        blocks(page, "page.md")
