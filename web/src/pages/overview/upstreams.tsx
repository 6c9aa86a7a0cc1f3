// SPDX-License-Identifier: Apache-2.0

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { failure, get, type Problem } from "../../api.ts";
import { number, shortUnit } from "../../format.ts";
import { Panel, Scroll, Text } from "../../parts/basics.tsx";
import { ProblemView } from "../../parts/problem.tsx";
import { answers } from "../../store.ts";
import type { Upstreams as Wire, UpstreamWorker } from "../../wire.ts";

const every = 15_000, shown = 20, named = 5;
const ms = (seconds: number): string => number(seconds * 1000);

// asked sums up what workers have asked, and names those that were left without an answer most.
export function asked(workers: UpstreamWorker[]): string {
  const known = workers.filter((w) => !w.error), sum = (f: (w: UpstreamWorker) => number) => known.reduce((n, w) => n + f(w), 0);
  const worst = known.filter((w) => w.timeouts > 0).sort((a, b) => b.timeouts - a.timeouts).slice(0, named);
  const parts = known.length === 0 ? [] : [`Asked ${sum((w) => w.udp + w.tcp)} times, and not answered in time ${sum((w) => w.timeouts)} times` +
    (worst.length > 0 && workers.length > 1 ? `, most often ${worst.map((w) => `${shortUnit(w.unit)} (${w.timeouts})`).join(", ")}` : "")];
  const silent = workers.filter((w) => w.error).map((w) => shortUnit(w.unit));
  if (silent.length > 0) parts.push(`no figures of ${silent.slice(0, named).join(", ")}${silent.length > named ? ` and ${silent.length - named} more` : ""}`);
  return parts.join("; ") + ".";
}

export function Upstreams() {
  const found = useSignal<Wire | null>(null);
  const problem = useSignal<Problem | null>(null);
  const all = useSignal(false);
  useEffect(() => {
    const read = () => {
      if (document.hidden || !answers.value) return;
      get<Wire>("/v1/upstreams").then((u) => { found.value = u; problem.value = null; }, (e: unknown) => { problem.value = failure(e); });
    };
    read();
    const timer = setInterval(read, every);
    return () => clearInterval(timer);
  }, []);
  const servers = found.value?.servers ?? [], workers = found.value?.workers ?? [];
  const listed = all.value ? servers : servers.slice(0, shown);
  return (
    <Panel id="upstreams" title="Upstream servers, the slowest first">
      {problem.value && <ProblemView problem={problem.value} />}
      {found.value && servers.length === 0 && <p class="empty">No server has been asked yet.</p>}
      {servers.length > 0 && (
        <Scroll label="Upstream servers">
          <table>
            <thead><tr><th scope="col">Address</th><th scope="col" class="num">Answers</th><th scope="col" class="num">Median ms</th><th scope="col" class="num">p95 ms</th><th scope="col" class="num">Least ms</th><th scope="col" class="num">Most ms</th></tr></thead>
            <tbody>
              {listed.map((s) => <tr key={s.address}><th scope="row" class="mono"><Text of={s.address} /></th><td class="num">{s.answers}</td><td class="num">{ms(s.median)}</td><td class="num">{ms(s.p95)}</td><td class="num">{ms(s.min)}</td><td class="num">{ms(s.max)}</td></tr>)}
            </tbody>
          </table>
        </Scroll>
      )}
      {servers.length > shown && <div><button class="quiet" onClick={() => { all.value = !all.value; }}>{all.value ? `The slowest ${shown}` : `All ${servers.length}`}</button></div>}
      {workers.length > 0 && <p class="muted">{asked(workers)}</p>}
    </Panel>
  );
}
