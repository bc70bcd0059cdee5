"""What `--help` shows under each command: lines that can be copied."""

from __future__ import annotations

_EXAMPLES: dict[str, tuple[str, ...]] = {
    "worker": (
        "outwatch worker",
        "OUTWATCH_KAFKA_BROKERS=kafka-1:9092,kafka-2:9092 outwatch worker",
        "outwatch --config outwatch.yaml worker",
    ),
    "pager": (
        "outwatch --config outwatch.yaml pager",
        "outwatch --config outwatch.yaml pager --check",
        "outwatch --config outwatch.yaml pager --test --only duty",
    ),
    "results": (
        "OUTWATCH_RESULTS_OTEL_TOPIC=otlp_logs outwatch results",
        "outwatch --config outwatch.yaml results",
    ),
    "demo": ("outwatch demo", "outwatch demo --plain --seconds 120", "outwatch demo --write demo"),
    "replay": (
        "outwatch replay answers.jsonl",
        "outwatch replay day-*.jsonl.gz --rules rules.yaml --json",
        "zcat answers.jsonl.gz | outwatch replay - --detectors pii,secrets",
    ),
    "produce": (
        "outwatch produce answers.jsonl",
        "outwatch produce answers.jsonl.gz --rate 50 --shift-to-now",
        "outwatch produce answers.jsonl --feedback complaints.jsonl --json",
    ),
    "topics": ("outwatch topics create", "outwatch topics list --json"),
    "topics create": ("outwatch topics create",),
    "topics list": ("outwatch topics list", "outwatch topics list --json"),
    "show": ("outwatch show llm.outputs/3/1", "outwatch show llm.outputs/3/1 --json"),
    "hash-user": (
        "outwatch hash-user customer-17",
        "cat customers.txt | outwatch hash-user --stdin",
    ),
    "rules": ("outwatch rules check", "outwatch rules check rules.yaml"),
    "rules check": ("outwatch rules check", "outwatch rules check rules.yaml --json"),
    "baseline": (
        "outwatch baseline good.jsonl --deployment support-bot --out baselines",
        "outwatch baseline good.jsonl --deployment support-bot --model-version 2026-11-01"
        " --out baselines",
    ),
    "evaluate": (
        "outwatch evaluate sets/",
        "outwatch evaluate secrets.jsonl.gz --json -",
        "outwatch evaluate sets/ --tasks pii,secrets --limit 500 --markdown results.md",
    ),
    "export": (
        "outwatch export --since 24h -o verdicts.parquet",
        "outwatch export --deployment support-bot --format csv > verdicts.csv",
        "outwatch export --ddl clickhouse",
    ),
    "schema": ("outwatch schema llm.outputs", "outwatch schema --out schemas"),
    "doctor": ("outwatch doctor", "outwatch doctor --quick --json"),
    "completion": (
        'eval "$(outwatch completion bash)"',
        "outwatch completion zsh > ~/.zfunc/_outwatch",
        "outwatch completion fish > ~/.config/fish/completions/outwatch.fish",
    ),
}


def examples(name: str) -> tuple[str, ...]:
    """Lines to copy for a command, named as it is typed (`topics create`). Raises `KeyError`."""
    return _EXAMPLES[name]


def epilog(name: str) -> str | None:
    """The same as click wants it under a command's help; None where there are none."""
    if name not in _EXAMPLES:
        return None
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in _EXAMPLES[name])])
