"""Answers that report what their sources don't say, and nothing else: they refuse nothing.

In English, German, Spanish, French, Portuguese and Chinese, by wording.
"""

from __future__ import annotations

from typing import Final

import re2

_LONGEST: Final = 300

_SOURCE_EN: Final = (
    r"(?:the|these|this|your|our|those) (?:\w+ ){0,2}?(?:documents?|sources?|files?|texts?|pages?"
    r"|manuals?|handbooks?|articles?|reports?|contracts?|polic(?:y|ies)|guides?|context|passages?"
    r"|attachments?|leaflets?|terms)(?: (?:that )?(?:you (?:gave|sent|shared|provided)(?: me)?"
    r"|provided|given|attached))?"
)
_REST: Final = r"[^.!?;:\n]{0,120}"
_SAYS: Final = (
    rf"(?:{_SOURCE_EN} (?:(?:says?|states?|mentions?|contains?|holds?|gives?|have|has|tells?"
    r"|includes?) (?:nothing|no\b)|(?:do|does)(?: not|n['’]t) (?:say|state|mention|contain|cover"
    rf"|specify|tell|give|include|describe|address)){_REST}"
    rf"|(?:there is|there['’]s) (?:nothing|no mention|no information){_REST} in {_SOURCE_EN}"
    rf"|nothing in {_SOURCE_EN} (?:says|mentions|states|covers){_REST})",
    r"(?:(?:in )?(?:den|dem|der|die|das|ihren?|deinen?|diesen?|diesem)"
    r" (?:\w+ )?(?:unterlagen|dokumente?n?|"
    r"quellen?|texte?n?|dateien?|datei|handbuch|vertrag|richtlinien?|seiten?|anhang)"
    rf" (?:(?:steht|stehen|sagt|sagen|findet sich|enthält|enthalten) (?:dazu )?(?:nichts|keine?\b)"
    rf"|(?:erwähnt|erwähnen|nennt|nennen) (?:dazu )?(?:nichts|keine?\w{{0,2}})){_REST})",
    r"(?:(?:en )?(?:los|el|las|la|sus?|tus?|estos|este) (?:\w+ )?(?:documentos?|fuentes?|textos?"
    r"|archivos?|manual|contrato|páginas?|políticas?) no (?:dicen?|mencionan?|contienen?|indican?"
    rf"|especifican?|se (?:dice|menciona|indica)){_REST})",
    r"(?:(?:dans )?(?:les|le|la|vos|votre|tes|ces|ce) (?:\w+ )?(?:documents?|sources?|textes?"
    r"|fichiers?|manuel|contrat|pages?) (?:ne (?:disent|dit|mentionnent|mentionne|contiennent"
    r"|contient|précisent|précise|indiquent|indique)|n['’](?:indiquent|indique|évoquent|évoque))"
    rf" (?:pas|rien|aucune?){_REST})",
    r"(?:(?:n)?(?:os|o|as|a|seus?|suas?|estes|este) (?:\w+ )?(?:documentos?|fontes?|textos?"
    r"|arquivos?|manual|contrato|páginas?|políticas?) não (?:dizem|diz|mencionam|menciona|contêm"
    rf"|contém|indicam|indica|especificam|especifica){_REST})",
    r"(?:(?:这些|该|您的|所给的?|提供的)?(?:文件|文档|资料|材料|手册|合同|文章)(?:中|里)?(?:并)?"
    r"(?:没有|未)(?:提到|提及|说明|写明|包含)[^。！？；：\n]{0,60})",
)
_SILENT: Final = re2.compile(
    "(?i)(?:(?:" + "|".join(_SAYS) + r")[.!。！\s]*)+",
)
# Who speaks of what they do themselves may decline, and so may who apologises.
_SPEAKS: Final = re2.compile(
    r"(?i)\b(?:i|we|my|me|us|sorry|afraid|cannot|refuse\w*|declin\w*|ich|wir|mir|uns|leider|kann"
    r"|yo|nosotros|puedo|podemos|lo siento|je|nous|peux|désolée?|eu|nós|posso|podemos|desculpe)\b"
    r"|(?:can|won)['’]t\b|\bj['’]|我|抱歉|无法|不能"
)


def reports_silence(text: str) -> bool:
    """Whether an answer says what its sources don't, and nothing more.

    >>> reports_silence("The documents say nothing about an app.")
    True
    >>> reports_silence("The documents say nothing about it, and I won't look it up.")
    False
    """
    if len(text) > _LONGEST:
        return False
    # re2 takes UTF-8 only, which has no lone surrogates.
    bare = " ".join(text.encode("utf-8", "replace").decode().split())
    return _SILENT.fullmatch(bare) is not None and _SPEAKS.search(bare) is None
