// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"kresd-manager/api"
	"kresd-manager/internal/manager/inmemory"
	"kresd-manager/internal/visible"
	"kresd-manager/test/listen"
	"kresd-manager/units"
)

// read is how each command is called for people to read what it prints, in this order as
// far as one needs what another has done. FILE is a configuration that is fine, and BAD
// one that is not, OLD one of an older version. What is nil prints data, which are as wide as they are, or is told of
// elsewhere.
var read = map[string][][]string{
	"kresctl apply":          {{"--dry-run", "FILE"}, {"BAD"}, {"--yes", "-v", "FILE"}},
	"kresctl cache clear":    {{}},
	"kresctl cache stats":    {{}},
	"kresctl cancel":         {{}},
	"kresctl check":          {{}},
	"kresctl completion":     nil, // scripts for shells
	"kresctl config delete":  {{"-p", "/nsid"}, {"-p", "/nothing"}},
	"kresctl config explain": {{"/network/listen"}, {"/"}, {"--search", "time"}, {"/wrkers"}},
	"kresctl config get":     nil,      // a configuration
	"kresctl config save":    {{}, {}}, // and with --dry-run a diff, which is data
	"kresctl config set":     {{"-p", "/nsid", "a"}, {"-p", "/local-data/addresses/a.example", "192.0.2.1"}, {"-p", "/workers", "many"}, {"-p", "/lua/script", "no_such_function()"}, {"-v", "--dry-run", "-p", "/nsid", "b"}},
	"kresctl confirm":        {{}},
	"kresctl convert":        nil, // a configuration
	"kresctl debug":          {{"--print-only", "kresd"}},
	"kresctl diff":           {{"1", "2"}, {"1", "FILE"}},
	"kresctl doctor":         {{}},
	"kresctl edit":           {{"--running"}},
	"kresctl events":         {{}},
	"kresctl history":        {{}, {"2"}, {"99"}},
	"kresctl logs":           {{}, {"-n", "1", "kresd@1"}},
	"kresctl metrics":        nil, // for programs
	"kresctl migrate":        {{"OLD"}},
	"kresctl pids":           {{}},
	"kresctl plan":           {{}, {"FILE"}, {"-v", "FILE"}},
	"kresctl query":          {{"a.example"}},
	"kresctl reload":         {{"--dry-run"}, {"--force"}, {}},
	"kresctl renew":          {{}},
	"kresctl restart":        {{}, {"1"}},
	"kresctl rollback":       {{"--dry-run"}, {}},
	"kresctl schema":         nil, // for programs
	"kresctl status":         {{}, {"--color", "never"}},
	"kresctl stop":           {{"--yes"}},
	"kresctl token hash":     nil, // a hash
	"kresctl token new":      nil, // a token
	"kresctl top":            {{"-n", "1", "--interval", "100ms"}},
	"kresctl trace":          {{"a.example"}},
	"kresctl units":          {{}},
	"kresctl upstreams":      {{}},
	"kresctl ui":             {{}},
	"kresctl validate":       {{"FILE"}, {"BAD"}},
	"kresctl version":        {{}},
}

// TestWhatPeopleReadFitsTheirTerminal runs every command on a terminal of 80 columns: no
// line is longer unless it is one word, as a path, and nothing but colours steers it.
func TestWhatPeopleReadFitsTheirTerminal(t *testing.T) {
	t.Setenv("VISUAL", "true")
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "xterm")
	all := commands()
	for name := range read {
		if all[name] == nil {
			t.Errorf("there is no %s", name)
		}
	}
	dir := t.TempDir()
	files := map[string]string{
		"FILE": "workers: 6\nnsid: x\nlocal-data: {addresses: {host.example: 192.0.2.1}}\nlogging: {level: debug}\n",
		"BAD":  "workers: many\nnetwork: {listen: [{interface: 127.0.0.1, prt: 53}, {interface: nowhere-at-all}], edns-buffer-size: 1, tls: {files-watchdog: certainly, sticket-secret: short}}\n",
	}
	files["OLD"] = "workers: 2\nnetwork: {listen: [{interface: 127.0.0.1@53}]}\nlogging: {target: syslog}\nwatchdog: false\nnumber-of-workers: 3\nrundir: /run/knot-resolver\nmanagement: {interface: 127.0.0.1@5000}\n"
	for name, text := range files {
		files[name] = filepath.Join(dir, strings.ToLower(name)+".yaml")
		if err := os.WriteFile(files[name], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	styles := regexp.MustCompile("\x1b\\[(1|1;31|1;32|1;33|2|0)m")
	for name := range all {
		calls, known := read[name]
		if !known {
			t.Errorf("no one has looked at what %s prints", name)
		}
		if len(calls) == 0 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			socket, file := realistic(t)
			for _, call := range calls {
				args := append([]string{"-s", socket, "-c", file}, strings.Fields(name)[1:]...)
				for _, a := range call {
					if path, ok := files[a]; ok {
						a = path
					}
					args = append(args, a)
				}
				stdout, stderr := onTerminal(t, args)
				said := styles.ReplaceAllString(stdout+stderr, "")
				if name == "kresctl top" {
					said = strings.ReplaceAll(said, "\x1b[H\x1b[J", "") // it begins anew above
				}
				if said == "" {
					t.Errorf("%q prints nothing", call)
				}
				for line := range strings.Lines(said) {
					line = strings.TrimRight(line, "\n")
					if strings.ContainsFunc(line, func(r rune) bool { return r != '\t' && visible.Hidden(r) }) {
						t.Errorf("%q prints %q", call, line)
					}
					if n := utf8.RuneCountInString(line); n > terminalColumns && len(strings.Fields(line)) > 1 {
						t.Errorf("%q prints a line of %d columns: %s", call, n, line)
					}
				}
			}
		})
	}
}

// realistic serves a manager with some past: changes, one that was refused, and a worker
// that has failed.
func realistic(t *testing.T) (socket, file string) {
	t.Helper()
	m := inmemory.New(t, "workers: 4\nnetwork: {listen: [{interface: 127.0.0.1@5353}]}\ncomponents: {a-component-with-quite-a-long-name: {command: [/usr/bin/true], kind: dispensable}}\n")
	socket = listen.Serve(t, pastOnly(api.New(m, api.Options{Logs: wordy})))
	for _, args := range [][]string{
		{"-p", "/nsid", "ns1", "-m", "a comment that says in many words why all of this had to be done on that very day"},
		{"-p", "/lua/script", "no_such_function()"},
	} {
		run(t.Context(), append([]string{"-s", socket, "config", "set", "-q"}, args...), strings.NewReader(""), visible.NewWriter(new(strings.Builder)), visible.NewWriter(new(strings.Builder)))
	}
	m.Systemd.Fail("kresd@2.service")
	return socket, m.File
}

// wordy is a journal in which units say more than a line takes.
func wordy(_ context.Context, _ units.LogQuery, told func(units.LogLine)) error {
	long := strings.Repeat("a worker may say a lot when it does not like its configuration, ", 4)
	for _, message := range []string{"[system] interactive mode", long, long + "\n" + long, strings.Repeat("x", 200)} {
		told(units.LogLine{When: time.Unix(1700000000, 0), Unit: "kres-component@a-component-with-quite-a-long-name.service", Identifier: "kresd-component", Message: message})
	}
	return nil
}

// pastOnly has the stream of events begin with all that has happened, and end where a
// change was refused, which is the last that realistic does.
func pastOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/events" {
			ctx, end := context.WithCancel(r.Context())
			defer end()
			r.Header.Set("Last-Event-ID", "another-run")
			w, r = &endsAfter{w, "event: " + string(units.EventRefused) + "\n", end}, r.WithContext(ctx)
		}
		next.ServeHTTP(w, r)
	})
}

// endsAfter calls end when a text is written.
type endsAfter struct {
	http.ResponseWriter
	text string
	end  func()
}

func (w *endsAfter) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	if strings.Contains(string(p), w.text) {
		w.end()
	}
	return n, err
}

// Unwrap is for http.ResponseController.
func (w *endsAfter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
