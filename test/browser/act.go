// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// place waits until an element stands still where a mouse can reach it, and says where, as
// the reader of its function in the page.
const place = `async function () {
	const el = this.nodeType === Node.ELEMENT_NODE ? this : this.parentElement;
	if (!el?.isConnected) return {why: "it is no longer in the page"};
	if (el.closest(":disabled, [aria-disabled=true]")) return {why: "it is disabled"};
	el.scrollIntoView({block: "center", inline: "nearest", behavior: "instant"});
	const frame = () => new Promise(done => el.ownerDocument.defaultView.requestAnimationFrame(done));
	const before = el.getBoundingClientRect();
	await frame();
	await frame();
	const r = el.getBoundingClientRect();
	if (r.width === 0 || r.height === 0) return {why: "it has no size"};
	if (r.x !== before.x || r.y !== before.y) return {why: "it moves"};
	let x = r.x + r.width / 2, y = r.y + r.height / 2;
	let hit = el.getRootNode().elementFromPoint(x, y);
	const label = el.closest("label") ?? el.labels?.[0];
	if (!hit || !(el.contains(hit) || hit.contains(el) || label?.contains(hit))) {
		return {why: "something else is there: " + (hit?.outerHTML ?? "nothing").slice(0, 200)};
	}
	for (let w = el.ownerDocument.defaultView; w.frameElement; w = w.parent) {
		const f = w.frameElement.getBoundingClientRect();
		x += f.x + w.frameElement.clientLeft;
		y += f.y + w.frameElement.clientTop;
	}
	return {x, y};
}`

// Click clicks the middle of the element, once it is there, can be used and stands still.
func (e Element) Click() {
	e.p.t.Helper()
	e.p.succeed("click "+e.String(), func() error {
		var at struct {
			Why  string
			X, Y float64
		}
		if err := e.call(place, &at); err != nil {
			return err
		} else if at.Why != "" {
			return errors.New(at.Why)
		}
		return chromedp.Do(e.p.ctx, chromedp.MouseClickXY(at.X, at.Y))
	})
}

// Focus gives the element the keyboard.
func (e Element) Focus() {
	e.p.t.Helper()
	e.p.succeed("focus "+e.String(), func() error {
		var focused bool
		err := e.call(`function () { this.focus(); return this.getRootNode().activeElement === this }`, &focused)
		if err == nil && !focused {
			err = errors.New("it does not take the focus")
		}
		return err
	})
}

// HasFocus reports whether the element has the keyboard now.
func (e Element) HasFocus() bool {
	var focused bool
	err := e.call(`function () { return this.getRootNode().activeElement === this }`, &focused)
	return err == nil && focused
}

// Usable waits until the element can be used.
func (e Element) Usable() {
	e.p.t.Helper()
	e.p.succeed("use "+e.String(), func() error {
		var usable bool
		err := e.call(`function () { return !this.closest(":disabled, [aria-disabled=true]") }`, &usable)
		if err == nil && !usable {
			err = errors.New("it is disabled")
		}
		return err
	})
}

// Focused waits until the element has the keyboard.
func (e Element) Focused() {
	e.p.t.Helper()
	e.p.succeed(e.String()+" has the focus", func() error {
		var focused bool
		err := e.call(`function () { return this.getRootNode().activeElement === this }`, &focused)
		if err == nil && !focused {
			err = errors.New("it has not")
		}
		return err
	})
}

// Fill replaces the text of a field, as by selecting all of it and pasting.
func (e Element) Fill(text string) {
	e.p.t.Helper()
	e.Click()
	e.p.Press("a", chromedp.ModifierCtrl)
	e.p.Type(text)
}

// Choose selects an option of a list by its text.
func (e Element) Choose(option string) {
	e.p.t.Helper()
	quoted, _ := json.Marshal(option)
	e.p.succeed("choose "+option+" of "+e.String(), func() error {
		var found bool
		err := e.call(`function () {
			const o = [...this.options].find(o => o.text.trim() === `+string(quoted)+`);
			if (!o || this.disabled) return false;
			this.value = o.value;
			this.dispatchEvent(new Event("input", {bubbles: true}));
			this.dispatchEvent(new Event("change", {bubbles: true}));
			return true;
		}`, &found)
		if err == nil && !found {
			err = errors.New("it has no such option")
		}
		return err
	})
}

// Text returns the text of the element as it is shown, once it is there.
func (e Element) Text() string {
	e.p.t.Helper()
	var text string
	e.p.succeed("read "+e.String(), func() error { return e.call(`function () { return this.innerText ?? this.textContent }`, &text) })
	return text
}

// Value returns what a field holds.
func (e Element) Value() string {
	e.p.t.Helper()
	var text string
	e.p.succeed("read "+e.String(), func() error { return e.call(`function () { return this.value }`, &text) })
	return text
}

// Type has what has the keyboard take a text, as by pasting.
func (p *Page) Type(text string) {
	p.t.Helper()
	call(p, input.InsertText, input.InsertTextParams{Text: text})
}

// Press presses keys one after another, as in package kb of chromedp.
func (p *Page) Press(keys string, modifiers ...chromedp.Modifier) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.KeyEvent(keys, chromedp.KeyModifiers(modifiers...))); err != nil {
		p.fatalf("cannot press %q: %v", keys, err)
	}
}

// call calls a function of JavaScript whose this is the element.
func (e Element) call(function string, result any) error {
	id, err := e.object()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(e.p.ctx, moment)
	defer cancel()
	r, err := chromedp.Call(ctx, runtime.CallFunctionOn, runtime.CallFunctionOnParams{
		FunctionDeclaration: function, ObjectID: id, AwaitPromise: new(true), ReturnByValue: new(true),
	})
	switch {
	case err != nil:
		return err
	case r.ExceptionDetails != nil:
		return fmt.Errorf("%s: %w", e, thrown(r.ExceptionDetails))
	case len(r.Result.Value) == 0:
		return nil
	}
	return json.Unmarshal(r.Result.Value, result)
}
