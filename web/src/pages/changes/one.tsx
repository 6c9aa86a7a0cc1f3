// SPDX-License-Identifier: Apache-2.0

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { failure, follow, get, type Problem } from "../../api.ts";
import { link } from "../../router.ts";
import { Copy, Loading, Moment, Panel, Tag, Text, Title } from "../../parts/basics.tsx";
import { Preview } from "../../parts/preview.tsx";
import { ProblemView } from "../../parts/problem.tsx";
import { DiffView, Going } from "../../parts/report.tsx";
import { may, onEvent } from "../../store.ts";
import { whoIs } from "../../who.ts";
import type { Change, HistoryEntry } from "../../wire.ts";
import { outcomeOf } from "./outcome.ts";

export function One({ id }: { id: number }) {
  const entry = useSignal<HistoryEntry | null>(null);
  const problem = useSignal<Problem | null>(null);
  const change = useSignal<Change | null>(null);
  const back = useSignal(false);
  useEffect(() => {
    const stop = new AbortController();
    const read = () => get<HistoryEntry>(`/v1/history/${id}`).then((e) => { entry.value = e; problem.value = null; }, (e: unknown) => { problem.value = failure(e); });
    void read();
    // It may be in progress still, and is kept with its steps for a while.
    follow(id, (c) => { change.value = c; }, stop.signal).then(read, () => {});
    const off = onEvent((e) => { if (e.kind === "applied" || e.kind === "refused") void read(); });
    return () => { stop.abort(new Error("left")); off(); };
  }, []);

  const e = entry.value, o = e && outcomeOf(e), c = change.value;
  const document_ = e?.document === undefined ? "" : JSON.stringify(e.document, null, 2);
  return (
    <>
      <Title side={<a href={link("changes")}>All changes</a>}>Change {id}</Title>
      {!e && !problem.value && <Loading what="the change" />}
      {problem.value && !c && <ProblemView problem={problem.value} />}
      {e && o && (
        <Panel id="about" title={<Text of={e.cause} />}>
          <dl class="facts">
            <dt>who</dt><dd><Text of={whoIs(e.who)} /></dd>
            <dt>when</dt><dd><Moment at={e.when} /></dd>
            {e.comment && <><dt>why</dt><dd><Text of={e.comment} /></dd></>}
            <dt>outcome</dt><dd><Tag tone={o.tone} sign={o.sign}>{o.words}</Tag></dd>
            {e["confirm-by"] && <><dt>confirm by</dt><dd><Moment at={e["confirm-by"]} /></dd></>}
            {e.confirmed && <><dt>confirmed</dt><dd><Moment at={e.confirmed} /> by <Text of={whoIs(e["confirmed-by"])} /></dd></>}
            {e.generation && <><dt>generation</dt><dd class="mono">{e.generation}</dd></>}
            {e.who.request && <><dt>request</dt><dd class="mono"><Text of={e.who.request} /></dd></>}
          </dl>
          {e.error && <pre class="words" tabIndex={0} role="group" aria-label="Why it failed"><Text of={e.error} lines /></pre>}
          <div class="row">
            {may("configure") && !e.running && e.outcome === "applied" && !e.missing && <button onClick={() => { back.value = true; }}>Roll back to change {id}</button>}
            {id > 1 && <a class="button" href={link("changes", [id], { compare: String(id - 1) })}>Compare with change {id - 1}</a>}
          </div>
          {e.missing && <p class="muted">No way back to it: <Text of={e.missing} /></p>}
        </Panel>
      )}
      {back.value && <Preview wanted={{ title: `roll back to change ${id}`, method: "POST", path: `/v1/rollback/${id}`, undoable: true }} onClose={() => { back.value = false; }} />}
      {c && (c.steps ?? []).length > 0 && <Panel id="went" title="Steps"><Going change={c} /></Panel>}
      {c?.problem && !e && <ProblemView problem={c.problem} />}
      {e && <Panel id="differs" title="What it changed"><DiffView diff={e.diff} /></Panel>}
      {document_ && <Panel id="document" title="The configuration after it, without secrets" side={<Copy text={document_} />}><pre class="words" tabIndex={0} role="group" aria-label={`Configuration after change ${id}`}><Text of={document_} lines /></pre></Panel>}
    </>
  );
}
