// SPDX-License-Identifier: Apache-2.0

package kresd

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAnswersAreRead(t *testing.T) {
	large := `"` + strings.Repeat("x", 300_000) + `"`
	for _, c := range []struct {
		name, body string
		want       any
	}{
		{"a number", "2", 2.0},
		{"a string", `"str"`, "str"},
		{"an object", `{"b":[1,2],"a":1}`, map[string]any{"a": 1.0, "b": []any{1.0, 2.0}}},
		{"null", "null", nil},
		{"a string that looks like an error", `"error: x"`, "error: x"},
		{"no value, as of a statement", "", "untouched"},
		{"a large one", large, large[1 : len(large)-1]},
	} {
		for how, write := range map[string]func(net.Conn, []byte){
			"at once": nil,
			"byte by byte": func(c net.Conn, b []byte) {
				for _, x := range b[:min(len(b), 300)] {
					_, _ = c.Write([]byte{x})
				}
				_, _ = c.Write(b[min(len(b), 300):])
			},
		} {
			t.Run(c.name+", "+how, func(t *testing.T) {
				w := serve(t, shortDir(t), "1", &worker{answer: func(string) string { return c.body }, write: write})
				conn, err := Dial(patient(t), w.path)
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				for range 2 { // a connection serves more than one call
					got := any("untouched")
					if err := conn.Eval("f()", &got); err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(c.want, got); diff != "" {
						t.Error(diff)
					}
				}
				if diff := cmp.Diff([]string{"f()", "f()"}, w.asked()); diff != "" {
					t.Errorf("the worker got:\n%s", diff)
				}
			})
		}
	}
}

func TestWhatAWorkerSaysOfAnErrorIsTheError(t *testing.T) {
	const said = `[string "return tojson((error("e")))"]:1: e`
	w := serve(t, shortDir(t), "1", &worker{answer: func(string) string { return said + "\n" }})
	conn, err := Dial(patient(t), w.path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var lua *LuaError
	if err := conn.Eval("error('e')", nil); !errors.As(err, &lua) || lua.Message != said || err.Error() != said {
		t.Errorf("eval: %v", err)
	}
}

func TestAnAnswerOfAnotherTypeIsAnError(t *testing.T) {
	w := serve(t, shortDir(t), "1", &worker{answer: func(string) string { return `{"a":1}` }})
	conn, err := Dial(patient(t), w.path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var n int
	var wrong *json.UnmarshalTypeError
	if err := conn.Eval("f()", &n); !errors.As(err, &wrong) || !strings.Contains(err.Error(), `{\"a\":1}`) {
		t.Errorf("eval: %v", err)
	}
}

func TestACommandIsOneLine(t *testing.T) {
	w := serve(t, shortDir(t), "1", &worker{answer: func(string) string { return "1" }})
	conn, err := Dial(patient(t), w.path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, e := range []string{"a\nb", "a\rb", "a\x00b", "\n"} {
		if err := conn.Eval(e, nil); err == nil {
			t.Errorf("%q was sent", e)
		}
	}
	if err := conn.Eval("good()", nil); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"good()"}, w.asked()); diff != "" {
		t.Errorf("the worker got:\n%s", diff)
	}
}

func TestAWorkerThatTalksNonsenseIsAnError(t *testing.T) {
	for _, c := range []struct {
		name  string
		write func(net.Conn, []byte) // instead of the answer
		want  error
		text  string
	}{
		{"a length beyond reason", func(c net.Conn, _ []byte) { _, _ = c.Write([]byte{0xff, 0xff, 0xff, 0xff}) }, nil, "4294967295 bytes"},
		{"an end in the length", func(c net.Conn, _ []byte) { _, _ = c.Write([]byte{0, 0}); c.Close() }, io.ErrUnexpectedEOF, ""},
		{"an end in the answer", func(c net.Conn, _ []byte) { _, _ = c.Write([]byte{0, 0, 0, 9, '1'}); c.Close() }, io.ErrUnexpectedEOF, ""},
		{"an end before the answer", func(c net.Conn, _ []byte) { c.Close() }, io.EOF, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := serve(t, shortDir(t), "1", &worker{answer: func(string) string { return "1" }, write: func(conn net.Conn, b []byte) {
				if string(b) == "> " {
					_, _ = conn.Write(b)
					return
				}
				c.write(conn, b)
			}})
			conn, err := Dial(patient(t), w.path)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			err = conn.Eval("f()", nil)
			if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("eval: %v, want %v %s", err, c.want, c.text)
			}
		})
	}
}

func TestAWorkerThatHangsHoldsNoOneUp(t *testing.T) {
	t.Parallel()
	block := make(chan struct{})
	t.Cleanup(func() { close(block) })
	hang := func(net.Conn, []byte) { <-block }
	answer := func(c net.Conn, b []byte) {
		if string(b) == "> " {
			_, _ = c.Write(b)
			return
		}
		<-block
	}
	t.Run("before its greeting", func(t *testing.T) {
		t.Parallel()
		w := serve(t, shortDir(t), "1", &worker{write: hang})
		t.Cleanup(func() { block <- struct{}{} })
		if _, err := Dial(soon(t), w.path); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("dial: %v", err)
		}
	})
	t.Run("before its answer", func(t *testing.T) {
		t.Parallel()
		w := serve(t, shortDir(t), "1", &worker{answer: func(string) string { return "1" }, write: answer})
		t.Cleanup(func() { block <- struct{}{} })
		conn, err := Dial(soon(t), w.path)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := conn.Eval("f()", nil); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("eval: %v", err)
		}
	})
}

func TestAWorkerThatIsNotThereIsAnError(t *testing.T) {
	if _, err := Dial(t.Context(), Socket(shortDir(t), "1")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("dial: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := serve(t, shortDir(t), "1", &worker{})
	if _, err := Dial(ctx, w.path); !errors.Is(err, context.Canceled) {
		t.Errorf("dial: %v", err)
	}
}

func TestASilentStartOfAnotherProgramIsAnError(t *testing.T) {
	w := serve(t, shortDir(t), "1", &worker{greet: ">", write: func(c net.Conn, b []byte) { _, _ = c.Write(b); c.Close() }})
	if _, err := Dial(patient(t), w.path); err == nil {
		t.Error("half a greeting is enough")
	}
}
