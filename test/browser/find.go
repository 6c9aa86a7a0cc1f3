// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Element is what a page shows under a role and a name. It is sought anew at each use,
// since a page may have drawn it anew meanwhile.
type Element struct {
	p          *Page
	role, name string
	nth        int
	within     *Element
}

// Role returns the element with a role of ARIA, such as "button", and exactly this
// accessible name; a name that ends in "…" is the beginning of one, and an empty one is
// any.
func (p *Page) Role(role, name string) Element { return Element{p: p, role: role, name: name} }

// Role returns an element inside this one.
func (e Element) Role(role, name string) Element {
	return Element{p: e.p, role: role, name: name, within: &e}
}

// Nth returns the n-th of those with the role and name, from 0, instead of the only one.
func (e Element) Nth(n int) Element {
	e.nth = n + 1
	return e
}

// String names the element for people.
func (e Element) String() string {
	text := fmt.Sprintf("%s %q", e.role, e.name)
	if e.nth > 0 {
		text += fmt.Sprintf(" (%d)", e.nth-1)
	}
	if e.within != nil {
		text += " in " + e.within.String()
	}
	return text
}

// Count is how many elements with the role and name there are now.
func (e Element) Count() int {
	found, err := e.find()
	if err != nil {
		return 0
	}
	return len(found)
}

// Shown waits until the element is there.
func (e Element) Shown() Element {
	e.p.t.Helper()
	e.p.succeed("see "+e.String(), e.there)
	return e
}

// Contains waits until the text of the element contains a part.
func (e Element) Contains(part string) {
	e.p.t.Helper()
	e.p.succeed("see "+part+" in "+e.String(), func() error {
		var found bool
		quoted, _ := json.Marshal(part)
		err := e.call(`function () { return this.innerText.includes(`+string(quoted)+`) }`, &found)
		if err == nil && !found {
			err = errors.New("it is not there")
		}
		return err
	})
}

// Gone waits until there is no such element.
func (e Element) Gone() {
	e.p.t.Helper()
	e.p.succeed("see the end of "+e.String(), func() error {
		found, err := e.find()
		if err == nil && len(found) > 0 {
			err = errors.New("it is still there")
		}
		return err
	})
}

// there says why the element cannot be used.
func (e Element) there() error {
	_, err := e.node()
	return err
}

// node is the only element, or the one of its number.
func (e Element) node() (cdp.BackendNodeID, error) {
	found, err := e.find()
	switch {
	case err != nil:
		return 0, err
	case len(found) == 0:
		return 0, fmt.Errorf("there is no %s", e)
	case e.nth > len(found):
		return 0, fmt.Errorf("there are %d of %s", len(found), e)
	case e.nth > 0:
		return found[e.nth-1].BackendDOMNodeID, nil
	case len(found) > 1:
		return 0, fmt.Errorf("there are %d of %s, want one", len(found), e)
	}
	return found[0].BackendDOMNodeID, nil
}

// find returns all nodes with the role and name, in the order of the document.
func (e Element) find() ([]*accessibility.Node, error) {
	root, err := e.base()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(e.p.ctx, moment)
	defer cancel()
	exact := e.name
	if strings.HasSuffix(exact, "…") {
		exact = ""
	}
	r, err := chromedp.Call(ctx, accessibility.QueryAXTree, accessibility.QueryAXTreeParams{
		ObjectID: root, Role: e.role, AccessibleName: exact,
	})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(r.Nodes, func(n *accessibility.Node) bool {
		return n.Ignored || n.BackendDOMNodeID == 0 || !e.named(text(n.Name))
	}), nil
}

// named reports whether a name is the one that is sought.
func (e Element) named(name string) bool {
	if begin, ok := strings.CutSuffix(e.name, "…"); ok {
		return strings.HasPrefix(name, begin)
	}
	return e.name == "" || name == e.name
}

// base is the object below which the element is sought.
func (e Element) base() (runtime.RemoteObjectID, error) {
	if e.within == nil {
		return e.p.object()
	}
	return e.within.object()
}

// object returns the element as an object of JavaScript.
func (e Element) object() (runtime.RemoteObjectID, error) {
	id, err := e.node()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(e.p.ctx, moment)
	defer cancel()
	r, err := chromedp.Call(ctx, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: id})
	if err != nil {
		return "", err
	}
	return r.Object.ObjectID, nil
}

// object returns the document as an object of JavaScript.
func (p *Page) object() (runtime.RemoteObjectID, error) {
	ctx, cancel := context.WithTimeout(p.ctx, moment)
	defer cancel()
	r, err := chromedp.Call(ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: p.document()})
	switch {
	case err != nil:
		return "", err
	case r.ExceptionDetails != nil:
		return "", thrown(r.ExceptionDetails)
	case r.Result.ObjectID == "":
		return "", errors.New("there is no such document")
	}
	return r.Result.ObjectID, nil
}

// thrown is what an exception of JavaScript says.
func thrown(e *runtime.ExceptionDetails) error {
	if e.Exception != nil && e.Exception.Description != "" {
		return errors.New(e.Exception.Description)
	}
	return errors.New(e.Text)
}

// text is the string of a value in the tree of accessibility.
func text(v *accessibility.Value) string {
	var s string
	if v != nil {
		_ = json.Unmarshal(v.Value, &s)
	}
	return s
}
