// SPDX-License-Identifier: Apache-2.0

package api

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html"
	"net/http"
	"strings"
	"sync"
)

// Pages are made here as text without a script: they work without a network, and a
// browser need load nothing.

//go:embed html.css
var pageStyle string

// noContent is the Content-Security-Policy of all answers but pages: what is not meant
// to be shown loads nothing, and nothing shows it in a frame.
const noContent = "default-src 'none'; frame-ancestors 'none'"

// Values of headers that all answers have.
var (
	nosniff         = []string{"nosniff"}
	noContentHeader = []string{noContent}
	sameOriginOnly  = []string{"same-origin"} // Fetch, "Cross-Origin-Resource-Policy"
)

// pageContent is that of pages: one style, known by its hash (CSP Level 3, section
// 6.7.3.3).
var pageContent = sync.OnceValue(func() string {
	sum := sha256.Sum256([]byte(pageStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
})

// page is a page in the making.
type page struct{ strings.Builder }

// text adds text, of which nothing is markup.
func (p *page) text(s string) *page {
	p.WriteString(html.EscapeString(s))
	return p
}

// tag adds an element with text in it.
func (p *page) tag(name, s string) *page {
	p.WriteString("<" + name + ">")
	p.text(s)
	p.WriteString("</" + name + ">")
	return p
}

// raw adds markup of ours.
func (p *page) raw(s string) *page {
	p.WriteString(s)
	return p
}

// newPage begins a page.
func newPage(title string) *page {
	p := &page{}
	p.raw("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>").text(title)
	p.raw("</title><style>"+pageStyle+"</style></head><body>\n").tag("h1", title)
	return p
}

// send ends a page and sends it.
func (p *page) send(w *response) {
	p.raw("</body></html>\n")
	w.Header()["Content-Security-Policy"] = []string{pageContent()}
	w.send(http.StatusOK, "text/html; charset=utf-8", []byte(p.String()))
}
