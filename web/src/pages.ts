// SPDX-License-Identifier: Apache-2.0
// The table of the pages. Each is loaded when it is opened first.

import { signal } from "@preact/signals";
import type { ComponentType } from "preact";

export interface Page {
  id: string;
  name: string;
  key: string; // g and this letter open it
  load: () => Promise<{ default: ComponentType }>;
}

export const pages = signal<Page[]>([
  { id: "overview", name: "Overview", key: "o", load: () => import("./pages/overview.tsx") },
  { id: "configuration", name: "Configuration", key: "c", load: () => import("./pages/configuration.tsx") },
  { id: "changes", name: "Changes", key: "h", load: () => import("./pages/changes.tsx") },
  { id: "units", name: "Units", key: "u", load: () => import("./pages/units.tsx") },
  { id: "logs", name: "Logs", key: "l", load: () => import("./pages/logs.tsx") },
  { id: "cache", name: "Cache", key: "a", load: () => import("./pages/cache.tsx") },
  { id: "query", name: "Query", key: "q", load: () => import("./pages/query.tsx") },
  { id: "api", name: "API", key: "i", load: () => import("./pages/api.tsx") },
]);

// showFleet adds the page of the fleet, where kres-fleet runs.
export function showFleet(): void {
  pages.value = [...pages.value, { id: "fleet", name: "Fleet", key: "f", load: () => import("./pages/fleet.tsx") }];
}
