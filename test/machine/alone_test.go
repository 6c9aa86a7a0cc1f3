// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"fmt"
	"strings"
	"testing"
)

// recorder is a test that goes on after it has failed.
type recorder struct {
	testing.TB
	said string
}

func (r *recorder) Helper() {}

func (r *recorder) Fatal(args ...any) { r.said = fmt.Sprint(args...) }

func TestAloneRefusesCompany(t *testing.T) {
	t.Setenv(besideVariable, "")
	r := &recorder{TB: t}
	if Alone(r); r.said != "" {
		t.Errorf("alone: %s", r.said)
	}
	t.Setenv(besideVariable, "1")
	if Alone(r); !strings.Contains(r.said, "cannot measure beside other tests") {
		t.Errorf("beside others: %q", r.said)
	}
}
