// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"net/http"

	"kresd-manager/units"
)

// reload reads the configuration file again. Unlike Knot Resolver's own
// manager it fails when the reload failed.
func (h *handlers) reload(force bool) action {
	return h.again("reloaded", func(ctx context.Context, a units.Again) (units.Report, error) { return h.ctl.Reload(ctx, a) }, force)
}

// renew applies the running configuration once more.
func (h *handlers) renew(force bool) action {
	return h.again("renewed", func(ctx context.Context, a units.Again) (units.Report, error) { return h.ctl.Renew(ctx, a) }, force)
}

func (h *handlers) again(done string, do func(context.Context, units.Again) (units.Report, error), force bool) action {
	return func(w *response, r *http.Request) error {
		asked, err := terms(w, r)
		if err != nil {
			return err
		}
		asked.Force = force
		return h.carryAgain(w, r, asked, do, func(report units.Report) error { return h.report(w, r, report, done) })
	}
}
