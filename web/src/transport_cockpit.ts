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
  file(path: string, o: object): { replace(text: string): Promise<unknown>; close(): void };
}
declare global {
  interface Window { cockpit?: Cockpit }
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
