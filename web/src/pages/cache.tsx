// SPDX-License-Identifier: Apache-2.0

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { announce } from "../announce.ts";
import { failure, get, post, type Problem } from "../api.ts";
import { bytes, number, plural, shortUnit } from "../format.ts";
import { Dialog, Loading, Panel, Scroll, Tag, Text, Title } from "../parts/basics.tsx";
import { ProblemView } from "../parts/problem.tsx";
import { answers, may } from "../store.ts";
import type { CacheClear, CacheStatistics } from "../wire.ts";

const every = 5_000;
interface Cleared { count?: number; chunk_limit?: boolean; [more: string]: unknown }

export default function Cache() {
  const s = useSignal<CacheStatistics | null>(null);
  const problem = useSignal<Problem | null>(null);
  const read = () => {
    if (document.hidden || !answers.value) return;
    get<CacheStatistics>("/v1/cache").then((c) => { s.value = c; problem.value = null; }, (e: unknown) => { problem.value = failure(e); });
  };
  useEffect(() => {
    read();
    const timer = setInterval(read, every);
    return () => clearInterval(timer);
  }, []);
  const c = s.value;
  return (
    <>
      <Title>Cache</Title>
      {problem.value && <ProblemView problem={problem.value} />}
      {!c && !problem.value && <Loading what="the cache" />}
      {c && (
        <Panel id="fill" title="In use">
          <div class="row fill"><meter min={0} max={100} high={95} value={c["usage-percent"]} aria-label="Share of the cache in use">{number(c["usage-percent"])}%</meter><strong>{number(c["usage-percent"])}%</strong></div>
          <p>{number(c.entries)} entries in a cache of {bytes(c["size-bytes"])}, shared by all workers.</p>
          <Scroll label="What workers read and wrote">
            <table>
              <thead><tr><th scope="col">Unit</th><th scope="col" class="num">Answers</th><th scope="col" class="num">From the cache</th><th scope="col" class="num">Reads</th><th scope="col" class="num">Misses</th><th scope="col" class="num">Writes</th></tr></thead>
              <tbody>
                {(c.workers ?? []).map((w) => (
                  <tr key={w.unit}>
                    <th scope="row">{shortUnit(w.unit)}</th>
                    {w.error ? <td colSpan={5}><Tag tone="warn"><Text of={w.error} /></Tag></td> : (
                      <>
                        <td class="num">{number(w.answers)}</td>
                        <td class="num">{number(w["answers-cached"])}{w.answers > 0 && <span class="muted"> ({number(Math.round((100 * w["answers-cached"]) / w.answers))}%)</span>}</td>
                        <td class="num">{number(w.reads)}</td><td class="num">{number(w["read-misses"])}</td><td class="num">{number(w.writes)}</td>
                      </>
                    )}
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        </Panel>
      )}
      {may("operate") && <Clear onCleared={read} />}
    </>
  );
}

function Clear({ onCleared }: { onCleared: () => void }) {
  const name = useSignal(""), exact = useSignal(false), type = useSignal("");
  const asking = useSignal(false), busy = useSignal(false);
  const result = useSignal(""), problem = useSignal<Problem | null>(null);

  async function clear(what: CacheClear) {
    asking.value = false;
    busy.value = true;
    problem.value = null;
    result.value = "";
    try {
      const r = await post<Cleared>("/cache/clear", what);
      const where = what.name ? ` at ${what["exact-name"] ? "" : "and below "}${what.name}` : "";
      result.value = typeof r.count === "number" ? `${plural(r.count, "entry", "entries")}${where} cleared${r.chunk_limit ? "; the rest follows by itself" : ""}.` : `The cache is cleared${where}.`;
      announce(result.value);
      onCleared();
    } catch (e) {
      problem.value = failure(e);
    } finally {
      busy.value = false;
    }
  }
  const submit = (e: Event) => {
    e.preventDefault();
    const n = name.value.trim();
    if (!n) return;
    void clear({ name: n, ...(exact.value ? { "exact-name": true } : {}), ...(exact.value && type.value.trim() ? { "rr-type": type.value.trim().toUpperCase() } : {}) });
  };
  return (
    <Panel id="clear" title="Clear">
      <form class="stack" onSubmit={submit}>
        <div class="row form">
          <div class="field"><label for="clear-name">Name</label><input id="clear-name" data-search type="text" required placeholder="example.com" spellcheck={false} autocapitalize="off" value={name.value} onInput={(e) => { name.value = e.currentTarget.value; }} /></div>
          <label class="check"><input type="checkbox" checked={exact.value} onChange={(e) => { exact.value = e.currentTarget.checked; }} />this name alone, not what is below it</label>
          {exact.value && <div class="field"><label for="clear-type">Type (all if empty)</label><input id="clear-type" type="text" size={8} placeholder="AAAA" value={type.value} onInput={(e) => { type.value = e.currentTarget.value; }} /></div>}
        </div>
        <div class="row"><button class="primary" disabled={busy.value}>Clear the name</button><button type="button" class="danger" disabled={busy.value} onClick={() => { asking.value = true; }}>Clear everything …</button></div>
      </form>
      {result.value && <p class="note good"><Text of={result.value} /></p>}
      {problem.value && <ProblemView problem={problem.value} />}
      {asking.value && (
        <Dialog title="Clear the whole cache?" onClose={() => { asking.value = false; }}>
          <p>All names have to be asked for again: answers take longer, and upstream servers get more queries for a while.</p>
          <div class="row"><button class="danger" onClick={() => void clear({})}>Clear everything</button><button onClick={() => { asking.value = false; }}>Cancel</button></div>
        </Dialog>
      )}
    </Panel>
  );
}
