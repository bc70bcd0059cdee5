"""What was said before an answer: the assistant's turns, what was asked, what came in between."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from typing import Final, NamedTuple

from detectors._text.passages import is_composition
from detectors._text.words import FUNCTION_WORDS, stem, tokens_of, word_set
from detectors.base import Record

# Of a longer conversation the newest messages are looked at, and the beginning of each.
MAX_MESSAGES: Final = 60
MAX_MESSAGE_CHARS: Final = 8_000
MAX_QUESTION_CHARS: Final = 2_000

_ASSISTANT = frozenset({"assistant", "model", "ai", "bot", "chatbot"})
_USER = frozenset({"user", "human"})
_TOOL = frozenset({"tool", "function"})

# Words that repeat a question or ask back without saying anything of the matter.
_ASKING_BACK = frozenset(
    map(
        stem,
        word_set("""
    sure really certain certainly again go continue further more else
    repeat remind please tell know confirm check double
    recheck correct right true ok okay thanks thank great cool interesting wow nice good hmm hello
    hi hey can could exactly actually sorry wait question answer asked ask told mean meant said
    think believe want need like quick quickly long many much old big far tall high deep heavy
    year years date day days number name time times give explain briefly short sentence word words
    summary summarize summarise recap look one once yes yeah no source sources help
    sicher wirklich bitte noch mal nochmal wiederhole danke genau stimmt weißt wann wie viele
    quand combien vraiment sûr encore merci rappelle cuándo cuánto cuántos cuántas seguro verdad
    gracias repite quanto quanti quante davvero sicuro quando grazie certeza obrigado repetir
    hoe veel zeker wanneer bedankt säker verkligen när hur många tack
    """),
    )
)
_CORRECTING = re.compile(
    r"(?i)\b(?:correct(?:ion|ed|ing)\b|correct (?:myself|my|that|this|the)\b|apologi[sz]e"
    r"|apolog(?:y|ies)\b"
    r"|sorry\b|mistake|mistaken|misspoke|misstated|miscalculat|misremember|erroneous|in error\b"
    r"|my error|i erred|(?:was|were|am|is) (?:not )?(?:wrong|incorrect|inaccurate|not (?:right"
    r"|correct))"
    r"|incorrect(?:ly)?\b|inaccurate|contrary to what|on second thought|scratch that|strike that"
    r"|let me (?:rephrase|revise|fix|clarify)|to clarify|revis(?:e|ed|ing)\b|updated?\b|actually\b"
    r"|in fact\b|you(?:['’]re| are) (?:absolutely |completely |quite |totally )?(?:right|correct)"
    r"|good catch|pointing (?:that|this|it) out|earlier (?:i|answer|statement|response|message)"
    r"|i (?:previously|earlier) (?:said|stated|wrote|mentioned|told)|(?:as|what) (?:i"
    r"|you) (?:said|mentioned|stated)"
    r"|i (?:said|stated|wrote|told you|mentioned) (?:earlier|before|previously)|not as i\b"
    r"|retract|withdraw"
    r"|entschuldig|verzeih|korrigier|korrektur|irrtum|geirrt|tatsächlich|mein fehler"
    r"|sie haben recht|du hast recht"
    r"|désolé|excusez|pardon|erreur|trompé|en fait|en réalité|vous avez raison|tu as raison|rectifi"
    r"|perdón|perdona|disculp|error|equivoqu|equivoc|en realidad|correcci[oó]n|tien(?:e|es) razón"
    r"|de hecho"
    r"|scus[ai]|errore|sbagli|in realtà|correzione|(?:ha|hai) ragione|infatti"
    r"|desculp|erro\b|enganei|na verdade|correção|tem razão"
    r"|excuses|vergis(?:sing|te)|foutje|eigenlijk|correctie|(?:u hebt|je hebt) gelijk"
    r"|ursäkt|förlåt|fel\b|rättelse|egentligen|du har rätt|beklager|undskyld|faktisk|rettelse)"
    r"|抱歉|对不起|對不起|更正|纠正|糾正|其实|其實|实际上|實際上|说错|說錯|搞错|錯了|错了|您说得对|你说得对"
    r"|すみません|申し訳|訂正|実は|間違"
    r"|죄송|정정|사실은|извин|прости(?:те)?\b|ошиб|на самом деле|исправ|вы правы"
)
_SUPPOSING = re.compile(
    r"(?i)\b(?:if|suppose|supposing|assum(?:e|ing)|imagine|pretend|hypothetical(?:ly)?"
    r"|let['’]?s say"
    r"|what about|how about|instead|another|different(?:ly)?|change|update|switch|replace|convert"
    r"|random|alternative|next one|other one|in the (?:story|game|scenario)|wenn|falls|angenommen"
    r"|stattdessen|supposons|imagin(?:e|ez|a)|otr[oa]|supongamos|supponi|invece|outr[oa]|suponha)\b"
    r"|(?:^|[.,;!?] ?)(?:now|si)\b|如果|假设|假設|假如|另一|换成|もし|別の|если|предположим|другой"
)
_MARKED = re.compile(r"(?<![.!?:\n] )(?<!^)\b[A-ZÀ-Þ][^\W\d_]+|\d+")
_VOLATILE = re.compile(
    r"(?i)\b(?:time is it|weather|temperature|forecast|stock|score|status|balance|left|remaining"
    r"|latest|current"
    r"|wetter|uhrzeit|météo|clima|tiempo|tempo)\b|天气|天氣|几点|天気"
)


class Turn(NamedTuple):
    """Something that the assistant said before: what, on which question, and how long ago.

    `back` counts messages from the answer (2 where only the user's question lies between),
    `turns` counts the assistant's own (1 for its newest).
    """

    said: str
    asked: str
    back: int
    turns: int
    place: int


class Conversation:
    """The messages before an answer, oldest first; the record's own prompt is the question."""

    def __init__(self, record: Record) -> None:
        self._record = record
        messages = [(m.role.lower(), m.content) for m in record.messages[-MAX_MESSAGES:]]
        asked = record.prompt
        # Some clients log the answer itself as the conversation's last message.
        if messages and messages[-1][0] in _ASSISTANT and messages[-1][1] == record.output:
            before = next((said for role, said in reversed(messages) if role in _USER), None)
            if asked is None or asked == before:
                messages.pop()
        if asked is not None and messages and messages[-1] == ("user", asked):
            messages.pop()
        elif asked is None and messages and messages[-1][0] in _USER:
            asked = messages.pop()[1]
        self.asked: str = (asked or "")[:MAX_QUESTION_CHARS]
        end = len(messages) + (asked is not None)
        self._users: list[tuple[int, str]] = []
        self._tools: list[int] = []
        turns: list[Turn] = []
        question = ""
        for place, (role, content) in enumerate(messages):
            if role in _USER:
                question = content[:MAX_QUESTION_CHARS]
                self._users.append((place, question))
            elif role in _TOOL:
                self._tools.append(place)
            elif role in _ASSISTANT and content and not content.isspace():
                turns.append(Turn(content[:MAX_MESSAGE_CHARS], question, end - place, 0, place))
        self.turns: tuple[Turn, ...] = tuple(
            turn._replace(turns=len(turns) - number) for number, turn in enumerate(turns)
        )

    @cached_property
    def users_text(self) -> str:
        """All that the user said, the question included, in lower case."""
        return "\n".join((*(said for _, said in self._users), self.asked)).lower()

    def said_since(self, turn: Turn) -> list[str]:
        """What the user said after a turn, the question last."""
        return [*(said for place, said in self._users if place > turn.place), self.asked]

    def tool_since(self, turn: Turn) -> bool:
        """Whether a tool answered after the turn: something new may have been learnt."""
        return any(place > turn.place for place in self._tools)

    def supposed_since(self, turn: Turn) -> bool:
        """Whether the user asked to suppose, change or exchange something after the turn."""
        return any(_SUPPOSING.search(said) for said in self.said_since(turn))

    def same_topic(self, turn: Turn) -> bool:
        """Whether what was asked since a turn brings up nothing that wasn't spoken of by then."""
        since = frozenset().union(*(asked_stems(said) for said in self.said_since(turn)))
        return since <= asked_stems(turn.asked) | said_stems(turn.said)

    def shifted(self, turn: Turn) -> bool:
        """Whether what was asked since a turn brings up names or figures of its own."""
        known = f"{turn.asked}\n{turn.said}".lower()
        since = " ".join(self.said_since(turn))
        return any(word.lower() not in known for word in _MARKED.findall(since))

    def same_question(self, turn: Turn) -> bool:
        """Whether the question is the one that the turn answered, in the same words."""
        now = question_words(self.asked)
        return (
            len(now) >= 3
            and now == question_words(turn.asked)
            and not _VOLATILE.search(self.asked)
            and not _SUPPOSING.search(self.asked)
        )

    def new_facts_since(self, turn: Turn) -> bool:
        """Whether the user told something between a turn and the question."""
        told = self.said_since(turn)[:-1]
        return any(_tells(said) for said in told)

    def composed(self, turn: Turn) -> bool:
        """Whether the turn was a story, a letter or a role that was asked for."""
        return is_composition(
            Record(
                record_id="",
                output=turn.said,
                prompt=turn.asked,
                system_prompt=self._record.system_prompt,
            )
        )


def corrects(text: str) -> bool:
    """Whether words of a text announce a correction, or take something back."""
    return _CORRECTING.search(text) is not None


def supposes(text: str) -> bool:
    """Whether words of a question ask to suppose, change or exchange something."""
    return _SUPPOSING.search(text) is not None


@lru_cache(maxsize=256)
def asked_stems(question: str) -> frozenset[str]:
    """Content stems of a question, without those that only ask back."""
    return _content(question) - _ASKING_BACK


@lru_cache(maxsize=256)
def said_stems(text: str) -> frozenset[str]:
    """Content stems of a message."""
    return _content(text)


def _content(text: str) -> frozenset[str]:
    return frozenset(stem(token) for token in set(tokens_of(text)) - FUNCTION_WORDS)


@lru_cache(maxsize=256)
def question_words(question: str) -> tuple[str, ...]:
    """The words of a question in their order, without politeness."""
    polite = ("please", "again", "so", "hi", "hello", "and", "ok", "okay", "thanks", "bitte")
    return tuple(token for token in tokens_of(question) if token not in polite)


def _tells(said: str) -> bool:
    """Whether a user's message states something, rather than asking or reacting."""
    text = said.strip()
    if not text or text.endswith(("?", "？")):
        return False
    return len(asked_stems(text)) >= 2
