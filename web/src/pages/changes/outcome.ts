// SPDX-License-Identifier: Apache-2.0

import type { Tone } from "../../health.ts";
import type { Entry } from "../../wire.ts";

export interface Outcome { words: string; tone: Tone | ""; sign: string }

// outcomeOf says what became of a change, and whether it runs.
export function outcomeOf(e: Pick<Entry, "outcome" | "running" | "undone-by" | "confirm-by" | "confirmed">): Outcome {
  if (e["undone-by"]) return { words: `${e.outcome}, undone by change ${e["undone-by"]}`, tone: "warn", sign: "↶" };
  if (e.outcome !== "applied") return { words: e.outcome, tone: "bad", sign: "✗" };
  if (e.running) return { words: e["confirm-by"] && !e.confirmed ? "applied, runs, not confirmed" : "applied, runs", tone: "good", sign: "●" };
  return { words: e.outcome, tone: "", sign: "" };
}
