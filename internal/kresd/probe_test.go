// SPDX-License-Identifier: Apache-2.0

package kresd

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// script answers lines from a table, in order of calls; the last one stays.
func script(answers map[string][]string) func(string) string {
	return func(line string) string {
		a, ok := answers[line]
		if !ok {
			return line + " is not expected"
		}
		if len(a) > 1 {
			answers[line] = a[1:]
		}
		return a[0]
	}
}

func TestProbe(t *testing.T) {
	for _, c := range []struct {
		name    string
		probe   string
		answers []string
		want    string // in the error; "" for none
	}{
		{"an answer at once", "true", []string{"0"}, ""},
		{"an answer after a while", "true", []string{"null", "null", "null", "0"}, ""},
		{"an answer with another response code", "true", []string{"null", "2"}, "response code 2"},
		{"a worker without the function", "attempt to call field 'probe' (a nil value)", nil, "attempt to call field"},
		{"an error instead of an answer", "true", []string{"null", "stack overflow"}, "stack overflow"},
		{"an answer that is no number", "true", []string{`"x"`}, "cannot understand"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := shortDir(t)
			serve(t, dir, "7", &worker{answer: script(map[string][]string{
				"kresd_manager.probe()": {c.probe},
				"kresd_manager.answer":  c.answers,
			})})
			err := Workers{Rundir: dir}.Probe(patient(t), "7")
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("probe: %v, want %q", err, c.want)
			}
		})
	}
}

func TestAProbeThatIsNeverAnsweredEndsWithItsContext(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	serve(t, dir, "1", &worker{answer: script(map[string][]string{
		"kresd_manager.probe()": {"true"},
		"kresd_manager.answer":  {"null"},
	})})
	err := Workers{Rundir: dir}.Probe(soon(t), "1")
	if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("probe: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	w := serve(t, shortDir(t), "1", &worker{answer: func(line string) string {
		if line == "kresd_manager.answer" {
			cancel()
		}
		return "null"
	}})
	if err := Probe(ctx, w.path); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("probe: %v", err)
	}
}

func TestResetRules(t *testing.T) {
	for _, c := range []struct{ name, body, want string }{
		{"done", "0", ""},
		{"refused", "-22", "error -22"},
		{"failed", "[string]:1: nope", "nope"},
		{"no number", "true", "cannot understand"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := shortDir(t)
			w := serve(t, dir, "3", &worker{answer: func(string) string { return c.body }})
			err := Workers{Rundir: dir}.ResetRules(patient(t), "3")
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("reset: %v, want %q", err, c.want)
			}
			if diff := cmp.Diff([]string{"require('ffi').C.kr_rules_reset()"}, w.asked()); diff != "" {
				t.Errorf("the worker got:\n%s", diff)
			}
		})
	}
	dir := shortDir(t)
	if err := (Workers{Rundir: dir}).ResetRules(t.Context(), "3"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("reset of a worker that is not there: %v", err)
	}
}
