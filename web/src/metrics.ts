// SPDX-License-Identifier: Apache-2.0
// What the sampler tells: the last quarter of an hour in columns, and the workers.

import type { Row, Sample, SampleHistory } from "./wire.ts";

export interface Columns { when: number[]; series: Record<string, (number | null)[]> }

const window_ = 900; // seconds

export const empty: Columns = { when: [], series: {} };

export const ofHistory = (h: SampleHistory): Columns => ({ when: [...(h.when ?? [])], series: { ...h.series } });

type Figure = "queries-per-second" | "p95-ms" | "servfail-percent" | "cpu-percent";

// figure is null where it is not known.
export const figure = (row: Row | undefined, name: Figure): number | null => row?.[name] ?? null;

// flat are the figures of a sample under the names of the columns.
export function flat(s: Sample): Record<string, number | null> {
  const out: Record<string, number | null> = {};
  for (const [k, v] of Object.entries(s.all)) if (typeof v === "number" || v === null) out[k] = v;
  for (const [k, v] of Object.entries(s.protocols ?? {})) out[`${k}-per-second`] = v;
  out["cache-usage-percent"] = s.error ? null : s["cache-usage-percent"];
  return out;
}

// add puts a sample at the end and drops what is too old. The columns that were given stay
// as they are.
export function add(c: Columns, s: Sample): Columns {
  if (c.when.length > 0 && s.when <= c.when.at(-1)!) return c;
  const figures = flat(s);
  const from = Math.max(0, c.when.findIndex((t) => t > s.when - window_));
  const keptFrom = c.when.length > 0 && c.when.at(-1)! <= s.when - window_ ? c.when.length : from;
  const series: Columns["series"] = {};
  for (const name of new Set([...Object.keys(c.series), ...Object.keys(figures)])) {
    const old = c.series[name] ?? c.when.map(() => null);
    series[name] = [...old.slice(keptFrom), figures[name] ?? null];
  }
  return { when: [...c.when.slice(keptFrom), s.when], series };
}

export const last = (c: Columns, name: string): number | null => c.series[name]?.at(-1) ?? null;

// before is the figure of some seconds ago, or null if that is not known.
export function before(c: Columns, name: string, seconds: number): number | null {
  const end = c.when.at(-1);
  if (end === undefined) return null;
  for (let i = c.when.length - 1; i >= 0; i--) {
    if (c.when[i]! <= end - seconds) return end - seconds - c.when[i]! < 30 ? (c.series[name]?.[i] ?? null) : null;
  }
  return null;
}

export interface Spread { now: number | null; least: number; most: number }

export function spread(values: (number | null)[]): Spread | null {
  const known = values.filter((v): v is number => v !== null && v !== undefined);
  if (known.length === 0) return null;
  return { now: values.at(-1) ?? null, least: known.reduce((a, b) => Math.min(a, b)), most: known.reduce((a, b) => Math.max(a, b)) };
}

// minutes are means of each minute, for reading as a table, newest first.
export function minutes(c: Columns, names: string[]): { when: number; values: (number | null)[] }[] {
  const by = new Map<number, { sum: number[]; n: number[] }>();
  c.when.forEach((t, i) => {
    const minute = Math.floor(t / 60) * 60;
    const m = by.get(minute) ?? { sum: names.map(() => 0), n: names.map(() => 0) };
    names.forEach((name, k) => {
      const v = c.series[name]?.[i];
      if (v !== null && v !== undefined) { m.sum[k]! += v; m.n[k]!++; }
    });
    by.set(minute, m);
  });
  return [...by].sort(([a], [b]) => b - a).map(([when, m]) => ({ when, values: m.sum.map((s, k) => (m.n[k]! > 0 ? s / m.n[k]! : null)) }));
}

// odd says how a worker differs from the others so much that someone should look.
export function odd(w: Row, all: Row[]): string {
  if (all.length < 2) return "";
  const median = (name: Figure): number => {
    const v = all.map((r) => figure(r, name)).filter((x): x is number => x !== null).sort((a, b) => a - b);
    return v.length === 0 ? 0 : (v[Math.floor((v.length - 1) / 2)]! + v[Math.ceil((v.length - 1) / 2)]!) / 2;
  };
  const p95 = figure(w, "p95-ms"), rate = figure(w, "queries-per-second"), failed = figure(w, "servfail-percent");
  const usual = median("queries-per-second");
  if (rate !== null && usual > 10 && rate < usual / 4) return "few queries";
  if (failed !== null && failed > 5 && failed > 3 * median("servfail-percent")) return "many SERVFAIL";
  if (p95 !== null && p95 > 20 && p95 > 3 * median("p95-ms")) return "slow";
  return "";
}
