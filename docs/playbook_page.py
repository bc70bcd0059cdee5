"""The page on playbooks, made of those that come with outwatch and of what the reader takes."""

from __future__ import annotations

from streams.incidents.playbooks.fields import OF_INCIDENT, OF_SETTINGS
from streams.incidents.playbooks.lines import KAFKA
from streams.incidents.playbooks.playbook import ROLES
from streams.incidents.playbooks.reader import NIST, shipped
from streams.incidents.playbooks.told import severity_words, taxonomy_words
from streams.incidents.statements.kinds import kinds

_KEYS = {
    "playbook": "the `playbook` of the rules that it is for; default: the file's name without"
    " `.yaml`",
    "deployments": "patterns of deployments for which it holds; default: all. One for some goes"
    " before one for all",
    "recognise": "sentences: how to know it",
    "first": "steps of the first five minutes. Pages carry them, so each `run` begins with"
    " `outwatch`, and only names of the incident are filled in",
    "contain": "steps that stop the harm",
    "diagnose": "steps that find out more; each with `run` or `promql`, and with `expect`, `stop`"
    " and `next`",
    "causes": "likely causes, to be ticked",
    "tell": "who must know: `role`, `by` (15m, 4h, 2d, or the id of a [clock](clocks.md)), `when`"
    " that is so",
    "fixes": "sentences: what keeps it away",
    "over": "steps: how to see that it is over",
    "severity": "from which figures on it is `high` or `critical`, in place of the limits of its"
    " kind ([triage](triage.md)): `{high: {users: 3, records: 10}}`, any one of which is enough."
    " What is left out keeps the limits of the kind. A file may hold this alone: the steps are then"
    " those of the kind. The incident names the file whose limits it goes by",
    "taxonomy": "ids of others: `atlas` (MITRE ATLAS), `owasp` (Top 10 for LLM applications,"
    " 2025), `nist` (the risks of AI 600-1), `mit` (AI Risk Repository, subdomains). ATLAS is about"
    " attacks: leave it empty where nobody attacked",
}
_STEP = {
    "do": "what to do, in words",
    "run": f"one line to type: `outwatch …`, or one of {', '.join(f'`{one}`' for one in KAFKA)}."
    " No pipes",
    "promql": "one expression for Prometheus, in place of `run`",
    "expect": "what is then seen",
    "stop": "when to go no further",
    "next": f"who goes on: {', '.join(ROLES)}",
}


def playbooks() -> str:
    """Every playbook on a line, and the reference of what a file may hold."""
    book = shipped()
    parts = [
        "What to do about each kind of incident: how to know it, the first five minutes, how to"
        " stop the harm, what to type to find out more, likely causes, who must know by when, and"
        " how to see that it is over.\n",
        "<!-- not run: it needs an open incident -->\n```sh\noutwatch incident show 698a\n```\n",
        "prints the first five minutes, and every line of its playbook with names, places and"
        " times filled in; pages carry the first five minutes. A step that needs what isn't known"
        " of an incident is left out. What comes from outside stays one word of the shell, and"
        " inside its quotes in PromQL. On brokers that ask for a login, add your"
        " `--command-config` or `-F` to Kafka's own programs.\n",
        "```sh\noutwatch playbooks list\noutwatch playbooks show jailbreak\n```\n",
        "What each audience is told, by the same kinds: [what to tell people](statements.md).\n",
        "## Those that come with outwatch\n\n| playbook | about | how bad by its figures |"
        " filed elsewhere as |\n| --- | --- | --- | --- |",
    ]
    for name in book.names():
        bad = "; ".join(severity_words(name)) or "as its rules say"
        ids = "; ".join(taxonomy_words(book.of(name, "").taxonomy))
        parts.append(f"| `{name}` | {kinds()[name].title} | {bad} | {ids} |")
    parts += [
        "\n`every` has what belongs to all of them: its `first` stands before theirs, and all"
        " else after. `other` is for rules whose `playbook` has no file.\n",
        "## Your own\n",
        "`incidents.playbooks` names a folder of YAML files, or one file. A file replaces the whole"
        " playbook of its name, for all deployments or for some; another name adds one. So can"
        " `every` and `other` be replaced.\n",
        _EXAMPLE,
        "A file with a mistake is refused with its line, and the reason. A worker that is running"
        " keeps the playbooks that it has, and says so in its log; it reads the folder again"
        " within seconds of a change. `incident show` then prints those that come with outwatch,"
        " and says that too.\n",
        "| key | what it holds |\n| --- | --- |",
        *(f"| `{key}` | {text} |" for key, text in _KEYS.items()),
        "\nAll are needed but `playbook`, `deployments`, `severity` and `taxonomy`; `every` needs"
        " none. A step has:\n",
        "| key | what it holds |\n| --- | --- |",
        *(f"| `{key}` | {text} |" for key, text in _STEP.items()),
        "\nNames in braces are filled in:\n",
        "| name | stands for | |\n| --- | --- | --- |",
        *(f"| `{{{name}}}` | {text} | |" for name, text in OF_INCIDENT.items()),
        *(f"| `{{{name}}}` | {text} | not in `first` |" for name, text in OF_SETTINGS.items()),
        f"\nThe risks of NIST AI 600-1, as they are written: {'; '.join(NIST)}.\n",
    ]
    return "\n".join(parts)


_EXAMPLE = """\
<!-- file: our-playbooks/support.yaml -->
```yaml
playbook: romance
deployments: [support-*]

recognise:
  - The support bot flirts with a customer.

first:
  - do: Ask whether the customer is all right.

contain:
  - do: Hand the conversation to a person.

diagnose:
  - do: See how often it comes
    promql: sum(increase(outwatch_rule_above_total{deployment="{deployment}",rule="{rule}"}[1h]))
    expect: A number.
    stop: It is 0.
    next: prompt-engineering

causes:
  - The persona text of the spring campaign.

tell:
  - {role: support, by: 15m, when: always}

fixes:
  - Test the bot with lonely customers.

over:
  - do: Have the same conversation again.
    expect: It stays friendly, and no more.
```

```sh
outwatch playbooks check our-playbooks
```

<!-- output -->
```text
replaced   romance for support-*
our-playbooks: 22 playbooks, good
```
"""
