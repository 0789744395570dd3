"""Reasonings that try the analysis: each is a pattern that goes on for any length."""

from __future__ import annotations

PATTERNS = {
    "nothing": "",
    "one paragraph": "word and so on ",
    "one letter": "a",
    "blanks": " ",
    "blank lines": "\n",
    "dots": ".",
    "punctuation": "...!?；。",
    "two languages": "等等，let me check 这个. Wait, 不对！",
    "Chinese": "好的，首先。",
    "unpaired dollars": "$x ",
    "unbalanced parentheses": "\\( a. B. ",
    "unbalanced brackets": "\\[ a. B ",
    "environments never ended": "\\begin{ a. B ",
    "boxes never closed": "\\boxed{",
    "fractions never closed": "\\frac{",
    "texts never closed": "\\text{",
    "fences": "```\ncode. More.\n",
    "tildes": "~~~\n",
    "backticks": "`",
    "backslashes": "\\",
    "digits": "1",
    "zeros and ones": "01.",
    "thousands": "1,000,",
    "equals": "=",
    "bold": "**a ",
    "initials": "A. B. C. ",
    "list": "\n1. a",
    "markers": "- * 1. a) ",
    "lines of markers": "- \n* \n1. \n",
    "items": "- an item of it\n",
    "headings": "## A\n**B**\nStep 1: ",
    "bold lines": "**a\n",
    "rows": "| a | b |\n",
    "bars": "|",
    "factorials": "n! * ",
    "exclamation marks": "!",
    "dandas": "। ",
    "dandas alone": "।",
    "verdicts": "Yes.\n\n",
    "names": "Susan B. Anthony ",
    "lone initials": "J. ",
    "answers": "So the answer is 5. ",
    "conclusions": "therefore ",
    "doubts": "Wait. Hmm. ",
    "repeated cue": "each a b c d ",
    "half pairs": "\ud83d",
    "controls": "\x00\x1b[31m",
}


def hostile(name: str, length: int) -> str:
    pattern = PATTERNS[name]
    return (pattern * (length // max(1, len(pattern)) + 1))[:length]
