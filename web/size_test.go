// SPDX-License-Identifier: Apache-2.0

package web

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

// firstLoad is how many bytes a browser may have to fetch, packed, to show the first page.
const firstLoad = 60_000

// TestTheFirstLoadIsSmall adds up what index.html names, the overview, which is the first
// page, and what these import.
func TestTheFirstLoadIsSmall(t *testing.T) {
	names := regexp.MustCompile(`[A-Za-z_]+-[A-Z0-9a-z]{8}\.(?:js|css|svg)`)
	static := regexp.MustCompile(`(?:import|from)\s*"\./([^"]+)"`)
	open := []string{}
	for _, m := range names.FindAllString(read(t, Index), -1) {
		open = append(open, "assets/"+m)
	}
	for _, name := range Names() {
		if strings.HasPrefix(name, "assets/overview-") {
			open = append(open, name)
		}
	}
	if len(open) < 4 {
		t.Fatalf("index.html and the overview name only %v", open)
	}
	seen, total := map[string]bool{}, size(t, Index)
	for len(open) > 0 {
		name := open[0]
		open = open[1:]
		if seen[name] {
			continue
		}
		seen[name] = true
		total += size(t, name)
		if strings.HasSuffix(name, ".js") {
			for _, m := range static.FindAllStringSubmatch(read(t, name), -1) {
				open = append(open, "assets/"+m[1])
			}
		}
	}
	t.Logf("the first load is %d bytes in %d files", total, len(seen)+1)
	if total > firstLoad {
		t.Errorf("the first load is %d bytes, more than %d: %v", total, firstLoad, seen)
	}
}

// TestNothingIsLoadedFromElsewhere looks for addresses in what is served. Namespaces of SVG
// and XHTML are names, and not asked for.
func TestNothingIsLoadedFromElsewhere(t *testing.T) {
	address := regexp.MustCompile(`(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^"'\s)` + "`" + `]*`)
	known := regexp.MustCompile(`^(?:https?:)?//(?:www\.w3\.org/(?:2000/svg|1999/xhtml|1999/xlink|1998/Math/MathML|2000/xmlns/))$`)
	for _, name := range Names() {
		if name == "licences.txt" {
			continue
		}
		for _, found := range address.FindAllString(read(t, name), -1) {
			if !known.MatchString(found) {
				t.Errorf("%s has the address %s", name, found)
			}
		}
	}
}

// size is how much of a file goes over the wire.
func size(t *testing.T, name string) int {
	t.Helper()
	for _, path := range []string{"dist/" + name + packed, "dist/" + name} {
		if info, err := fs.Stat(dist, path); err == nil {
			return int(info.Size())
		}
	}
	t.Fatalf("there is no %s", name)
	return 0
}

func read(t *testing.T, name string) string {
	t.Helper()
	f, ok := Open(name)
	if !ok {
		t.Fatalf("there is no %s", name)
	}
	text, err := f.Unpacked()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
