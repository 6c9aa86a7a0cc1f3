// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"kresd-manager/api/wire"
	"kresd-manager/internal/config"
	"kresd-manager/units"
)

// clearCache has a worker clear the cache. The answer has what it says.
func (h *handlers) clearCache(w *response, r *http.Request) error {
	if err := noQuery(r); err != nil {
		return err
	}
	doc, err := readValue(w, r)
	if err != nil {
		return err
	}
	what, err := readClear(doc)
	if err != nil {
		return err
	}
	said, err := h.ctl.ClearCache(r.Context(), what)
	if err != nil {
		return err
	}
	return sendJSON(w, said, "")
}

// readClear reads what to clear. What would clear more than was meant is
// refused.
func readClear(doc *config.Document) (units.CacheClear, error) {
	var none, what units.CacheClear
	text := doc.JSON()
	if !bytes.HasPrefix(text, []byte("{")) {
		return none, malformed("an object is needed; {} clears the whole cache")
	}
	members, err := membersOf(text)
	if err != nil {
		return none, err
	}
	var c wire.CacheClear
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return none, malformed("cannot read what to clear: %s; use name, exact-name, rr-type and chunk-size", unfit(err))
	}
	what = units.CacheClear{Exact: c.ExactName, Type: strings.ToUpper(c.RRType)}
	_, named := members["name"]
	if named { // an empty name is not everything
		name, err := config.DomainName(c.Name)
		if err != nil {
			return none, malformed("/name: %v", err)
		}
		what.Name = name
	}
	switch {
	case c.ExactName && !named:
		return none, malformed("exact-name needs name")
	case c.RRType != "" && !c.ExactName:
		return none, malformed("rr-type needs exact-name: true")
	case c.ChunkSize != nil && *c.ChunkSize < 1:
		return none, malformed("chunk-size must be at least 1")
	case c.ChunkSize != nil:
		what.Chunk = *c.ChunkSize
	}
	return what, nil
}

// membersOf splits an object, none of whose members may be null: a script that has no
// name to put there means one name, not all.
func membersOf(object []byte) (members map[string]json.RawMessage, err error) {
	if err := json.Unmarshal(object, &members); err != nil {
		return nil, malformed("cannot read what to clear: %v", err)
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if string(members[name]) == "null" {
			return nil, malformed("/%s is null; nothing was done: leave it out to clear without that restriction, {} clears the whole cache", printable(name))
		}
	}
	return members, nil
}

// unfit says what of a JSON object does not fit, in words of JSON: package json has
// those of the type that it fills in.
func unfit(err error) string {
	var other *json.UnmarshalTypeError
	if !errors.As(err, &other) {
		return strings.Replace(err.Error(), "json: unknown field", "unknown key", 1)
	}
	expected := map[reflect.Kind]string{reflect.String: "a string", reflect.Bool: "true or false", reflect.Int: "an integer"}[other.Type.Kind()]
	found, detail, _ := strings.Cut(other.Value, " ") // "number 1.5"
	switch {
	case detail != "":
		found = detail
	case found == "array":
		found = "a list"
	case found == "object":
		found = "an object"
	case found == "bool":
		found = "a boolean"
	default:
		found = "a " + found
	}
	return fmt.Sprintf("/%s: expected %s, found %s", other.Field, expected, found)
}

// cacheStatistics is the state of the cache that the workers share.
func (h *handlers) cacheStatistics(w *response, r *http.Request) error {
	if err := noQuery(r); err != nil {
		return err
	}
	s, err := h.ctl.CacheStatistics(r.Context())
	if err != nil {
		return err
	}
	return sendJSON(w, s, "")
}
