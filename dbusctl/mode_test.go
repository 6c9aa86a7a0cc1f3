// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"

	"kresd-manager/internal/unitfile"
	"kresd-manager/units"
)

// changing are the methods of systemd's by which anything is changed. polkit does
// not see the mode of a job: what is sent here is all that holds it.
var changing = []string{"StartUnit", "StopUnit", "RestartUnit", "StartTransientUnit", "ResetFailedUnit", "SetUnitProperties"}

// reading are all others that are called.
var reading = []string{"ListUnitsByPatterns", "ListUnitsByNames", "GetUnitFileState"}

// TestJobsHaveTheirModes has everything done that queues a job.
func TestJobsHaveTheirModes(t *testing.T) {
	type call struct{ method, mode string }
	calls := make(chan call, 100)
	client := newBus(t, &bus{answer: func(b *bus, method string, m *dbus.Message) ([]any, error) {
		switch {
		case !slices.Contains(changing, method):
			return nil, dbus.Error{Name: busName + ".Error.UnknownObject", Body: []any{"no such unit"}}
		case method == "ResetFailedUnit" || method == "SetUnitProperties":
			return []any{}, nil
		}
		mode, _ := m.Body[1].(string)
		calls <- call{method, mode}
		if unit, _ := m.Body[0].(string); unit == "kresd@9.service" && method != "StartTransientUnit" {
			return nil, dbus.Error{Name: noSuchUnit, Body: []any{"no such unit"}}
		}
		b.removed(systemd, "/job/1", "done")
		return []any{dbus.ObjectPath("/job/1")}, nil
	}})
	transient := &Transient{Client: client, Unit: func(name string) (unitfile.Unit, error) { return unitfile.Unit{Name: name}, nil }}
	ctx := patient(t)
	for what, err := range map[string]error{
		"start":             client.Start(ctx, "kresd@1.service", units.JobTerms{}),
		"stop":              client.Stop(ctx, "kresd@1.service"),
		"restart":           client.Restart(ctx, "kresd@1.service", units.JobTerms{}),
		"queue a stop":      client.QueueStop(ctx, "kresd@1.service"),
		"reset":             client.ResetFailed(ctx, "kresd@1.service"),
		"start transient":   transient.Start(ctx, "kresd@9.service", units.JobTerms{}),
		"restart transient": transient.Restart(ctx, "kresd@9.service", units.JobTerms{}),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	seen := map[string]bool{}
	for len(calls) > 0 {
		c := <-calls
		seen[c.method] = true
		want := "fail" // not while a stop is queued
		if c.method == "StopUnit" {
			want = "replace"
		}
		if c.mode != want {
			t.Errorf("%s has the mode %q", c.method, c.mode)
		}
	}
	for _, method := range []string{"StartUnit", "StopUnit", "RestartUnit", "StartTransientUnit"} {
		if !seen[method] {
			t.Errorf("%s was not called", method)
		}
	}
}

// TestNoOtherMethodIsCalled reads the source of the package: what is called of
// systemd's manager is in one of the lists above, and takes one of the two modes.
func TestNoOtherMethodIsCalled(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			c, ok := n.(*ast.CallExpr)
			if !ok || len(c.Args) < 2 {
				return true
			}
			if f, ok := c.Fun.(*ast.SelectorExpr); !ok || f.Sel.Name != "call" {
				return true
			}
			found++
			at := set.Position(c.Pos())
			method := ""
			switch m := c.Args[1].(type) {
			case *ast.BasicLit:
				method, _ = strconv.Unquote(m.Value)
			case *ast.IndexExpr: // methods[verb]
				if table, ok := m.X.(*ast.Ident); ok && table.Name == "methods" {
					method = "StartUnit"
				}
			}
			if !slices.Contains(changing, method) && !slices.Contains(reading, method) {
				t.Errorf("%s: the method %q is in no list", at, method)
			}
			switch method {
			case "StartUnit", "StopUnit", "RestartUnit", "StartTransientUnit":
				name := ""
				switch m := c.Args[3].(type) {
				case *ast.Ident:
					name = m.Name
				case *ast.CallExpr:
					if f, ok := m.Fun.(*ast.Ident); ok {
						name = f.Name
					}
				}
				if name != "startMode" && name != "stopMode" && name != "modeOf" {
					t.Errorf("%s: a job takes no mode but the constants", at)
				}
			}
			return true
		})
	}
	if found < 8 {
		t.Errorf("only %d calls were found", found)
	}
	for verb, method := range methods {
		if !slices.Contains(changing, method) {
			t.Errorf("%s is done by %s, which is in no list", verb, method)
		}
	}
}
