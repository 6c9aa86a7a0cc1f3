// SPDX-License-Identifier: Apache-2.0

package present

import (
	"fmt"
	"io"
	"strings"

	"kresd-manager/internal/lookup"
	"kresd-manager/internal/visible"
)

// Query writes an answer: how it came, why it is as it is, and its records.
func Query(w io.Writer, a lookup.Answer) error {
	var b strings.Builder
	count := fmt.Sprintf("%d records", len(a.Answer))
	switch len(a.Answer) {
	case 0:
		count = "no records"
	case 1:
		count = "1 record"
	}
	fmt.Fprintf(&b, "%s %s: %s, %s, %s\n", visible.Line(a.Name), a.Type, a.RCode, count, validated(a.Secure()))
	fmt.Fprintf(&b, "from %s over %s in %s\n", a.Server, strings.ToUpper(a.Protocol), millis(a.Took))
	for _, e := range a.Errors {
		fmt.Fprintf(&b, "why: %s\n", visible.Line(extended(e)))
	}
	for _, rr := range a.Answer {
		fmt.Fprintf(&b, "%s\n", visible.Line(rr))
	}
	if len(a.Answer) == 0 {
		for _, rr := range a.Authority {
			fmt.Fprintf(&b, "authority: %s\n", visible.Line(rr))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
