// SPDX-License-Identifier: Apache-2.0
// The bar about a change that is undone unless someone confirms it. It is on every page.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { announce } from "../announce.ts";
import { failure, get, post, type Problem } from "../api.ts";
import { clock, moment } from "../format.ts";
import { may, now, refresh, status } from "../store.ts";
import { whoIs } from "../who.ts";
import type { HistoryEntry, Report, Waiting as Wire } from "../wire.ts";
import { Text } from "./basics.tsx";
import { ProblemView } from "./problem.tsx";

export function Waiting() {
  const w = status.value?.waiting;
  return w ? <Bar key={w.entry} waiting={w} /> : null;
}

// said are the times at which a screen reader hears how long is left, in seconds.
const said = [60, 10];

function Bar({ waiting: w }: { waiting: Wire }) {
  const entry = useSignal<HistoryEntry | null>(null);
  const problem = useSignal<Problem | null>(null);
  const busy = useSignal("");
  const left = (Date.parse(w.by) - now.value) / 1000;

  useEffect(() => {
    get<HistoryEntry>(`/v1/history/${w.entry}`).then((e) => { entry.value = e; }, () => {});
    announce(`Change ${w.entry} waits to be confirmed. It is undone in ${clock(left)}.`);
  }, []);
  useEffect(() => {
    const timers = said.filter((s) => left > s).map((s) => setTimeout(() => announce(`Change ${w.entry} is undone in ${s} seconds.`), (left - s) * 1000));
    return () => timers.forEach(clearTimeout);
  }, [w.by]);

  async function act(what: "keep" | "undo") {
    busy.value = what;
    problem.value = null;
    try {
      if (what === "keep") {
        await post("/v1/confirm");
        announce(`Change ${w.entry} stays.`);
      } else {
        await post<Report>(`/v1/rollback${w["return-to"] ? `/${w["return-to"]}` : ""}`);
        announce(`Change ${w.entry} is undone.`);
      }
    } catch (e) {
      problem.value = failure(e);
    } finally {
      busy.value = "";
      refresh().catch(() => {});
    }
  }

  const e = entry.value;
  return (
    <section class="bar warn" aria-label="A change waits to be confirmed">
      <p class="what">
        <span aria-hidden="true">◷ </span>Change {w.entry}{e && <> by <Text of={whoIs(e.who)} />{e.comment && <> (<Text of={e.comment} />)</>}</>} goes back
        {left > 0 ? <> in <time dateTime={w.by} title={moment(w.by)} role="timer" aria-live="off">{clock(left)}</time></> : " now"}.
      </p>
      {may("configure") && (
        <div class="do">
          <button class="primary" disabled={busy.value !== ""} onClick={() => act("keep")}>Keep</button>
          <button class="danger" disabled={busy.value !== ""} onClick={() => act("undo")}>{busy.value === "undo" ? "Undoing …" : "Undo now"}</button>
        </div>
      )}
      {problem.value && <ProblemView problem={problem.value} />}
    </section>
  );
}
