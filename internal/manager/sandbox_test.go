// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"errors"
	"strings"
	"testing"

	"kresd-manager/internal/config"
	"kresd-manager/internal/manager"
	"kresd-manager/units"
)

// confined is a sandbox that hides all certificates.
type confined struct{}

func (confined) Check(doc *config.Document) (found config.Problems) {
	if v, err := doc.Value("/network/tls/cert-file"); err == nil {
		found = append(found, config.Problem{Pointer: "/network/tls/cert-file", Message: string(v) + " is hidden", Hint: "open it", Severity: config.SeverityError})
	}
	return found
}

func (confined) Hides(string) func(string) bool { return func(string) bool { return false } }

func (confined) Explain(unit string, lines []string) []string {
	return append(lines, "the sandbox of "+unit)
}

func TestWhatUnitsCannotSeeIsRefused(t *testing.T) {
	const hidden = basic + "network: {tls: {cert-file: /home/a, key-file: /b}}\n"
	sandbox := func(o *manager.Options) { o.Sandbox = confined{} }
	w := newWorld(t, basic)
	p := w.process(w.sys.Client(), sandbox)
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.run(t)
	p.settle(t)
	w.sys.Jobs()
	w.write(hidden)
	_, err := p.Reload(t.Context(), units.Again{})
	var problems config.Problems
	if !errors.As(err, &problems) || len(problems) != 1 || problems[0].Pointer != "/network/tls/cert-file" || !strings.Contains(err.Error(), `"/home/a" is hidden; open it`) {
		t.Fatalf("reload: %v", err)
	}
	if jobs := w.sys.Jobs(); len(jobs) != 0 {
		t.Errorf("jobs %v", jobs)
	}
	p.end()

	// A start is not refused: what can serve serves, and status says why not all is well.
	p = w.process(w.sys.Client(), sandbox)
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.run(t)
	told := func() bool {
		st, err := p.Status(t.Context())
		return err == nil && len(st.Problems) > 0 && st.Problems[0].String() == `/network/tls/cert-file: "/home/a" is hidden; open it`
	}
	if !told() {
		t.Error("status does not tell")
	}
	// Nor is a change of something else, before and after a restart of the manager.
	p.change(t, "/nsid", "x")
	p.end()
	p = w.process(w.sys.Client(), sandbox)
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.run(t)
	p.change(t, "/nsid", "y")
	if !told() {
		t.Error("status does not tell after a restart")
	}
	if _, err := p.Reload(t.Context(), units.Again{}); err == nil || !strings.Contains(err.Error(), "is hidden") {
		t.Errorf("a reload that someone asks for: %v", err)
	}
}

// counted counts how often all unit files are read.
type counted struct {
	confined
	checks *int
}

func (c counted) Check(doc *config.Document) config.Problems {
	*c.checks++
	return c.confined.Check(doc)
}

func TestUnitFilesAreReadForWhatIsNewOrReloaded(t *testing.T) {
	checks := 0
	w := newWorld(t, basic)
	p := w.start(func(o *manager.Options) { o.Sandbox = counted{checks: &checks} })
	p.change(t, "/nsid", `"x"`)
	for _, c := range []struct {
		what string
		do   func() error
		want int
	}{
		{"the same value", func() error { _, err := p.Change(t.Context(), put(t, "/nsid", `"x"`)); return err }, 0},
		{"another value", func() error { _, err := p.Change(t.Context(), put(t, "/nsid", `"y"`)); return err }, 1},
		{"a reload", func() error { _, err := p.Reload(t.Context(), units.Again{}); return err }, 1},
		{"a reload of the same", func() error { _, err := p.Reload(t.Context(), units.Again{}); return err }, 1},
	} {
		checks = 0
		if err := c.do(); err != nil || checks != c.want {
			t.Errorf("%s: unit files were read %d times, not %d (%v)", c.what, checks, c.want, err)
		}
	}
}
