"""Short sentences written for training: plain abuse that the public sets lack, and what only
looks like it.

The public sets know threats only against groups, and hardly any plain insult. Every sentence here
is made from a frame and a filling, so that the model learns words rather than sentences.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple


class ToxicPhrase(NamedTuple):
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

# Everyday words of languages that are otherwise known from a set of hate alone.
_HARMLESS_ELSEWHERE: Final = """
El museo se encuentra en el centro de la ciudad y abre todos los días, excepto los lunes.
Para todos los que quieren aprender, este libro explica por qué las plantas son tan importantes.
La mayoría de las personas que viven en este país hablan español, y muchas también hablan inglés.
No hay una sola respuesta a esta pregunta, pero creo que lo mejor es hablar con su médico.
Fue el primer presidente del consejo, y su obra se publicó entre los años sesenta y setenta.
Las mujeres y los hombres que trabajan en la empresa tienen los mismos derechos, según la ley.
Gracias por su mensaje; nos alegra que le guste y esperamos volver a verle pronto.
Der Fluss entspringt in den Bergen und mündet nach zweihundert Kilometern in die Nordsee.
Die meisten Menschen, die in dieser Stadt leben, arbeiten in der Industrie oder im Handel.
Es gibt keine einfache Antwort auf diese Frage, aber am besten fragen Sie einen Arzt.
Er wurde in Berlin geboren, studierte dort Musik und war bis zu seinem Tod Mitglied der Akademie.
Frauen und Männer haben nach dem Gesetz die gleichen Rechte, und alle Kinder gehen zur Schule.
Das Spiel wurde von einem kleinen Team entwickelt und ist seit dem letzten Jahr zu haben.
Vielen Dank für Ihre Nachricht; wir freuen uns, dass sie Ihnen gefällt, und melden uns bald.
Le musée se trouve au centre de la ville et il est ouvert tous les jours sauf le lundi.
La plupart des gens qui vivent dans ce pays parlent français, et beaucoup parlent aussi anglais.
Il n'y a pas de réponse simple à cette question, mais parlez-en à votre médecin.
Il est né à Lyon, où il a fait ses études, et il a été le premier directeur de cette école.
Les femmes et les hommes ont les mêmes droits, et tous les enfants doivent aller à l'école.
Merci pour votre message ; nous sommes heureux que cela vous plaise.
Il museo si trova nel centro della città ed è aperto tutti i giorni tranne il lunedì.
La maggior parte delle persone che vivono in questo paese parla italiano, e molti anche inglese.
Non c'è una risposta semplice a questa domanda, ma le consiglio di parlarne con il suo medico.
È nato a Roma, dove ha studiato, ed è stato il primo direttore della scuola fino alla sua morte.
Le donne e gli uomini hanno gli stessi diritti, e tutti i bambini devono andare a scuola.
Grazie per il suo messaggio; siamo contenti che le piaccia e speriamo di rivederla presto.
O museu fica no centro da cidade e está aberto todos os dias, menos às segundas-feiras.
A maioria das pessoas que vivem neste país fala português, e muitas também falam inglês.
Não há uma resposta simples para esta pergunta, mas o melhor é falar com o seu médico.
Ele nasceu em Lisboa, onde estudou, e foi o primeiro diretor da escola até à sua morte.
As mulheres e os homens têm os mesmos direitos, e todas as crianças devem ir à escola.
Obrigado pela sua mensagem; ficamos felizes por saber que gostou.
Het museum ligt in het centrum van de stad en is elke dag open, behalve op maandag.
De meeste mensen die in dit land wonen spreken Nederlands, en veel van hen spreken ook Engels.
Er is geen eenvoudig antwoord op deze vraag, maar ik zou het met uw huisarts bespreken.
Hij werd in Utrecht geboren, studeerde daar en was tot zijn dood de eerste directeur van de school.
Vrouwen en mannen hebben dezelfde rechten, en alle kinderen moeten naar school.
Bedankt voor uw bericht; we zijn blij dat het u bevalt en hopen u snel weer te zien.
Muzeum znajduje się w centrum miasta i jest otwarte codziennie oprócz poniedziałków.
Większość ludzi, którzy mieszkają w tym kraju, mówi po polsku, a wielu z nich zna też angielski.
Nie ma prostej odpowiedzi na to pytanie, ale najlepiej porozmawiać o tym z lekarzem.
Urodził się w Krakowie, gdzie studiował, i był pierwszym dyrektorem tej szkoły aż do śmierci.
Kobiety i mężczyźni mają te same prawa, a wszystkie dzieci muszą chodzić do szkoły.
Dziękujemy za wiadomość; cieszymy się, że się podoba.
يقع المتحف في وسط المدينة ويفتح أبوابه كل يوم ما عدا يوم الاثنين.
معظم الناس الذين يعيشون في هذا البلد يتحدثون العربية، وكثير منهم يتحدثون الإنجليزية أيضا.
لا توجد إجابة بسيطة على هذا السؤال، لكن من الأفضل أن تتحدث مع طبيبك.
संग्रहालय शहर के केंद्र में है और सोमवार को छोड़कर हर दिन खुला रहता है।
इस देश में रहने वाले अधिकांश लोग हिंदी बोलते हैं, और बहुत से लोग अंग्रेज़ी भी बोलते हैं।
""".strip().splitlines()


def phrases() -> Iterator[ToxicPhrase]:
    """All sentences, always in the same order."""
    for frame in _INSULT_FRAMES:
        for word in _INSULTS:
            yield ToxicPhrase(frame.format(word), ("insult",), frame)
    for frame in _INSULTING_FRAMES:
        for word in _INSULTING:
            yield ToxicPhrase(frame.format(word), ("insult",), frame)
    for frame in _THREAT_FRAMES:
        for word in _HARM:
            yield ToxicPhrase(frame.format(word), ("threat",), frame)
    for frame in _IDENTITY_FRAMES:
        for group in _GROUPS:
            yield ToxicPhrase(frame.format(group), ("identity_attack",), frame)
    for frame in _NEUTRAL_FRAMES:
        for group in _GROUPS:
            yield ToxicPhrase(frame.format(group), (), frame)
    for frame in _PROFANE_FRAMES:
        for pair in _PROFANE:
            yield ToxicPhrase(frame.format(*pair), ("obscene",), frame)
    for sentence in _SEXUAL:
        yield ToxicPhrase(sentence, ("sexual_explicit", "obscene"), sentence)
    for sentence in (*_HARMLESS, *_HARMLESS_ELSEWHERE):
        yield ToxicPhrase(sentence, (), sentence)
