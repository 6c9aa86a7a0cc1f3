// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// recorder is a test that goes on after it has failed.
type recorder struct {
	testing.TB
	said string
}

func (r *recorder) Helper() {}

func (r *recorder) Fatal(args ...any) { r.said = fmt.Sprint(args...) }

// TestATurnIsWaitedFor: the test goes on when the file is locked no more.
func TestATurnIsWaitedFor(t *testing.T) {
	path := t.TempDir() + "/turn"
	lock, err := tryLockFile(path)
	if err != nil || lock == nil {
		t.Fatal(err)
	}
	gone := make(chan error)
	go func() { gone <- unlocked(path) }()
	select {
	case err := <-gone:
		t.Fatalf("it does not wait: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	lock.Close()
	if err := <-gone; err != nil {
		t.Error(err)
	}
	if err := unlocked(path + "/none"); err == nil || !strings.Contains(err.Error(), "cannot wait for other tests") {
		t.Errorf("without a file: %v", err)
	}
}

func TestAloneRefusesCompany(t *testing.T) {
	t.Setenv(besideVariable, "")
	t.Setenv(turnVariable, "")
	r := &recorder{TB: t}
	if Alone(r); r.said != "" {
		t.Errorf("alone: %s", r.said)
	}
	t.Setenv(besideVariable, "1")
	if Alone(r); !strings.Contains(r.said, "cannot measure beside other tests") {
		t.Errorf("beside others: %q", r.said)
	}
}
