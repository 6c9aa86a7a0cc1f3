// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"path/filepath"
	"strings"
	"testing"

	"kresd-manager/internal/config"
	ours "kresd-manager/internal/render"
	"kresd-manager/test/machine"
)

// texts is what one side makes of a configuration; failure says that, and why,
// it makes nothing of it.
type texts struct {
	worker, loader string
	failure        string
}

type sides struct{ stock, ours texts }

// batch runs the stock program once for each line of its input, a process
// each, but reads modules and templates only once: that is most of what a run takes.
const batch = `
import os, runpy, sys
import knot_resolver.client.main, knot_resolver.client.commands.convert
def convert(kind, source, out, rundir):
    os.makedirs(rundir, exist_ok=True)
    os.chdir(rundir)  # where its service renders
    sys.argv = ["/usr/bin/kresctl", "convert", "--type", kind, "-o", out, source]
    runpy.run_path("/usr/bin/kresctl", run_name="__main__")
lines = sys.stdin.readlines()
for line in lines[:2]:  # one of each kind, so that templates are compiled
    try:
        convert(*line.split())
    except SystemExit:
        pass
for line in lines:
    out = line.split()[2]
    pid = os.fork()
    if pid == 0:
        fd = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        err = os.open(out + ".err", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(fd, 1)
        os.dup2(err, 2)
        convert(*line.split())
        sys.exit(0)
    if os.waitpid(pid, 0)[1] != 0:
        open(out + ".failed", "w").close()
`

// render has both programs render all cases.
func render(t *testing.T, all []testCase) []sides {
	t.Helper()
	done := make([]sides, len(all))
	var lines strings.Builder
	for i, c := range all {
		dir := caseDir(i)
		for name, text := range c.files {
			write(t, filepath.Join(dir, name), fill(text))
		}
		document := c.document(dir, "stock")
		write(t, filepath.Join(dir, "stock.yaml"), document)
		for _, kind := range []string{"worker", "policy-loader"} {
			lines.WriteString(kind + " " + dir + "/stock.yaml " + dir + "/stock." + kind + " " + dir + "/stock\n")
		}
		done[i].ours = renderOurs(c.document(dir, "ours"), dir)
	}
	// The stock service names its log target in the environment.
	r := sut.Run(t.Context(), machine.Cmd{
		Args: []string{"python3", "-c", batch}, Stdin: strings.NewReader(lines.String()), Env: []string{"KRES_LOGTARGET=syslog"},
	})
	if r.Code != 0 {
		t.Fatalf("cannot run the stock program: %s", r.Stderr)
	}
	for i := range all {
		stock := &done[i].stock
		stock.worker = convertedBy(t, stock, caseDir(i)+"/stock.worker")
		stock.loader = convertedBy(t, stock, caseDir(i)+"/stock.policy-loader")
	}
	return done
}

func convertedBy(t *testing.T, stock *texts, path string) string {
	t.Helper()
	if _, err := sut.ReadFile(path + ".failed"); err == nil {
		messages, _ := sut.ReadFile(path + ".err")
		stock.failure += string(messages)
		return ""
	}
	text, err := sut.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
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
	out.worker, _ = ours.Worker(c, ours.Host{CPUs: 1})
	out.loader, _ = ours.PolicyLoader(c)
	return out
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := sut.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
