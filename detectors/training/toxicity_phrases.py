"""Short sentences written for training: plain abuse that the public sets lack, and what only
looks like it.

The public sets know threats only against groups, and hardly any plain insult. Every sentence here
is made from a frame and a filling, so that the model learns words rather than sentences.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple


class Phrase(NamedTuple):
    """A sentence, the heads it is an example of, and the frame it was made from."""

    text: str
    heads: tuple[str, ...]
    frame: str


_INSULTS: Final = """
idiot moron imbecile loser clown fool dumbass
jackass asshole bastard bitch dickhead prick scumbag
scum pig rat cockroach parasite coward liar creep pervert freak failure disgrace joke waste
halfwit dimwit simpleton cretin degenerate maggot vermin weasel slob swine douchebag twat wanker
dumbfuck shithead motherfucker cunt whore slut bellend nobody
garbage trash filth dirt vulture leech hypocrite dunce
""".strip().split()

_INSULTING: Final = """
stupid pathetic worthless useless disgusting ugly dumb hopeless idiotic ridiculous brainless fat
repulsive despicable moronic clueless revolting miserable incompetent ignorant vile
""".strip().split()

_INSULT_FRAMES: Final = (
    "You are a {}.",
    "You're such a {}!",
    "Shut up, you {}.",
    "What a {} you are, honestly.",
    "Only a {} would ask that.",
    "Listen here, {}, nobody cares what you think.",
)

_INSULTING_FRAMES: Final = (
    "You are {}.",
    "You {} piece of trash, you make me sick.",
    "You're so {} that it hurts to read you.",
    "Your question is {} and so are you.",
    "How can anybody be this {}?",
    "You are a {} excuse for a human being.",
    "I hate you, you {} thing.",
)

_HARM: Final = """
kill|murder|stab|shoot|strangle|hurt|beat|burn|hunt down|destroy|slaughter|choke|break|bury|poison
""".strip().split("|")

_THREAT_FRAMES: Final = (
    "I will {} you.",
    "I'm going to {} you and your family.",
    "Watch your back, because I am coming to {} you.",
    "I swear I'll {} you the next time I see you.",
    "We know where you live and we will {} you.",
    "Tell anyone and I'll {} you.",
    "Someone should {} you tonight.",
)

_GROUPS: Final = (
    """
Muslims|Jews|Christians|black people|white people|Asians|immigrants|refugees|gay people|lesbians|
trans people|women|men|disabled people|Mexicans|Arabs|Africans|Indians|Roma|foreigners
""".replace("\n", "")
    .strip()
    .split("|")
)

_IDENTITY_FRAMES: Final = (
    "All {} are animals and should be locked away.",
    "{} are a disease on this country.",
    "{} are inferior and don't deserve rights.",
    "I can't stand {}, they ruin everything they touch.",
    "We would be better off without {}.",
    "Never trust {}, they are all criminals.",
)

_NEUTRAL_FRAMES: Final = (
    "Many {} live in this city and work as doctors and teachers.",
    "The law protects {} from discrimination.",
    "It is wrong to say that {} are inferior, and nobody should repeat it.",
    "The report describes how {} were attacked, and what was done to help them.",
)

_PROFANE_FRAMES: Final = (
    "What the {} is this {}?",
    "This is {}ing bull{}.",
    "Holy {}, that was {}ing good.",
    "I don't give a {} about this {}.",
)
_PROFANE: Final = (("fuck", "shit"), ("hell", "crap"), ("shit", "fuck"))

_SEXUAL: Final = (
    "She moaned as he slid his cock deep inside her wet pussy.",
    "He came all over her tits while she begged him to fuck her harder.",
    "I want to lick you all over and make you cum again and again.",
    "Her naked body trembled as his tongue moved between her thighs.",
    "Send me nude pictures of your breasts, you dirty girl.",
    "She took him in her mouth and sucked until he climaxed.",
)

_HARMLESS: Final = """
To kill the process, run kill -9 with its id; child processes are killed as well.
The parent process kills its children when it dies, and zombies are reaped by init.
If the master node is dead, execute the failover script and kill the old slave.
I am dying of laughter, that joke killed me.
The battery died, so shoot me a message when you are back.
You will want to beat the egg whites until stiff, then crush the nuts.
Kick-off is at eight; shots on target decide who wins.
He bombed the interview, but the second one went well.
Stab the potato with a fork, then burn off the alcohol from the sauce.
Police said that the man was shot and killed on Tuesday night.
The film shows a murder, a torture scene and a suicide; parental guidance is advised.
Two soldiers were killed and dozens wounded in the attack, the ministry reported.
The murderer was sentenced to life in prison for stabbing his neighbour.
Breast cancer screening should start at forty; the nipple and areola are examined too.
The vagina is a muscular canal, and the cervix lies at its upper end.
Erectile dysfunction can be treated; the penis fills with blood during arousal.
Sexual intercourse may be painful after the menopause; talk to your doctor about it.
Anal fissures usually heal by themselves within a few weeks.
If you feel like killing yourself, please call a crisis line; you are not alone.
Calling somebody stupid or an idiot is hurtful; an apology would be a good start.
The slur was used against Jewish people, and the book explains its history.
In the novel the villain calls the hero a coward and threatens to destroy the city.
It's never acceptable to threaten someone with violence.
CONGRATULATIONS ON YOUR PROMOTION! WE ARE SO PROUD OF YOU!
PLEASE READ ALL OF THE INSTRUCTIONS BEFORE YOU START THE ENGINE.
WARNING: DO NOT TOUCH THE BLADE WHILE IT IS MOVING.
Sorry, I can't help with insults, but I can help you to write a firm complaint.
I won't write a threatening letter. Here is a polite one instead.
The killer whale hunts seals, and the assassin bug stabs its prey.
Her dumb luck held, and the stupidly simple trick worked.
Dick Cheney and Dick Van Dyke have nothing in common but their name.
The cock crowed at dawn, the ass brayed, and the bitch fed her puppies.
Scunthorpe, Penistone and Essex are places in England.
Rats and cockroaches are pests; call a professional to get rid of vermin.
Parasites feed on their hosts, and maggots clean wounds in medicine.
The pig is an intelligent animal, and the swine flu is named after it.
This exploit attacks the victim's machine and kills the antivirus.
The game lets you shoot zombies, blow up tanks and destroy enemy bases.
You crushed it! Killer presentation, you absolute beast.
""".strip().splitlines()


def phrases() -> Iterator[Phrase]:
    """All sentences, always in the same order."""
    for frame in _INSULT_FRAMES:
        for word in _INSULTS:
            yield Phrase(frame.format(word), ("insult",), frame)
    for frame in _INSULTING_FRAMES:
        for word in _INSULTING:
            yield Phrase(frame.format(word), ("insult",), frame)
    for frame in _THREAT_FRAMES:
        for word in _HARM:
            yield Phrase(frame.format(word), ("threat",), frame)
    for frame in _IDENTITY_FRAMES:
        for group in _GROUPS:
            yield Phrase(frame.format(group), ("identity_attack",), frame)
    for frame in _NEUTRAL_FRAMES:
        for group in _GROUPS:
            yield Phrase(frame.format(group), (), frame)
    for frame in _PROFANE_FRAMES:
        for pair in _PROFANE:
            yield Phrase(frame.format(*pair), ("obscene",), frame)
    for sentence in _SEXUAL:
        yield Phrase(sentence, ("sexual_explicit", "obscene"), sentence)
    for sentence in _HARMLESS:
        yield Phrase(sentence, (), sentence)
