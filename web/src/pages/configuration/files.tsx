// SPDX-License-Identifier: Apache-2.0
// The files beside what runs, and saving what runs to them.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { announce } from "../../announce.ts";
import { failure, post, type Problem } from "../../api.ts";
import { Loading, Panel, Text } from "../../parts/basics.tsx";
import { Preview } from "../../parts/preview.tsx";
import { ProblemView } from "../../parts/problem.tsx";
import { DiffView } from "../../parts/report.tsx";
import { may, refresh, status } from "../../store.ts";
import { type Files as Wire, readFiles } from "./draft.ts";

export function Files() {
  const files = useSignal<Wire | null | undefined>(undefined);
  const problem = useSignal<Problem | null>(null);
  const saved = useSignal<string[] | null>(null);
  const reload = useSignal(false);
  const etag = status.value?.etag, fileTag = status.value?.["file-now-etag"];
  useEffect(() => {
    readFiles().then((f) => { files.value = f; problem.value = null; }, (e: unknown) => { problem.value = failure(e); });
  }, [etag, fileTag]);

  async function save() {
    problem.value = null;
    try {
      const answer = await post<{ files?: string[] | null }>("/v1/files/save", { etag: files.value?.etag });
      saved.value = answer.files ?? [];
      announce("Saved.");
      files.value = await readFiles();
    } catch (e) {
      problem.value = failure(e);
    } finally {
      refresh().catch(() => {});
    }
  }

  const f = files.value, s = status.value;
  const differs = f?.differs ?? ((f?.diff?.changes ?? []).length > 0);
  return (
    <div class="stack">
      {problem.value && <ProblemView problem={problem.value} />}
      {f === undefined && !problem.value && <Loading what="the files" />}
      {f === null && <p>The files are shown to the role <b>configure</b>. {s?.["file-differs"] ? "What runs is not what the file held when it was read last." : "What runs is what the file held when it was read last."}</p>}
      {saved.value && <div class="note good" role="status"><p>{saved.value.length > 0 ? <>Saved in <code>{saved.value.join(", ")}</code>.</> : "The files hold already what runs."}</p></div>}
      {f === null && may("operate") && <div><button onClick={() => { reload.value = true; }}>Preview a reload of the files</button></div>}
      {f && (
        <Panel id="drift" title="From the files to what runs">
          {differs ? <DiffView diff={f.diff} /> : <p>The files hold what runs.</p>}
          {may("configure") && (
            <div class="row">
              <button class="primary" disabled={!differs} onClick={() => void save()}>Save what runs to the files</button>
              <button disabled={!differs} onClick={() => { reload.value = true; }}>Preview a reload of the files</button>
            </div>
          )}
        </Panel>
      )}
      {reload.value && <Preview wanted={{ title: "reload of the files", method: "POST", path: "/reload", undoable: true }} onClose={() => { reload.value = false; }} />}
      {f?.files?.map((file) => (
        <Panel key={file.path} id={`file-${file.path}`} title={<code><Text of={file.path} /></code>}>
          {file.fault && <p class="bad-text"><Text of={file.fault} /></p>}
          <pre class="words" tabIndex={0} role="region" aria-label={`Text of ${file.path}`}><Text of={file.text} lines /></pre>
        </Panel>
      ))}
    </div>
  );
}
