// SPDX-License-Identifier: Apache-2.0
// The files beside what runs.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { failure, type Problem } from "../../api.ts";
import { Copy, Loading, Panel, Text } from "../../parts/basics.tsx";
import { Preview } from "../../parts/preview.tsx";
import { ProblemView } from "../../parts/problem.tsx";
import { DiffView } from "../../parts/report.tsx";
import { may, status } from "../../store.ts";
import type { Files as Wire } from "../../wire.ts";
import { readFiles } from "./draft.ts";
import { Save } from "./save.tsx";

// worded tells that a text was typed that says what the file does, in other words.
const worded = (f: Wire): boolean => !f.differs && (f.files ?? []).some((one) => one.kept && one.saved !== one.text);

export function Files() {
  const files = useSignal<Wire | null | undefined>(undefined);
  const problem = useSignal<Problem | null>(null);
  const reload = useSignal(false);
  const s = status.value, etag = s?.etag, fileTag = s?.["file-now-etag"];
  const read = () => readFiles().then((f) => { files.value = f; problem.value = null; }, (e: unknown) => { problem.value = failure(e); });
  useEffect(() => { void read(); }, [etag, fileTag]);

  const f = files.value;
  return (
    <div class="stack">
      {problem.value && <ProblemView problem={problem.value} />}
      {f === undefined && !problem.value && <Loading what="the files" />}
      {f === null && <p>The files are shown to the role <b>configure</b>. {s?.["file-differs"] ? "What runs is not what the file held when it was read last." : "What runs is what the file held when it was read last."}</p>}
      {f && (
        <Panel id="drift" title="From the files to what runs">
          {f.fault && <p class="note bad"><Text of={f.fault} lines /></p>}
          {f.differs ? <DiffView diff={f.diff} /> : !f.fault && <p>The files hold what runs.{worded(f) && " Comments that were typed are not in them yet."}</p>}
          {(f.differs || worded(f)) && <Save files={f.files ?? []} onSaved={() => void read()} />}
        </Panel>
      )}
      {may("operate") && <div><button onClick={() => { reload.value = true; }}>Preview a reload of the files</button></div>}
      {reload.value && <Preview wanted={{ title: "reload of the files", method: "POST", path: "/reload", undoable: true }} onClose={() => { reload.value = false; }} />}
      {f?.files?.map((file, i) => (
        <Panel key={file.path} id={`file-${i}`} title={<code><Text of={file.path} /></code>} side={<Copy text={file.text} />}>
          {file.fault && <p class="bad-text"><Text of={file.fault} /></p>}
          <pre class="words" tabIndex={0} role="group" aria-label={`Text of ${file.path}`}><Text of={file.text} lines /></pre>
        </Panel>
      ))}
    </div>
  );
}
