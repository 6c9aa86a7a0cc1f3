// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { overCockpit } from "../src/transport_cockpit.ts";
import { overFetch } from "../src/transport_fetch.ts";
import { Denied, Unreachable } from "../src/transport.ts";

// Far is the other end of a channel, which stands for the manager and the bridge.
interface Far { say: (text: string | Uint8Array) => void; close: (how?: { problem?: string; message?: string }) => void }

// bridge stands for Cockpit: what channels are opened and what is sent is kept, and the next
// of then answers once a request is whole.
function bridge(then: ((far: Far) => void)[]) {
  const opened: { options: Record<string, unknown>; sent: string; frames: number; closed: string[] }[] = [];
  const cockpit = {
    spawn: () => { throw new Error("nothing is run"); },
    user: async () => ({ name: "rudi" }),
    channel: (options: object) => {
      const one = { options: options as Record<string, unknown>, sent: "", frames: 0, closed: [] as string[] };
      opened.push(one);
      const on: Record<string, (event: unknown, data: unknown) => void> = {};
      const close = (how: object) => queueMicrotask(() => on["close"]?.({}, how));
      let answered = false;
      return {
        addEventListener: (type: string, f: (event: unknown, data: unknown) => void) => { on[type] = f; },
        close: (why?: string) => { one.closed.push(why ?? ""); on["close"]?.({}, { problem: why }); },
        send: (data: Uint8Array) => {
          assert.ok(data.length <= 64 << 10, "the bridge takes no more at a time");
          one.sent += new TextDecoder().decode(data);
          one.frames++;
          if (answered) return;
          answered = true;
          const answer = then.shift()!;
          queueMicrotask(() => answer({ say: (t) => on["message"]?.({}, typeof t === "string" ? new TextEncoder().encode(t) : t), close: (how = {}) => close(how) }));
        },
      };
    },
  };
  return { cockpit: cockpit as never, opened };
}

const ok = (body: string, status = "200 OK", head = "") => `HTTP/1.1 ${status}\r\n${head}Content-Length: ${new TextEncoder().encode(body).length}\r\n\r\n${body}`;
const denied = (far: Far) => far.close({ problem: "terminated", message: "[Errno 13] Permission denied" });

test("Cockpit: an answer has its status, headers and body, and the person asks", async () => {
  const { cockpit, opened } = bridge([(far) => far.say(ok("{}", "200 OK", 'ETag: "x"\r\n'))]);
  const big = "ä".repeat(100_000);
  assert.deepEqual(await overCockpit(cockpit).send({ method: "PUT", path: "/v1/config", body: big, headers: { "If-Match": '"y"' } }), { status: 200, headers: { etag: '"x"', "content-length": "2" }, body: "{}" });
  const { options, sent, frames, closed } = opened[0]!;
  assert.equal(options["payload"], "stream", "an answer takes no thread of the bridge");
  assert.equal(options["unix"], "/run/knot-resolver/kres-api.sock");
  assert.equal(options["superuser"], undefined);
  assert.equal(frames, 4);
  const [head] = sent.split("\r\n\r\n", 1);
  assert.equal(head, 'PUT /v1/config HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nIf-Match: "y"\r\nContent-Length: 200000');
  assert.equal(closed.length, 1, "the channel is closed");
});

test("Cockpit: a failure of the manager is an answer", async () => {
  const { cockpit } = bridge([(far) => far.say(ok('{"title":"x"}', "412 Precondition Failed", "Content-Type: application/problem+json\r\n"))]);
  const a = await overCockpit(cockpit).send({ method: "GET", path: "/" });
  assert.deepEqual([a.status, a.body, a.headers["content-type"]], [412, '{"title":"x"}', "application/problem+json"]);
});

test("Cockpit: who may not open the socket tries with administrative access, once", async () => {
  const good = (far: Far) => far.say(ok("yes"));
  const { cockpit, opened } = bridge([denied, good, good]);
  const t = overCockpit(cockpit);
  assert.equal((await t.send({ method: "GET", path: "/" })).body, "yes");
  await t.send({ method: "GET", path: "/" });
  assert.deepEqual(opened.map((a) => a.options["superuser"]), [undefined, "try", "try"]);
  const older = (far: Far) => far.close({ problem: "access-denied" });
  const none = bridge([denied, denied, older, older]);
  const u = overCockpit(none.cockpit);
  for (let i = 0; i < 2; i++) {
    await assert.rejects(u.send({ method: "GET", path: "/" }), (e) => e instanceof Denied && /rudi may not open .*usermod --append --groups knot-resolver rudi as root.*administrative access/.test(e.message));
  }
  assert.deepEqual(none.opened.map((a) => a.options["superuser"]), [undefined, "try", undefined, "try"], "it begins as the person again");
});

test("Cockpit: without a manager it says what is missing, and tries nothing else", async () => {
  for (const [how, why] of [
    [{ problem: "terminated", message: "[Errno 2] No such file or directory" }, /there is no .*kres-api.sock.*systemctl status kresd-manager.socket/],
    [{ problem: "not-found", message: "[Errno 111] Connection refused" }, /nothing listens on .*kres-api.sock/],
    [{}, /closed without an answer/],
  ] as const) {
    const { cockpit, opened } = bridge([(far) => far.close(how)]);
    await assert.rejects(overCockpit(cockpit).send({ method: "GET", path: "/" }), (e) => e instanceof Unreachable && !(e instanceof Denied) && why.test(e.message));
    assert.equal(opened.length, 1);
  }
  const { cockpit } = bridge([(far) => { far.say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"); far.close(); }]);
  await assert.rejects(overCockpit(cockpit).send({ method: "GET", path: "/" }), /broke off/);
});

test("Cockpit: a stream is handed on as it comes, and closed when it is left", async () => {
  const got: string[] = [];
  const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const { cockpit } = bridge([(far) => {
    far.say(head + "3\r\na");
    const arrow = new TextEncoder().encode("→");
    far.say(arrow.subarray(0, 1)); // a character and a chunk may come in pieces
    far.say(arrow.subarray(1, 2));
    far.say("\r\n");
    far.close();
  }]);
  await assert.rejects(overCockpit(cockpit).stream({ method: "GET", path: "/v1/events" }, (t) => got.push(t)), /broke off/);
  assert.equal(got.join(""), "a");
  const whole = bridge([(far) => { far.say(head + "4\r\na→\r\n"); far.say("1\r\nb\r\n0\r\n\r\n"); }]);
  got.length = 0;
  assert.equal((await overCockpit(whole.cockpit).stream({ method: "GET", path: "/v1/events" }, (t) => got.push(t))).status, 200);
  assert.deepEqual(got, ["a→", "b"]);
  const left = bridge([(far) => far.say(head)]);
  const stop = new AbortController();
  const reading = overCockpit(left.cockpit).stream({ method: "GET", path: "/v1/events", signal: stop.signal }, () => {});
  stop.abort();
  await assert.rejects(reading, { name: "AbortError" });
  assert.deepEqual(left.opened[0]!.closed, ["cancelled"]);
});

test("Cockpit: nothing is asked for that would be another request", async () => {
  const { cockpit, opened } = bridge([]);
  for (const a of [{ path: "/ HTTP/1.1\r\nX: y" }, { path: "/", headers: { "If-Match": "a\r\nX: y" } }]) {
    await assert.rejects(overCockpit(cockpit).send({ method: "GET", ...a }), /HTTP cannot say/);
  }
  assert.equal(opened.length, 0);
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
