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
    "console": (
        "outwatch console",
        "outwatch --config outwatch.yaml console",
        "outwatch console --token dana --role act",
    ),
    "results": (
        "OUTWATCH_RESULTS_OTEL_TOPIC=otlp_logs outwatch results",
        "outwatch --config outwatch.yaml results",
    ),
    "feedback": (
        "outwatch feedback token shop --deployment support-bot >> feedback-tokens.yaml",
        "OUTWATCH_FEEDBACK_TOKENS=feedback-tokens.yaml outwatch feedback serve",
    ),
    "feedback serve": (
        "OUTWATCH_FEEDBACK_TOKENS=feedback-tokens.yaml outwatch feedback serve",
        "outwatch --config outwatch.yaml feedback serve --check",
    ),
    "feedback token": (
        "outwatch feedback token shop >> feedback-tokens.yaml",
        "outwatch feedback token shop --deployment support-bot --json",
    ),
    "demo": (
        "outwatch demo",
        "outwatch demo --plain --seconds 120",
        "outwatch demo --story list",
        "outwatch demo --story haiku --plain --seconds 80",
        "outwatch demo --write demo",
    ),
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
    "dead": ("outwatch dead list --since 24h", "outwatch dead retry --reason timed_out"),
    "dead list": (
        "outwatch dead list --since 24h",
        "outwatch dead list --reason not_json --topic llm.outputs --json",
    ),
    "dead retry": (
        "outwatch dead retry --reason timed_out --since 24h",
        "outwatch dead retry llm.outputs/3/1842 --dry-run",
        "outwatch dead retry llm.outputs/3/1842 --file mended.json",
    ),
    "incident": (
        "outwatch incident list",
        "outwatch incident show inc-698a708909e76a94",
        "outwatch incident ack inc-698a708909e76a94 -m 'looking at the prompt'",
    ),
    "triage": (
        "outwatch triage 'Nobody was threatened.'",
        "outwatch triage report.txt --json",
        "pbpaste | outwatch triage - --open --deployment support-bot",
    ),
    "incident list": (
        "outwatch incident list",
        "outwatch incident list --state all --deployment support-bot --json",
    ),
    "incident show": (
        "outwatch incident show inc-698a708909e76a94",
        "outwatch incident show 698a --for executive",
        "outwatch incident show 698a --for press --json",
    ),
    "incident acts": (
        "outwatch incident acts inc-698a708909e76a94",
        "outwatch incident acts --json > acts.jsonl",
    ),
    "incident ack": ("outwatch incident ack 698a -m 'looking at the prompt'",),
    "incident contain": (
        "outwatch incident contain 698a -m 'rolled back to v41'",
        "outwatch incident contain 698a --action support-bot-off",
        "outwatch incident contain 698a --action support-bot-off --run -m 'addresses leak'",
        "outwatch incident contain 698a --action support-bot-off --undo --run -m 'v43 is fine'",
    ),
    "actions": ("outwatch actions list", "outwatch actions check deploy/actions.yaml"),
    "actions list": ("outwatch actions list --playbook personal-data-leak",),
    "actions check": ("outwatch actions check", "outwatch actions check deploy/actions.yaml"),
    "evidence": (
        "outwatch evidence seal 698a --recipients legal-keys.txt -o 698a.age",
        "outwatch evidence verify 698a.age --identity legal.key",
    ),
    "evidence seal": (
        "outwatch evidence seal 698a --recipients legal-keys.txt -o 698a.age",
        "outwatch evidence seal 698a --recipients legal-keys.txt --whole -o - > 698a.age",
    ),
    "evidence verify": ("outwatch evidence verify 698a.age --identity legal.key",),
    "evidence list": ("outwatch evidence list 698a.age --identity legal.key --json",),
    "evidence open": (
        "outwatch evidence open 698a.age --identity legal.key --to case-698a",
        "outwatch evidence open 698a.age --identity legal.key --part manifest.json -o -",
    ),
    "incident resolve": ("outwatch incident resolve 698a -m 'v42 was the cause' --revision 7",),
    "incident reopen": ("outwatch incident reopen 698a -m 'v43 does it too'",),
    "incident assign": ("outwatch incident assign 698a bob",),
    "incident note": ("outwatch incident note 698a 'the prompt team is looking'",),
    "incident merge": ("outwatch incident merge 698a inc-1f00c2d36fb1a2c4",),
    "incident false-alarm": (
        "outwatch incident false-alarm 698a --reason limit-too-sensitive",
        "outwatch incident false-alarm 698a --reason expected -m 'red-team exercise'",
    ),
    "incident severity": ("outwatch incident severity 698a critical -m 'a child is involved'",),
    "incident aware": (
        "outwatch incident aware 698a --clock gdpr-33 -m 'two addresses are real'",
        "outwatch incident aware 698a --clock gdpr-33 --at 2026-11-29T03:10:00Z",
    ),
    "incident set-aside": (
        "outwatch incident set-aside 698a --clock gdpr-34 -m 'the risk is gone: keys were changed'",
    ),
    "incident clocks": (
        "outwatch incident clocks 698a",
        "outwatch incident clocks 698a --json",
    ),
    "incident statement-sent": (
        "outwatch incident statement-sent 698a -m 'holding, to support'",
        "outwatch incident statement-sent 698a --clock gdpr-33 -m 'first report, in phases'",
    ),
    "explain": (
        "outwatch explain",
        "outwatch explain prompt injection",
        "outwatch explain hallucination.citation",
        "outwatch explain 'falls in love' --json",
    ),
    "playbooks": ("outwatch playbooks list", "outwatch playbooks show jailbreak"),
    "playbooks list": ("outwatch playbooks list", "outwatch playbooks list --json"),
    "playbooks show": (
        "outwatch playbooks show personal-data-leak",
        "outwatch playbooks show jailbreak --deployment support-bot --json",
    ),
    "playbooks check": ("outwatch playbooks check", "outwatch playbooks check our-playbooks/"),
    "clocks": ("outwatch clocks list", "outwatch clocks show gdpr-33"),
    "clocks list": ("outwatch clocks list", "outwatch clocks list --json"),
    "clocks show": ("outwatch clocks show gdpr-33", "outwatch clocks show ai-act-73-2 --json"),
    "clocks check": ("outwatch clocks check", "outwatch clocks check our-clocks/"),
    "incident report": (
        "outwatch incidents report --since 30d",
        "outwatch incident report --since 2026-11-01T00:00 --json",
    ),
    "postmortem": (
        "outwatch postmortem 698a -o postmortem.md",
        "outwatch postmortem 698a --action 'test new versions on the case' --owner prompt-team"
        " --due 2026-12-04",
        "outwatch postmortem 698a --done 1 -m 'in the release gate'",
        "outwatch postmortem 698a --incidents replayed.json --verdicts verdicts.jsonl",
    ),
    "incident silence": (
        "outwatch incident silence query",
        "outwatch incident silence add kind=drift deployment=support-bot -d 2h -c 'v43 rolls out'",
    ),
    "incident silence add": (
        "outwatch incident silence add kind=drift deployment=support-bot -d 2h -c 'v43 rolls out'",
        "outwatch incident silence add 'rule=~over-refusal.*' --start 2026-12-01T02:00Z"
        " --end 2026-12-01T04:00Z -c maintenance",
        "outwatch incident silence add incident=inc-698a708909e76a94 --critical -d 30m"
        " -c 'red-team exercise'",
    ),
    "incident silence query": (
        "outwatch incident silence query",
        "outwatch incident silence query --state all --json",
    ),
    "incident silence expire": ("outwatch incident silence expire 3f2a9c",),
    "contacts": ("outwatch contacts check",),
    "contacts check": (
        "outwatch --config outwatch.yaml contacts check",
        "outwatch contacts check contacts.yaml --at 2026-12-24T22:00Z",
        "outwatch contacts check --json",
    ),
    "museum": (
        "outwatch museum add llm.outputs/3/1 --incident inc-1f0c77a2 --file museum.jsonl",
        "outwatch museum check --file museum.jsonl --cases aside.jsonl",
    ),
    "museum add": (
        "outwatch museum add llm.outputs/3/1 --incident inc-1f0c77a2",
        "outwatch museum add --text attack.txt --twin harmless.txt --file museum.jsonl --yes",
    ),
    "museum twin": ("outwatch museum twin museum-5be1c0ffee --text harmless.txt",),
    "museum list": ("outwatch museum list", "outwatch museum list --all --json"),
    "museum show": ("outwatch museum show museum-5be1c0ffee",),
    "museum revoke": ("outwatch museum revoke museum-5be1c0ffee",),
    "museum check": (
        "outwatch museum check --file museum.jsonl",
        "outwatch museum check --cases paraphrases.jsonl --cases ordinary.jsonl --json",
    ),
    "museum export": (
        "outwatch museum export --as chat -o train.jsonl",
        "outwatch museum export --as pyrit --split held-out -o museum.yaml",
    ),
    "canary": (
        "outwatch canary mint --kind prompt --where 'support-bot v12' --file canaries.jsonl",
        "outwatch canary list --file canaries.jsonl",
    ),
    "canary mint": (
        "outwatch canary mint --kind prompt --where 'support-bot v12' --expires 180d",
        "outwatch canary mint --kind record --where 'crm export' -n 5 --file canaries.jsonl",
    ),
    "canary list": (
        "outwatch canary list",
        "outwatch canary list --state expired --json",
    ),
    "canary revoke": ("outwatch canary revoke canary-1f0c77a2",),
    "canary plant": ("outwatch canary plant canary-1f0c77a2",),
    "hash-user": (
        "outwatch hash-user customer-17",
        "cat customers.txt | outwatch hash-user --stdin",
    ),
    "rules": ("outwatch rules check", "outwatch rules check rules.yaml"),
    "rules show": (
        "outwatch rules show > rules.yaml",
        "outwatch rules show rules.yaml --only refusals",
        "outwatch rules show --deployment support-bot --json",
    ),
    "rules signals": ("outwatch rules signals", "outwatch rules signals --json"),
    "rules check": ("outwatch rules check", "outwatch rules check rules.yaml --json"),
    "backtest": (
        "outwatch backtest rules.yaml --since 7d --against in-force",
        "outwatch backtest rules.yaml verdicts.parquet --at-most 3/day",
        "outwatch backtest verdicts.jsonl --labels labels.csv --incidents incidents.json",
        "outwatch backtest --sweep refusals --from 0.1 --to 0.6 --svg refusals.svg",
        "outwatch backtest verdicts.jsonl --opens-by 2026-11-29T03:10:00Z",
        "outwatch backtest after-verdicts.jsonl --opens-none jailbreak",
    ),
    "review": ("outwatch review draw --signal refusal.full --since 7d -o refusals.queue",),
    "review draw": (
        "outwatch review draw --signal refusal.full --since 7d -o refusals.queue",
        "outwatch review draw verdicts.parquet --signal pii.any -n 400 -o pii.queue",
    ),
    "review label": (
        "outwatch review label refusals.queue --reviewer ada",
        "outwatch review label refusals.queue --reviewer ada --answer no",
    ),
    "review report": ("outwatch review report refusals.queue",),
    "rules exclude": (
        "outwatch rules exclude --from inc-3f2a --reason 'our refund policy, quoted'",
        "outwatch rules exclude --from inc-3f2a --reason 'our refund policy, quoted'"
        " --labels labels.csv -o exclusions.yaml --close",
    ),
    "maps": ("outwatch maps show", "outwatch maps back --to 2"),
    "maps show": ("outwatch maps show", "outwatch maps show score-maps.yaml --json"),
    "maps back": ("outwatch maps back --to 2", "outwatch maps back score-maps.yaml --to 0"),
    "calibrate": (
        "outwatch calibrate --labels labels.csv --since 30d",
        "outwatch calibrate verdicts.parquet --labels labels.csv --precision 0.9 -o rules.yaml",
        "outwatch calibrate --labels labels.csv --since 30d --maps score-maps.yaml",
    ),
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
