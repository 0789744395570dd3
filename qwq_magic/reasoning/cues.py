r"""The cues of each kind, in English and Chinese: data without logic.

The first kind with a cue in a step wins, so the most specific kinds come first. Every pattern
matches in linear time: repetitions are not nested, and runs of blanks are bounded. English
cues are matched against lowercase text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from qwq_magic.reasoning.kind_names import Kind

Find: TypeAlias = Callable[[str], "re.Match[str] | None"]


@dataclass(frozen=True, slots=True)
class Cues:
    """The cues of one kind, as regular expressions; three fields, since that is faster.

    Attributes:
        kind: the kind that the cues indicate.
        opens: matched at the beginning of a step.
        words: matched at the beginning of any word.
        signs: matched anywhere.
    """

    kind: Kind
    opens: str = ""
    words: str = ""
    signs: str = ""

    def finders(self, flags: int) -> tuple[Find, ...]:
        """Return one search function per field that is not empty."""
        finds: list[Find] = []
        if self.opens:
            finds.append(re.compile(self.opens, flags).match)
        if self.words:
            finds.append(re.compile(rf"\b(?:{self.words})", flags).search)
        if self.signs:
            finds.append(re.compile(self.signs, flags).search)
        return tuple(finds)


# Words that often precede the cue at the start of a sentence.
_LEAD = (
    r"[\s*#>-]{0,8}(?:(?:so|but|and|ok|okay|alright|now|well|yes|no|then|hmm|oh|ah|actually|"
    r"great|good|right)\b[,.!:]?\s{0,2}){0,3}"
)
# A whole number or decimal, without a full stop at the end.
_NUMBER = r"\d[\d.,]{0,12}(?<=\d)"
_OPERATION = rf"{_NUMBER}\s{{0,2}}[-+*/×÷·^<>≤≥＋－]\s{{0,2}}(?:{_NUMBER}|\()"
_ZH_LEAD = r"[\s*#>-]{0,8}(?:那么|那|好的|好|嗯|不过|但是|但|而|现在|所以|然后)?[,，、]?\s{0,2}"

ENGLISH: tuple[Cues, ...] = (
    Cues(
        Kind.ANSWER,
        words=(
            r"final answer\b|"
            r"(?:correct )?answer (?:is|should be|must be|would be)\b(?! (?:not|in|that|to)\b)"
        ),
        signs=r"\\boxed\b",
    ),
    Cues(
        Kind.SWITCH,
        words=(
            r"alternatively\b|(?:an)?other (?:way|approach|method|idea|angle)\b|"
            r"different (?:way|approach|method|angle)\b|try again\b|start(?:ing)? over\b|"
            r"instead,? (?:let|i|we)\b|let(?:'s| me| us) instead\b"
        ),
    ),
    Cues(
        Kind.CHECK,
        opens=(_LEAD + r"(?:(?:correct|check)\b)"),
        words=(
            r"double[- ]?check|verif(?:y|ies|ied|ying|ication)\b|make sure\b|"
            r"plug(?:ging)? (?:it |this |that |them )?back\b|"
            r"re-?(?:comput|calculat|count|check|verif|examin)\w{0,8}|match(?:es)?\b|consistent\b|"
            r"checks out\b|let(?:'s| me| us) (?:check|confirm|test)\b|"
            r"(?:to|i'll|should) (?:check|confirm)\b|to be (?:sure|thorough|safe)\b|"
            r"(?:that|this|it)(?:'s| is| seems| looks)(?: also| indeed)? (?:right|correct)\b"
        ),
        signs=(r"[✓✔✅]"),
    ),
    Cues(
        Kind.DOUBT,
        words=(
            r"wait\b|hold on\b|hmm+\b|not (?:entirely |really |quite |so )?sure\b|"
            r"(?:made|make) (?:a|an|some) (?:mistake|error)\b|mistaken?\b|contradict|"
            r"confus(?:ed|ing|ion)\b|"
            r"(?:can't|cannot|doesn't|isn't|not) (?:be |seem |look |quite )?(?:right|correct)\b|"
            r"seems? (?:odd|off|strange|wrong|weird)\b|am i\b|did i\b|miscalculat|miscount|"
            r"misunder|something'?s? (?:is )?(?:wrong|off)\b|conflicting\b|discrepan|messed up\b|"
            r"which (?:one )?is (?:right|correct)\b"
        ),
    ),
    Cues(
        Kind.SETUP,
        words=(
            r"i(?:'ve| have)(?: got)? (?:this|a|the|to solve) (?:\w{1,20} )?(?:problem|question)\b|"
            r"(?:the|this) (?:problem|question) "
            r"(?:says|asks|states|gives|wants|is asking|is about)\b|"
            r"i(?:'m| am) (?:given|asked|told)\b|we(?:'re| are) (?:given|asked|told)\b|"
            r"the user (?:asks|wants|is asking|asked|says)\b|it says that\b|needs? to find\b|"
            r"(?:need|have|trying) to (?:figure out|find|solve|determine)\b"
        ),
    ),
    Cues(
        Kind.PLAN,
        opens=(
            # "Let me recall" is not a plan.
            _LEAD + r"(?:(?:let me|let's|let us)\b(?! (?:denote|call|define|recall|remember))|"
            r"(?:first|next),|"
            r"(?:to (?:find|do|solve|compute|calculate|get|convert)|starting (?:with|from))\b)"
        ),
        words=(
            r"i(?:'ll| will| should| need to| have to| can try| could try| might need)\b|"
            r"we (?:should|need to|have to|can try|could try)\b|"
            r"how (?:to|do i|do we|can i|many .{0,60}\?)|step by step\b|the next step\b|"
            r"(?:maybe|perhaps) (?:i|we) (?:can|should|could)\b"
        ),
    ),
    Cues(
        Kind.RECALL,
        words=(
            r"(?:remember|recall|know|known)\b|formula\b|theorem\b|by definition\b|"
            r"is defined as\b|definition of\b|in general\b|the (?:rule|property|identity) \b|"
            r"stands for\b|each (?:\w{1,20} ){1,3}(?:is|has|represents|corresponds)\b"
        ),
    ),
    Cues(
        Kind.CONCLUDE,
        opens=(
            _LEAD + r"(?:(?:therefore|thus|hence|in total|in conclusion|overall|in summary)\b)|"
            r"[\s*#>-]{0,8}so,? (?:the|that|there|it|this|that's|in|all|both|total|overall)\b"
        ),
        words=(
            r"therefore\b|in total\b|that means\b|which means\b|that gives\b|"
            r"i (?:think|believe|am confident) (?:that(?:'s)?|the|this)\b"
        ),
    ),
    Cues(
        Kind.COMPUTE,
        words=(
            r"(?:plus|minus|times|divided by|equals|multipl(?:y|ied|ying)|subtract\w{0,4}|"
            r"add(?:ing)?|substitut\w{0,4}|plugging|comput(?:e|ing)|calculat(?:e|ing))\b"
        ),
        signs=(
            rf"[=≈]|{_OPERATION}|"
            r"\\(?:frac|times|cdot|sqrt|approx|div|sum)\b"
        ),
    ),
)


# Most cues are `signs`, since no blanks separate words in Chinese.
CHINESE: tuple[Cues, ...] = (
    Cues(
        Kind.ANSWER,
        signs=(
            r"\\boxed\b|最终答案|最后答案|(?:正确)?答案(?:就|应该|应当|确实)?(?:是|为|应为)(?!什么|多少|否|不)|最终结果(?:是|为)|故选|"
            r"应选|选择?[A-D](?:项|选项)?[。.]?$"
        ),
    ),
    Cues(
        Kind.SWITCH,
        signs=(
            r"换(?:一?个|一?种|条)?(?:思路|方法|角度|方式|办法)|另一种|另外一种|另一个(?:思路|方法|角度)|"
            r"还有(?:另)?(?:一个|一种|一条|别的|其他)(?:思路|方法|办法|角度|途径)|其他(?:方法|思路)|别的(?:方法|思路|办法)|"
            r"重新(?:考虑|开始|思考|来过|设)|从头(?:开始|再来)|或者我|或者,?，?(?:可以|我们|也可以|考虑)|不如(?:改|换|试|用|直接)|改用|不妨换"
        ),
    ),
    Cues(
        Kind.CHECK,
        signs=(
            r"验证|检查|验算|检验|核对|代入(?:原|回|检|验|题)|代回|再(?:算|数|看|确认|检查|核)一?(?:遍|次|下)|重新(?:计算|算|数|核)|"
            r"确认一?下|相符|符合|吻合|一致|试算|确保|没有?(?:错|问题)[。！!]?$|是对的|是正确的"
        ),
    ),
    Cues(
        Kind.DOUBT,
        opens=(r"[\s]{0,4}(?:嗯|咦|哦)[,，。…]?(?!.{0,30}(?:首先|需要|用户|题))"),
        signs=(
            r"等等|等一下|等下|慢着|稍等|(?<![对])不对(?!称|等|应)|不(?:太|是很|能|敢)?确定|矛盾|(?:弄|搞|算|看|想|理解|记|数)错|出错|"
            r"有(?:误|问题)|奇怪|怎么会|会不会|是不是|是否(?:正确|遗漏|有)|可能(?:有误|错了|理解|忽略|遗漏)|不太对|不合理|疑惑|困惑|"
            r"真的.{0,12}吗|说得通吗|难道|说不通"
        ),
    ),
    Cues(
        Kind.SETUP,
        signs=(
            r"题目(?:说|要求|问|给|是|中|里|告诉|的意思)|题(?:意|干|设)|已知|用户(?:问|想|要求|希望|需要|提|让|给)|问题(?:是|要求|问)|"
            r"要求(?:我们|我)?(?:求|找|证明|写|计算)|这道?题|给定|我(?:被问|(?:现在)?(?:需要|要)解决)"
        ),
    ),
    Cues(
        Kind.RECALL,
        signs=(
            r"记得|公式|定理|根据|定义|众所周知|我们?知道|性质|回忆|回顾|通常(?:来说|情况)|一般(?:来说|而言)|依据|所谓|指的是|常识|法则|定律"
        ),
    ),
    Cues(
        Kind.CONCLUDE,
        opens=(
            _ZH_LEAD
            + r"(?:因此|因而|综上|总之|可见|由此|于是|总的来说|这样一来|这说明|这意味着|这就说明)"
        ),
        signs=(
            r"所以|因此|综上|总共|一共|可知|故而?[,，]|由此可|意味着|说明(?!书|文|一下)|总之|结论|也就是说|换句话说"
        ),
    ),
    Cues(
        Kind.PLAN,
        signs=(
            r"首先|接下来|接着|下一步|让我|我们?(?:先|需要|可以|应该|得|要|来|打算|试)|先(?:来|把|求|算|看|考虑|设|分析|列)|"
            r"然后(?:再|求|计算|看)|需要(?:先|考虑|计算|找|求|分)|尝试|试(?:试|着|一下)|分步|怎么(?:做|算|求|证|办)|分(?:情况|类)讨论|"
            r"现在(?:来|先|开始|处理|考虑|讨论|看)|如何|可以(?:先|用|考虑|通过|尝试)|考虑(?:用|一下|使用)?"
        ),
    ),
    Cues(
        Kind.COMPUTE,
        signs=(
            rf"[=≈＝]|{_OPERATION}|"
            r"\\(?:frac|times|cdot|sqrt|approx|div|sum)\b|等于|乘以|除以|加上|减去|得到|得出|计算|化简|解得|代入|平方|展开|"
            r"移项|约等于|相加|相乘|相减|通分|约分|约去|合并同类项|因式分解|开方"
        ),
    ),
)


def compiled(
    cues: tuple[Cues, ...], *, flags: int = 0
) -> tuple[tuple[Kind, tuple[Find, ...]], ...]:
    """Return each kind with its search functions."""
    return tuple((cue.kind, cue.finders(flags)) for cue in cues)
