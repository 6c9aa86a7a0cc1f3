// SPDX-License-Identifier: Apache-2.0
// Keeping what runs in the file. The manager may not write its own configuration; kresctl
// does. In Cockpit it runs for people with administrative access.

import { useSignal } from "@preact/signals";
import { announce } from "../../announce.ts";
import { failure, inCockpit, type Problem } from "../../api.ts";
import { CommandFailed, save } from "../../cockpit.ts";
import { Command, Copy, Text } from "../../parts/basics.tsx";
import { ProblemView } from "../../parts/problem.tsx";
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

// installed is the file that kresctl writes unless it is told others.
const installed = "/etc/knot-resolver/config.yaml";

const quoted = (path: string): string => (/^[\w./@+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);

// command is what to type where kresctl has to be told the files.
const command = (files: File[]): string => ["kresctl", ...files.map((f) => `-c ${quoted(f.path)}`), "config save"].join(" ");

export function Save({ files, onSaved }: { files: File[]; onSaved: () => void }) {
  const problem = useSignal<Problem | null>(null);
  const busy = useSignal(false);
  const stale = files.filter((f) => f.saved !== undefined && f.saved !== f.text);

  async function write() {
    busy.value = true;
    problem.value = null;
    try {
      await save();
      announce("Saved.");
      onSaved();
      refresh().catch(() => {});
    } catch (e) {
      const p = failure(e);
      const needsRoot = e instanceof CommandFailed && /permission denied/.test(p.message);
      problem.value = { ...p, title: "not saved", message: needsRoot ? `${p.message}. Switch on administrative access in Cockpit, and try again.` : p.message };
    } finally {
      busy.value = false;
    }
  }

  if (stale.length === 0) return null;
  const usual = files.length === 1 && files[0]!.path === installed;
  return (
    <div class="stack">
      <h3>Keep what runs</h3>
      {inCockpit && usual
        ? <div><button class="primary" disabled={busy.value} onClick={() => void write()}>Save to the file</button></div>
        : <><p>{usual ? "The manager may not write its own files." : "The manager says that it reads these files."} {usual ? "Type" : "If that is right, type"} as root:</p><Command>{usual ? "kresctl config save" : command(files)}</Command></>}
      <p class="muted">{stale.some((f) => f.kept) ? "It is saved as it was typed, with its comments." : "Only what differs is edited; comments of the file stay."}</p>
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
