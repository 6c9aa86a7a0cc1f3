// SPDX-License-Identifier: Apache-2.0
// The place in the pages, which is what follows # in the address: page, rest, parameters.

import { signal } from "@preact/signals";

export interface Place { page: string; rest: string[]; parameters: URLSearchParams }

export function parse(hash: string): Place {
  const [path = "", search = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [page = "", ...rest] = path.split("/").map((p) => {
    try {
      return decodeURIComponent(p);
    } catch {
      return p;
    }
  });
  return { page: page || "overview", rest: rest.filter(Boolean), parameters: new URLSearchParams(search) };
}

export const place = signal(parse(typeof location === "undefined" ? "" : location.hash));

// link is the address of a page.
export function link(page: string, rest: (string | number)[] = [], parameters: Record<string, string> = {}): string {
  const search = new URLSearchParams(parameters).toString();
  return "#/" + [page, ...rest.map((r) => encodeURIComponent(String(r)))].join("/") + (search && "?" + search);
}

export function go(to: string): void {
  location.hash = to;
}

if (typeof window !== "undefined") window.addEventListener("hashchange", () => { place.value = parse(location.hash); });
