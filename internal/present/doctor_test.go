// SPDX-License-Identifier: Apache-2.0

package present

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/doctor"
)

func TestDoctor(t *testing.T) {
	var b strings.Builder
	r := doctor.Report{Findings: []doctor.Finding{{Check: "a", What: "w", Why: "y", Fix: "m"}, {Check: "b", What: "w2", Why: "y2", Fix: "m2"}}, Unseen: []string{"c: d"}, Checks: []string{"a", "b"}}
	if err := Doctor(&b, r); err != nil {
		t.Fatal(err)
	}
	want := "a: w\n  why  y\n  fix  m\n\nb: w2\n  why  y2\n  fix  m2\nnot looked at: c: d\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
	b.Reset()
	if err := Doctor(&b, doctor.Report{Checks: []string{"a", "b"}}); err != nil || b.String() != "nothing is wrong: 2 checks\n" {
		t.Errorf("%v %q", err, b.String())
	}
}
