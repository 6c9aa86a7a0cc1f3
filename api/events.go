// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"kresd-manager/units"
)

// streamPing is how often a silent stream says that it is still there.
const streamPing = 15 * time.Second

// events streams what happens, as server-sent events (WHATWG HTML §9.2): the
// kind as event, the number as id, the rest as data in JSON.
func (h *handlers) events(w *response, r *http.Request) error {
	if err := noQuery(r); err != nil {
		return err
	}
	giveBack, err := h.streams.take(w, r)
	if err != nil {
		return err
	}
	defer giveBack()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	ch := h.ctl.Events(ctx)
	texts := make(chan []byte)
	go func() {
		defer close(texts)
		for e := range ch {
			select {
			case texts <- eventText(e):
			case <-ctx.Done():
			}
		}
	}()
	h.stream(w, r, texts)
	return nil
}

// stream sends server-sent events until there are no more, the client leaves or
// the server ends.
func (h *handlers) stream(w *response, r *http.Request, texts <-chan []byte) {
	hd := w.Header()
	hd["Content-Type"] = []string{"text/event-stream"}
	hd["Cache-Control"] = []string{"no-store"}
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	out := http.NewResponseController(w)
	ping := time.NewTicker(streamPing)
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
			text = []byte(":\n\n")
		case <-r.Context().Done():
			return
		case <-h.opt.Ending:
			return
		}
	}
}

func eventText(e units.Event) []byte {
	data, err := json.Marshal(e)
	if err != nil {
		data = []byte("{}") // strings and numbers do encode
	}
	return fmt.Appendf(nil, "id: %d\nevent: %s\ndata: %s\n\n", e.N, e.Kind, data)
}

// cancel gives up the change in progress. Whoever waits for that change gets
// the failure.
func (h *handlers) cancel(w *response, r *http.Request) error {
	if err := noQuery(r); err != nil {
		return err
	}
	if !h.ctl.Cancel() {
		return nothingToCancel()
	}
	w.send(http.StatusAccepted, typeText, []byte("The change is given up; what ran before is restored.\n"))
	return nil
}
