// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"time"

	"kresd-manager/units"
)

// Lines of the past in logs.
const (
	maxLogLines  = 10000
	someLogLines = 100
)

// endingTime is how long a manager that ends may take to say so to its streams: it asks
// systemd first whether another one follows.
const endingTime = 3 * time.Second

// readLogs streams what units say, as server-sent events.
func (h *handlers) readLogs(w *response, r *http.Request) error {
	q, err := logQuery(r.URL.RawQuery)
	if err != nil {
		return err
	}
	if q.After, err = lastCursor(r); err != nil {
		return err
	}
	if h.opt.Logs == nil {
		return noSuchRoute(r.URL.Path)
	}
	giveBack, err := h.logs.take(w, r)
	if err != nil {
		return err
	}
	defer giveBack()
	ctx, cancel := context.WithCancel(r.Context())
	texts := make(chan []byte)
	ended := make(chan struct{})
	defer func() { cancel(); <-ended }() // with its process
	go func() {
		defer close(ended)
		defer close(texts)
		tell := func(kind, id string, v any) {
			data, err := json.Marshal(v)
			if err != nil {
				return // strings and numbers do encode
			}
			if id != "" {
				id = "id: " + id + "\n"
			}
			select {
			case texts <- fmt.Appendf(nil, "%sevent: %s\ndata: %s\n\n", id, kind, data):
			case <-ctx.Done():
			}
		}
		err := h.opt.Logs(ctx, q, func(l units.LogLine) { tell("log", l.Cursor, l) })
		if q.Follow {
			// systemd sends SIGTERM to what reads the journal, too, when it stops the
			// manager: that one then says why the stream ends.
			select {
			case <-ctx.Done():
				return
			case <-time.After(endingTime):
			}
		}
		if err != nil {
			h.log.Error("cannot serve logs", "reference", w.reference, "error", err)
			tell("error", "", internalProblem(w.reference))
		}
	}()
	h.stream(w, r, texts)
	return nil
}

// cursor is that of a journal, as sd_journal_get_cursor(3) makes it today: letters and
// hexadecimal numbers. The man page does not say so; what journald may add has no room
// for more than another pair.
var cursor = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z]=[0-9a-f]{1,32}(;[a-z]=[0-9a-f]{1,32}){0,9}$`) })

// lastCursor is the cursor after which a reader wants to go on, "" for none.
func lastCursor(r *http.Request) (string, error) {
	id := r.Header.Get("Last-Event-ID")
	if id != "" && !cursor().MatchString(id) {
		return "", malformed("Last-Event-ID is not the id of a message of this stream")
	}
	return id, nil
}

// logQuery reads the parameters, of which unit may be there several times.
func logQuery(raw string) (q units.LogQuery, err error) {
	q = units.LogQuery{Lines: someLogLines, Follow: true}
	query, err := readQuery(raw)
	if err != nil {
		return q, err
	}
	for name, values := range query {
		v := values[len(values)-1]
		switch name {
		case "unit":
			for _, typed := range values {
				unit, err := units.ParseName(typed)
				if err != nil {
					return q, malformed("%v", err)
				}
				q.Units = append(q.Units, unit)
			}
		case "lines":
			if q.Lines, err = strconv.Atoi(v); err != nil || q.Lines < 0 || q.Lines > maxLogLines {
				return q, malformed("lines is a number up to %d", maxLogLines)
			}
		case "priority":
			if q.Priority, err = units.ParsePriority(v); err != nil {
				return q, malformed("priority: %v", err)
			}
		case "since":
			if q.Since, err = units.ParseMoment(v, time.Now()); err != nil {
				return q, malformed("since: %v", err)
			}
		case "follow":
			if q.Follow, err = isTrue(name, v); err != nil {
				return q, err
			}
		default:
			return q, malformed("there is no parameter %s; use unit, lines, priority, since or follow", printable(name))
		}
	}
	if q.Units == nil {
		q.Units = append(units.Patterns(), units.Manager)
	}
	return q, nil
}
