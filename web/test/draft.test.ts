// SPDX-License-Identifier: Apache-2.0
// The text that is being written, while it is read again.

import assert from "node:assert/strict";
import { test } from "node:test";
import { base, changed, read, text } from "../src/pages/configuration/draft.ts";

let running = "workers: 1\n", answer = () => {}, held: Promise<void> = Promise.resolve();
globalThis.fetch = (async (path: string) => {
  if (path !== "/v1/config") return new Response("{}");
  await held;
  return new Response(running, { headers: { etag: '"a-yaml"' } });
}) as typeof fetch;

test("what was typed while it is read again stays", async () => {
  await read();
  assert.equal(text.value, "workers: 1\n");
  running = "workers: 2\n";
  held = new Promise((resolve) => { answer = resolve; });
  const again = read();
  text.value = "workers: 3\n"; // the text of before is there, and someone writes
  answer();
  await again;
  assert.equal(text.value, "workers: 3\n");
  assert.equal(base.value, "workers: 1\n"); // so the page says that it has been changed
  assert.ok(changed.value);
  await read(true); // who drops what was typed has what runs
  assert.equal(text.value, "workers: 2\n");
  text.value = base.value!;
  running = "workers: 4\n";
  await read();
  assert.equal(text.value, "workers: 4\n");
});
