// SPDX-License-Identifier: Apache-2.0

package api

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"

	"kresd-manager/api/door"
	"kresd-manager/web"
)

const (
	pagesPath     = "/ui"
	violationPath = pagesPath + "/csp"
)

// pagesContent is the Content-Security-Policy of the pages (CSP Level 3): they load what
// comes from here and nothing else, no text of theirs becomes a script, and what breaks
// that is reported. No page needs a policy of Trusted Types, so that none may be made.
const pagesContent = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
	"manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'; report-uri " + violationPath

// guardPages sets the headers of all answers below /ui.
func guardPages(w *response) {
	hd := w.Header()
	hd["Content-Security-Policy"] = []string{pagesContent}
	hd["Referrer-Policy"] = []string{"no-referrer"}
	hd["Cross-Origin-Opener-Policy"] = []string{"same-origin"}
	hd["Permissions-Policy"] = []string{"camera=(), geolocation=(), microphone=()"}
}

// pages sends where the pages are.
func (h *handlers) pages(w *response, _ *http.Request) error {
	guardPages(w)
	w.Header()["Location"] = []string{pagesPath + "/"}
	w.send(http.StatusMovedPermanently, typeText, []byte("see "+pagesPath+"/\n"))
	return nil
}

// pageFile serves a file of the pages. There is nothing in them that not all may know: what
// they show they ask for, as who they are. They are served on unix sockets, too, which
// ssh(1) can carry to a browser elsewhere.
func (h *handlers) pageFile(w *response, r *http.Request) error {
	guardPages(w)
	f, ok := web.Open(cmp.Or(variable(r, "file"), web.Index))
	if !ok {
		return noSuchRoute(r.URL.Path)
	}
	etag, err := f.ETag()
	if err != nil {
		return err
	}
	if f.Packed {
		vary(w, "Accept-Encoding")
	}
	plain := f.Packed && !acceptsGzip(r)
	if plain {
		etag += "-plain" // another form has another tag (RFC 9110 section 8.8.3)
	}
	hd := w.Header()
	hd[etagField] = []string{`"` + etag + `"`}
	hd["Cache-Control"] = []string{"no-cache"}
	if f.Immutable {
		hd["Cache-Control"] = []string{"public, max-age=31536000, immutable"} // RFC 8246
	}
	known, err := parseTags("If-None-Match", r.Header["If-None-Match"])
	if err != nil {
		return err
	}
	if known.any || known.weakly(etag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	body, err := f.Bytes()
	if plain {
		body, err = f.Unpacked()
	}
	if err != nil {
		return err
	}
	if f.Packed && !plain {
		hd["Content-Encoding"] = []string{"gzip"}
	}
	hd["Content-Type"] = []string{f.Type}
	hd["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body) // or the client went away
	return nil
}

// acceptsGzip reports whether a client takes an answer that is compressed with gzip (RFC
// 9110 section 12.5.3). Weights below others do not matter: there is one form that is
// shorter.
func acceptsGzip(r *http.Request) bool {
	for _, line := range r.Header["Accept-Encoding"] {
		for one := range strings.SplitSeq(line, ",") {
			coding, weight, _ := strings.Cut(one, ";")
			if coding = strings.ToLower(strings.TrimSpace(coding)); coding != "gzip" && coding != "x-gzip" && coding != "*" {
				continue
			}
			q := strings.TrimPrefix(strings.ReplaceAll(weight, " ", ""), "q=")
			return q == "" || strings.Trim(q, "0.") != ""
		}
	}
	return false
}

// maxViolation is how much of a report is looked at, in bytes.
const maxViolation = 16 << 10

// violation logs that a page has tried what its Content-Security-Policy does not let it:
// a defect of the pages, or what somebody brought into one.
func (h *handlers) violation(w *response, r *http.Request) error {
	guardPages(w)
	h.hurry(w)
	body, err := io.ReadAll(io.LimitReader(r.Body, maxViolation))
	if err != nil {
		return malformed("cannot read the request body: %s", plain(err))
	}
	var sent struct {
		Report struct {
			Directive string `json:"effective-directive"`
			Blocked   string `json:"blocked-uri"`
			Source    string `json:"source-file"`
			Line      int    `json:"line-number"`
		} `json:"csp-report"`
	}
	if json.Unmarshal(body, &sent) != nil || sent.Report.Directive == "" {
		return malformed("the body is not a report of a Content-Security-Policy")
	}
	if more, due := h.violations.Due(door.CallerOf(r).Source()); due {
		h.log.Warn("a page broke its Content-Security-Policy", "directive", short(sent.Report.Directive), "blocked", short(sent.Report.Blocked),
			"file", short(sent.Report.Source), "line", sent.Report.Line, "left-out", more)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// short is the beginning of a text that a client sent, for the log.
func short(s string) string {
	const most = 200
	return strings.ToValidUTF8(s[:min(len(s), most)], "")
}
