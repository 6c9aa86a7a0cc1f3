// SPDX-License-Identifier: Apache-2.0

import { render } from "preact";
import { App } from "./app.tsx";
import { inCockpit } from "./api.ts";
import { fleetRuns } from "./fleet.ts";
import { showFleet } from "./pages.ts";
import { codeInAddress } from "./parts/login.tsx";
import { begin } from "./store.ts";

// likeCockpit takes over the light or dark of Cockpit, which people choose there.
function likeCockpit(): void {
  const set = () => {
    let style: string | null = null;
    try {
      style = localStorage.getItem("shell:style");
    } catch { /* as the system has it */ }
    if (style === "light" || style === "dark") document.documentElement.dataset["scheme"] = style;
    else delete document.documentElement.dataset["scheme"];
  };
  set();
  window.addEventListener("storage", (e) => { if (e.key === "shell:style") set(); });
  window.addEventListener("cockpit-style", set);
}

if (inCockpit) {
  document.documentElement.dataset["shell"] = "cockpit";
  likeCockpit();
  fleetRuns().then((runs) => { if (runs) showFleet(); }, () => {});
}
const code = codeInAddress();
begin();
const root = document.getElementById("app")!;
root.replaceChildren();
render(<App code={code} />, root);
