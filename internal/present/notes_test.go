// SPDX-License-Identifier: Apache-2.0

package present

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/config"
)

func TestNotes(t *testing.T) {
	const head = "This is not valid yet. Correct it; leave it as it is to give up."
	problems := config.Problems{
		{File: "config.yaml", Line: 2, Column: 3, Pointer: "/workers", Message: "is too large"},
		{File: "config.yaml", Pointer: "/cache", Message: "is missing"},
	}
	// Three lines are above what was line 2.
	if diff := cmp.Diff([]string{head, "line 5: /workers: is too large", "/cache: is missing"}, Notes(problems, nil)); diff != "" {
		t.Error(diff)
	}
	refused := errors.New("a worker refuses it:\n\tbad address")
	if diff := cmp.Diff([]string{head, "a worker refuses it:", "  bad address"}, Notes(nil, refused)); diff != "" {
		t.Error(diff)
	}
	for _, c := range []struct {
		problems config.Problems
		err      error
		want     string
	}{
		{problems, nil, "config.yaml:2:3: /workers: is too large (and 1 more)"},
		{problems[:1], nil, "config.yaml:2:3: /workers: is too large"},
		{nil, refused, "a worker refuses it:"},
	} {
		if got := First(c.problems, c.err); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
