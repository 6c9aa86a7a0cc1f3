// SPDX-License-Identifier: Apache-2.0

package visible

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// hidden are the characters that issue reports of other programs name, and more
// of their kinds.
const hidden = "\x00\x07\x08\x0b\x0c\x1b\x7f\u0080\u0085\u009b\u009d\u009f\u00ad\u061c\u180e\u200b\u200d\u200e\u200f\u2028\u2029" +
	"\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\u206f\ufeff\ufff9\U000e0001\U000e007f"

func TestWhatIsHiddenIsShown(t *testing.T) {
	for _, r := range hidden {
		if !Hidden(r) {
			t.Errorf("%U is not hidden", r)
		}
		for name, shown := range map[string]string{
			"Text": Text("a" + string(r) + "b"), "Line": Line("a" + string(r) + "b"), "JSON": string(JSON([]byte("a" + string(r) + "b"))),
		} {
			if strings.ContainsRune(shown, r) || !strings.HasPrefix(shown, `a\`) || !strings.HasSuffix(shown, "b") {
				t.Errorf("%s shows %U as %q", name, r, shown)
			}
		}
	}
	for _, r := range "aZ ~\u00a0ž☃✓→日本\u0301\ufe0f\U0001f600…" {
		if Hidden(r) {
			t.Errorf("%U is hidden", r)
		}
	}
}

func TestText(t *testing.T) {
	for _, c := range []struct{ in, text, line string }{
		{"plain ž ✓", "plain ž ✓", "plain ž ✓"},
		{"a\n\tb\n", "a\n\tb\n", `a\n\tb\n`},
		{"a\r\nb\rc", "a\r\nb\\u000dc", `a\r\nb\rc`},
		{"\x1b[2J", `\u001b[2J`, `\u001b[2J`},
		{"\u009b2J", `\u009b2J`, `\u009b2J`},
		{"a\u202eb", `a\u202eb`, `a\u202eb`},
		{"a\xff\x9bb\xe2\x80", `a\xff\x9bb\xe2\x80`, `a\xff\x9bb\xe2\x80`},
		{"\U000e0041", `\U000e0041`, `\U000e0041`},
		{"\uFFFD", "\uFFFD", "\uFFFD"},
	} {
		if got := Text(c.in); got != c.text {
			t.Errorf("the text of %q is %q, want %q", c.in, got, c.text)
		}
		if got := Line(c.in); got != c.line {
			t.Errorf("the line of %q is %q, want %q", c.in, got, c.line)
		}
	}
}

func TestJSONMeansTheSame(t *testing.T) {
	in := "{\"a\": \"x\u202e\u009b\x7f\u2028\U000e0001y\uFFFD\",\r\n\t\"b\u2066\": [1]\r}"
	out := JSON([]byte(in))
	if strings.ContainsFunc(string(out), func(r rune) bool { return Hidden(r) && r != '\n' && r != '\t' }) {
		t.Errorf("hidden: %q", out)
	}
	var a, b map[string]any
	if err := json.Unmarshal([]byte(in), &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &b); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if a["a"] != b["a"] || b["b\u2066"] == nil {
		t.Errorf("%q is %q", in, out)
	}
	if got := string(JSON([]byte("\"\xff\""))); got != `"\ufffd"` {
		t.Errorf("a broken byte is %s", got)
	}
}

func FuzzText(f *testing.F) {
	f.Add(hidden)
	f.Add("a\xffb\r\n")
	f.Fuzz(func(t *testing.T, s string) {
		for _, shown := range []string{Text(s), Line(s)} {
			if !utf8.ValidString(shown) || Text(shown) != shown {
				t.Errorf("%q becomes %q", s, shown)
			}
		}
		if line := Line(s); strings.ContainsFunc(line, Hidden) {
			t.Errorf("%q becomes %q", s, line)
		}
		if valid := json.Valid([]byte(s)); valid {
			var a, b any
			if json.Unmarshal([]byte(s), &a) == nil && json.Unmarshal(JSON([]byte(s)), &b) != nil {
				t.Errorf("%q is no JSON any more: %q", s, JSON([]byte(s)))
			}
		}
	})
}
