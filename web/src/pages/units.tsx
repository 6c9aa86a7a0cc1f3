// SPDX-License-Identifier: Apache-2.0

import { useSignal } from "@preact/signals";
import { bytes, period, shortUnit } from "../format.ts";
import { configMark, unitState, unitTone, unitWrong } from "../health.ts";
import { link } from "../router.ts";
import { Ago, Command, Panel, Scroll, Tag, Text, Title } from "../parts/basics.tsx";
import { Preview, type Wanted } from "../parts/preview.tsx";
import { may, status } from "../store.ts";
import { Limits } from "./units/limits.tsx";
import type { UnitStatus } from "../wire.ts";

// restartable are units that a restart may name.
const restartable = (u: UnitStatus): boolean => u.component !== "canary" && u.component !== "policy-loader";

export default function Units() {
  const wanted = useSignal<Wanted | null>(null);
  const picked = useSignal<string[]>([]);
  const s = status.value, units = s?.units ?? [];
  const restart = (names: string[]) => {
    wanted.value = { title: names.length === 0 ? "restart all workers" : `restart ${names.map(shortUnit).join(", ")}`, method: "POST", path: "/v1/restart", parameters: { unit: names } };
  };
  const pick = (name: string, on: boolean) => { picked.value = on ? [...picked.value, name] : picked.value.filter((p) => p !== name); };
  const wrong = units.filter((u) => !u.current || u.masked || u.frozen);
  return (
    <>
      <Title>Units</Title>
      {wrong.length > 0 && <div class="note warn"><ul>{wrong.map((u) => <li key={u.unit}><Text of={unitWrong(u)} />{u.fault && ` (${u.fault})`}</li>)}</ul></div>}
      {units.some((u) => u["needs-daemon-reload"]) && <div class="note warn"><p>Unit files were edited and are not in force yet:</p><Command>systemctl daemon-reload; kresctl reload --force</Command></div>}
      {may("operate") && (
        <div class="row">
          <button disabled={picked.value.length === 0} onClick={() => restart(picked.value)}>Restart {picked.value.length > 0 ? picked.value.length : "the"} chosen</button>
          <button onClick={() => restart([])}>Restart all workers</button>
          <span class="muted">Workers are drained and restarted one at a time.</span>
        </div>
      )}
      {wanted.value && <Preview key={wanted.value.title} wanted={wanted.value} onClose={() => { wanted.value = null; picked.value = []; }} />}
      <Panel id="units" title="Units">
        <Scroll label="Units">
          <table>
            <thead>
              <tr>
                {may("operate") && <th scope="col"><span class="unseen">Choose</span></th>}
                <th scope="col">Unit</th><th scope="col">State</th><th scope="col">Config</th><th scope="col" class="num">PID</th><th scope="col" class="num">Memory</th><th scope="col" class="num">Peak</th>
                <th scope="col" class="num">CPU time</th><th scope="col" class="num">Tasks</th><th scope="col" class="num">Crashes</th><th scope="col" class="num">OOM</th><th scope="col">Since</th><th scope="col">Log</th>
              </tr>
            </thead>
            <tbody>
              {units.map((u) => {
                const mark = configMark(u), cpu = u.usage?.["cpu-seconds"];
                return (
                  <tr key={u.unit}>
                    {may("operate") && <td>{restartable(u) && <input type="checkbox" aria-label={`Choose ${shortUnit(u.unit)}`} checked={picked.value.includes(u.unit)} onChange={(e) => pick(u.unit, e.currentTarget.checked)} />}</td>}
                    <th scope="row" class="nowrap">{shortUnit(u.unit)}</th>
                    <td><Tag tone={unitTone(u)}>{unitState(u)}</Tag></td>
                    <td>{mark === "current" ? <Tag tone="good" sign="✓">current</Tag> : mark === "old" ? <Tag tone="warn">old</Tag> : mark}</td>
                    <td class="num">{u.pid || "–"}</td>
                    <td class="num">{bytes(u.memory)}</td>
                    <td class="num">{bytes(u.usage?.["memory-peak"])}</td>
                    <td class="num">{cpu === undefined ? "–" : period(cpu)}</td>
                    <td class="num">{u.usage?.tasks ?? "–"}</td>
                    <td class="num">{u.restarts}</td>
                    <td class="num">{u.usage?.["oom-kills"] ?? "–"}</td>
                    <td class="nowrap"><Ago at={u.since} /></td>
                    <td><a href={link("logs", [], { unit: u.unit })}>Log<span class="unseen"> of {shortUnit(u.unit)}</span></a></td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </Scroll>
      </Panel>
      <Limits />
      {s?.inputs && s.inputs.length > 0 && (
        <Panel id="inputs" title="Files that the configuration names">
          <Scroll label="Files">
            <table>
              <thead><tr><th scope="col">Kind</th><th scope="col">Path</th><th scope="col">State</th><th scope="col">Key</th><th scope="col">Valid until</th></tr></thead>
              <tbody>
                {s.inputs.map((i, n) => (
                  <tr key={n}><td>{i.kind}</td><th scope="row" class="mono"><Text of={i.path} /></th><td><Tag tone={i.state === "in-force" ? "good" : i.state === "degraded" ? "bad" : "warn"}>{i.state}</Tag>{i.note && <span class="muted"> <Text of={i.note} /></span>}</td><td class="mono"><Text of={i.pointer} /></td><td class="nowrap">{i.expires ? i.expires.slice(0, 10) : "–"}</td></tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        </Panel>
      )}
    </>
  );
}
