// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"kresd-manager/test/browser"
)

// tab presses Tab until an element has the focus. It fails the test when a whole round
// did not come by it.
func tab(t *testing.T, p *browser.Page, e browser.Element) {
	t.Helper()
	e.Shown()
	for range 120 {
		if e.HasFocus() {
			return
		}
		p.Press(kb.Tab)
	}
	t.Fatalf("Tab does not lead to %s\n%s", e, p.Outline())
}

// A change is made from the login to its confirmation without a mouse.
func TestAChangeNeedsNoMouse(t *testing.T) {
	serving(t, config)
	p := open(t)
	p.Open("http://" + address + "/ui/")
	p.Role("textbox", "Token").Focused()
	p.Type(tokens["configure"])
	p.Press(kb.Enter)
	p.Role("button", "Log out").Shown()
	p.Press("g")
	p.Press("c")
	p.Role("heading", "Configuration").Nth(0).Shown()
	editor := p.Role("textbox", "Configuration in YAML").Shown()
	tab(t, p, editor)
	p.Press("a", chromedp.ModifierCtrl)
	p.Press(kb.Delete)
	p.Type(with("192.0.2.6"))
	p.Press(kb.Escape) // after it, Tab leaves the editor
	preview := p.Role("button", "Preview").Shown()
	preview.Usable()
	tab(t, p, preview)
	p.Press(kb.Enter)
	apply := p.Role("button", "Apply").Shown()
	tab(t, p, apply)
	p.Press(kb.Enter)
	keep := waiting(p).Role("button", "Keep").Shown()
	tab(t, p, keep)
	p.Press(kb.Enter)
	waiting(p).Gone()
	sut.Expect(t, "host.example.", "192.0.2.6")
}
