// SPDX-License-Identifier: Apache-2.0
// One answer of HTTP/1.1 (RFC 9112), read from the bytes of a connection as they come.

const longestHead = 64 << 10; // bytes

const ascii = new TextDecoder("latin1");

export class Http1Answer {
  status = 0;
  // headers have names in lower case; those that come twice are one, with a comma.
  headers: Record<string, string> = {};
  // complete is true once the whole answer was there.
  complete = false;

  #rest: Uint8Array = new Uint8Array(0); // came, and was not understood yet
  #state: "head" | "sized" | "size" | "chunk" | "after" | "trailer" | "open" = "head";
  #left = 0; // bytes of the body, or of a chunk
  #onBody: (bytes: Uint8Array) => void;

  constructor(onBody: (bytes: Uint8Array) => void) { this.#onBody = onBody; }

  // feed takes what has come, and throws if that is no HTTP.
  feed(bytes: Uint8Array): void {
    if (this.#rest.length === 0) this.#rest = bytes;
    else {
      const both = new Uint8Array(this.#rest.length + bytes.length);
      both.set(this.#rest);
      both.set(bytes, this.#rest.length);
      this.#rest = both;
    }
    while (!this.complete && this.#step());
  }

  // end tells whether an answer whose connection has ended is whole.
  end(): boolean {
    if (this.#state === "open") this.complete = true;
    return this.complete;
  }

  // step understands the next part, and tells whether there may be another one.
  #step(): boolean {
    switch (this.#state) {
      case "head": return this.#head();
      case "open": return this.#body(this.#rest.length) > 0;
      case "sized": {
        this.#left -= this.#body(this.#left);
        if (this.#left === 0) this.complete = true;
        return false;
      }
      case "chunk": {
        this.#left -= this.#body(this.#left);
        if (this.#left > 0) return false;
        this.#state = "after";
        return true;
      }
      default: return this.#line();
    }
  }

  // body hands on at most so many bytes, and returns how many.
  #body(most: number): number {
    const part = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(part.length);
    if (part.length > 0) this.#onBody(part);
    return part.length;
  }

  // line understands a line between chunks, if all of it is there.
  #line(): boolean {
    const end = this.#rest.indexOf(10);
    if (end < 0) {
      if (this.#rest.length > longestHead) throw new Error("a line of the answer has no end");
      return false;
    }
    const line = ascii.decode(this.#rest.subarray(0, end)).replace(/\r$/, "");
    this.#rest = this.#rest.subarray(end + 1);
    switch (this.#state) {
      case "size": {
        const size = /^([0-9a-f]{1,12})\s*(?:;.*)?$/i.exec(line);
        if (!size) throw new Error("the answer has a chunk without a size");
        this.#left = parseInt(size[1]!, 16);
        this.#state = this.#left > 0 ? "chunk" : "trailer";
        return true;
      }
      case "after":
        if (line !== "") throw new Error("a chunk of the answer is longer than it says");
        this.#state = "size";
        return true;
      default: // trailer
        this.complete = line === "";
        return true;
    }
  }

  #head(): boolean {
    const end = this.#rest.findIndex((b, i, all) => b === 13 && all[i + 1] === 10 && all[i + 2] === 13 && all[i + 3] === 10);
    if (end < 0) {
      if (this.#rest.length > longestHead) throw new Error("the head of the answer is too long");
      return false;
    }
    const [first, ...lines] = ascii.decode(this.#rest.subarray(0, end)).split("\r\n");
    this.#rest = this.#rest.subarray(end + 4);
    const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first!);
    if (!status) throw new Error("the answer is not HTTP");
    if (status[1]!.startsWith("1")) return true; // the answer follows
    this.status = Number(status[1]);
    for (const line of lines) {
      const colon = line.indexOf(":"), name = line.slice(0, colon).toLowerCase(), value = line.slice(colon + 1).trim();
      if (colon < 1) throw new Error("the answer has a header without a name");
      this.headers[name] = name in this.headers ? `${this.headers[name]}, ${value}` : value;
    }
    const length = this.headers["content-length"];
    if (this.status === 204 || this.status === 304) this.complete = true;
    else if (/\bchunked$/i.test(this.headers["transfer-encoding"] ?? "")) this.#state = "size";
    else if (length === undefined) this.#state = "open";
    else if (/^\d{1,15}$/.test(length)) {
      this.#left = Number(length);
      this.#state = "sized";
    } else throw new Error("the answer has a length that is no number");
    return true;
  }
}
