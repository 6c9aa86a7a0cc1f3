// SPDX-License-Identifier: Apache-2.0
// Builds the pages: node build.mjs [FOLDER], which is dist unless it is named. The same
// sources and packages give the same bytes.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
process.chdir(here); // paths in what is built do not depend on the caller
const out = process.argv[2] ?? "dist";

rmSync(out, { recursive: true, force: true });
mkdirSync(join(out, "assets"), { recursive: true });

// put writes a file packed, as it is served. Only what is in it is the same everywhere: the
// packed bytes depend on the version of zlib.
const put = (name, contents) => writeFileSync(join(out, name + ".gz"), gzipSync(contents, { level: 9 }));

const { outputFiles, metafile } = await build({
  entryPoints: { main: "src/main.tsx", style: "src/style/main.css" },
  outdir: "dist/assets",
  bundle: true,
  splitting: true,
  format: "esm",
  target: ["chrome123", "firefox120", "safari17.5"],
  minify: true,
  jsx: "automatic",
  jsxImportSource: "preact",
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  legalComments: "none", // licences.txt has them
  metafile: true,
  write: false,
  logLevel: "warning",
});

// inDist is the path of an output below the folder.
const inDist = (path) => path.replace(/^.*dist\//, "");
for (const f of outputFiles) put(inDist(f.path), f.contents);

// output is the file that was made of a source.
const output = (source) => {
  const found = Object.entries(metafile.outputs).find(([, o]) => o.entryPoint === source);
  if (!found) throw new Error(`nothing was made of ${source}`);
  return { name: inDist(found[0]), imports: found[1].imports.filter((i) => i.kind === "import-statement").map((i) => inDist(i.path)) };
};

const icon = readFileSync("src/icon.svg");
const iconName = `assets/icon-${createHash("sha256").update(icon).digest("hex").slice(0, 8)}.svg`;
put(iconName, icon);

const script = output("src/main.tsx");
const style = output("src/style/main.css").name;
// first is the page that is opened without another address. It is fetched beside the rest.
const first = output("src/pages/overview.tsx");
const early = [...new Set([...script.imports, first.name, ...first.imports])].filter((n) => n !== script.name);

// page is the document. The manager serves index.html, Cockpit cockpit.html: it has the
// script of Cockpit before ours.
const page = (before) => `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Knot Resolver</title>
<link rel="icon" href="${iconName}" type="image/svg+xml">
<link rel="stylesheet" href="${style}">
${before}${early.map((i) => `<link rel="modulepreload" href="${i}">\n`).join("")}<script type="module" src="${script.name}"></script>
</head>
<body>
<div id="app"><noscript><p>These pages need JavaScript. kresctl does the same without.</p></noscript></div>
</body>
</html>
`;
put("index.html", page(""));
put("cockpit.html", page(`<script src="../base1/cockpit.js"></script>\n`));

put("licences.txt", licences(Object.keys(metafile.inputs)));

// licences is the text of the licence of each package of which something is in the output.
function licences(inputs) {
  const folders = new Set();
  for (const i of inputs) {
    const found = /^(node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(i);
    if (found) folders.add(found[1]);
  }
  const parts = [...folders].sort().map((folder) => {
    const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).sort().find((n) => /^licen[cs]e/i.test(n) && statSync(join(folder, n)).isFile());
    if (!file) throw new Error(`${folder} has no text of its licence`);
    const line = "-".repeat(72);
    return `${line}\n${about.name} ${about.version}: ${about.license}\n${line}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
  });
  return `The pages are part of kresd-manager, under the Apache License, Version 2.0.\nThey contain code of these packages:\n\n${parts.join("\n")}`;
}
