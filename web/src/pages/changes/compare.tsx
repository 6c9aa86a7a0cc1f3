// SPDX-License-Identifier: Apache-2.0

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { failure, get, type Problem } from "../../api.ts";
import { link } from "../../router.ts";
import { Loading, Panel, Title } from "../../parts/basics.tsx";
import { ProblemView } from "../../parts/problem.tsx";
import { DiffView } from "../../parts/report.tsx";
import type { Comparison, Diff } from "../../wire.ts";

export function Compare({ a, b }: { a: number; b: number }) {
  const diff = useSignal<Diff | null>(null);
  const problem = useSignal<Problem | null>(null);
  useEffect(() => {
    get<Comparison>(`/v1/history/${b}/diff?from=${a}`).then((d) => { diff.value = d.diff ?? { changes: [] }; }, (e: unknown) => { problem.value = failure(e); });
  }, []);
  return (
    <>
      <Title side={<a href={link("changes")}>All changes</a>}>From change {a} to change {b}</Title>
      {problem.value && <ProblemView problem={problem.value} />}
      {!diff.value && !problem.value && <Loading what="both" />}
      {diff.value && <Panel id="compared" title="What differs" side={<a href={link("changes", [a], { compare: String(b) })}>The other way round</a>}><DiffView diff={diff.value} /></Panel>}
    </>
  );
}
