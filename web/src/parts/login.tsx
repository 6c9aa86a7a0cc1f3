// SPDX-License-Identifier: Apache-2.0
// Logging in: a token is pasted once, or comes as a one-time code of kresctl ui.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { announce } from "../announce.ts";
import { ask, failure, inCockpit, post, type Problem } from "../api.ts";
import { batch } from "@preact/signals";
import { loggedOut, reconnect, session, sessionOver } from "../store.ts";
import type { Session } from "../wire.ts";
import { Command, Text } from "./basics.tsx";
import { ProblemView } from "./problem.tsx";

function entered(s: Session): void {
  batch(() => {
    session.value = s;
    loggedOut.value = s.role === "";
    sessionOver.value = false;
  });
  if (s.role) {
    announce(`You are logged in with the role ${s.role}.`);
    reconnect();
  }
}

// logIn exchanges a token or a one-time code for a session.
export const logIn = async (what: { token: string } | { code: string }): Promise<void> => entered(await post<Session>("/v1/session", what));

export async function logOut(): Promise<void> {
  await ask("DELETE", "/v1/session");
  location.reload(); // so that nothing stays that was read
}

// codeInAddress takes a one-time code out of the address, where it must not stay.
export function codeInAddress(): string {
  const found = /^#code=([^&]+)$/.exec(location.hash);
  if (!found) return "";
  history.replaceState(null, "", location.pathname + "#/overview");
  return decodeURIComponent(found[1]!);
}

export function Login({ code, onClose }: { code?: string; onClose?: () => void }) {
  const d = useRef<HTMLDialogElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const problem = useSignal<Problem | null>(null);
  const busy = useSignal(false);
  const how = session.value?.login;

  async function send(what: { token: string } | { code: string }) {
    busy.value = true;
    problem.value = null;
    try {
      await logIn(what);
      onClose?.();
    } catch (e) {
      problem.value = failure(e);
      input.current?.select();
    } finally {
      busy.value = false;
    }
  }
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    d.current?.showModal();
    if (code) void send({ code });
    return () => before?.focus?.();
  }, []);

  const submit = (e: Event) => {
    e.preventDefault();
    const token = input.current!.value.trim();
    if (token) void send({ token });
  };
  return (
    <dialog ref={d} aria-labelledby="login-title" onCancel={(e) => { e.preventDefault(); onClose?.(); }}>
      <form class="login" onSubmit={submit} method="dialog">
        <h2 id="login-title">{how === "none" && inCockpit ? "You have no role here" : "Log in to Knot Resolver"}</h2>
        {how === "token" || how === undefined ? (
          <>
            {sessionOver.value && <p class="note warn">The session has ended: it was not used for 12 hours, or its token no longer has a role. The page stays as you left it.</p>}
            <p class="muted">Paste the token of a role. It is sent once and not kept here.</p>
            <div class="field">
              <label for="token">Token</label>
              <input id="token" ref={input} type="password" autocomplete="current-password" spellcheck={false} required
                aria-invalid={problem.value ? "true" : undefined} aria-describedby={problem.value ? "login-problem" : undefined} />
            </div>
            <div class="row">
              <button class="primary" disabled={busy.value}>{busy.value ? "Logging in …" : "Log in"}</button>
              {onClose && <button type="button" onClick={onClose}>Cancel</button>}
            </div>
          </>
        ) : <NoLogin how={how} onClose={onClose} />}
        {problem.value && <div id="login-problem"><ProblemView problem={problem.value} /></div>}
      </form>
    </dialog>
  );
}

// NoLogin says why no token helps, and what to do.
function NoLogin({ how, onClose }: { how: string; onClose?: () => void }) {
  let why;
  const me = session.value?.who?.user;
  if (how === "no-token") {
    why = <p>No role of the configuration has a token. Add one with <code>token-file</code> to <code>/management/roles</code>; <code>kresctl token new</code> makes a token.</p>;
  } else if (how === "no-tls") {
    why = <p>This address has no TLS, so a token could be read on the way. Set <code>/management/tls</code>, or open the pages on the machine itself.</p>;
  } else if (inCockpit) {
    why = <><p>No role in <code>/management/roles</code> names {me ? <b><Text of={me} /></b> : "you"} or a group of yours. Root sees the roles, and adds users or groups to one, with:</p><Command>kresctl config get -p /management/roles</Command><Command>kresctl edit</Command></>;
  } else {
    why = <><p>Open the link that <code>kresctl ui</code> has printed. A link works once, and for two minutes; a new one comes from:</p><Command>kresctl ui</Command><p class="muted">Through a unix socket you are who the kernel says: without a role in <code>/management/roles</code> there is nothing to see.</p></>;
  }
  return <>{why}<div class="row"><button type="button" class="primary" autoFocus onClick={reconnect}>Try again</button>{onClose && <button type="button" onClick={onClose}>Cancel</button>}</div></>;
}
