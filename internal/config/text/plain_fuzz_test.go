// SPDX-License-Identifier: Apache-2.0

package text

import (
	"regexp"
	"strings"
	"testing"
)

// The resolver rules of YAML 1.1 as regular expressions, in the form in which
// Knot Resolver's YAML library has them.
var (
	plainIntRule = regexp.MustCompile(`^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$`)

	plainFloatRule = regexp.MustCompile(`^(?:[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?` +
		`|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$`)

	plainDateRule = regexp.MustCompile(`^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ \t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}` +
		`(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9][0-9]?(?::[0-9]{2})?))?)$`)

	plainBoolRule = regexp.MustCompile(`^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$`)
	plainNullRule = regexp.MustCompile(`^(?:~|null|Null|NULL|)$`)
)

func FuzzPlainScalar(f *testing.F) {
	for _, s := range []string{"010", "0x1F", "-1:30", "1:30.5", ".5e-3", "1_0.5e+3", "yes", "~", "2001-01-01", "2001-1-1 1:00:00.5 +1", "-.inf", ".nan", "192.0.2.1", "0b_", "0_", "0x_", "+"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := plainText
		switch {
		case strings.Contains(s, "\n"):
			return
		case plainBoolRule.MatchString(s):
			want = plainBool
		case plainFloatRule.MatchString(s):
			want = plainFloat
		case plainIntRule.MatchString(s):
			want = plainInt
		case plainNullRule.MatchString(s):
			want = plainNull
		case plainDateRule.MatchString(s):
			want = plainDate
		case s == "<<":
			want = plainMerge
		case s == "=":
			want = plainEquals
		}
		got := resolvePlain(s)
		if got != want && !(got == plainDate && want == plainText) { // see isYAMLDate
			t.Fatalf("%q: got %d, want %d", s, got, want)
		}
		if n, message, _ := plainScalar(s); message == "" && n.IsNumber() && !isJSONNumber(n.Text) {
			t.Fatalf("%q: %q is no number of JSON", s, n.Text)
		}
	})
}
