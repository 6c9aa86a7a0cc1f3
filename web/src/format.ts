// SPDX-License-Identifier: Apache-2.0
// Amounts and times in the words of kresctl.

export function period(seconds: number): string {
  if (!(seconds > 0)) return "0 s";
  if (seconds < 120) return `${Math.floor(seconds)} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} days`;
}

export const ago = (iso: string, now: number): string => period((now - Date.parse(iso)) / 1000) + " ago";

// clock is what is left of a time: 3:41, 1:02:03.
export function clock(seconds: number): string {
  const s = Math.max(0, Math.ceil(seconds));
  const two = (n: number) => String(n).padStart(2, "0");
  const h = Math.floor(s / 3600), m = Math.floor((s % 3600) / 60);
  return h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}

export const took = (seconds: number): string => `${seconds.toFixed(2)} s`;

// bytes as kresctl status has them.
export function bytes(n: number | null | undefined): string {
  if (!n) return "–";
  if (n >= 2 ** 30) return `${(n / 2 ** 30).toFixed(1)}G`;
  return `${(n / 2 ** 20).toFixed(1)}M`;
}

// number has as many digits as tell something, and – for what is not known.
export function number(n: number | null | undefined): string {
  if (n === null || n === undefined || Number.isNaN(n)) return "–";
  const abs = Math.abs(n);
  if (abs >= 1e6) return `${(n / 1e6).toFixed(abs >= 1e7 ? 0 : 1)}M`;
  if (abs >= 1e4) return `${(n / 1e3).toFixed(abs >= 1e5 ? 0 : 1)}k`;
  if (abs >= 100 || Number.isInteger(n)) return n.toFixed(0);
  return n.toFixed(abs >= 10 ? 1 : 2);
}

const two = (n: number): string => String(n).padStart(2, "0");

// timeOfDay and moment are in the reader's time zone.
export function timeOfDay(t: Date): string {
  return `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`;
}

export function moment(iso: string | undefined): string {
  if (!iso) return "–";
  const t = new Date(iso);
  if (Number.isNaN(t.getTime())) return iso;
  return `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())} ${timeOfDay(t)}`;
}

export const shortUnit = (unit: string): string => unit.replace(/\.service$/, "");

export const plural = (n: number, one: string, many = one + "s"): string => `${n} ${n === 1 ? one : many}`;

// visible shows characters that cannot be seen or that turn the direction of a text as
// escapes, as kresctl does on a terminal: Cc, Cf, line and paragraph separators. Line ends
// and tabs stay where keep says so.
export function visible(text: string, keep = false): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\u{fe00}-\u{fe0f}\u{e0100}-\u{e01ef}]|\p{Cs}/gu, (c) => {
    if (c === "\n" || c === "\t" || c === "\r") return keep ? (c === "\r" ? "" : c) : { "\n": "\\n", "\t": "\\t", "\r": "\\r" }[c]!;
    const hex = c.codePointAt(0)!.toString(16);
    return hex.length <= 4 ? "\\u" + hex.padStart(4, "0") : "\\U" + hex.padStart(8, "0");
  });
}
