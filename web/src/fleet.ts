// SPDX-License-Identifier: Apache-2.0
// The fleet as kres-fleet on this host tells of it. Only Cockpit can run it: the manager
// knows of no fleet, and its listener says nothing of one.

import { Refused } from "./api.ts";

export interface Policy { rings: string[]; steps: string[]; spread?: string }
export interface Rollout {
  id: number;
  release: string;
  sequence: number;
  by: string;
  why?: string;
  phase: string;
  reason?: string;
  policy: Policy;
}
export interface Census { hosts: number; missing: number; held: number; ready: number; "in-flight": number; failed: number; on: number }
export interface FleetStatus { rollout: Rollout | null; leader?: string; hosts: Census; why: string[] | null }
export interface Host {
  id: string;
  tags?: Record<string, string>;
  state: string;
  reason?: string;
  release?: string;
  sequence?: number;
  drift?: string[];
  plan?: string;
  since?: string;
  on?: boolean;
  alive: boolean;
}

// exitDegraded is how status ends while a rollout is paused or goes back: the answer is good.
const exitDegraded = 3;

// Running is what Cockpit gives: a promise that hands the output to fail beside the error.
type Running = Promise<string> & { fail(f: (e: { exit_status?: number | null; problem?: string | null; message?: string }, data?: string) => void): unknown };

// run runs kres-fleet as the person, with administrative access if that is switched on.
function run(...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const p = window.cockpit!.spawn(["kres-fleet", ...args], { superuser: "try", err: "message", environ: ["LC_ALL=C.UTF-8"] }) as Running;
    p.then(resolve, () => {}); // fail says more
    p.fail((e, data) => {
      if (e.exit_status === exitDegraded && data) return resolve(data);
      reject(new Refused({ kind: "internal", title: e.problem === "not-found" ? "kres-fleet is not installed" : "kres-fleet", status: 0, message: e.message ?? e.problem ?? "", reference: "" }));
    });
  });
}

const json = async <T>(...args: string[]): Promise<T> => JSON.parse(await run(...args, "--json")) as T;

// fleetRuns tells whether kres-fleet is there, and this host takes part.
export async function fleetRuns(): Promise<boolean> {
  try {
    await json<FleetStatus>("rollout", "status");
    return true;
  } catch {
    return false;
  }
}

export const readFleet = (): Promise<[FleetStatus, Host[]]> => Promise.all([json<FleetStatus>("rollout", "status"), json<Host[]>("hosts")]);

export type Verb = "pause" | "resume" | "revert";
export const act = (verb: Verb, why: string): Promise<string> => run("rollout", verb, ...(why && verb !== "resume" ? ["-m", why] : []));

// ringOf is the number of the ring of a host: the first match that means it, -1 for none.
export function ringOf(p: Policy | undefined, h: Host): number {
  return (p?.rings ?? []).findIndex((m) => {
    if (m === "*") return true;
    const eq = m.indexOf("="), name = eq < 0 ? m : m.slice(0, eq);
    const has = h.tags?.[name];
    return has !== undefined && (eq < 0 || has === m.slice(eq + 1));
  });
}

export interface Ring { name: string; hosts: Host[] }

// rings are the hosts by ring, in the order of the policy.
export function rings(p: Policy | undefined, hosts: Host[]): Ring[] {
  const names = p?.rings ?? [];
  const out: Ring[] = names.map((name) => ({ name, hosts: [] }));
  const rest: Host[] = [];
  for (const h of hosts) (out[ringOf(p, h)]?.hosts ?? rest).push(h);
  return rest.length > 0 ? [...out, { name: names.length > 0 ? "in no ring" : "all", hosts: rest }] : out;
}

// plans are the digests of what would be done, with the hosts of each, the most frequent first.
export function plans(hosts: Host[]): { plan: string; hosts: Host[] }[] {
  const by = new Map<string, Host[]>();
  for (const h of hosts) if (h.plan) by.set(h.plan, [...(by.get(h.plan) ?? []), h]);
  return [...by].map(([plan, all]) => ({ plan, hosts: all })).sort((a, b) => b.hosts.length - a.hosts.length || a.plan.localeCompare(b.plan));
}

// byState counts hosts, the most frequent state first; away is a state of its own.
export function byState(hosts: Host[]): [string, number][] {
  const n = new Map<string, number>();
  for (const h of hosts) n.set(h.alive ? h.state : "away", (n.get(h.alive ? h.state : "away") ?? 0) + 1);
  return [...n].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
}
