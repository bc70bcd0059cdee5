"""What all dashboards are made of: variables, links, annotations and kinds of panels."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from grafana_foundation_sdk.builders import common as make
from grafana_foundation_sdk.builders import dashboard as board
from grafana_foundation_sdk.builders import heatmap, stat, table, timeseries
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common, dashboard
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

SOURCE = dashboard.DataSourceRef(type_val="prometheus", uid="${datasource}")
TARGETS = 'job=~"$job", instance=~"$instance"'
"""Matchers that every query has."""

ANSWERS_A_SECOND = "suffix: answers/s"
"""Units are those of what is counted; Grafana puts what follows `suffix:` behind the figure."""

RECORDS_A_SECOND = "suffix: records/s"


class Query(NamedTuple):
    """One PromQL expression, and how its series are called in the legend."""

    expression: str
    legend: str = ""
    exemplars: bool = False


class Variable(NamedTuple):
    """A variable with values from a label. Without `multi` one value is chosen."""

    name: str
    label: str
    query: str
    multi: bool = True
    meaning: str = ""


JOB = Variable("job", "Job", 'label_values(up{job=~".*outwatch.*"}, job)', meaning="Scrape job")
INSTANCE = Variable(
    "instance", "Instance", 'label_values(up{job=~"$job"}, instance)', meaning="Worker or pager"
)
DEPLOYMENT = Variable(
    "deployment",
    "Deployment",
    f"label_values(outwatch_deployment_records_total{{{TARGETS}}}, deployment)",
    meaning="Model endpoint, as producers name it",
)


def rate(metric: str, by: str, matchers: str = "") -> str:
    """The summed rate of a counter."""
    chosen = f"{TARGETS}, {matchers}" if matchers else TARGETS
    return f"sum by ({by}) (rate({metric}{{{chosen}}}[$__rate_interval]))"


def hourly(metric: str, by: str = "", matchers: str = "") -> str:
    """How often what is rare happened in the hour before, as a whole number."""
    chosen = f"{TARGETS}, {matchers}" if matchers else TARGETS
    grouped = f" by ({by})" if by else ""
    return f"round(sum{grouped} (increase({metric}{{{chosen}}}[1h])))"


def total(metric: str, by: str = "", matchers: str = "") -> str:
    """The sum of a gauge."""
    chosen = f"{TARGETS}, {matchers}" if matchers else TARGETS
    grouped = f" by ({by})" if by else ""
    return f"sum{grouped} ({metric}{{{chosen}}})"


OPEN_INCIDENT_COLUMNS = {
    "severity": "Severity",
    "title": "Title",
    "deployment": "Deployment",
    "playbook": "Playbook",
    "incident": "Incident",
    "Value": "Began",
}
"""The labels of `open_incidents` and its value, as columns."""


def open_incidents(matchers: str) -> str:
    """When each open incident began, in milliseconds as Grafana takes times."""
    labels = ", ".join(name for name in OPEN_INCIDENT_COLUMNS if name != "Value")
    began = f"outwatch_open_incident_first_seen_timestamp_seconds{{{TARGETS}, {matchers}}}"
    return f"min by ({labels}) ({began}) * 1000"


def quantile(share: float, histogram: str, by: str = "") -> str:
    """A quantile of a histogram, in its unit."""
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, {rate(f'{histogram}_bucket', labels)})"


def graph(
    title: str,
    description: str,
    unit: str,
    *queries: Query,
    span: int = 12,
    stacked: bool = False,
    limit: float | None = None,
    lowest: float | None = 0,
    points_to_incident: bool = False,
) -> timeseries.Panel:
    """Lines over time. `limit` draws a red line there."""
    panel = (
        timeseries.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .unit(unit)
        .span(span)
        .height(8)
        .line_width(1)
        .fill_opacity(30 if stacked else 8)
        .show_points(common.VisibilityMode.AUTO)
        .legend(
            make.VizLegendOptions()
            .display_mode(common.LegendDisplayMode.TABLE)
            .placement(common.LegendPlacement.BOTTOM)
            .show_legend(True)
            .calcs(["lastNotNull", "max"])
        )
        .tooltip(
            make.VizTooltipOptions()
            .mode(common.TooltipDisplayMode.MULTI)
            .sort(common.SortOrder.DESCENDING)
        )
    )
    if stacked:
        panel.stacking(make.StackingConfig().mode(common.StackingMode.NORMAL).group("A"))
    if lowest is not None:
        panel.min(lowest)
    if limit is not None:
        panel.thresholds(_steps([(None, "green"), (limit, "red")])).thresholds_style(
            make.GraphThresholdsStyleConfig().mode(common.GraphTresholdsStyleMode.LINE)
        )
    if points_to_incident:
        panel.data_links([_to_incident("${__field.labels.deployment}")])
    _ask(panel, queries)
    return panel


def number(
    title: str,
    description: str,
    unit: str,
    query: Query,
    steps: Sequence[tuple[float | None, str]],
    *,
    span: int = 3,
    decimals: int | None = None,
) -> stat.Panel:
    """One figure, coloured by steps: pairs of the lowest value (None first) and the colour."""
    panel = (
        stat.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .unit(unit)
        .span(span)
        .height(4)
        .graph_mode(common.BigValueGraphMode.AREA)
        .color_mode(common.BigValueColorMode.BACKGROUND)
        .reduce_options(make.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
        .no_value("no data")
        .thresholds(_steps(steps))
    )
    if decimals is not None:
        panel.decimals(decimals)
    _ask(panel, [query])
    return panel


def rows(
    title: str,
    description: str,
    unit: str,
    query: Query,
    names: Mapping[str, str],
    *,
    span: int = 12,
    points_to_incident: bool = False,
) -> table.Panel:
    """A table of the series as they are now; `names` are the columns kept, and their titles.

    It is sorted by the first column.
    """
    hidden = dict.fromkeys(("Time", "__name__", "job", "instance", "namespace"), True)
    panel = (
        table.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .unit(unit)
        .span(span)
        .height(8)
        .no_value("–")
        .show_header(True)
        .sort_by([make.TableSortByFieldState().display_name(next(iter(names.values())))])
        .with_transformation(
            dashboard.DataTransformerConfig(
                id_val="organize",
                options={
                    "excludeByName": {k: v for k, v in hidden.items() if k not in names},
                    "indexByName": {name: place for place, name in enumerate(names)},
                    "renameByName": dict(names),
                },
            )
        )
    )
    if points_to_incident:
        panel.data_links([_to_incident("${__data.fields.Deployment}")])
    return panel.with_target(_target(query, "A").instant().format(PromQueryFormat.TABLE))


def heat(title: str, description: str, unit: str, query: Query, *, span: int = 12) -> heatmap.Panel:
    """A histogram over time. The query gives the increase of each bucket by `le`."""
    panel = (
        heatmap.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .unit("short")
        .span(span)
        .height(8)
        .calculate(False)
        .show_legend()
        .show_tooltip()
        .y_axis(heatmap.YAxisConfig().unit(unit).axis_placement(common.AxisPlacement.LEFT))
    )
    return panel.with_target(_target(query, "A").range().format(PromQueryFormat.HEATMAP))


def page(
    uid: str,
    title: str,
    description: str,
    variables: Sequence[Variable],
    sections: Mapping[str, Sequence[Any]],
    annotations: Sequence[Mapping[str, Any]] = (),
    refresh: str = "30s",
) -> dict[str, Any]:
    """A dashboard as JSON values: sections of panels under their titles."""
    made = (
        board.Dashboard(title)
        .uid(uid)
        .description(description)
        .tags(["outwatch"])
        .readonly()
        .timezone("browser")
        .time("now-1h", "now")
        .refresh(refresh)
        .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
        .link(
            board.DashboardLink("outwatch")
            .type(dashboard.DashboardLinkType.DASHBOARDS)
            .tags(["outwatch"])
            .as_dropdown(False)
            .include_vars(True)
            .keep_time(True)
        )
        .with_variable(
            board.DatasourceVariable("datasource").label("Data source").type("prometheus")
        )
    )
    for variable in variables:
        made.with_variable(_variable(variable))
    number_ = 1
    for section, panels in sections.items():
        made.with_row(board.Row(section).id(number_))
        for panel in panels:
            number_ += 1
            made.with_panel(panel.id(number_))
        number_ += 1
    values: dict[str, Any] = json.loads(JSONEncoder(sort_keys=True).encode(made.build()))
    # The builders know no annotations from Prometheus.
    values["annotations"] = {"list": [dict(one) for one in annotations]}
    return values


def annotation(name: str, expression: str, colour: str, **more: Any) -> dict[str, Any]:
    """Marks on all graphs of a dashboard, from a Prometheus query."""
    return {
        "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "enable": True,
        "expr": expression,
        "iconColor": colour,
        "name": name,
        "step": "30s",
    } | more


def _variable(variable: Variable) -> board.QueryVariable:
    made = (
        board.QueryVariable(variable.name)
        .label(variable.label)
        .description(variable.meaning)
        .datasource(SOURCE)
        .query({"query": variable.query, "refId": variable.name})
        .refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(dashboard.VariableSort.ALPHABETICAL_ASC)
        .multi(variable.multi)
    )
    if variable.multi:
        every = dashboard.VariableOption(selected=True, text="All", value="$__all")
        made.include_all(True).all_value(".+").current(every)
    return made


def _to_incident(deployment: str) -> board.DashboardLink:
    return (
        board.DashboardLink("What happens in this deployment")
        .type(dashboard.DashboardLinkType.LINK)
        .url(
            f"/d/outwatch-incident?var-deployment={deployment}"
            "&${datasource:queryparam}&${job:queryparam}&${__url_time_range}"
        )
    )


def _steps(steps: Sequence[tuple[float | None, str]]) -> board.ThresholdsConfig:
    return (
        board.ThresholdsConfig()
        .mode(dashboard.ThresholdsMode.ABSOLUTE)
        .steps([dashboard.Threshold(value=value, color=colour) for value, colour in steps])
    )


def _ask(panel: timeseries.Panel | stat.Panel, queries: Sequence[Query]) -> None:
    for place, query in enumerate(queries):
        panel.with_target(_target(query, chr(ord("A") + place)).range())


def _target(query: Query, ref: str) -> Dataquery:
    return (
        Dataquery()
        .datasource(SOURCE)
        .expr(query.expression)
        .legend_format(query.legend or "__auto")
        .exemplar(query.exemplars)
        .ref_id(ref)
    )
