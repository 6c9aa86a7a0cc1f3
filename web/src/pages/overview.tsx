// SPDX-License-Identifier: Apache-2.0

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get, type Problem } from "../api.ts";
import { Chart, type Mark } from "../charts/chart.tsx";
import { add, type Columns, empty, ofHistory } from "../metrics.ts";
import { Text, Title } from "../parts/basics.tsx";
import { ProblemView } from "../parts/problem.tsx";
import { onEvent } from "../store.ts";
import { keep } from "../stream.ts";
import type { History, Sample, SampleHistory } from "../wire.ts";
import { Findings } from "./overview/findings.tsx";
import { Numbers } from "./overview/numbers.tsx";
import { Upstreams } from "./overview/upstreams.tsx";
import { Workers } from "./overview/workers.tsx";

const protocols = [
  { name: "udp-per-second", label: "UDP" }, { name: "tcp-per-second", label: "TCP" }, { name: "dot-per-second", label: "DoT" },
  { name: "doh-per-second", label: "DoH" }, { name: "doq-per-second", label: "DoQ" },
];
const codes = [
  { name: "servfail-percent", label: "SERVFAIL" }, { name: "other-percent", label: "other" }, { name: "nxdomain-percent", label: "NXDOMAIN" },
  { name: "nodata-percent", label: "NODATA" }, { name: "noerror-percent", label: "NOERROR" },
];
const latency = [{ name: "p50-ms", label: "p50" }, { name: "p95-ms", label: "p95" }, { name: "p99-ms", label: "p99" }];

// useMarks are the changes of the last quarter of an hour.
function useMarks(): Mark[] {
  const marks = useSignal<Mark[]>([]);
  useEffect(() => {
    const read = () => get<History>("/v1/history").then((h) => {
      const from = Date.now() / 1000 - 900;
      marks.value = (h.entries ?? []).map((e) => ({ when: Date.parse(e.when) / 1000, label: `change ${e.id}${e.outcome === "applied" ? "" : ` (${e.outcome})`}` })).filter((m) => m.when > from);
    }, () => {});
    read();
    return onEvent((e) => { if (e.kind === "applied" || e.kind === "refused") read(); });
  }, []);
  return marks.value;
}

export default function Overview() {
  const columns = useSignal<Columns>(empty);
  const sample = useSignal<Sample | null>(null);
  const problem = useSignal<Problem | null>(null);
  const marks = useMarks();
  useEffect(() => keep({
    path: "/v1/metrics/stream",
    onProblem: (p) => { problem.value = p; },
    onMessage: (m) => {
      if (m.kind === "history") columns.value = ofHistory(JSON.parse(m.data) as SampleHistory);
      if (m.kind === "sample") {
        const s = JSON.parse(m.data) as Sample;
        columns.value = add(columns.value, s);
        sample.value = s;
      }
    },
  }), []);
  const c = columns.value;
  return (
    <>
      <Title>Overview</Title>
      {problem.value && <ProblemView problem={problem.value} />}
      {sample.value?.error && <p class="note warn" role="status">No figures now: <Text of={sample.value.error} /></p>}
      <Numbers columns={c} sample={sample.value} />
      <Findings />
      <div class="charts">
        <Chart id="chart-rate" title="Queries by protocol" unit="/s" lines={protocols} columns={c} marks={marks} />
        <Chart id="chart-codes" title="Answers by code" unit="%" lines={codes} columns={c} marks={marks} stacked />
        <Chart id="chart-latency" title="Time to answer" unit=" ms" lines={latency} columns={c} marks={marks} />
      </div>
      <Workers rows={sample.value?.workers ?? []} />
      <Upstreams />
    </>
  );
}
