r"""The cues of each kind in German, Spanish and French, and how to recognise these languages.

Few, since reasoning in these languages is rare: without them, a model that knows English alone
would guess. Matched against lowercase text, as the English ones are; see `cues`.
"""

from __future__ import annotations

import re

from qwq_magic.reasoning.cues import OPERATION, Cues
from qwq_magic.reasoning.kind_names import Kind

_WORD = re.compile(r"[^\W\d_]+")
_SEARCHED = 400

# Words that are frequent in one of the languages, and those of English, which outweigh them.
_EUROPEAN_WORDS = """
    der das den dem des ein eine einen einer und ist sind nicht mit für auf wir ich also wenn aber
    auch noch dann von zu sich nach bei kann wird werden muss hat daher deshalb damit mir mich lass
    sie er steht dies
    el los las una y es son con para por que del al se su pero como cuando entonces también hay
    tiene está voy puedo lo más estoy eso esto
    le les un et est sont avec pour par du au aux sur qui mais donc alors je nous il elle ce cette
    ça dans pas plus faut suis
"""
_ENGLISH_WORDS = """
    the of and to is are it that this we i for with be have has not if but can which there at by
    from let me need or they would should then its
"""
_EUROPEAN = frozenset(_EUROPEAN_WORDS.split())
_ENGLISH = frozenset(_ENGLISH_WORDS.split())
_ACCENTED = re.compile(r"[äöüßáéíóúñ¿¡àâçèêîôûœ]", re.IGNORECASE)

EUROPEAN: tuple[Cues, ...] = (
    Cues(
        Kind.ANSWER,
        opens=r"\W{0,8}(?:antwort|respuesta|réponse)\W{0,4}:",
        words=(
            r"(?:endgültige|richtige|finale) antwort\b|(?:antwort|lösung) (?:ist|lautet)\b|"
            r"(?:la )?respuesta (?:final|es|correcta)\b|(?:la )?réponse (?:finale|est|correcte)\b"
        ),
        signs=r"\\boxed\b",
    ),
    Cues(
        Kind.SWITCH,
        opens=r"\W{0,8}(?:alternativ|alternativamente|o bien|ou bien|autrement)\b",
        words=(
            r"ander(?:er|en|e) (?:weg|ansatz|methode|idee|möglichkeit)\b|anders herum\b|von vorn\b|"
            r"stattdessen\b|vielleicht (?:ist|wäre) .{1,40} (?:besser|einfacher)|"
            r"otr[ao] (?:forma|manera|método|enfoque|idea|camino)\b|en (?:su|cambio) lugar\b|"
            r"autre (?:façon|méthode|approche|idée|manière)\b|essayons autre\w{0,8}\b"
        ),
    ),
    Cues(
        Kind.CHECK,
        opens=(
            r"\W{0,8}(?:(?:ja|nein|sí|no|oui|non|efectivamente)\b\W{0,2}[,.:!]|"
            r"(?:gut|genau|richtig|stimmt|probe|bien|correcto|exact|bon|vérification)\b\W{0,2}[.:!])"
        ),
        words=(
            r"(?:über|nach)prüf\w{0,4}|prüfe\w{0,2}\b|zur (?:probe|kontrolle|sicherheit)\b|"
            r"nachrechnen\b|kontrollier\w{0,4}|(?:stimmt|stimmen|passt)\b(?! nicht)|bestätigt\b|"
            r"comprob\w{1,6}|comprueb\w{1,6}|verific\w{1,6}|revis(?:o|emos|ar|ando)\b|coincid\w{1,4}|"
            r"efectivamente\b|vérifi\w{1,6}|contrôl\w{1,5}|correspond\b|c'est (?:correct|juste)\b"
        ),
    ),
    Cues(
        Kind.DOUBT,
        opens=(
            r"\W{0,8}(?:aber )?(?:moment|warte|hm+|halt|espera|un momento|mmm+|attends?|attendez)\b"
        ),
        words=(
            r"(?:stimmt|stimmen|passt) nicht\b|nicht (?:ganz |so )?sicher\b|widerspr\w{1,8}|"
            r"fehler\b|verrechnet\b|seltsam\b|unklar\b|"
            r"no (?:estoy|es) segur[oa]\b|contradic\w{1,6}|me equivoqu\w{1,3}|error\b|raro\b|"
            r"pas (?:sûre?|certaine?)\b|contredi\w{1,4}|erreur\b|bizarre\b|étrange\b"
        ),
    ),
    Cues(
        Kind.SETUP,
        words=(
            r"der (?:nutzer|benutzer|anwender)\b|"
            r"die (?:nutzerin|aufgabe|frage) (?:ist|lautet|fragt|möchte|will|verlangt)\b|"
            r"gegeben (?:ist|sind)\b|gesucht (?:ist|sind)\b|"
            r"el usuario\b|(?:me|nos) (?:piden|preguntan|dan|dicen)\b|el (?:problema|enunciado)\b|"
            r"l'utilisat\w{1,6}|on (?:me |nous )?(?:demande|donne)\b|l'énoncé\b|le problème\b"
        ),
    ),
    Cues(
        Kind.PLAN,
        opens=(
            r"\W{0,8}(?:okay, |also |gut, |bueno, |vale, |bon, )?"
            r"(?:zuerst|zunächst|als nächstes|dann werde|lass (?:mich|uns)|schauen wir|"
            r"primero|en primer lugar|a continuación|voy a|vamos a|veamos|"
            r"d'abord|tout d'abord|ensuite|voyons|commençons|je vais)\b"
        ),
        words=(
            r"ich (?:sollte|werde|muss|könnte|möchte|will)\b|"
            r"wir (?:müssen|sollten|können|brauchen)\b|wie (?:kann|soll|viele)\b|"
            r"schritt für schritt\b|"
            r"(?:tengo que|necesito|debo|hay que|podría|podemos)\b|cómo\b|paso a paso\b|"
            r"(?:je dois|il faut|on peut|je peux|je pourrais|on doit)\b|comment\b|étape par étape\b"
        ),
    ),
    Cues(
        Kind.RECALL,
        words=(
            r"formel\b|satz (?:von|des)\b|bekanntlich\b|definition\b|üblicherweise\b|"
            r"normalerweise\b|standardmäßig\b|im allgemeinen\b|ich (?:weiß|erinnere)\b|"
            r"fórmula\b|teorema\b|por definición\b|recuerdo\b|recordemos\b|sabemos\b|"
            r"normalmente\b|en general\b|formule\b|théorème\b|par définition\b|définition\b|"
            r"on sait\b|je (?:sais|rappelle|me souviens)\b|rappelons\b|normalement\b|en général\b"
        ),
    ),
    Cues(
        Kind.CONCLUDE,
        opens=(
            r"\W{0,8}(?:also|daher|deshalb|somit|folglich|damit|insgesamt|das heißt|demnach|"
            r"por (?:lo )?tanto|entonces|así que|en total|en resumen|en conclusión|luego|"
            r"donc|ainsi|par conséquent|en conclusion|au total|en résumé)\b"
        ),
        words=(
            r"das (?:heißt|bedeutet)\b|zusammenfassend\b|daraus folgt\b|"
            r"esto significa\b|es decir\b|cela (?:signifie|donne)\b|c'est-à-dire\b|il en résulte\b"
        ),
    ),
    Cues(
        Kind.COMPUTE,
        signs=rf"[=≈]|{OPERATION}|\\(?:frac|times|cdot|sqrt|approx|div|sum)\b",
    ),
)


def is_european(text: str) -> bool:
    """Whether a text without English words has some of German, Spanish or French."""
    words = _WORD.findall(text[:_SEARCHED].lower())
    european = sum(map(_EUROPEAN.__contains__, words))
    if not text.isascii() and _ACCENTED.search(text):
        european += 1
    return european > sum(map(_ENGLISH.__contains__, words))
