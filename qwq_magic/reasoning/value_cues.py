r"""The words with which a text commits to a value or hedges it: data without logic.

Every pattern matches in linear time: repetitions are bounded and not nested.
"""

from __future__ import annotations

import re

_FLAGS = re.IGNORECASE
_BE = (
    r"(?:is|are|was|should be|must be|would be|will be|has to be|equals|becomes|comes out (?:to be|"
    r"as)|"
    r"ist|lautet|lauten|beträgt|wäre|sind|es|son|sería|est|sont|serait|è|é|são)"
)
_MARKS = r"[*_`\s]{0,4}"

# The value follows: "The correct answer is", "**Answer**:", "答案是", "Antwort:", "Respuesta:".
ANSWER = re.compile(
    r"(?:\b(?:answers?|choice|option|result|solution|verdict|antwort|ergebnis|endergebnis|"
    r"lösung(?:en)?|"
    r"lösungsmenge|auswahl|respuesta|opción|resultado|solución|réponse|résultat|choix|risposta|"
    r"risultato|"
    r"resposta|opção|solução|ответ)\b"
    r"(?:\s(?:correcta|correcto|correcte|corretta|correta|finale?|exacta|richtig)){0,2}"
    r"(?:,?\s(?:to|in|for|of|as|then|therefore|auf|zu|de|a|à|therefore)\b[^.:：?!\n]{0,60}?)?"
    rf"{_MARKS}(?:\b{_BE}\b(?!n['’]t)|[:：=]|—)|"
    r"(?:最终|最后|正确|标准|參考|参考)?(?:答案|结果|結果|选项|答え|解答|正解)(?:就|应该|应当|应|"
    r"確实|确实|选|為|为){0,2}"
    rf"{_MARKS}(?:是|为|為|选|選|は|[:：])|"
    r"(?:故|应|應|可|所以|因此|综上|因而|本题|正确的?)[，,]?\s?(?:应)?(?:该)?[选選](?:择|"
    r"擇)?(?:答案|项|項)?[:：是为]?|"
    r"(?<![一-鿿])[选選](?:择|擇)?[:：]?(?=\s?[*（(]{0,3}[A-J])|"
    r"\b(?:ist|lautet|sind) (?:die|das) (?:richtige )?(?:antwort|ergebnis|lösung)\b|"
    r"(?:정답|답)(?:은|는|[:：])|\b(?:correct|final)[:：]|^\W{0,6}答[:：]|\b(?:richtig|"
    r"correct[oa]?|corretta) (?:ist|is|es|est|è)\b|"
    r"\bI(?:['’]d| would| will|['’]ll)? (?:choose|pick|select|go with|answer)\b|"
    r"^\W{0,8}answer(?=\s{1,2}[-$\\(]{0,3}[\d])|"
    r"^[#*_\s]{0,8}(?:final |correct |my )?(?:answer|result|(?:最终|最后)?(?:答案|结果|結果)|"
    r"antwort|ergebnis|endergebnis|respuesta|resultado|réponse|résultat|risposta|risultato|"
    r"resposta|答え|解答|最終回答)(?:\sfinale?)?[*_:：\s]{0,6}$)",
    _FLAGS | re.MULTILINE,
)
# An option that is called right: "option (C) is correct", "D ist richtig", "选项C正确".
_RIGHT = (
    r"(?:correct|right|true|best|valid|richtig|wahr|correct[oa]|verdader[oa]|corrette?|vraie?|"
    r"juste|"
    r"the (?:only )?(?:correct |right |best )?(?:answer|choice|option|one))"
)
RIGHT_OPTION = re.compile(
    rf"(?:^|[\s*(（,，.。:：])(?P<letter>[A-J])[)）*.]{{0,4}},?\s{{1,2}}(?:is|must be|ist|es|est|"
    rf"è)\s"
    rf"(?:therefore |thus |also |la |die |der |das |el )?{_RIGHT}(?!\w)|"
    r"(?:选项|答案|只有)\s?[（(*]{0,3}(?P<chosen>[A-J])[)）*]{0,3}\s?(?:项|選項|"
    r"选项)?\s?(?:才)?(?:是)?(?:正确|对的|成立|符合)",
)
CONCLUSION = re.compile(
    r"(?:\b(?:therefore|thus|hence|(?<!or )so(?! (?:that|far|many|much|long|as)\b)|in total|"
    r"altogether|overall|consequently|as a result|finally|in conclusion|total|"
    r"somit|daher|folglich|deshalb|insgesamt|demnach|por (?:lo )?tanto|por consiguiente|así que|"
    r"entonces|en total|"
    r"en conclusión|donc|ainsi|par conséquent|au total|quindi|dunque|portanto|logo|итак|поэтому|"
    r"следовательно)\b|"
    r"所以|因此|因而|综上|总共|一共|总之|可得|于是|故|よって|したがって|ゆえに)",
    _FLAGS,
)
GERMAN_CONCLUSION = re.compile(r"\balso\b", _FLAGS)
# The value comes right after: "is", "=", "costs", "arrives at".
STATED = re.compile(
    rf"(?:[=≈∈]|\b(?:it|that|there)['’]s|\b{_BE}|\bbe|[是为為有]|等于|beläuft sich auf|\b(?:est?|"
    rf"sont?) de|\b(?:there (?:is|"
    rf"are)|hay|il y a|es gibt)|"
    r"\b(?:that is|i\.e\.|d\. ?h\.|das heißt|es decir|c['’]est-à-dire),?|即|つまり)"
    r"(?:\s(?:about|approximately|exactly|only|just|equal to|therefore|thus|ca\.|etwa|genau|rund|"
    r"exactamente|"
    r"the|la|el|die|der|das|en|[-A-Za-z]\s?=)){0,2}"
    r"[\s*:：(]{0,4}$",
    _FLAGS,
)
_VERBS = (
    r"gets?|gives?|giving|yields?|has|have|had|makes?|costs?|takes?|needs?|pays?|leaves?|weighs?|"
    r"earns?|spends?|saves?|travels?|covers?|requires?|totals?|kostet|hat|haben|braucht|benötigt|"
    r"dauert|zahlt|tiene|cuesta|paga|tarda|necesitan?|faltan?|coûte|faut|dure|prend"
)
_CHINESE_VERBS = "[得了到共在需约走剩花付要]"
_EXACTLY = (
    r"(?:\s(?:about|approximately|exactly|only|just|a total of|etwa|genau)){0,2}[\s*:：(]{0,4}$"
)
STATED_BY_VERB = re.compile(rf"(?:\b(?:{_VERBS})|{_CHINESE_VERBS}){_EXACTLY}", _FLAGS)
LOOSELY_STATED = re.compile(
    rf"(?:\b(?:{_VERBS}|at|of|to|um|auf|a las|de|à|a)|{_CHINESE_VERBS}|于|[:：]){_EXACTLY}",
    _FLAGS,
)
# "there are 3 things to know": what follows is counted, not asserted.
COUNTED = re.compile(
    r"\s(?:\w{2,12}\s){0,2}(?:things|reasons|steps|tips|types|kinds|options|methods|stages|phases|"
    r"factors|points|aspects|gründe|dinge|schritte|tipps|arten|razones|pasos|cosas|consejos|tipos|"
    r"raisons|choses|étapes|conseils)\b|\s?[个個]\s?(?:原因|步骤|要点|方面|建议)|つの(?:理由|方法|点)",
    _FLAGS,
)
# An explanation follows: "it is 19: 10 + 9", "it takes 19 minutes, since …".
EXPLAINS = re.compile(
    r"\s?(?::\s|：)(?=\S)|\s(?:since|because|denn|weil|porque|parce que)\b|"
    r",\s(?:as|da|car|puisque|ya que|pues|puesto que)\b|"
    r"[,，]?\s?(?:因为|由于|なぜなら)|\s[—–]\s|——",
    _FLAGS,
)
# What seems to be the answer: "the intuitive answer is 10".
TEMPTING = re.compile(
    r"\b(?:intuitive|obvious|tempting|na[iï]ve|wrong|incorrect|common|typical|initial|naheliegende|"
    r"falsche|intuitiva|obvia|errónea|intuitive|fausse)\b|直觉|错误的?答案|直感",
    _FLAGS,
)
# After it, what came before no longer holds.
CORRECTS = re.compile(
    r"(?:^|(?<=[.,!?…—–*(]\s)|(?<=[*(—]))(?:(?:hmm,?\s|oh,?\s|no,?\s)?"
    r"(?:wait|hold on|scratch that|correction|oops|halt|moment|korrektur|espera|un momento|"
    r"corrección|attendez)\b"
    r"(?:,?\s(?:no|nein|non)(?=\s?[,:—–]))?(?:\s?[,:.–—…!*]|\s-\s)|sorry,)|"
    r"(?:等等|等一下|不对[，,]|更正|纠正一下|待って|訂正)[，,。：:、]?",
    _FLAGS | re.MULTILINE,
)
# "I have no number yet"
UNKNOWN = re.compile(
    r"\bI (?:have no|do(?:n['’]t| not) have (?:a|an|the)) (?:\w{2,12}\s)?"
    r"(?:number|answer|result|value)\b|"
    r"\b(?:cannot|can['’]t|could not) be (?:determined|answered)|\bnot enough information\b|"
    r"\bimpossible to (?:say|tell|determine)|无法确定|条件不足|"
    r"lässt sich nicht (?:sagen|bestimmen)|"
    r"no se puede (?:saber|determinar)|impossible de (?:dire|déterminer)|判断できません",
    _FLAGS,
)
HEDGE = re.compile(
    r"\b(?:maybe|perhaps|possibly|probably|might|may be|could|would be if|suppose|supposing|"
    r"assum(?:e|ing)|imagine|"
    r"let['’]?s (?:say|try|guess)|guess(?:ing)?|not sure|unsure|unclear|i wonder|whether|seems?|"
    r"likely|"
    r"what if|vielleicht|möglicherweise|wahrscheinlich|könnten?|angenommen|vermutlich|quizás?|"
    r"tal vez|"
    r"a lo mejor|podrían?|puede que|posiblemente|probablemente|supongamos|supón|peut-être|pourrait|"
    r"supposons|"
    r"probablement|forse|talvez)\b|也许|可能(?!性)|或许|大概|假设|假如|假定|如果|不确定|估计|似乎|"
    r"好像|说不定|設|かもしれない|たぶん|仮に",
    _FLAGS,
)
# Replies of one word, in the languages that write words apart.
VERDICT_WORDS = (
    "yes|no|true|false|ja|nein|wahr|falsch|sí|verdadero|falso|oui|non|vrai|faux|sim|não|да|нет|"
    "はい|いいえ|예|네|아니요|아니오"
)
NOT = re.compile(
    r"(?:not|never|n['’]t|nicht|kein\w{0,3}|pas|neither|either)\b|不(?!对|正确|成立|是)", _FLAGS
)
# "9.9 is larger than 9.11": the value comes first.
COMPARED = re.compile(
    r"[\s*`$]{0,4}(?:(?:is|are|ist|es|est|è)\s(?:(?:much|slightly|clearly|actually|therefore|thus|"
    r"the|el|la|die)\s){0,2}"
    r"(?:\w{2,12}er|more|less|mayor|menor|más \w{2,12}|plus \w{2,12}|maior|maggiore)\b|"
    r"(?:comes (?:first|before|earlier)|precedes|kommt (?:vor|zuerst)|viene (?:antes|primero)|"
    r"vient (?:avant|en premier))\b|"
    r"比[^，。\n]{1,30}[大小多少高低长短快慢])",
    _FLAGS,
)
# What comes after it restates the value: "3/8, which is 37.5%".
RESTATED = re.compile(r",\s(?:which|that) is(?:\s\w{1,12})?\s$|[\d)$πeix]\s?≈\s?$", _FLAGS)
VERB = re.compile(
    r"\b(?:is|are|was|has|have|ist|sind|hat|es|son|tiene|est|sont)\b|[是为有]", _FLAGS
)
# After it, an earlier hedge no longer holds: "maybe A, but the answer is B".
TURN = re.compile(
    r"\b(?:but|however|yet|aber|jedoch|pero|mais|però|mas)\b|但|不过|然而|でも|しかし", _FLAGS
)
# After it, what only seemed to be so no longer counts.
SETTLES = re.compile(
    rf"{TURN.pattern}|"
    r"\b(?:actually|in fact|in reality|tatsächlich|en realidad|en fait|en réalité)\b|"
    r"其实|实际上|実際は|実は",
    _FLAGS,
)
_TOTAL = (
    r"(?:(?:grand )?total|sum|answer|result|summe|gesamt|insgesamt|ergebnis|suma|resultado|somme|"
    r"résultat|totale|总计|合计|总共|总和|答案|結果|结果|合計)"
)
TOTAL = re.compile(rf"{_TOTAL}\b[^\d:：*]{{0,30}}[:：]\s?", _FLAGS)
# The last row of a table: "| **Total** | **17** |".
TOTAL_ROW = re.compile(rf"\s?\|[\s*]{{0,4}}{_TOTAL}\b[^|]{{0,40}}\|", _FLAGS)
# What follows is offered, not asserted.
INTRODUCES = re.compile(
    r"^\W{0,6}(?:here(?:['’]s| is| are)|below|there are (?:several|many|some)|hier (?:sind|ist)|"
    r"aquí|a continuación|"
    r"hay (?:varias|muchas)|voici|以下|下面|这里|這裡)",
    _FLAGS,
)
# Numbers in these languages have a decimal comma.
COMMA_WORDS = re.compile(
    r"\b(?:ist|sind|beträgt|lautet|antwort|ergebnis|der|die|das|ein|eine|und|nicht|insgesamt|"
    r"respuesta|resultado|"
    r"número|los|las|el|es|son|una|por|réponse|résultat|est|sont|les|une|donc|risposta|il|sono|"
    r"resposta|são)\b|[а-я]{2}",
    _FLAGS,
)
ENGLISH_WORDS = re.compile(r"\b(?:the|is|are|answer|of|so|we|and)\b", _FLAGS)
