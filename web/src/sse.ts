// SPDX-License-Identifier: Apache-2.0
// Server-sent events, as the HTML standard says in "Server-sent events": the parser is our
// own, because an EventSource tells no status, and there is none inside Cockpit.

export interface Message {
  kind: string; // "message" unless the server names it
  data: string;
  id: string; // the last one that was seen, also of earlier messages
}

// parser gives a function that takes the text of a stream in any pieces.
export function parser(onMessage: (m: Message) => void): (text: string) => void {
  let rest = "", kind = "", id = "", data: string[] = [], afterCR = false;

  function line(l: string): void {
    if (l === "") {
      if (data.length > 0) onMessage({ kind: kind || "message", data: data.join("\n"), id });
      kind = "";
      data = [];
      return;
    }
    const colon = l.indexOf(":");
    const field = colon < 0 ? l : l.slice(0, colon);
    const value = colon < 0 ? "" : l.slice(colon + 1).replace(/^ /, "");
    if (field === "event") kind = value;
    else if (field === "data") data.push(value);
    else if (field === "id" && !value.includes("\0")) id = value;
  }

  return (text) => {
    if (afterCR && text.startsWith("\n")) text = text.slice(1);
    if (text !== "") afterCR = text.endsWith("\r");
    const lines = (rest + text).split(/\r\n|\r|\n/);
    rest = lines.pop() ?? "";
    lines.forEach(line);
  };
}
