// SPDX-License-Identifier: Apache-2.0

package layout

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// What asks the manager links nothing of what serves: kres-graphite runs as the
// user of the workers, kresctl as root, and the agent of a fleet with the role configure.
func TestClientsLinkNoServer(t *testing.T) {
	servers := []string{module + "api", module + "api/door", module + "internal/manager", module + "dbusctl", "github.com/gorilla/mux", "github.com/godbus/dbus/v5", "net/http/pprof"}
	for client, in := range map[string]string{
		"api/wire": ".", "internal/client": ".", "cmd/kresctl": ".", "cmd/kres-graphite": ".",
		"fleet/local": "../../fleet", "fleet/cmd/kres-fleet": "../../fleet",
	} {
		cmd := exec.Command("go", "list", "-deps", module+client)
		cmd.Dir = in
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		linked := strings.Fields(string(out))
		if !slices.Contains(linked, module+"api/wire") {
			t.Errorf("%s does not use api/wire", client)
		}
		for _, s := range servers {
			if slices.Contains(linked, s) {
				t.Errorf("%s links %s", client, s)
			}
		}
	}
}

// What is there for tests is in no program.
func TestProgramsLinkNothingOfTests(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", module+"cmd/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range strings.Fields(string(out)) {
		if p == "testing" || p == module+"internal/manager/inmemory" || p == module+"internal/manager/fakesystemd" || p == module+"api/openapi/conform" {
			t.Errorf("a program links %s", p)
		}
	}
}
