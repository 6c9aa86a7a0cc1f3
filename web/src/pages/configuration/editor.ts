// SPDX-License-Identifier: Apache-2.0
// The editor of the configuration. It is loaded with its page alone. It is in a shadow root,
// where CodeMirror adopts style sheets instead of writing style elements, which the content
// policy forbids.

import { autocompletion, type Completion, type CompletionContext, type CompletionResult, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, foldGutter, foldKeymap, HighlightStyle, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, linter, lintGutter, lintKeymap } from "@codemirror/lint";
import { unifiedMergeView } from "@codemirror/merge";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { Finding } from "../../wire.ts";
import { at, outline, parentAt } from "./outline.ts";
import { isList, keysOf, lookUp, type Schema, wordsOf } from "./schema.ts";

export interface Options {
  text: string;
  label: string;
  readOnly: boolean;
  schema: Schema | null;
  check: ((text: string, signal: AbortSignal) => Promise<Finding[]>) | null;
  onText: (text: string) => void;
  onLine: (line: number) => void;
}

export interface Editor {
  setText(text: string): void;
  goTo(line: number, column?: number): void;
  insertAfter(line: number, text: string): void;
  compare(original: string | null): void; // marks what differs from it
  focus(): void;
  end(): void;
}

// lintDelay is how long no key is pressed before the manager is asked, in milliseconds.
const lintDelay = 400;

const colors = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--c3)" },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword, tags.atom], color: "var(--c4)" },
  { tag: [tags.comment, tags.lineComment], color: "var(--muted)", fontStyle: "italic" },
  { tag: [tags.meta, tags.punctuation, tags.separator], color: "var(--muted)" },
  { tag: tags.invalid, color: "var(--bad)" },
]);

const look = EditorView.theme({
  "&": { height: "100%", fontSize: "0.875rem", background: "var(--panel)", color: "var(--text)" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5" },
  ".cm-gutters": { background: "var(--raised)", color: "var(--muted)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine": { background: "color-mix(in oklab, var(--accent-ground) 55%, transparent)" },
  ".cm-activeLineGutter": { background: "var(--accent-ground)", color: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { background: "color-mix(in oklab, var(--accent) 30%, transparent)" },
  ".cm-tooltip": { background: "var(--panel)", color: "var(--text)", border: "1px solid var(--edge)", borderRadius: "6px" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { background: "var(--accent)", color: "var(--on-accent)" },
  ".cm-completionDetail": { color: "inherit", fontStyle: "normal", opacity: "0.85" },
  ".cm-completionInfo": { maxWidth: "24rem", padding: "0.4rem 0.6rem" },
  ".cm-panels": { background: "var(--raised)", color: "var(--text)" },
  ".cm-panels button, .cm-panels input": { font: "inherit", color: "inherit", background: "var(--panel)", border: "1px solid var(--edge)", borderRadius: "4px", backgroundImage: "none" },
  ".cm-searchMatch": { background: "var(--warn-ground)", outline: "1px solid var(--warn)" },
  ".cm-foldPlaceholder": { background: "var(--raised)", color: "var(--text)", border: "1px solid var(--edge)" },
  ".cm-diagnostic": { whiteSpace: "pre-wrap", borderLeftColor: "var(--bad)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--warn)" },
  ".cm-changedLine, .cm-insertedLine": { background: "var(--good-ground) !important" },
  ".cm-deletedChunk": { background: "var(--bad-ground) !important", color: "var(--text)" },
  ".cm-specialChar": { color: "var(--bad)" },
});

// quoteIfNeeded writes a word so that YAML takes it for the text that it is.
const quoteIfNeeded = (key: string): string => (/^[A-Za-z][\w-]*$/.test(key) ? key : JSON.stringify(key));

// complete offers keys of the section and words of the key at a place.
export function complete(schema: Schema, text: string, pos: number, explicit: boolean): CompletionResult | null {
  const before = text.slice(0, pos), start = before.lastIndexOf("\n") + 1;
  const line = before.slice(start), number = before.split("\n").length;
  const entries = outline(text);
  const value = /^(\s*(?:- +)*)([\w-]+|"[^"]*"):\s+([^\s#]*)$/.exec(line);
  if (value) {
    const e = entries.filter((x) => x.line === number && !x.item).at(-1);
    if (!e) return null;
    const options = wordsOf(schema, e.pointer).map((w): Completion => ({ label: w, type: "constant", detail: String(lookUp(schema, e.pointer)?.default ?? "") === w ? "default" : undefined }));
    return options.length > 0 ? { from: pos - value[3]!.length, options, validFor: /^[\w.-]*$/ } : null;
  }
  const key = /^(\s*(?:- +)*)([\w-]*)$/.exec(line);
  if (!key || (!explicit && key[2] === "")) return null;
  const section = parentAt(entries, number, key[1]!.length);
  const there = new Set(entries.filter((e) => e.line !== number).map((e) => e.pointer));
  const options = keysOf(schema, section).filter((k) => !there.has(k.pointer)).map((k): Completion => {
    const list = isList(schema, k.pointer), inner = keysOf(schema, k.pointer).length > 0;
    const pad = " ".repeat(key[1]!.length + 2);
    return {
      label: k.key, type: "property", info: k.schema.description,
      apply: quoteIfNeeded(k.key) + (list ? `:\n${pad}- ` : inner ? `:\n${pad}` : ": "),
      detail: list ? "list" : inner ? "section" : ["string", "number", "boolean"].includes(typeof k.schema.default) ? String(k.schema.default) : undefined,
    };
  });
  return options.length > 0 ? { from: pos - key[2]!.length, options, validFor: /^[\w-]*$/ } : null;
}

// typeOver replaces a selection before the browser does: where it spans lines, Chromium
// would write elements with a style attribute, which the content policy forbids.
const typeOver = EditorView.domEventHandlers({
  beforeinput(e, view) {
    if (e.inputType !== "insertText" || !e.data || view.composing || view.state.readOnly || view.state.selection.ranges.every((r) => r.empty)) return false;
    view.dispatch(view.state.replaceSelection(e.data), { userEvent: "input.type", scrollIntoView: true });
    e.preventDefault();
    return true;
  },
});

// diagnosticsOf puts findings at their places in a text.
function diagnosticsOf(state: EditorState, findings: Finding[]): Diagnostic[] {
  const entries = outline(state.doc.toString());
  return findings.map((f) => {
    const number = f.line || entries.find((e) => e.pointer === f.pointer)?.line || 1;
    const line = state.doc.line(Math.min(number, state.doc.lines));
    const from = Math.min(line.from + Math.max(0, (f.column ?? 1) - 1), line.to);
    const word = /^[^\s,#}\]]+/.exec(state.doc.sliceString(from, line.to));
    return {
      from, to: Math.max(from + (word?.[0].length ?? 0), Math.min(from + 1, line.to)),
      severity: f.severity === "warning" ? "warning" : "error",
      message: `${f.pointer ? `${f.pointer}: ` : ""}${f.message}${f.hint ? `; ${f.hint}` : ""}`,
    };
  });
}

export function mount(host: HTMLElement, o: Options): Editor {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  root.replaceChildren();
  const merge = new Compartment();
  let asked = new AbortController();
  let quiet = false; // while a text is put in

  const lint = async (view: EditorView): Promise<Diagnostic[]> => {
    asked.abort();
    asked = new AbortController();
    try {
      return diagnosticsOf(view.state, await o.check!(view.state.doc.toString(), asked.signal));
    } catch {
      return []; // the page says what is wrong with asking
    }
  };

  const view = new EditorView({
    root, parent: root,
    state: EditorState.create({
      doc: o.text,
      extensions: [
        lineNumbers(), foldGutter(), highlightSpecialChars(), history(), drawSelection(), bracketMatching(), highlightActiveLine(), highlightActiveLineGutter(),
        highlightSelectionMatches(), search({ top: true }), yaml(), syntaxHighlighting(colors), indentUnit.of("  "), EditorState.tabSize.of(2), look, EditorView.lineWrapping,
        EditorState.readOnly.of(o.readOnly), EditorView.editable.of(true),
        EditorView.contentAttributes.of({ "aria-label": o.label, "aria-multiline": "true", tabindex: "0", spellcheck: "false", autocapitalize: "off" }),
        o.check && !o.readOnly ? [lintGutter(), linter(lint, { delay: lintDelay })] : [],
        o.schema && !o.readOnly ? autocompletion({ override: [(c: CompletionContext) => complete(o.schema!, c.state.doc.toString(), c.pos, c.explicit)] }) : [],
        keymap.of([...completionKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap, ...lintKeymap, ...defaultKeymap]) /* Tab leaves: it is no trap (WCAG 2.1.2) */,
        merge.of([]), typeOver,
        EditorView.updateListener.of((u) => {
          if (u.docChanged && !quiet) o.onText(u.state.doc.toString());
          if (u.docChanged || u.selectionSet) o.onLine(u.state.doc.lineAt(u.state.selection.main.head).number);
        }),
      ],
    }),
  });

  return {
    setText(text) {
      quiet = true;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
      quiet = false;
    },
    goTo(number, column = 1) {
      const line = view.state.doc.line(Math.min(Math.max(1, number), view.state.doc.lines));
      const anchor = Math.min(line.from + column - 1, line.to);
      view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
      view.focus();
    },
    insertAfter(number, text) {
      const doc = view.state.doc, line = doc.line(Math.min(Math.max(1, number), doc.lines));
      const from = number === 0 ? 0 : line.to;
      const insert = number === 0 || doc.length === 0 ? text + "\n" : "\n" + text;
      view.dispatch({ changes: { from, insert }, selection: { anchor: from + insert.length }, scrollIntoView: true, userEvent: "input.complete" });
      view.focus();
    },
    compare(original) {
      view.dispatch({ effects: merge.reconfigure(original === null ? [] : unifiedMergeView({ original, mergeControls: false, gutter: true, highlightChanges: true, collapseUnchanged: { margin: 3, minSize: 6 } })) });
    },
    focus: () => view.focus(),
    end() {
      asked.abort();
      view.destroy();
    },
  };
}

export { at, outline };
