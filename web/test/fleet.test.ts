// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { CommandFailed, save } from "../src/cockpit.ts";
import { act, byState, fleetRuns, type Host, plans, readFleet, rings } from "../src/fleet.ts";

const host = (id: string, o: Partial<Host> = {}): Host => ({ id, state: "ok", alive: true, ...o });

test("hosts are in the first ring that means them", () => {
  const hosts = [host("a", { tags: { ring: "canary" } }), host("b", { tags: { ring: "edge" } }), host("c", { tags: { edge: "" } }), host("d")];
  const shown = (names: string[]) => rings({ rings: names, steps: [] }, hosts).map((r) => `${r.name}: ${r.hosts.map((h) => h.id).join(" ")}`);
  assert.deepEqual(shown(["ring=canary", "edge", "*"]), ["ring=canary: a", "edge: c", "*: b d"]);
  assert.deepEqual(shown(["ring=canary"]), ["ring=canary: a", "in no ring: b c d"]);
  assert.deepEqual(rings(undefined, hosts).map((r) => r.name), ["all"]);
});

test("plans and states are counted, the most frequent first", () => {
  const hosts = [host("a", { plan: "3 steps" }), host("b", { plan: "5 steps" }), host("c", { plan: "5 steps", alive: false }), host("d", { state: "failed" })];
  assert.deepEqual(plans(hosts).map((p) => [p.plan, p.hosts.length]), [["5 steps", 2], ["3 steps", 1]]);
  assert.deepEqual(byState(hosts), [["ok", 2], ["away", 1], ["failed", 1]]);
});

// cockpit stands for Cockpit: what was run is kept.
function cockpit(answer: (args: string[]) => { output?: string; exit?: number; problem?: string }) {
  const ran: string[][] = [];
  const spawn = (args: string[]) => {
    ran.push(args);
    const a = answer(args), e = { exit_status: a.exit ?? null, problem: a.problem ?? null, message: `${args[0]}: ${args.slice(1).join(" ")} failed` };
    const p = a.exit || a.problem ? Promise.reject(e) : Promise.resolve(a.output ?? "");
    p.catch(() => {});
    return Object.assign(p, { fail: (f: (e: object, data?: string) => void) => { if (a.exit || a.problem) queueMicrotask(() => f(e, a.output)); } });
  };
  (globalThis as { window?: unknown }).window = { cockpit: { spawn }, addEventListener: () => {} };
  return ran;
}

test("a paused rollout is an answer, though the command ends with 3", async () => {
  const ran = cockpit((a) => (a[1] === "hosts" ? { output: '[{"id":"ns1","state":"ok","alive":true}]' } : { exit: 3, output: '{"rollout":{"id":1,"phase":"paused"},"hosts":{},"why":["paused: lunch"]}' }));
  const [status, hosts] = await readFleet();
  assert.equal(status.rollout?.phase, "paused");
  assert.equal(hosts[0]?.id, "ns1");
  assert.deepEqual(ran, [["kres-fleet", "rollout", "status", "--json"], ["kres-fleet", "hosts", "--json"]]);
});

test("there is a page where kres-fleet has settings, also while its store is away", async () => {
  const ran = cockpit(() => ({}));
  assert.equal(await fleetRuns(), true);
  assert.deepEqual(ran.map((r) => r[0]), ["test", "kres-fleet"], "the store is not asked");
  assert.deepEqual(ran[1], ["kres-fleet", "--version"]);
  cockpit((a) => (a[0] === "test" ? { exit: 1 } : {}));
  assert.equal(await fleetRuns(), false);
  cockpit((a) => (a[0] === "test" ? {} : { problem: "not-found" }));
  assert.equal(await fleetRuns(), false);
});

test("a failure is said in the words of kres-fleet", async () => {
  cockpit(() => ({ problem: "not-found" }));
  await assert.rejects(readFleet(), (e) => e instanceof CommandFailed && e.problem.title === "kres-fleet is not installed");
  cockpit(() => ({ exit: 4 }));
  await assert.rejects(readFleet(), (e) => e instanceof CommandFailed && e.exit === 4 && e.problem.title === "kres-fleet" && /^rollout status --json failed|^hosts --json failed/.test(e.message));
});

test("a reason goes with what is done, as one argument", async () => {
  const ran = cockpit(() => ({ output: "done" }));
  await act("pause", "lunch; rm -rf /");
  await act("resume", "is not given");
  assert.deepEqual(ran, [["kres-fleet", "rollout", "pause", "-m", "lunch; rm -rf /"], ["kres-fleet", "rollout", "resume"]]);
  cockpit(() => ({ exit: 1 }));
  await assert.rejects(act("revert", ""), /rollout revert failed/);
});

test("root writes what kresctl chooses, and nothing that the manager names", async () => {
  const ran = cockpit(() => ({}));
  await save();
  assert.deepEqual(ran, [["kresctl", "config", "save"]]);
  cockpit(() => ({ exit: 1 }));
  await assert.rejects(save(), /^Error: config save failed$/);
});
