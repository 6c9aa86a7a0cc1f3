// SPDX-License-Identifier: Apache-2.0
// The parts of an OpenAPI document that are shown.

export interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  items?: Schema;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  required?: string[];
  description?: string;
  anyOf?: Schema[];
}
interface Media { schema?: Schema }
interface Answer { $ref?: string; description?: string; content?: Record<string, Media> }
export interface Operation {
  summary?: string;
  description?: string;
  tags?: string[];
  parameters?: { name: string; in: string; description?: string; required?: boolean }[];
  requestBody?: { description?: string; content: Record<string, Media> };
  responses: Record<string, Answer>;
  "x-role"?: string;
}
export interface Document {
  openapi: string;
  info: { title: string; version: string; description?: string };
  tags: { name: string; description?: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; responses: Record<string, Answer> };
}

// typeOf is a type in a few words.
export function typeOf(s: Schema | undefined): string {
  if (!s) return "";
  if (s.$ref) return s.$ref.split("/").pop()!;
  if (s.anyOf) return s.anyOf.map(typeOf).join(" or ");
  if (s.enum) return s.enum.map((v) => JSON.stringify(v)).join(" | ");
  const names = [s.type ?? "any"].flat();
  return names.map((t) => (t === "array" ? `list of ${typeOf(s.items) || "any"}` : t === "object" && typeof s.additionalProperties === "object" ? `object of ${typeOf(s.additionalProperties)}` : t)).join(" or ");
}

// example is a request as curl sends it over the unix socket.
export function example(d: Document, method: string, path: string, o: Operation): string {
  const parts = ["curl", "--unix-socket /run/knot-resolver/kres-api.sock"];
  if (method !== "get") parts.push(`-X ${method.toUpperCase()}`);
  const json = o.requestBody?.content["application/json"];
  if (json) {
    const name = json.schema?.$ref?.split("/").pop(), schema = name ? d.components.schemas[name] : json.schema;
    const first = Object.entries(schema?.properties ?? {}).find(([k]) => schema?.required?.includes(k)) ?? Object.entries(schema?.properties ?? {}).find(([, s]) => s.type === "string");
    parts.push(first ? `--json '{"${first[0]}": …}'` : "--json …");
  }
  parts.push(`http://localhost${path.replaceAll(/\{(\w+)\}/g, (_m, n: string) => n.toUpperCase())}`);
  return parts.join(" ");
}
