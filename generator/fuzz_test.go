// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"kresd-manager/internal/config"
)

var host = config.Host{CPUs: 4, Hostname: "host.example", BaseDir: "/etc/knot-resolver"}

// seeds are the texts of a name in the corpus.
func seeds(f *testing.F, name string) (texts []string) {
	cases, err := filepath.Glob("testdata/corpus/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range cases {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			if file.Name == name && !strings.Contains(string(file.Data), "*a") { // a bomb is slow
				texts = append(texts, string(file.Data))
			}
		}
	}
	return texts
}

// FuzzDecode: whatever the reading side says, root writes only what is on the list.
func FuzzDecode(f *testing.F) {
	f.Add("kept\nworkers 2\ngc\ncomponent a-1 300\nslice dns.slice\nrestart no\nmemory-max 5\ncpu-weight 10000\ncache-dir /srv/x\nconfig bad\nreason %n\"`$\nend\n")
	f.Add("pending\nconfig good\nwanted\nworkers 9999\nfirst-alone\nend\n")
	f.Add("kept\nworkers 02\nslice a.slice\r\nExecStart=x\n")
	f.Fuzz(func(t *testing.T, text string) {
		found, err := Decode(text)
		if found.Kept != nil && found.Kept.Workers > 50 || found.Wanted != nil && found.Wanted.Workers > 50 {
			return // only slow
		}
		harmless(t, Make(found.Decide(), place))
		if err != nil {
			return
		}
		again, err := Decode(found.Encode())
		if diff := cmp.Diff(found, again); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
	})
}

// FuzzRead: whatever is in the files, what root writes is on the list.
func FuzzRead(f *testing.F) {
	kept := seeds(f, "state/boot/components.json")
	for i, text := range seeds(f, "config.yaml") {
		f.Add([]byte(text), []byte(kept[i%len(kept)]))
	}
	f.Fuzz(func(t *testing.T, configuration, components []byte) {
		root := t.TempDir()
		for name, text := range map[string][]byte{
			"config.yaml": configuration, "state/boot/components.json": components, "state/boot/worker.lua": nil, "state/boot/policy-loader.lua": nil,
		} {
			path := filepath.Join(root, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if d, tree := made(t, root); d.Set == nil || d.Set.Workers < 50 {
			harmless(t, tree)
		}
	})
}

// FuzzBlocks: a configuration that is good says the same when it is read in part.
func FuzzBlocks(f *testing.F) {
	for _, text := range seeds(f, "config.yaml") {
		f.Add(text)
	}
	f.Add("---\nworkers: 2 # c\nlua:\n  script: |\n    workers: 3\n# x\ncache:\n  storage: /a\n")
	f.Add("lua: {script: 'a\n\n  b'}\nworkers: 3\n")
	f.Add("local-data:\n  records: \"a\nworkers: 3\n\"\n")
	f.Add("lua:\n  script: a\u2028workers: 7\n")
	f.Add("nsid: a\rworkers: 7\r\nhostname: b\r\r\n")
	f.Add("workers: 1\n \nnsid:\n- x\n")
	f.Fuzz(func(t *testing.T, text string) {
		left, ok := blocks([]byte(text), needed)
		if !ok {
			return
		}
		whole, err := parse("", []byte(text), host)
		if err != nil {
			return
		}
		part, err := parse("", left, host)
		if err != nil {
			return // the whole is read then
		}
		if a, b := setOf(whole), setOf(part); !reflect.DeepEqual(a, b) {
			t.Errorf("read as a whole %+v, in part %+v\n%s", a, b, left)
		}
	})
}

// BenchmarkLarge reads a configuration of 100 000 lines.
func BenchmarkLarge(b *testing.B) {
	var text strings.Builder
	text.WriteString("workers: 4\nnetwork:\n  listen:\n    - interface: 127.0.0.1\nlocal-data:\n  addresses:\n")
	for i := range 100_000 {
		text.WriteString("    host" + strconv.Itoa(i) + ".example: '192.0.2.1'\n")
	}
	path := filepath.Join(b.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if s, state, reason := readConfig(path, host); state != Good || s.Workers != 4 {
			b.Fatal(state, reason)
		}
	}
}
