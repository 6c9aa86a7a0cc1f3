// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"kresd-manager/units"
)

// events streams what happens, as server-sent events (WHATWG HTML §9.2): the
// kind as event, the rest as data in JSON. With Last-Event-ID it goes on after that
// event. A reader who knows no event is given the id to go on from, in case that they are
// cut off before anything happens.
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
	run, now, past, more := h.ctl.Resume(ctx, lastEventID(r))
	texts := make(chan []byte)
	go func() {
		defer close(texts)
		seen := uint64(0)
		tell := func(e units.Event) {
			select {
			case texts <- eventText(run, e):
			case <-ctx.Done():
			}
		}
		for _, e := range past {
			seen = max(seen, e.N)
			tell(e)
		}
		if seen == 0 {
			select {
			case texts <- fmt.Appendf(nil, "id: %s-%d\n\n", run, now):
			case <-ctx.Done():
			}
		}
		for e := range more {
			if seen > 0 && e.N > seen+1 {
				tell(units.Gap("the reader was too slow"))
			}
			seen = e.N
			tell(e)
		}
	}()
	h.stream(w, r, texts)
	return nil
}

// maxEventID is the longest id that could be one of ours, in bytes.
const maxEventID = 64

// lastEventID is the id of the last event that a reader has seen (WHATWG HTML §9.2.4),
// "" if there was none.
func lastEventID(r *http.Request) string {
	id := r.Header.Get("Last-Event-ID")
	return id[:min(len(id), maxEventID)]
}

// eventText is an event as it is sent. An id tells which run of the manager gave the
// number; a gap has none, so that its reader keeps the id that it has.
func eventText(run string, e units.Event) []byte {
	data, err := json.Marshal(e)
	if err != nil {
		data = []byte("{}") // strings and numbers do encode
	}
	id := ""
	if e.N > 0 {
		id = fmt.Sprintf("id: %s-%d\n", run, e.N)
	}
	return fmt.Appendf(nil, "%sevent: %s\ndata: %s\n\n", id, e.Kind, data)
}
