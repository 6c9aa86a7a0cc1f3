// SPDX-License-Identifier: Apache-2.0

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { announce } from "../announce.ts";
import { failure, type Problem } from "../api.ts";
import { act, byState, type FleetStatus, type Host, plans, readFleet, rings, type Verb } from "../fleet.ts";
import { plural } from "../format.ts";
import { Ago, Dialog, Loading, Panel, Scroll, Tag, Text, Title } from "../parts/basics.tsx";
import { ProblemView } from "../parts/problem.tsx";
import { may } from "../store.ts";
import type { Tone } from "../health.ts";

const every = 5_000, named = 12;

const tones: Record<string, Tone> = { ok: "good", failed: "bad", unhealthy: "bad", stuck: "bad", refused: "bad", away: "warn", drifted: "warn", blocked: "warn", inconclusive: "warn", held: "warn" };
const signs: Record<string, string> = { ok: "✓", planned: "○", applying: "↻", soaking: "◷", reverting: "↶", reverted: "↶", away: "?", held: "‖" };
const stateOf = (h: Host): string => (h.alive ? h.state : "away");
const goesOn = ["preflight", "rolling", "soaking"];

function State({ name, children }: { name: string; children?: preact.ComponentChildren }) {
  return <Tag tone={tones[name] ?? ""} sign={signs[name]}>{!tones[name] && <span aria-hidden="true">{signs[name] ?? "·"}</span>}{children ?? name}</Tag>;
}

export default function Fleet() {
  const status = useSignal<FleetStatus | null>(null);
  const hosts = useSignal<Host[]>([]);
  const problem = useSignal<Problem | null>(null);
  const asking = useSignal<Verb | null>(null);
  const words = useSignal("");
  const read = () => readFleet().then(([s, h]) => { status.value = s; hosts.value = h; problem.value = null; }, (e: unknown) => { problem.value = failure(e); });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined, left = false;
    const again = async () => { // a store that is away takes its time to say so
      if (!document.hidden) await read();
      if (!left) timer = setTimeout(again, every);
    };
    void again();
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, []);

  const s = status.value, r = s?.rollout;
  const found = hosts.value.filter((h) => `${h.id} ${stateOf(h)} ${h.reason ?? ""} ${Object.entries(h.tags ?? {}).map((t) => t.join("=")).join(" ")}`.toLowerCase().includes(words.value.toLowerCase()));
  return (
    <>
      <Title>Fleet</Title>
      {problem.value && <ProblemView problem={problem.value}><p>{s && "What is below may be old. "}It is tried again every {every / 1000} seconds.</p></ProblemView>}
      {!s && !problem.value && <Loading what="the fleet" />}
      {s && (
        <Panel id="rollout" title={r ? <>Rollout {r.id}: {r.phase}</> : "No rollout has begun yet"}>
          {r && <p>Release <code>{r.release.slice(0, 12)}</code> (sequence {r.sequence}), by <Text of={r.by} />{r.why && <>: <Text of={r.why} /></>}</p>}
          {r && <p>{s.hosts.on} of {plural(s.hosts.hosts, "host")} have it; {s.hosts["in-flight"]} in flight, {s.hosts.ready} ready, {s.hosts.failed} failed, {s.hosts.missing} away, {s.hosts.held} held</p>}
          {s.leader && <p class="muted"><Text of={s.leader} /> leads</p>}
          {(s.why ?? []).length > 0 && <div class="note"><h3>Why it stands where it stands</h3><ul>{(s.why ?? []).map((w, i) => <li key={i}><Text of={w} /></li>)}</ul></div>}
          {r && may("configure") && (
            <div class="row">
              {goesOn.includes(r.phase) && <button onClick={() => { asking.value = "pause"; }}>Pause …</button>}
              {r.phase === "paused" && <button onClick={() => { asking.value = "resume"; }}>Resume …</button>}
              {r.phase !== "reverting" && r.phase !== "reverted" && <button class="danger" onClick={() => { asking.value = "revert"; }}>Revert …</button>}
            </div>
          )}
        </Panel>
      )}
      {asking.value && <Ask verb={asking.value} onClose={() => { asking.value = null; }} onDone={() => void read()} />}
      {hosts.value.length > 0 && (
        <div class="charts">
          {rings(r?.policy, hosts.value).map((ring, i) => (
            <Panel key={i} id={`ring-${i}`} title={<>{i < (r?.policy.rings.length ?? 0) && `Ring ${i + 1}: `}<Text of={ring.name !== "*" ? ring.name : i === 0 ? "all hosts" : "all others"} /> <small class="muted">{plural(ring.hosts.length, "host")}</small></>}>
              <ul class="squares" aria-label={`Hosts of ring ${ring.name}`}>{ring.hosts.map((h) => <li key={h.id} class={tones[stateOf(h)] ?? ""} title={`${h.id}: ${stateOf(h)}${h.reason ? `, ${h.reason}` : ""}`}><span aria-hidden="true">{signs[stateOf(h)] ?? ({ bad: "✗", warn: "▲", good: "✓" }[tones[stateOf(h)] ?? "none" as Tone] ?? "·")}</span><span class="unseen">{h.id}: {stateOf(h)}</span></li>)}</ul>
              <p class="row">{byState(ring.hosts).map(([name, n]) => <State key={name} name={name}>{n} {name}</State>)}</p>
            </Panel>
          ))}
        </div>
      )}
      {plans(hosts.value).length > 0 && (
        <Panel id="plans" title="Plans: hosts that would do the same">
          <ul class="plain">{plans(hosts.value).map((p) => <li key={p.plan}>{plural(p.hosts.length, "host")}: <code title={p.plan}><Text of={p.plan.slice(0, 12)} /></code> <span class="muted"><Text of={p.hosts.slice(0, named).map((h) => h.id).join(", ")} />{p.hosts.length > named && ` and ${p.hosts.length - named} more`}</span></li>)}</ul>
        </Panel>
      )}
      {hosts.value.length > 0 && (
        <Panel id="hosts" title="Hosts">
          <div class="field"><label for="host-search">Filter</label><input id="host-search" data-search type="search" placeholder="name, state, tag" value={words.value} onInput={(e) => { words.value = e.currentTarget.value; }} /></div>
          <Scroll label="Hosts">
            <table>
              <thead><tr><th scope="col">Host</th><th scope="col">State</th><th scope="col">Release</th><th scope="col">Since</th><th scope="col">Tags</th><th scope="col">Reason</th><th scope="col">Edited locally</th></tr></thead>
              <tbody>
                {found.slice(0, 500).map((h) => (
                  <tr key={h.id}>
                    <th scope="row"><Text of={h.id} /></th><td><State name={stateOf(h)} /></td><td class="mono">{h.release ? `${h.release.slice(0, 12)}${h.sequence ? ` (${h.sequence})` : ""}` : "–"}</td><td class="nowrap"><Ago at={h.since} /></td>
                    <td><Text of={Object.entries(h.tags ?? {}).map((t) => t.join("=")).join(" ")} /></td><td><Text of={h.reason} /></td><td class="mono"><Text of={(h.drift ?? []).join(" ")} /></td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
          {found.length > 500 && <p class="muted">The first 500 of {found.length}; filter for others.</p>}
        </Panel>
      )}
    </>
  );
}

const about: Record<Verb, string> = {
  pause: "No further host starts. Those that have started go on to their end.",
  resume: "Hosts start again. What it was paused for pauses it again unless that is gone.",
  revert: "All hosts go back to the release that they had before, not more at a time than the policy allows.",
};

function Ask({ verb, onClose, onDone }: { verb: Verb; onClose: () => void; onDone: () => void }) {
  const why = useSignal(""), busy = useSignal(false), problem = useSignal<Problem | null>(null);
  async function submit(e: Event) {
    e.preventDefault();
    busy.value = true;
    try {
      announce((await act(verb, why.value.trim())).trim());
      onDone();
      onClose();
    } catch (x) {
      problem.value = failure(x);
    } finally {
      busy.value = false;
    }
  }
  return (
    <Dialog title={`${verb[0]!.toUpperCase()}${verb.slice(1)} the rollout?`} onClose={onClose}>
      <p>{about[verb]}</p>
      <form class="stack" onSubmit={submit}>
        {verb !== "resume" && <div class="field"><label for="fleet-why">Reason</label><input id="fleet-why" type="text" value={why.value} onInput={(e) => { why.value = e.currentTarget.value; }} /></div>}
        {problem.value && <ProblemView problem={problem.value} />}
        <div class="row"><button class={verb === "revert" ? "danger" : "primary"} disabled={busy.value}>{verb[0]!.toUpperCase() + verb.slice(1)}</button><button type="button" onClick={onClose}>Cancel</button></div>
      </form>
    </Dialog>
  );
}
