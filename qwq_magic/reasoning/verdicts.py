"""Whether short texts at the end of a line, such as "Correct.", belong to the step before them."""

from __future__ import annotations

import re

from qwq_magic.reasoning.lines import LABELS

# By language; words of several languages may be equal. Words like "OK" and "bien" open a step as
# often as they close one, so they are left out or count only beside a verdict.
_WORDS = """
yes yep yeah yup no nope correct right true false wrong good great perfect exactly exact indeed
incorrect valid invalid verified proven proved works work matches match agreed nice done
excellent consistent balanced qed
sí si correcto exacto cierto verdadero falso perfecto
oui non juste vrai faux parfait
ja nein richtig korrekt falsch stimmt genau passt wahr perfekt
sim não nao certo correto errado exato perfeito verdade
sì giusto esatto corretto vero sbagliato perfetto
nee klopt juist onjuist
nej rätt stämmer riktigt fel rigtigt riktig korrekte
tak nie zgadza prawda fałsz
ano ne správně ano
да нет верно неверно правильно точно истина ложь отлично именно
ні вірно правда
ναι όχι σωστό σωστά λάθος
evet hayır doğru yanlış
ya benar tidak salah
đúng sai phải
نعم لا صحيح خطأ صح خاطئ ممتاز
بله خیر نه درست غلط
جی ہاں نہیں
हाँ हां जी नहीं सही गलत सत्य
হ্যাঁ না সঠিক ভুল
כן לא נכון שגוי
ใช่ ถูก ถูกต้อง ผิด ไม่ใช่
对 对的 对了 对吧 对对 不对 是 是的 不是 正确 没错 错 错了 错误 不能 能 可以 不行 行 成立 不成立
符合 不符合 没问题 好极了 完美 完全正确 确实 不可能 可能 满足 不满足 一致 相等
對 對的 不對 正確 沒錯 錯 錯誤 不符合 確實 滿足
はい いいえ 正解 正しい そう そうだ そうです その通り 違う 合っている 一致 完璧 不正解
네 예 아니요 아니오 아니다 맞다 맞아 맞아요 맞습니다 정답 틀렸다 틀림 그렇다 참 거짓
✓ ✔ ✅ ✗ ✘ ❌ ☑ √ ■ □ ∎
"""
_FILLERS = "all so it is that too very also not ok okay then oh ah and c'est es"
_VERDICTS = frozenset(_WORDS.split())
_MAY_BE_WITH = frozenset(_FILLERS.split())
_ORNAMENT = "*_\"'“”‘’«»「」()（）[]¡\ufe0f\u200d "
_BETWEEN = re.compile(r"[\s,，、.!。！।۔፣;；…*_]+")
_RULE = re.compile(r"\s*[-*_]{3,}\s*")
# A text that ends with one of these turns to what follows.
_TURN = re.compile(
    r"(?:^|\W)(?:wait|hm+|hold on|but|so|now|next|first|then|also|and|or|thus|hence|let|oh|um)\W*$"
    r"|(?:等等|等一下|等下|嗯|不过|但是|那么|然后|接下来|待って|잠깐|espera|warte|attends|погоди)\W*$",
    re.IGNORECASE,
)
# So does a paragraph that is nothing but one of these.
_OPENING_WORDS = (
    "ok|okay|alright|all right|well|sure|not sure|again|actually|instead|however|anyway|i see|ah|"
    "好|好的|好吧|好了|唔|哦|啊|首先|其次|最后|所以|因此|让我想想|我想想|再看|"
    "うーん|ええと|えっと|さて|では|まず|次に|음|자|그럼|좋아|먼저|다음|"
    "bueno|bien|vale|a ver|entonces|bon|alors|donc|also|gut|na gut|nun|moment|bom|então|aspetta|"
    "allora|bene|стоп|так|итак|ну|хм|хорошо|ладно|tamam|peki|dur|dobra|dobrze|czekaj|"
    "حسنا|حسنًا|حسناً|انتظر|خب|اچھا|رکو|अच्छा|ठीक है|रुको|हम्म|আচ্ছা|अब"
)
_OPENERS = frozenset(_OPENING_WORDS.split("|"))
# And one that announces or numbers what follows.
_OPENING = re.compile(
    rf"\W*(?:(?:now|next|let|let[’']?s|first|second|suppose|assume|if|try|say|take|for|{LABELS})\b|"
    r"(?:\d{1,3}|[a-z]|[ivx]{2,4})[.)]*\W*$|第|首先|现在|再|设|若|假设|如果)",
    re.IGNORECASE,
)
_AFTER_WORDS = ".!。！．｡।॥۔።།༎။។៕\"'”’»)]}*_」』）】》 \t\r"
_SENTENCE_END = re.compile(r"[.!。！．｡।॥۔።།༎။។៕][\"'”’»)\]}*_」』）】》 \t\r]*$")
_LEADS_ON = frozenset(":：,，、")
_ASKS = frozenset("?？؟")


def leads_on(text: str) -> bool:
    """Whether a short text turns to what follows, such as "Thus:" or "Wait."."""
    return text.rstrip("*_ ")[-1:] in _LEADS_ON or _TURN.search(text) is not None


def is_statement(text: str) -> bool:
    """Whether a short paragraph states something and does not open the next, as "Okay." does."""
    if not _SENTENCE_END.search(text) or _OPENING.match(text):
        return False
    return text.rstrip(_AFTER_WORDS).strip(_ORNAMENT).lower() not in _OPENERS


def closes_step(text: str) -> bool:
    """Whether a short text, the end of a line, is nothing but a verdict or a ruled line."""
    if _RULE.fullmatch(text):
        return True
    if leads_on(text) or not _ASKS.isdisjoint(text):
        return False
    words = [word.strip(_ORNAMENT).lower() for word in _BETWEEN.split(text)]
    words = [word for word in words if word]
    return not _VERDICTS.isdisjoint(words) and all(
        word in _VERDICTS or word in _MAY_BE_WITH for word in words
    )
