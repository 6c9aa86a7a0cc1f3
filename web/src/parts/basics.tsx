// SPDX-License-Identifier: Apache-2.0
// Small parts that every page uses.

import type { ComponentChildren } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { announce } from "../announce.ts";
import { moment, visible } from "../format.ts";
import { now } from "../store.ts";
import { ago } from "../format.ts";
import type { Tone } from "../health.ts";

// Text is what others wrote, with what cannot be seen as escapes.
export const Text = ({ of, lines }: { of: string | undefined; lines?: boolean }) => <>{visible(of ?? "", lines)}</>;

const signs: Record<Tone, string> = { good: "●", warn: "▲", bad: "✗" };

// Tag is a word with a sign and a colour.
export function Tag({ tone, sign, children }: { tone: Tone | ""; sign?: string; children: ComponentChildren }) {
  return <span class={`tag ${tone}`}>{tone && <span aria-hidden="true">{sign ?? signs[tone]}</span>}{children}</span>;
}

export function Ago({ at }: { at: string | undefined }) {
  if (!at) return <>–</>;
  return <time dateTime={at} title={moment(at)}>{ago(at, now.value)}</time>;
}

export const Moment = ({ at }: { at: string | undefined }) => (at ? <time dateTime={at} class="nowrap">{moment(at)}</time> : <>–</>);

// Title is the heading of a page, which takes the focus when the page is opened.
export function Title({ children, side }: { children: ComponentChildren; side?: ComponentChildren }) {
  const h = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (document.activeElement === document.body || document.activeElement?.closest(".nav")) h.current?.focus({ preventScroll: true });
  }, []);
  return <div class="title"><h1 tabIndex={-1} ref={h}>{children}</h1>{side}</div>;
}

export function Panel({ title, side, children, id }: { title: ComponentChildren; side?: ComponentChildren; children: ComponentChildren; id: string }) {
  return (
    <section class="panel" aria-labelledby={id}>
      <header><h2 id={id}>{title}</h2>{side}</header>
      {children}
    </section>
  );
}

// Scroll holds what may be wider than the page. It can be reached with the keyboard.
export function Scroll({ label, children }: { label: string; children: ComponentChildren }) {
  return <div class="scroll" role="group" aria-label={`${label} (table)`} tabIndex={0}>{children}</div>;
}

export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    announce("Copied.");
  } catch {
    announce("The browser does not allow to copy here.");
  }
}

export function Copy({ text, label = "Copy" }: { text: string | (() => string); label?: string }) {
  const done = useSignal(false);
  const click = async () => {
    await copy(typeof text === "string" ? text : text());
    done.value = true;
    setTimeout(() => { done.value = false; }, 1500);
  };
  return <button type="button" class="quiet" onClick={click}>{done.value ? "Copied" : label}</button>;
}

// Command is something to type in a shell.
export const Command = ({ children }: { children: string }) => (
  <span class="command"><code>{visible(children)}</code><Copy text={children} label="Copy" /></span>
);

export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ComponentChildren }) {
  const d = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    d.current?.showModal();
    return () => before?.focus();
  }, []);
  return (
    <dialog ref={d} aria-labelledby="dialog-title" onCancel={(e) => { e.preventDefault(); onClose(); }}>
      <div class="stack"><h2 id="dialog-title">{title}</h2>{children}</div>
    </dialog>
  );
}

export const Loading = ({ what }: { what: string }) => <p class="empty" role="status">Reading {what} …</p>;
