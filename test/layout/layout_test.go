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
	{"dbusctl", []string{module + "api", module + "internal/manager", module + "cmd"}, "the bus is told what to do and asks nobody"},
	{"generator", []string{module + "api", module + "dbusctl", module + "internal/manager", module + "internal/generation", "net", "os/exec", "github.com"}, "it is part of a program that runs as root in early boot"},
	{"units", []string{module + "api", module + "dbusctl", module + "internal/manager", module + "internal/render", "os", "net", "sync", "github.com/godbus"}, "planning is pure: the same input gives the same plan"},
	{"internal/config", []string{module + "units", module + "api", module + "internal/render", "github.com/godbus", "net/http", "os/exec"}, "the model knows nothing of what is made of it"},
	{"internal/render", []string{module + "units", module + "internal/manager", "os", "net", "time/tzdata", "github.com/godbus"}, "the same configuration gives the same text"},
	{"internal/durable", []string{strings.TrimSuffix(module, "/"), "github.com", "net", "os/exec"}, "it knows files and nothing of what is in them, and is part of a program that runs as root in early boot"},
	{"internal/visible", []string{strings.TrimSuffix(module, "/")}, "everything that prints needs it"},
	{"internal/", []string{module + "cmd", "github.com/godbus"}, "dbusctl alone talks to the bus"},
	{"api", []string{module + "dbusctl", module + "internal/manager", "github.com/godbus"}, "handlers see the interface that they declare"},
	{"cmd/", []string{"github.com/godbus"}, "dbusctl alone talks to the bus"},
}

func TestImportsPointOneWay(t *testing.T) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := 0
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; packages++ {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(p.ImportPath, module)
		for _, r := range rules {
			if !strings.HasPrefix(name, r.prefix) {
				continue
			}
			for _, imported := range p.Imports {
				for _, n := range r.never {
					if imported == n || strings.HasPrefix(imported, n+"/") {
						t.Errorf("%s imports %s: %s", name, imported, r.reason)
					}
				}
			}
			break
		}
	}
	if packages < 10 {
		t.Errorf("only %d packages were looked at", packages)
	}
}
