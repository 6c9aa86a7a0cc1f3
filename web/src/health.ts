// SPDX-License-Identifier: Apache-2.0
// The state of the whole in one sign, one word and one sentence, as kresctl status has it.

import { period, shortUnit, timeOfDay } from "./format.ts";
import { whoIs } from "./who.ts";
import type { ChangeStatus, Status, UnitStatus } from "./wire.ts";

export type Tone = "good" | "warn" | "bad";
export interface Health { sign: string; tone: Tone; sentence: string }

export function health(s: Status, now: number): Health {
  switch (s.state) {
    case "running": return { sign: "●", tone: "good", sentence: serving(s) };
    case "applying": return { sign: "↻", tone: "warn", sentence: inProgress(s, now) };
    case "stopped": return { sign: "○", tone: "warn", sentence: "DNS is not served; systemctl start kresd.target starts it" };
    case "failed": return { sign: "✗", tone: "bad", sentence: s.down || "the resolver was taken down" };
    case "unknown": return { sign: "?", tone: "warn", sentence: `systemd does not answer; what is below is from ${timeOfDay(new Date(s["as-of"] ?? now))}` };
  }
  return { sign: "▲", tone: "warn", sentence: wrong(s) };
}

function serving(s: Status): string {
  const n = (s.units ?? []).filter((u) => u.component === "worker" && u.active === "active" && !u.frozen).length;
  if (n === s.workers) return n === 1 ? "1 worker serves" : `${n} workers serve`;
  return `${n} of ${s.workers} workers serve`;
}

function wrong(s: Status): string {
  let all = (s.units ?? []).filter((u) => !u.current).map(unitWrong);
  if (all.length === 0) all = (s.problems ?? []).map((p) => p.message || p.pointer);
  if (all.length === 0) return serving(s);
  return all.length === 1 ? `${all[0]}; ${serving(s)}` : `${all[0]}, and ${all.length - 1} more; ${serving(s)}`;
}

export function unitWrong(u: UnitStatus): string {
  const name = shortUnit(u.unit);
  if (u.masked) return `${name} is masked`;
  if (u.frozen) return `${name} is frozen`;
  if (u.active === "failed") return `${name} has failed` + (u.result && u.result !== "success" ? ` (${u.result})` : "");
  if (u.active === "inactive") return `${name} is not running`;
  if (u.active !== "active") return `${name} is ${u.active}`;
  if (u["wanted-config"] && u.config !== u["wanted-config"]) return `${name} runs an older configuration`;
  if (!u["wanted-config"] && u.component === "worker") return `${name} is not wanted, and runs`;
  return `${name} does not do what it should`;
}

function inProgress(s: Status, now: number): string {
  const c = s.change;
  if (!c) return "a change is in progress";
  let text = `${c.cause} by ${whoIs(c.who)} for ${period((now - Date.parse(c.began ?? c.when)) / 1000)}`;
  const step = stepOf(c);
  if (step) text += ": " + step;
  if (s.queued) text += ` (${s.queued} more wait)`;
  return text;
}

// stepOf says which step a change is at.
export function stepOf(c: ChangeStatus): string {
  const restores = c.restoring !== undefined;
  const what = restores ? "restoring what ran before" : "";
  const steps = (c.restoring ?? c.plan)?.steps ?? [];
  if (steps.length === 0) return what;
  const mine = (c.steps ?? []).filter((x) => Boolean(x.restores) === restores);
  const done = mine.filter((x) => x.done).length;
  const doing = mine.find((x) => !x.done);
  return [what, `step ${Math.min(done + 1, steps.length)} of ${steps.length}`, doing && `${doing.kind} ${shortUnit(doing.unit)}`].filter(Boolean).join(", ");
}

// unitState names the sub-state only where it adds something.
export function unitState(u: UnitStatus): string {
  if (u.frozen) return `${u.active} (frozen)`;
  if (u.masked) return `${u.active} (masked)`;
  if (u.active === "failed") return u.result && u.result !== "success" ? `failed (${u.result})` : "failed";
  if ((u.active === "active" && ["running", "exited"].includes(u.sub)) || u.active === u.sub || !u.sub || u.active === "inactive") return u.active;
  return u.sub;
}

// unitTone is for colour beside the words.
export const unitTone = (u: UnitStatus): Tone | "" =>
  u.active === "failed" ? "bad" : u.frozen || u.masked || !u.current || !["active", "inactive"].includes(u.active) ? "warn" : u.active === "active" ? "good" : "";

// configMark says whether a process runs the configuration that it should.
export function configMark(u: UnitStatus): "–" | "current" | "old" {
  if (u.active !== "active" && !u.pid) return "–";
  return u.current || (u.config && u.config === u["wanted-config"]) ? "current" : "old";
}
