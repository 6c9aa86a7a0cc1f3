// SPDX-License-Identifier: Apache-2.0

package layout

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// tableRow is a line of "Where things are" in HACKING.md: a folder, and what may be
// imported there.
var tableRow = regexp.MustCompile("(?m)^\\| `([a-z0-9/…]+)` \\| .+ \\| (.*)\\|$")

// isProgram matches folders that may import everything.
var isProgram = regexp.MustCompile("^(fleet/)?cmd/")

var quotedName = regexp.MustCompile("`([a-z0-9/…]+)`")

// table returns what HACKING.md says that each folder may import, by the folder; nil is
// everything.
func table(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("../../HACKING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Where things are\n")
	section, _, _ = strings.Cut(section, "\n## ")
	rows := map[string][]string{}
	for _, m := range tableRow.FindAllStringSubmatch(section, -1) {
		may := []string{}
		for _, name := range quotedName.FindAllStringSubmatch(m[2], -1) {
			may = append(may, name[1])
		}
		what := strings.TrimSpace(m[2])
		if what == "everything" {
			may = nil
		} else if what != "nothing of ours" && what != "" && len(may) == 0 {
			t.Errorf("HACKING.md does not say what %s may import", m[1])
		}
		rows[m[1]] = may
	}
	return rows
}

// allows reports whether an entry of the table is about a package: its name, or x/… for x
// and all below it.
func allows(entry, name string) bool {
	below, all := strings.CutSuffix(entry, "/…")
	return entry == name || all && (name == below || strings.HasPrefix(name, below+"/"))
}

// TestTheTableOfHackingIsTrue: each package of the programs has a line, imports what that
// allows and no more, and the line names nothing that is not imported.
func TestTheTableOfHackingIsTrue(t *testing.T) {
	rows := table(t)
	seen := map[string]bool{}
	for name, imports := range packages(t) {
		if isProgram.MatchString(name) || strings.HasPrefix(name, "test/") {
			continue
		}
		may, there := rows[name]
		if !there {
			t.Errorf("HACKING.md has no line for %s", name)
			continue
		}
		seen[name] = true
		if may == nil {
			continue
		}
		ours := imports[:0:0]
		for _, i := range imports {
			if i, own := strings.CutPrefix(i, module); own {
				ours = append(ours, i)
			}
		}
		for _, i := range ours {
			if !slices.ContainsFunc(may, func(entry string) bool { return allows(entry, i) }) {
				t.Errorf("%s imports %s, which HACKING.md does not allow", name, i)
			}
		}
		for _, entry := range may {
			if !slices.ContainsFunc(ours, func(i string) bool { return allows(entry, i) }) {
				t.Errorf("HACKING.md says that %s may import %s, and it does not", name, entry)
			}
		}
	}
	for _, folder := range slices.Sorted(maps.Keys(rows)) {
		if !seen[folder] && !isProgram.MatchString(folder) && !strings.HasPrefix(folder, "test/") && folder != "fleet/…" {
			t.Errorf("HACKING.md has a line for %s, where no package is", folder)
		}
	}
	if len(seen) < 80 {
		t.Errorf("only %d packages are looked at", len(seen))
	}
}

// TestEveryDocumentIsListed in the one that lists them.
func TestEveryDocumentIsListed(t *testing.T) {
	text, err := os.ReadFile("../../docs/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{"*.md", "internals/*.md"} {
		names, err := filepath.Glob(filepath.Join("../../docs", pattern))
		if err != nil || len(names) < 2 {
			t.Fatalf("%d documents are found: %v", len(names), err)
		}
		for _, name := range names {
			name = strings.TrimPrefix(name, "../../docs/")
			if name != "README.md" && !strings.Contains(string(text), "]("+name+")") {
				t.Errorf("docs/README.md does not list %s", name)
			}
		}
	}
}
