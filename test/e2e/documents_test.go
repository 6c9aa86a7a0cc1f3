// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"kresd-manager/test/machine"
	"kresd-manager/test/product"
	"kresd-manager/test/transcript"
)

var update = flag.Bool("update", false, "write what commands of the documents print into them")

// tutorial is the configuration that documents begin with. What it forwards goes to
// the Internet of documents, see below.
const tutorial = `workers: 2
network:
  listen:
    - interface: 127.0.0.1
management:
  unix-socket: /run/knot-resolver/kres-api.sock
forward:
  - subtree: .
    servers: [127.0.0.1@5399]
    options: {dnssec: false}
`

// internet answers every question for an address with the same one, and says of all
// other types that there is none.
const internet = `
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 5399))
while True:
    q, peer = s.recvfrom(4096)
    i = 12
    while q[i]: i += 1 + q[i]
    question = q[12:i+5]
    a = question[-4:-2] == b"\0\1"
    answer = b"\xc0\x0c\0\1\0\1" + struct.pack(">IH", 300, 4) + socket.inet_aton("203.0.113.80") if a else b""
    s.sendto(q[:2] + b"\x81\x80\0\1" + (b"\0\1" if a else b"\0\0") + b"\0\0\0\0" + question + answer, peer)
`

// TestDocuments runs the commands of README.md, docs/howto.md and docs/tour.md on one machine, as
// root, and compares what they print. A recipe begins with the configuration above; the
// parts of the tour follow one another.
func TestDocuments(t *testing.T) {
	sut.Must(t, "sh", "-ec", `systemd-run --quiet --unit=internet python3 -c "$1"
		ln -sfn /usr/local/share/kresd-manager /usr/share/kresd-manager
		ln -sfn /usr/local/lib/kresd-manager /usr/lib/kresd-manager`, "-", internet)
	t.Cleanup(func() {
		sut.Sh(context.Background(), "systemctl stop internet; rm -rf /usr/share/kresd-manager /usr/lib/kresd-manager /root/docs")
	})
	sut.Fresh(t, tutorial)
	for i, c := range []struct {
		file  string
		apart bool // each section begins anew
		steps int  // at least, that are run
	}{{"README.md", false, 2}, {"docs/howto.md", true, 80}, {"docs/tour.md", false, 20}} {
		path := filepath.Join("../..", c.file)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sections, err := transcript.Parse(string(text))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if i > 0 { // else it has just been started
			sut.WriteConfig(t, tutorial)
			sut.Must(t, "kresctl", "reload", "--quiet")
		}
		outputs, run := map[int]string{}, 0
		for _, s := range sections {
			t.Run(strings.TrimSuffix(filepath.Base(c.file), ".md")+"/"+s.Title, func(t *testing.T) {
				if s.Test != "" {
					testExists(t, s)
					return
				}
				if c.apart {
					sut.WriteConfig(t, tutorial)
					sut.Must(t, "kresctl", "reload", "--quiet")
				}
				for _, step := range s.Steps {
					run++
					if !play(t, c.file, step, outputs) && !*update {
						return
					}
				}
			})
		}
		if run < c.steps {
			t.Errorf("only %d steps of %s are run", run, c.file)
		}
		if *update {
			if err := os.WriteFile(path, []byte(transcript.Update(string(text), sections, outputs)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// stepTime is for one command: one that does not end shall say so, and not hold up all.
const stepTime = time.Minute

// play does one step, and reports whether it went as the document says. With -update
// another output is noted in outputs.
func play(t *testing.T, file string, s transcript.Step, outputs map[int]string) bool {
	t.Helper()
	if s.Path != "" {
		text := s.Text
		if s.Path == product.ConfigFile {
			text = added(tutorial, text)
		}
		mode := os.FileMode(0o644)
		if strings.HasPrefix(text, "#!") {
			mode = 0o755
		}
		sut.Must(t, "mkdir", "-p", filepath.Dir(s.Path))
		if err := sut.WriteFile(s.Path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return true
	}
	ctx, cancel := context.WithTimeout(t.Context(), stepTime)
	defer cancel()
	r := sut.Run(ctx, machine.Cmd{
		Args: []string{"bash", "-c", "exec 2>&1\ncd /root\n" + s.Command},
		Env:  []string{"COLUMNS=80", "HOME=/root", "TERM=dumb"},
	})
	output := r.Stdout + r.Stderr
	if r.Code != s.Exit {
		t.Errorf("%s:%d: %s: exit %d, want %d\n%s", file, s.Line, s.Command, r.Code, s.Exit, output)
		return false
	}
	if s.Hidden || transcript.Matches(s.Output, output) {
		return true
	}
	if *update && !strings.Contains(s.Output, "…") {
		outputs[s.Line] = transcript.Lasting(output)
		return true
	}
	t.Errorf("%s:%d: %s\nprints\n%s\nand not\n%s", file, s.Line, s.Command, output, s.Output)
	return false
}

// topKey is a section of a configuration at its top, with what is in it.
var topKey = regexp.MustCompile(`(?m)^([a-z0-9-]+):.*\n(?:[ #].*\n)*`)

// added returns a configuration with sections of another one in the place of its own.
func added(config, with string) string {
	for _, m := range topKey.FindAllStringSubmatch(with, -1) {
		config = regexp.MustCompile(`(?m)^`+m[1]+`:.*\n(?:[ #].*\n)*`).ReplaceAllString(config, "")
	}
	return config + with
}

// testExists fails unless the test is there that a section names in place of running.
func testExists(t *testing.T, s transcript.Section) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("../..", s.In, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "\nfunc "+s.Test+"(t *testing.T)") {
			return
		}
	}
	t.Errorf("%s has no test %s, which is said to do what is in %q", s.In, s.Test, s.Title)
}

func TestSectionsOfAConfigurationAreReplaced(t *testing.T) {
	got := added("a: 1\nb:\n  c: 2\nd: 3\n", "b: 4\ne: 5\n")
	if want := "a: 1\nd: 3\nb: 4\ne: 5\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
