// SPDX-License-Identifier: Apache-2.0

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { failure, get, type Problem } from "../../api.ts";
import { number, shortUnit } from "../../format.ts";
import { Panel, Scroll, Text } from "../../parts/basics.tsx";
import { ProblemView } from "../../parts/problem.tsx";
import { connection } from "../../store.ts";
import type { Upstreams as Wire } from "../../wire.ts";

const every = 15_000, shown = 20;
const ms = (seconds: number): string => number(seconds * 1000);

export function Upstreams() {
  const found = useSignal<Wire | null>(null);
  const problem = useSignal<Problem | null>(null);
  const all = useSignal(false);
  useEffect(() => {
    const read = () => {
      if (document.hidden || connection.value.state !== "up") return;
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
      {workers.length > 0 && (
        <p class="muted">Asked, and not answered in time: {workers.map((w) => (w.error ? `${shortUnit(w.unit)} does not say` : `${shortUnit(w.unit)} ${w.udp + w.tcp}, ${w.timeouts}`)).join("; ")}.</p>
      )}
    </Panel>
  );
}
