// SPDX-License-Identifier: Apache-2.0
// Resolves a name through a worker, and shows the way, as kresctl trace does.

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { announce } from "../announce.ts";
import { failure, post, type Problem } from "../api.ts";
import { shortUnit, visible } from "../format.ts";
import { Copy, Panel, Tag, Text, Title } from "../parts/basics.tsx";
import { ProblemView } from "../parts/problem.tsx";
import { may, status } from "../store.ts";
import type { Trace, TraceRequest } from "../wire.ts";
import { dot, eventText, millis, validation } from "./query/words.ts";

const types = ["A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT", "HTTPS", "SVCB", "CAA", "DS", "DNSKEY", "TLSA"];

export default function Query() {
  const name = useSignal(""), type = useSignal("A"), from = useSignal(""), unit = useSignal("");
  const trace = useSignal<Trace | null>(null);
  const problem = useSignal<Problem | null>(null);
  const busy = useSignal(false);
  const heading = useRef<HTMLHeadingElement>(null);

  async function submit(e: Event) {
    e.preventDefault();
    const n = name.value.trim();
    if (!n) return;
    busy.value = true;
    problem.value = null;
    trace.value = null;
    const what: TraceRequest = { name: n, type: type.value.trim().toUpperCase() || "A" };
    if (from.value.trim()) what.from = from.value.trim();
    if (unit.value) what.unit = unit.value;
    try {
      trace.value = await post<Trace>("/v1/trace", what);
      announce(`${trace.value.rcode || "No answer"} in ${millis(trace.value.took)}.`);
      requestAnimationFrame(() => heading.current?.focus());
    } catch (x) {
      problem.value = failure(x);
    } finally {
      busy.value = false;
    }
  }
  const t = trace.value, workers = (status.value?.units ?? []).filter((u) => u.component === "worker");
  const valid = t && validation(t);
  return (
    <>
      <Title>Query</Title>
      {!may("operate") && <p>To have a name resolved takes the role <b>operate</b>.</p>}
      {may("operate") && (
        <form class="panel" onSubmit={submit} aria-label="Resolve a name">
          <div class="row">
            <div class="field"><label for="q-name">Name</label><input id="q-name" data-search type="text" required placeholder="www.example.com" spellcheck={false} autocapitalize="off" value={name.value} onInput={(e) => { name.value = e.currentTarget.value; }} /></div>
            <div class="field"><label for="q-type">Type</label><input id="q-type" type="text" size={8} list="q-types" value={type.value} onInput={(e) => { type.value = e.currentTarget.value; }} /><datalist id="q-types">{types.map((x) => <option key={x} value={x} />)}</datalist></div>
            <div class="field"><label for="q-from">As client (for views)</label><input id="q-from" type="text" size={16} placeholder="192.0.2.9" value={from.value} onInput={(e) => { from.value = e.currentTarget.value; }} /></div>
            <div class="field"><label for="q-unit">Worker</label><select id="q-unit" value={unit.value} onChange={(e) => { unit.value = e.currentTarget.value; }}><option value="">any</option>{workers.map((u) => <option key={u.unit} value={u.unit}>{shortUnit(u.unit)}</option>)}</select></div>
          </div>
          <div class="row"><button class="primary" disabled={busy.value}>{busy.value ? "Resolving …" : "Resolve"}</button></div>
        </form>
      )}
      {problem.value && <ProblemView problem={problem.value} />}
      {t && valid && (
        <section class="panel" aria-labelledby="answer">
          <header><h2 id="answer" ref={heading} tabIndex={-1}><Text of={dot(t.name)} /> {t.type}: {t.rcode || "no answer"} in {millis(t.took)}</h2><Copy text={() => (t.answer ?? []).join("\n")} label="Copy the answer" /></header>
          <p><Tag tone={valid.tone}>{valid.words}</Tag> <span class="muted">through {shortUnit(t.unit)}{t.from && <>, as client <Text of={t.from} /></>}</span></p>
          {t["extended-error"] && <p class="note warn"><Text of={`${t["extended-error"].meaning} (EDE ${t["extended-error"].code}${t["extended-error"].text ? `, ${t["extended-error"].text}` : ""})`} /></p>}
          {(t.answer ?? []).length > 0 ? <pre class="words" tabIndex={0} role="group" aria-label="Answer">{(t.answer ?? []).map((rr, i) => <div key={i}><Text of={rr.trim().split(/\s+/).join(" ")} /></div>)}</pre> : <p class="muted">The answer has no records.</p>}
        </section>
      )}
      {t && (
        <Panel id="way" title="The way">
          <ol class="way">{(t.events ?? []).map((e, i) => <li key={i}><span class="num muted">{millis(e.at)}</span><span>{visible(eventText(e))}</span></li>)}</ol>
          {t.cut && <p class="muted">More was said than is kept.</p>}
          {(t.lines ?? []).length > 0 && <details><summary>What kresd says</summary><pre class="words" tabIndex={0} role="group" aria-label="What kresd says">{(t.lines ?? []).map((l, i) => <div key={i}>{millis(l.at).padStart(7)}  <Text of={l.text.trim()} /></div>)}</pre></details>}
        </Panel>
      )}
    </>
  );
}
