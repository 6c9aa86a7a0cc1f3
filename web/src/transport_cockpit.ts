// SPDX-License-Identifier: Apache-2.0
// The transport inside Cockpit: its bridge opens the unix socket as the person who has logged
// in, so that the manager's roles count. Cockpit's script is loaded by the document.

import { type Answer, type Asked, type Transport, Unreachable } from "./transport.ts";

interface Request extends Promise<string> {
  stream(got: (data: string) => void): Request;
  response(got: (status: number, headers: Record<string, string>) => void): Request;
  fail(got: (problem: { status?: number; problem?: string; message?: string }, data?: string) => void): Request;
  done(got: (data: string) => void): Request;
}
interface Client {
  request(o: object): Request;
  close(problem?: string): void;
}
interface Cockpit {
  http(endpoint: object): Client;
  spawn(command: string[], o: object): Promise<string>;
}
declare global {
  interface Window { cockpit?: Cockpit }
}

// saveAsRoot writes what runs into the configuration file, as root does where
// administrative access is switched on. Which file that is, and what goes into it, is left
// to kresctl: whoever has taken over the manager chooses neither another file nor, with
// kresctl, who is at the other end of the socket.
export async function saveAsRoot(cockpit: Pick<Cockpit, "spawn">): Promise<void> {
  try {
    await cockpit.spawn(["kresctl", "config", "save", "--force"], { superuser: "try", err: "message", environ: ["LC_ALL=C.UTF-8"] });
  } catch (e) { // of Cockpit, which is no Error
    const { message, problem } = e as { message?: string; problem?: string };
    throw new Error(message || problem || "kresctl config save failed");
  }
}

const socket = "/run/knot-resolver/kres-api.sock";

// noAccess are Cockpit's words for a socket that the person may not open.
const noAccess = ["access-denied", "not-found", "authentication-failed"];

// overCockpit asks as the person, and where that person may not open the socket, with
// administrative access if it is switched on in Cockpit.
export function overCockpit(cockpit: Cockpit): Transport {
  let superuser: "try" | undefined;

  function once(a: Asked, onText?: (text: string) => void): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const client = cockpit.http({ unix: socket, superuser });
      let status = 0, headers: Record<string, string> = {}, text = "";
      const stop = () => client.close("cancelled");
      const ended = () => a.signal?.removeEventListener("abort", stop);
      a.signal?.addEventListener("abort", stop);
      const request = client.request({ method: a.method, path: a.path, headers: { Host: "localhost", ...a.headers }, body: a.body ?? "" });
      request.response((s, h) => {
        status = s;
        headers = Object.fromEntries(Object.entries(h).map(([k, v]) => [k.toLowerCase(), v]));
      });
      if (onText) request.stream((data) => { if (status === 0 || status === 200) onText(data); else text += data; });
      request.done((data) => { ended(); resolve({ status: status || 200, headers, body: onText ? text : data }); });
      request.fail((problem, data) => {
        ended();
        if (a.signal?.aborted) reject(new DOMException("aborted", "AbortError"));
        else if (problem.status) resolve({ status: problem.status, headers, body: data || text });
        else reject(Object.assign(new Unreachable(problem.message ?? problem.problem ?? "nothing answers"), { problem: problem.problem }));
      });
    });
  }

  async function asSomeone(a: Asked, onText?: (text: string) => void): Promise<Answer> {
    try {
      return await once(a, onText);
    } catch (e) {
      if (superuser || !noAccess.includes((e as { problem?: string }).problem ?? "")) throw e;
      superuser = "try";
      try {
        return await once(a, onText);
      } catch (again) {
        superuser = undefined;
        throw again;
      }
    }
  }

  return { send: (a) => asSomeone(a), stream: asSomeone };
}
