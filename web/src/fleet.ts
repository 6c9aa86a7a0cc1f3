// SPDX-License-Identifier: Apache-2.0
// The fleet as kres-fleet on this host tells of it. Only Cockpit can run it: the manager
// knows of no fleet, and its listener says nothing of one.

import { run } from "./cockpit.ts";

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

const json = async <T>(...args: string[]): Promise<T> => JSON.parse(await run(["kres-fleet", ...args, "--json"], exitDegraded)) as T;

// fleetRuns tells whether this host takes part in a fleet. The store is not asked: it may be
// away, and that is for the page to say.
export async function fleetRuns(): Promise<boolean> {
  try {
    await window.cockpit!.spawn(["test", "-e", "/etc/kres-fleet/kres-fleet.toml"], { err: "ignore" }); // not as root
    await run(["kres-fleet", "--version"]);
    return true;
  } catch {
    return false;
  }
}

export const readFleet = (): Promise<[FleetStatus, Host[]]> => Promise.all([json<FleetStatus>("rollout", "status"), json<Host[]>("hosts")]);

export type Verb = "pause" | "resume" | "revert";
export const act = (verb: Verb, why: string): Promise<string> => run(["kres-fleet", "rollout", verb, ...(why && verb !== "resume" ? ["-m", why] : [])]);

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
