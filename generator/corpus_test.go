// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"kresd-manager/internal/config"
)

var update = flag.Bool("update", false, "write what the corpus gives into it")

// place is where the corpus believes to be.
var place = Place{
	UnitDir: "/usr/lib/systemd/system",
	Program: "/usr/lib/systemd/system-generators/kresd-generator",
	Config:  "/etc/knot-resolver/config.yaml",
}

// made does what the program does with the files below root, and returns the
// tree and the decision.
func made(t *testing.T, root string) (Decision, Tree) {
	t.Helper()
	var text string
	p := Paths{Config: filepath.Join(root, "config.yaml"), State: filepath.Join(root, "state"), Root: filepath.Join(root, "root")}
	Read(p, config.Host{CPUs: 4, Hostname: "host.example", BaseDir: "/etc/knot-resolver"}, func(f Findings) { text = f.Encode() })
	text = strings.ReplaceAll(text, p.Config, place.Config)
	f, err := Decode(text)
	if err != nil {
		t.Errorf("findings do not survive the way: %v\n%s", err, text)
	}
	d := f.Decide()
	return d, Make(d, place)
}

// Each archive holds the files that are read (config.yaml, state/…, root/…) and
// then what comes of them: files and links below out/.
func TestCorpus(t *testing.T) {
	cases, err := filepath.Glob("testdata/corpus/*.txtar")
	if err != nil || len(cases) < 15 {
		t.Fatalf("the corpus has only %d archives (%v)", len(cases), err)
	}
	for _, path := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			root := t.TempDir()
			var in []txtar.File
			want := map[string]string{}
			for _, f := range archive.Files {
				if name, ok := strings.CutPrefix(f.Name, "out/"); ok {
					want[name] = string(f.Data)
					continue
				}
				in = append(in, f)
				file := filepath.Join(root, f.Name)
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, expand(f.Data), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := os.Stat(filepath.Join(root, "root/PENDING")); err == nil {
				late(t, root)
			}
			_, tree := made(t, root)
			harmless(t, tree)
			dir := filepath.Join(root, "out")
			for range 2 { // again changes nothing
				if err := tree.Write(dir); err != nil {
					t.Fatal(err)
				}
			}
			got := listed(t, dir)
			if *update {
				archive.Files = in
				for _, e := range tree {
					archive.Files = append(archive.Files, txtar.File{Name: "out/" + e.Path, Data: []byte(got[e.Path])})
				}
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got, go test ./generator -update refreshes it:\n%s", diff)
			}
		})
	}
}

// late has fstab(5) say that something will be mounted where generations are.
func late(t *testing.T, root string) {
	t.Helper()
	etc := filepath.Join(root, "root/etc")
	text := "# comment\n/dev/vda1 / ext4 defaults 0 1\n/dev/vda2 " + root + " ext4 nofail 0 2\n"
	if err := errors.Join(os.MkdirAll(etc, 0o755), os.WriteFile(filepath.Join(etc, "fstab"), []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// expand repeats: a line "# repeat N: TEXT" becomes N lines TEXT, in which every
// @ is the number of the line.
func expand(data []byte) []byte {
	return regexp.MustCompile(`(?m)^# repeat (\d+): (.*)\n`).ReplaceAllFunc(data, func(line []byte) []byte {
		var n int
		_, text, _ := bytes.Cut(line, []byte(": "))
		fmt.Sscanf(string(line), "# repeat %d:", &n)
		var b bytes.Buffer
		for i := range n {
			b.Write(bytes.ReplaceAll(text, []byte("@"), fmt.Append(nil, i)))
		}
		return b.Bytes()
	})
}

// listed is what is below dir: texts of files, "-> target" of links.
func listed(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if os.IsNotExist(err) {
				return nil
			}
			return err
		}
		name, _ := filepath.Rel(dir, path)
		if target, err := os.Readlink(path); err == nil {
			all[name] = "-> " + target + "\n"
			return nil
		}
		b, err := os.ReadFile(path)
		all[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// What every tree consists of, whatever was read.
var (
	paths = regexp.MustCompile(`^((kresd@([1-9][0-9]{0,3})?|kres-policy-loader|kres-gc|kres-component@[a-z0-9-]+)\.service\.d/05-kresd-[a-z]+\.conf|` +
		`kresd\.target\.wants/(kresd@[1-9][0-9]{0,3}\.service|kres-policy-loader\.service|kres-gc\.service|kres-component@[a-z0-9-]+\.service|kresd-first\.target)|` +
		`kresd-(first|boot)\.target|kresd-configuration\.service|multi-user\.target\.wants/(kresd(-boot)?\.target|kresd-configuration\.service))$`)
	targets = regexp.MustCompile(`^(/usr/lib/systemd/system/(kresd@|kres-component@|kres-policy-loader|kres-gc)\.service|/usr/lib/systemd/system/kresd\.target|\.\./kresd-(first\.target|boot\.target|configuration\.service))$`)
	lines   = regexp.MustCompile(`^(|#.*|\[(Unit|Service)\]|(MemoryMax|MemoryHigh|TasksMax|CPUWeight|IOWeight)=\d+|Slice=[A-Za-z0-9_.:-]+\.slice|Restart=(always|on-failure|no)|` +
		`(Before|After)=(kres-policy-loader\.service|kresd@\d+\.service( kresd@\d+\.service)*)|After=kresd\.target|Before=kresd-manager\.service|ExecCondition=/usr/bin/test -e /run/kresd-manager/[a-z-]+/[a-z.-]+|` +
		`RequiresMountsFor=/[A-Za-z0-9/_.+-]+|ReadWritePaths=-/[A-Za-z0-9/_.+-]+|Description=First worker of Knot Resolver|Description=Knot Resolver at boot|(RefuseManualStop|IgnoreOnIsolate)=yes|DefaultDependencies=no|Description=Knot Resolver configuration: [^%$"\\]*|` +
		`Documentation=man:systemd\.generator\(7\)|Type=oneshot|User=kresd-manager|SyslogIdentifier=kresd-generator|` +
		`ExecStart=/usr/lib/systemd/system-generators/kresd-generator --fail "[^%$"\\]*"|NoNewPrivileges=yes|ProtectSystem=strict|ProtectHome=yes|PrivateNetwork=yes)$`)
)

// harmless fails the test if a tree has anything that is not on the list.
func harmless(t *testing.T, tree Tree) {
	t.Helper()
	for _, e := range tree {
		if !paths.MatchString(e.Path) || strings.Contains(e.Path, "..") {
			t.Errorf("a path that is not allowed: %q", e.Path)
		}
		if e.Target != "" && !targets.MatchString(e.Target) {
			t.Errorf("a link that is not allowed: %q", e.Target)
		}
		for line := range strings.SplitSeq(e.Text, "\n") {
			if !lines.MatchString(line) {
				t.Errorf("a line that is not allowed: %q", line)
			}
		}
	}
}
