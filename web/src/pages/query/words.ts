// SPDX-License-Identifier: Apache-2.0
// A trace in words, those of kresctl trace.

import type { Tone } from "../../health.ts";
import type { Trace, TraceEvent } from "../../wire.ts";

export const dot = (name: string): string => name.replace(/\.$/, "") + ".";

// millis is a short time: below ten milliseconds with a digit after the point.
export function millis(seconds: number): string {
  const ms = seconds * 1000;
  return `${ms > 0 && ms < 10 && !Number.isInteger(ms) ? ms.toFixed(1) : ms.toFixed(0)} ms`;
}

// eventText is an event in words.
export function eventText(e: TraceEvent): string {
  const detail = e.detail ? `: ${e.detail}` : "";
  switch (e.kind) {
    case "view": return "view for this client" + detail;
    case "policy": return "policy" + detail;
    case "rule": return "local data" + detail;
    case "resolve": return `looks for ${e.name ?? ""} ${e.type ?? ""}`;
    case "cache-hit": return "in the cache" + (e.ttl === undefined ? "" : ` for ${e.ttl} s more`) + detail;
    case "cache-miss": return "not in the cache" + detail;
    case "ask": {
      const server = e.server && e.server !== "." && e.server !== e.zone ? ` (${e.server})` : "";
      return `asks ${e.address ?? ""}${server} over ${(e.protocol ?? "").toUpperCase()} for ${e.name ?? ""} ${e.type ?? ""}`;
    }
    case "reply": return `${e.address ?? ""} answers ${e.detail ?? ""}`.trim() + (e.rtt === undefined ? "" : ` after ${millis(e.rtt)}`);
    case "fault": return (e.address ?? "") + detail;
    case "referral": return "the answer names the servers of the zone below";
    case "alias": return "the answer is an alias (CNAME)";
    case "retry": return "asks again" + detail;
    case "store": return "kept in the cache";
    case "secure": return "validated" + detail;
    case "insecure": return "not signed" + detail;
    case "bogus": return "bogus" + detail;
    case "failed": return "gives up" + detail;
  }
  return e.kind + detail;
}

// validation is what DNSSEC says of a request in the end.
export function validation(t: Trace): { words: string; tone: Tone | "" } {
  if (t.secure) return { words: "validated by DNSSEC", tone: "good" };
  for (const e of [...(t.events ?? [])].reverse()) {
    if (e.kind === "bogus") return { words: "bogus", tone: "bad" };
    if (e.kind === "insecure") return { words: "not signed", tone: "" };
  }
  return { words: "not validated", tone: "" };
}
