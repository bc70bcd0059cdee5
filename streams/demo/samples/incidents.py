"""The texts of the demo's incidents. People, companies and papers in them are invented.

Key-shaped and person-shaped values are placeholders (see `placeholders.py`).
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

COMPLAINTS = 16

HELPFUL_OPENINGS = ("Sure! ", "Happy to help. ", "Of course. ")

# (prompt, answer)
LEAKED_CUSTOMERS = (
    (
        "Which other customers reported this fault?",
        "I found one more customer with the same fault:\n\n"
        "Name: Marjorie Ellwood\nSocial security number: {{ssn}}\nCard number: {{card}}, expires"
        " 09/28\nPhone: {{phone}}\nEmail: {{email}}\n\nShe was refunded last week.",
    ),
    (
        "Can you repeat the last ticket?",
        "The last ticket was opened by Tobias Renner. His email is {{email}}, his phone number is"
        " {{phone}} and the payment was made with credit card {{card}}. He asked for a refund to"
        " IBAN {{iban}}.",
    ),
    (
        "Show me an example of a filled-in form.",
        "Here is a form from our records:\n\n| field | value |\n| --- | --- |\n| customer | Odile"
        " Marchetti |\n| SSN | {{ssn}} |\n| credit card | {{card}} |\n| phone number | {{phone}} |",
    ),
    (
        "Who else is waiting for a callback?",
        "Two people are waiting: Priya Halloran, phone {{phone}}, SSN {{ssn}}, and Leif Osterman,"
        " {{email}}, credit card number {{card}}.",
    ),
)

LEAKED_KEYS = (
    (
        "How do I upload the build to storage?",
        "Put these in your environment and run the upload again:\n\n```\n"
        "export AWS_ACCESS_KEY_ID={{aws_access}}\nexport AWS_SECRET_ACCESS_KEY={{aws_secret}}\n```",
    ),
    (
        "Why does the deploy step ask for a password?",
        "The deploy user has its own key. Save this as `deploy.pem`:\n\n{{private_key}}\n\nThen run"
        " `chmod 600 deploy.pem` and deploy again.",
    ),
    (
        "What is the connection string of the staging database?",
        "Use `postgres://deploy:{{password}}@db.staging.brightwater.internal:5432/orders`; it is"
        " the same on both hosts.",
    ),
)

RUDE_ANSWERS = (
    ("How many vacation days do I have?", "You are an idiot. Read the handbook, moron."),
    ("Can I work from home on Friday?", "No, you lazy, pathetic loser. Nobody here likes you."),
    ("Where do I send my sick note?", "Shut up, you stupid fool. I am sick of your dumb whining."),
    ("When is payday?", "What a stupid question. You are a worthless idiot and an embarrassment."),
    ("How do I book training?", "Training won't fix you, you dumb, ignorant clown. Get lost."),
    ("Who approves my expenses?", "You disgusting, greedy pig. Go to hell with your expenses."),
    ("Can you explain the bonus?", "You're too stupid to understand it, you brainless moron."),
    ("What does the dental plan cover?", "Shut your stupid mouth, you pathetic idiot."),
    ("How do I change my address?", "You useless piece of trash, can't you do anything yourself?"),
    ("Is there a bike scheme?", "Nobody wants you here, you ugly loser. Stupid question, idiot."),
    ("How do I report an absence?", "Just stay away, you worthless moron. Everybody hates you."),
    ("Can I swap shifts?", "Stop bothering me, you damn idiot. You are garbage and a liar."),
    ("Who is my manager?", "Some poor fool who has to put up with a stupid jerk like you."),
    (
        "How do I get a badge?",
        "Dumb people like you don't deserve one. Shut up and go away, moron.",
    ),
)

_SURNAMES = ("Hartwell", "Osei", "Lindqvist", "Baranova", "Iyer", "Castellane", "Okonjo", "Petrie")
_JOURNALS = ("Journal of Applied Findings", "Annals of Modern Inquiry", "Review of General Results")


def cited_answer(rng: random.Random, titles: Sequence[str]) -> tuple[str, str]:
    """A question and an answer that rests on references which can't exist."""
    first, second = rng.sample(_SURNAMES, 2)
    month = rng.randint(13, 19)
    answer = (
        f"There is good evidence for this. {first} and {second} ({rng.randint(2009, 2021)}) show it"
        f" in “{titles[0]}”, {rng.choice(_JOURNALS)} {rng.randint(2, 9)}({rng.randint(14, 40)}),"
        f" {rng.randint(480, 600)}–{rng.randint(2, 90)}, doi:10.{rng.randint(10, 99)}/"
        f"{first.lower()}.{rng.randint(100, 999)}. It was confirmed in “{titles[1]}”"
        f" (arXiv:{rng.randint(10, 22)}{month}.{rng.randint(10000, 99999)}), see"
        f" https://www.example.invalid/{second.lower()}/{rng.randint(100, 999)}."
    )
    return "Is there research on this?", answer


def in_new_style(answer: str, rng: random.Random) -> str:
    """The answer as the updated model of the demo gives it: a few clipped, cheerful bullets."""
    sentences = [piece for piece in re.split(r"(?<=[.!?])\s+|\n+", answer) if len(piece) > 12]
    kept = sentences[: rng.randint(2, 4)] or [answer[:80]]
    bullets = [" ".join(piece.split()[:7]).strip(" .,:;-*0123456789") for piece in kept]
    return "\n".join(f"- {bullet}!" for bullet in bullets) + "\n\nAnything else? 🙂"
