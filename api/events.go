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

func eventText(e units.Event) []byte {
	data, err := json.Marshal(e)
	if err != nil {
		data = []byte("{}") // strings and numbers do encode
	}
	return fmt.Appendf(nil, "id: %d\nevent: %s\ndata: %s\n\n", e.N, e.Kind, data)
}
