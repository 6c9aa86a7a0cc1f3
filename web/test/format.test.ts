// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, clock, number, period, visible } from "../src/format.ts";

test("periods are those of kresctl", () => {
  for (const [s, want] of [[-1, "0 s"], [0, "0 s"], [119.9, "119 s"], [120, "2 min"], [7199, "119 min"], [7200, "2 h"], [172800, "2 days"]] as const) {
    assert.equal(period(s), want);
  }
});

test("what is left of a time counts up to whole seconds", () => {
  assert.equal(clock(220.2), "3:41");
  assert.equal(clock(0.4), "0:01");
  assert.equal(clock(-5), "0:00");
  assert.equal(clock(3723), "1:02:03");
});

test("amounts", () => {
  assert.equal(bytes(0), "–");
  assert.equal(bytes(3 * 2 ** 20), "3.0M");
  assert.equal(bytes(1.5 * 2 ** 30), "1.5G");
  assert.equal(number(null), "–");
  assert.equal(number(0.123), "0.12");
  assert.equal(number(12.34), "12.3");
  assert.equal(number(1234), "1234");
  assert.equal(number(12345), "12.3k");
  assert.equal(number(2_500_000), "2.5M");
});

test("what cannot be seen becomes an escape", () => {
  assert.equal(visible("a\u202eb"), "a\\u202eb");
  assert.equal(visible("a\nb\tc\u0007"), "a\\nb\\tc\\u0007");
  assert.equal(visible("a\r\nb\tc\u001b[31m", true), "a\nb\tc\\u001b[31m");
  assert.equal(visible("\u{e0001}"), "\\U000e0001");
  assert.equal(visible("<b>ä — 日本</b>"), "<b>ä — 日本</b>");
});
