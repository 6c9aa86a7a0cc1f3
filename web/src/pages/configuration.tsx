// SPDX-License-Identifier: Apache-2.0

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { failure, type Problem } from "../api.ts";
import { Title } from "../parts/basics.tsx";
import { ProblemView } from "../parts/problem.tsx";
import { Tabs } from "../parts/tabs.tsx";
import { go, link, place } from "../router.ts";
import { base, changed, read } from "./configuration/draft.ts";
import { Edit } from "./configuration/edit.tsx";
import { Files } from "./configuration/files.tsx";
import { status } from "../store.ts";

const tabs = [{ id: "edit", name: "Edit" }, { id: "files", name: "File and running" }];

export default function Configuration() {
  const problem = useSignal<Problem | null>(null);
  const now = place.value.rest[0] === "files" ? "files" : "edit";
  useEffect(() => {
    if (base.value === null || !changed.value) read().catch((e: unknown) => { problem.value = failure(e); });
    const leave = (e: BeforeUnloadEvent) => { if (changed.peek()) e.preventDefault(); };
    window.addEventListener("beforeunload", leave);
    return () => window.removeEventListener("beforeunload", leave);
  }, []);
  return (
    <>
      <Title side={status.value?.file && <span class="muted mono">{status.value.file}</span>}>Configuration</Title>
      {problem.value && <ProblemView problem={problem.value} />}
      <Tabs label="Configuration" tabs={tabs} now={now} onTab={(id) => go(link("configuration", id === "edit" ? [] : [id]))}>{now === "edit" ? <Edit /> : <Files />}</Tabs>
    </>
  );
}
