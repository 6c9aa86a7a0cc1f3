// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"kresd-manager/internal/config/text"
)

// formatTypes are the media types of what is sent, each format's own first: answers
// name that one.
var formatTypes = []struct {
	format text.Format
	types  []string
}{
	{text.JSON, []string{typeJSON}},
	{text.YAML, []string{"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"}}, // RFC 9512
	{text.TOML, []string{"application/toml"}},
}

// formatFor is the format that a client likes best (RFC 9110 section 12.5.1). Who asks
// for none of them gets JSON: that section allows it, and a browser can show it.
func formatFor(r *http.Request) (best text.Format, contentType string) {
	ranges := mediaRanges(r)
	best, contentType = text.JSON, typeJSON
	most := 0.0
	for _, f := range formatTypes {
		for _, t := range f.types {
			if q := ranges.quality(t); q > most {
				best, contentType, most = f.format, f.types[0], q
			}
		}
	}
	return best, contentType
}

// mediaRange is an item of Accept.
type mediaRange struct {
	name    string // "*/*", "application/*" or "application/json"
	quality float64
}

type accepts []mediaRange

// maxRanges bounds what is looked at of Accept; a header may have 64 KiB.
const maxRanges = 64

// mediaRanges reads Accept. What cannot be read is not there.
func mediaRanges(r *http.Request) (ranges accepts) {
	for _, line := range r.Header["Accept"] {
		for item := range strings.SplitSeq(line, ",") {
			if len(ranges) == maxRanges {
				return ranges
			}
			name, params, err := mime.ParseMediaType(item)
			if err != nil {
				continue
			}
			q := 1.0
			if given, ok := params["q"]; ok { // RFC 9110 section 12.4.2
				if q, err = strconv.ParseFloat(given, 64); err != nil || !(q >= 0 && q <= 1) {
					continue
				}
			}
			ranges = append(ranges, mediaRange{name, q})
		}
	}
	return ranges
}

// quality is how much a type is liked: what the range says that fits it best.
func (a accepts) quality(name string) float64 {
	class, _, _ := strings.Cut(name, "/")
	for _, fits := range []string{name, class + "/*", "*/*"} {
		for _, m := range a {
			if m.name == fits {
				return m.quality
			}
		}
	}
	return 0
}

// acceptsJSON reports whether the client asked for JSON by name, in any of the
// spellings given. Wildcards do not count: every common client sends */* without
// meaning anything by it, and gets what Knot Resolver's own manager sends.
func acceptsJSON(r *http.Request, types ...string) bool {
	for _, m := range mediaRanges(r) {
		if m.quality > 0 && slices.Contains(types, m.name) { // q=0 is "not acceptable"
			return true
		}
	}
	return false
}

// largeValue is from how many bytes on it takes long to write a value in another format
// than the one that it is kept in, so that no one may do much of it at a time.
const largeValue = 256 << 10

// sendFormat sends a value, given as JSON, in the format that the client asks for.
func sendFormat(w *response, r *http.Request, value []byte) error {
	vary(w, "Accept")
	format, contentType := formatFor(r)
	if format != text.JSON {
		converted, err := convert(w, r, value, format)
		if err != nil {
			return err
		}
		value = converted
	}
	w.send(http.StatusOK, contentType, value)
	return nil
}

// convert writes a value in another format. Whoever reads the answer slowly keeps no one
// else from it.
func convert(w *response, r *http.Request, value []byte, format text.Format) ([]byte, error) {
	if len(value) > largeValue {
		giveBack, err := w.texts.take(w, r)
		if err != nil {
			return nil, err
		}
		defer giveBack()
	}
	n, problems := text.Read(text.JSON, value)
	if len(problems) > 0 {
		return nil, fmt.Errorf("cannot read the answer: %w", problems)
	}
	converted, err := text.Write(format, &n)
	if err != nil {
		return nil, notAcceptable(err)
	}
	return converted, nil
}

// sendValue is sendFormat of what package json encodes.
func sendValue(w *response, r *http.Request, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("cannot encode the answer: %w", err)
	}
	return sendFormat(w, r, append(body, '\n'))
}

// vary tells caches that the answer depends on a header of the request (RFC 9110
// section 12.5.5).
func vary(w *response, field string) {
	hd := w.Header()
	if have := hd.Get("Vary"); have != "" {
		if !slices.Contains(strings.Split(have, ", "), field) {
			hd.Set("Vary", have+", "+field)
		}
		return
	}
	hd["Vary"] = []string{field}
}
