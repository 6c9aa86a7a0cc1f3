// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { overCockpit, saveAsRoot } from "../src/transport_cockpit.ts";
import { overFetch } from "../src/transport_fetch.ts";
import { Unreachable } from "../src/transport.ts";

type Then = (o: { response: (s: number, h: Record<string, string>) => void; stream: (t: string) => void; done: (t: string) => void; fail: (p: object, d?: string) => void }) => void;

// bridge stands for Cockpit: what is asked for is kept, and answered by then.
function bridge(then: Then[]) {
  const asked: { endpoint: Record<string, unknown>; request: Record<string, unknown>; closed: string[] }[] = [];
  const cockpit = {
    spawn: async () => "",
    http: (endpoint: object) => {
      const one = { endpoint: endpoint as Record<string, unknown>, request: {}, closed: [] as string[] };
      let fail: (p: object, d?: string) => void = () => {};
      asked.push(one);
      return {
        close: (why?: string) => { one.closed.push(why ?? ""); fail({ problem: why }); },
        request: (o: object) => {
          one.request = o as Record<string, unknown>;
          const on: Record<string, (...x: never[]) => void> = {};
          const promise = Object.assign(new Promise<string>(() => {}), Object.fromEntries(["stream", "response", "fail", "done"].map((n) => [n, (f: (...x: never[]) => void) => { on[n] = f; return promise; }]))) as never;
          fail = (...x) => on["fail"]?.(...(x as never[]));
          const answer = then.shift()!;
          queueMicrotask(() => answer({
            response: (...x) => on["response"]?.(...(x as never[])), stream: (...x) => on["stream"]?.(...(x as never[])), done: (...x) => on["done"]?.(...(x as never[])), fail,
          }));
          return promise;
        },
      };
    },
  };
  return { cockpit: cockpit as never, asked };
}

test("Cockpit: an answer has its status, headers and body", async () => {
  const { cockpit, asked } = bridge([(a) => { a.response(200, { ETag: '"x"' }); a.done("{}"); }]);
  assert.deepEqual(await overCockpit(cockpit).send({ method: "PUT", path: "/v1/config", body: "a: 1", headers: { "If-Match": '"y"' } }), { status: 200, headers: { etag: '"x"' }, body: "{}" });
  assert.equal(asked[0]!.endpoint["unix"], "/run/knot-resolver/kres-api.sock");
  assert.equal(asked[0]!.endpoint["superuser"], undefined, "the person asks");
  assert.deepEqual(asked[0]!.request, { method: "PUT", path: "/v1/config", body: "a: 1", headers: { Host: "localhost", "If-Match": '"y"' } });
});

test("Cockpit: a failure of the manager is an answer", async () => {
  const { cockpit } = bridge([(a) => { a.response(412, { "Content-Type": "application/problem+json" }); a.fail({ status: 412, message: "Precondition Failed" }, '{"title":"x"}'); }]);
  assert.deepEqual(await overCockpit(cockpit).send({ method: "GET", path: "/" }), { status: 412, headers: { "content-type": "application/problem+json" }, body: '{"title":"x"}' });
});

test("Cockpit: who may not open the socket tries with administrative access, once", async () => {
  const denied: Then = (a) => a.fail({ problem: "access-denied" });
  const good: Then = (a) => { a.response(200, {}); a.done("yes"); };
  const { cockpit, asked } = bridge([denied, good, good]);
  const t = overCockpit(cockpit);
  assert.equal((await t.send({ method: "GET", path: "/" })).body, "yes");
  await t.send({ method: "GET", path: "/" });
  assert.deepEqual(asked.map((a) => a.endpoint["superuser"]), [undefined, "try", "try"]);
  const none = bridge([denied, denied, denied, denied]);
  const u = overCockpit(none.cockpit);
  await assert.rejects(u.send({ method: "GET", path: "/" }), Unreachable);
  await assert.rejects(u.send({ method: "GET", path: "/" }), Unreachable);
  assert.deepEqual(none.asked.map((a) => a.endpoint["superuser"]), [undefined, "try", undefined, "try"], "it begins as the person again");
});

test("Cockpit: a stream is handed on as it comes, and closed when it is left", async () => {
  const got: string[] = [];
  const { cockpit } = bridge([(a) => { a.response(200, {}); a.stream("a"); a.stream("b"); a.done(""); }]);
  assert.equal((await overCockpit(cockpit).stream({ method: "GET", path: "/v1/events" }, (t) => got.push(t))).status, 200);
  assert.deepEqual(got, ["a", "b"]);
  const left = bridge([(a) => a.response(200, {})]);
  const stop = new AbortController();
  const reading = overCockpit(left.cockpit).stream({ method: "GET", path: "/v1/events", signal: stop.signal }, () => {});
  stop.abort();
  await assert.rejects(reading, { name: "AbortError" });
  assert.deepEqual(left.asked[0]!.closed, ["cancelled"]);
});

test("browser: no answer is Unreachable, and a stream is decoded over its pieces", async () => {
  const real = globalThis.fetch;
  try {
    globalThis.fetch = (() => Promise.reject(new TypeError("refused"))) as typeof fetch;
    await assert.rejects(overFetch.send({ method: "GET", path: "/" }), Unreachable);
    const bytes = new TextEncoder().encode("data: ä→\n\n");
    globalThis.fetch = (async (_path: unknown, o: RequestInit) => {
      assert.equal(o.credentials, "same-origin");
      assert.equal(o.redirect, "error");
      return new Response(new ReadableStream({ start(c) { for (const b of bytes) c.enqueue(new Uint8Array([b])); c.close(); } }));
    }) as typeof fetch;
    let text = "";
    await overFetch.stream({ method: "GET", path: "/" }, (t) => { text += t; });
    assert.equal(text, "data: ä→\n\n");
  } finally {
    globalThis.fetch = real;
  }
});

test("Cockpit: root writes what kresctl chooses, and nothing that the manager names", async () => {
  const ran: [string[], object][] = [];
  await saveAsRoot({ spawn: async (...a) => { ran.push(a); return ""; } });
  assert.deepEqual(ran.map(([command]) => command), [["kresctl", "config", "save", "--force"]]);
  await assert.rejects(saveAsRoot({ spawn: async () => { throw { message: "cannot write it", exit_status: 1 }; } }), /^Error: cannot write it$/);
  await assert.rejects(saveAsRoot({ spawn: async () => { throw { problem: "access-denied" }; } }), /^Error: access-denied$/);
});
