// SPDX-License-Identifier: Apache-2.0
// What one worker may use, and how workers are run: the keys of /systemd.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { failure, get, type Problem } from "../../api.ts";
import { Panel, Scroll, Text } from "../../parts/basics.tsx";
import { ProblemView } from "../../parts/problem.tsx";
import { lineOf } from "../../parts/report.tsx";
import { may, status } from "../../store.ts";
import type { KeyBelow, Keys } from "../../wire.ts";

export function Limits() {
  const keys = useSignal<KeyBelow[]>([]);
  const set = useSignal<Record<string, unknown>>({});
  const problem = useSignal<Problem | null>(null);
  const etag = status.value?.etag;
  useEffect(() => {
    Promise.all([get<Keys>("/v1/config/explain/systemd"), get<Record<string, unknown> | null>("/v1/config/systemd")]).then(([k, v]) => {
      keys.value = k.keys?.[0]?.keys ?? [];
      set.value = v ?? {};
    }, (e: unknown) => { problem.value = failure(e); });
  }, [etag]);
  return (
    <Panel id="limits" title="Limits of a worker" side={may("configure") && <a href="#/configuration">Change</a>}>
      {problem.value && <ProblemView problem={problem.value} />}
      <Scroll label="Limits">
        <table>
          <thead><tr><th scope="col">Key of /systemd</th><th scope="col">Value</th><th scope="col">What it does</th></tr></thead>
          <tbody>
            {keys.value.map((k) => {
              const name = k.pointer.split("/").pop()!, value = set.value[name];
              return <tr key={name}><th scope="row" class="mono nowrap">{name}</th><td>{value === undefined || value === null ? <span class="muted nowrap">not set</span> : <code><Text of={lineOf(value)} /></code>}</td><td class="muted">{k.summary}</td></tr>;
            })}
          </tbody>
        </table>
      </Scroll>
    </Panel>
  );
}
