// SPDX-License-Identifier: Apache-2.0
// The description of the API, to be read without a network.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { failure, get, inCockpit, type Problem } from "../api.ts";
import { Copy, Loading, Panel, Text, Title } from "../parts/basics.tsx";
import { ProblemView } from "../parts/problem.tsx";
import { type Document, example, type Operation, type Schema, typeOf } from "./api/document.ts";

export default function Api() {
  const document_ = useSignal<Document | null>(null);
  const problem = useSignal<Problem | null>(null);
  const words = useSignal("");
  useEffect(() => { get<Document>("/openapi.json").then((d) => { document_.value = d; }, (e: unknown) => { problem.value = failure(e); }); }, []);
  const d = document_.value;
  const all = d ? Object.entries(d.paths).flatMap(([path, item]) => Object.entries(item).filter(([m]) => m !== "head" && m !== "parameters").map(([method, o]) => ({ path, method, o }))) : [];
  const found = all.filter((x) => `${x.method} ${x.path} ${x.o.summary ?? ""} ${x.o.description ?? ""}`.toLowerCase().includes(words.value.toLowerCase()));
  return (
    <>
      <Title side={d && (inCockpit ? <Copy label="Copy openapi.json" text={() => JSON.stringify(d, null, 2)} /> : <a href="/openapi.json" download="openapi.json">openapi.json</a>)}>API</Title>
      {problem.value && <ProblemView problem={problem.value} />}
      {!d && !problem.value && <Loading what="the description" />}
      {d && (
        <>
          <p class="muted">{d.info.title} {d.info.version}, OpenAPI {d.openapi}. <Text of={d.info.description} /></p>
          <div class="field"><label for="api-search">Search</label><input id="api-search" data-search type="search" value={words.value} onInput={(e) => { words.value = e.currentTarget.value; }} /></div>
          <p class="unseen" role="status">{words.value && `${found.length} requests`}</p>
          {d.tags.map((t) => {
            const mine = found.filter((x) => x.o.tags?.[0] === t.name);
            return mine.length > 0 && (
              <Panel key={t.name} id={`tag-${t.name}`} title={t.name}>
                <p class="muted">{t.description}</p>
                <div>{mine.map((x) => <Op key={x.method + x.path} d={d} {...x} />)}</div>
              </Panel>
            );
          })}
          <Panel id="types" title="Types">
            <div>{Object.entries(d.components.schemas).map(([name, s]) => <details class="operation" key={name} id={`type-${name}`}><summary><code>{name}</code></summary><div><Fields schema={s} /></div></details>)}</div>
          </Panel>
        </>
      )}
    </>
  );
}

function Op({ d, method, path, o }: { d: Document; method: string; path: string; o: Operation }) {
  const curl = example(d, method, path, o);
  return (
    <details class="operation">
      <summary><span class="method">{method.toUpperCase()}</span><code>{path}</code> <span>{o.summary}</span> <span class="muted">{o["x-role"]}</span></summary>
      <div class="stack">
        {o.description && <p>{o.description}</p>}
        {(o.parameters ?? []).length > 0 && (
          <dl class="facts">{(o.parameters ?? []).map((p) => [<dt key={p.name}><code>{p.name}</code> ({p.in})</dt>, <dd key={p.name + "-text"}>{p.description}</dd>])}</dl>
        )}
        {o.requestBody && <p>Body: {o.requestBody.description} {Object.entries(o.requestBody.content).map(([type, m]) => <span key={type}><code>{type}</code> {typeOf(m.schema)} </span>)}</p>}
        <dl class="facts">
          {Object.entries(o.responses).map(([status, r]) => {
            const answer = r.$ref ? d.components.responses[r.$ref.split("/").pop()!] : r;
            return [<dt key={status}>{status}</dt>, <dd key={status + "-text"}>{answer?.description} {Object.entries(answer?.content ?? {}).map(([type, m]) => <span key={type} class="muted"><code>{type}</code> {typeOf(m.schema)} </span>)}</dd>];
          })}
        </dl>
        <div class="command"><code>{curl}</code><Copy text={curl} /></div>
      </div>
    </details>
  );
}

function Fields({ schema }: { schema: Schema }) {
  const fields = Object.entries(schema.properties ?? {});
  if (fields.length === 0) return <p>{typeOf(schema)}</p>;
  return <dl class="facts">{fields.map(([name, s]) => [<dt key={name}><code>{name}</code></dt>, <dd key={name + "-text"}>{typeOf(s)}{!schema.required?.includes(name) && <span class="muted"> optional</span>} {s.description && <span class="muted">{s.description}</span>}</dd>])}</dl>;
}
