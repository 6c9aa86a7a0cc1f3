// SPDX-License-Identifier: Apache-2.0

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { failure, get, type Problem } from "../api.ts";
import { link, place } from "../router.ts";
import { Ago, Loading, Moment, Panel, Scroll, Tag, Text, Title } from "../parts/basics.tsx";
import { ProblemView } from "../parts/problem.tsx";
import { Going } from "../parts/report.tsx";
import { onEvent, status } from "../store.ts";
import { whoIs } from "../who.ts";
import type { Change, Changes as Going_, Entry, History } from "../wire.ts";
import { Compare } from "./changes/compare.tsx";
import { One } from "./changes/one.tsx";
import { outcomeOf } from "./changes/outcome.ts";

const shown = 100;

export default function Changes() {
  const { rest, parameters } = place.value;
  if (rest[0] && parameters.get("compare")) return <Compare key={place.value.rest.join() + parameters} a={Number(parameters.get("compare"))} b={Number(rest[0])} />;
  if (rest[0]) return <One key={rest[0]} id={Number(rest[0])} />;
  return <List />;
}

function List() {
  const history = useSignal<History | null>(null);
  const going = useSignal<Change[]>([]);
  const problem = useSignal<Problem | null>(null);
  const words = useSignal("");
  const all = useSignal(false);
  const picked = useSignal<number[]>([]);
  useEffect(() => {
    const read = () => {
      get<History>("/v1/history").then((h) => { history.value = h; problem.value = null; }, (e: unknown) => { problem.value = failure(e); });
      get<Going_>("/v1/changes").then((c) => { going.value = (c.changes ?? []).filter((x) => x.state === "applying" || x.state === "queued"); }, () => {});
    };
    read();
    return onEvent(read);
  }, [status.value?.waiting?.entry]);

  const entries = history.value?.entries ?? [];
  const text = (e: Entry) => [e.id, whoIs(e.who), e.outcome, e.cause, e.comment].join(" ").toLowerCase();
  const found = entries.filter((e) => words.value.toLowerCase().split(/\s+/).every((w) => text(e).includes(w)));
  const listed = all.value ? found : found.slice(0, shown);
  const pick = (id: number, on: boolean) => { picked.value = on ? [...picked.value, id].slice(-2) : picked.value.filter((p) => p !== id); };
  const [a, b] = [...picked.value].sort((x, y) => x - y);
  return (
    <>
      <Title>Changes</Title>
      {problem.value && <ProblemView problem={problem.value} />}
      {going.value.map((c) => <Panel key={c.id} id={`going-${c.id}`} title={<>Change {c.id} is {c.state === "queued" ? "queued" : "in progress"}: <Text of={c.cause} /></>}><Going change={c} /></Panel>)}
      <div class="row form">
        <div class="field"><label for="change-search">Filter</label><input id="change-search" data-search type="search" placeholder="who, what, why" value={words.value} onInput={(e) => { words.value = e.currentTarget.value; }} /></div>
        <div class="field"><span class="label">Compare</span>{a !== undefined && b !== undefined
          ? <a class="button" href={link("changes", [b], { compare: String(a) })}>Change {a} with change {b}</a>
          : <span class="muted">Choose two changes{a !== undefined && `: ${a} and …`}</span>}</div>
        <span class="unseen" role="status">{words.value && `${found.length} changes`}</span>
      </div>
      {!history.value && !problem.value && <Loading what="the history" />}
      {(history.value?.faults ?? []).map((f, i) => <p key={i} class="note warn"><Text of={f} /></p>)}
      {history.value && (
        <section class="panel" aria-label="History">
          {listed.length === 0 ? <p class="empty">No change {words.value ? "has these words" : "has been made yet"}.</p> : (
            <Scroll label="History">
              <table>
                <thead><tr><th scope="col"><span class="unseen">Compare</span></th><th scope="col">Change</th><th scope="col">When</th><th scope="col">Who</th><th scope="col">Outcome</th><th scope="col">What</th><th scope="col">Why</th></tr></thead>
                <tbody>
                  {listed.map((e) => {
                    const o = outcomeOf(e);
                    return (
                      <tr key={e.id}>
                        <td><input type="checkbox" aria-label={`Compare change ${e.id}`} checked={picked.value.includes(e.id)} onChange={(x) => pick(e.id, x.currentTarget.checked)} /></td>
                        <th scope="row"><a href={link("changes", [e.id])}>{e.id}</a></th>
                        <td class="nowrap"><Moment at={e.when} /> <span class="muted">(<Ago at={e.when} />)</span></td>
                        <td><Text of={whoIs(e.who)} /></td>
                        <td><Tag tone={o.tone} sign={o.sign}>{o.words}</Tag></td>
                        <td><Text of={e.cause} /></td>
                        <td><Text of={e.comment} /></td>
                      </tr>
                    );
                  })}
                </tbody>
              </table>
            </Scroll>
          )}
          {found.length > shown && <div><button class="quiet" onClick={() => { all.value = !all.value; }}>{all.value ? `The last ${shown}` : `All ${found.length}`}</button></div>}
        </section>
      )}
    </>
  );
}
