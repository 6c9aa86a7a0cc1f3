// SPDX-License-Identifier: Apache-2.0

// Package promtool has the program of Prometheus check what is packaged for it.
package promtool

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"kresd-manager/test/debian"
)

const packaged = "../../packaging/"

func promtool(t *testing.T, dir string, args ...string) {
	t.Helper()
	program, err := debian.Program(t.Context(), "prometheus", "usr/bin/promtool")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func TestAlertRules(t *testing.T) {
	promtool(t, packaged+"prometheus", "check", "rules", "kresd-manager.rules.yaml")
	promtool(t, packaged+"prometheus", "test", "rules", "kresd-manager.rules.test.yaml")
}

// TestEveryAlertIsExplainedAndTried holds the documentation and the test of the rules to
// the rules.
func TestEveryAlertIsExplainedAndTried(t *testing.T) {
	read := func(path string) string {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	rules, tried, docs := read(packaged+"prometheus/kresd-manager.rules.yaml"), read(packaged+"prometheus/kresd-manager.rules.test.yaml"), read("../../docs/monitoring.md")
	alerts := 0
	for line := range strings.Lines(rules) {
		name, ok := strings.CutPrefix(strings.TrimSpace(line), "- alert: ")
		if !ok {
			continue
		}
		alerts++
		if !strings.Contains(tried, `alertname="`+name+`"`) {
			t.Errorf("%s is not tried", name)
		}
		if !strings.Contains(docs, "| `"+name+"` |") {
			t.Errorf("docs/monitoring.md does not say what to do about %s", name)
		}
	}
	if alerts < 15 {
		t.Errorf("there are only %d alerts", alerts)
	}
}

// TestTheBoardIsWhole reads what Grafana would import. What its expressions name is held
// to a real scrape in test/e2e.
func TestTheBoardIsWhole(t *testing.T) {
	b, err := os.ReadFile(packaged + "grafana/kresd-manager.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			ID      int
			Title   string
			Type    string
			Targets []struct{ Expr string }
			GridPos struct{ X, Y, W, H int }
		}
	}
	if err := json.Unmarshal(b, &board); err != nil {
		t.Fatal(err)
	}
	ids := map[int]bool{}
	taken := map[[2]int]string{}
	for _, p := range board.Panels {
		if ids[p.ID] || p.Title == "" || p.Type != "row" && len(p.Targets) == 0 || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("panel %+v", p)
		}
		ids[p.ID] = true
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				at := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				if other := taken[at]; other != "" {
					t.Fatalf("%q lies on %q", p.Title, other)
				}
				taken[at] = p.Title
			}
		}
	}
	if len(ids) < 20 {
		t.Errorf("there are only %d panels", len(ids))
	}
}
