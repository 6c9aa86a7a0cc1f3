// SPDX-License-Identifier: Apache-2.0

package render

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"golang.org/x/tools/txtar"

	"kresd-manager/internal/config"
)

// elsewhere are the keys that no daemon reads: they concern the manager, systemd
// or kresd-drain, say which version of the model is meant, or are refused.
var elsewhere = map[string]bool{
	"/version":                         true,
	refusedKey:                         true,
	"/management":                      true,
	"/management/unix-socket":          true,
	"/management/interface":            true,
	"/management/allow-origins":        true,
	"/management/idle-exit":            true,
	"/management/pprof":                true,
	"/management/roles":                true,
	"/management/roles/*/role":         true,
	"/management/roles/*/users":        true,
	"/management/roles/*/groups":       true,
	"/management/roles/*/token":        true,
	"/management/roles/*/token-file":   true,
	"/management/roles/*/name":         true,
	"/management/roles/*/certificates": true,
	"/management/tls":                  true,
	"/management/tls/cert-file":        true,
	"/management/tls/key-file":         true,
	"/management/tls/client-ca-file":   true,
	"/network/tls/watchdog":            true,
	"/systemd":                         true,
	"/systemd/drain-deadline":          true,
	"/systemd/memory-max":              true,
	"/systemd/memory-high":             true,
	"/systemd/tasks-max":               true,
	"/systemd/cpu-weight":              true,
	"/systemd/io-weight":               true,
	"/systemd/restart":                 true,
	"/systemd/slice":                   true,
	"/local-data/rpz/*/watchdog":       true,
	"/components":                      true,
}

// written notes the pointers of all keys in a document, with "*" for the index
// in a list and for names that are not keys.
func written(v any, pointer string, keys map[string]bool, all map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			at := pointer + "/" + k
			if !keys[at] {
				at = pointer + "/*"
			}
			all[at] = true
			written(inner, at, keys, all)
		}
	case []any:
		for _, inner := range v {
			written(inner, pointer+"/*", keys, all)
		}
	}
}

// A key that is declared and that the program acts on is in some archive, where
// people have seen what becomes of it.
func TestArchivesHaveEveryKey(t *testing.T) {
	keys, seen := map[string]bool{}, map[string]bool{}
	for _, k := range config.Keys() {
		keys[k.Pointer] = true
	}
	archives, _ := filepath.Glob("testdata/*.txtar")
	for _, path := range archives {
		a, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := config.Parse(path, a.Files[0].Data)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.Unmarshal(doc.JSON(), &v); err != nil {
			t.Fatal(err)
		}
		written(v, "", keys, seen)
	}
	for _, k := range config.Keys() {
		if !seen[k.Pointer] && !elsewhere[k.Pointer] {
			t.Errorf("no archive has %s", k.Pointer)
		}
	}
	t.Logf("%d keys", len(keys))
}
