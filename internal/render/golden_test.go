// SPDX-License-Identifier: Apache-2.0

package render

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"kresd-manager/internal/config"
)

var update = flag.Bool("update", false, "write the expected files of testdata anew")

// machine is where the configurations of the tests are rendered for.
var machine = struct {
	config config.Host
	render Host
}{
	config.Host{CPUs: 4, Hostname: "host.example", BaseDir: "/etc/knot-resolver"},
	Host{CPUs: 4, TicketSecret: "/run/kresd-manager/tls-ticket-secret"},
}

// parse returns what a text in YAML means.
func parse(t *testing.T, text string) *config.Config {
	t.Helper()
	doc, err := config.Parse("config.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	c, err := doc.Config(machine.config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// files renders a configuration as people review it: without the functions,
// which are a file of their own, and without the hashes that depend on them.
func files(c *config.Config) []txtar.File {
	worker, workerHash := Worker(c, machine.render)
	worker = strings.Replace(worker, functions, "… functions.lua …\n", 1)
	rules, rulesHash := PolicyLoader(c)
	rules = strings.Replace(rules, loaderLua, "… loader.lua …\n", 1)
	all := []txtar.File{
		{Name: "worker.lua", Data: []byte(strings.ReplaceAll(worker, workerHash, "HASH"))},
		{Name: "policy-loader.lua", Data: []byte(strings.ReplaceAll(rules, rulesHash, "HASH"))},
		{Name: "gc.json", Data: []byte(CacheGCArguments(CacheGC(c)))},
	}
	var components strings.Builder
	for _, k := range Components(c, machine.render) {
		fmt.Fprintf(&components, "%s, %s, %d: %q\n", k.Name, k.Kind, k.Priority, k.Command)
	}
	if components.Len() > 0 {
		all = append(all, txtar.File{Name: "components", Data: []byte(components.String())})
	}
	return all
}

// Each archive in testdata holds a configuration and what becomes of it.
func TestGolden(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := files(parse(t, string(a.Files[0].Data)))
			if *update {
				a.Files = append(a.Files[:1], got...)
				if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(a.Files[1:], got, cmp.Transformer("text", func(b []byte) string { return string(b) })); diff != "" {
				t.Errorf("%s (go test -update refreshes it):\n%s", path, diff)
			}
		})
	}
}

// Every text that a daemon reads consists of literals that Lua reads.
func TestEveryLiteralCanBeRead(t *testing.T) {
	archives, _ := filepath.Glob("testdata/*.txtar")
	for _, path := range archives {
		a, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files(parse(t, string(a.Files[0].Data))) {
			if !strings.HasSuffix(f.Name, ".lua") {
				continue
			}
			if all, err := literals(string(f.Data)); err != nil || len(all) == 0 {
				t.Errorf("%s: %s: %d literals, %v", path, f.Name, len(all), err)
			}
		}
	}
}
