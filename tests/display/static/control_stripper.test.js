import assert from "node:assert/strict";
import test from "node:test";

import { ControlStripper } from "../../../qwq_magic/display/static/control_stripper.js";

function strip(...deltas) {
  const stripper = new ControlStripper();
  return deltas.map((delta) => stripper.feed(delta)).join("");
}

test("text without controls is returned unchanged", () => {
  assert.equal(strip("plain\ttext\n中文 🙂"), "plain\ttext\n中文 🙂");
});

test("controls are dropped, tab and newline are not", () => {
  assert.equal(strip("a\x00b\x07c\x7fd\x85e\tf\ng"), "abcde\tf\ng");
});

test("a whole sequence is dropped, not only its escape", () => {
  assert.equal(strip("a\x1b[1;31mb\x1b(Bc\x9b0md"), "abcd");
});

test("a sequence cut over two deltas is still stripped", () => {
  for (const [first, second] of [["a\x1b", "[1mb"], ["a\x1b[1", "mb"], ["a\x1b[1;", "31mb"], ["a\x1b(", "Bb"]]) {
    assert.equal(strip(first, second), "ab", JSON.stringify([first, second]));
  }
});

test("the text of a string sequence is dropped up to its terminator", () => {
  assert.equal(strip("a\x1b]0;title\x07b"), "ab");
  assert.equal(strip("a\x1b]0;title\x1b\\b"), "ab");
  assert.equal(strip("a\x90q#0\x9cb"), "ab");
});

test("a terminator cut over two deltas still ends its string", () => {
  assert.equal(strip("a\x1b]0;title\x1b", "\\b"), "ab");
});

test("a string that was never closed swallows one line at most", () => {
  assert.equal(strip("a\x1b]0;title\nb"), "a\nb");
});

test("another sequence may begin where a terminator should be", () => {
  assert.equal(strip("a\x1b]x\x1b[1mb"), "ab");
});

test("a character that cannot end a sequence is text", () => {
  assert.equal(strip("a\x1b[1中b"), "a中b");
});

test("a carriage return is a newline, and with a newline only one", () => {
  assert.equal(strip("a\rb\r\nc\r\r\nd"), "a\nb\nc\n\nd");
  assert.equal(strip("a\r", "\nb"), "a\nb");
});

test("the marks of this view and tag characters are dropped", () => {
  assert.equal(strip("a\ufdd0b\ufdd1\u{e0041}c"), "abc");
});

test("a surrogate pair is kept whole", () => {
  assert.equal(strip("\x1b[1m🙂"), "🙂");
});
