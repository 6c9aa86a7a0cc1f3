// SPDX-License-Identifier: Apache-2.0
// A chart over time: drawn, summed up in words, and to be read as a table.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { number, timeOfDay } from "../format.ts";
import { type Columns, last, minutes, spread } from "../metrics.ts";
import { Scroll } from "../parts/basics.tsx";

export interface Line { name: string; label: string }
// Mark is a time at which something was applied.
export interface Mark { when: number; label: string }

export interface ChartProps {
  id: string;
  title: string;
  unit: string;
  lines: Line[];
  columns: Columns;
  marks: Mark[];
  stacked?: boolean;
}

const dashes = [[], [6, 3], [2, 3], [10, 3, 2, 3], [4, 2], [1, 2]];
const height = 190, shownSeconds = 900;

export function Chart(p: ChartProps) {
  const table = useSignal(false);
  const lines = p.lines.filter((l) => p.columns.series[l.name]?.some((v) => v !== null));
  return (
    <figure class="panel chart" aria-labelledby={p.id}>
      <header>
        <h2 id={p.id}>{p.title} <small class="muted">{p.unit.trim().replace("/s", "per second")}</small></h2>
        <button class="quiet" aria-expanded={table.value} onClick={() => { table.value = !table.value; }}>{table.value ? "As a chart" : "As a table"}</button>
      </header>
      {table.value ? <Table {...p} lines={lines} /> : lines.length > 0 ? <Drawing {...p} lines={lines} key={lines.map((l) => l.name).join()} /> : <div class="plot" />}
      <figcaption class="muted">{summary(p, lines)}</figcaption>
    </figure>
  );
}

// summary says in words what is to be seen.
export function summary(p: ChartProps, lines: Line[]): string {
  const parts = lines.flatMap((l) => {
    const s = spread(p.columns.series[l.name] ?? []);
    return s ? [`${l.label} ${number(s.now)}${p.unit} (${number(s.least)}–${number(s.most)})`] : [];
  });
  if (parts.length === 0) return "Nothing has been counted yet.";
  const first = p.columns.when[0]!, span = Math.round((p.columns.when.at(-1)! - first) / 60);
  const marks = p.marks.filter((m) => m.when >= first);
  return `Now, and the range of ${span < 2 ? "the last minutes" : `the last ${span} minutes`}: ${parts.join(", ")}.` +
    (marks.length > 0 ? ` Marks: ${marks.map((m) => `${m.label} at ${timeOfDay(new Date(m.when * 1000))}`).join(", ")}.` : "");
}

function Table({ columns, lines, unit, title }: ChartProps) {
  return (
    <Scroll label={title}>
      <table>
        <thead><tr><th scope="col">Minute</th>{lines.map((l) => <th key={l.name} scope="col" class="num">{l.label}{unit && ` (${unit.trim()})`}</th>)}</tr></thead>
        <tbody>
          {minutes(columns, lines.map((l) => l.name)).map((m) => (
            <tr key={m.when}><th scope="row" class="nowrap">{timeOfDay(new Date(m.when * 1000)).slice(0, 5)}</th>{m.values.map((v, i) => <td key={i} class="num">{number(v)}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

// cumulate gives the upper edges of stacked areas, the outermost first, so that those
// inside are drawn over it.
export function cumulate(columns: (number | null)[][]): (number | null)[][] {
  const sums: (number | null)[][] = [];
  columns.forEach((c, k) => sums.push(c.map((v, i) => (v === null ? null : v + (k > 0 ? (sums[k - 1]![i] ?? 0) : 0)))));
  return sums.reverse();
}

function Drawing({ lines, columns, unit, marks, stacked, title }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const legend = useRef<HTMLUListElement>(null);
  const plot = useRef<uPlot | null>(null);
  const marked = useRef(marks);
  marked.current = marks;

  const data = (): uPlot.AlignedData => {
    const all = lines.map((l) => columns.series[l.name] ?? []);
    return [columns.when, ...(stacked ? cumulate(all) : all)] as uPlot.AlignedData;
  };

  useEffect(() => {
    const at = box.current!;
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(options(at, legend.current!, lines, Boolean(stacked), marked), data(), at);
    };
    draw();
    const sized = new ResizeObserver(() => plot.current?.setSize({ width: at.clientWidth, height }));
    sized.observe(at);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", draw);
    return () => {
      sized.disconnect();
      scheme.removeEventListener("change", draw);
      plot.current?.destroy();
      plot.current = null;
    };
  }, []);
  useEffect(() => { plot.current?.setData(data()); }, [columns, marks]);

  return (
    <>
      <div ref={box} class="plot" role="img" aria-label={`Chart: ${title}`} />
      <ul ref={legend} class="legend">
        {lines.map((l, i) => (
          <li key={l.name}>
            <svg viewBox="0 0 24 8" class={`${stacked ? "area" : "line"}${i + 1}`} aria-hidden="true">
              {stacked ? <rect width="24" height="8" fill="currentColor" /> : <path d="M0 4h24" stroke="currentColor" stroke-width="2.5" stroke-dasharray={dashes[i % dashes.length]!.join(" ")} />}
            </svg>
            {l.label} <b>{number(last(columns, l.name))}{unit}</b>
          </li>
        ))}
      </ul>
    </>
  );
}

function options(at: HTMLElement, legend: HTMLElement, lines: Line[], stacked: boolean, marks: { current: Mark[] }): uPlot.Options {
  // Colours are taken from what is drawn beside the chart: a canvas knows no variables.
  const colors = [...legend.querySelectorAll("svg")].map((s) => getComputedStyle(s).color);
  const style = getComputedStyle(at), text = style.color, faint = style.borderBottomColor, ground = style.outlineColor;
  const font = `12px ${style.fontFamily}`;
  const axis = { stroke: text, font, grid: { stroke: faint, width: 1 }, ticks: { stroke: faint, width: 1 } };
  const order = lines.map((_, i) => (stacked ? lines.length - 1 - i : i));
  return {
    width: at.clientWidth, height, legend: { show: false }, padding: [8, 22, 0, 0],
    cursor: { show: false },
    scales: { x: { time: true, range: (_u, _min, max) => [max - shownSeconds, max] }, y: { range: (_u, _min, max) => [0, stacked ? 100 : Math.max(max * 1.1, 1)] } },
    axes: [
      { ...axis, values: (_u, ticks) => ticks.map((t) => timeOfDay(new Date(t * 1000)).slice(0, 5)), space: 70, size: 28 },
      { ...axis, size: 46, values: (_u, ticks) => ticks.map((t) => number(t)) },
    ],
    series: [{}, ...order.map((i) => ({
      stroke: stacked ? ground : colors[i], width: 2, points: { show: false },
      ...(stacked ? { fill: colors[i] } : { dash: dashes[i % dashes.length] }),
    }))],
    hooks: {
      draw: [(u) => {
        const ctx = u.ctx, ratio = devicePixelRatio;
        ctx.save();
        ctx.strokeStyle = ctx.fillStyle = text;
        ctx.font = `${12 * ratio}px ${style.fontFamily}`;
        ctx.lineWidth = 1.5 * ratio;
        ctx.setLineDash([4 * ratio, 3 * ratio]);
        for (const m of marks.current) {
          const x = u.valToPos(m.when, "x", true);
          if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) continue;
          ctx.beginPath();
          ctx.moveTo(x, u.bbox.top);
          ctx.lineTo(x, u.bbox.top + u.bbox.height);
          ctx.stroke();
          ctx.fillText(m.label.replace(/^change /, ""), x + 3 * ratio, u.bbox.top + 11 * ratio);
        }
        ctx.restore();
      }],
    },
  };
}
