// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"time"

	"kresd-manager/internal/config"
)

// DefaultBodyTimeout bounds how long a client may take to send a body, from the
// end of its header on.
const DefaultBodyTimeout = 30 * time.Second

// BodyName stands where the name of a file would stand in positions of
// problems found in a request body.
const BodyName = "request body"

// capBody bounds the size of request bodies. What is announced to be too large
// is refused before a byte of it is read.
func (h *handlers) capBody(next serve) serve {
	limit := h.opt.MaxBodyBytes
	return func(w *response, r *http.Request) {
		if r.ContentLength > limit {
			h.fail(w, r, &http.MaxBytesError{Limit: limit})
			return
		}
		if w.body != nil { // r is a copy, see receive
			r.Body = http.MaxBytesReader(w.ResponseWriter, r.Body, limit)
		}
		next(w, r)
	}
}

// readBody returns the whole request body.
func readBody(w *response, r *http.Request) ([]byte, error) {
	if w.progress != nil {
		w.progress(receiving)
		defer w.progress(working)
	}
	var buf bytes.Buffer
	if r.ContentLength > 0 {
		buf.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	if _, err := io.Copy(&buf, r.Body); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, err
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, slowBody()
		}
		return nil, malformed("cannot read the request body: %v", err)
	}
	return buf.Bytes(), nil
}

// Formats of a value in a request body; "" is whatever the text looks like.
var valueTypes = map[string]string{
	"":                         "",
	"application/octet-stream": "",
	"application/json":         "json",
	"application/yaml":         "yaml", // RFC 9512
	"application/x-yaml":       "yaml",
	"text/yaml":                "yaml",
	"text/x-yaml":              "yaml",
	"application/toml":         "toml",
}

var patchTypes = map[string]string{
	"application/json-patch+json": "json", // RFC 6902 section 6
	"application/json":            "json",
	"application/octet-stream":    "json",
	"":                            "json",
}

// bodyFormat looks the Content-Type up among the accepted ones.
func bodyFormat(r *http.Request, types map[string]string) (string, error) {
	if enc := r.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return "", unsupportedType("Content-Encoding", enc, "identity")
	}
	name := r.Header.Get("Content-Type")
	if name != "" {
		t, _, err := mime.ParseMediaType(name)
		if err != nil {
			return "", unsupportedType("Content-Type", name, accepted(types))
		}
		name = t
	}
	format, ok := types[name]
	if !ok {
		return "", unsupportedType("Content-Type", name, accepted(types))
	}
	return format, nil
}

// parseValue reads a request body as a configuration value.
func parseValue(text []byte, format string) (*config.Document, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, malformed("the request body is empty, a value is needed")
	}
	if err := checkFormat(text, format); err != nil {
		return nil, err
	}
	doc, err := config.Parse(BodyName, text)
	if err != nil {
		return nil, &badBody{err}
	}
	return doc, nil
}

// checkFormat refuses a text that is not in the format its sender says. The
// reader of the configuration goes by the text alone.
func checkFormat(text []byte, format string) error {
	if format == "json" {
		return checkJSON(text)
	}
	if format == "" {
		return nil
	}
	// JSON is YAML too, as near as matters.
	if found := config.FormatOf(text); (found == "toml") != (format == "toml") {
		return malformed("the request body looks like %s, but its Content-Type says %s",
			strings.ToUpper(found), strings.ToUpper(format))
	}
	return nil
}

// checkJSON refuses what is called JSON and is not: the reader would go on to
// try YAML, which more texts are than one thinks.
func checkJSON(text []byte) error {
	if json.Valid(text) {
		return nil
	}
	var v any
	err := json.Unmarshal(text, &v)
	p := config.Problem{File: BodyName, Severity: config.SeverityError, Message: "not JSON"}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		at := text[:min(int(syntax.Offset), len(text))]
		p.Line = 1 + bytes.Count(at, []byte("\n"))
		p.Column = max(1, len([]rune(string(at[bytes.LastIndexByte(at, '\n')+1:]))))
		p.Message += ": " + syntax.Error()
	}
	return &badBody{config.Problems{p}}
}
