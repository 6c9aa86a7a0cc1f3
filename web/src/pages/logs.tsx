// SPDX-License-Identifier: Apache-2.0

import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { announce } from "../announce.ts";
import { type Problem, query } from "../api.ts";
import { plural, shortUnit, timeOfDay, visible } from "../format.ts";
import { Copy, Title } from "../parts/basics.tsx";
import { ProblemView } from "../parts/problem.tsx";
import { place } from "../router.ts";
import { status } from "../store.ts";
import { keep } from "../stream.ts";
import type { LogLine } from "../wire.ts";

const kept = 2000, asked = 200;
const levels = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];

type Line = LogLine & { n: number };

// textOf is a line as it is copied.
export const textOf = (l: LogLine): string => `${l.when} ${shortUnit(l.unit)} ${levels[l.priority] ?? l.priority}: ${visible(l.message, true)}`;

const tone = (priority: number): string => (priority <= 3 ? "bad-text" : priority === 4 ? "warn-text" : priority >= 7 ? "muted" : "");

const sizeOf = (b: HTMLElement): string => `${b.clientWidth} ${b.clientHeight}`;

export default function Logs() {
  const unit = useSignal(place.value.parameters.get("unit") ?? "");
  const level = useSignal("info");
  const words = useSignal("");
  const paused = useSignal(false);
  const wrap = useSignal(true);
  const lines = useSignal<Line[]>([]);
  const waiting = useSignal<Line[]>([]); // while it is paused
  const problem = useSignal<Problem | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const size = useRef("");

  useEffect(() => {
    lines.value = [];
    waiting.value = [];
    let n = 0, fresh: Line[] = [], frame = 0;
    // Many lines may come at once; they are shown together.
    const show = () => {
      frame = 0;
      const to = paused.peek() ? waiting : lines;
      to.value = [...to.peek(), ...fresh].slice(-kept);
      fresh = [];
    };
    const stop = keep({
      path: "/v1/logs" + query({ unit: unit.value, priority: level.value, lines: String(asked) }), resume: true,
      onProblem: (p) => { problem.value = p; },
      onMessage: (m) => {
        if (m.kind !== "log") return;
        fresh.push({ ...(JSON.parse(m.data) as LogLine), n: n++ });
        frame ||= window.setTimeout(show, 50);
      },
    });
    return () => { clearTimeout(frame); stop(); };
  }, [unit.value, level.value]);

  // Where lines wrap at another place, the browser scrolls: that is no wish to look at older ones.
  const scrolled = (b: HTMLDivElement) => {
    if (size.current === sizeOf(b)) atEnd.current = b.scrollHeight - b.scrollTop - b.clientHeight < 30;
    else toEnd();
    size.current = sizeOf(b);
  };
  const toEnd = () => {
    const b = box.current;
    if (b && atEnd.current) b.scrollTop = b.scrollHeight;
  };
  useLayoutEffect(toEnd, [lines.value, words.value, wrap.value]);
  useEffect(() => {
    const sized = new ResizeObserver(() => {
      if (box.current) scrolled(box.current);
    });
    sized.observe(box.current!);
    return () => sized.disconnect();
  }, []);

  const shown = useComputed(() => {
    const w = words.value.toLowerCase();
    return w ? lines.value.filter((l) => `${l.unit} ${l.message}`.toLowerCase().includes(w)) : lines.value;
  });
  const pause = () => {
    paused.value = !paused.value;
    announce(paused.value ? "Paused." : "Goes on.");
    if (!paused.value) {
      lines.value = [...lines.value, ...waiting.value].slice(-kept);
      waiting.value = [];
    }
  };
  const units = [...(status.value?.units ?? []).map((u) => u.unit), "kresd-manager.service"];
  if (unit.value && !units.includes(unit.value)) units.push(unit.value);
  return (
    <>
      <Title>Logs</Title>
      <div class="row form">
        <div class="field"><label for="log-unit">Unit</label><select id="log-unit" value={unit.value} onChange={(e) => { unit.value = e.currentTarget.value; }}><option value="">all</option>{units.map((u) => <option key={u} value={u}>{shortUnit(u)}</option>)}</select></div>
        <div class="field"><label for="log-level">Level, at least</label><select id="log-level" value={level.value} onChange={(e) => { level.value = e.currentTarget.value; }}>{levels.slice(2).map((l) => <option key={l} value={l}>{l}</option>)}</select></div>
        <div class="field"><label for="log-words">Filter</label><input id="log-words" data-search type="search" value={words.value} onInput={(e) => { words.value = e.currentTarget.value; }} /></div>
        <div class="row">
          <button aria-pressed={paused.value} onClick={pause}>{paused.value ? `Go on${waiting.value.length > 0 ? ` (${waiting.value.length} new)` : ""}` : "Pause"}</button>
          <button aria-pressed={wrap.value} onClick={() => { wrap.value = !wrap.value; }}>Wrap lines</button>
          <Copy label="Copy what is shown" text={() => shown.value.map(textOf).join("\n")} />
        </div>
      </div>
      {problem.value && <ProblemView problem={problem.value} />}
      <div class={`log ${wrap.value ? "" : "unwrapped"}`} ref={box} tabIndex={0} role="log" aria-label="Log" aria-live="off"
        onScroll={(e) => scrolled(e.currentTarget)}>
        {shown.value.length === 0 && <p class="empty">Nothing has been logged{unit.value && ` by ${shortUnit(unit.value)}`} at this level.</p>}
        {shown.value.map((l) => (
          <div key={l.n} class={`line ${tone(l.priority)}`}>
            <time dateTime={l.when}>{timeOfDay(new Date(l.when))}</time> <span class="who">{shortUnit(l.unit)}</span> <span class="level">{levels[l.priority] ?? l.priority}</span> <span class="said">{visible(l.message, true)}</span>
          </div>
        ))}
      </div>
      <p class="muted">{plural(shown.value.length, "line")}, the newest last; at most {kept} are kept here.</p>
    </>
  );
}
