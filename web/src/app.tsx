// SPDX-License-Identifier: Apache-2.0

import type { ComponentType } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { said } from "./announce.ts";
import { failure, type Problem } from "./api.ts";
import { ConnectionBar } from "./parts/connection.tsx";
import { Header } from "./parts/header.tsx";
import { Keys } from "./parts/keys.tsx";
import { Login } from "./parts/login.tsx";
import { Nav } from "./parts/nav.tsx";
import { ProblemView } from "./parts/problem.tsx";
import { Waiting } from "./parts/waiting.tsx";
import { pages } from "./pages.ts";
import { place } from "./router.ts";
import { loggedOut, session } from "./store.ts";

const loaded = new Map<string, ComponentType>();

// PageView shows the page of the address, and loads it first if need be.
function PageView() {
  const problem = useSignal<Problem | null>(null);
  const ready = useSignal(0);
  const page = pages.value.find((p) => p.id === place.value.page);
  const id = page?.id ?? "";
  useEffect(() => {
    document.title = `${page?.name ?? "No such page"} · Knot Resolver`;
    problem.value = null;
    if (page && !loaded.has(id)) {
      page.load().then((m) => { loaded.set(id, m.default); ready.value++; }, (e: unknown) => { problem.value = failure(e); });
    }
  }, [id, ready.value]);
  if (!page) return <><h1>No such page</h1><p><a href="#/overview">To the overview</a></p></>;
  if (problem.value) return <ProblemView problem={problem.value}><p><button onClick={() => location.reload()}>Load the page again</button></p></ProblemView>;
  const Show = loaded.get(id);
  return Show ? <Show key={id} /> : <p class="empty">Loading …</p>;
}

export function App({ code }: { code: string }) {
  // What was opened stays below the login form: nothing that was typed is lost.
  const entered = useSignal(false);
  if (session.value?.role && !entered.value) entered.value = true;
  const skip = (e: Event) => {
    e.preventDefault();
    document.getElementById("main")?.focus();
  };
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>Skip to the content</a>
      {/* At the top: below the frame it would make the window higher than what it shows. */}
      <div class="unseen" role="status" aria-live="polite">{said.value}</div>
      <div class="frame">
        <Header />
        <div class="bars"><ConnectionBar /><Waiting /></div>
        <Nav />
        <main class="main" id="main" tabIndex={-1}>{entered.value ? <PageView /> : <h1>Knot Resolver</h1>}</main>
      </div>
      <Keys />
      {loggedOut.value && session.value && <Login code={code} />}
    </>
  );
}
