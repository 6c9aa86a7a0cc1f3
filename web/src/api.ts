// SPDX-License-Identifier: Apache-2.0
// The requests of the pages, with their types.

import { overCockpit } from "./transport_cockpit.ts";
import { overFetch } from "./transport_fetch.ts";
import { type Answer, type Asked, Denied, type Transport, Unreachable } from "./transport.ts";
import { type Message, parser } from "./sse.ts";
import type { Change, Finding, Problem } from "./wire.ts";

export const inCockpit = typeof window !== "undefined" && window.cockpit !== undefined;
export const transport: Transport = inCockpit ? overCockpit(window.cockpit!) : overFetch;

// Refused is an answer that tells of a failure.
export class Refused extends Error {
  constructor(readonly problem: Problem) { super(problem.message); }
}

// hooks are told of every answer: who is asked to log in, and how the clocks differ.
export const hooks = { unauthorized: () => {}, date: (_serverDate: string) => {} };

// problemOf reads what a failure says. Something between us and the manager may have
// answered in another form.
export function problemOf(a: Answer): Problem {
  try {
    const p = JSON.parse(a.body) as Problem;
    if (typeof p.title === "string") return p;
  } catch { /* is text */ }
  const text = a.body.trim().slice(0, 2000) || `status ${a.status}`;
  return { kind: "internal", title: "the request failed", status: a.status, message: text, reference: a.headers["x-reference-id"] ?? "" };
}

// failure is anything that was thrown as what there is to show.
export function failure(e: unknown): Problem {
  if (e instanceof Refused) return e.problem;
  return {
    kind: "internal", status: 0, reference: "",
    title: e instanceof Denied ? "no access to the resolver" : e instanceof Unreachable ? "the manager cannot be reached" : "the page failed",
    message: e instanceof Error ? e.message : String(e),
  };
}

// ask sends a request, and throws Refused for an answer that is a failure.
export async function ask(method: string, path: string, o: Partial<Asked> = {}): Promise<Answer> {
  const a = await transport.send({ method, path, ...o, headers: { Accept: "application/json", ...o.headers } });
  if (a.headers["date"]) hooks.date(a.headers["date"]);
  if (a.status === 401) hooks.unauthorized();
  if (a.status >= 400) throw new Refused(problemOf(a));
  return a;
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return JSON.parse((await ask("GET", path, { signal })).body) as T;
}

// post sends what is asked for, as JSON. No body is one with nothing in it.
export async function post<T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const a = await ask("POST", path, {
    signal, body: body === undefined ? undefined : JSON.stringify(body),
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
  });
  return (a.body.trim() ? JSON.parse(a.body) : {}) as T;
}

// query is the part of a path from ? on; what is empty or undefined is left out.
export function query(o: Record<string, string | string[] | undefined>): string {
  const q = new URLSearchParams();
  for (const [k, v] of Object.entries(o)) for (const one of [v].flat()) if (one) q.append(k, one);
  const text = q.toString();
  return text && "?" + text;
}

// longestSilence of a stream, in milliseconds.
export const longestSilence = 45_000;

// listen hands on the messages of a stream, and resolves when it is over: ended if the
// manager has said that it ends, and restart if another one follows.
export async function listen(path: string, lastId: string, onMessage: (m: Message) => void, signal: AbortSignal): Promise<{ ended: boolean; restart: boolean }> {
  let ended = false, restart = false;
  const feed = parser((m) => {
    if (m.kind !== "ending") return onMessage(m);
    ended = true;
    restart = Boolean((JSON.parse(m.data) as { restart?: boolean }).restart);
  });
  const headers: Record<string, string> = { Accept: "text/event-stream" };
  if (lastId) headers["Last-Event-ID"] = lastId;
  // The manager gives a sign of life every 15 s; a connection that was lost without a word,
  // as over a sleep of the machine, gives none.
  const silent = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silent.abort(new Unreachable("nothing was heard for a while")), longestSilence);
  };
  alive();
  let a: Answer;
  try {
    a = await transport.stream({ method: "GET", path, headers, signal: AbortSignal.any([signal, silent.signal]) }, (text) => { alive(); feed(text); });
  } catch (e) {
    throw silent.signal.aborted && !signal.aborted ? silent.signal.reason : e;
  } finally {
    clearTimeout(timer);
  }
  if (a.status === 401) hooks.unauthorized();
  if (a.status !== 200) throw new Refused(problemOf(a));
  return { ended, restart };
}

// A change is begun without waiting for its end; what it is about is the caller's matter.
export interface Begun { id: number; change?: Change }

// begin sends a change and resolves as soon as the manager has taken it on, or has ended it.
export async function begin(method: string, path: string, o: Partial<Asked> = {}): Promise<Begun & { done?: Change["report"] }> {
  const a = await ask(method, path, { ...o, headers: { Prefer: "respond-async", ...o.headers } });
  if (a.status === 202) {
    const change = JSON.parse(a.body) as Change;
    return { id: change.id ?? Number(a.headers["location"]?.split("/").pop()), change };
  }
  const report = JSON.parse(a.body) as NonNullable<Change["report"]>;
  return { id: report.entry ?? 0, done: report };
}

export const ended = (c: Change): boolean => ["applied", "refused", "canceled", "undone"].includes(c.state);

// pause resolves after some milliseconds, or rejects when the signal comes.
export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const t = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => { clearTimeout(t); reject(signal.reason); }, { once: true });
  });

// follow tells how far a change is until it has ended. It goes on over a restart of the
// manager: while it is away nothing is told. Without the ETag of what is known, to wait would
// be to wait for the end.
export async function follow(id: number, onChange: (c: Change) => void, signal: AbortSignal): Promise<Change> {
  let etag = "";
  for (;;) {
    try {
      const a = await ask("GET", `/v1/changes/${id}${etag ? "?wait=30s" : ""}`, { signal, headers: etag ? { "If-None-Match": etag } : {} });
      if (a.status === 200) {
        etag = a.headers["etag"] ?? "";
        const c = JSON.parse(a.body) as Change;
        onChange(c);
        if (ended(c)) return c;
      }
    } catch (e) {
      signal.throwIfAborted();
      if (e instanceof Refused && ![401, 502, 503].includes(e.problem.status)) throw e;
      await pause(1000, signal);
    }
  }
}

export type { Finding, Problem };
