// SPDX-License-Identifier: Apache-2.0

package visible

import (
	"bytes"
	"fmt"
	"testing"
)

func TestWriter(t *testing.T) {
	const nasty = "{\"a\": \"\u202e\u009b\"}\n"
	for _, terminal := range []bool{false, true} {
		var out bytes.Buffer
		w := NewWriter(&out)
		if w.Terminal() {
			t.Error("a buffer is a terminal")
		}
		w.terminal = terminal
		said := func() string { defer out.Reset(); return out.String() }

		if n, err := fmt.Fprintf(w, "a\u202eb\x1b[1m\n"); n != len("a\u202eb\x1b[1m\n") || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		if got := said(); got != `a\u202eb\u001b[1m`+"\n" {
			t.Errorf("a text for people is %q", got)
		}
		want := nasty
		if terminal {
			want = `{"a": "\u202e\u009b"}` + "\n"
		}
		if err := w.Data([]byte(nasty)); err != nil {
			t.Error(err)
		}
		if got := said(); got != want {
			t.Errorf("data are %q on a terminal: %v", got, terminal)
		}
		if err := w.Data([]byte("# \xff\n")); err != nil {
			t.Error(err)
		}
		if got := said(); terminal != (got == `# \xff`+"\n") {
			t.Errorf("data are %q on a terminal: %v", got, terminal)
		}
		if err := w.Print(Span{"a\x1b[31m", Red}, Span{Text: "b\u202e"}); err != nil {
			t.Error(err)
		}
		if got := said(); got != "\x1b[1;31ma\\u001b[31m\x1b[0mb\\u202e" {
			t.Errorf("a styled text is %q", got)
		}
	}
}
