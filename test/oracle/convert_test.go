// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"testing"

	"kresd-manager/internal/config"
	"kresd-manager/internal/render"
	"kresd-manager/test/machine"
)

// texts is what one side makes of a configuration; failure says that, and why,
// it makes nothing of it.
type texts struct {
	worker, loader string
	failure        string
}

// service runs the stock program for each line of its input, a process each, but
// reads modules and templates only once: that is most of what a run takes. What is left is
// to copy what such a process writes to, which are all objects that Python's collector or
// its orderly end looks at: they do not look.
const service = `
import gc, os, runpy, sys
import knot_resolver.client.main, knot_resolver.client.commands.convert
def convert(kind, source, out, rundir):
    os.makedirs(rundir, exist_ok=True)
    os.chdir(rundir)  # where its service renders
    sys.argv = ["/usr/bin/kresctl", "convert", "--type", kind, "-o", out, source]
    runpy.run_path("/usr/bin/kresctl", run_name="__main__")
known = set()
while line := sys.stdin.readline():
    words = line.split()
    if words[0] not in known:  # compile its templates
        known.add(words[0])
        try:
            convert(*words)
        except BaseException:
            pass
    gc.freeze()
    pid = os.fork()
    if pid == 0:
        fd = os.open(words[2] + ".messages", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(fd, 1)
        os.dup2(fd, 2)
        status = 0
        try:
            convert(*words)
        except SystemExit as end:
            if not isinstance(end.code, int | None):
                raise
            status = end.code or 0
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    print(os.waitpid(pid, 0)[1], flush=True)
`

// stockProgram is that service. It does one thing at a time.
type stockProgram struct {
	mu      sync.Mutex
	input   io.WriteCloser
	results *bufio.Scanner
}

func startStock(t *testing.T) *stockProgram {
	t.Helper()
	// The stock service names its log target in the environment.
	// The context of the test ends before its clean-up.
	cmd := sut.Command(context.WithoutCancel(t.Context()), machine.Cmd{Args: []string{"python3", "-c", service}, Env: []string{"KRES_LOGTARGET=syslog"}})
	cmd.Stderr = io.Discard // what the first runs say, which are repeated
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		input.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	return &stockProgram{input: input, results: bufio.NewScanner(output)}
}

// convert renders DIR/stock.yaml.
func (p *stockProgram) convert(t *testing.T, dir string) (stock texts) {
	t.Helper()
	for kind, text := range map[string]*string{"worker": &stock.worker, "policy-loader": &stock.loader} {
		out := dir + "/stock." + kind
		p.mu.Lock()
		_, err := fmt.Fprintln(p.input, kind, dir+"/stock.yaml", out, dir+"/stock")
		answered := err == nil && p.results.Scan()
		result := p.results.Text()
		p.mu.Unlock()
		if !answered {
			t.Fatalf("the stock program ended: %v", err)
		}
		path := out
		if result != "0" {
			path += ".messages"
		}
		content, err := sut.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if result != "0" {
			stock.failure += "exit status " + result + ": " + string(content)
		}
		*text = string(content)
	}
	return stock
}

// render has both programs render a case.
func (c *testCase) render(t *testing.T, program *stockProgram, dir string) (stock, ours texts) {
	t.Helper()
	for name, text := range c.files {
		write(t, filepath.Join(dir, name), fill(text))
	}
	write(t, dir+"/stock.yaml", c.document(dir, "stock"))
	return program.convert(t, dir), renderOurs(c.document(dir, "ours"), dir)
}

// hostname is that of the machine, which both sides fill in.
func hostname() string { return sut.Name() }

func renderOurs(text, dir string) texts {
	document, err := config.Parse(dir+"/ours.yaml", []byte(text))
	if err != nil {
		return texts{failure: err.Error()}
	}
	c, err := document.Config(config.Host{CPUs: 2, Hostname: hostname(), BaseDir: dir})
	if err != nil {
		return texts{failure: err.Error()}
	}
	var out texts
	out.worker, _ = render.Worker(c, render.Host{CPUs: 1})
	out.loader, _ = render.PolicyLoader(c)
	return out
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := sut.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
