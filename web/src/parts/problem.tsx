// SPDX-License-Identifier: Apache-2.0
// What a failure says, in the words and the order of kresctl.

import type { Problem, Finding } from "../wire.ts";
import { Text } from "./basics.tsx";

// findingText is one problem of a configuration: place, pointer, what, what to do.
export function findingText(f: Finding): string {
  let place = f.file === "request body" ? "" : (f.file ?? "");
  if (f.line) place += `${place ? ":" : ""}${f.line}` + (f.column ? `:${f.column}` : "");
  return [place, f.pointer, f.message].filter(Boolean).join(": ") + (f.hint ? `; ${f.hint}` : "");
}

// aftermath says what runs after a failed step.
export function aftermath(p: Problem): string {
  if (p.restored === undefined) return "";
  if (p.restored) return "Nothing changed: the previous configuration serves.";
  const why = p["rollback-error"];
  return "The previous configuration could not be restored completely" + (why ? `: ${why}` : ".");
}

// ProblemView is an alert. The daemon's own words come with the step that failed.
export function ProblemView({ problem, children }: { problem: Problem; children?: preact.ComponentChildren }) {
  const p = problem, findings = p.problems ?? [];
  return (
    <div class="note bad" role="alert">
      <p><strong><Text of={p.title} /></strong>{findings.length === 0 && !p.cause && <>: <Text of={p.message} lines /></>}</p>
      {p.cause && (
        <div class="stack">
          <p>{p.cause.pointer && <code><Text of={p.cause.pointer} />: </code>}<Text of={p.cause.what} /></p>
          {p.cause.quote && <pre><Text of={p.cause.quote} lines /></pre>}
          {p.cause.fix && <p>{"To fix it: "}<Text of={p.cause.fix} /></p>}
        </div>
      )}
      {findings.length > 0 && <ul>{findings.map((f, i) => <li key={i}><code><Text of={findingText(f)} /></code></li>)}</ul>}
      {p.unit && <p>Step: <code>{p.step} {p.unit}</code></p>}
      {p.log && p.log.length > 0 && (
        <pre class="words" tabIndex={0} role="group" aria-label={`what ${p.unit ?? "the unit"} said`}>{p.log.map((l, i) => <div key={i}><Text of={l} /></div>)}</pre>
      )}
      {p.restored !== undefined && <p><strong>{aftermath(p)}</strong></p>}
      {p.reference && p.status >= 500 && <p class="muted">reference: <code>{p.reference}</code></p>}
      {children}
    </div>
  );
}
