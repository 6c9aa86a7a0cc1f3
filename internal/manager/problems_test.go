// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"kresd-manager/internal/access"
	"kresd-manager/internal/config"
	"kresd-manager/internal/judge"
	"kresd-manager/internal/manager"
	"kresd-manager/units"
)

const aToken = "0123456789abcdef0123456789abcdef"

// wantProblems fails the test unless the status has exactly these problems, each
// given by a pointer and words of it.
func (p *process) wantProblems(t *testing.T, when string, want ...string) {
	t.Helper()
	s, err := p.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Problems) != len(want) {
		t.Errorf("%s: problems are\n%v", when, s.Problems)
		return
	}
	for i, w := range want {
		pointer, words, _ := strings.Cut(w, " ")
		got := s.Problems[i]
		if got.Pointer != pointer || !strings.Contains(got.Message, words) || got.Hint == "" || got.Severity == "" {
			t.Errorf("%s: %+v, want %s", when, got, w)
		}
	}
}

func TestATokenThatCannotBeReadIsAProblemUntilItCan(t *testing.T) {
	w := newWorld(t, strings.Replace(basic, `api.sock"}`, `api.sock", roles: [{role: read, token-file: "DIR/token"}]}`, 1))
	p := w.start() // which it does not keep
	file := filepath.Join(w.dir, "token")
	p.wantProblems(t, "at the start", "/management/roles/0/token-file token does not exist")
	if !strings.Contains(w.log.String(), "level=ERROR msg=\"/management/roles/0/token-file: ") {
		t.Error("the log does not tell")
	}
	p.change(t, "/nsid", `"x"`) // nor this, which is about something else
	if _, err := p.Reload(t.Context(), units.Again{}); err == nil || !strings.Contains(err.Error(), "config.yaml:4:") || !strings.Contains(err.Error(), "/management/roles/0/token-file: "+file+" does not exist") {
		t.Errorf("a reload says %v", err)
	}
	if err := os.WriteFile(file, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.wantProblems(t, "with a short one", "/management/roles/0/token-file shorter than 32 bytes")
	if err := os.WriteFile(file, []byte(aToken), 0o600); err != nil {
		t.Fatal(err)
	}
	p.wantProblems(t, "with a token")
	if _, err := p.Reload(t.Context(), units.Again{}); err != nil {
		t.Error(err)
	}
	p.wantState(t, "running")
}

func TestANewTokenThatCannotBeReadIsRefused(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	role := func(file string) units.Change {
		return put(t, "/management/roles", `[{"role": "read", "token-file": "`+file+`"}]`)
	}
	var problems config.Problems
	_, err := p.Change(t.Context(), role(w.dir+"/none"))
	if !errors.As(err, &problems) || problems[0].Pointer != "/management/roles/0/token-file" || !strings.Contains(err.Error(), "none does not exist") {
		t.Errorf("%v", err)
	}
	// A FIFO on which no one writes must hold no one up.
	if err := unix.Mkfifo(w.dir+"/fifo", 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Change(t.Context(), role(w.dir+"/fifo")); err == nil || !strings.Contains(err.Error(), "fifo is a device or FIFO, not a regular file") {
		t.Errorf("%v", err)
	}

	// What was in force before is no reason to keep a change from being undone.
	file := w.dir + "/token"
	if err := os.WriteFile(file, []byte(aToken), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Change(t.Context(), role(file)); err != nil {
		t.Fatal(err)
	}
	p.change(t, "/management/roles", `[{"role": "read", "users": ["root"]}]`)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Rollback(t.Context(), 0, units.Again{}); err != nil {
		t.Errorf("a rollback says %v", err)
	}
	p.wantProblems(t, "after the rollback", "/management/roles/0/token-file token does not exist")
	if _, err := p.Renew(t.Context(), units.Again{}); err != nil {
		t.Errorf("renew says %v", err)
	}
}

func TestUnknownAccountsAreAWarningAndStopNothing(t *testing.T) {
	w := newWorld(t, strings.Replace(basic, `api.sock"}`, `api.sock", roles: [{role: read, users: [root, nobody-of-this-name], groups: [no-such-group]}]}`, 1))
	p := w.start()
	p.wantProblems(t, "at the start",
		"/management/roles/0/users/1 there is no user nobody-of-this-name on this machine",
		"/management/roles/0/groups/0 there is no group no-such-group on this machine")
	s := p.wantState(t, "running")
	for _, problem := range s.Problems {
		if problem.Severity != config.SeverityWarning {
			t.Errorf("%+v", problem)
		}
	}
	if _, err := p.Reload(t.Context(), units.Again{}); err != nil {
		t.Error(err)
	}
	if n := strings.Count(w.log.String(), "nobody-of-this-name on this machine"); n != 1 {
		t.Errorf("the log tells %d times", n)
	}
}

// TestStatusDoesNotWaitForAFileSystem has one that does not answer.
func TestStatusDoesNotWaitForAFileSystem(t *testing.T) {
	w := newWorld(t, strings.Replace(basic, `api.sock"}`, `api.sock", roles: [{role: read, users: [root]}]}`, 1))
	answer := make(chan struct{})
	p := w.process(w.sys.Client(), func(o *manager.Options) {
		o.Readers = func() (judge.Readers, error) {
			<-answer
			return judge.Everyone(access.Identity{Name: "root"}, ""), nil
		}
	})
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 10 { // more than may wait
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		s, _ := p.Status(ctx)
		cancel()
		if len(s.Problems) != 1 || !strings.Contains(s.Problems[0].Message, "a file system did not answer") {
			t.Errorf("%+v", s.Problems)
		}
	}
	close(answer)
	for len(must(p.Status(t.Context())).Problems) > 0 {
		time.Sleep(time.Millisecond)
	}
}

func must(s units.Status, err error) units.Status {
	if err != nil {
		panic(err)
	}
	return s
}

// TestFilesOfWorkersAreLookedAtToo takes a certificate away that runs.
func TestFilesOfWorkersAreLookedAtToo(t *testing.T) {
	w := newWorld(t, basic+"network: {listen: [{interface: 127.0.0.1}], tls: {cert-file: DIR/cert, key-file: DIR/key}}\n")
	for _, name := range []string{"cert", "key"} {
		if err := os.WriteFile(filepath.Join(w.dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := w.start()
	p.wantProblems(t, "with both")
	if err := os.Remove(filepath.Join(w.dir, "key")); err != nil {
		t.Fatal(err)
	}
	p.wantProblems(t, "without the key", "/network/tls/key-file key does not exist")
}
