// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"time"

	"kresd-manager/api/door"
	"kresd-manager/api/wire"
	"kresd-manager/internal/config"
	"kresd-manager/internal/config/text"
)

// DefaultBodyTimeout bounds how long a client may take to send a body, from the
// end of its header on.
const DefaultBodyTimeout = 30 * time.Second

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
		w.progress(door.Receiving)
		defer w.progress(door.Working)
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
		return nil, malformed("cannot read the request body: %s", plain(err))
	}
	return buf.Bytes(), nil
}

// plain is why a body did not come whole, without the words of package http.
func plain(err error) string {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return "the connection was closed before its end"
	}
	return strings.TrimPrefix(err.Error(), "http: ")
}

// Formats of a value in a request body; "" is whatever the text looks like.
var valueTypes = map[string]text.Format{
	"":                         "",
	"application/octet-stream": "",
	"application/json":         text.JSON,
	"application/yaml":         text.YAML, // RFC 9512
	"application/x-yaml":       text.YAML,
	"text/yaml":                text.YAML,
	"text/x-yaml":              text.YAML,
	"application/toml":         text.TOML,
}

var patchTypes = map[string]text.Format{
	"application/json-patch+json": text.JSON, // RFC 6902 section 6
	"application/json":            text.JSON,
	"application/octet-stream":    text.JSON,
	"":                            text.JSON,
}

// bodyFormat looks the Content-Type up among the accepted ones.
func bodyFormat(r *http.Request, types map[string]text.Format) (text.Format, error) {
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

// readValue reads a configuration value, or an object of arguments, from the request body.
func readValue(w *response, r *http.Request) (*config.Document, error) {
	doc, _, err := readText(w, r)
	return doc, err
}

// readText is readValue, with the text of the value.
func readText(w *response, r *http.Request) (*config.Document, []byte, error) {
	format, err := bodyFormat(r, valueTypes)
	if err != nil {
		return nil, nil, err
	}
	body, err := readBody(w, r)
	if err != nil {
		return nil, nil, err
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, nil, malformed("the request body is empty, a value is needed")
	}
	doc, err := config.ParseAs(wire.BodyName, body, format)
	if err != nil {
		return nil, nil, &badBody{err}
	}
	return doc, body, nil
}
