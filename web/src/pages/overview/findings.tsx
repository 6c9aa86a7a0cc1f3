// SPDX-License-Identifier: Apache-2.0
// What is wrong or soon will be, each with what to do: problems of the status, files that
// could not be read, certificates that end, and what kresctl doctor finds.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { failure, get, type Problem } from "../../api.ts";
import { period } from "../../format.ts";
import { findingText, ProblemView } from "../../parts/problem.tsx";
import { Command, Panel, Tag, Text } from "../../parts/basics.tsx";
import { now, status } from "../../store.ts";
import type { Examination, Status } from "../../wire.ts";

export interface Item { tone: "warn" | "bad"; what: string; why?: string; fix?: string }

const day = 86_400_000, soon = 21 * day;

// known are the findings of a status.
export function known(s: Status, at: number): Item[] {
  const items: Item[] = (s.problems ?? []).map((p) => ({ tone: p.severity === "warning" ? "warn" : "bad", what: findingText({ ...p, hint: undefined }), fix: p.hint }));
  for (const w of s.warnings ?? []) items.push({ tone: "warn", what: w });
  for (const f of s["history-faults"] ?? []) items.push({ tone: "warn", what: `history: ${f}` });
  if (s["file-fault"]) items.push({ tone: "bad", what: `${s.file} cannot be used as it is now: ${s["file-fault"].split("\n")[0]}`, fix: "kresctl validate" });
  else if (s["file-now-etag"] && s["file-now-etag"] !== s["file-etag"] && s["file-now-etag"] !== s.etag) items.push({ tone: "warn", what: `${s.file} was edited and is not applied`, fix: "kresctl diff; kresctl reload" });
  if (s.undone) items.push({ tone: "warn", what: `${s.file} holds change ${s.undone}, which was undone because no one confirmed it` });
  else if (s["file-etag"] && s.etag !== s["file-etag"] && s.etag !== s["file-now-etag"]) items.push({ tone: "warn", what: "what runs was changed over the API and is not saved", fix: "kresctl config save" });
  for (const i of s.inputs ?? []) {
    if (i.state === "missing" || i.state === "degraded" || i.state === "unknown") {
      const how = { missing: "is not there", degraded: "could not be loaded as it is", unknown: "cannot be seen by kresd-manager" }[i.state];
      items.push({ tone: i.state === "degraded" ? "bad" : "warn", what: `${i.kind} ${i.path} ${how}` + (i.note ? ` (${i.note})` : "") });
    }
    if (i.expires) {
      const left = Date.parse(i.expires) - at;
      if (left < soon) items.push({ tone: left < 7 * day ? "bad" : "warn", what: left < 0 ? `the certificate ${i.path} has expired` : `the certificate ${i.path} ends in ${period(left / 1000)}` });
    }
  }
  return items;
}

export function Findings() {
  const doctor = useSignal<Examination | null>(null);
  const problem = useSignal<Problem | null>(null);
  const looked = useSignal(false); // and was answered, or there is nothing to look at
  const read = () => get<Examination>("/v1/doctor").then((d) => { doctor.value = d; problem.value = null; looked.value = true; }, (e: unknown) => {
    const p = failure(e);
    looked.value = p.status === 404; // a manager that a user runs has no installation to look at
    if (!looked.value) problem.value = p;
  });
  useEffect(() => { void read(); }, []);
  const s = status.value;
  const items = [...(s ? known(s, now.value) : []), ...(doctor.value?.findings ?? []).map((f): Item => ({ tone: "warn", what: f.what, why: f.why, fix: f.fix }))];
  const certificates = (s?.inputs ?? []).filter((i) => i.expires).map((i) => Date.parse(i.expires!)).sort((a, b) => a - b);
  return (
    <Panel id="findings" title="Findings" side={<button class="quiet" onClick={() => void read()}>Look again</button>}>
      {items.length === 0 && s && looked.value && <p><Tag tone="good" sign="✓">Nothing is wrong</Tag></p>}
      {!looked.value && !problem.value && <p class="muted">Looking …</p>}
      {items.length > 0 && (
        <ul class="plain">
          {items.map((i, n) => (
            <li class="finding" key={n}>
              <p><Tag tone={i.tone}>{i.tone === "bad" ? "problem" : "warning"}</Tag> <Text of={i.what} /></p>
              {i.why && <p class="muted"><Text of={i.why} /></p>}
              {i.fix && <Command>{i.fix}</Command>}
            </li>
          ))}
        </ul>
      )}
      {certificates.length > 0 && <p class="muted">Certificates are valid for {period((certificates[0]! - now.value) / 1000)} at least.</p>}
      {(doctor.value?.unseen?.length ?? 0) > 0 && <p class="muted">Run <code>kresctl doctor</code> as root for what the manager cannot see.</p>}
      {problem.value && <ProblemView problem={problem.value} />}
    </Panel>
  );
}
