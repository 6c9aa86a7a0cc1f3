// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { keysOf, lookUp, type Schema, search, wordsOf } from "../src/pages/configuration/schema.ts";

const root: Schema = {
  $defs: { port: { type: "integer", minimum: 1, default: 53 } },
  properties: {
    logging: { description: "What is logged.", properties: { level: { enum: ["crit", "info"], default: "info" }, quiet: { type: "boolean" } } },
    network: { properties: { listen: { type: "array", items: { properties: { port: { $ref: "#/$defs/port" }, kind: { anyOf: [{ enum: ["dns"] }, { type: "null" }] } } } } } },
    names: { additionalProperties: { properties: { "a/b": { description: "slashes" } } } },
  },
};

test("pointers lead through sections, lists and free names", () => {
  assert.equal(lookUp(root, "/network/listen/0/port")?.default, 53);
  assert.equal(lookUp(root, "/names/x.example/a~1b")?.description, "slashes");
  assert.equal(lookUp(root, "/nothing"), undefined);
  assert.deepEqual(keysOf(root, "/network/listen/3").map((k) => k.key), ["port", "kind"]);
  assert.deepEqual(keysOf(root, "").map((k) => k.key), ["logging", "network", "names"]);
});

test("words are those that a key takes", () => {
  assert.deepEqual(wordsOf(root, "/logging/level"), ["crit", "info"]);
  assert.deepEqual(wordsOf(root, "/logging/quiet"), ["true", "false"]);
  assert.deepEqual(wordsOf(root, "/network/listen/0/kind"), ["dns"]);
  assert.deepEqual(wordsOf(root, "/network/listen/0/port"), ["53"]);
});

test("keys are found by words of their pointer and description", () => {
  assert.deepEqual(search(root, "LOGGED").map((k) => k.pointer), ["/logging"]);
  assert.deepEqual(search(root, "listen port").map((k) => k.pointer), ["/network/listen/*/port"]);
  assert.equal(search(root, "", 2).length, 2);
});
