// SPDX-License-Identifier: Apache-2.0
// Streams that pages read for as long as they are open and someone looks.

import { failure, listen, pause, type Problem, Refused } from "./api.ts";
import { answers } from "./store.ts";
import type { Message } from "./sse.ts";

export interface Stream {
  path: string;
  onMessage: (m: Message) => void;
  onProblem?: (p: Problem | null) => void; // null when it goes on
  resume?: boolean; // with the last id that was seen
}

// keep reads a stream until stop is called. While the page is hidden, or the manager away, it
// waits: a browser has few connections, and the manager should be able to end idle.
export function keep(s: Stream): () => void {
  const over = new AbortController();
  let current = new AbortController(), lastId = "";
  const seen = () => { if (document.hidden) current.abort(new Error("hidden")); };
  document.addEventListener("visibilitychange", seen);
  void (async () => {
    while (!over.signal.aborted) {
      current = new AbortController();
      try {
        while (document.hidden || !answers.value) await pause(300, over.signal);
        s.onProblem?.(null);
        await listen(s.path, s.resume ? lastId : "", (m) => { lastId = m.id; s.onMessage(m); }, AbortSignal.any([over.signal, current.signal]));
        await pause(1000, over.signal);
      } catch (e) {
        if (over.signal.aborted) return;
        if (!current.signal.aborted) s.onProblem?.(failure(e));
        const again = e instanceof Refused && e.problem.status < 500 ? 15_000 : 2_000;
        await pause(current.signal.aborted ? 0 : again, over.signal).catch(() => {});
      }
    }
  })();
  return () => {
    document.removeEventListener("visibilitychange", seen);
    over.abort(new Error("the page was left"));
  };
}
