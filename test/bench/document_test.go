// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// measured is a run with a row in every table.
func measured() *document {
	b := &bench{began: time.Now(), host: host{Cores: 2, Kernel: "6.18.1-x"}, missing: []string{"kill, since the run had taken 23m0s"}}
	bounded := b.add("GET /v1/config, one connection", rate, times(15))
	bounded.stock, bounded.ours = sample{1000}, sample{2000}
	start := b.add("a start", seconds, nearFloor(1.3, "floor"))
	start.stock, start.ours, start.floor, start.note = sample{3, 2, 4}, sample{0.2}, sample{0.1}, "cold"
	start.trace = []span{{"execve", 0, 0.1}, {"rules", 0.1, 0.2}}
	lost := b.add("lost", number, zero())
	lost.ours = sample{0, 0}
	for _, what := range []string{"rules: 1 worker", "rules: 4 workers"} {
		r := b.addTo(changes, what, seconds, above(1.2, 0.02))
		r.ours, r.floor = sample{0.1}, sample{0.08}
	}
	r := b.addTo(slopes, "read: 1000 addresses", seconds)
	r.ours = sample{0.001}
	r = b.addTo(peers, "until a new local name is answered", seconds)
	r.ours, r.others["bind"], r.others["unbound, fast_reload"] = sample{0.1}, sample{0.05}, sample{0.2}
	r = b.addTo(peers, "a broken list", number)
	r.words["here"], r.words["bind"] = "refused", "served | exit 0"
	return b.document()
}

func TestTheDocumentHasTheMedians(t *testing.T) {
	d := measured()
	text := d.pages()["benchmarks.md"]
	for _, want := range []string{
		"\n| a start | 3 s | 200 ms | 100 ms | 15 × | 🔴 ≤ 1.3 × floor |\n", "\n| lost | - | 0 | - | - | ✓ 0 |\n", "\n- a start: cold\n",
		"\n| rules: 4 workers | 100 ms | 80 ms | ✓ ≤ 1.2 × floor + 20 ms |\n", "\n| until a new local name is answered | 100 ms | - | 200 ms | - | - | 50 ms | - |\n",
		"\n| a broken list | refused | - | - | - | - | served \\| exit 0 | - |\n", "\n2 of 5 budgets are missed.\n", "\n- 🔴 GET /v1/config, one connection, what bounds it: two processes",
		"\n| a start | stock | 3 | 2 | 3 s | 4 | 2–4 s |\n", "\nNot measured: kill, since",
		"](benchmarks/times.svg)", "](benchmarks/start.svg)", "](benchmarks/changes.svg)", "](benchmarks/slopes.svg)", "](benchmarks/peers.svg)",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	for name, svg := range d.pages() {
		if !strings.HasSuffix(name, ".svg") {
			continue
		}
		for x := xml.NewDecoder(strings.NewReader(svg)); ; {
			if _, err := x.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Errorf("%s: %v", name, err)
				break
			}
		}
	}
}

func TestAMissedBudgetFailsTheRun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "samples.json")
	d := measured()
	if err := d.writeJSON(file); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr strings.Builder
	if code := run(t.Context(), []string{"--from", file}, &stdout, &stderr); code != 1 {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{"over budget: a start: 200 ms, budget ≤ 1.3 × floor", "not measured: kill"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("%q is missing in %q", want, stderr.String())
		}
	}
	d.Missing, d.Results = nil, d.Results[2:]
	if err := d.writeJSON(file); err != nil {
		t.Fatal(err)
	}
	stderr.Reset()
	if code := run(t.Context(), []string{"--from", file}, &stdout, &stderr); code != 0 {
		t.Errorf("every budget is kept, and the exit code %d: %s", code, stderr.String())
	}
}

func TestPublishingWritesWhatIsReadAgain(t *testing.T) {
	dir := t.TempDir()
	docs := filepath.Join(dir, "docs")
	readme := filepath.Join(dir, "README.md")
	before := "# x\n\n| | stock | here |\n| --- | --- | --- |\n| a start | 9 s | 9 s |\n| unknown | 1 | 2 |\n\nMore | a start | 9 s | 9 s |\n"
	if err := os.WriteFile(readme, []byte(before), 0o644); err != nil {
		t.Fatal(err)
	}
	d := measured()
	if err := d.publish(docs); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Replace(before, "| a start | 9 s | 9 s |\n| u", "| a start | 3 s | 200 ms |\n| u", 1); string(text) != want {
		t.Errorf("README.md differs (-want +got):\n%s", cmp.Diff(want, string(text)))
	}
	again, err := readJSON(filepath.Join(docs, "benchmarks", "samples.json"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(d.pages(), again.pages()); diff != "" {
		t.Errorf("the samples that were written make another document (-want +got):\n%s", diff)
	}
}

// TestNothingOfTheDocumentIsWrittenByHand holds the pages in docs/ to the samples beside them.
func TestNothingOfTheDocumentIsWrittenByHand(t *testing.T) {
	const docs = "../../docs/"
	published, err := os.ReadFile(docs + "benchmarks.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(published), "(benchmarks/samples.json)") {
		return // of a run that kept no samples
	}
	d, err := readJSON(docs + "benchmarks/samples.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range d.pages() {
		got, err := os.ReadFile(docs + name)
		if err != nil {
			t.Error(err)
			continue
		}
		if string(got) != want {
			t.Errorf("docs/%s is not what its samples make; go run ./test/bench --from docs/benchmarks/samples.json --docs docs writes it (-want +got):\n%s", name, cmp.Diff(want, string(got)))
		}
	}
}
