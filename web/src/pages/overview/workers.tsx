// SPDX-License-Identifier: Apache-2.0

import { bytes, number, shortUnit } from "../../format.ts";
import { configMark, unitState, unitTone } from "../../health.ts";
import { figure, odd } from "../../metrics.ts";
import { Ago, Panel, Scroll, Tag } from "../../parts/basics.tsx";
import { status } from "../../store.ts";
import type { Row } from "../../wire.ts";

export function Workers({ rows }: { rows: Row[] }) {
  const units = (status.value?.units ?? []).filter((u) => u.component === "worker");
  return (
    <Panel id="workers" title="Workers" side={<a href="#/units">All units</a>}>
      {units.length === 0 ? <p class="empty">No worker is wanted.</p> : (
        <Scroll label="Workers">
          <table>
            <thead>
              <tr>
                <th scope="col">Unit</th><th scope="col">State</th><th scope="col">Config</th><th scope="col" class="num">Queries/s</th><th scope="col" class="num">p95 ms</th>
                <th scope="col" class="num">SERVFAIL %</th><th scope="col" class="num">CPU %</th><th scope="col" class="num">Memory</th><th scope="col" class="num">Crashes</th><th scope="col" class="num">OOM</th><th scope="col">Since</th>
              </tr>
            </thead>
            <tbody>
              {units.map((u) => {
                const r = rows.find((x) => x.unit === u.unit), strange = r ? odd(r, rows) : "", mark = configMark(u);
                return (
                  <tr key={u.unit} class={strange || unitTone(u) === "bad" ? "marked" : undefined}>
                    <th scope="row" class="nowrap">{shortUnit(u.unit)}</th>
                    <td><Tag tone={unitTone(u)}>{unitState(u)}</Tag>{strange && <> <Tag tone="warn">{strange}</Tag></>}</td>
                    <td>{mark === "current" ? <Tag tone="good" sign="✓">current</Tag> : mark === "old" ? <Tag tone="warn">old</Tag> : mark}</td>
                    <td class="num">{number(figure(r, "queries-per-second"))}</td>
                    <td class="num">{number(figure(r, "p95-ms"))}</td>
                    <td class="num">{number(figure(r, "servfail-percent"))}</td>
                    <td class="num">{number(figure(r, "cpu-percent"))}</td>
                    <td class="num">{bytes(u.memory)}</td>
                    <td class="num">{u.restarts}</td>
                    <td class="num">{u.usage?.["oom-kills"] ?? 0}</td>
                    <td class="nowrap"><Ago at={u.since} /></td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </Scroll>
      )}
    </Panel>
  );
}
