// SPDX-License-Identifier: Apache-2.0
// What a change is: what differs, the steps, and what clients notice.

import { plural, shortUnit, took } from "../format.ts";
import { now } from "../store.ts";
import type { Change, Diff, Difference, Plan, Report, StepStatus } from "../wire.ts";
import { Text } from "./basics.tsx";

const most = 200;

// lineOf is a value on one line: a text without quotes where it cannot be taken for
// anything else.
export function lineOf(v: unknown): string {
  const text = typeof v === "string" && /^[A-Za-z/.][^\n"{}[\],]*$/.test(v) && !/^(true|false|null)$/i.test(v) ? v : (JSON.stringify(v) ?? "null");
  return text.length > most ? text.slice(0, most) + "…" : text;
}

const placeOf = (d: Difference): string => d.pointer || "the whole configuration";

export function DiffView({ diff }: { diff: Diff | undefined }) {
  const changes = diff?.changes ?? [];
  if (changes.length === 0) return <p class="muted">Nothing differs.</p>;
  return (
    <div class="diff" role="group" aria-label="What differs" tabIndex={0}>
      {changes.map((d, i) => (
        <div key={i} role="group">
          {d.op !== "add" && <div class="gone">− <span class="unseen">removed: </span><Text of={`${placeOf(d)}: ${lineOf(d.old)}`} /></div>}
          {d.op !== "remove" && <div class="come">+ <span class="unseen">added: </span><Text of={`${placeOf(d)}: ${lineOf(d.new)}`} /></div>}
        </div>
      ))}
      {diff?.more ? <div class="more">… and {diff.more} more</div> : null}
    </div>
  );
}

interface Shown { sign: string; tone: string; words: string }

function shown(s: StepStatus | undefined, at: number): Shown {
  if (!s) return { sign: "○", tone: "muted", words: "" };
  if (!s.done) return { sign: "↻", tone: "warn-text", words: `for ${Math.max(0, Math.floor((at - Date.parse(s.began)) / 1000))} s` };
  if (s.error) return { sign: "✗", tone: "bad-text", words: "failed" };
  return { sign: "✓", tone: "good", words: s.took === undefined ? "done" : `done in ${took(s.took)}` };
}

// PlanView lists the steps, with how far each is if the change has begun.
export function PlanView({ plan, steps, restores = false, label }: { plan: Plan | undefined; steps?: StepStatus[]; restores?: boolean; label: string }) {
  const all = plan?.steps ?? [];
  if (all.length === 0) return <p class="muted">Nothing needs to restart.</p>;
  return (
    <ol class="steps" aria-label={label}>
      {all.map((p) => {
        const s = steps && shown(steps.find((x) => x.n === p.n && Boolean(x.restores) === restores), now.value);
        const error = steps?.find((x) => x.n === p.n && Boolean(x.restores) === restores)?.error;
        return (
          <li key={p.n}>
            <span class={`sign ${s?.tone ?? "muted"}`} aria-hidden="true">{s?.sign ?? `${p.n}`}</span>
            <span>
              <strong>{p.kind}</strong> {shortUnit(p.unit)} <span class="muted"><Text of={p.why || p.cause} /></span>
              {s?.words && <span class={s.tone}> · {s.words}</span>}
              {error && <pre class="bad-text"><Text of={error} lines /></pre>}
            </span>
          </li>
        );
      })}
    </ol>
  );
}

// Notes are what clients and files notice of a change.
export function Notes({ report: r }: { report: Report }) {
  const notes = [...(r.interrupts ?? []), ...(r.drops ? [r.drops] : []), ...(r.degraded ?? [])];
  return (
    <div class="note">
      <h3>What clients notice</h3>
      {(r.interrupts ?? []).length === 0 && <p>{(r.plan.steps ?? []).length === 0 ? "Nothing: no process is touched." : "Nothing."}</p>}
      {notes.length > 0 && <ul>{notes.map((n, i) => <li key={i}><Text of={n} /></li>)}</ul>}
    </div>
  );
}

export function ReportView({ report: r }: { report: Report }) {
  const steps = r.plan.steps ?? [];
  return (
    <div class="stack">
      {(r.diff?.changes ?? []).length > 0 && <><h3>What differs</h3><DiffView diff={r.diff} /></>}
      <h3>{steps.length === 0 ? "Steps" : plural(steps.length, "step")}</h3>
      <PlanView plan={r.plan} label="Steps" />
      <Notes report={r} />
    </div>
  );
}

// Going shows a change that is in progress, or has ended.
export function Going({ change: c }: { change: Change }) {
  const restores = c.restoring !== undefined;
  const plan = c.restoring ?? c.plan, steps = c.steps ?? [];
  const total = plan?.steps?.length ?? 0;
  const done = steps.filter((s) => Boolean(s.restores) === restores && s.done && !s.error).length;
  return (
    <div class="stack">
      {c.state === "queued" && <p>Change {c.id} waits for its turn{c.behind && <> behind change {c.behind.id} (<Text of={c.behind.cause} />)</>}.</p>}
      {c.plan && <PlanView plan={c.plan} steps={steps} label="Steps" />}
      {restores && <><p class="bad-text"><strong>It failed. What ran before is being restored:</strong></p><PlanView plan={c.restoring} steps={steps} restores label="Steps that restore what ran before" /></>}
      {c.state === "applying" && total > 0 && <progress class="progress" max={total} value={done} aria-label={`${done} of ${total} steps are done`} />}
    </div>
  );
}
