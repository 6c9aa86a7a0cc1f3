// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"slices"
	"strings"

	"kresd-manager/internal/config/text"
)

// tag is an entity-tag, RFC 9110 section 8.8.3.
type tag struct {
	opaque string // without quotes
	weak   bool
}

// tagList is the value of If-Match or If-None-Match: a list of tags or "*".
// The zero value stands for an absent header.
type tagList struct {
	present bool
	any     bool
	tags    []tag
}

// parseTags reads all lines of one header field. A tag without quotes is
// taken too, because Knot Resolver's own manager takes it.
func parseTags(field string, lines []string) (tagList, error) {
	if len(lines) == 0 {
		return tagList{}, nil
	}
	list := tagList{present: true}
	rest := strings.Join(lines, ",")
	if strings.Trim(rest, " \t") == "*" {
		list.any = true
		return list, nil
	}
	for {
		rest = strings.TrimLeft(rest, " \t,") // empty elements, RFC 9110 section 5.6.1
		if rest == "" {
			return list, nil
		}
		var t tag
		t, rest = parseTag(rest)
		rest = strings.TrimLeft(rest, " \t")
		if t.opaque == "*" || (rest != "" && rest[0] != ',') {
			return tagList{}, malformed("cannot read the header %s: %q", field, strings.Join(lines, ", "))
		}
		list.tags = append(list.tags, t)
	}
}

// parseTag splits the first tag off. What it cannot make sense of stays in
// rest, where it is noticed because no comma follows.
func parseTag(s string) (t tag, rest string) {
	if after, ok := strings.CutPrefix(s, "W/"); ok {
		t.weak, s = true, after
	}
	if after, ok := strings.CutPrefix(s, `"`); ok {
		end := strings.IndexByte(after, '"')
		if end < 0 {
			return t, s
		}
		t.opaque = after[:end]
		return t, after[end+1:]
	}
	end := strings.IndexAny(s, " \t,\"")
	if end < 0 {
		end = len(s)
	}
	t.opaque = s[:end]
	return t, s[end:]
}

// strong reports whether the list holds the tag by strong comparison, weakly
// by weak comparison, RFC 9110 section 8.8.3.2. Our own tags are strong.
func (l tagList) strong(etag string) bool {
	for _, t := range l.tags {
		if !t.weak && t.opaque == etag {
			return true
		}
	}
	return false
}

func (l tagList) weakly(etag string) bool {
	for _, t := range l.tags {
		if t.opaque == etag {
			return true
		}
	}
	return false
}

// inFormat is the tag of a representation in a format: that of the configuration, and
// for others than JSON its name, for a strong tag names one text alone (RFC 9110 section
// 8.8.1).
func inFormat(etag string, f text.Format) string {
	if f == text.JSON {
		return etag
	}
	return etag + "-" + string(f)
}

// ofConfiguration is the list with tags of the configuration in place of those of its
// representations. A change is about what they all represent.
func (l tagList) ofConfiguration() tagList {
	tags := slices.Clone(l.tags)
	for i := range tags {
		for _, f := range []text.Format{text.YAML, text.TOML} {
			if plain, ok := strings.CutSuffix(tags[i].opaque, "-"+string(f)); ok {
				tags[i].opaque = plain
			}
		}
	}
	l.tags = tags
	return l
}

// precondition is what a request demands of the state it meets.
type precondition struct {
	match, noneMatch tagList
}

func parsePrecondition(hd http.Header) (p precondition, err error) {
	if p.match, err = parseTags("If-Match", hd["If-Match"]); err != nil {
		return precondition{}, err
	}
	p.match = p.match.ofConfiguration()
	p.noneMatch, err = parseTags("If-None-Match", hd["If-None-Match"])
	return p, err
}

// parseConditions is parsePrecondition for what changes something.
func parseConditions(hd http.Header) (p precondition, err error) {
	p, err = parsePrecondition(hd)
	p.noneMatch = p.noneMatch.ofConfiguration()
	return p, err
}

// wildcard reports whether the answer depends on the existence of the value
// and not only on the tag of the configuration.
func (p precondition) wildcard() bool { return p.match.any || p.noneMatch.any }

// outcome of a precondition.
type outcome int

const (
	proceed outcome = iota
	failed
	notModified // for GET and HEAD; for other methods the same as failed
)

// evaluate follows the order of RFC 9110 section 13.2.2. The tag is that of
// the whole configuration, without quotes; exists reports whether the addressed
// value is there, which is what "*" asks for.
func (p precondition) evaluate(etag string, exists bool) outcome {
	return p.evaluateAs(etag, etag, exists)
}

// evaluateAs is evaluate where the answer would be a representation with a tag of its
// own, which is what a caller can have kept.
func (p precondition) evaluateAs(etag, representation string, exists bool) outcome {
	if p.match.present {
		if p.match.any && !exists || !p.match.any && !p.match.strong(etag) {
			return failed
		}
	}
	if p.noneMatch.present {
		if p.noneMatch.any && exists || p.noneMatch.weakly(representation) {
			return notModified
		}
	}
	return proceed
}
