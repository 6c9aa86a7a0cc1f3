// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"kresd-manager/api/wire"
	"kresd-manager/internal/top"
	"kresd-manager/internal/visible"
	"kresd-manager/test/listen"
	"kresd-manager/units"
)

// nasty steers a terminal: it clears the screen in two ways, turns the direction
// and ends lines. In a JSON string it needs no escape but for ESC.
const nasty = "x\u009b2J\u202ey\u2066z\x1b[2J\x7f\u061c\u200f"

// everyCommand is how the test calls each command; FILE is a configuration with
// nasty text in it.
var everyCommand = map[string][][]string{
	"kresctl cache stats":    {{}, {"--json"}},
	"kresctl check":          {{}, {nasty}, {"-w", nasty}, {"--" + nasty}},
	"kresctl apply":          {{"FILE"}, {nasty}},
	"kresctl diff":           {{}, {"--json"}, {"1", "FILE"}, {nasty}},
	"kresctl edit":           {{"--running"}},
	"kresctl cache clear":    {{"--json"}, {"--yaml"}},
	"kresctl cancel":         {{}, {"2"}, {"--json"}, {nasty}},
	"kresctl completion":     {{"bash"}, {"fish"}, {"zsh"}},
	"kresctl config delete":  {{"-p", "/" + nasty}},
	"kresctl config explain": {{"--search", "stale"}, {"--search", nasty}, {"/hostname"}, {"/" + nasty}, {"local-data/addresses"}},
	"kresctl config get":     {{"--effective"}, {"--effective", "--json"}, {}, {"--yaml"}, {"-p", "/" + nasty}, {"--etag"}},
	"kresctl config save":    {{}, {"--dry-run"}},
	"kresctl config set":     {{nasty}, {"-p", nasty, "FILE"}},
	"kresctl confirm":        {{}},
	"kresctl convert":        {{"FILE"}, {"--to", "yaml", "FILE"}, {"--to", "json", "FILE"}, {"--to", "toml", "FILE"}, {"--type", "policy-loader", "FILE"}, {nasty}},
	"kresctl debug":          {{"--print-only", "kresd"}, {nasty}},
	"kresctl doctor":         nil, // it looks at this machine; the streams are the same
	"kresctl events":         {{}, {"--json"}},
	"kresctl history":        {{}, {"--json"}, {"1"}, {"show", "1", "--json"}, {"show", nasty}},
	"kresctl logs":           {{}, {"--json"}, {nasty}, {"-p", nasty}, {"--since", nasty}},
	"kresctl metrics":        {{"--json"}, {"--prometheus"}},
	"kresctl migrate":        {{"FILE"}, {"--json", "FILE"}, {nasty}},
	"kresctl pids":           {{}, {"--json"}, {nasty}},
	"kresctl plan":           {{}, {"--json"}, {"FILE"}},
	"kresctl query":          {{nasty}, {"a", nasty}, {"--server", nasty, "a"}, {"a"}},
	"kresctl reload":         {{}, {"--dry-run"}},
	"kresctl renew":          {{}},
	"kresctl restart":        {{}, {"1"}, {nasty}},
	"kresctl rollback":       {{}, {"--dry-run"}},
	"kresctl schema":         {{}, {"--live"}},
	"kresctl status":         {{}, {"--json"}},
	"kresctl stop":           {{}, {nasty}},
	"kresctl token hash":     {{"FILE"}, {nasty}},
	"kresctl token new":      {{}, {nasty}},
	"kresctl top":            {{"-n", "1", "--interval", "100ms"}, {}},
	"kresctl trace":          {{"a"}, {"-v", "a"}, {"--json", "a"}, {nasty}, {"--worker", nasty, "a"}},
	"kresctl units":          {{}, {"--json"}, {nasty}},
	"kresctl upstreams":      {{}, {"--json"}},
	"kresctl ui":             {{}, {"--json"}},
	"kresctl validate":       {{"FILE"}, {"--color", "always", "FILE"}, {"--color", "never", "FILE"}, {"--format", "json", "FILE"}, {"--format", nasty}, {nasty}},
	"kresctl version":        {{}, {"--json"}, {"--client"}},
}

// TestNothingSteersTheTerminal runs every command on a terminal, with a nasty
// file and with a manager whose every text is nasty, in answers and in errors.
func TestNothingSteersTheTerminal(t *testing.T) {
	t.Setenv("VISUAL", "true")
	dir := t.TempDir()
	file, wrong := filepath.Join(dir, "config.yaml"), filepath.Join(dir, "wrong\u202e.yaml")
	text := "# \u202e\u061c\nhostname: \"a\u202eb\u061c\"\nnsid: \"\u2066\u200f\"\nlocal-data: {records: \"\u202e\"}\n"
	for path, text := range map[string]string{file: text, wrong: text + "\"wor\u202ekers\": \"\u202e\"\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	styles := regexp.MustCompile("\x1b\\[(1|1;31|1;32|1;33|2|0)m")
	for name := range commands() {
		calls, ok := everyCommand[name]
		if !ok {
			t.Errorf("%s is not tried", name)
		}
		for _, call := range calls {
			for _, refuse := range []bool{false, true} {
				socket := evil(t, file, refuse)
				args := append(strings.Fields(name)[1:], call...)
				for i, a := range args {
					if a == "FILE" {
						args[i] = map[bool]string{false: file, true: wrong}[refuse]
					}
				}
				stdout, stderr := onTerminal(t, append([]string{"-s", socket, "-c", file}, args...))
				if stdout+stderr == "" {
					t.Errorf("%q prints nothing", args)
				}
				for _, out := range []string{stdout, stderr} {
					out = strings.ReplaceAll(styles.ReplaceAllString(out, ""), "\x1b[H\x1b[J", "") // a table in place of the last one
					if at := strings.IndexFunc(out, func(r rune) bool { return r != '\n' && r != '\t' && visible.Hidden(r) }); at >= 0 || !utf8.ValidString(out) {
						t.Errorf("%q prints %.200q", args, out[max(0, at-100):])
					}
				}
				if !strings.Contains(strings.Join(args, " "), "json") {
					continue
				}
				for d := json.NewDecoder(strings.NewReader(stdout)); ; {
					var v any
					if err := d.Decode(&v); err == io.EOF {
						break
					} else if err != nil {
						t.Errorf("%q prints no JSON: %v in %.300s", args, err, stdout)
						break
					}
				}
			}
		}
	}
}

// TestDataAreExact: what goes on as data is not touched, and what is for people
// is, wherever it goes.
func TestDataAreExact(t *testing.T) {
	socket := evil(t, "/c.yaml", false)
	call := func(args ...string) string {
		var out bytes.Buffer
		w := visible.NewWriter(&out)
		run(context.Background(), append([]string{"-s", socket}, args...), nil, w, w)
		return out.String()
	}
	if got := call("metrics", "--prometheus"); got != nasty {
		t.Errorf("metrics are %q", got)
	}
	for _, args := range [][]string{{"config", "get"}, {"status", "--json"}, {"logs", "--json"}} {
		if got := call(args...); !strings.Contains(got, "\u202e") {
			t.Errorf("%q prints %q", args, got)
		}
	}
	for _, args := range [][]string{{"status"}, {"history"}, {"logs"}, {"events"}, {"plan"}, {"config", "get", "--yaml"}} {
		if got := call(args...); strings.Contains(got, "\u202e") || !strings.Contains(got, `\u202e`) {
			t.Errorf("%q prints %q", args, got)
		}
	}
}

// TestOnlyATerminalIsWaitedFor: who starts kresctl config set without a value is told
// that it waits for one, unless no one could type it.
func TestOnlyATerminalIsWaitedFor(t *testing.T) {
	const told = "kresctl: reading the value from the terminal, end it with Ctrl-D\n"
	socket := evil(t, "/c.yaml", false)
	complain := func(stdin io.Reader) string {
		var out bytes.Buffer
		run(t.Context(), []string{"-s", socket, "config", "set", "-q", "-p", "/workers"}, stdin, visible.NewWriter(io.Discard), visible.NewWriter(&out))
		return out.String()
	}
	nothing, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer nothing.Close()
	for name, stdin := range map[string]io.Reader{"/dev/null": nothing, "a text": strings.NewReader("4")} {
		if got := complain(stdin); got != "" {
			t.Errorf("%s: it says %q", name, got)
		}
	}
	ptm, pts := openTerminal(t)
	if _, err := ptm.Write([]byte("4\n\x04")); err != nil { // Ctrl-D, termios(3)
		t.Fatal(err)
	}
	if got := complain(pts); got != told {
		t.Errorf("a terminal: it says %q", got)
	}
	_, _ = ptm.Close(), pts.Close()
}

// onTerminal runs a command line with terminals as standard output and error, and
// returns what it printed.
func onTerminal(t *testing.T, args []string) (stdout, stderr string) {
	t.Helper()
	out, printed := terminal(t)
	err, complained := terminal(t)
	run(t.Context(), args, strings.NewReader(""), out, err)
	return printed(), complained()
}

// terminalColumns is how wide the terminals of tests are.
const terminalColumns = 80

// openTerminal opens both ends of a terminal (pty(7)).
func openTerminal(t *testing.T) (ptm, pts *os.File) {
	t.Helper()
	ptm, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fd := int(ptm.Fd())
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: terminalColumns}); err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	pts, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return ptm, pts
}

// terminal opens a terminal and says what was written to it.
func terminal(t *testing.T) (*visible.Writer, func() string) {
	t.Helper()
	ptm, pts := openTerminal(t)
	read := make(chan string)
	go func() {
		var out bytes.Buffer
		_, _ = io.Copy(&out, ptm) // EIO when the other end is closed
		_ = ptm.Close()
		read <- out.String()
	}()
	w := visible.NewWriter(pts)
	if !w.Terminal() {
		t.Error("a terminal is taken for none")
	}
	return w, func() string {
		_ = pts.Close()
		return strings.ReplaceAll(<-read, "\r\n", "\n") // the terminal adds CR
	}
}

// evil serves answers in which every text is nasty, or refuses with them.
func evil(t *testing.T, file string, refuse bool) (socket string) {
	t.Helper()
	l := listen.Unix(t)
	send := func(w io.Writer, v any) {
		fill(reflect.ValueOf(v).Elem())
		if s, ok := v.(*units.Status); ok {
			s.Files = []string{file}
		}
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		_ = e.Encode(v)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refuse {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusUnprocessableEntity)
			send(w, &wire.Problem{})
			return
		}
		w.Header().Set("Etag", `"`+"abc"+`"`)
		switch path := r.URL.Path; {
		case path == "/v1/status":
			send(w, &units.Status{})
		case path == "/v1/history":
			send(w, &units.History{})
		case strings.HasPrefix(path, "/v1/history/"):
			send(w, &wire.HistoryEntry{})
		case path == "/v1/changes":
			send(w, &wire.Changes{})
		case strings.HasPrefix(path, "/v1/cancel"):
			send(w, &wire.Change{})
		case path == "/v1/units":
			send(w, &[]units.UnitStatus{})
		case path == "/v1/trace":
			send(w, &units.Trace{})
		case path == "/v1/cache":
			send(w, &units.CacheStatistics{})
		case path == "/v1/session":
			send(w, &wire.Session{})
		case path == "/v1/session/link":
			send(w, &wire.SessionLink{})
		case path == "/v1/upstreams":
			send(w, &units.Upstreams{})
		case path == "/v1/version":
			send(w, &units.Versions{})
		case path == "/v1/confirm":
			send(w, &units.Entry{})
		case strings.HasPrefix(path, "/processes"):
			send(w, &[]wire.Process{})
		case path == "/v1/events":
			for _, kind := range []units.EventKind{units.EventBegin, units.EventStep, units.EventDone, units.EventFailed,
				units.EventRestore, units.EventApplied, units.EventRefused, units.EventRepair, units.EventRepaired, units.EventCrash, nasty} {
				fmt.Fprint(w, "data: ")
				e := units.Event{}
				fill(reflect.ValueOf(&e).Elem())
				e.Kind = kind
				_ = json.NewEncoder(w).Encode(e)
				fmt.Fprint(w, "\ndata: ")
				_ = json.NewEncoder(w).Encode(units.Event{Kind: kind})
				fmt.Fprint(w, "\n")
			}
		case path == "/v1/metrics/stream":
			s := top.Sample{}
			fill(reflect.ValueOf(&s).Elem())
			s.Error = ""
			for _, s := range []top.Sample{s, {Error: nasty}} {
				fmt.Fprint(w, "event: sample\ndata: ")
				_ = json.NewEncoder(w).Encode(s)
				fmt.Fprint(w, "\n")
			}
		case path == "/v1/logs":
			fmt.Fprint(w, "data: ")
			send(w, &units.LogLine{})
			fmt.Fprint(w, "\nevent: error\ndata: ")
			send(w, &wire.Problem{})
		case path == "/metrics/prometheus":
			fmt.Fprint(w, nasty)
		case path == "/schema", path == "/metrics/json", path == "/cache/clear", r.Method == http.MethodGet && strings.HasPrefix(path, "/v1/config"):
			fmt.Fprint(w, "{\"hostname\": \"a\u202eb\u009b\", \"k\u2066\": null}")
		default:
			send(w, &units.Report{DryRun: r.URL.Query().Has("dry-run")})
		}
	})}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return l.Addr().String()
}

// fill makes every text in a value nasty.
func fill(v reflect.Value) {
	switch v.Type() {
	case reflect.TypeFor[json.RawMessage]():
		v.SetBytes([]byte("\"a\u202eb\u009b\u061c\""))
		return
	case reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Now()))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(nasty)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i))
			}
		}
	}
}
