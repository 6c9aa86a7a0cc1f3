// SPDX-License-Identifier: Apache-2.0

package failure

import (
	"encoding/json"
	"fmt"
	"strings"

	"kresd-manager/internal/config/tree"
)

// places find keys in a configuration by what they hold.
type places []byte

// parent is the pointer to the section of a value, below a key; that key if the value is
// not there, as where it comes from a default.
func (p places) parent(below, value string) string {
	for _, pointer := range p.holders(below, value) {
		return pointer[:strings.LastIndexByte(pointer, '/')]
	}
	return below
}

// listen is the pointer to the entry of /network/listen with an address or interface and a
// port, "" being any.
func (p places) listen(name, port string) string {
	const list = "/network/listen"
	for _, value := range []string{name + "@" + port, name} {
		for _, pointer := range p.holders(list, value) {
			parts := strings.SplitN(strings.TrimPrefix(pointer, list+"/"), "/", 2)
			entry := list + "/" + parts[0]
			if at := p.at(entry + "/port"); value != name || port == "" || at == port || at == "" && usual(port) {
				return entry
			}
		}
	}
	return list
}

// usual reports whether an entry that names no port may have this one: those of DNS, and
// of DNS over TLS, QUIC and HTTPS.
func usual(port string) bool { return port == "53" || port == "853" || port == "443" }

// holders are the pointers to all texts that are equal to a value.
func (p places) holders(below, value string) (found []string) {
	p.walk(func(pointer, text string) {
		if text == value && strings.HasPrefix(pointer, below+"/") {
			found = append(found, pointer)
		}
	})
	return found
}

// at is the text or number at a pointer, "" if there is none.
func (p places) at(pointer string) (found string) {
	p.walk(func(at, text string) {
		if at == pointer {
			found = text
		}
	})
	return found
}

// walk visits all texts and numbers, in no order of objects.
func (p places) walk(visit func(pointer, text string)) {
	var root any
	decoder := json.NewDecoder(strings.NewReader(string(p)))
	decoder.UseNumber()
	if decoder.Decode(&root) != nil {
		return
	}
	var into func(pointer string, v any)
	into = func(pointer string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, value := range v {
				into(pointer+"/"+tree.EscapeToken(key), value)
			}
		case []any:
			for i, value := range v {
				into(fmt.Sprintf("%s/%d", pointer, i), value)
			}
		case string:
			visit(pointer, v)
		case json.Number:
			visit(pointer, v.String())
		}
	}
	into("", root)
}
