// SPDX-License-Identifier: Apache-2.0

package release

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"kresd-manager/internal/config"
	"kresd-manager/internal/config/text"
	"kresd-manager/internal/config/tree"
)

// Owned is a configuration that runs, divided into what a release has brought and what
// is local. A key is in one of them only, as a key is in one configuration file only.
type Owned struct {
	// Local is the part that no release has.
	Local *config.Document
	// Drift are the pointers of what runs otherwise than the release has it.
	Drift []string
}

// Divide takes what a release has brought, nil for none, out of what runs.
func Divide(running, brought *config.Document) (Owned, error) {
	if brought == nil {
		return Owned{Local: running}, nil
	}
	all, err := decode(running)
	if err != nil {
		return Owned{}, err
	}
	ours, err := decode(brought)
	if err != nil {
		return Owned{}, err
	}
	var o Owned
	local := take(all, ours, nil, &o.Drift)
	raw, err := json.Marshal(local)
	if err != nil {
		return Owned{}, fmt.Errorf("cannot write the local configuration: %w", err)
	}
	o.Local, err = config.ParseAs("the local configuration", raw, text.JSON)
	return o, err
}

// Join puts a release beside what is local. The error names each key that both have.
func Join(local, brought *config.Document) (*config.Document, error) {
	return config.Combine(local, brought)
}

func decode(doc *config.Document) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(doc.JSON()))
	d.UseNumber()
	var v map[string]any
	if err := d.Decode(&v); err != nil {
		return nil, errors.New("what runs is not a mapping of keys to values")
	}
	return v, nil
}

// take returns all without what is in ours, and notes where that is different.
func take(all, ours map[string]any, at []string, drift *[]string) map[string]any {
	rest := maps.Clone(all)
	for _, key := range slices.Sorted(maps.Keys(ours)) {
		here := append(slices.Clone(at), key)
		has, there := all[key]
		inner, deep := ours[key].(map[string]any)
		object, isObject := has.(map[string]any)
		if deep && isObject {
			left := take(object, inner, here, drift)
			if rest[key] = left; len(left) == 0 {
				delete(rest, key)
			}
			continue
		}
		if !there || !same(has, ours[key]) {
			*drift = append(*drift, tree.JoinPointer(here))
		}
		delete(rest, key)
	}
	return rest
}

func same(a, b any) bool {
	x, err := json.Marshal(a)
	if err != nil {
		return false
	}
	y, err := json.Marshal(b)
	return err == nil && bytes.Equal(x, y)
}
