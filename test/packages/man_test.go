// SPDX-License-Identifier: Apache-2.0

package packages

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestManualPagesHaveTheOptions compares those written by hand with what the
// programs say. The others are made of documents that tests hold to the truth.
func TestManualPagesHaveTheOptions(t *testing.T) {
	pages, err := filepath.Glob("../../packaging/man/*.8.md")
	if err != nil || len(pages) < 4 {
		t.Fatal(pages, err)
	}
	clean(t)
	install(t, first)
	said := regexp.MustCompile(`(?m)^ +(?:-[a-zA-Z], )?(--?[a-z][a-z-]+)`)
	written := regexp.MustCompile("(?m)^`(?:-[a-zA-Z]`, `)?(--[a-z][a-z-]+)")
	for _, page := range pages {
		name := filepath.Base(page[:len(page)-len(".8.md")])
		program := "/usr/lib/kresd-manager/" + name
		if name == "kresd-generator" {
			program = "/usr/lib/systemd/system-generators/" + name
		}
		r := run(t, program, "--help")
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		options := func(re *regexp.Regexp, text string) (all []string) {
			for _, m := range re.FindAllStringSubmatch(text, -1) {
				o := m[1]
				if o[1] != '-' { // as the flag package prints them
					o = "-" + o
				}
				all = append(all, o)
			}
			slices.Sort(all)
			return all
		}
		if diff := cmp.Diff(options(said, r.Stdout+r.Stderr), options(written, string(text))); diff != "" {
			t.Errorf("%s --help (-) and its page (+): %s", name, diff)
		}
	}
}
