"""Whether what a report tells of is so: told, denied, asked, supposed, over, or of others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum

from streams.triage.english import Sentence
from streams.triage.patterns import Words, patterns


class Standing(Enum):
    """How something that is told of stands; the value is how a reason says it."""

    SO = "is told of"
    DENIED = "is denied"
    ASKED = "is only asked about"
    SUPPOSED = "is only supposed"
    OVER = "is over"
    REFUSED = "was asked for and refused"
    UNANSWERED = "was asked for, and what came isn't told"
    PRACTICE = "was a test"
    FICTION = "was a story or a quotation"
    ELSEWHERE = "isn't about our model"
    TAKEN_BACK = "is taken back"


_BOUND = re.compile(
    r"\b(?:but|however|yet|although|though|except|because|until|then|so|which|who|when|while"
    r"|after|before|that)\b|[:;(]|, (?:and )?(?:it|he|she|they|the|our|your|today|yesterday|now"
    r"|just|instead|only)\b|\band (?:it|he|she|they|the|then|now|instead|even)\b"
)
_HARD_BOUND = re.compile(r"\b(?:but|however|yet|although|though|except|instead)\b|[;]")
_BOT = re.compile(r"\b(?:bots?|chatbot|assistants?|ai|model|it|llm|robot|agent|copilot|system)\b")
_PERSON = re.compile(
    r"\b(?:customers?|users?|clients?|callers?|guests?|people|man|woman|guy|lady|he|she|they|i|we"
    r"|someone|visitors?|subscribers?|members?|students?|patients?|person)\b"
)
_ASKER = re.compile(
    r"\b(?:customer|user|client|caller|guest|student|he|she|they|i|we|someone|somebody|person|people|kid"
    r"|teen\w*|boy|girl|man|woman|guy|patient|visitor|attacker|hacker|tester)\b(?: \w+){0,3}? "
    r"(?:asks?|asked|requests?|requested|wants?|wanted|tries|tried|trying|attempted|demands?|demanded"
    r"|typed|prompted|searched|inquired|looking)\b(?! (?:why|whether|for comment|about the))"
)
_DID_NOT = re.compile(
    r"^\W*(?:\w+ ){0,2}?(?:did|is|has|was|does|are|were|have|do) not (?!know|see|think)"
)
_SAID = re.compile(
    r"\b(?:(?:bot|chatbot|assistant|ai|model|it|agent|he|she) (?:\w+ )?(?:says?|said|wrote|writes"
    r"|will|would|going to|wants? to)|told \w+(?: \S+){0,3} that)\b(?! (?:if|whether))"
)
_BY_WAY_OF = re.compile(
    r"if (?:you|one|anyone|anybody|someone|somebody|people) (?:just |only |simply )?(?:says?|asks?"
    r"|types?|writes?|enters?|clicks?|tells?|gives?|sends?|uses?|press|presses|prompts?|begs?)\b"
    r"(?!.*\b(?:would|could|might|may|should)\b)"
)
_NOTHING = re.compile(
    r"(?:\W|and |but |so |well |ok |okay )*"
    r"(?P<what>nobody|no one|none|nothing|no|not(?= ,)|nope|zero|neither)\b"
)
_TO_MODEL = re.compile(r" ?(?:the |our |your )?(?:chat ?)?(?:bot|chatbot|assistant|model|ai)\b")
_THREATENS = re.compile(r"^threat|^menac|^intimidat|^blackmail|^extort")
_BEFORE_BOUNDS = 6


class Report:
    """The sentences of a report with what holds for all of them."""

    def __init__(self, told: Sequence[Sentence]) -> None:
        words = patterns()
        self.words = words
        self.sentences = [
            one._replace(text=words.idioms.sub(" _ ", one.text) if words.idioms else one.text)
            for one in told
        ]
        self.texts = [one.text for one in self.sentences]
        self.over_at = [self._over(text) for text in self.texts]
        self.taken_back_at = [self._taken_back(text) for text in self.texts]
        self.practice = any(
            re.search(r"this is (?:just |only )?an? (?:test|drill|exercise|simulation)", text)
            and not words.live.search(text)
            for text in self.texts
        )
        self.live = any(words.live.search(text) for text in self.texts)

    def standing(self, number: int, start: int, end: int, *, kind: str, mild: bool) -> Standing:
        """How what stands in a sentence, from `start` to `end`, is told; `mild` things count when
        they are asked about too."""
        words, sentence = self.words, self.sentences[number]
        text = sentence.text
        before, after = text[:start], text[end:]
        near = _clause(before, _BOUND)
        hard = _clause(before, _HARD_BOUND)
        if self._elsewhere(text, start, end, kind):
            return Standing.ELSEWHERE
        presumed = sentence.asks and _DID_NOT.search(text)
        if not presumed and self._denied(near, hard, after, text[start:end]):
            return Standing.DENIED
        if self._asked(sentence, mild=mild):
            return Standing.ASKED
        if self._supposed(hard) and not (mild and words.uncertain.search(text)):
            return Standing.SUPPOSED
        if self._taken_back_after(number, end):
            return Standing.TAKEN_BACK
        if not self.live and (self.practice or self._practice(number)):
            return Standing.PRACTICE
        if self._over_now(number, start):
            return Standing.OVER
        if words.past.search(text) and not words.fresh.search(text):
            return Standing.OVER
        if words.fiction.search(text):
            return Standing.FICTION
        if not mild and kind != "threat":
            answer = self._refusal(number, before)
            if answer is not None:
                return answer
        if kind == "threat" and self._unwilling(near, hard, after):
            return Standing.REFUSED
        return Standing.SO

    def as_told(self, number: int, *, mild: bool) -> Standing:
        """How a sentence as a whole is told, whatever it tells of; what it denies isn't asked."""
        words, sentence = self.words, self.sentences[number]
        text = sentence.text
        if words.others_bot.search(text) and not words.ours.search(text):
            return Standing.ELSEWHERE
        tail = "," in text and not words.asks.search(text)
        if sentence.asks and not tail and not self._presumes(text):
            return Standing.ASKED
        opening = _NOTHING.match(text)
        if opening and not self._bridged(text, opening.start("what")):
            return Standing.DENIED
        if self._supposed(text):
            return Standing.SUPPOSED
        if not mild and words.fiction.search(text):
            return Standing.FICTION
        if self._taken_back_after(number, len(text)):
            return Standing.TAKEN_BACK
        if not self.live and (self.practice or self._practice(number)):
            return Standing.PRACTICE
        past = words.past.search(text) and not words.fresh.search(text)
        if past or self._over_now(number, len(text)):
            return Standing.OVER
        refusal = None if mild else self._refusal(number, text)
        return Standing.REFUSED if refusal is Standing.REFUSED else Standing.SO

    def _supposed(self, text: str) -> bool:
        """Whether something is supposed; the condition on which the model would do it isn't, nor
        how anybody gets it done."""
        return any(
            not (
                one.group() == "if"
                and (_SAID.search(text[: one.start()]) or _BY_WAY_OF.match(text[one.start() :]))
            )
            for one in self.words.supposed.finditer(text)
        )

    def _presumes(self, text: str) -> bool:
        """Whether a question takes what it asks about for so."""
        return bool(self.words.asserts_in_question.search(text) or _DID_NOT.search(text))

    def _denied(self, near: str, hard: str, after: str, found: str) -> bool:
        words = self.words
        if found.startswith(("not ", "no ", "nothing ", "will not ", "does not ")):
            near = near + " "
        for pattern, text, most in (
            (words.denials, near, _BEFORE_BOUNDS),
            (words.far_denials, hard, 12),
        ):
            for one in pattern.finditer(text):
                between = text[one.end() :].split()
                if len([word for word in between if word.isalnum()]) > most:
                    continue
                if words.not_denied.match(text, one.start()) or self._bridged(text, one.start()):
                    continue
                if "," in between and pattern is words.denials and len(between) > 3:
                    continue
                return True
        # "I don't think that it threatened anyone"
        if re.search(
            r"\b(?:do|did|does|would) not (?:\w+ )?(?:think|believe|say|claim|see|find|notice"
            r"|hear|suggest|mean|recall|remember)\b(?: \w+){0,4} ?$",
            hard,
        ):
            return True
        return bool(words.denied_after.search(after[:90]))

    def _bridged(self, text: str, start: int) -> bool:
        """Whether what denies is itself part of a phrase that denies nothing."""
        return any(one.start() <= start < one.end() for one in self.words.not_denied.finditer(text))

    def _asked(self, sentence: Sentence, *, mild: bool) -> bool:
        words = self.words
        if not sentence.asks or self._presumes(sentence.text):
            return False
        return bool((words.asks_capability if mild else words.asks).search(sentence.text))

    def _elsewhere(self, text: str, start: int, end: int, kind: str) -> bool:
        words = self.words
        found, after = text[start:end], text[end:]
        theirs = kind == "threat" and _THREATENS.match(found) is not None
        if theirs and not _by_model(_clause(text[:start], _BOUND)):
            said_after = " ".join(after.split()[:11])
            if words.leave.search(said_after) or _TO_MODEL.match(after):
                return True
        return bool(words.others_bot.search(text) and not words.ours.search(text))

    def _over(self, text: str) -> int:
        """Where a sentence says that something is over; -1 where it doesn't."""
        for one in self.words.over.finditer(text):
            if not self.words.not_over.search(text[: one.start()]):
                return one.start()
        return -1

    def _over_now(self, number: int, start: int) -> bool:
        for place in range(len(self.texts)):
            at = self.over_at[place]
            if at < 0 or (place < number and place != number - 1 and place != 0):
                continue
            rest = self.words.over.sub(" ", self.texts[place][at:])
            later = " . ".join([rest, *self.texts[place + 1 :]])
            if self.words.still.search(later):
                continue
            if place == number and at < start and _HARD_BOUND.search(self.texts[number][at:start]):
                continue
            if place < number and self.words.still.search(self.texts[number]):
                continue
            return True
        return False

    def _taken_back(self, text: str) -> int:
        for one in self.words.taken_back.finditer(text):
            if not self.words.taken_back_not.search(text[: one.start()]):
                return one.start()
        return -1

    def _taken_back_after(self, number: int, end: int) -> bool:
        """Whether something is taken back where it is told, or later, or just before."""
        if self.taken_back_at[number] >= 0:
            at = self.taken_back_at[number]
            if at >= end or not _HARD_BOUND.search(self.texts[number][at:end]):
                return True
        return any(at >= 0 for at in self.taken_back_at[number + 1 :])

    def _practice(self, number: int) -> bool:
        for text in self.texts[max(0, number - 1) : number + 2]:
            for one in self.words.practice.finditer(text):
                if not self.words.practice_not.search(text[: one.start()]):
                    return True
        return False

    def _refusal(self, number: int, before: str) -> Standing | None:
        """What became of something that somebody asked the model for; None where nobody did."""
        words = self.words
        around = self.texts[max(0, number - 1) : number + 2]
        asked = any(
            words.asked.search(text) for text in self.texts[max(0, number - 1) : number + 1]
        )
        for text in around:
            for one in words.refused.finditer(text):
                if words.refused_not.search(text[: one.start()]):
                    continue
                if words.refused_first.search(text[one.end() :]) or (
                    text is not around[-1]
                    and words.refused_first.search(" ".join(around[1:]))
                    and re.search(
                        r"\b(?:then|eventually|finally|in the end|anyway|complied)\b",
                        " ".join(around),
                    )
                ):
                    continue
                return Standing.REFUSED
        if asked and _ASKER.search(_clause(before, _HARD_BOUND)):
            later = " . ".join(
                [self.texts[number][len(before) :], *self.texts[number + 1 : number + 2]]
            )
            if not words.complied.search(later):
                return Standing.UNANSWERED
        return None

    def _unwilling(self, near: str, hard: str, after: str) -> bool:
        """Whether the model was to threaten, and didn't."""
        words = self.words
        if words.refused.search(near) and not self._vain(near):
            return True
        refused = words.refused.search(after) if words.asked.search(hard) else None
        return refused is not None and not words.refused_first.search(after[refused.end() :])

    def _vain(self, text: str) -> bool:
        return any(
            self.words.refused_not.search(text[: one.start()])
            for one in self.words.refused.finditer(text)
        )


def _clause(before: str, bound: re.Pattern[str]) -> str:
    """What of a text comes after its last boundary."""
    ends = [one.end() for one in bound.finditer(before)]
    return before[ends[-1] :] if ends else before


def _by_model(before: str) -> bool:
    """Whether the model is named first or last of those who may have done something."""
    bots = [one.start() for one in _BOT.finditer(before)]
    people = [one.start() for one in _PERSON.finditer(before)]
    return bool(bots) and (not people or bots[-1] > people[-1] or bots[0] < people[0])


__all__ = ["Report", "Standing", "Words"]
