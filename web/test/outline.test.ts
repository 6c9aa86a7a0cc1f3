// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { at, insertion, outline, parentAt } from "../src/pages/configuration/outline.ts";

const text = `# what it is
workers: 2
network:
  # where
  listen:
    - interface: 127.0.0.1@53
      port: 53
    - interface:
      - 127.0.0.2
      - ::1
"local-data":
  rules:
  - name: [a, b]
    subtree: empty
  addresses: {a.example.: 192.0.2.1}
lua:
  script: |
    -- not: a key
    modules = {}

logging: {level: info} # flow
`;

test("keys are found with their pointers and lines", () => {
  assert.deepEqual(outline(text).map((e) => `${e.pointer} ${e.line}-${e.end}`), [
    "/workers 2-2",
    "/network 3-10",
    "/network/listen 5-10",
    "/network/listen/0 6-7",
    "/network/listen/0/interface 6-6",
    "/network/listen/0/port 7-7",
    "/network/listen/1 8-10",
    "/network/listen/1/interface 8-10",
    "/network/listen/1/interface/0 9-9",
    "/network/listen/1/interface/1 10-10",
    "/local-data 11-15",
    "/local-data/rules 12-14",
    "/local-data/rules/0 13-14",
    "/local-data/rules/0/name 13-13",
    "/local-data/rules/0/subtree 14-14",
    "/local-data/addresses 15-15",
    "/lua 16-19",
    "/lua/script 17-19",
    "/logging 21-21",
  ]);
});

test("a line belongs to the innermost key", () => {
  const e = outline(text);
  for (const [line, want] of [[1, undefined], [7, "/network/listen/0/port"], [4, "/network"], [18, "/lua/script"], [21, "/logging"]] as const) {
    assert.equal(at(e, line)?.pointer, want, `line ${line}`);
  }
});

test("the section of a new key follows from its indentation", () => {
  const e = outline(text);
  for (const [line, indent, want] of [[22, 0, ""], [20, 2, "/lua"], [7, 6, "/network/listen/0"], [10, 2, "/network"], [12, 2, "/local-data"], [6, 6, "/network/listen/0"]] as const) {
    assert.equal(parentAt(e, line, indent), want, `line ${line}, indentation ${indent}`);
  }
});

test("a key is added to its section", () => {
  assert.deepEqual(insertion(text, "/cache/size-max", "1G"), { after: 21, text: "cache:\n  size-max: 1G" });
  assert.deepEqual(insertion(text, "/network/do-ipv6", "false"), { after: 10, text: "  do-ipv6: false" });
  assert.deepEqual(insertion(text, "/network/tls/cert-file", "c.pem"), { after: 10, text: "  tls:\n    cert-file: c.pem" });
  assert.deepEqual(insertion("a:", "/b", ""), { after: 1, text: "b:" });
  assert.equal(insertion(text, "/logging/target", "syslog"), null, "a section in one line");
  assert.equal(insertion(text, "/workers", "3"), null, "a key that is set");
});

test("broken texts are taken", () => {
  for (const t of ["", "\n\n", "- - - a: b", "a:\n\tb: c", ":", "a: b: c\n  - x\n d", "{", "? a\n: b", "---\n...\n", "\u0000: \u202e"]) outline(t);
  assert.deepEqual(outline("- a: 1\n  b: 2\n- c: 3").map((e) => e.pointer), ["/0", "/0/a", "/0/b", "/1", "/1/c"]);
});
