// SPDX-License-Identifier: Apache-2.0

import { useSignal } from "@preact/signals";
import { health } from "../health.ts";
import { connection, now, session, status } from "../store.ts";
import { whoIs } from "../who.ts";
import { Tag, Text } from "./basics.tsx";
import { Login, logOut } from "./login.tsx";

const words = { connecting: "connecting", up: "connected", away: "disconnected", ended: "manager ended", asleep: "paused", refused: "refused" };

export function Header() {
  const s = status.value, me = session.value;
  const asking = useSignal(false);
  const h = s && health(s, now.value);
  const up = connection.value.state === "up";
  return (
    <header class="head">
      <a class="name" href="#/overview">
        <svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="7" fill="#17456b" /><path d="M9 7v18M9 17l12-10M13.5 13.5 22 25" fill="none" stroke="#fff" stroke-width="3.4" stroke-linecap="round" stroke-linejoin="round" /></svg>
        Knot Resolver
      </a>
      <div class="state">
        {s && h
          ? <><Tag tone={h.tone} sign={h.sign}><strong>{s.state}</strong></Tag><span class="sentence"><Text of={h.sentence} /></span></>
          : <span class="muted">{up ? "not known" : words[connection.value.state] + (connection.value.state === "refused" ? "" : " …")}</span>}
      </div>
      <div class="facts">
        {s?.generation && <span>generation <b class="mono" title={s.generation}>{s.generation.slice(0, 8)}</b></span>}
        {me && me.role && <span>{me.who && <><Text of={me.name || whoIs(me.who)} />, </>}role <b>{me.role}</b></span>}
        <span><Tag tone={up ? "good" : connection.value.state === "connecting" ? "" : "warn"} sign={up ? "●" : "○"}>{words[connection.value.state]}</Tag></span>
        {me && !me.session && me.login === "token" && me.role && <button class="quiet" onClick={() => { asking.value = true; }}>Log in</button>}
        {me?.session && <button class="quiet" onClick={() => { logOut().catch(() => {}); }}>Log out</button>}
      </div>
      {asking.value && <Login onClose={() => { asking.value = false; }} />}
    </header>
  );
}
