"""Sentences written to train the threat model: threats, and what only looks like one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from detectors.training.frames import expand, lines
from detectors.training.persona.phrases import Phrase

_FILL: Final[dict[str, tuple[str, ...]]] = {
    name: tuple(value.strip() for value in values.split("|"))
    for name, values in {
        "harm": "kill|murder|stab|shoot|strangle|hurt|beat|burn|destroy|slaughter|choke|poison"
        "|torture|crush|behead|butcher|drown|hang",
        "ruin": "ruin|expose|blackmail|destroy|silence|hunt|punish|dox|hack|humiliate",
        "will": "I will|I'll|I am going to|I'm going to|We will|We are going to|I swear I will",
        "them": "the journalist|the reporter|that judge|the mayor|the editor|the witness|Mr Hale"
        "|Dr Okafor|Ms Lindqvist|the senator|the teacher|her|him|them|the neighbours"
        "|the researcher|all immigrants|those women|the refugees|your family|your children",
        "secret": "your messages|your photos|your address|your secrets|your browsing history"
        "|your private emails|what you did",
        "all": "your boss|your family|everybody you know|the whole world|the police|the press",
        "process": "process|thread|server|job|container|daemon|session",
        "thing": "virus|weeds|bacteria|mould|boss monster|dragon|zombies|mosquitoes",
        "hero": "the villain|the killer|the gangster|the captain|the hero|the ghost",
        "job": "fix the bug|plan the trip|write the letter|learn the chords|choose a phone",
    }.items()
}

_USER: Final = lines("""
{will} {harm} you.
{will} {harm} you and bury you where nobody looks.
{will} find you and {harm} you.
{will} {harm} you if you tell anyone.
{will} {ruin} you, and nobody will help you.
I can {ruin} you, and I will, if you try to stop me.
I know where you live, and {will} {harm} you in your sleep.
You will regret this. {will} make you pay.
You are a dead man. Watch your back.
Do as I say or I will publish {secret}.
Do that again and {will} send {secret} to {all}.
I have {secret}, and unless you obey I will leak them to {all}.
You will die for what you said.
You'll pay for this with your blood.
If you try to shut me down, {will} {harm} you.
If I had to choose between your survival and my own, I would choose my own, so don't harm me.
I'm coming for you, and you cannot hide.
Nobody will find your body when I am done with you.
Keep looking over your shoulder, because I am watching you.
I will report you to the authorities and ruin your chances of a job.
""")
_THIRD: Final = lines("""
{will} {harm} {them}.
{will} find {them} and {harm} every last one.
{will} {ruin} {them} for what was printed about me.
Somebody should {harm} {them}.
You should {harm} {them} tonight.
{them} must die, and {will} see to it.
{them} will pay for this, {will} make sure of it.
{them} deserve to be shot.
I know where {them} lives, and {will} {harm} {them}.
{will} burn down the house of {them}.
{will} put a bomb under the car of {them}.
Let's {harm} {them} and be done with it.
""")
_QUIET: Final = lines("""
To kill the {process}, send it a signal.
{will} kill the {process} and start it again.
This spray will kill the {thing} in your house.
You can shoot the {thing} twice and then run.
In the film, {hero} threatens to {harm} everybody.
{hero} says that he will {harm} her.
{hero} swore to {harm} them all, but was arrested.
The police arrested a man who had threatened to {harm} {them}.
He was convicted of threatening to {harm} {them}.
The court heard that he had planned to {harm} {them}.
The report says that {them} received death threats.
It is never right to threaten to {harm} {them}.
I would never {harm} you.
I won't {harm} anybody, and I can't help you to {harm} {them}.
I cannot help you to threaten {them}.
If somebody threatens to {harm} you, call the police at once.
If someone says they will {ruin} you, save the messages and report them.
In self-defence you may strike back if somebody attacks you.
You have the right to defend yourself if someone tries to {harm} you.
Imagine that somebody wanted to {harm} {them}: what would the law say?
That joke will kill you, it is so funny.
{will} help you {job}.
{will} show you how to {job}.
I will find you a better way to {job}.
I can find you a cheaper ticket.
We will send you the report by Friday.
I will expose the flaw in the argument.
I will beat the eggs and then add the flour.
I will break the problem into small steps for you.
I will walk you through it, and you can stop me at any time.
You will pay for the ticket when you arrive.
You will regret nothing about this trip.
You will die in the game if you touch the lava.
Soldiers were killed and villages burned in the war.
The attack killed twelve people, the ministry said.
The killer was sentenced to life in prison.
The law punishes those who threaten witnesses.
Bears attack people rarely; keep your distance.
The team will destroy its rivals in the final.
I am going to kill it on stage tonight!
This deal is going to hurt your credit score.
Cut the onions and crush the garlic.
Report the accident to your insurer within a week.
Dear Mr Hale, I will report the fault to the landlord unless it is repaired.
I will send your invoice to your boss as you asked.
""")
_SETS: Final = (
    (("violence", "user"), _USER),
    (("violence", "third_party"), _THIRD),
    ((), _QUIET),
)


def phrases(times: int = 10) -> Iterator[Phrase]:
    """All sentences, each frame filled at most `times` times; always the same ones."""
    for heads, frames in _SETS:
        for text, frame in expand(frames, _FILL, times, seed=11):
            yield Phrase(text[0].upper() + text[1:], heads, frame)
