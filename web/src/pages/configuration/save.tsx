// SPDX-License-Identifier: Apache-2.0
// Keeping what runs in the file. The manager may not write its own configuration; kresctl
// does. In Cockpit it runs for people with administrative access. No answer of the manager
// chooses a file that root writes: kresctl knows its own, and with whom it talks.

import { useSignal } from "@preact/signals";
import { announce } from "../../announce.ts";
import { failure, inCockpit, type Problem } from "../../api.ts";
import { Command, Copy, Text } from "../../parts/basics.tsx";
import { ProblemView } from "../../parts/problem.tsx";
import { saveAsRoot } from "../../transport_cockpit.ts";
import { refresh } from "../../store.ts";
import type { File } from "../../wire.ts";

// download hands a text to the browser as a file.
function download(name: string, text: string): void {
  const a = document.createElement("a");
  a.href = URL.createObjectURL(new Blob([text], { type: "application/yaml" }));
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 10_000);
}

export function Save({ files, onSaved }: { files: File[]; onSaved: () => void }) {
  const problem = useSignal<Problem | null>(null);
  const busy = useSignal(false);
  const stale = files.filter((f) => f.saved !== undefined && f.saved !== f.text);

  async function write() {
    busy.value = true;
    problem.value = null;
    try {
      await saveAsRoot(window.cockpit!);
      announce("Saved.");
      onSaved();
      refresh().catch(() => {});
    } catch (e) {
      problem.value = { ...failure(e), title: "cannot save" };
    } finally {
      busy.value = false;
    }
  }

  if (stale.length === 0) return null;
  return (
    <div class="stack">
      <h3>Keep what runs</h3>
      {inCockpit
        ? <div><button class="primary" disabled={busy.value} onClick={() => void write()}>Save to {stale.length === 1 ? "the file" : `${stale.length} files`}</button></div>
        : <><p>The manager may not write its own files. Type as root:</p><Command>kresctl config save</Command></>}
      <p class="muted">Comments of the file are kept. Comments that were typed on the page are not: write them into the file.</p>
      <ul class="plain">
        {stale.map((f) => (
          <li key={f.path} class="row">
            <code><Text of={f.path} /></code><Copy label="Copy the new text" text={f.saved!} />
            {!inCockpit && <button class="quiet" onClick={() => download(f.path.split("/").pop() ?? "config.yaml", f.saved!)}>Download it</button>}
          </li>
        ))}
      </ul>
      {problem.value && <ProblemView problem={problem.value} />}
    </div>
  );
}
