// SPDX-License-Identifier: Apache-2.0
// Keys: / looks for something, g and a letter open a page, ? lists them. Since they are plain
// letters they can be switched off (WCAG 2.1.4).

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { pages } from "../pages.ts";
import { go, link } from "../router.ts";
import { Dialog } from "./basics.tsx";

const store = "kres-keys";
const on = signal(read());
const shown = signal(false);

function read(): boolean {
  try {
    return localStorage.getItem(store) !== "off";
  } catch {
    return true;
  }
}

function set(value: boolean): void {
  on.value = value;
  try {
    localStorage.setItem(store, value ? "on" : "off");
  } catch { /* it holds until the page is closed */ }
}

export const showKeys = (): void => { shown.value = true; };

// typing tells that a key is text.
function typing(e: KeyboardEvent): boolean {
  const t = e.composedPath()[0] as HTMLElement;
  return t.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(t.tagName ?? "");
}

export function Keys() {
  useEffect(() => {
    let went = 0;
    const down = (e: KeyboardEvent) => {
      if (!on.value || e.ctrlKey || e.metaKey || e.altKey || typing(e) || document.querySelector("dialog[open]")) return;
      const page = pages.value.find((p) => p.key === e.key);
      if (e.key === "g") went = e.timeStamp;
      else if (page && e.timeStamp - went < 1500) {
        went = 0;
        go(link(page.id));
        document.querySelector<HTMLElement>("h1")?.focus();
      } else if (e.key === "?") showKeys();
      else if (e.key === "/") document.querySelector<HTMLElement>("[data-search]")?.focus();
      else return;
      e.preventDefault();
    };
    document.addEventListener("keydown", down);
    return () => document.removeEventListener("keydown", down);
  }, []);
  if (!shown.value) return null;
  return (
    <Dialog title="Keys" onClose={() => { shown.value = false; }}>
      <table>
        <thead><tr><th scope="col">Key</th><th scope="col">Does</th></tr></thead>
        <tbody>
          {pages.value.map((p) => <tr key={p.id}><td><kbd>g</kbd> <kbd>{p.key}</kbd></td><td>{p.name}</td></tr>)}
          <tr><td><kbd>/</kbd></td><td>to the search of the page</td></tr>
          <tr><td><kbd>?</kbd></td><td>this list</td></tr>
        </tbody>
      </table>
      <label class="check"><input type="checkbox" checked={on.value} onChange={(e) => set(e.currentTarget.checked)} />Use these keys</label>
      <div class="row"><button class="primary" onClick={() => { shown.value = false; }}>Close</button></div>
    </Dialog>
  );
}
