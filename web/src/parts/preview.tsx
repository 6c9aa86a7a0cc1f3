// SPDX-License-Identifier: Apache-2.0
// The one way to change something: see what would happen, say why, apply, watch, and keep it
// or have it undone.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { announce } from "../announce.ts";
import { ask, begin, failure, follow, type Problem, query } from "../api.ts";
import { moment, took } from "../format.ts";
import { link } from "../router.ts";
import { refresh, status } from "../store.ts";
import type { Change, Report } from "../wire.ts";
import { Copy, Text } from "./basics.tsx";
import { ProblemView } from "./problem.tsx";
import { Going, ReportView } from "./report.tsx";

// Wanted is a request that changes something.
export interface Wanted {
  title: string;
  method: string;
  path: string;
  parameters?: Record<string, string | string[]>;
  body?: string;
  type?: string;
  undoable?: boolean; // the configuration changes
  keeps?: boolean; // the text is kept for the file, also where nothing else changes
  saveAt?: string; // where what was applied is saved in the file
}

export interface PreviewProps {
  wanted: Wanted;
  onClose: () => void;
  onApplied?: (r: Report | undefined) => void;
  onProblem?: (p: Problem) => boolean; // true if the caller shows it
}

const times = [["1m", "1 minute"], ["5m", "5 minutes"], ["15m", "15 minutes"], ["1h", "1 hour"], ["1d", "1 day"]] as const;

export function Preview({ wanted: w, onClose, onApplied, onProblem }: PreviewProps) {
  const report = useSignal<Report | null>(null);
  const problem = useSignal<Problem | null>(null);
  const change = useSignal<Change | null>(null);
  const busy = useSignal(true);
  const applied = useSignal<Report | null>(null);
  const etag = useRef("");
  const stop = useRef(new AbortController());
  const heading = useRef<HTMLHeadingElement>(null);
  const reason = useSignal("");
  const undo = useSignal(true);
  const within = useSignal("5m");
  const waiting = status.value?.waiting;

  const planned = report.value;
  const nothing = planned !== null && (planned.diff?.changes ?? []).length === 0 && (planned.plan.steps ?? []).length === 0;

  const headers = (): Record<string, string> => (w.body === undefined ? {} : { "Content-Type": w.type ?? "application/json" });

  async function look() {
    busy.value = true;
    problem.value = null;
    try {
      await refresh();
      etag.current = status.value?.etag ?? "";
      const a = await ask(w.method, w.path + query({ ...w.parameters, "dry-run": "1" }), { body: w.body, headers: headers(), signal: stop.current.signal });
      report.value = JSON.parse(a.body) as Report;
      announce("The preview is there.");
    } catch (e) {
      if (stop.current.signal.aborted) return;
      const p = failure(e);
      if (onProblem?.(p)) return onClose();
      problem.value = p;
    } finally {
      busy.value = false;
    }
    heading.current?.focus();
  }

  useEffect(() => {
    heading.current?.scrollIntoView({ block: "nearest" });
    void look();
    return () => stop.current.abort(new Error("left"));
  }, []);

  async function apply(e: Event) {
    e.preventDefault();
    busy.value = true;
    problem.value = null;
    change.value = null;
    const confirmed = w.undoable && undo.value && !waiting && !nothing;
    try {
      const b = await begin(w.method, w.path + query({ ...w.parameters, comment: reason.value.trim(), "confirm-within": confirmed ? within.value : undefined }), {
        body: w.body, signal: stop.current.signal, headers: { ...headers(), ...(w.undoable && etag.current ? { "If-Match": `"${etag.current}"` } : {}) },
      });
      const id = b.id;
      let ended: Report | undefined = b.done;
      if (!ended) {
        change.value = b.change ?? null;
        announce(`Change ${id} is in progress.`);
        const c = await follow(id, (now) => { change.value = now; }, stop.current.signal);
        if (c.problem) {
          problem.value = c.problem;
          announce(c.problem.restored ? "It was refused. Nothing changed." : "It failed.");
          return;
        }
        ended = c.report;
      }
      applied.value = ended ?? null;
      announce(ended?.["confirm-by"] ? "Applied. Keep it, or it is undone." : "Applied.");
      onApplied?.(ended);
    } catch (e) {
      if (!stop.current.signal.aborted) problem.value = failure(e);
    } finally {
      busy.value = false;
      refresh().catch(() => {});
      heading.current?.focus();
    }
  }

  const r = report.value, done = applied.value;
  return (
    <section class="panel preview" aria-labelledby="preview-title">
      <header><h2 id="preview-title" ref={heading} tabIndex={-1}>{done ? "Applied" : change.value ? `Change ${change.value.id ?? ""}` : `Preview: ${w.title}`}</h2>{busy.value && <span class="muted"><span class="spin" aria-hidden="true">↻</span> {change.value ? "applying" : r ? "sending" : "planning"} …</span>}</header>
      {problem.value && <ProblemView problem={problem.value}>{problem.value.status === 412 && <p>Someone else changed the configuration since the preview. <button onClick={() => void look()}>Preview again</button></p>}</ProblemView>}
      {change.value ? <Going change={change.value} /> : r && !done && <ReportView report={r} />}
      {done && (
        <div class="note good" role="status">
          <p><strong>{w.keeps && nothing ? "The text is kept" : (done.plan.steps ?? []).length > 0 ? `Applied in ${took(done.took)}` : "Applied; nothing needed to restart"}</strong>{done.entry ? <> as <a href={link("changes", [done.entry])}>change {done.entry}</a></> : ""}.</p>
          {done["confirm-by"] && <p>Unless you keep it by {moment(done["confirm-by"])}, it is undone. The bar above has the buttons.</p>}
          {(done.taken ?? []).map((t, i) => <p key={i}><Text of={t} /></p>)}
          {(done.degraded ?? []).map((t, i) => <p key={i} class="warn-text"><Text of={t} /></p>)}
          {(done.unsaved || (w.keeps && nothing)) && <p>{done.unsaved ? "It is not in the file yet: the next reload drops it unless it is saved." : "The text is not in the file yet."}{w.saveAt && <> <a href={w.saveAt}>Save it</a>.</>}</p>}
        </div>
      )}
      {r && !done && !change.value && nothing && w.keeps && (
        <form class="stack" onSubmit={apply}>
          <p>Nothing of what runs changes. Comments and layout can be kept for the file.</p>
          <div class="row"><button class="primary" disabled={busy.value}>Keep the text</button></div>
        </form>
      )}
      {r && !done && !change.value && !nothing && (
        <form class="stack" onSubmit={apply}>
          <div class="field"><label for="reason">Reason, for the history</label><input id="reason" type="text" maxLength={1000} value={reason.value} onInput={(e) => { reason.value = e.currentTarget.value; }} /></div>
          {w.undoable && (waiting
            ? <p class="note warn">Change {waiting.entry} waits to be confirmed. If it is undone, this one is undone with it.</p>
            : (
              <div class="row">
                <label class="check"><input type="checkbox" checked={undo.value} onChange={(e) => { undo.value = e.currentTarget.checked; }} />Undo it unless I confirm it within</label>
                <select aria-label="Time to confirm" value={within.value} disabled={!undo.value} onChange={(e) => { within.value = e.currentTarget.value; }}>{times.map(([v, t]) => <option key={v} value={v}>{t}</option>)}</select>
              </div>
            ))}
          <div class="row"><button class="primary" disabled={busy.value}>Apply</button><button type="button" onClick={onClose}>Cancel</button></div>
        </form>
      )}
      {(done || problem.value || change.value || nothing) && (
        <div class="row">
          {!busy.value && <button type="button" onClick={onClose}>Close</button>}
          {busy.value && change.value?.id && <button type="button" class="danger" onClick={() => { ask("POST", `/v1/cancel/${change.value!.id}`).catch((e: unknown) => { problem.value = failure(e); }); }}>Give it up</button>}
          {problem.value && <Copy label="Copy the message" text={() => [problem.value!.title, problem.value!.message, ...(problem.value!.log ?? [])].join("\n")} />}
        </div>
      )}
    </section>
  );
}
