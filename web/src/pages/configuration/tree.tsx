// SPDX-License-Identifier: Apache-2.0
// The keys: those of the schema, with a mark at those that the text sets.

import { useSignal } from "@preact/signals";
import { visible } from "../../format.ts";
import type { Entry } from "./outline.ts";
import { isSection, type Known, keysOf, type Schema, search } from "./schema.ts";

export interface TreeProps { schema: Schema; entries: Entry[]; here: string; onOpen: (pointer: string) => void }

export function Tree(p: TreeProps) {
  const words = useSignal("");
  const found = words.value.trim() ? search(p.schema, words.value) : null;
  return (
    <nav class="keys" aria-label="Keys">
      <div class="field"><label for="key-search">Search keys</label><input id="key-search" data-search type="search" value={words.value} onInput={(e) => { words.value = e.currentTarget.value; }} /></div>
      <div class="list" tabIndex={-1}>
        {found
          ? <ul>{found.length === 0 ? <li class="empty">No key has these words.</li> : found.map((k) => <li key={k.pointer}><Key {...p} k={k} name={k.pointer} /></li>)}</ul>
          : <Level {...p} pointer="" />}
      </div>
    </nav>
  );
}

function Level({ pointer, ...p }: TreeProps & { pointer: string }) {
  return <ul>{keysOf(p.schema, pointer).map((k) => <Branch key={k.pointer} {...p} k={k} />)}</ul>;
}

function Branch({ k, ...p }: TreeProps & { k: Known }) {
  const inside = p.here === k.pointer || p.here.startsWith(k.pointer + "/");
  const open = useSignal(inside);
  if (!isSection(p.schema, k)) return <li><Key {...p} k={k} name={k.key} /></li>;
  return (
    <li>
      <div class="branch">
        <button class="quiet twist" aria-expanded={open.value} aria-label={`Keys of ${k.key}`} onClick={() => { open.value = !open.value; }}><span aria-hidden="true">{open.value ? "▾" : "▸"}</span></button>
        <Key {...p} k={k} name={k.key} />
      </div>
      {open.value && <Level {...p} pointer={k.pointer} />}
    </li>
  );
}

function Key({ k, name, ...p }: TreeProps & { k: Known; name: string }) {
  const set = p.entries.some((e) => e.pointer === k.pointer || (k.pointer.includes("*") && e.pointer.replace(/\/\d+(?=\/|$)/g, "/*") === k.pointer));
  return (
    <button class={`quiet key ${set ? "set" : ""}`} aria-current={p.here === k.pointer ? "true" : undefined} title={visible(k.schema.description ?? "")} onClick={() => p.onOpen(k.pointer)}>
      {visible(name)}{set && <><span aria-hidden="true"> •</span><span class="unseen"> (set)</span></>}
    </button>
  );
}
