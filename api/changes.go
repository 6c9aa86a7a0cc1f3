// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"kresd-manager/api/wire"
	"kresd-manager/units"
)

const changesPath = "/v1/changes"

// listChanges lists the changes that are in progress, that wait, and that have ended a
// short time ago.
func (h *handlers) listChanges(w *response, r *http.Request) error {
	if err := noQuery(r); err != nil {
		return err
	}
	all := wire.Changes{Changes: []wire.Change{}}
	for _, c := range h.ctl.Changes() {
		all.Changes = append(all.Changes, changeOf(w, c))
	}
	return sendJSON(w, all, "")
}

// getChange says how far a change is. With wait it answers when the change has ended;
// with If-None-Match, too, when anything has become of it since that ETag.
func (h *handlers) getChange(w *response, r *http.Request) error {
	wait, err := waitTime(r)
	if err != nil {
		return err
	}
	id, err := entryID(r)
	if err != nil {
		return err
	}
	seen, err := parseTags("If-None-Match", r.Header["If-None-Match"])
	if err != nil {
		return err
	}
	revision := uint64(0)
	if len(seen.tags) == 1 {
		revision, _ = strconv.ParseUint(seen.tags[0].opaque, 10, 64) // or it is no ETag of a change
	}
	ctx, cancel := context.WithTimeout(r.Context(), wait)
	defer cancel()
	if wait > 0 {
		giveBack, err := h.waits.take(w, r)
		if err != nil {
			return err
		}
		defer giveBack()
		go func() {
			select {
			case <-h.opt.Ending:
				cancel()
			case <-ctx.Done():
			}
		}()
	}
	c, err := h.ctl.AwaitChange(ctx, id, revision)
	if err != nil {
		return err
	}
	etag := strconv.FormatUint(c.Revision, 10)
	setETag(w, etag)
	w.Header().Set("Cache-Control", "no-store")
	if seen.weakly(etag) {
		w.send(http.StatusNotModified, "", nil)
		return nil
	}
	return sendJSON(w, changeOf(w, c), "")
}

// waitTime reads the parameter wait of a request that has no other one: a time as 30s,
// or seconds without a unit; 0 if it is not there.
func waitTime(r *http.Request) (time.Duration, error) {
	if r.URL.RawQuery == "" {
		return 0, nil
	}
	query, err := readQuery(r.URL.RawQuery)
	if err != nil {
		return 0, err
	}
	var wait time.Duration
	for name, values := range query {
		if name != "wait" {
			return 0, malformed("there is no parameter %s; the only one is wait", printable(name))
		}
		text := values[len(values)-1]
		if seconds, nerr := strconv.ParseUint(text, 10, 31); nerr == nil {
			wait = time.Duration(seconds) * time.Second
		} else if wait, err = time.ParseDuration(text); err != nil || wait < 0 {
			return 0, malformed("cannot read wait=%s; write a time such as 30s or 2m, up to 10m", printable(text))
		}
		if wait > maxWait {
			return 0, malformed("wait is at most 10m; ask again afterwards")
		}
	}
	return wait, nil
}

// changeOf is what a caller is told of a change. What is wrong with a request may quote
// it, secrets as well, so that those who may not see them are not told it.
func changeOf(w *response, c units.ChangeStatus) wire.Change {
	shown := wire.Change{ChangeStatus: c}
	if shown.Problem = problemOfChange(c); shown.Problem == nil {
		return shown
	}
	shown.Problem.Reference = c.Who.Request
	switch shown.Problem.Kind {
	case wire.KindMalformed, wire.KindInvalid, wire.KindNoValue, wire.KindTestFailed:
		if !c.Concerns && !w.rights.includes(configure) {
			shown.Problem.Message, shown.Problem.Problems = "what is wrong with a request is shown to the role configure", nil
		}
	}
	return shown
}

// problemOfChange is why a change is not in force, nil if it is or may be.
func problemOfChange(c units.ChangeStatus) *wire.Problem {
	switch {
	case c.Err != nil:
		report := units.Report{}
		if c.Report != nil {
			report = *c.Report
		}
		if p := problemOf(&changeError{report, c.Err}); p != nil {
			return p
		}
		return internalProblem(c.Who.Request)
	case c.State == units.ChangeCanceled: // as the history has it
		return &wire.Problem{Kind: wire.KindCanceled, Title: "canceled", Status: http.StatusConflict, Message: c.Report.Error}
	case c.State == units.ChangeRefused:
		return &wire.Problem{Kind: wire.KindStep, Title: "change failed", Status: http.StatusInternalServerError, Message: c.Report.Error}
	}
	return nil
}

// accepted answers that a change goes on.
func (h *handlers) accepted(w *response, r *http.Request, id int) error {
	at := changesPath + "/" + strconv.Itoa(id)
	w.Header().Set("Location", at)
	w.Header().Set("Preference-Applied", "respond-async")
	return h.acceptedAs(w, r, id, fmt.Sprintf("Change %d goes on. GET %s says how far it is, POST /v1/cancel/%d gives it up.\n", id, at, id))
}

// acceptedAs is a 202 with what is known of a change, or with words for who did not ask
// for JSON.
func (h *handlers) acceptedAs(w *response, r *http.Request, id int, words string) error {
	if !acceptsJSON(r, typeJSON) {
		w.send(http.StatusAccepted, typeText, []byte(words))
		return nil
	}
	now, cancel := context.WithCancel(r.Context())
	cancel()
	c, err := h.ctl.AwaitChange(now, id, 0)
	if err != nil {
		return err
	}
	return sendJSONAs(w, http.StatusAccepted, changeOf(w, c))
}

func sendJSONAs(w *response, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("cannot encode the answer: %w", err)
	}
	w.send(status, typeJSON, append(body, '\n'))
	return nil
}
