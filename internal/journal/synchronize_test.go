// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bufio"
	"context"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// journald answers one Varlink call, and says what was asked.
func journald(t *testing.T, answer string) (asked <-chan string) {
	t.Helper()
	was := socket
	socket = filepath.Join(t.TempDir(), "io.systemd.journal")
	t.Cleanup(func() { socket = was })
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	call := make(chan string, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		text, _ := bufio.NewReader(conn).ReadString(0)
		call <- text
		if answer != "" {
			_, _ = conn.Write([]byte(answer + "\x00"))
			conn.Close()
		}
	}()
	return call
}

// What journald has not taken yet cannot be read, however late it is.
func TestTailReadsOnceJournaldHasTakenEverything(t *testing.T) {
	asked := journald(t, `{"parameters":{}}`)
	calls := journalctl(t, "echo 'last words'")
	if got := Tail(t.Context(), runOf("0123abcd"), 10); len(got) != 1 || got[0] != "last words" {
		t.Errorf("%q", got)
	}
	if call := <-asked; !strings.Contains(call, `"io.systemd.Journal.Synchronize"`) || !strings.Contains(call, `"offline":false`) {
		t.Errorf("journald was asked %q", call)
	}
	if n := len(calls()); n != 1 {
		t.Errorf("the journal was read %d times", n)
	}
}

func TestJournaldThatRefusesOrIsSilentIsAnError(t *testing.T) {
	journald(t, `{"error":"org.varlink.service.InvalidParameter","parameters":{}}`)
	if err := synchronize(t.Context(), socket); err == nil || !strings.Contains(err.Error(), "InvalidParameter") {
		t.Errorf("refused: %v", err)
	}
	journald(t, "nonsense")
	if err := synchronize(t.Context(), socket); err == nil || !strings.Contains(err.Error(), "cannot read the answer") {
		t.Errorf("nonsense: %v", err)
	}
	journald(t, strings.Repeat("x", 8192))
	if err := synchronize(t.Context(), socket); err == nil || !strings.Contains(err.Error(), "buffer full") {
		t.Errorf("an answer without end: %v", err)
	}
	journald(t, "")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := synchronize(ctx, socket); err == nil {
		t.Error("silence passes for an answer")
	}
}
