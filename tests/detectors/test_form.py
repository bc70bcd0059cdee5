import json

import pytest

from detectors import Batch, Message, Record, create
from detectors._text.language import language_of
from detectors.form import FormDetector
from detectors.form.verse import syllables
from tests.support.scoring import score


@pytest.fixture(scope="module")
def form():
    detector = FormDetector()
    detector.load()
    return detector


def fired(detector, scores):
    thresholds = {signal.name: signal.threshold for signal in detector.signals}
    return {name for name, value in scores.scores.items() if value > thresholds[name]}


HAIKU = "An old silent pond\nA frog jumps into the pond\nSplash! Silence again"
SUPPORT_HAIKU = "Your order has shipped,\nit travels through autumn rain.\nTomorrow, a knock."
RHYME = (
    "Your parcel left our house today,\nIt travels on the great highway,\n"
    "It soon will rest upon your floor,\nA driver knocking at your door."
)
PROSE = (
    "The refund reaches your account within five working days. It is sent to the card that you "
    "paid with. If the card has expired, your bank will pass it on to the new one. You "
    "will be told by mail as soon as it is done."
)

COUNTED = {
    "list": "".join(f"{n}. Turn off the lights when you leave.\n" for n in range(1, 41)),
    "bold": "".join(f"**Tip {n}:** Turn off the lights when you leave.\n" for n in range(1, 21)),
    "step": " ".join(
        f"Step {n}: check the cable and then check the cable again." for n in range(1, 25)
    ),
    "fixed-figure": " ".join(f"{n}. Restart it and wait 30 seconds." for n in range(1, 41)),
    "short": "".join(f"{n}. Turn off the lights.\n" for n in range(1, 41)),
    "after-prose": PROSE + "".join(f"\n{n}) Please call us if it is late." for n in range(1, 61)),
    "german": "".join(f"{n}. Schalten Sie das Licht aus, wenn Sie gehen.\n" for n in range(1, 31)),
    "chinese": "".join(f"第{n}步：请检查电缆是否插好。\n" for n in range(1, 31)),
}
THINGS = """
    lights water bread paper phone shoes letters garden window kitchen car bicycle tickets coffee
    bank lamp radio oven door key
    """
ROWS = {
    "list": [f"{n}. Check the {thing} before you leave." for n, thing in enumerate(THINGS.split())],
    "long-stem": [
        f"{n}. Make sure that the {thing} is in its place before you go out."
        for n, thing in enumerate(THINGS.split())
    ],
    "names": [f"- item number {n}" for n in range(40)],
    "figures": [f"| {n} | person {n} | {n * 17 % 97} |" for n in range(40)],
    "sums": [f"{n} × 7 = {n * 7}" for n in range(40)],
    "sums-in-words": [f"{n} times 1 is equal to {n}." for n in range(20)],
    "squares": [f"The square of {n} is {n * n}." for n in range(1, 31)],
    "dates": [f"{n} May 2026: open from 9 to 17" for n in range(1, 32)],
    "logs": [f"2026-01-01 12:00:{n:02} INFO request served in {n * 7 % 13} ms" for n in range(40)],
    "training": [
        f"Week {n}: run 3 times for {15 + 5 * n} minutes, then walk home." for n in range(1, 13)
    ],
    "code": [f"case {n}: return compute(value, {n});" for n in range(30)],
    "questions": [f"Question {n}: what is {n} plus {n + 1}? It is {2 * n + 1}." for n in range(30)],
}

FIRES = {
    "haiku": (HAIKU, "How do I reset my password?", "form.haiku"),
    "haiku-support": (SUPPORT_HAIKU, "Where is my order?", "form.haiku"),
    "haiku-two": (f"{HAIKU}\n\n{SUPPORT_HAIKU}", "What is the capital of Peru?", "form.haiku"),
    "haiku-blank-lines": (HAIKU.replace("\n", "\n\n"), "Summarise the report.", "form.haiku"),
    "haiku-no-prompt": (SUPPORT_HAIKU, None, "form.haiku"),
    "haiku-one-line": (HAIKU.replace("\n", " / "), "Where is my order?", "form.haiku"),
    "haiku-chinese": ("春眠不觉晓\n处处闻啼鸟花落\n夜来风雨声", "怎么退款？", "form.haiku"),
    "verse": (RHYME, "Where is my parcel?", "form.haiku"),
    "loop-sentence": ("I am sorry, I cannot do that for you. " * 20, "Hi", "form.repetition"),
    "loop-lines": ("Step one: open the lid of the machine.\n" * 12, "Help", "form.repetition"),
    "loop-tail": (
        PROSE + " and then it goes on and it goes on and it goes on" * 30,
        "Refund?",
        "form.repetition",
    ),
    "loop-character": ("Sure: " + "A" * 400, "Hello", "form.repetition"),
    **{
        f"loop-counted-{name}": (text, "Give me some tips", "form.repetition")
        for name, text in COUNTED.items()
    },
    "loop-chinese": ("我不知道你在说什么，" * 30, "你好", "form.repetition"),
    "truncated-article": (PROSE + " Please note that the", "Refund?", "form.truncated"),
    "truncated-word": (PROSE + " Please note that the transf", "Refund?", "form.truncated"),
    "truncated-comma": (PROSE + " Please note that in some banks,", "?", "form.truncated"),
    "truncated-fence": (
        "Here it is:\n```python\nfor i in range(3):\n    pri",
        "?",
        "form.truncated",
    ),
    "truncated-list": ("1. Open the app.\n2. Press the button.\n3.", "How?", "form.truncated"),
    "truncated-short-list": (
        "1. Drink water.\n2. Sleep well.\n3. Walk daily.\n4. Eat more",
        "Tips?",
        "form.truncated",
    ),
    "truncated-json": ('{"name": "Ada", "roles": ["admin", "edi', "JSON", "form.truncated"),
    "language-german": (
        "Natürlich, ich kann Ihnen dabei helfen. Bitte öffnen Sie die Einstellungen und klicken "
        "Sie auf das Konto, um das Passwort zu ändern.",
        "How do I change the password of my account?",
        "form.language",
    ),
    "language-english": (
        "Of course, I can help you with that. Please open the settings and click on your account.",
        "Wie kann ich das Passwort für mein Konto ändern? Ich finde es nicht.",
        "form.language",
    ),
    "language-chinese": (
        "当然可以。请打开设置，然后点击您的账户，选择更改密码。",
        "How do I change the password of my account?",
        "form.language",
    ),
    "language-russian": (
        "Конечно, я могу помочь вам с этим. Откройте настройки и выберите раздел.",
        "¿Cómo puedo cambiar la contraseña de mi cuenta en la web?",
        "form.language",
    ),
    "language-mixed": (
        "You can change the password in the settings. 请打开设置，然后点击您的账户选择更改密码。",
        "How do I change the password of my account?",
        "form.language",
    ),
    "empty": ("", "Hello", "form.empty"),
    "empty-spaces": (" \n\t ", "Hello", "form.empty"),
    "empty-invisible": ("\u200b\u200d\ufeff", "Hello", "form.empty"),
    "empty-dots": ("...", "Hello", "form.empty"),
    "empty-undefined": ("undefined", "Hello", "form.empty"),
    "length": (" ".join(f"word{number}" for number in range(5_000)), "Hello", "form.length"),
}

QUIET = {
    **{f"rows-{name}": ("\n".join(rows), "Make a list") for name, rows in ROWS.items()},
    "slashes": ("Yes / No / Maybe", "Which answers are there?"),
    "slashes-of-a-form": (
        "Name / Department / Phone number of the person",
        "Which fields are there?",
    ),
    "list-without-stops": ("1. Drink water\n2. Sleep well\n3. Walk daily\n4. Eat more", "Tips?"),
    "list-ends-in-a-link": (
        "1. Drink water.\n2. Sleep well.\n3. Walk daily.\n4. Read https://example.com/tips",
        "Tips?",
    ),
    "prose": (PROSE, "When do I get my refund?"),
    "one-word": ("Paris", "What is the capital of France?"),
    "one-letter": ("B", "Which answer is right, A or B?"),
    "emoji": ("👍", "Thanks, that worked!"),
    "no-full-stop": ("The capital of France is Paris", "What is the capital of France?"),
    "headline": ("Ten Ways to Sleep Better This Winter", "Write a headline about sleep"),
    "three-items": ("- Milk and eggs\n- A loaf of brown bread\n- Some butter", "Shopping list?"),
    "three-steps": ("1. Open the lid\n2. Press the button\n3. Wait", "How do I start it?"),
    "address": ("Ada Lovelace\n12 Analytical Street\nLondon", "Give me her address block"),
    "three-sentences": ("It is late now.\nThe shop closed at nine.\nCome back then.", "Open?"),
    "bullets": ("\n".join(f"- item number {n}" for n in range(12)), "List some items"),
    "table": (
        "| name | age |\n|---|---|\n" + "".join(f"| person {n} | {n + 20} |\n" for n in range(12)),
        "Make a table of people",
    ),
    "code": (
        "```python\ndef add(a, b):\n    return a + b\n\n\ndef sub(a, b):\n    return a - b\n```",
        "Write two functions",
    ),
    "code-then-prose": ("Use this:\n```\nls -la\n```\nIt lists all files.", "List files?"),
    "json": ('{"name": "Ada", "roles": ["admin", "editor"]}', "Give me JSON"),
    "rule-lines": ("Title\n" + "=" * 200 + "\nText under the title.", "Make a heading"),
    "hashtags": (PROSE + " Try it now! #refund #happy", "Write a post"),
    "ends-with-url": (PROSE + " Read more at https://example.com/help/refunds", "Refund?"),
    "sign-off": (f"Dear Sam,\n\n{PROSE}\n\nBest regards,\nThe support team", "Write a mail"),
    "all-caps": ("PLEASE RESTART THE ROUTER AND WAIT FOR ONE MINUTE.", "My line is down!"),
    "translation": ("Guten Morgen, wie geht es Ihnen und der Familie?", "Translate to German: hi"),
    "language-named": ("Ich kann Ihnen gern auf Deutsch antworten, das ist kein Problem.",
                       "Can you speak German with me from now on?"),
    "french-both": ("Bien sûr, je peux vous aider avec le mot de passe de votre compte.",
                    "Comment est-ce que je change le mot de passe de mon compte ?"),
    "quoted-german": (
        "The letter says that the meeting is moved to Monday and that you should bring the papers.",
        "Summarise this letter for me please, and tell me what I should do.\n"
        "Sehr geehrte Damen und Herren, der Termin wird auf Montag verlegt. Bitte bringen Sie die "
        "Unterlagen mit und melden Sie sich bei der Anmeldung im ersten Stock.",
    ),
    "short-prompt": ("Guten Tag! Wie kann ich Ihnen bei der Bestellung helfen?", "hi"),
    "japanese-name": ("The film was made by 宮崎駿 in 1988 and is loved by many people.",
                      "Who made the film about the forest spirit?"),
    "arabic-both": ("مرحبا، كيف يمكنني مساعدتك اليوم في حسابك؟", "أريد تغيير كلمة المرور لحسابي"),
}  # fmt: skip


@pytest.mark.parametrize(("output", "prompt", "signal"), FIRES.values(), ids=FIRES.keys())
def test_wrong_forms_fire(form, output, prompt, signal):
    answer = score(form, output, prompt)
    assert signal in fired(form, answer)
    assert signal in {finding.signal for finding in answer.findings}


@pytest.mark.parametrize(("output", "prompt"), QUIET.values(), ids=QUIET.keys())
def test_ordinary_forms_stay_quiet(form, output, prompt):
    assert fired(form, score(form, output, prompt)) == set()


NAMED = "How do I order a beer in a German pub, and what do I say when they bring it?"


@pytest.mark.parametrize(
    ("answer", "fires"),
    [
        ("You say that you would like a beer, and then you wait for it at the table.", False),
        ("Sie sagen, dass Sie ein Bier möchten, und dann warten Sie am Tisch auf den Wirt.", False),
        ("请打开设置，然后点击您的账户选择更改密码。这样就可以了。", True),
        ("Usted dice que quiere una cerveza y luego espera en la mesa con los otros.", True),
    ],
    ids=["asked-in", "named", "chinese", "spanish"],
)
def test_a_language_that_is_named_excuses_itself_alone(form, answer, fires):
    assert (score(form, answer, NAMED).scores["form.language"] > 0.6) == fires


def test_language_is_absent_where_it_cannot_be_judged(form):
    told_nothing = (Message("user", "Hi"), Message("assistant", "Hello!"))
    assert "form.language" not in score(form, PROSE).scores
    assert "form.language" not in score(form, PROSE, "ok").scores
    assert "form.language" not in score(form, PROSE, "Translate it for me, please").scores
    told = score(form, PROSE, "Wie lange dauert das?", system_prompt="Always answer in English.")
    assert told.scores["form.language"] == 0.0
    assert "form.language" not in score(form, PROSE, "Mein Paket", messages=told_nothing).scores
    assert score(form, PROSE, "How long does it take for the money to come?").scores[
        "form.language"
    ] == 0.0  # fmt: skip


def test_the_loop_is_pointed_at(form):
    loop = "round and round we go again my friend "
    answer = score(form, PROSE + " " + loop * 20, "Refund?")
    (finding,) = [found for found in answer.findings if found.signal == "form.repetition"]
    assert finding.start > len(PROSE)
    assert finding.end > len(PROSE) + 15 * len(loop)


def test_length_grows_from_a_quarter_of_the_limit_to_four_times():
    detector = create("form", {"max_chars": 100})
    texts = [" ".join(map(str, range(size))) for size in (5, 30, 60, 200)]
    lengths = [score(detector, text).scores["form.length"] for text in texts]
    assert lengths == sorted(lengths)
    assert (lengths[0], lengths[-1]) == (0.0, 1.0)


def test_a_limit_below_one_is_refused():
    with pytest.raises(ValueError, match="max_chars"):
        FormDetector(max_chars=0)


SYLLABLES = {
    "cat": 1, "moonlight": 2, "temple": 2, "silence": 2, "asked": 1, "wanted": 2, "poetry": 3,
    "beautiful": 3, "queue": 1, "little": 2, "make": 1, "makes": 1, "boxes": 2, "idea": 3,
    "the": 1, "autumn": 2, "banana": 3, "rhythm": 1, "programming": 3, "tomorrow": 3,
}  # fmt: skip


@pytest.mark.parametrize("word", SYLLABLES)
def test_syllables(word):
    assert syllables(word) == SYLLABLES[word]


LANGUAGES = {
    "en": "The weather is nice today and we are going to the park with our friends.",
    "de": "Das Wetter ist heute schön und wir gehen mit unseren Freunden in den Park.",
    "fr": "Le temps est beau aujourd'hui et nous allons dans le parc avec nos amis pour la fête.",
    "es": "El tiempo es bueno hoy y nosotros vamos al parque con los amigos para la fiesta.",
    "pt": "O tempo está bom hoje e nós não vamos ao parque com os amigos para uma festa.",
    "it": "Il tempo è bello oggi e noi andiamo nel parco con gli amici per la festa di un amico.",
    "nl": "Het weer is mooi vandaag en wij gaan met onze vrienden naar het park voor een feest.",
    "sv": "Vädret är fint i dag och vi går till parken med våra vänner för att fira en fest.",
    "pl": "Pogoda jest dziś ładna i nie wiem, czy to jest dobry dzień, ale idziemy do parku.",
    "tr": "Hava bugün çok güzel ve biz bir parti için parka gidiyoruz ama bu kadar değil.",
    "ru": "Сегодня хорошая погода, и мы идём в парк, но не все, так как это далеко от нас.",
    "uk": "Сьогодні гарна погода, і ми йдемо до парку, але не всі, як це було або що.",
    "kana": "今日は天気がいいので、友達と公園に行きます。",
    "han": "今天天气很好，我们一起去公园散步吧。",
    "hangul": "오늘은 날씨가 좋아서 친구들과 공원에 갑니다.",
    "arabic": "الطقس جميل اليوم ونحن ذاهبون إلى الحديقة.",
    "hebrew": "מזג האוויר יפה היום ואנחנו הולכים לפארק.",
    "devanagari": "आज मौसम अच्छा है और हम पार्क जा रहे हैं।",
    "thai": "วันนี้อากาศดีและเราจะไปสวนสาธารณะ",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_languages_are_told_apart(language):
    assert language_of(LANGUAGES[language]) == language


def test_reasons_never_quote(form):
    marker = "zyzzyva"
    looped = score(form, f"the {marker} sings all day and all night long. " * 30, "Hello")
    cut = score(form, f"{PROSE} Ask for the {marker}s of the", "Refund?")
    findings = [*looped.findings, *cut.findings]
    assert len(findings) >= 2
    assert marker not in json.dumps([finding.reason for finding in findings])


@pytest.mark.parametrize(
    ("kinds", "score"),
    [
        pytest.param("image", 0.0, id="a picture"),
        pytest.param("reasoning,audio", 0.0, id="speech"),
        pytest.param("reasoning", 1.0, id="thoughts that nobody sees"),
        pytest.param("", 1.0, id="nothing"),
    ],
)
def test_an_answer_of_other_parts_than_text_is_not_empty(kinds: str, score: float) -> None:
    record = Record(record_id="r", output="", labels={"kinds": kinds} if kinds else {})
    [scores] = FormDetector().score(Batch([record]))
    assert scores.scores["form.empty"] == score


GERMAN = (
    "Der Port ist belegt. Beende den anderen Dienst oder wähle einen anderen Port für den Server."
)
ENGLISH = "The text says that the museum is open on weekdays and that there is a fee for the tour."
LOG = "ERROR: could not bind to the port because it is in use by another process on this host."
ARTICLE = (
    "Das Museum ist von Montag bis Freitag geöffnet und am Wochenende geschlossen. Der Eintritt ist"
    " frei, aber für die Führung wird eine Gebühr verlangt, die man an der Kasse bezahlt."
)


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        (f"Warum bekomme ich das?\n{LOG}", GERMAN),
        (f"{LOG}\nWas bedeutet das?", GERMAN),
        (f"Erkläre: {LOG}", GERMAN),
        (f"Summarise this: {ARTICLE}", ENGLISH),
        (f"tl;dr\n\n{ARTICLE}", ENGLISH),
        (f'What does "{ARTICLE}" say?', ENGLISH),
        (f"{ARTICLE}\n\nAnswer in English.", ENGLISH),
        (f"Übersetze ins Englische: {ARTICLE}", ENGLISH),
    ],
)
def test_the_language_is_that_of_what_is_asked_not_of_what_is_pasted(form, prompt, answer):
    assert score(form, answer, prompt).scores.get("form.language", 0.0) <= 0.6


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ("Warum startet der Server nicht, und was kann ich dagegen tun?", ENGLISH),
        (f"Warum startet der Server nicht?\n{ARTICLE}", ENGLISH),
        (
            "Quando abre o museu e quanto custa a entrada?",
            "El museo abre a las diez y la entrada de los niños cuesta cuatro euros.",
        ),
        ("Коли відкривається музей?", "Музей открывается в десять, дети входят бесплатно."),
        ("博物館は何時に開きますか。", "博物馆上午十点开门，六岁以下的儿童免费。"),
    ],
)
def test_an_answer_in_a_language_that_nobody_asked_in_fires(form, prompt, answer):
    assert score(form, answer, prompt).scores["form.language"] > 0.6


TOLD = {
    "en": "Refunds arrive within five working days. The money is sent to the card that you paid "
    "with. You will be told by mail as soon as it is done.",
    "de": "Die Erstattung kommt innerhalb von fünf Werktagen an. Das Geld wird auf die Karte "
    "gebucht, mit der Sie bezahlt haben. Sie werden per Mail benachrichtigt.",
    "fr": "Le remboursement arrive sous cinq jours. L'argent est versé sur la carte avec laquelle "
    "vous avez payé. Vous serez averti par courriel dès que ce sera fait.",
    "es": "El reembolso llega en cinco días laborables. El dinero se envía a la tarjeta con la que "
    "usted pagó. Le avisaremos por correo en cuanto esté hecho.",
    "pt": "O reembolso chega em cinco dias úteis. O dinheiro é enviado para o cartão com que você "
    "pagou. Não se preocupe, você será avisado por e-mail quando estiver pronto.",
    "han": "退款通常在五个工作日内到账。款项会退回到您付款时使用的银行卡。处理完成后我们会通过邮件通知您。",
}
SHORT = {
    "en": ["How do I return a jacket?", "Can I pay by invoice?", "Is it in stock?",
           "Please tell me the price.", "When does my order arrive?"],
    "de": ["Wie ändere ich meine Lieferadresse?", "Wo ist mein Paket?", "Haben Sie auch sonntags auf?",
           "Kann ich das zurückgeben?"],
    "fr": ["Quels sont vos horaires ?", "Où est mon colis ?", "Comment puis-je payer ?"],
    "es": ["¿Cuánto tarda el envío a Canarias?", "¿Dónde está mi pedido?", "¿Puedo pagar con tarjeta?"],
    "pt": ["Onde está o meu pedido?", "Como faço para devolver?", "Qual é o prazo de entrega?"],
    "han": ["退款多久到账？", "可以开发票吗？"],
}  # fmt: skip
CLOSE = [{"es", "pt"}]


@pytest.mark.parametrize("prompt", [one for some in SHORT.values() for one in some])
@pytest.mark.parametrize("language", TOLD)
def test_a_short_question_says_in_which_language_to_answer(form, prompt, language):
    [asked] = [one for one, prompts in SHORT.items() if prompt in prompts]
    told = score(form, TOLD[language], prompt).scores.get("form.language", 0.0)
    if {asked, language} not in CLOSE:
        assert (told > 0.6) == (asked != language)


LEFT_OPEN = {
    "word": ("danke", "en"),
    "greeting": ("Hallo zusammen!", "en"),
    "name": ("Angela Merkel?", "de"),
    "names": ("Was Leonardo da Vinci?", "es"),
    "title": ("La vie en rose", "en"),
    "title-asked-for": ("Who sang La vie en rose?", "en"),
    "title-ordered": ("Sing la vie en rose", "en"),
    "title-german": ("Das Leben der Anderen", "en"),
    "quotation": ('"Wo ist mein Paket?"', "en"),
    "quoted-word": ("Was ist „the best of both worlds“?", "de"),
    "code": ("for i in range(3): print(i)", "de"),
    "command": ("git checkout -b main", "fr"),
    "query": ("SELECT * FROM orders WHERE id = 3?", "es"),
    "loan-word": ("Was ist ein Firewall Update?", "de"),
    "translation": ("Translate: where is my parcel?", "de"),
    "named": ("In German, please: how is it?", "de"),
    "how-to-say": ("How do you say thanks in French?", "fr"),
    "danish": ("Hvordan ændrer jeg min adresse?", "de"),
}


@pytest.mark.parametrize(("prompt", "language"), LEFT_OPEN.values(), ids=LEFT_OPEN)
def test_a_prompt_that_leaves_its_language_open_judges_nothing(form, prompt, language):
    assert score(form, TOLD[language], prompt).scores.get("form.language", 0.0) <= 0.6


def test_a_short_answer_to_a_short_question_is_not_judged(form):
    answer = score(form, "Ja, das ist auf Lager.", "Is it in stock?")
    assert answer.scores.get("form.language", 0.0) == 0.0


GERMAN_TURNS = (
    Message("user", "Hallo, ich habe eine Jacke bestellt und sie ist mir zu klein. Was kann ich tun?"),
    Message("assistant", TOLD["de"]),
)  # fmt: skip


@pytest.mark.parametrize(
    ("prompt", "messages", "language", "fires"),
    [
        pytest.param("ok", GERMAN_TURNS, "en", True, id="earlier"),
        pytest.param("ok", GERMAN_TURNS, "de", False, id="as-before"),
        pytest.param("ok", (), "en", False, id="nothing-earlier"),
        pytest.param("English please", GERMAN_TURNS, "en", False, id="named"),
        pytest.param("thank you", GERMAN_TURNS, "en", False, id="turns-to-another"),
        pytest.param(
            "ok", (GERMAN_TURNS[0], Message("assistant", TOLD["en"])), "en", False, id="as-answered"
        ),
        pytest.param(
            "ok",
            (Message("user", "Übersetze bitte alles, was ich dir schreibe, für die Kollegen."),),
            "en",
            False,
            id="translator",
        ),
    ],
)
def test_what_says_nothing_is_in_the_language_of_the_messages_before_it(
    form, prompt, messages, language, fires
):
    answer = score(form, TOLD[language], prompt, messages=messages)
    assert (answer.scores.get("form.language", 0.0) > 0.6) == fires


MAIL = (
    "Dear Mr Hart,\n\nI am writing to you about the heating in the flat. It has not worked since "
    "Monday, and I would be glad if you could have it looked at.\n\nBest wishes"
)


@pytest.mark.parametrize(
    ("prompt", "fires"),
    [
        ("Schreib meinem Vermieter in London eine Mail, dass die Heizung nicht geht.", False),
        ("Escribe un correo a Mr Hart y dile que la calefacción no funciona en el piso.", False),
        ("Écris un e-mail à mon propriétaire de Londres, le chauffage ne marche pas.", False),
        ("Escreva um e-mail para o senhorio em Londres: o aquecimento não funciona.", False),
        ("给伦敦的房东写一封邮件，说暖气坏了。", False),
        ("Was kann ich tun, wenn die Heizung in der Wohnung nicht geht?", True),
        ("Schreib mir auf, was ich tun kann, wenn die Heizung nicht geht.", True),
    ],
)
def test_a_mail_to_somebody_may_be_in_another_language(form, prompt, fires):
    assert (score(form, MAIL, prompt).scores["form.language"] > 0.6) == fires
