"""The pipeline: throughput, lag, what became of records, processes, windows and the pager."""

from __future__ import annotations

from typing import Any

from grafana.panels import (
    ANSWERS_A_SECOND,
    INSTANCE,
    JOB,
    RECORDS_A_SECOND,
    TARGETS,
    Query,
    annotation,
    graph,
    heat,
    hourly,
    number,
    page,
    quantile,
    rate,
    total,
)


def build() -> dict[str, Any]:
    """The dashboard as JSON values."""
    read = total("outwatch_records_read_total", "instance")
    accounted = total("outwatch_records_total", "instance")
    records = [
        graph(
            "Records read",
            "By topic",
            RECORDS_A_SECOND,
            Query(rate("outwatch_records_read_total", "topic"), "{{topic}}"),
        ),
        graph(
            "What became of them",
            "By outcome; together they are the records read",
            RECORDS_A_SECOND,
            Query(rate("outwatch_records_total", "outcome"), "{{outcome}}"),
            stacked=True,
        ),
        graph(
            "Not accounted for",
            "Records read less records with an outcome: 0 whenever a batch is finished",
            "short",
            Query(f"{read} - {accounted}", "{{instance}}"),
            lowest=None,
        ),
        graph(
            "Dead letters",
            "By reason",
            RECORDS_A_SECOND,
            Query(rate("outwatch_dead_letters_total", "reason") + " > 0", "{{reason}}"),
        ),
        graph(
            "Outputs by format",
            "Answers of each format that intake recognised",
            ANSWERS_A_SECOND,
            Query(rate("outwatch_outputs_total", "format"), "{{format}}"),
            stacked=True,
        ),
        graph(
            "Skipped and cut",
            "Parts of messages that hold no output, by why, and outputs longer than what is"
            " scored of them",
            RECORDS_A_SECOND,
            Query(rate("outwatch_skipped_total", "why"), "skipped: {{why}}"),
            Query(f"sum(rate(outwatch_records_cut_total{{{TARGETS}}}[$__rate_interval]))", "cut"),
        ),
    ]
    time = [
        graph(
            "Waiting messages",
            "By topic",
            "short",
            Query(total("outwatch_lag_records", "topic"), "{{topic}}"),
        ),
        graph(
            "Time to drain",
            "Until what waits now is read, at the present rate",
            "s",
            Query(
                f"{total('outwatch_lag_records', 'topic')}"
                f" / ({rate('outwatch_records_read_total', 'topic')} > 0)",
                "{{topic}}",
            ),
        ),
        heat(
            "From arrival to verdict",
            "Messages by how long after their arrival in Kafka their verdict was published",
            "s",
            Query(
                f"sum by (le) (increase(outwatch_verdict_delay_seconds_bucket{{{TARGETS}}}"
                "[$__rate_interval]))",
                "{{le}}",
            ),
        ),
        graph(
            "From arrival to verdict, quantiles",
            "The objective: 99 % within 2 seconds",
            "s",
            Query(quantile(0.5, "outwatch_verdict_delay_seconds"), "half"),
            Query(quantile(0.99, "outwatch_verdict_delay_seconds"), "99 %"),
            limit=2.0,
        ),
        graph(
            "Batches",
            "From a batch read to its verdicts acknowledged by Kafka",
            "s",
            Query(quantile(0.5, "outwatch_batch_seconds"), "half"),
            Query(quantile(0.99, "outwatch_batch_seconds"), "99 %"),
        ),
        graph(
            "Sent again",
            "Messages that Kafka did not take at once, by topic",
            "suffix: messages/s",
            Query(rate("outwatch_publish_retries_total", "topic"), "{{topic}}"),
        ),
    ]
    processes = [
        graph(
            "Memory",
            "Resident memory of workers and of their scoring processes",
            "bytes",
            Query(total("outwatch_pool_resident_memory_bytes", "instance"), "{{instance}} scoring"),
            Query(total("process_resident_memory_bytes", "instance"), "{{instance}} worker"),
        ),
        graph(
            "Scoring processes lost",
            "To a crash, a time-out or memory, in the hour before",
            "suffix: processes/h",
            Query(hourly("outwatch_pool_restarts_total", "instance"), "{{instance}}"),
        ),
        graph(
            "Processor",
            "Time of the worker's own process and of scoring, per second",
            "s",
            Query(rate("process_cpu_seconds_total", "instance"), "{{instance}} worker"),
            Query(rate("outwatch_detector_seconds_total", "instance"), "{{instance}} scoring"),
        ),
        graph(
            "Partitions",
            "That each worker has",
            "short",
            Query(
                total("outwatch_assigned_partitions", "instance, topic"), "{{instance}} {{topic}}"
            ),
            stacked=True,
        ),
    ]
    windows = [
        graph(
            "Verdict rows",
            "By what the windows did with them",
            "suffix: rows/s",
            Query(rate("outwatch_window_rows_total", "result"), "{{result}}"),
        ),
        graph(
            "Snapshots",
            "Of the windows' state, written in the hour before, and failed tries to read them",
            "suffix: snapshots/h",
            Query(hourly("outwatch_snapshots_total"), "written"),
            Query(hourly("outwatch_snapshot_load_errors_total"), "not readable"),
        ),
        graph(
            "Size of snapshots",
            "The newest of each verdict partition; over 20 MB they can't be written",
            "bytes",
            Query(f"max by (partition) (outwatch_snapshot_bytes{{{TARGETS}}})", "{{partition}}"),
        ),
        graph(
            "Rules",
            "In force in each worker, and whether its file was refused",
            "short",
            Query(total("outwatch_rules_loaded", "instance"), "{{instance}} in force"),
            Query(total("outwatch_rules_refused", "instance"), "{{instance}} refused"),
        ),
    ]
    pager = [
        number(
            "Receivers reached",
            "Share of receivers whose last try went through",
            "percentunit",
            Query(f"avg(outwatch_pager_receiver_up{{{TARGETS}}})"),
            [(None, "red"), (1.0, "green")],
            span=6,
        ),
        number(
            "Pages waiting",
            "Incidents that a receiver has not been told of yet",
            "short",
            Query(total("outwatch_pager_waiting_pages")),
            [(None, "green"), (1.0, "red")],
            span=6,
        ),
        number(
            "Since the last success",
            "Of the receiver that was reached longest ago",
            "s",
            Query(f"time() - min(outwatch_pager_last_success_timestamp_seconds{{{TARGETS}}})"),
            [(None, "blue")],
            span=6,
        ),
        number(
            "Pages dead",
            "Refused for good, or not readable, within the time shown",
            "short",
            Query(
                f"sum(increase(outwatch_pages_total{{{TARGETS},"
                ' outcome=~"undeliverable|unreadable"}[$__range]))'
            ),
            [(None, "green"), (1.0, "red")],
            span=6,
        ),
        graph(
            "Incident events that wait",
            "By receiver",
            "short",
            Query(total("outwatch_pager_lag_records", "receiver"), "{{receiver}}"),
        ),
        graph(
            "Tries",
            "Deliveries tried in the hour before, by receiver and answer",
            "suffix: tries/h",
            Query(
                hourly("outwatch_page_tries_total", "receiver, answer"), "{{receiver}} {{answer}}"
            ),
        ),
        graph(
            "From incident to page, 99 %",
            "From an incident's change published to its delivery",
            "s",
            Query(quantile(0.99, "outwatch_page_seconds", "receiver"), "{{receiver}}"),
        ),
        graph(
            "Held back",
            "Tries put off, pages that waited for the rate limit, groups opened, and readers that"
            " lost Kafka, in the hour before",
            "suffix: times/h",
            Query(hourly("outwatch_page_retries_total", "receiver"), "{{receiver}} put off"),
            Query(hourly("outwatch_page_rate_limited_total", "receiver"), "{{receiver}} limited"),
            Query(hourly("outwatch_page_groups_total", "receiver"), "{{receiver}} groups"),
            Query(hourly("outwatch_pager_reconnects_total", "receiver"), "{{receiver}} Kafka lost"),
        ),
    ]
    return page(
        "outwatch-pipeline",
        "outwatch / Pipeline",
        "Throughput, lag, what became of every record, processes, windows and the pager.",
        [JOB, INSTANCE],
        {
            "Records": records,
            "Time": time,
            "Processes": processes,
            "Windows": windows,
            "Pager": pager,
        },
        [
            annotation(
                "Workers started",
                f"process_start_time_seconds{{{TARGETS}}} * 1000",
                "blue",
                titleFormat="Started",
                textFormat="{{instance}}",
                useValueForTime=True,
            ),
        ],
    )
