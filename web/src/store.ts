// SPDX-License-Identifier: Apache-2.0
// What all pages know: who asks, how the manager is, and whether it can be reached.

import { batch, computed, signal } from "@preact/signals";
import { announce } from "./announce.ts";
import { failure, get, hooks, listen, pause, Refused } from "./api.ts";
import { Denied } from "./transport.ts";
import type { Event, Problem, Session, Status } from "./wire.ts";

export type Connection =
  | { state: "connecting" }
  | { state: "up" }
  | { state: "away"; why: string; retryAt: number } // and is tried again then
  | { state: "ended" } // and the next request would start it
  | { state: "asleep" } // no one looks
  | { state: "refused"; problem: Problem };

export const session = signal<Session | null>(null);
export const status = signal<Status | null>(null);
export const connection = signal<Connection>({ state: "connecting" });
// answers tells whether it is worth asking: nothing is known against it. A page need not wait
// for the first connection, which comes after who asks is known.
export const answers = computed(() => connection.value.state === "up" || connection.value.state === "connecting");
// skew is how far the clock of the manager is ahead, in milliseconds.
export const skew = signal(0);
// now is the time of the manager, and goes on every second.
export const now = signal(Date.now());
// recent are the last events, oldest first.
export const recent = signal<Event[]>([]);
// loggedOut tells that the manager wants a token.
export const loggedOut = signal(false);

const ranks = ["", "read", "operate", "configure"];
export const role = computed(() => session.value?.role ?? "");
export const may = (least: "read" | "operate" | "configure"): boolean => ranks.indexOf(role.value) >= ranks.indexOf(least);

const keptEvents = 500;
// hiddenFor is how long nobody may look before the connection is given up, so that a manager
// that may end idle can.
const hiddenFor = 300_000;
const longestPause = 10_000;

// sessionOver tells that someone was logged in here, and no longer is.
export const sessionOver = signal(false);

hooks.unauthorized = () => {
  if (session.value?.role) sessionOver.value = true;
  loggedOut.value = true;
};
hooks.date = (d) => {
  const ahead = Date.parse(d) + 500 - Date.now(); // the header has whole seconds
  if (!Number.isNaN(ahead) && Math.abs(ahead - skew.value) > 1500) skew.value = Math.abs(ahead) < 1500 ? 0 : ahead;
};

// listeners are told of every event.
const listeners = new Set<(e: Event) => void>();
export function onEvent(f: (e: Event) => void): () => void {
  listeners.add(f);
  return () => listeners.delete(f);
}

let again = new AbortController(); // ends a pause, or the connection

// reconnect tries at once what is tried again later.
export function reconnect(): void {
  again.abort(new Error("again"));
}

export async function refreshSession(): Promise<void> {
  const before = session.value;
  session.value = await get<Session>("/v1/session");
  sessionOver.value = session.value.role === "" && (sessionOver.value || Boolean(before?.role));
  loggedOut.value = session.value.role === "";
}

// refresh reads the status. Several calls at a time are one, and one more.
let reading: Promise<void> | null = null, wanted = false;
export function refresh(): Promise<void> {
  if (reading) {
    wanted = true;
    return reading;
  }
  reading = (async () => {
    try {
      do {
        wanted = false;
        const s = await get<Status>("/v1/status");
        const before = status.value;
        batch(() => { status.value = s; });
        if (before && before.state !== s.state) announce(`The state is ${s.state}.`);
        if (wanted) await pause(200);
      } while (wanted);
    } finally {
      reading = null;
    }
  })();
  return reading;
}

function took(e: Event): void {
  recent.value = [...recent.value.slice(1 - keptEvents), e];
  for (const f of listeners) f(e);
  refresh().catch(() => {});
}

// run keeps the connection for as long as the page is there, or until over comes and
// reconnect is called.
export async function run(over?: AbortSignal): Promise<void> {
  let failures = 0, lastId = "";
  while (!over?.aborted) {
    again = new AbortController();
    const stop = again.signal;
    try {
      await refreshSession();
      if (loggedOut.value) {
        connection.value = { state: "up" };
        await until(() => !loggedOut.value, stop);
      }
      await refresh();
      const seen = connection.value.state;
      connection.value = { state: "up" };
      if (seen === "away") announce("The manager answers again.");
      failures = 0;
      const tick = setInterval(() => refresh().catch(() => {}), 10_000);
      try {
        const { restart, ended } = await listen("/v1/events", lastId, (m) => { lastId = m.id; took(JSON.parse(m.data) as Event); }, stop);
        clearInterval(tick);
        if (ended && !restart) {
          connection.value = { state: "ended" };
          announce("The manager has ended. The workers go on.");
          await until(() => false, stop); // until someone wants to
        }
        away(restart ? "the manager restarts" : "the manager has closed the connection", 1000);
        await pause(1000, stop);
      } finally {
        clearInterval(tick);
      }
    } catch (e) {
      if (stop.aborted) {
        if (hidden) await asleep();
        continue;
      }
      if (e instanceof Refused && e.problem.status === 401) continue;
      const wait = Math.min(longestPause, 500 * 2 ** failures++);
      if (e instanceof Denied || e instanceof Refused && e.problem.status < 500) connection.value = { state: "refused", problem: failure(e) };
      else away(e instanceof Error ? e.message : String(e), wait);
      await pause(wait, stop).catch(() => {});
    }
  }
}

function away(why: string, wait: number): void {
  if (connection.value.state === "up") announce("The manager does not answer. The workers go on.");
  connection.value = { state: "away", why, retryAt: Date.now() + wait };
}

// until resolves when something is so, and rejects when the signal comes.
async function until(what: () => boolean, stop: AbortSignal): Promise<void> {
  while (!what()) await pause(250, stop);
}

let hidden = false;
async function asleep(): Promise<void> {
  connection.value = { state: "asleep" };
  while (hidden) await pause(500);
}

export function begin(): void {
  setInterval(() => { now.value = Date.now() + skew.value; }, 1000);
  let timer = 0;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (document.hidden) {
      timer = window.setTimeout(() => { hidden = true; reconnect(); }, hiddenFor);
    } else {
      hidden = false;
      if (connection.value.state === "away") reconnect();
      now.value = Date.now() + skew.value;
    }
  });
  window.addEventListener("online", () => { if (connection.value.state === "away") reconnect(); });
  void run();
}
