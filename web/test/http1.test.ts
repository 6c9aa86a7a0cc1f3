// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { Http1Answer } from "../src/http1.ts";

// read feeds an answer in pieces of so many bytes, and ends the connection.
function read(text: string, piece: number) {
  let body = "";
  const decoder = new TextDecoder();
  const a = new Http1Answer((b) => { body += decoder.decode(b, { stream: true }); });
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += piece) a.feed(bytes.subarray(at, at + piece));
  const early = a.complete;
  return { status: a.status, headers: a.headers, body, early, whole: a.end() };
}

const answers: [string, string, { status: number; body: string; early: boolean; whole: boolean }][] = [
  ["a length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{→}more", { status: 200, body: "{→}", early: true, whole: true }],
  ["no body", "HTTP/1.1 204 No Content\r\n\r\n", { status: 204, body: "", early: true, whole: true }],
  ["nothing changed", "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", { status: 304, body: "", early: true, whole: true }],
  ["an empty body", "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", { status: 202, body: "", early: true, whole: true }],
  ["chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\na\r\n\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n", { status: 200, body: "a\r\n0123456789", early: true, whole: true }],
  ["a stream that broke off", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", { status: 200, body: "abc", early: false, whole: false }],
  ["a body that broke off", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", { status: 200, body: "abc", early: false, whole: false }],
  ["a head that broke off", "HTTP/1.1 200 OK\r\nContent-Le", { status: 0, body: "", early: false, whole: false }],
  ["no length", "HTTP/1.0 500 Oh\r\n\r\nall of it", { status: 500, body: "all of it", early: false, whole: true }],
  ["a word before the answer", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", { status: 200, body: "x", early: true, whole: true }],
];

for (const [name, text, want] of answers) {
  test(`an answer with ${name}, in pieces of any size`, () => {
    for (let piece = 1; piece <= text.length; piece++) {
      const { headers: _, ...got } = read(text, piece);
      assert.deepEqual(got, want, `in pieces of ${piece}`);
    }
  });
}

test("headers have names in lower case, and come twice in one", () => {
  assert.deepEqual(read('HTTP/1.1 200 OK\r\nETag: "a:b"\r\nVary: x\r\nvary:y\r\nContent-Length: 0\r\n\r\n', 7).headers, { etag: '"a:b"', vary: "x, y", "content-length": "0" });
});

test("what is no HTTP is refused, with the reason", () => {
  for (const [text, why] of [
    ["SSH-2.0-x\r\n\r\n\r\n", /is not HTTP/],
    ["HTTP/1.1 200 OK\r\n: x\r\n\r\n", /without a name/],
    ["HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", /no number/],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", /without a size/],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", /longer than it says/],
    ["x".repeat(70_000), /too long/],
  ] as const) assert.throws(() => read(text, 1000), why);
});
