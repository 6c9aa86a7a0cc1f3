// SPDX-License-Identifier: Apache-2.0
// Runs the unit tests: node test.mjs. They are bundled first, because Node.js 20 reads no
// TypeScript.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

process.chdir(dirname(fileURLToPath(import.meta.url)));
const out = mkdtempSync(join(tmpdir(), "kres-pages-"));
try {
  const tests = readdirSync("test").filter((n) => n.endsWith(".test.ts"));
  await build({
    entryPoints: tests.map((n) => join("test", n)), outdir: out, outExtension: { ".js": ".mjs" },
    bundle: true, format: "esm", platform: "node", jsx: "automatic", jsxImportSource: "preact", logLevel: "warning", sourcemap: "inline",
  });
  const ran = spawnSync(process.execPath, ["--enable-source-maps", "--test", out], { stdio: "inherit" });
  process.exitCode = ran.status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
