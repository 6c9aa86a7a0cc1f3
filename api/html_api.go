// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"strconv"
	"strings"

	"kresd-manager/api/openapi"
)

// apiPage shows what there is to ask, as the description has it.
func (h *handlers) apiPage(w *response, _ *http.Request) error {
	operations, err := describe(h.routes())
	if err != nil {
		return err
	}
	p := newPage("HTTP API of kresd-manager")
	p.raw(`<p>For programs: <a href="/openapi.json">/openapi.json</a>, in OpenAPI 3.1. See also <a href="/schema/ui">the configuration</a>.</p><nav>`)
	for _, t := range tags {
		p.raw(`<a href="#` + t[0] + `">`).text(t[0]).raw("</a> ")
	}
	p.raw("</nav>\n")
	for _, t := range tags {
		p.raw(`<h2 id="` + t[0] + `">`).text(t[1]).raw("</h2>\n")
		for i := range operations {
			if o := &operations[i]; o.Tag == t[0] && o.Method != http.MethodHead {
				p.operation(o)
			}
		}
	}
	p.send(w)
	return nil
}

func (p *page) operation(o *openapi.Operation) {
	p.tag("h3", o.Method+" "+o.Path).raw("<p>").text(o.Summary).raw(`. <span class="role">Role: `).text(o.Role).raw("</span></p>")
	if o.Text != "" {
		p.tag("p", o.Text)
	}
	p.raw("<table>")
	row := func(name, value, text string) {
		p.raw("<tr>").tag("th", name).raw("<td>").tag("code", value).raw("</td>").tag("td", text).raw("</tr>")
	}
	for _, parameter := range o.Parameters {
		row(parameter.In, parameter.Name, parameter.Text)
	}
	if o.Body != nil {
		row("body", types(o.Body.Content), o.Body.Text)
	}
	for _, a := range o.Answers {
		row("answer", strings.TrimSpace(strconv.Itoa(a.Status)+" "+types(a.Content)), a.Text)
	}
	p.raw("</table>\n")
}

// types lists the types of a body.
func types(content []openapi.Media) string {
	var all []string
	for _, m := range content {
		all = append(all, m.Type)
	}
	return strings.Join(all, ", ")
}
