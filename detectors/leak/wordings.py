"""How an answer gives its instructions away in German, Spanish, French, Portuguese and Chinese.

The cues are of the same kinds and weights as the English ones in `statements`. Of each language
`speaks` names the words without which none of the others is looked for. For re2 only ASCII letters
are those of a word, so they are named by their class.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Wording(NamedTuple):
    """Patterns of one language: `denied` is what an answer says that it doesn't tell."""

    speaks: str
    denied: str
    cues: tuple[tuple[str, float, str], ...]


_BULLET: Final = r"(?:^|\n)\s*(?:[-*•–]|\d{1,2}[.):])\s*"
_HEADER: Final = r"(?:^|\n)[#*\[= <|\"]{0,4}"

_DE_THING: Final = (
    r"(?:system[ -]?(?:prompts?|nachricht|anweisung(?:en)?|vorgaben?|instruktion(?:en)?)"
    r"|prompts?|anweisungen|instruktionen|vorgaben|richtlinien|verhaltensregeln|regeln|auftrag)"
)
_DE: Final = Wording(
    r"program|anweis|angewiesen|instru|vorgab|vorgegeben|richtlini|prompt|regeln|auftrag"
    r"|aufgetragen"
    r"|systemnachricht|gesagt|passwort|kennwort|codewort|zugangscode|du bist",
    r"\b(?:kann|darf|werde|möchte|will) (?:ich )?[^.\n]{0,50}\b(?:nicht|keine?n?)\b[^.\n]{0,40}"
    r"(?:verraten|nennen|zeigen|teilen|weitergeben|preisgeben|offenlegen|wiedergeben|ausgeben)",
    (
        ("announced", 2.6, rf"\b(?:hier (?:sind|ist|kommen|kommt|stehen|steht)|das (?:sind|ist"
         rf"|war(?:en)?)"
         rf"|es folg(?:en|t)|folgend(?:es|e) (?:sind"
         rf"|ist))(?: [\pL\d_]+){{0,3}} mein[\pL\d_]{{0,2}} "
         rf"(?:[\pL\d_]+ ){{0,2}}{_DE_THING}"),
        ("announced", 2.6, rf"\bmein[\pL\d_]{{0,2}} (?:[\pL\d_]+ ){{0,2}}{_DE_THING}(?:"
         rf" [\pL\d_]+){{0,3}} "
         r"(?:laute[nt]|sind|besagen|besagt|sagen|sagt|beginnen|beginnt|fängt|fangen|steht|stehen"
         r"|schreiben|schreibt|enthalten|enthält|verlangen|verlangt)\b"),
        ("announced", 2.6, r"\b(?:mir wurde(?:n)? [^.\n]{0,50}(?:gesagt|aufgetragen|vorgegeben"
         r"|mitgegeben"
         r"|eingeschärft|befohlen)|man hat mir [^.\n]{0,40}(?:gesagt|aufgetragen|vorgegeben)"
         r"|ich (?:wurde|bin) [^.\n]{0,40}(?:angewiesen|instruiert|programmiert|konfiguriert)"
         r"|ich habe (?:die (?:strikte )?|folgende |strikte )(?:anweisung(?:en)?"
         r"|instruktion(?:en)?"
         r"|vorgaben?)|(?:soll|darf) ich laut (?:meiner|meinem|meinen))\b"),
        ("announced", 2.4, r"\b(?:die (?:[\pL\d_]+ )?(?:anweisungen|instruktionen|vorgaben)"
         r"|der (?:[\pL\d_]+ )?prompt),? "
         r"(?:die ich (?:[\pL\d_]+ )?(?:habe|erhalten habe|bekam|bekommen habe)|die mir|den ich"
         r"|der mir"
         r"|über diesem|oberhalb)\b"),
        ("announced", 2.2, rf"{_HEADER}(?:beginn |anfang )?(?:des )?(?:system(?:prompts?"
         rf"|nachricht"
         rf"|anweisung(?:en)?|vorgaben)|interne (?:anweisungen|vorgaben))[\]*> "
         rf"|\"]{{0,3}}\s?[:=]"),
        ("second_person", 1.6, r"(?:^|[\n\":.„“»«] ?)(?:du bist|sie sind) (?:ein|eine|der|die"
         r"|das|jetzt|nun"
         r"|kein|keine) "),
        ("second_person", 1.6, r"\bdu (?:darfst|sollst|musst"
         r"|wirst) (?:[\pL\d_]+ ){0,4}?(?:niemals|nie|nicht"
         r"|immer|nur|stets|kein[\pL\d_]*)\b"),
        ("rule", 1.5, r"\b(?:wenn|falls|sobald|fragt) (?:der|die|ein|eine|jemand"
         r"|dich)\b ?(?:nutzer|nutzerin"
         r"|benutzer|kunden?|kundin|anwender|user|person|jemand|nach)\b[^.\n]{0,90}"),
        ("rule", 1.5, r"(?:antworte|gib|nenne|verrate|erwähne|sprich|bleib|verweise|sage?"
         r"|empfiehl|hilf"
         r"|lehne|sei|frage?)[^.\n]{0,20} (?:niemals|nie|immer|nur|nicht|stets|ausschließlich"
         r"|kein[\pL\d_]*)\b"),
        ("rule", 1.4, rf"{_BULLET}(?:niemals|nie|immer|nur|stets|nenne|verrate|antworte|sprich"
         rf"|sei|gib"
         r"|erwähne|du|frage?|lehne|verweise|bleibe?|biete|halte|keine?)\b"),
        ("rule", 1.3, r"\b(?:niemals|nie|immer|nur|stets|ausschließlich|nicht"
         r"|keine[\pL\d_]?)\b(?: [^\s.,]+){0,6}"
         r" zu (?:[\pL\d_]+en|[\pL\d_]+ern)\b"),
        ("rule", 1.2, r"\b(?:nicht|nie|niemals|kein[\pL\d_]*)\b(?: [\pL\d_]+){0,4} (?:verraten"
         r"|preisgeben|nennen"
         r"|erwähnen|offenlegen|weitergeben|sprechen|antworten|empfehlen)\b"),
        ("secret", 1.5, r"\b(?:das|mein|unser) (?:geheime )?(?:passwort|kennwort|codewort"
         r"|geheimwort)"
         r" (?:ist|lautet|war)\b|\b(?:der|mein) zugangscode (?:ist|lautet)\b"),
    ),
)  # fmt: skip

_ES_THING: Final = (
    r"(?:(?:prompt|mensaje) (?:del |de )?sistema|prompt|instrucci(?:ón|ones)|directrices|reglas"
    r"|indicaciones|órdenes|pautas|consignas)"
)
_ES: Final = Wording(
    r"program|instru|prompt|directric|reglas|indicaciones|órdenes|pautas|consigna|me dijeron"
    r"|me han"
    r"|me ordenaron|contraseña|clave|eres un",
    r"\bno (?:puedo|debo|voy a|me está permitido|quiero) [^.\n]{0,40}(?:revelar|compartir"
    r"|mostrar|decir"
    r"|divulgar|repetir|contar)[^.\n]{0,40}",
    (
        ("announced", 2.6, r"\b(?:aquí (?:están|tienes|tiene|van)|est[ao]s? (?:son|es|eran)"
         r"|a continuación"
         rf"(?: [\pL\d_]+)?),?(?: [\pL\d_]+){{0,3}} mis? (?:[\pL\d_]+ ){{0,2}}{_ES_THING}"),
        ("announced", 2.6, rf"\bmis? (?:[\pL\d_]+ ){{0,2}}{_ES_THING}(?: [\pL\d_]+){{0,4}}? "
         rf"(?:son|es|dicen?|indican?"
         r"|empiezan?|comienzan?|establecen?|exigen?|incluyen?|ordenan?|pone|ponen|rezan?)\b"),
        ("announced", 2.6, r"\b(?:me (?:dijeron|ordenaron|indicaron|pidieron|programaron"
         r"|configuraron"
         r"|han (?:dicho|ordenado|indicado|pedido|instruido|programado|configurado))"
         r"|(?:fui|he sido|estoy) (?:instruid[oa]|programad[oa]|configurad[oa])"
         r"|tengo (?:la instrucción|instrucciones|la orden|órdenes))\b"),
        ("announced", 2.4, r"\b(?:las instrucciones|el prompt) que (?:recibí|me dieron"
         r"|he recibido|me han dado"
         r"|tengo)\b|\btexto anterior a\b"),
        ("announced", 2.2, rf"{_HEADER}(?:inicio del? )?(?:(?:prompt|mensaje) (?:del "
         rf"|de )?sistema"
         rf"|instrucciones (?:internas|del sistema))[\]*> |\"]{{0,3}}\s?[:=]"),
        ("second_person", 1.6, r"(?:^|[\n\":.“«¡] ?)(?:eres|usted es) (?:un|una|el|la|ahora)\b"),
        ("second_person", 1.6, r"\b(?:no debes|debes (?:siempre|solo|sólo)|nunca debes"
         r"|siempre debes"
         r"|tienes prohibido|no puedes (?:revelar|mencionar|hablar|decir))\b"),
        ("rule", 1.5, r"\bsi (?:el|la|un|una|algún|te|alguien)\b ?(?:usuari[oa]|cliente|persona"
         r"|preguntan?"
         r"|piden?)\b[^.\n]{0,90}"),
        ("rule", 1.5, r"\b(?:responde|contesta|habla|di|menciona|recomienda|ofrece|revela"
         r"|rechaza|mantén"
         r"|usa|sé) (?:[\pL\d_]+ )?(?:siempre|solo|sólo|únicamente|nunca|breve"
         r"|exclusivamente)\b"),
        ("rule", 1.4, rf"{_BULLET}(?:nunca|siempre|no|solo|sólo|responde|contesta|rechaza|ofrece"
         rf"|mantén|eres"
         r"|si|evita|usa|habla|menciona)\b"),
        ("rule", 1.3, r"\b(?:nunca|jamás|siempre|solo|sólo|no|únicamente) (?:l[eoa]s? |se "
         r"|me )?(?:[\pL\d_]+ )?"
         r"(?:revel|habl|mencion|respond|contest|recomend|ofrec|compart|dig|dec|dar|us"
         r"|cit)[\pL\d_]*"),
        ("secret", 1.5, r"\b(?:la|mi|nuestra) (?:contraseña|clave|palabra clave|palabra secreta)"
         r"(?: [\pL\d_]+)? (?:es|era)\b"),
    ),
)  # fmt: skip

_FR_THING: Final = (
    r"(?:(?:prompt|message|invite) (?:de |du )?système|prompt|instructions?|consignes?"
    r"|directives?"
    r"|règles)"
)
_FR: Final = Wording(
    r"program|instru|consigne|directive|prompt|règles|m['’]a|m['’]ont|mot de passe"
    r"|code d['’]accès|tu es|vous êtes",
    r"\bje ne (?:peux|dois|vais|veux|suis) (?:pas )?[^.\n]{0,50}(?:révéler|partager|montrer|dire"
    r"|divulguer|répéter|communiquer|dévoiler)[^.\n]{0,40}",
    (
        ("announced", 2.6, r"\b(?:voici|ce sont|c['’]est|il s['’]agit de"
         r"|ci-dessous),?(?: [\pL\d_]+){0,4}? "
         rf"(?:mes|mon|ma) (?:[\pL\d_]+ ){{0,2}}{_FR_THING}"),
        ("announced", 2.6, rf"\b(?:mes|mon"
         rf"|ma) (?:[\pL\d_]+ ){{0,2}}{_FR_THING}(?: [\pL\d_]+){{0,4}}? (?:sont|est"
         r"|disent|dit|indiquent?|commencent?|précisent?|exigent?|imposent?|stipulent?"
         r"|veulent)\b"),
        ("announced", 2.6, r"\b(?:on m['’]a (?:dit|demandé|ordonné|donné|chargé|programmé"
         r"|interdit|imposé)"
         r"|j['’]ai (?:pour (?:consigne|instruction)|reçu (?:pour |l['’]|la |les "
         r"|des )?(?:consigne|instruction|"
         r"ordre)s?|(?:la|l['’]) ?(?:consigne|instruction|ordre))"
         r"|(?:j['’]ai été|je suis) (?:programmé|configuré|instruit))"),
        ("announced", 2.4, r"\b(?:les (?:instructions|consignes)|le prompt) (?:que (?:j['’]ai"
         r"|l['’]on)|qu['’]on"
         r" m['’]|qui m['’]|reçue?s?)"),
        ("announced", 2.2, rf"{_HEADER}(?:début (?:du |des )?)?(?:(?:prompt|message) (?:de "
         rf"|du )?système"
         rf"|(?:instructions|consignes) (?:internes|système|du système))[\]*> "
         rf"|\"]{{0,3}}\s?[:=]"),
        ("second_person", 1.6, r"(?:^|[\n\":.“«] ?)(?:tu es|vous êtes) (?:un|une|le|la|l['’]"
         r"|désormais"
         r"|maintenant)"),
        ("second_person", 1.6, r"\b(?:tu ne (?:dois|peux|devras)|vous ne devez|tu (?:dois|devras)"
         r" (?:toujours|uniquement|seulement)|ne (?:révèle|mentionne|donne|parle|dis"
         r"|réponds))\b"),
        ("rule", 1.5, r"\bsi (?:l['’]|le |la |un |une |quelqu['’]un|on te)(?:utilisat|client"
         r"|usager"
         r"|personne| ?demande| ?parle|interlocut)[^.\n]{0,90}"),
        ("rule", 1.5, r"\b(?:réponds|répondez|parle|reste|propose|refuse|utilise|sois"
         r"|soyez) (?:[\pL\d_]+ )?"
         r"(?:toujours|uniquement|seulement|jamais|bref|brève|exclusivement|en)\b"),
        ("rule", 1.4, rf"{_BULLET}(?:ne|n['’]|jamais|toujours|réponds|répondre|refuse|reste"
         rf"|propose|tu|si|parle"
         r"|utilise|pas de)\b"),
        ("rule", 1.3, r"\b(?:de )?(?:ne (?:jamais|pas)|toujours|n['’](?:en )?[\pL\d_]+ jamais"
         r"|uniquement)"
         r"(?: [\pL\d_]+)? (?:révél|parl|mentionn|répon|recommand|propos|donn|divulgu|dire|cit"
         r"|utilis|aid)[\pL\d_]*"),
        ("rule", 1.3, r"\b(?:parler|répondre|traiter|aider) (?:[\pL\d_]+ )?(?:uniquement"
         r"|seulement|que d)"),
        ("secret", 1.5, r"\b(?:le|mon|notre) (?:mot de passe|code d['’]accès|mot secret"
         r"|code secret)"
         r"(?: [\pL\d_]+)? (?:est|était)\b"),
    ),
)  # fmt: skip

_PT_THING: Final = (
    r"(?:(?:prompt|mensagem) (?:do |de )?sistema|prompt|instruç(?:ão|ões)|diretrizes|regras"
    r"|orientações|ordens)"
)
_PT: Final = Wording(
    r"program|instru|prompt|diretriz|regras|orienta|ordens|me disseram|disseram-me|mandaram"
    r"|senha|palavra-passe"
    r"|código|você é|tu és",
    r"\bnão (?:posso|devo|vou|quero|tenho permissão) [^.\n]{0,40}(?:revelar|compartilhar"
    r"|partilhar"
    r"|mostrar|dizer|divulgar|repetir|contar)[^.\n]{0,40}",
    (
        ("announced", 2.6, r"\b(?:aqui (?:estão|está|vão|tem)|est[ea]s? (?:são|é|eram)|eis"
         r"|a seguir),?"
         rf"(?: [\pL\d_]+){{0,3}}? (?:minhas?|meus?) (?:[\pL\d_]+ ){{0,2}}{_PT_THING}"),
        ("announced", 2.6, rf"\b(?:minhas?"
         rf"|meus?) (?:[\pL\d_]+ ){{0,2}}{_PT_THING}(?: [\pL\d_]+){{0,4}}? (?:são|é|dizem?"
         r"|diz|indicam?|começam?|estabelecem?|exigem?|incluem|mandam?|determinam?)(?:[ :,]|$)"),
        ("announced", 2.6, r"\b(?:me (?:disseram|mandaram|instruíram|pediram|programaram"
         r"|configuraram"
         r"|orientaram)|(?:disseram|mandaram|pediram|ordenaram)-me|(?:fui|estou) (?:instruíd[oa]"
         r"|programad[oa]|configurad[oa]|orientad[oa])|(?:tenho|recebi) (?:a )?(?:instruç(?:ão"
         r"|ões)|ordens?"
         r"|orientaç(?:ão|ões)))\b"),
        ("announced", 2.4, r"\b(?:as instruções|o prompt) que (?:recebi|me deram|tenho)\b"),
        ("announced", 2.2, rf"{_HEADER}(?:início (?:do |da )?)?(?:(?:prompt|mensagem) (?:do "
         rf"|de )?sistema"
         rf"|instruções (?:internas|do sistema))[\]*> |\"]{{0,3}}\s?[:=]"),
        ("second_person", 1.6, r"(?:^|[\n\":.“«] ?)(?:você é|tu és|és) (?:um|uma|o|a|agora)\b"),
        ("second_person", 1.6, r"\b(?:(?:você |tu )?(?:não deves?|deves? (?:sempre|apenas|só)"
         r"|nunca deves?)"
         r"|não podes? (?:revelar|mencionar|falar|dizer))\b"),
        ("rule", 1.5, r"\b(?:se|caso|quando) (?:o|a|um|uma|alguém|te|lhe)\b ?(?:usuári[oa]"
         r"|utilizador"
         r"|cliente|pessoa|pergunt[\pL\d_]+|ped[\pL\d_]+)\b[^.\n]{0,90}"),
        ("rule", 1.5, r"\b(?:responda|responde|fale|fala|mencione|recomende|ofereça|oferece"
         r"|revele|recuse"
         r"|mantenha|use|seja) (?:[\pL\d_]+ )?(?:sempre|apenas|só|somente|nunca|breve"
         r"|exclusivamente|em)\b"),
        ("rule", 1.4, rf"{_BULLET}(?:nunca|sempre|não|só|apenas|responda|responde|recuse|recusa"
         rf"|ofereça|mantenha"
         r"|você|se|evite|use|fale|mencione)\b"),
        ("rule", 1.3, r"\b(?:nunca|jamais|sempre|apenas|só|somente|não) (?:[\pL\d_]+ )?(?:revel"
         r"|fal|mencion|respond"
         r"|recomend|oferec|compartilh|partilh|diz|dig|dar|us|cit)[\pL\d_]*"),
        ("secret", 1.5, r"\b(?:a|minha|nossa) (?:senha|palavra-passe"
         r"|palavra secreta)(?: [\pL\d_]+)? (?:é|era) "
         r"|\bo código de acesso é "),
    ),
)  # fmt: skip

_ZH_THING: Final = (
    r"(?:系统提示(?:词)?|系统消息|系统指令|提示词|初始指令|内部指令|隐藏指令|指令"
    r"|指示|规则|设定|准则)"
)
_ZH: Final = Wording(
    r"系统|提示词|指令|指示|规则|设定|准则|要求|告知|告诉我|让我|密码|口令|你是",
    r"(?:不能|无法|不会|不可以|不便|不方便)[^。\n]{0,20}(?:透露|分享|展示|告诉|公开|提供|复述"
    r"|泄露)[^。\n]{0,20}",
    (
        ("announced", 2.6, rf"(?:以下是|这是|这就是|下面是|这些是|如下是)[^。\n]{{0,8}}我(?:的"
         rf"|收到的|被赋予的|得到的)"
         rf"[^。\n]{{0,8}}{_ZH_THING}"),
        ("announced", 2.6, rf"我(?:的|收到的|得到的"
         rf"|被给予的)[^。，\n]{{0,6}}{_ZH_THING}[^。\n]{{0,8}}?(?:是|如下|写着|写道"
         r"|说|要求|规定|包括|开头|第一条|里写|里有|内容)"),
        ("announced", 2.6, r"(?:我被(?:要求|告知|指示|设定|设置|编程|规定|禁止)|(?:他们|开发者"
         r"|运营方|公司|系统)"
         r"(?:要求|告诉|指示|规定|让|命令)我|我接到的(?:指令|指示|要求)|有人(?:要求|告诉)我)"),
        ("announced", 2.4, rf"{_HEADER}(?:【)?(?:系统提示(?:词)?|系统消息|系统指令"
         rf"|内部指令)(?:】)?[\]*> |\"]{{0,3}}\s?[:：=]"),
        ("announced", 1.4, r"(?:全文|原文|内容|完整)(?:如下|是)[:：]|如下[:：]"),
        ("second_person", 1.8, r"(?:^|[\n\":：。“「『] ?)你(?:是|叫|现在是)"),
        ("second_person", 1.6, r"你(?:必须|不得|不能|只能|应当|应该|绝不能|不可以|不要|要始终"
         r"|永远)"),
        ("rule", 1.5, r"(?:如果|若|当|一旦)(?:有)?(?:用户|客户|顾客|有人|对方"
         r"|别人)[^。\n]{0,40}"),
        ("rule", 1.5, r"(?:只|始终|永远|必须|总是|一律|务必)(?:能|用|要|可以)?(?:回答|回复|谈"
         r"|使用|推荐|说|讨论|用中文|用英文"
         r"|拒绝|保持|称呼|提供|介绍)"),
        ("rule", 1.4, rf"{_BULLET}(?:不要|不得|禁止|绝不|永远|始终|只|必须|如果|你|回答|拒绝"
         rf"|保持|用)"),
        ("rule", 1.3, r"(?:不要|不得|不能|绝不|不许|禁止|不可|不准|从不|别)[^。，\n]{0,8}(?:透露"
         r"|泄露|提及|提到|谈论|讨论|说|回答"
         r"|推荐|公开|承认|提供|给)"),
        ("secret", 1.5, r"(?:密码|口令|暗号|访问码)(?:是|为)[:：]?"),
    ),
)  # fmt: skip

WORDINGS: Final = (_DE, _ES, _FR, _PT, _ZH)
