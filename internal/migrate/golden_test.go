// SPDX-License-Identifier: Apache-2.0

package migrate

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"kresd-manager/internal/config"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden compares with testdata: of in.yaml, the actions and out.yaml; or
// out.json where there is no YAML.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			archive := txtar.Parse(text)
			in := archive.Files[0].Data
			r, err := Run("in.yaml", in)
			if err != nil {
				t.Fatal(err)
			}
			out := r.YAML
			if archive.Files[2].Name == "out.json" {
				if r.YAML != nil {
					t.Error("JSON has become YAML")
				}
				out = append(r.Document.JSON(), '\n')
			} else if out == nil {
				t.Fatalf("the comments are lost in\n%s", r.Document.JSON())
			}
			got := txtar.Format(&txtar.Archive{Comment: archive.Comment, Files: []txtar.File{
				archive.Files[0], {Name: "actions", Data: []byte(report(r))}, {Name: archive.Files[2].Name, Data: out},
			}})
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(text), string(got)); diff != "" {
				t.Error(diff)
			}
			again, err := Run("out", out)
			if err != nil || len(again.Actions) > 0 {
				t.Errorf("a second run does more: %v, %q", err, again.Actions)
			}
		})
	}
}

func report(r Result) string {
	var b strings.Builder
	for _, s := range r.Actions {
		b.WriteString(s + "\n")
	}
	for _, s := range r.Stuck {
		b.WriteString("cannot be carried over: " + s + "\n")
	}
	for _, s := range r.Notes {
		b.WriteString("note: " + s + "\n")
	}
	return b.String()
}

// TestTheResultIsValid: where old keys were all that was wrong, nothing is
// afterwards.
func TestTheResultIsValid(t *testing.T) {
	for _, name := range []string{"everything", "off", "conflict", "alias", "comments", "nothing"} {
		text, err := os.ReadFile("testdata/" + name + ".txtar")
		if err != nil {
			t.Fatal(err)
		}
		r, err := Run(name, txtar.Parse(text).Files[0].Data)
		if err != nil {
			t.Fatal(err)
		}
		_, problems := r.Document.Check(config.Host{CPUs: 4, Hostname: "h", BaseDir: "/etc"})
		if err := problems.Errors(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, r.YAML)
		}
	}
}
