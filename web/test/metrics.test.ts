// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { add, before, minutes, odd, ofHistory, spread } from "../src/metrics.ts";
import type { Row, Sample } from "../src/wire.ts";

const row = (unit: string, figures: Record<string, number | null>): Row => ({ unit, state: "active", current: true, restarts: 0, ...figures }) as unknown as Row;
const sample = (o: object): Sample => ({ seconds: 2, workers: [], protocols: null, "cache-usage-percent": 40, ...o }) as unknown as Sample;

test("a sample goes to the end, and what is older than the window goes away", () => {
  let c = ofHistory({ every: 2, when: [0, 2, 4], series: { "queries-per-second": [1, null, 3] } });
  c = add(c, sample({ when: 901, all: row("", { "queries-per-second": 7 }), protocols: { udp: 5 } }));
  assert.deepEqual(c.when, [2, 4, 901]);
  assert.deepEqual(c.series["queries-per-second"], [null, 3, 7]);
  assert.deepEqual(c.series["udp-per-second"], [null, null, 5]);
  assert.deepEqual(c.series["cache-usage-percent"], [null, null, 40]);
  assert.equal(add(c, sample({ when: 901, all: row("", {}) })), c, "the same sample again");
  const later = add(c, sample({ when: 9000, all: row("", {}) }));
  assert.deepEqual(later.when, [9000]);
  assert.deepEqual(later.series["udp-per-second"], [null]);
});

test("what was before is known only where it was sampled", () => {
  const c = ofHistory({ every: 2, when: [0, 300, 600], series: { a: [1, 2, 3] } });
  assert.equal(before(c, "a", 600), 1);
  assert.equal(before(c, "a", 290), 2, "the sample of 10 s earlier does");
  assert.equal(before(c, "a", 250), null, "the one of 50 s earlier does not");
  assert.equal(before(c, "a", 601), null);
});

test("spread and minutes leave out what is not known", () => {
  assert.deepEqual(spread([null, 4, 2, null]), { now: null, least: 2, most: 4 });
  assert.equal(spread([null]), null);
  const c = ofHistory({ every: 2, when: [0, 2, 60], series: { a: [1, 3, null] } });
  assert.deepEqual(minutes(c, ["a"]), [{ when: 60, values: [null] }, { when: 0, values: [2] }]);
});

test("a worker that differs is named", () => {
  const usual = row("1", { "queries-per-second": 100, "p95-ms": 30, "servfail-percent": 1 });
  const all = [usual, { ...usual, unit: "2" }, { ...usual, unit: "3" }];
  assert.equal(odd(usual, all), "");
  for (const [name, value, want] of [["queries-per-second", 10, "few queries"], ["p95-ms", 200, "slow"], ["servfail-percent", 30, "many SERVFAIL"]] as const) {
    const w = { ...usual, [name]: value };
    assert.equal(odd(w, [...all, w]), want);
    assert.equal(odd(w, [w]), "", "there is nothing to compare one worker with");
  }
});
