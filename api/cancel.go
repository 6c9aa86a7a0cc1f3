// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"fmt"
	"net/http"

	"kresd-manager/units"
)

// cancel gives up a change, which is the one in progress unless another one is named.
// Whoever waits for that change gets the failure.
func (h *handlers) cancel(w *response, r *http.Request) error {
	if err := noQuery(r); err != nil {
		return err
	}
	id := 0
	if variable(r, "id") != "" {
		var err error
		if id, err = entryID(r); err != nil {
			return err
		}
	}
	c, ok := h.ctl.Cancel(id)
	if !ok {
		return h.notCanceled(r, id)
	}
	what := "The change"
	if c.ID != 0 {
		what = fmt.Sprintf("Change %d", c.ID)
	}
	what += fmt.Sprintf(" (%s, asked for by %s) is given up; ", printable(c.Cause), printable(c.Who.String()))
	if c.State == units.ChangeQueued {
		what += "it had not begun.\n"
	} else {
		what += "what ran before is restored.\n"
	}
	if !acceptsJSON(r, typeJSON) {
		w.send(http.StatusAccepted, typeText, []byte(what))
		return nil
	}
	return sendJSONAs(w, http.StatusAccepted, changeOf(w, c))
}

// notCanceled is why there is nothing to cancel.
func (h *handlers) notCanceled(r *http.Request, id int) error {
	if id == 0 {
		return nothingToCancel("no change is in progress that could be canceled")
	}
	now, cancel := context.WithCancel(r.Context())
	cancel()
	c, err := h.ctl.AwaitChange(now, id, 0)
	switch {
	case err != nil:
		return err
	case c.State == units.ChangeApplied:
		return nothingToCancel("change %d has been applied; kresctl rollback goes back to what ran before", id)
	case c.State.Ended():
		return nothingToCancel("change %d has ended already: it is %s", id, c.State)
	}
	return nothingToCancel("change %d cannot be canceled at this moment; try again", id)
}
