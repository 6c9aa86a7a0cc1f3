// SPDX-License-Identifier: Apache-2.0

package generation

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/config"
	"kresd-manager/internal/render"
	"kresd-manager/units"
)

func TestMain(m *testing.M) {
	// Generations are flushed to disk, which is what the tests would wait for.
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() && os.Getenv("TMPDIR") == "" {
		os.Setenv("TMPDIR", "/dev/shm")
	}
	os.Exit(m.Run())
}

// make makes the generation of a configuration in YAML.
func makeOf(t *testing.T, text string) Generation {
	t.Helper()
	doc, err := config.Parse("config.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	c, err := doc.Config(config.Host{CPUs: 4, Hostname: "host.example", BaseDir: "/etc"})
	if err != nil {
		t.Fatal(err)
	}
	return Make(c, render.Host{CPUs: 4})
}

func newStore(t *testing.T) *Store {
	dir := t.TempDir()
	return &Store{Root: filepath.Join(dir, "run"), Boot: filepath.Join(dir, "state")}
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// names returns what is in a directory.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func TestConfigurationsThatMeanTheSameAreOneGeneration(t *testing.T) {
	a := makeOf(t, "workers: 2\nnsid: x\ncache: {garbage-collector: {interval: 60s}}")
	b := makeOf(t, "cache: {garbage-collector: {interval: 1m}}\nnsid: x\nworkers: 2")
	if diff := cmp.Diff(a.Desired, b.Desired); diff != "" {
		t.Error(diff)
	}
	seen := map[string]string{}
	for _, text := range []string{"{}", "workers: 2", "nsid: x", "cache: {garbage-collector: {enable: false}}",
		"local-data: {records: x}", "systemd: {drain-deadline: 1s}", "network: {listen: [{interface: 127.0.0.1, kind: dot}]}"} {
		id := makeOf(t, text).Desired.Generation
		if seen[id] != "" {
			t.Errorf("%s and %s are one generation", text, seen[id])
		}
		seen[id] = text
	}
}

func TestAGenerationIsReadBackAsItWasWritten(t *testing.T) {
	for _, text := range []string{"workers: 3", "cache: {garbage-collector: {enable: false}}", "network: {listen: [{interface: 127.0.0.1, kind: dot}]}"} {
		s, g := newStore(t), makeOf(t, text)
		must(t, s.Write(g))
		got, err := s.Load(g.Desired.Generation)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(g.Desired, got); diff != "" {
			t.Errorf("%s:\n%s", text, diff)
		}
		dir := filepath.Join(s.Root, "generations", g.Desired.Generation)
		if diff := cmp.Diff([]string{"components.json", "drain", "gc.json", "policy-loader.lua", "worker.lua"}, names(t, dir)); diff != "" {
			t.Errorf("files:\n%s", diff)
		}
		for name, want := range g.files {
			if b, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(b) != held(t, want) {
				t.Errorf("%s is %q, %v", name, b, err)
			}
		}
	}
}

// The daemons' group reads what the manager writes; no one else does.
func TestGenerationsCanBeReadByTheGroupAlone(t *testing.T) {
	s, g := newStore(t), makeOf(t, "{}")
	must(t, s.Write(g), s.SaveBoot(g))
	for _, root := range []string{s.Root, s.Boot} {
		err := filepath.WalkDir(filepath.Join(root, "generations"), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := d.Info()
			want := fs.FileMode(0o640)
			if d.IsDir() {
				want = fs.ModeDir | 0o750
			}
			if err == nil && info.Mode() != want {
				t.Errorf("%s has mode %v, want %v", path, info.Mode(), want)
			}
			return err
		})
		must(t, err)
	}
}

func TestWritingAgainChangesNothing(t *testing.T) {
	s, g := newStore(t), makeOf(t, "{}")
	must(t, s.Write(g))
	path := filepath.Join(s.Root, "generations", g.Desired.Generation, workerFile)
	before, err := os.Stat(path)
	must(t, err, s.Write(g))
	after, err := os.Stat(path)
	must(t, err)
	if !os.SameFile(before, after) {
		t.Error("a file that a worker may be reading was replaced")
	}
	if diff := cmp.Diff([]string{g.Desired.Generation}, names(t, filepath.Join(s.Root, "generations"))); diff != "" {
		t.Error(diff)
	}
}

func TestWriteReplacesWhatSomeoneHasSpoilt(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"emptied":            func(path string) error { return os.Truncate(path, 0) },
		"of the same length": func(path string) error { return os.WriteFile(path, []byte(strings.Repeat("x", sizeOf(path))), 0o640) },
		"longer":             func(path string) error { return os.Truncate(path, int64(sizeOf(path)+1)) },
		"removed":            os.Remove,
		"a link to it": func(path string) error {
			return errors.Join(os.Rename(path, path+".real"), os.Symlink(path+".real", path))
		},
	} {
		for _, file := range []string{workerFile, rulesFile, componentsFile} {
			t.Run(name+"/"+file, func(t *testing.T) {
				s, g := newStore(t), makeOf(t, "{}")
				must(t, s.Write(g))
				dir := filepath.Join(s.Root, folder)
				must(t, spoil(filepath.Join(dir, g.Desired.Generation, file)), s.Write(g))
				got, err := read(dir, g.Desired.Generation)
				if diff := cmp.Diff(texts(t, g), texts(t, got)); err != nil || diff != "" {
					t.Errorf("%v\n%s", err, diff)
				}
			})
		}
	}
}

func sizeOf(path string) int {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return int(info.Size())
}

// A crash leaves half a folder under another name, a power failure perhaps
// under the right one.
func TestWriteReplacesWhatACrashLeft(t *testing.T) {
	for name, leave := range map[string]func(dir, id string) error{
		"a folder under another name": func(dir, _ string) error {
			return errors.Join(os.MkdirAll(filepath.Join(dir, ".new-123"), 0o700), os.WriteFile(filepath.Join(dir, ".new-123/worker.lua"), []byte("half"), 0o600))
		},
		"half a folder": func(dir, id string) error {
			return errors.Join(os.MkdirAll(filepath.Join(dir, id), 0o700), os.WriteFile(filepath.Join(dir, id, "worker.lua"), []byte("half"), 0o600))
		},
		"an empty folder": func(dir, id string) error { return os.MkdirAll(filepath.Join(dir, id), 0o700) },
		"a file": func(dir, id string) error {
			return errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(filepath.Join(dir, id), nil, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, g := newStore(t), makeOf(t, "{}")
			must(t, leave(filepath.Join(s.Root, "generations"), g.Desired.Generation))
			must(t, s.Write(g))
			got, err := read(filepath.Join(s.Root, folder), g.Desired.Generation)
			if diff := cmp.Diff(texts(t, g), texts(t, got)); err != nil || diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}

func TestAWriteThatFailsLeavesNothing(t *testing.T) {
	s, g := newStore(t), makeOf(t, "{}")
	g.files["no/such/folder"] = fileOf("x")
	if err := s.Write(g); err == nil || !strings.Contains(err.Error(), g.Desired.Generation) {
		t.Errorf("write: %v", err)
	}
	if left := names(t, filepath.Join(s.Root, "generations")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	if _, err := s.Load(g.Desired.Generation); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("load: %v", err)
	}
}

func TestLoadTellsWhatIsNotThere(t *testing.T) {
	s, g := newStore(t), makeOf(t, "{}")
	if _, err := s.Load("0123456789abcdef"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("load: %v", err)
	}
	must(t, s.Write(g), os.WriteFile(filepath.Join(s.Root, folder, g.Desired.Generation, componentsFile), []byte("{"), 0o600))
	if _, err := s.Load(g.Desired.Generation); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("load: %v", err)
	}
}

// lastVersion is components.json as the version before formats wrote it.
const lastVersion = `{
  "workers": 3,
  "first-alone": true,
  "worker": "aaaa",
  "rules": "bbbb",
  "cert": "/c",
  "key": "/k",
  "gc": [
    "-c",
    "/var/cache/knot-resolver"
  ],
  "components": [
    {
      "name": "x",
      "kind": "core",
      "priority": 5,
      "command": [
        "/bin/x"
      ],
      "hash": "cccc"
    }
  ],
  "roll": {
    "budget": 2,
    "soak": 1000000000
  },
  "limits": {
    "memory-max": 4096
  },
  "slice": "dns.slice",
  "restart": "no"
}
`

func TestAGenerationOfTheLastVersionIsRead(t *testing.T) {
	want := units.Desired{
		Generation: "0123456789abcdef", Workers: 3, FirstAlone: true, WorkerHash: "aaaa", RulesHash: "bbbb", Cert: "/c", Key: "/k",
		GC:         []string{"-c", "/var/cache/knot-resolver"},
		Components: []units.Component{{Name: "x", Kind: units.Core, Priority: 5, Command: []string{"/bin/x"}, Hash: "cccc"}},
		Roll:       units.Roll{Budget: 2, Soak: time.Second}, Limits: units.Limits{MemoryMax: 4096}, Slice: "dns.slice", Restart: "no",
	}
	s := newStore(t)
	dir := filepath.Join(s.Root, folder, want.Generation)
	must(t, os.MkdirAll(dir, 0o750))
	for _, name := range []string{workerFile, rulesFile, gcFile} {
		must(t, os.WriteFile(filepath.Join(dir, name), nil, 0o640))
	}
	must(t, os.WriteFile(filepath.Join(dir, componentsFile), []byte(lastVersion), 0o640))
	got, err := s.Load(want.Generation)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	// Only the format has come.
	if text := strings.Replace(want.Text(), "  \"format\": 1,\n", "", 1); text != lastVersion {
		t.Errorf("it is written as\n%s", text)
	}
}

func TestAGenerationOfANewerVersionIsRefused(t *testing.T) {
	s, g := newStore(t), makeOf(t, "{}")
	must(t, s.Write(g), os.WriteFile(filepath.Join(s.Root, folder, g.Desired.Generation, componentsFile), []byte(`{"format": 2, "workers": "many"}`), 0o600))
	want := "cannot read generation " + g.Desired.Generation + ": components.json: it was written by a newer kresd-manager (format 2; this one knows 1): restart kresd-manager, which writes it anew"
	if _, err := s.Load(g.Desired.Generation); err == nil || err.Error() != want {
		t.Errorf("load: %v", err)
	}
}

func TestPruneKeepsTheNewestAndWhatIsRead(t *testing.T) {
	s := newStore(t)
	var ids []string
	old := time.Now().Add(-time.Hour)
	for i := range 9 {
		g := makeOf(t, "workers: "+strconv.Itoa(i+1))
		id := g.Desired.Generation
		ids = append(ids, id)
		must(t, s.Write(g))
		when := old.Add(time.Duration(i) * time.Minute)
		must(t, os.Chtimes(filepath.Join(s.Root, folder, id), when, when))
	}
	must(t, s.Link(units.RoleWorker, ids[0]), s.Link(units.RoleCanary, ids[1]), s.Link(units.RoleLoader, ids[2]), s.Link(units.RoleGC, ids[3]))
	must(t, s.Write(makeOf(t, "workers: 5"))) // in use again: ids[4] is the newest now
	must(t, s.Prune(2))
	want := map[string]bool{ids[0]: true, ids[1]: true, ids[2]: true, ids[3]: true, ids[4]: true, ids[8]: true}
	got := map[string]bool{}
	for _, n := range names(t, filepath.Join(s.Root, folder)) {
		got[n] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPruneOfNothingIsNoError(t *testing.T) {
	must(t, newStore(t).Prune(2))
}

func TestWhichSourcesMustNotFailIsSaidAndTakenBack(t *testing.T) {
	s := newStore(t)
	path := filepath.Join(s.Root, "strict")
	must(t, os.MkdirAll(s.Root, 0o750), s.Strict("", nil)) // nothing to take back
	must(t, s.Strict("abc", []string{"/local-data/rpz/0/file", "/lua/policy-script-file"}))
	if b, err := os.ReadFile(path); err != nil || string(b) != "abc\n/local-data/rpz/0/file\n/lua/policy-script-file\n" {
		t.Errorf("%q, %v", b, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	must(t, s.Strict("", nil))
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("it is left: %v", err)
	}
}

// held is what a file holds.
func held(t *testing.T, f file) string {
	t.Helper()
	var b strings.Builder
	if n, err := f.WriteTo(&b); err != nil || n != f.size || int(n) != b.Len() {
		t.Errorf("%d bytes of %d, %v", n, f.size, err)
	}
	return b.String()
}

// texts are what the files of a generation hold.
func texts(t *testing.T, g Generation) map[string]string {
	t.Helper()
	all := map[string]string{}
	for name, f := range g.files {
		all[name] = held(t, f)
	}
	return all
}

// However many rules there are, a part of them is in memory at a time.
func TestManyRulesTakeNoMemory(t *testing.T) {
	var text strings.Builder
	text.WriteString("local-data:\n  addresses:\n")
	for i := range 20_000 {
		fmt.Fprintf(&text, "    host%d.example: 192.0.2.1\n", i)
	}
	text.WriteString("forward:\n")
	for i := range 20_000 {
		fmt.Fprintf(&text, "  - subtree: zone%d.example\n    servers: [192.0.2.1, 192.0.2.2]\n", i)
	}
	doc, err := config.Parse("", []byte(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	c, err := doc.Config(config.Host{CPUs: 4, BaseDir: "/"})
	if err != nil {
		t.Fatal(err)
	}
	s := newStore(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	g := Make(c, render.Host{})
	must(t, s.Write(g), s.Write(g), s.SaveBoot(g))
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > uint64(g.files[rulesFile].size)/2 {
		t.Errorf("%d bytes of rules took %d bytes of memory", g.files[rulesFile].size, took)
	}
}
