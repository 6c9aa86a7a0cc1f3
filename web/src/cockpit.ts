// SPDX-License-Identifier: Apache-2.0
// What the pages use of Cockpit, whose script is loaded by the document.

import { Refused } from "./api.ts";

// Channel is a connection that Cockpit's bridge opens on the host.
export interface Channel {
  send(data: Uint8Array): void;
  close(problem?: string): void;
  addEventListener(type: "message", got: (event: unknown, data: Uint8Array) => void): void;
  addEventListener(type: "close", got: (event: unknown, how: { problem?: string; message?: string }) => void): void;
}

// Running is a promise that hands the output to fail beside the error.
type Running = Promise<string> & { fail(f: (e: { exit_status?: number | null; problem?: string | null; message?: string }, data?: string) => void): unknown };

export interface Cockpit {
  channel(o: object): Channel;
  spawn(command: string[], o: object): Running;
  user(): PromiseLike<{ name: string }>;
}
declare global {
  interface Window { cockpit?: Cockpit }
}

// CommandFailed is a command that did not do what it was to do. The status is null if it did not run.
export class CommandFailed extends Refused {
  constructor(readonly command: string, readonly exit: number | null, readonly missing: boolean, message: string) {
    super({ kind: "internal", title: missing ? `${command} is not installed` : command, status: 0, message, reference: "" });
  }
}

// run runs a command on the host as the person, with administrative access if that is
// switched on, and returns its output, also where it ends with the status ok.
export function run(command: string[], ok = 0): Promise<string> {
  return new Promise((resolve, reject) => {
    const p = window.cockpit!.spawn(command, { superuser: "try", err: "message", environ: ["LC_ALL=C.UTF-8"] });
    p.then(resolve, () => {}); // fail says more
    p.fail((e, data) => {
      if (e.exit_status === ok && data) return resolve(data);
      const name = command[0]!, said = (e.message ?? e.problem ?? "").trim();
      reject(new CommandFailed(name, e.exit_status ?? null, e.problem === "not-found", said.startsWith(name + ": ") ? said.slice(name.length + 2) : said));
    });
  });
}

// save writes what runs into the configuration file, as root where administrative access is
// switched on. Which file that is, and what goes into it, is left to kresctl: whoever has
// taken over the manager chooses neither another file nor who is at the other end of the
// socket. kresctl keeps owner and mode, and does not write over what someone has edited.
export const save = (): Promise<string> => run(["kresctl", "config", "save"]);
