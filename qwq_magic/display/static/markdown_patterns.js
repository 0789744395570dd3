// Where the Markdown that models write differs from the Markdown that parsers read.
//
// Python reads the patterns from this file, so that live, final and saved answers agree. They are
// written for the `u` flag; Python replaces `\p{L}\p{N}` and `\u{…}` by its own spelling.

/** Letters of scripts that are written without spaces, or without spaces around emphasis. */
export const CJK = String.raw`\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u303c\u3041-\u309f\u30a1-\u30fa\u30fc-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7af\uf900-\ufaff\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff66-\uffdc`;

/** Letters of other scripts than Latin and Greek, the two that formulas use. */
export const OTHER_LETTERS = String.raw`\u0400-\u060b\u0620-\u06d3\u0700-\u0963\u0966-\u1fff${CJK}`;

/** Marks that end or divide a sentence in Chinese and Japanese. */
export const SENTENCE_MARKS = String.raw`\u3001\u3002\uff01\uff0c\uff1a\uff1b\uff1f`;

/** Punctuation that no space separates from the words around it. */
export const CLOSE_MARKS = String.raw`\u2014\u2018-\u201d\u2026\u060c\u061b\u061f\u06d4\u0964\u0965\u3001-\u3004\u3008-\u3020\u3030\u303d\u30a0\u30fb\ufe10-\ufe1f\ufe30-\ufe6b\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\uffe0-\uffee`;

/** Stars that end an emphasis although a parser sees punctuation before them and a word after. */
export const ENDING_STARS = String.raw`(?:(?<=[${CLOSE_MARKS}:$\ufdd2])|(?<=\\[)\]]))\*{2,3}(?=[\p{L}\p{N}])|(?<=[\uff1a\u3002\uff01\uff1f:])\*(?=[\p{L}\p{N}])|(?<=[^\s\p{L}\p{N}*\\])\*{2,3}(?=[${CJK}\u{20000}-\u{3ffff}\ufdd1])`;

/** Stars that begin an emphasis although a parser sees a word before them and punctuation after. */
export const BEGINNING_STARS = String.raw`(?<=[\p{L}\p{N}])\*{2,3}(?=[${CLOSE_MARKS}$]|\\(?:[(\[]|boxed))|(?<=[${CJK}\u{20000}-\u{3ffff}\ufdd2])\*{2,3}(?=[^\s\p{L}\p{N}*])`;

/** Stars that hide digits, `138****5678`, and those of a power that others on its line could end. */
export const LITERAL_STARS = String.raw`(?<=[0-9-])\*{4,}(?=[0-9-])|(?<![*\\])\*{4,}(?=-|[0-9]{3,4}(?![0-9*]))|(?:(?<=[0-9])|(?<=(?<![*\p{L}\p{N}_])[A-Za-z]))\*\*(?=[0-9][^\n]*?\*\*)`;

/** Emphases without a space between them: `**one****two**`. */
export const BOLDS_IN_A_ROW = String.raw`(?<![*\\])\*\*(?=[^\s*])(?:[^*\n]*[^\s*\\]\*{4}(?=[^\s*]))+[^*\n]*[^\s*\\]\*\*(?!\*)`;

/**
 * The part of an address after its scheme. It ends before punctuation that another text follows,
 * before an unmatched parenthesis, and where a script without spaces goes on.
 */
export const ADDRESS_END = String.raw`(?:[.,:;!?'~_$]*(?:(?:=|/(?:wiki|item)/)[${CJK}\u{20000}-\u{3ffff}]+|[A-Za-z0-9/#&+=%@\u00c0-\u024f\u0370-\u052f\u05d0-\u05ea\u0620-\u065f\u0671-\u06d3\u0904-\u0963\u0966-\u096f-]|\([A-Za-z0-9/#$&+=%@.,:;!?'~_\u00c0-\u024f${CJK}\u{20000}-\u{3ffff}-]*\)))+`;

/** An address in running text: of the web, without its scheme, or a mailbox. */
export const ADDRESS = String.raw`(?<![A-Za-z0-9])https?://(?=[A-Za-z0-9])${ADDRESS_END}|(?<![A-Za-z0-9./@_-])www\.(?=[A-Za-z0-9-]+\.[A-Za-z])${ADDRESS_END}|(?<![A-Za-z0-9@/._+-])[A-Za-z0-9][A-Za-z0-9._+-]{0,63}@(?:[A-Za-z0-9][A-Za-z0-9-]{0,62}\.)+[A-Za-z]{2,24}(?![A-Za-z0-9_-])`;

/** A line that defines where a reference links to: nothing but a label and an address. */
export const DEFINITION = String.raw`^[ \t>]{0,20}\[(?!\^)([^\[\]\n]{1,200})\]:[ \t]*<?(?:https?://|mailto:)(?:${ADDRESS_END})>?[ \t]*(?:"[^"\n]*"|'[^'\n]*'|\([^()\n]*\))?[ \t]*$`;

/** The line between the header of a table and its rows, also within quotes. */
export const TABLE_RULE = String.raw`^[ \t>]{0,40}(?=[^|\n]*\|)\|?(?:[ \t]*:?-+:?[ \t]*\|)*(?:[ \t]*:?-+:?[ \t]*)?$`;

/** A line break in a table cell, which has no other way to write one. */
export const CELL_BREAK = String.raw`</?br[ \t]*/?>`;
