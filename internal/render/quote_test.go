// SPDX-License-Identifier: Apache-2.0

package render

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// hostile are pieces that end literals early, or change what follows.
var hostile = []string{
	"]]", "]=]", "]==]", "]", "=", "[[", "[=[", "\n", "\r", "\r\n", "\n\r", "\x00", "'", `"`, `\`, `\0`, `\n`, `\'`, `\\`,
	"--", "--[[", "0", "9", "1234", "\x7f", "\xff", "é", "�", "%s", "%", "${HOME}", ";", "os.exit()", "\t", "\x1a",
}

// anyText draws any bytes, hostile pieces more often than chance would have it.
func anyText() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.SampledFrom(hostile),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 5), func(b []byte) string { return string(b) }),
	)
	return rapid.Map(rapid.SliceOfN(piece, 0, 12), func(p []string) string { return strings.Join(p, "") })
}

func readsBack(t interface{ Fatalf(string, ...any) }, what, literalText, want string) {
	// What follows must not be swallowed, not even a digit or a bracket.
	for _, after := range []string{"", "7", "]]", "]=]", "'", "\n"} {
		got, rest, err := literal(literalText + after)
		if err != nil {
			t.Fatalf("%s of %q is %s: %v", what, want, literalText, err)
		}
		if got != want || rest != after {
			t.Fatalf("%s of %q is %s, which is read as %q with %q left, want %q", what, want, literalText, got, rest, after)
		}
	}
}

func TestQuoteReadsBackAsWritten(t *testing.T) {
	for _, s := range append(hostile, "", "ends in ]", "a\x00001", "\x0012", "it's", `\`, `\\`+"\x00"+"1") {
		readsBack(t, "quote", quote(s), s)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := anyText().Draw(t, "s")
		readsBack(t, "quote", quote(s), s)
	})
}

func TestTextReadsBackAsWritten(t *testing.T) {
	for _, s := range append(hostile, "", "]", "]]", "]=]", "]==]]=]]]", "x]=", "x]==", "\nfirst line is empty", "\n", "\n\n",
		"ends in newline\n", "ends in ]", "a]]b", "[[nested]]", "cr\rlf\n", "nul\x00") {
		readsBack(t, "text", text(s), s)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := anyText().Draw(t, "s")
		readsBack(t, "text", text(s), s)
	})
}

func TestQuoteIsOneLineOfPrintableASCII(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := quote(anyText().Draw(t, "s"))
		if i := strings.IndexFunc(q, func(r rune) bool { return r < ' ' || r > '~' }); i >= 0 {
			t.Fatalf("%q has %q", q, q[i])
		}
	})
}

func TestTextKeepsLinesReadable(t *testing.T) {
	const zone = "$ORIGIN example.\n@ A 192.0.2.1\n"
	if got := text(zone); got != "[[\n"+zone+"]]" {
		t.Errorf("%s", got)
	}
}

func TestListReadsBackAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOf(anyText()).Draw(t, "items")
		got, err := literals(list(want))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Join(got, "\x00") != strings.Join(want, "\x00") || len(got) != len(want) {
			t.Fatalf("%q is read as %q", want, got)
		}
	})
}
