// SPDX-License-Identifier: Apache-2.0
// How requests reach the manager. The pages know this interface alone; a browser reaches
// the manager by HTTP, Cockpit through its bridge over the unix socket.

// Asked is one request.
export interface Asked {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
}

// Answer is what came back. The names of headers are in lower case.
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export interface Transport {
  // send resolves with any answer, and rejects with Unreachable if none came.
  send(asked: Asked): Promise<Answer>;

  // stream hands on the text of an answer as it comes, and resolves when it has ended. If
  // the status is not 200, nothing is handed on, and the body is in the answer.
  stream(asked: Asked, onText: (text: string) => void): Promise<Answer>;
}

// Unreachable tells that no answer came.
export class Unreachable extends Error {}

// Denied tells that whoever looks may not open the connection.
export class Denied extends Unreachable {}
