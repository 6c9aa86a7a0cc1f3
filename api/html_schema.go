// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"strings"

	"kresd-manager/internal/config"
)

// schemaPage shows the keys of the configuration.
func (h *handlers) schemaPage(w *response, _ *http.Request) error {
	p := newPage("Configuration of Knot Resolver")
	p.raw(`<p>All keys, with what they take and who acts when they change. For programs: <a href="/schema">/schema</a>; see also <a href="/api">the API</a>.</p><nav>`)
	keys := config.Keys()
	for _, k := range keys {
		if strings.Count(k.Pointer, "/") == 1 {
			p.raw(`<a href="#` + anchor(k.Pointer) + `">`).text(k.Pointer[1:]).raw("</a> ")
		}
	}
	p.raw("</nav>\n")
	for _, k := range keys {
		if strings.Count(k.Pointer, "/") == 1 {
			p.tag("h2", k.Pointer[1:])
		}
		p.raw(`<h3 id="`+anchor(k.Pointer)+`">`).text(k.Pointer).raw("</h3>").tag("p", k.Doc).raw("<table>")
		row := func(name, value string) {
			if value != "" {
				p.raw("<tr>").tag("th", name).raw("<td>").tag("code", value).raw("</td></tr>")
			}
		}
		row("type", k.Type.Name)
		row("words", strings.Join(k.Type.Words, ", "))
		switch {
		case k.Required:
			row("default", "none, the key must be there")
		case k.Derived != "":
			row("default", k.Derived)
		default:
			row("default", k.Default)
		}
		row("who acts", k.Effect())
		if k.Ours {
			row("origin", "kresd-manager")
		}
		p.raw("</table>\n")
	}
	p.send(w)
	return nil
}

// anchor is a name for a key in a page. Pointers are made of letters, digits, - and *.
func anchor(pointer string) string {
	return strings.ReplaceAll(strings.ReplaceAll(pointer[1:], "/", "."), "*", "_")
}
