// SPDX-License-Identifier: Apache-2.0

import { Spark } from "../../charts/spark.tsx";
import { bytes, number } from "../../format.ts";
import { before, type Columns, last } from "../../metrics.ts";
import type { Sample } from "../../wire.ts";

interface Figure { name: string; label: string; unit: string; show: (n: number | null) => string }

const figures: Figure[] = [
  { name: "queries-per-second", label: "Queries", unit: "/s", show: number },
  { name: "p95-ms", label: "Time to answer, p95", unit: " ms", show: number },
  { name: "cache-hit-percent", label: "Answers from the cache", unit: "%", show: number },
  { name: "servfail-percent", label: "SERVFAIL", unit: "%", show: number },
  { name: "cache-usage-percent", label: "Cache in use", unit: "%", show: number },
  { name: "memory-bytes", label: "Memory of the workers", unit: "", show: bytes },
];

const compared = 600; // seconds

export function Numbers({ columns: c, sample }: { columns: Columns; sample: Sample | null }) {
  return (
    <dl class="numbers" aria-label="Now">
      {figures.map((f) => {
        const then = before(c, f.name, compared), known = last(c, f.name) !== null;
        return (
          <div class="figure" key={f.name}>
            <dt>{f.label}</dt>
            <dd class="value">{f.show(last(c, f.name))}{known && <small>{f.unit}</small>}</dd>
            <dd class="than">
              {f.name === "p95-ms" && known ? `p50 ${number(last(c, "p50-ms"))} ms, p99 ${number(last(c, "p99-ms"))} ms`
                : f.name === "cache-usage-percent" && sample && !sample.error ? `${number(sample["cache-entries"])} entries of ${bytes(sample["cache-size-bytes"])}`
                : then !== null ? `${f.show(then)}${f.unit} 10 minutes ago` : ""}
            </dd>
            <dd><Spark values={c.series[f.name] ?? []} /></dd>
          </div>
        );
      })}
    </dl>
  );
}
