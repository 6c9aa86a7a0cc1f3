// SPDX-License-Identifier: Apache-2.0
// The transport inside Cockpit: its bridge opens the unix socket as the person who has logged
// in, so that the manager's roles count. HTTP is spoken here. The bridge has an HTTP of its
// own, which takes one of a few threads for each answer, and keeps it until something comes
// after a stream was left: 15 seconds, in which a handful of pages make all others wait.

import type { Channel, Cockpit } from "./cockpit.ts";
import { Http1Answer } from "./http1.ts";
import { type Answer, type Asked, Denied, type Transport, Unreachable } from "./transport.ts";

const socket = "/run/knot-resolver/kres-api.sock";

// frame is how much goes to the bridge at a time: it takes messages of 128 KiB at most.
const frame = 64 << 10;

// request is what goes over the connection.
function request(a: Asked): Uint8Array {
  const body = new TextEncoder().encode(a.body ?? "");
  const fields = Object.entries({ Host: "localhost", Connection: "close", ...a.headers, ...(body.length > 0 || !["GET", "HEAD"].includes(a.method) ? { "Content-Length": String(body.length) } : {}) });
  if (/[^!-~]/.test(a.path) || fields.some((f) => /[^\t -~]/.test(f.join("")))) throw new Error("the page asks for what HTTP cannot say");
  const head = new TextEncoder().encode(`${a.method} ${a.path} HTTP/1.1\r\n${fields.map(([k, v]) => `${k}: ${v}\r\n`).join("")}\r\n`);
  const all = new Uint8Array(head.length + body.length);
  all.set(head);
  all.set(body, head.length);
  return all;
}

// unopened says why the socket could not be opened. The bridge has words of the system, or
// in older versions a word of its own.
function unopened(how: { problem?: string; message?: string }): Unreachable {
  const said = how.message ?? "";
  if (how.problem === "access-denied" || /errno 13\b|permission denied/i.test(said)) return new Denied(said);
  if (how.problem === "not-found" && said === "" || /errno 2\b|no such file/i.test(said)) return new Unreachable(`there is no ${socket}; is it running? systemctl status kresd-manager.socket`);
  if (how.problem === "not-found") return new Unreachable(`nothing listens on ${socket}; is it running? systemctl status kresd-manager.socket`);
  return new Unreachable(said || how.problem || "the connection was closed without an answer");
}

// overCockpit asks as the person, and where that person may not open the socket, with
// administrative access if it is switched on in Cockpit.
export function overCockpit(cockpit: Cockpit): Transport {
  let superuser: "try" | undefined;

  function once(a: Asked, onText?: (text: string) => void): Promise<Answer> {
    return new Promise((resolve, reject) => {
      a.signal?.throwIfAborted();
      const sent = request(a), decoder = new TextDecoder();
      let text = "", came = false, over = false;
      const answer = new Http1Answer((bytes) => {
        const more = decoder.decode(bytes, { stream: true });
        if (onText && answer.status === 200) onText(more);
        else text += more;
      });
      // Cockpit writes what a closed channel says to the console, unless err is set.
      const channel: Channel = cockpit.channel({ payload: "stream", unix: socket, binary: true, superuser, err: "message" });
      const end = (settle: () => void, why?: string) => {
        if (over) return;
        over = true;
        a.signal?.removeEventListener("abort", stop);
        channel.close(why);
        settle();
      };
      const stop = () => end(() => reject(new DOMException("aborted", "AbortError")), "cancelled");
      const whole = () => end(() => resolve({ status: answer.status, headers: answer.headers, body: text }));
      const broken = (why: unknown) => end(() => reject(new Unreachable(why instanceof Error ? why.message : String(why))), "cancelled");
      a.signal?.addEventListener("abort", stop);
      channel.addEventListener("message", (_, data) => {
        came = true;
        if (over) return;
        try {
          answer.feed(data);
          if (answer.complete) whole();
        } catch (e) {
          broken(e);
        }
      });
      channel.addEventListener("close", (_, how) => {
        if (over) return;
        if (answer.end()) whole();
        else if (came) broken("the connection broke off");
        else end(() => reject(unopened(how)));
      });
      for (let at = 0; at < sent.length; at += frame) channel.send(sent.subarray(at, at + frame));
    });
  }

  // denied says who may not open the socket, and what to do.
  async function denied(): Promise<Denied> {
    const name = await Promise.resolve(cockpit.user()).then((u) => u.name, () => "") || "USER";
    return new Denied(`${name} may not open ${socket}. Type usermod --append --groups knot-resolver ${name} as root and log in again, or switch on administrative access in Cockpit.`);
  }

  async function asSomeone(a: Asked, onText?: (text: string) => void): Promise<Answer> {
    try {
      return await once(a, onText);
    } catch (e) {
      if (!(e instanceof Denied)) throw e;
      if (superuser) {
        superuser = undefined;
        throw await denied();
      }
      superuser = "try";
      try {
        return await once(a, onText);
      } catch (again) {
        superuser = undefined;
        throw again instanceof Denied ? await denied() : again;
      }
    }
  }

  return { send: (a) => asSomeone(a), stream: asSomeone };
}
