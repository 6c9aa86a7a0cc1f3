// SPDX-License-Identifier: Apache-2.0
// What the key under the cursor means, as kresctl config explain says it.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { failure, get, type Problem } from "../../api.ts";
import { Text } from "../../parts/basics.tsx";
import { ProblemView } from "../../parts/problem.tsx";
import { lineOf } from "../../parts/report.tsx";
import type { Key, Keys } from "../../wire.ts";

const known = new Map<string, Key>();

export function Docs({ pointer, set, onAdd, onOpen }: { pointer: string; set: boolean; onAdd: ((pointer: string, value: string) => void) | null; onOpen: (pointer: string) => void }) {
  const key = useSignal<Key | null>(known.get(pointer) ?? null);
  const problem = useSignal<Problem | null>(null);
  useEffect(() => {
    problem.value = null;
    key.value = known.get(pointer) ?? null;
    if (!pointer || key.value) return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      get<Keys>(`/v1/config/explain${pointer.split("/").map(encodeURIComponent).join("/")}`, stop.signal).then((k) => {
        const one = k.keys?.[0];
        if (one) known.set(pointer, one);
        key.value = one ?? null;
      }, (e: unknown) => { if (!stop.signal.aborted) problem.value = failure(e); });
    }, 200);
    return () => { clearTimeout(timer); stop.abort(); };
  }, [pointer]);

  const k = key.value;
  return (
    <aside class="panel docs" aria-label="The key under the cursor">
      {!pointer && <p class="muted">Put the cursor on a key to read what it means.</p>}
      {pointer && !k && !problem.value && <p class="muted">…</p>}
      {problem.value && (problem.value.status === 404 ? <p class="muted"><code><Text of={pointer} /></code> is not a known key.</p> : <ProblemView problem={problem.value} />)}
      {k && (
        <>
          <h2 class="mono"><Text of={pointer} /></h2>
          <p><Text of={k.doc} /></p>
          <dl class="facts">
            <dt>type</dt><dd>{k.type}</dd>
            {(k.words?.length ?? 0) > 0 && <><dt>values</dt><dd>{k.words!.join(", ")}</dd></>}
            {(k.derived || k.default !== undefined) && <><dt>default</dt><dd>{k.derived || <code>{lineOf(k.default)}</code>}</dd></>}
            {k.required && <><dt>required</dt><dd>yes</dd></>}
            {k.effect && <><dt>acts</dt><dd>{k.effect}</dd></>}
            {k.secret && <><dt>secret</dt><dd>shown to the role configure only</dd></>}
            {k.ours && <><dt>note</dt><dd>Knot Resolver's own manager refuses it</dd></>}
            {(k.was?.length ?? 0) > 0 && <><dt>was</dt><dd class="mono">{k.was!.join(", ")}</dd></>}
          </dl>
          {onAdd && !set && !pointer.includes("*") && <div><button onClick={() => onAdd(pointer, typeof k.default === "object" || k.default === undefined ? "" : lineOf(k.default))}>Add to the text</button></div>}
          {(k.keys?.length ?? 0) > 0 && (
            <ul class="plain">
              {k.keys!.map((b) => <li key={b.pointer}><button class="quiet" onClick={() => onOpen(b.pointer)}>{b.pointer.split("/").pop()}</button> <span class="muted">{b.summary}</span></li>)}
            </ul>
          )}
        </>
      )}
    </aside>
  );
}
