// SPDX-License-Identifier: Apache-2.0
// The connection to the manager over its restarts, its end and its loss.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { answers, connection, loggedOut, may, recent, reconnect, run, session, status } from "../src/store.ts";

interface Stream { send: (text: string) => void; end: () => void; break: () => void }

// manager stands for the other side.
const manager = {
  here: true, role: "configure", asked: [] as string[], lastId: "" as string | null, stream: null as Stream | null,
  answer(path: string, o: RequestInit): Response {
    const json = (v: unknown, s = 200) => new Response(JSON.stringify(v), { status: s });
    if (path === "/v1/session") return json({ role: this.role, login: "token" });
    if (this.role === "") return json({ kind: "token-needed", title: "a token is needed", status: 401, message: "x", reference: "" }, 401);
    if (path === "/v1/status") return json({ state: "running", units: [], etag: "a" });
    if (path !== "/v1/events") return json({}, 404);
    this.lastId = new Headers(o.headers).get("Last-Event-ID");
    const body = new ReadableStream<Uint8Array>({
      start: (c) => {
        const text = new TextEncoder();
        o.signal?.addEventListener("abort", () => { try { c.error(o.signal!.reason); } catch { /* it is over */ } });
        this.stream = { send: (t) => c.enqueue(text.encode(t)), end: () => c.close(), break: () => c.error(new TypeError("reset")) };
      },
    });
    return new Response(body);
  },
};

globalThis.fetch = (async (path: string, o: RequestInit) => {
  manager.asked.push(path);
  if (!manager.here) throw new TypeError("refused");
  return manager.answer(path, o);
}) as typeof fetch;
(globalThis as { document?: unknown }).document = { hidden: false, addEventListener: () => {} };

async function until(what: () => boolean, why: string): Promise<void> {
  for (let i = 0; i < 3000; i++) {
    if (what()) return;
    await sleep(20);
  }
  assert.fail(`${why}: ${JSON.stringify(connection.value)} ${manager.asked.slice(-5)}`);
}
const up = () => connection.value.state === "up" && manager.stream !== null;

test("the page stays over restart, loss, end and logout", async (t) => {
  assert.ok(answers.value, "a page asks without waiting for the frame");
  const over = new AbortController(), ran = run(over.signal);
  await until(up, "it connects");
  assert.equal(status.value?.state, "running");
  assert.ok(may("operate") && may("configure"));

  await t.test("events are kept, and the last one is named after a restart", async () => {
    manager.stream!.send('id: 41\nevent: step\ndata: {"kind":"step","n":1,"when":""}\n\n');
    await until(() => recent.value.length === 1, "the event comes");
    const before = manager.stream!;
    manager.stream = null;
    before.send('event: ending\ndata: {"restart":true}\n\n');
    before.end();
    await until(up, "it connects again by itself");
    assert.equal(manager.lastId, "41");
  });

  await t.test("a manager that is gone is looked for again", async () => {
    manager.here = false;
    manager.stream!.break();
    manager.stream = null;
    await until(() => connection.value.state === "away", "it says that the manager is away");
    assert.ok(!answers.value);
    assert.equal(status.value?.state, "running", "what was known stays");
    manager.here = true;
    await until(up, "it connects again");
  });

  await t.test("a manager that was ended is not started by looking for it", async () => {
    manager.stream!.send('event: ending\ndata: {"restart":false}\n\n');
    manager.stream!.end();
    manager.stream = null;
    await until(() => connection.value.state === "ended", "it says that the manager has ended");
    const asked = manager.asked.length;
    await sleep(1500);
    assert.equal(manager.asked.length, asked, "nothing is asked");
    reconnect();
    await until(up, "a person has it start");
  });

  await t.test("a session that ended asks for a token, and goes on with it", async () => {
    manager.role = "";
    const before = manager.stream!;
    manager.stream = null;
    before.end();
    await until(() => loggedOut.value, "a token is asked for");
    assert.ok(!may("read"));
    manager.role = "read";
    session.value = { role: "read" };
    loggedOut.value = false;
    await until(up, "it goes on");
    assert.ok(may("read") && !may("operate"));
  });
  over.abort();
  reconnect();
  await ran;
});
