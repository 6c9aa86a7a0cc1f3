// SPDX-License-Identifier: Apache-2.0

import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { announce } from "../../announce.ts";
import { ask, failure, type Finding, type Problem, Refused } from "../../api.ts";
import { plural } from "../../format.ts";
import { Tag, Text } from "../../parts/basics.tsx";
import { Preview } from "../../parts/preview.tsx";
import { findingText, ProblemView } from "../../parts/problem.tsx";
import { link } from "../../router.ts";
import { may, refresh, status } from "../../store.ts";
import type { Report } from "../../wire.ts";
import { Docs } from "./docs.tsx";
import { base, baseTag, changed, from, keptFor, read, schema, text, toSend, version } from "./draft.ts";
import type { Editor } from "./editor.ts";
import { at, insertion, outline } from "./outline.ts";
import { Tree } from "./tree.tsx";

// Verdict is what the manager says of the text.
type Verdict = { state: "none" | "asking" } | { state: "valid"; report: Report } | { state: "invalid"; problem: Problem };

const checkDelay = 400;

// checked asks the manager what a change to a text would do.
async function checked(t: string, signal: AbortSignal): Promise<Verdict> {
  try {
    const a = await ask("PUT", "/v1/config?dry-run=1", { body: t, signal, headers: { "Content-Type": "application/yaml" } });
    return { state: "valid", report: JSON.parse(a.body) as Report };
  } catch (e) {
    if (e instanceof Refused || !signal.aborted) return { state: "invalid", problem: failure(e) };
    throw e;
  }
}

export function Edit() {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor | null>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const problem = useSignal<Problem | null>(null);
  const verdict = useSignal<Verdict>({ state: "none" });
  const plain = useSignal(false);
  const marks = useSignal(false);
  const preview = useSignal<{ text: string; body: string; parameters: Record<string, string> } | null>(null);
  const here = useSignal("");
  const entries = useComputed(() => outline(text.value));
  const writes = may("configure");

  async function check(t: string, signal: AbortSignal): Promise<Finding[]> {
    if (!changed.peek()) {
      verdict.value = { state: "none" };
      return [];
    }
    verdict.value = { state: "asking" };
    const v = await checked(t, signal);
    verdict.value = v;
    if (v.state !== "invalid") return [];
    const findings = v.problem.problems ?? [];
    announce(findings.length > 0 ? plural(findings.length, "problem") : v.problem.title);
    return findings.length > 0 || v.problem.status !== 400 ? findings : [{ pointer: "", message: v.problem.message, severity: "error", line: 1, column: 1 }];
  }

  const cursor = (line: number) => { here.value = at(outline(text.peek()), line)?.pointer ?? ""; };

  // The editor, unless a plain field is wanted.
  useEffect(() => {
    if (plain.value || base.value === null) return;
    let ended = false;
    import("./editor.ts").then(({ mount }) => {
      if (ended || !host.current) return;
      editor.current = mount(host.current, {
        text: text.peek(), label: "Configuration in YAML", readOnly: !writes, schema: schema.peek(), check: writes ? check : null,
        onText: (t) => { text.value = t; }, onLine: cursor,
      });
      if (marks.peek()) editor.current.compare(base.peek());
    }, (e: unknown) => { problem.value = failure(e); });
    return () => {
      ended = true;
      editor.current?.end();
      editor.current = null;
    };
  }, [plain.value, version.value, writes]);

  // A plain field is checked as well.
  useEffect(() => {
    if (!plain.value || !writes) return;
    const stop = new AbortController();
    const timer = setTimeout(() => check(text.value, stop.signal).catch(() => {}), checkDelay);
    return () => { clearTimeout(timer); stop.abort(); };
  }, [plain.value, text.value]);

  function again() {
    problem.value = null;
    read(true).then(() => { verdict.value = { state: "none" }; announce("The text was read again."); }, (e: unknown) => { problem.value = failure(e); });
  }

  async function look() {
    try {
      const parameters = await keptFor();
      preview.value = { text: text.value, body: toSend(), parameters };
    } catch (e) {
      problem.value = failure(e);
    }
  }

  // open goes to a key in the text, or shows what it would mean.
  function open(pointer: string) {
    const e = entries.value.find((x) => x.pointer === pointer) ?? entries.value.find((x) => x.pointer.replace(/\/\d+(?=\/|$)/g, "/*") === pointer);
    if (e) goTo(e.line, e.indent + 1);
    here.value = e?.pointer ?? pointer;
  }
  function goTo(line: number, column = 1) {
    editor.current?.goTo(line, column);
    if (area.current) {
      const lines = text.value.split("\n").slice(0, line - 1), pos = lines.reduce((n, l) => n + l.length + 1, 0) + column - 1;
      area.current.focus();
      area.current.setSelectionRange(pos, pos);
    }
  }
  function add(pointer: string, value: string) {
    const i = insertion(text.value, pointer, value);
    if (!i) return announce("The section is written in one line: add the key there.");
    if (editor.current) editor.current.insertAfter(i.after, i.text);
    else {
      const lines = text.value.split("\n");
      lines.splice(i.after, 0, ...i.text.split("\n"));
      text.value = lines.join("\n");
      goTo(i.after + 1);
    }
  }

  const v = verdict.value;
  const stale = base.value !== null && baseTag.value !== "" && status.value !== null && status.value.etag !== baseTag.value;
  const findings = v.state === "invalid" ? (v.problem.problems ?? []) : [];
  return (
    <div class="stack">
      {problem.value && <ProblemView problem={problem.value} />}
      {stale && (
        <div class="note warn" role="status">
          <p>The configuration has been changed since this text was read. A preview compares the text with what runs now.</p>
          <div><button onClick={again}>{changed.value ? "Drop my edits and read it again" : "Read it again"}</button></div>
        </div>
      )}
      <div class="row tools">
        {writes && <button class="primary" disabled={!changed.value || v.state === "asking"} onClick={() => void look()}>Preview</button>}
        {writes && changed.value && <button onClick={() => { text.value = base.value ?? ""; editor.current?.setText(text.value); verdict.value = { state: "none" }; }}>Drop my edits</button>}
        {!plain.value && writes && <button aria-pressed={marks.value} onClick={() => { marks.value = !marks.value; editor.current?.compare(marks.value ? base.value : null); }}>Mark my edits</button>}
        <button aria-pressed={plain.value} onClick={() => { plain.value = !plain.value; }}>Plain text field</button>
        <span role="status">
          {v.state === "asking" && <span class="muted">checking …</span>}
          {v.state === "valid" && <Tag tone="good" sign="✓">valid, {plural((v.report.plan.steps ?? []).length, "step")}</Tag>}
          {v.state === "invalid" && <Tag tone="bad">{findings.length > 0 ? plural(findings.length, "problem") : v.problem.title}</Tag>}
        </span>
        <span class="muted source">{from.value ? <>as in <code><Text of={from.value} /></code></> : "what runs, without the comments of the file"}{!writes && ", read only"}</span>
      </div>
      {preview.value && (
        <Preview
          wanted={{
            title: "the edited configuration", method: "PUT", path: "/v1/config", body: preview.value.body, parameters: preview.value.parameters, type: "application/yaml", undoable: true,
            keeps: "keep-text" in preview.value.parameters, saveAt: link("configuration", ["files"]),
          }}
          onClose={() => { preview.value = null; editor.current?.focus(); }}
          onApplied={() => {
            if (text.value !== preview.value?.text) return;
            base.value = text.value;
            baseTag.value = "";
            verdict.value = { state: "none" };
            editor.current?.compare(marks.value ? base.value : null);
            refresh().then(() => { baseTag.value = status.value?.etag ?? ""; }, () => {});
          }}
        />
      )}
      <div class="workbench">
        {schema.value && <Tree schema={schema.value} entries={entries.value} here={here.value} onOpen={open} />}
        <div class="middle">
          {base.value === null && !problem.value && <p class="empty" role="status">Reading the configuration …</p>}
          {base.value !== null && (plain.value
            ? <textarea ref={area} class="plain-text mono" aria-label="Configuration in YAML" spellcheck={false} readOnly={!writes} value={text.value} aria-invalid={v.state === "invalid" ? "true" : undefined}
                onInput={(e) => { text.value = e.currentTarget.value; }} onSelect={(e) => cursor(e.currentTarget.value.slice(0, e.currentTarget.selectionStart).split("\n").length)} />
            : <div ref={host} class="editor" />)}
          {v.state === "invalid" && (
            <div class="note bad findings">
              {findings.length === 0 && <p><Text of={`${v.problem.title}: ${v.problem.message}`} lines /></p>}
              <ul>{findings.map((f, i) => <li key={i}><button class="quiet place" onClick={() => goTo(f.line ?? 1, f.column)}><Text of={findingText(f)} /></button></li>)}</ul>
            </div>
          )}
        </div>
        <Docs pointer={here.value} set={entries.value.some((e) => e.pointer === here.value)} onAdd={writes ? add : null} onOpen={open} />
      </div>
    </div>
  );
}
