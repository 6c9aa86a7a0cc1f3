// SPDX-License-Identifier: Apache-2.0
// The transport of a browser: same origin, and the cookie of the session says who asks.

import { type Answer, type Asked, type Transport, Unreachable } from "./transport.ts";

async function ask(a: Asked): Promise<Response> {
  try {
    return await fetch(a.path, {
      method: a.method, headers: a.headers, body: a.body, signal: a.signal,
      credentials: "same-origin", cache: "no-store", redirect: "error", referrerPolicy: "no-referrer",
    });
  } catch (e) {
    if (a.signal?.aborted) throw e;
    throw new Unreachable("nothing answers");
  }
}

const plain = (r: Response, body: string): Answer => ({ status: r.status, headers: Object.fromEntries(r.headers), body });

export const overFetch: Transport = {
  async send(a) {
    const r = await ask(a);
    try {
      return plain(r, await r.text());
    } catch (e) {
      if (a.signal?.aborted) throw e;
      throw new Unreachable("the answer broke off");
    }
  },

  async stream(a, onText) {
    const r = await ask(a);
    if (r.status !== 200 || !r.body) return plain(r, await r.text().catch(() => ""));
    const reader = r.body.pipeThrough(new TextDecoderStream()).getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return plain(r, "");
        onText(value);
      }
    } catch (e) {
      if (a.signal?.aborted) throw e;
      throw new Unreachable("the connection broke off");
    }
  },
};
