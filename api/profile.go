// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"fmt"
	"net/http"
	"net/http/pprof"

	"kresd-manager/api/wire"
)

const profilePath = "/debug/pprof/"

// profile serves profiles of this process, where the configuration wants them.
// They are behind the same doors as everything else, because the manager has no
// network on which to open another one.
func (h *handlers) profile(w *response, r *http.Request) error {
	if !h.policy().management.PProf {
		return &refusal{http.StatusNotFound, wire.KindNoRoute, "not found",
			fmt.Sprintf("there is nothing at %s unless /management/pprof is true", printable(r.URL.Path))}
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	go func() { // a long profile must not hold up an end
		select {
		case <-h.opt.Ending:
			cancel()
		case <-ctx.Done():
		}
	}()
	r = r.WithContext(ctx)
	w.patient = true
	switch r.URL.Path[len(profilePath):] {
	case "cmdline":
		pprof.Cmdline(w, r)
	case "profile":
		pprof.Profile(w, r)
	case "symbol":
		pprof.Symbol(w, r)
	case "trace":
		pprof.Trace(w, r)
	default:
		pprof.Index(w, r)
	}
	return nil
}
