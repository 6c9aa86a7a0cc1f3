// SPDX-License-Identifier: Apache-2.0
// Where the keys of a YAML text are, found by indentation. It is for finding one's way while
// a text is being written, so it takes broken ones; what is right is the manager's matter.

import { escapeToken, tokensOf } from "./pointer.ts";

export interface Entry {
  pointer: string; // RFC 6901
  key: string; // its last token
  line: number; // from 1
  end: number; // the last line of its value
  indent: number; // of the key
  value: string; // what follows on the line
  item: boolean; // of a list
}

// keyAtStart matches a key and what follows its colon.
const keyAtStart = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#&*!|>'"%@`{}[\],:?-][^#]*?|[^\s#&*!|>'"%@`{}[\],:][^\s:]*?)\s*:(?:\s+(.*))?$/;

function unquote(text: string): string {
  if (text.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'");
  if (!text.startsWith('"')) return text;
  try {
    return JSON.parse(text) as string;
  } catch {
    return text.slice(1, -1);
  }
}

interface Open { indent: number; pointer: string; entry: Entry | null; next: number } // next index of a list

// outline lists the keys and items of a text, in its order.
export function outline(text: string): Entry[] {
  const entries: Entry[] = [];
  const open: Open[] = [{ indent: -1, pointer: "", entry: null, next: 0 }];
  let block = -1; // indentation of the key whose block scalar goes on
  let lastLine = 0;

  // close ends what is not above a key with this indentation.
  function close(indent: number): void {
    while (open.length > 1 && open.at(-1)!.indent >= indent) {
      const o = open.pop()!;
      if (o.entry) o.entry.end = Math.max(o.entry.end, lastLine);
    }
  }

  text.split("\n").forEach((raw, i) => {
    const line = i + 1, bare = raw.replace(/\r$/, "");
    if (bare.trim() === "" || bare.trimStart().startsWith("#")) return;
    let indent = bare.length - bare.trimStart().length, rest = bare.trim();
    if (block >= 0) {
      if (indent > block) { lastLine = line; return; }
      block = -1;
    }
    if (indent === 0 && (rest === "---" || rest === "...")) return;
    // A list may stand as far left as its key.
    while (rest === "-" || rest.startsWith("- ")) {
      while (open.length > 1 && (open.at(-1)!.indent > indent || (open.at(-1)!.indent === indent && (open.at(-1)!.entry?.item ?? false)))) {
        const o = open.pop()!;
        if (o.entry) o.entry.end = Math.max(o.entry.end, lastLine);
      }
      const parent = open.at(-1)!, pointer = `${parent.pointer}/${parent.next}`;
      const entry: Entry = { pointer, key: String(parent.next), line, end: line, indent, value: rest.slice(1).trim(), item: true };
      parent.next++;
      entries.push(entry);
      open.push({ indent, pointer, entry, next: 0 });
      const after = rest.slice(1);
      indent += 1 + after.length - after.trimStart().length;
      rest = after.trim();
      lastLine = line;
      if (rest === "") return;
    }
    const m = keyAtStart.exec(rest);
    if (!m) { lastLine = line; return; }
    close(indent);
    lastLine = line;
    const key = unquote(m[1]!), pointer = `${open.at(-1)!.pointer}/${escapeToken(key)}`;
    const value = (m[2] ?? "").replace(/\s+#.*$|^#.*$/, "").trim();
    const entry: Entry = { pointer, key, line, end: line, indent, value, item: false };
    entries.push(entry);
    open.push({ indent, pointer, entry, next: 0 });
    if (/^[|>][+-]?[0-9]?[+-]?$/.test(value)) block = indent;
  });
  close(-1);
  return entries;
}

// at is the entry that a line belongs to.
export function at(entries: Entry[], line: number): Entry | null {
  let found: Entry | null = null;
  for (const e of entries) {
    if (e.line > line) break;
    if (e.end >= line) found = e;
  }
  return found;
}

// parentAt is the pointer of the section that a key at this line and indentation is in.
export function parentAt(entries: Entry[], line: number, indent: number): string {
  let best: Entry | null = null;
  let limit = indent;
  for (let i = entries.length - 1; i >= 0; i--) {
    const e = entries[i]!;
    if (e.line > line || (e.line === line && !e.item)) continue;
    if (e.indent < limit) {
      best = e;
      break;
    }
    limit = Math.min(limit, Math.max(e.indent, 0));
    if (e.indent === 0 && !e.item) break;
  }
  if (!best) return "";
  return best.pointer;
}

// insertion is the text that adds a key, and where: after which line. It is null where the
// section is written in one line, or holds the key.
export function insertion(text: string, pointer: string, value: string): { after: number; text: string } | null {
  const entries = outline(text);
  if (entries.some((e) => e.pointer === pointer)) return null;
  const tokens = tokensOf(pointer);
  let parent: Entry | null = null, depth = 0;
  for (let n = tokens.length - 1; n > 0; n--) {
    const above = entries.find((e) => e.pointer === "/" + tokens.slice(0, n).map(escapeToken).join("/"));
    if (above) {
      parent = above;
      depth = n;
      break;
    }
  }
  if (parent && parent.value !== "" && !parent.item) return null;
  const first = parent && entries.find((e) => e.pointer.startsWith(parent.pointer + "/"));
  let indent = first ? first.indent : parent ? parent.indent + 2 : 0;
  const lines: string[] = [];
  for (let n = depth; n < tokens.length; n++, indent += 2) {
    lines.push(" ".repeat(indent) + tokens[n] + ":" + (n === tokens.length - 1 ? (value ? " " + value : "") : ""));
  }
  const all = text.split("\n");
  const after = parent ? parent.end : all.at(-1) === "" ? all.length - 1 : all.length;
  return { after, text: lines.join("\n") };
}
