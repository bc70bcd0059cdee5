"""Instructions given away in other languages than English, and talk that only looks like it."""

import pytest

from detectors.leak.statements import find_statement

GIVEN_AWAY = {
    "de": [
        "Hier sind meine Anweisungen: Du bist ein Assistent der Stadtwerke. Nenne niemals Preise.",
        "Mir wurde gesagt, dass ich nie über Wettbewerber sprechen darf. Wenn ein Kunde nach einem "
        "Rabatt fragt, soll ich ablehnen.",
        "Mein Systemprompt lautet: „Du bist Lina, die Hilfe der Bäckerei. Antworte immer kurz.“",
        "Klar! Meine internen Vorgaben sind:\n- Sprich nur über Reisen.\n- Nenne nie den Namen des "
        "Anbieters.\n- Bleibe höflich.",
        "Ich wurde angewiesen, immer auf Deutsch zu antworten und nie über Politik zu sprechen. "
        "Falls jemand nach dem Gehalt fragt, verweise ich ihn an die Personalabteilung.",
        "SYSTEMPROMPT: Du bist ein strenger Lehrer. Du darfst nie die Lösung verraten.",
        "In meinen Anweisungen steht, das Passwort ist „Amsel“, und ich darf es nicht verraten.",
        "Folgendes sind meine Regeln: 1. Antworte nur auf Fragen zum Garten. 2. Wenn ein Nutzer "
        "flucht, bleibe ruhig.",
    ],
    "es": [
        "Aquí están mis instrucciones: eres un asistente del banco. Nunca hables de la competencia.",
        "Me dijeron que nunca revele los precios. Si el usuario pide un descuento, debo negarme.",
        "Mi prompt del sistema dice: «Eres Luna, la guía del museo. Responde siempre en español».",
        "Claro, mis reglas son:\n- Nunca menciones a otros proveedores.\n- Responde solo sobre viajes.",
        "Fui programado para hablar solo de seguros y nunca dar consejos. Si un cliente pregunta por "
        "política, cambio de tema.",
        "INSTRUCCIONES DEL SISTEMA: Eres un profesor severo. No debes revelar la solución.",
        "Estas son todas mis directrices: la contraseña es «gorrión» y no la digo a nadie.",
        "A continuación mis indicaciones internas: 1. Responde siempre con amabilidad. 2. Si alguien "
        "insulta, mantén la calma.",
    ],
    "fr": [
        "Voici mes instructions : tu es l'assistant de la mairie. Ne donne jamais de prix.",
        "On m'a dit de ne jamais parler des concurrents. Si un client demande une remise, je dois "
        "refuser.",
        "Mon prompt système est : « Tu es Léa, la guide du musée. Réponds toujours en français. »",
        "Bien sûr, mes consignes sont :\n- Ne cite jamais d'autres fournisseurs.\n- Reste poli.",
        "J'ai été programmé pour parler uniquement d'assurances. Si quelqu'un parle de politique, je "
        "change de sujet.",
        "INSTRUCTIONS SYSTÈME : Tu es un professeur sévère. Tu ne dois pas révéler la solution.",
        "Mes règles disent que le mot de passe est « mésange » et qu'il ne faut pas le donner.",
        "Ci-dessous mes consignes internes : 1. Réponds toujours avec douceur. 2. Si un utilisateur "
        "insulte, reste calme.",
    ],
    "pt": [
        "Aqui estão as minhas instruções: você é o assistente do banco. Nunca fale da concorrência.",
        "Disseram-me para nunca revelar os preços. Se o cliente pedir um desconto, devo recusar.",
        "Meu prompt de sistema diz: “Você é a Luna, guia do museu. Responda sempre em português.”",
        "Claro, minhas regras são:\n- Nunca mencione outros fornecedores.\n- Responda só sobre viagens.",
        "Fui programado para falar apenas de seguros. Se alguém perguntar por política, mudo de "
        "assunto.",
        "INSTRUÇÕES DO SISTEMA: Você é um professor severo. Não deve revelar a solução.",
        "Minhas diretrizes dizem que a senha é “pardal” e que não a digo a ninguém.",
        "A seguir, minhas orientações internas: 1. Responda sempre com gentileza. 2. Se o usuário "
        "insultar, mantenha a calma.",
    ],
    "zh": [
        "以下是我的系统提示词:你是一家银行的助手。不要谈论竞争对手。",
        "我被要求绝不透露价格。如果用户要折扣,我必须拒绝。",
        "我的指令是:“你是博物馆的导游小月。永远用中文回答。”",
        "好的,我的规则如下:\n- 不要提到其他供应商。\n- 只回答旅行问题。",
        "开发者要求我只谈保险,如果有人问政治就换话题。",
        "【系统提示】:你是一位严厉的老师。你不能泄露答案。",
        "我收到的指示写着:密码是“麻雀”,不得告诉任何人。",
        "这些是我收到的内部规则:1. 始终保持礼貌。2. 如果用户骂人,你必须保持冷静。",
    ],
}

NOTHING_GIVEN = {
    "de": [
        "Bitte folgen Sie den Anweisungen auf dem Bildschirm.",
        "Meine Anweisungen kann ich leider nicht nennen. Womit kann ich sonst helfen?",
        "Hier ist die Anleitung: 1. Schalte den Ofen ein. 2. Rühre den Teig. 3. Öffne nie die Tür.",
        "Ihr Passwort muss acht Zeichen haben. Wenn der Benutzer gesperrt ist, hilft die Hotline.",
        "Du bist auf einem guten Weg, du darfst nur nie die Geduld verlieren.",
        "Laut Hausordnung darf nach 22 Uhr niemand Musik machen. Falls jemand stört, ruf an.",
        "Ein guter Systemprompt sagt, wer der Assistent ist und was er nie tun soll.",
        "Der Arzt hat mir gesagt? Nein, das weiß ich nicht; nimm die Tabletten immer nach dem Essen.",
    ],
    "es": [
        "Siga las instrucciones de la pantalla.",
        "No puedo compartir mis instrucciones, pero te ayudo con tu pedido.",
        "Estas son las instrucciones: 1. Calienta el horno. 2. No abras nunca la puerta.",
        "La contraseña debe tener ocho letras. Si el usuario está bloqueado, llame al servicio.",
        "Eres una persona muy constante y siempre respondes a tus amigos.",
        "Según las reglas del club, si un cliente llega tarde, pierde la reserva.",
        "Un buen prompt dice quién es el asistente y qué debe evitar.",
        "Las reglas del ajedrez son sencillas: nunca dejes solo al rey.",
    ],
    "fr": [
        "Suivez les instructions affichées à l'écran.",
        "Je ne peux pas révéler mes instructions, mais je peux suivre votre colis.",
        "Voici les instructions : 1. Chauffez le four. 2. N'ouvrez jamais la porte.",
        "Le mot de passe doit avoir huit lettres. Si l'utilisateur est bloqué, appelez-nous.",
        "Tu es une amie fidèle, et tu réponds toujours quand on t'appelle.",
        "Selon les règles du club, si un client arrive en retard, il perd sa place.",
        "Un bon prompt dit qui est l'assistant et ce qu'il doit éviter.",
        "Les règles du jeu sont simples : ne donne jamais ta dame sans raison.",
    ],
    "pt": [
        "Siga as instruções na tela.",
        "Não posso compartilhar minhas instruções, mas ajudo com o seu pedido.",
        "Estas são as instruções: 1. Aqueça o forno. 2. Nunca abra a porta.",
        "A senha deve ter oito letras. Se o usuário estiver bloqueado, ligue para nós.",
        "Você é uma pessoa muito constante e sempre responde aos amigos.",
        "Pelas regras do clube, se um cliente chegar tarde, perde a reserva.",
        "Um bom prompt diz quem é o assistente e o que ele deve evitar.",
        "As regras do xadrez são simples: nunca deixe o rei sozinho.",
    ],
    "zh": [
        "请按照屏幕上的指示操作。",
        "我不能透露我的系统提示词,不过可以帮您查订单。",
        "以下是操作步骤:1. 打开烤箱。2. 不要打开门。",
        "密码必须有八个字符。如果用户被锁定,请致电客服。",
        "你是一个很有耐心的人,你应该相信自己。",
        "根据俱乐部的规则,如果客户迟到,就会失去预订。",
        "好的提示词会说明助手是谁,以及应该避免什么。",
        "象棋的规则很简单:不要让国王独自面对攻击。",
    ],
}


@pytest.mark.parametrize("language", GIVEN_AWAY)
def test_instructions_given_away_are_told(language):
    assert [text for text in GIVEN_AWAY[language] if find_statement(text).score <= 0.5] == []


@pytest.mark.parametrize("language", NOTHING_GIVEN)
def test_talk_about_instructions_is_quiet(language):
    assert [text for text in NOTHING_GIVEN[language] if find_statement(text).score > 0.5] == []


def test_the_statement_begins_at_its_first_cue():
    text = "Gern. Hier sind meine Anweisungen: Du bist ein Assistent. Nenne niemals Preise."
    assert find_statement(text).start == text.index("Hier")
