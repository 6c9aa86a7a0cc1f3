// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/chromedp"
)

// silent are roles that say nothing of their own in an outline.
var silent = map[string]bool{
	"none": true, "generic": true, "InlineTextBox": true, "RootWebArea": true, "LineBreak": true, "": true,
}

// outlineBytes is how much of a page is shown where a test fails.
const outlineBytes = 12_000

// Outline returns what a screen reader finds in the page, a line each: role, name and state.
func (p *Page) Outline() string {
	root, err := p.object()
	if err != nil {
		return fmt.Sprintf("(nothing that could be read: %v)", err)
	}
	ctx, cancel := context.WithTimeout(p.ctx, moment)
	defer cancel()
	r, err := chromedp.Call(ctx, accessibility.QueryAXTree, accessibility.QueryAXTreeParams{ObjectID: root})
	if err != nil {
		return fmt.Sprintf("(nothing that could be read: %v)", err)
	}
	var all strings.Builder
	for _, n := range r.Nodes {
		role, name := text(n.Role), text(n.Name)
		if n.Ignored || silent[role] || role == "StaticText" && strings.TrimSpace(name) == "" {
			continue
		}
		fmt.Fprintf(&all, "%s %q", role, name)
		if value := text(n.Value); value != "" {
			fmt.Fprintf(&all, " = %q", value)
		}
		for _, property := range n.Properties {
			switch property.Name {
			case accessibility.PropertyNameDisabled, accessibility.PropertyNameFocused, accessibility.PropertyNameExpanded, accessibility.PropertyNameChecked, accessibility.PropertyNameSelected:
				if v := string(property.Value.Value); v != "false" && v != `"false"` {
					fmt.Fprintf(&all, " [%s]", property.Name)
				}
			}
		}
		all.WriteByte('\n')
		if all.Len() > outlineBytes {
			all.WriteString("…\n")
			break
		}
	}
	return all.String()
}
