// SPDX-License-Identifier: Apache-2.0

import type { Who } from "./wire.ts";

// whoIs names who asked for a change, as kresctl history does.
export function whoIs(w: Who | undefined): string {
  if (!w) return "unknown";
  if (w.remote) return `${w.name || (w.role ?? "").replace(/^\/management\//, "")} ${w.remote}`.trim();
  if (w.uid === undefined) return w.via || "unknown";
  const user = w.user || `uid ${w.uid}`;
  if (w["login-uid"] === undefined || w["login-uid"] === w.uid) return user;
  return `${w.login || `uid ${w["login-uid"]}`} (as ${user})`;
}
