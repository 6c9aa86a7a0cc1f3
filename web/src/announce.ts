// SPDX-License-Identifier: Apache-2.0
// What a screen reader says though the focus is elsewhere.

import { signal } from "@preact/signals";

export const said = signal("");

// announce has a text said, also if it is the one that was said last.
export function announce(text: string): void {
  said.value = said.value === text ? text + "\u00a0" : text;
}
