"""Short verdicts: paragraphs such as "Correct." that judge the step before them."""

from __future__ import annotations

import re

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
# These turn to what follows, wherever they are.
_TURNS = re.compile(
    r"(?i:wait|hm+|hold on|but|so|now|next|first|then|also|and|or|thus|hence|let|oh|uh|um)\b[^\w]*$"
    r"|(?:等等|等一下|等下|嗯|不过|但是|那么|然后|接下来|待って|잠깐|espera|warte|attends|погоди)\W*$"
)
_LEADS_ON = frozenset(":：,，、")
_ASKS = frozenset("?？؟")


def leads_on(text: str) -> bool:
    """Whether a short text turns to what follows, such as "Thus:" or "Wait."."""
    return text.rstrip("*_ ")[-1:] in _LEADS_ON or _TURNS.search(text) is not None


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
