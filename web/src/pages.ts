// SPDX-License-Identifier: Apache-2.0
// The table of the pages. Each is loaded when it is opened first.

import type { ComponentType } from "preact";

export interface Page {
  id: string;
  name: string;
  key: string; // g and this letter open it
  load: () => Promise<{ default: ComponentType }>;
}

export const pages: Page[] = [
  { id: "overview", name: "Overview", key: "o", load: () => import("./pages/overview.tsx") },
];
