// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Message, parser } from "../src/sse.ts";

const stream = ": ping\n\nid: 7\nevent: step\ndata: {\"a\":1}\n\ndata: one\r\ndata:two\r\n\r\nid\ndata: x\r\revent: none\n\ndata: cut";
const want: Message[] = [
  { kind: "step", data: "{\"a\":1}", id: "7" },
  { kind: "message", data: "one\ntwo", id: "7" },
  { kind: "message", data: "x", id: "" },
];

test("a stream says the same in pieces of any length", () => {
  for (let n = 1; n <= stream.length; n++) {
    const got: Message[] = [];
    const feed = parser((m) => got.push(m));
    for (let i = 0; i < stream.length; i += n) feed(stream.slice(i, i + n));
    assert.deepEqual(got, want, `pieces of ${n}`);
  }
});
