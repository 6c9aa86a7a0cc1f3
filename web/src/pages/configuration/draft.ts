// SPDX-License-Identifier: Apache-2.0
// The text that is being written. It stays while other pages are looked at, and over a login.

import { batch, computed, signal } from "@preact/signals";
import { ask, get, Refused } from "../../api.ts";
import { may } from "../../store.ts";
import type { Files } from "../../wire.ts";
import type { Schema } from "./schema.ts";

export const base = signal<string | null>(null); // what was read
export const baseTag = signal(""); // the ETag of what ran then
export const text = signal(""); // what is being written
export const from = signal(""); // the file that base has the comments of, or ""
export const tag = signal(""); // of what that file held
export const crlf = signal(false); // that its lines end in, which an editor does not keep
export const changed = computed(() => base.value !== null && text.value !== base.value);
export const version = signal(0); // counts how often the text was read
export const schema = signal<Schema | null>(null);

const mostKept = 300_000; // characters; the manager keeps 1 MiB

const plainTag = (header: string): string => header.replace(/^W\//, "").replace(/^"|"$/g, "").replace(/-(yaml|toml)$/, "");

// readFiles are the files, or null where the manager shows none.
export async function readFiles(): Promise<Files | null> {
  if (!may("configure")) return null;
  try {
    return await get<Files>("/v1/files");
  } catch (e) {
    if (e instanceof Refused && [403, 404, 405].includes(e.problem.status)) return null;
    throw e;
  }
}

// keptFor are the parameters of a change that have the manager keep the text as it was written,
// for the file from which it was made. That the file was saved meanwhile is no edit of it.
export async function keptFor(): Promise<Record<string, string>> {
  if (!from.value || text.value.length > mostKept) return {};
  const one = (await readFiles())?.files?.[0];
  if (one?.tag && one.text.replaceAll("\r\n", "\n") === base.value?.replaceAll("\r\n", "\n")) tag.value = one.tag;
  return tag.value ? { "keep-text": tag.value } : {};
}

// toSend is the text with the line ends of the file.
export const toSend = (): string => (crlf.value ? text.value.replace(/\r?\n/g, "\r\n") : text.value);

// read takes the text that stands for what runs: that of the file, with its comments, if it
// is one file of YAML, and otherwise the configuration as YAML. What was typed while it was
// asked for stays, unless it is to be dropped.
export async function read(drop = false): Promise<void> {
  const [running, files] = await Promise.all([ask("GET", "/v1/config", { headers: { Accept: "application/yaml" } }), readFiles()]);
  if (!schema.value) schema.value = await get<Schema>("/schema");
  const one = files?.files?.length === 1 ? files.files[0]! : null;
  const kept = one && one.format === "yaml" && !one.fault ? (one.saved ?? one.text) : null;
  if (!drop && changed.peek()) return;
  batch(() => {
    base.value = text.value = kept ?? running.body;
    from.value = kept === null ? "" : one!.path;
    tag.value = kept === null ? "" : one!.tag ?? "";
    crlf.value = kept?.includes("\r\n") ?? false;
    version.value++;
    baseTag.value = plainTag(running.headers["etag"] ?? "");
  });
}
