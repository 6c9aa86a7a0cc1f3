// SPDX-License-Identifier: Apache-2.0
// What the schema of the configuration says of a key.

import { escapeToken, tokensOf } from "./pointer.ts";

export interface Schema {
  type?: string | string[];
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, Schema>;
  patternProperties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  $ref?: string;
  $defs?: Record<string, Schema>;
  pattern?: string;
  minimum?: number;
  maximum?: number;
}

function resolve(s: Schema | undefined, root: Schema): Schema | undefined {
  const name = s?.$ref?.replace(/^#\/\$defs\//, "");
  return name ? root.$defs?.[name] : s;
}

// variants are a schema and all that it may be instead.
function variants(s: Schema | undefined, root: Schema): Schema[] {
  const found = resolve(s, root);
  if (!found) return [];
  return [found, ...(found.anyOf ?? []).flatMap((v) => variants(v, root)), ...(found.oneOf ?? []).flatMap((v) => variants(v, root))];
}

function step(s: Schema, token: string, root: Schema): Schema[] {
  return variants(s, root).flatMap((v) => {
    const own = v.properties?.[token];
    if (own) return [own];
    if (v.items && /^(\d+|-|\*)$/.test(token)) return [v.items];
    const pattern = Object.entries(v.patternProperties ?? {}).find(([p]) => new RegExp(p, "u").test(token));
    if (pattern) return [pattern[1]];
    return typeof v.additionalProperties === "object" ? [v.additionalProperties] : [];
  });
}

// lookUp is the schema of a pointer, and undefined for a key that there is not.
export function lookUp(root: Schema, pointer: string): Schema | undefined {
  let now: Schema[] = [root];
  for (const token of tokensOf(pointer)) now = now.flatMap((s) => step(s, token, root));
  return resolve(now[0], root);
}

export interface Known { key: string; pointer: string; schema: Schema }

// keysOf are the keys that a section may have, in the order of the schema.
export function keysOf(root: Schema, pointer: string): Known[] {
  const s = lookUp(root, pointer);
  const found = new Map<string, Known>();
  for (const v of variants(s, root)) {
    for (const [key, schema] of Object.entries(v.properties ?? {})) {
      if (!found.has(key)) found.set(key, { key, pointer: `${pointer}/${escapeToken(key)}`, schema: resolve(schema, root) ?? {} });
    }
  }
  return [...found.values()];
}

// wordsOf are the values that a key may have, as far as they are words.
export function wordsOf(root: Schema, pointer: string): string[] {
  const words = new Set<string>();
  for (const v of variants(lookUp(root, pointer), root)) {
    for (const e of v.enum ?? []) if (e !== null) words.add(String(e));
    if (v.const !== undefined && v.const !== null) words.add(String(v.const));
    if ([v.type].flat().includes("boolean")) words.add("true").add("false");
    if (["string", "number", "boolean"].includes(typeof v.default)) words.add(String(v.default));
  }
  return [...words];
}

export const isSection = (root: Schema, k: Known): boolean => keysOf(root, k.pointer).length > 0;
export const isList = (root: Schema, pointer: string): boolean => variants(lookUp(root, pointer), root).some((v) => v.items !== undefined);

// search are the keys with all words in their pointer or description.
export function search(root: Schema, words: string, most = 200): Known[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const found: Known[] = [];
  const walk = (pointer: string, depth: number) => {
    for (const k of keysOf(root, pointer)) {
      if (found.length >= most) return;
      const text = `${k.pointer} ${k.schema.description ?? ""}`.toLowerCase();
      if (wanted.every((w) => text.includes(w))) found.push(k);
      if (depth < 8) walk(k.pointer, depth + 1);
      if (depth < 8 && isList(root, k.pointer)) walk(`${k.pointer}/*`, depth + 1);
    }
  };
  walk("", 0);
  return found;
}
