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

// reload reads the configuration file again. Unlike Knot Resolver's own
// manager it fails when the reload failed.
func (h *handlers) reload(force bool) action {
	return h.again("reloaded", h.ctl.Reload, force)
}

// renew applies the running configuration once more.
func (h *handlers) renew(force bool) action {
	return h.again("renewed", h.ctl.Renew, force)
}

func (h *handlers) again(done string, do func(context.Context, units.Again) (units.Report, error), force bool) action {
	return func(w *response, r *http.Request) error {
		asked, err := terms(w, r)
		if err != nil {
			return err
		}
		asked.Force = force
		giveBack, err := h.planning(w, r, asked.DryRun)
		if err != nil {
			return err
		}
		defer giveBack()
		if asked.Match, err = matches(r); err != nil {
			return err
		}
		report, err := do(context.WithoutCancel(r.Context()), asked)
		if err != nil {
			return &changeError{report, err}
		}
		return h.report(w, r, report, done)
	}
}

// plan tells what a reload would do.
func (h *handlers) plan(w *response, r *http.Request) error {
	giveBack, err := h.planning(w, r, true)
	if err != nil {
		return err
	}
	defer giveBack()
	report, err := h.ctl.Reload(r.Context(), units.Again{DryRun: true})
	if err != nil {
		return &changeError{report, err}
	}
	return sendJSON(w, report, "")
}

// stop stops the resolver. The answer is sent when no worker runs any more;
// the manager ends once it is out.
func (h *handlers) stop(w *response, r *http.Request) error {
	if err := noQuery(r); err != nil {
		return err
	}
	if err := h.ctl.Stop(context.WithoutCancel(r.Context())); err != nil {
		return err
	}
	w.send(http.StatusOK, typeText, []byte("All workers have stopped, kresd-manager ends.\n"))
	return nil
}

// report answers a successful change: with the whole report if the client
// asked for JSON, with the plan if it asked for a dry run, else with a short
// text, which is empty when done is.
func (h *handlers) report(w *response, r *http.Request, report units.Report, done string) error {
	switch {
	case acceptsJSON(r, "application/json"):
		return sendJSON(w, report, "")
	case report.DryRun:
		w.send(http.StatusOK, typeText, []byte(report.String()))
	case done == "":
		w.send(http.StatusOK, "", nil)
	case report.Plan.Empty():
		w.send(http.StatusOK, typeText, fmt.Appendf(nil, "Configuration %s: nothing had to change.\n%s", done, report.Deadline()))
	default:
		w.send(http.StatusOK, typeText, fmt.Appendf(nil, "Configuration %s in %.2f s, generation %s.\n%s%s",
			done, time.Duration(report.Took).Seconds(), report.Generation, report.Losses(), report.Deadline()))
	}
	return nil
}

// sendJSON sends a value with a line end.
func sendJSON(w *response, v any, indent string) error {
	var body []byte
	var err error
	if indent == "" {
		body, err = json.Marshal(v)
	} else {
		body, err = json.MarshalIndent(v, "", indent)
	}
	if err != nil {
		return fmt.Errorf("cannot encode the answer: %w", err)
	}
	w.send(http.StatusOK, typeJSON, append(body, '\n'))
	return nil
}
