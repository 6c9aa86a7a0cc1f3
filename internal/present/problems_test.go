// SPDX-License-Identifier: Apache-2.0

package present

import (
	"testing"

	"kresd-manager/internal/config"
)

func TestCount(t *testing.T) {
	e, w := config.Problem{}, config.Problem{Severity: config.SeverityWarning}
	for want, problems := range map[string]config.Problems{
		"1 error": {e}, "2 errors, 1 warning": {e, w, e}, "3 warnings": {w, w, w}, "": nil,
	} {
		if got := count(problems); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
