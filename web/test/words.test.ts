// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { health, stepOf, unitState } from "../src/health.ts";
import { outcomeOf } from "../src/pages/changes/outcome.ts";
import { eventText, millis, validation } from "../src/pages/query/words.ts";
import { known } from "../src/pages/overview/findings.tsx";
import { asked } from "../src/pages/overview/upstreams.tsx";
import { whoIs } from "../src/who.ts";
import type { Status, Trace, UnitStatus } from "../src/wire.ts";

const unit = (o: Partial<UnitStatus>): UnitStatus => ({ unit: "kresd@1.service", component: "worker", kind: "", priority: 0, active: "active", sub: "running", current: true, restarts: 0, ...o }) as UnitStatus;
const status = (o: Partial<Status>): Status => ({ version: "", state: "running", etag: "a", "file-etag": "a", file: "f.yaml", "file-differs": false, files: [], generation: "", workers: 2, units: [unit({}), unit({ unit: "kresd@2.service" })], ...o }) as Status;

test("the health is said as kresctl status says it", () => {
  assert.deepEqual(health(status({}), 0), { sign: "●", tone: "good", sentence: "2 workers serve" });
  assert.equal(health(status({ workers: 3 }), 0).sentence, "2 of 3 workers serve");
  assert.equal(health(status({ state: "degraded", units: [unit({ active: "failed", result: "oom-kill", current: false })] }), 0).sentence, "kresd@1 has failed (oom-kill); 0 of 2 workers serve");
  assert.equal(health(status({ state: "degraded", problems: [{ pointer: "/a", message: "x" }] }), 0).sentence, "x; 2 workers serve");
  assert.equal(health(status({ state: "failed", down: "core component gone" }), 0).tone, "bad");
});

test("what workers have asked is summed up, however many there are", () => {
  const w = (n: number, timeouts: number, error?: string) => ({ unit: `kresd@${n}.service`, udp: 10, tcp: 1, timeouts, ...(error ? { error } : {}) });
  assert.equal(asked([w(1, 0)]), "Asked 11 times, and not answered in time 0 times.");
  assert.equal(asked([w(1, 1), w(2, 3), w(3, 0), w(4, 0, "gone")]), "Asked 33 times, and not answered in time 4 times, most often kresd@2 (3), kresd@1 (1); no figures of kresd@4.");
  const many = asked(Array.from({ length: 64 }, (_, i) => w(i + 1, i)));
  assert.match(many, /^Asked 704 times.* kresd@64 \(63\), .* kresd@60 \(59\)\.$/);
  assert.equal(asked(Array.from({ length: 7 }, (_, i) => w(i + 1, 0, "x"))), "no figures of kresd@1, kresd@2, kresd@3, kresd@4, kresd@5 and 2 more.");
});

test("a change in progress names its step", () => {
  const c = { cause: "PUT", revision: 1, state: "applying", when: "", who: {}, plan: { generation: "", steps: [{ n: 1, kind: "try", unit: "kresd@canary.service", cause: "" }, { n: 2, kind: "restart", unit: "kresd@1.service", cause: "" }] }, steps: [{ n: 1, kind: "try", unit: "kresd@canary.service", began: "", done: true }, { n: 2, kind: "restart", unit: "kresd@1.service", began: "", done: false }] };
  assert.equal(stepOf(c), "step 2 of 2, restart kresd@1");
  assert.equal(stepOf({ ...c, restoring: { generation: "", steps: c.plan.steps.slice(1) } }), "restoring what ran before, step 1 of 1");
});

test("units, people and outcomes", () => {
  assert.equal(unitState(unit({ frozen: true })), "active (frozen)");
  assert.equal(unitState(unit({ active: "activating", sub: "auto-restart" })), "auto-restart");
  assert.equal(whoIs({ uid: 0, user: "root", "login-uid": 1000, login: "alice" }), "alice (as root)");
  assert.equal(whoIs({ remote: "192.0.2.1", role: "/management/roles/0" }), "roles/0 192.0.2.1");
  assert.equal(whoIs({ via: "start" }), "start");
  assert.equal(outcomeOf({ outcome: "applied", running: true, "confirm-by": "x" }).words, "applied, runs, not confirmed");
  assert.equal(outcomeOf({ outcome: "applied", "undone-by": 4 }).words, "applied, undone by change 4");
  assert.equal(outcomeOf({ outcome: "failed" }).tone, "bad");
});

test("a trace is told in the words of kresctl trace", () => {
  assert.equal(millis(0.0031), "3.1 ms");
  assert.equal(millis(0), "0 ms");
  assert.equal(eventText({ at: 0, kind: "ask", address: "192.0.2.1:53", server: "ns.example.", zone: "example.", name: "a.example.", type: "A", protocol: "tcp" }), "asks 192.0.2.1:53 (ns.example.) over TCP for a.example. A");
  assert.equal(eventText({ at: 0, kind: "reply", address: "192.0.2.1:53", detail: "NOERROR", rtt: 0.03 }), "192.0.2.1:53 answers NOERROR after 30 ms");
  assert.equal(eventText({ at: 0, kind: "later kind", detail: "x" }), "later kind: x");
  assert.equal(validation({ secure: false, events: [{ at: 0, kind: "bogus" }, { at: 1, kind: "store" }] } as unknown as Trace).words, "bogus");
});

test("findings have what to type", () => {
  const day = 86_400_000;
  const items = known(status({
    problems: [{ pointer: "/a", message: "is wrong", hint: "chmod 0400 x", severity: "error" }], "file-now-etag": "b",
    inputs: [{ kind: "certificate", path: "/c.pem", pointer: "/t", state: "in-force", use: "", expires: new Date(6 * day).toISOString() }, { kind: "zone", path: "/z.rpz", pointer: "/z", state: "degraded", use: "" }],
  }), 0);
  assert.deepEqual(items.map((i) => [i.tone, i.what, i.fix]), [
    ["bad", "/a: is wrong", "chmod 0400 x"],
    ["warn", "f.yaml was edited and is not applied", "kresctl diff; kresctl reload"],
    ["bad", "the certificate /c.pem ends in 6 days", undefined],
    ["bad", "zone /z.rpz could not be loaded as it is", undefined],
  ]);
});
