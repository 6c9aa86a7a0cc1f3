// SPDX-License-Identifier: Apache-2.0

package listen

import (
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Times in which a manager that cannot start answers those who wait for it.
const (
	awayMost = time.Second           // in all
	awayLook = 10 * time.Millisecond // between two looks whether anyone is left
)

// away is the answer. It names no reason, which not everyone may know who can
// reach the socket.
const away = "the manager cannot start: \"journalctl -u kresd-manager\" says why; " +
	"correct that and run \"systemctl restart kresd-manager\". DNS goes on as before.\n"

// TurnAway answers those who wait that this manager cannot start. Their connections
// have started it, and as long as one waits systemd starts the next, as fast as it
// can (systemd.socket(5), TriggerLimitIntervalSec=). It closes the listeners.
func (s *Set) TurnAway() {
	if !s.Knocked() {
		return
	}
	var connected atomic.Int64
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.Header().Set("Connection", "close")
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(away))
		}),
		ConnState: func(_ net.Conn, s http.ConnState) {
			switch s {
			case http.StateNew:
				connected.Add(1)
			case http.StateClosed, http.StateHijacked:
				connected.Add(-1)
			}
		},
	}
	defer server.Close()
	for _, l := range s.all() {
		go server.Serve(l) // until it is closed
	}
	for end := time.Now().Add(awayMost); time.Now().Before(end); {
		time.Sleep(awayLook)
		if connected.Load() == 0 && !s.Knocked() {
			break
		}
	}
}
