// SPDX-License-Identifier: Apache-2.0

import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";

export interface Tab { id: string; name: string }

// Tabs are those of the WAI-ARIA pattern: arrows move between them.
export function Tabs({ label, tabs, now, onTab, children }: { label: string; tabs: Tab[]; now: string; onTab: (id: string) => void; children: ComponentChildren }) {
  const list = useRef<HTMLDivElement>(null);
  const key = (e: KeyboardEvent) => {
    const i = tabs.findIndex((t) => t.id === now);
    const to = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: tabs.length - 1 }[e.key];
    if (to === undefined) return;
    e.preventDefault();
    const next = tabs[(to + tabs.length) % tabs.length]!;
    onTab(next.id);
    list.current?.querySelector<HTMLElement>(`#tab-${next.id}`)?.focus();
  };
  return (
    <div class="stack">
      <div class="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={key}>
        {tabs.map((t) => <button key={t.id} id={`tab-${t.id}`} role="tab" aria-selected={t.id === now} aria-controls="tab-panel" tabIndex={t.id === now ? 0 : -1} onClick={() => onTab(t.id)}>{t.name}</button>)}
      </div>
      <div role="tabpanel" id="tab-panel" aria-labelledby={`tab-${now}`}>{children}</div>
    </div>
  );
}
