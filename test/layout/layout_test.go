// SPDX-License-Identifier: Apache-2.0

// Package layout keeps promises about the source tree.
package layout

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "kresd-manager/"

// rules say which packages may import what. A package is judged by the first
// rule whose prefix it has.
var rules = []struct {
	prefix string // of the importing package, without the module
	never  []string
	reason string
}{
	{"dbusctl", []string{module + "api", module + "internal/manager", module + "cmd"}, "the bus is told what to do and asks no one"},
	{"generator", []string{module + "api", module + "dbusctl", module + "internal/manager", module + "internal/generation", "net", "os/exec", "github.com"}, "it is part of a program that runs as root in early boot"},
	{"units", []string{module + "api", module + "dbusctl", module + "internal/manager", module + "internal/render", module + "internal/unitfile", "os", "net", "sync", "github.com/godbus"}, "planning is pure: the same input gives the same plan"},
	{"internal/config/tree", []string{strings.TrimSuffix(module, "/"), "github.com", "go.yaml.in", "os", "net", "sync"}, "it knows values and neither texts nor meanings"},
	{"internal/config/text", []string{module + "units", module + "api", module + "cmd", module + "internal/render", module + "internal/manager", module + "internal/config/rewrite", "os", "net", "sync", "github.com/godbus"}, "it knows the languages of texts and not what keys mean"},
	{"internal/config/rewrite", []string{module + "units", module + "api", module + "cmd", module + "internal/render", module + "internal/manager", "os", "net", "sync", "github.com"}, "it edits texts and does not know what keys mean"},
	{"internal/config", []string{module + "units", module + "api", module + "internal/render", "github.com/godbus", "net/http", "os/exec"}, "the model knows nothing of what is made of it"},
	{"internal/render", []string{module + "units", module + "internal/manager", "os", "net", "time/tzdata", "github.com/godbus"}, "the same configuration gives the same text"},
	{"internal/durable", []string{strings.TrimSuffix(module, "/"), "github.com", "net", "os/exec"}, "it knows files and nothing of what is in them, and is part of a program that runs as root in early boot"},
	{"internal/unitfile", []string{strings.TrimSuffix(module, "/"), "github.com", "os", "net", "sync"}, "it knows the grammar of unit files and nothing of what ours are for"},
	{"internal/format", []string{strings.TrimSuffix(module, "/"), "github.com", "os", "net", "sync"}, "it knows that a file has a number and nothing of what is in it"},
	{"internal/carry", []string{module + "internal/manager", module + "internal/config", module + "internal/generation", module + "internal/render", module + "internal/history", module + "api", module + "dbusctl", module + "cmd", "os", "net"}, "a plan goes in and an outcome comes out"},
	{"internal/editor", []string{module + "internal/config", module + "units", module + "api", "github.com", "net"}, "it knows a text and nothing of what is in it"},
	{"internal/present", []string{module + "internal/manager", module + "internal/client", module + "dbusctl", module + "cmd", "net", "os/exec", "github.com"}, "it lays out what it is given, and asks no one"},
	{"internal/visible", []string{strings.TrimSuffix(module, "/")}, "everything that prints needs it"},
	{"internal/", []string{module + "cmd", "github.com/godbus"}, "dbusctl alone talks to the bus"},
	{"fleet/rollout", []string{strings.TrimSuffix(module, "/"), "github.com", "os", "net", "sync", "math/rand"}, "deciding is pure: who leads next decides the same"},
	{"fleet/release", []string{module + "fleet/store", module + "fleet/agent", "github.com", "os", "net/http", "sync"}, "whether a release is good does not depend on where it came from"},
	{"fleet/sshsig", []string{strings.TrimSuffix(module, "/"), "os", "net", "sync"}, "who signed something depends on it and on the keys alone"},
	{"fleet/", []string{module + "dbusctl", module + "internal/manager", "github.com/godbus", "github.com/gorilla"}, "the fleet asks the manager over its API"},
	{"api/door", []string{strings.TrimSuffix(module, "/"), "github.com"}, "it knows connections and nothing of what is asked over them"},
	{"api/openapi", []string{strings.TrimSuffix(module, "/"), "net/http/pprof", "github.com/gorilla"}, "it describes any interface and knows none"},
	{"api/wire", []string{module + "api", module + "dbusctl", module + "internal/manager", module + "cmd", "github.com", "net/http/pprof"}, "clients link it and no server"},
	{"api", []string{module + "dbusctl", module + "internal/manager", "github.com/godbus"}, "handlers see the interface that they declare"},
	{"cmd/kresctl", []string{module + "internal/durable", module + "internal/access", module + "internal/sandbox", module + "internal/input", module + "internal/config/tree", "encoding/json", "net", "text/tabwriter", "os/exec", "github.com/godbus"}, "a command parses its arguments, calls and prints"},
	{"cmd/", []string{"github.com/godbus"}, "dbusctl alone talks to the bus"},
}

// packages returns what each package of both modules imports, by its name without the
// module.
func packages(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	fleet := exec.Command("go", "list", "-json=ImportPath,Imports", module+"fleet/...")
	fleet.Dir = "../../fleet"
	more, err := fleet.Output()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for dec := json.NewDecoder(strings.NewReader(string(out) + string(more))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimPrefix(p.ImportPath, module)] = p.Imports
	}
	if len(all) < 60 {
		t.Fatalf("only %d packages are found", len(all))
	}
	return all
}

func TestImportsPointOneWay(t *testing.T) {
	for name, imports := range packages(t) {
		for _, r := range rules {
			if !strings.HasPrefix(name, r.prefix) {
				continue
			}
			for _, imported := range imports {
				for _, n := range r.never {
					if imported == n || strings.HasPrefix(imported, n+"/") {
						t.Errorf("%s imports %s: %s", name, imported, r.reason)
					}
				}
			}
			break
		}
	}
}
