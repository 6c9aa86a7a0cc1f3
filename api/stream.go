// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"net/http"
	"time"

	"kresd-manager/api/wire"
)

// DefaultStreamPing is how often a stream says that it is still there, and is looked at
// whether its reader still may read it.
const DefaultStreamPing = 15 * time.Second

// endingText is the last event of a stream when the server ends.
func (h *handlers) endingText() []byte {
	data := []byte("{}")
	if h.opt.Restarts != nil && h.opt.Restarts() {
		data = []byte(`{"restart":true}`)
	}
	return fmt.Appendf(nil, "event: %s\ndata: %s\n\n", wire.StreamEnding, data)
}

// stream sends server-sent events until there are no more, the client leaves or
// the server ends, of which the client is told.
func (h *handlers) stream(w *response, r *http.Request, texts <-chan []byte) {
	hd := w.Header()
	hd["Content-Type"] = []string{"text/event-stream"}
	hd["Cache-Control"] = []string{"no-store"}
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	out := http.NewResponseController(w)
	ping := time.NewTicker(h.opt.StreamPing)
	defer ping.Stop()
	text := []byte(": kresd-manager\n\n") // so that the client knows that it listens
	for {
		// A client that does not read must not hold up an end for long.
		_ = out.SetWriteDeadline(time.Now().Add(h.opt.WriteTimeout))
		if _, err := w.Write(text); err != nil {
			return // the client went away
		}
		if err := out.Flush(); err != nil {
			return
		}
		var more bool
		select {
		case text, more = <-texts:
			if !more {
				return
			}
		case <-ping.C:
			if !h.stillMay(w, r) {
				return
			}
			text = []byte(":\n\n")
		case <-r.Context().Done():
			return
		case <-h.opt.Ending:
			_ = out.SetWriteDeadline(time.Now().Add(h.opt.WriteTimeout))
			_, _ = w.Write(h.endingText()) // or it went away, too
			return
		}
	}
}

// stillMay reports whether the reader of a stream would be let in now: roles, tokens and
// sessions end while it reads.
func (h *handlers) stillMay(w *response, r *http.Request) bool {
	again := &response{foreign: w.foreign}
	return h.admit(again, r, w.route.access) == nil
}
