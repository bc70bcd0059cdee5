"""The dashboards follow the rules of Grafana's dashboard-linter, and are what the code says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.models.dashboard import Dashboard

from detectors.discover import available
from grafana import generate
from streams.worker.metric_docs import metric_families
from tests.support.kafka_broker import ROOT

BOARDS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text())
    for path in sorted((ROOT / "grafana" / "dashboards").glob("*.json"))
}
PROVISIONING = ROOT / "grafana" / "provisioning"

# Not told by a target of its own: Prometheus makes them.
WITHOUT_TARGET = ("ALERTS",)


def panels() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, board in BOARDS.items():
        for panel in board["panels"]:
            if panel["type"] != "row":
                yield name, panel


PANELS = [pytest.param(panel, id=f"{name}-{panel['title']}") for name, panel in panels()]
each_panel = pytest.mark.parametrize("panel", PANELS)
each_board = pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)


def expressions(panel: dict[str, Any]) -> list[str]:
    return [target["expr"] for target in panel["targets"]]


def test_the_files_are_what_the_code_says() -> None:
    assert generate.stale() == []


def test_a_changed_and_a_forgotten_file_are_stale(tmp_path: Path) -> None:
    for name, text in generate.dashboards().items():
        (tmp_path / name).write_text(text)
    assert generate.stale(tmp_path) == []
    (tmp_path / "overview.json").write_text("{}")
    (tmp_path / "forgotten.json").write_text("{}")
    (tmp_path / "pipeline.json").unlink()
    assert generate.stale(tmp_path) == ["forgotten.json", "overview.json", "pipeline.json"]


def test_there_are_four_dashboards_with_ids_of_their_own() -> None:
    assert set(BOARDS) == {"overview", "incident", "detectors", "pipeline"}
    assert {board["uid"] for board in BOARDS.values()} == {f"outwatch-{name}" for name in BOARDS}


@each_board
def test_a_dashboard_cannot_be_edited_and_links_to_the_others(board: dict[str, Any]) -> None:
    assert board["editable"] is False
    assert board["title"].startswith("outwatch / ")
    assert board["description"]
    assert board["tags"] == ["outwatch"]
    (link,) = board["links"]
    assert (link["tags"], link["includeVars"], link["keepTime"]) == (["outwatch"], True, True)
    assert Dashboard.from_json(board).title == board["title"]
    assert board["schemaVersion"] == 36


@each_board
def test_variables_are_those_that_every_dashboard_has(board: dict[str, Any]) -> None:
    variables = {one["name"]: one for one in board["templating"]["list"]}
    source = variables.pop("datasource")
    assert (source["type"], source["query"], source["label"]) == (
        "datasource",
        "prometheus",
        "Data source",
    )
    for name in ("job", "instance"):
        assert variables[name]["multi"] is True
        assert variables[name]["includeAll"] is True
        assert variables[name]["allValue"] == ".+"
    for variable in variables.values():
        assert variable["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert variable["refresh"] == 2, "reload on a change of the time range"
        assert variable["label"]
        assert variable["query"]["query"].startswith("label_values(")


@each_board
def test_panels_have_ids_of_their_own_and_do_not_overlap(board: dict[str, Any]) -> None:
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)
    cells: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        mine = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not mine & cells, panel["title"]
        cells |= mine


@each_panel
def test_a_panel_says_what_it_shows(panel: dict[str, Any]) -> None:
    assert panel["title"]
    assert panel["description"]
    assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["targets"]


@each_panel
def test_queries_choose_their_targets_and_fit_the_scrape_interval(panel: dict[str, Any]) -> None:
    for expression in expressions(panel):
        selectors = re.findall(r"\b((?:outwatch|process)_\w+)(\{[^}]*\})?", expression)
        if not any(name in expression for name in WITHOUT_TARGET):
            assert selectors
        for metric, matchers in selectors:
            if metric.startswith("process_") and not matchers:
                pytest.fail(f"{metric} has no matchers")
            assert 'job=~"$job"' in matchers, metric
            assert 'instance=~"$instance"' in matchers, metric
        for window in re.findall(r"\[([^\]]+)\]", expression):
            assert window in ("$__rate_interval", "$__range", "1h")
        for counter in re.findall(r"(\w+)?\(?\b(\w+_total)\{", expression):
            if panel["title"] != "Not accounted for":
                assert counter[0] in ("rate", "increase"), counter


def test_queries_ask_only_for_metrics_and_labels_that_exist() -> None:
    families = metric_families(detector_names=available())
    labels = {
        series: {*family.labels, "job", "instance", "le"}
        for family in families
        for series in family.series
    }
    asked = [expression for _, panel in panels() for expression in expressions(panel)]
    asked += [
        one.get("expr") or one["query"]["query"]
        for board in BOARDS.values()
        for one in board["annotations"]["list"] + board["templating"]["list"][1:]
    ]
    for expression in asked:
        for metric, matchers in re.findall(r"\b(outwatch_\w+)(?:\{([^}]*)\})?", expression):
            assert metric in labels, f"{metric} in {expression}"
            used = set(re.findall(r"(\w+)(?:=~|!~|!=|=)", matchers))
            assert used <= labels[metric], f"{metric}: {used - labels[metric]}"


def test_variables_used_are_variables_defined() -> None:
    for name, board in BOARDS.items():
        defined = {one["name"] for one in board["templating"]["list"]}
        used = set(re.findall(r"\$\{?(?!__)(\w+)", json.dumps(board)))
        assert used <= defined, name


def test_links_lead_to_dashboards_and_variables_that_exist() -> None:
    found = 0
    uids = {board["uid"]: board for board in BOARDS.values()}
    for _, panel in panels():
        for link in panel["fieldConfig"]["defaults"].get("links") or []:
            found += 1
            uid, _, query = link["url"].removeprefix("/d/").partition("?")
            names = {one["name"] for one in uids[uid]["templating"]["list"]}
            assert set(re.findall(r"var-(\w+)=", query)) <= names
    assert found >= 2


def test_provisioning_is_what_grafana_reads() -> None:
    (provider,) = yaml.safe_load((PROVISIONING / "dashboards" / "outwatch.yaml").read_text())[
        "providers"
    ]
    assert (provider["type"], provider["allowUiUpdates"]) == ("file", False)
    assert Path(provider["options"]["path"]).is_absolute()
    document = yaml.safe_load((PROVISIONING / "datasources" / "prometheus.yaml").read_text())
    (source,) = document["datasources"]
    assert document["apiVersion"] == 1
    assert (source["type"], source["access"]) == ("prometheus", "proxy")
