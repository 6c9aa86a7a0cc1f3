// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"strconv"
	"time"

	"kresd-manager/api/door"
	"kresd-manager/internal/visible"
)

// DefaultWriteTimeout bounds how long a client may take to read an answer. It
// counts from the first byte of the answer and not, as http.Server.WriteTimeout
// would, from the request: a change may take minutes before it is answered.
const DefaultWriteTimeout = 30 * time.Second

// response is an http.ResponseWriter that remembers what went out, and knows
// which request it answers.
type response struct {
	http.ResponseWriter
	reference string
	route     *route // nil until one matched
	rights    access // of who asks; "" until that is known
	role      string // pointer of the role whose token came with the request
	roleName  string // that of the configuration, "" if it gives none
	guessed   bool   // the token was wrong

	user        *uint32   // who has logged in as a user of this machine, nil if no one
	sessionEnds time.Time // when the session of the request does, zero if it has none
	loggedOut   bool      // the session that the browser thinks it has is over
	foreign     bool      // the request is not of a page of ours

	texts    *shares // of answers that are converted
	patient  bool    // the client may take any time to read the answer
	timeout  time.Duration
	body     *body            // of the request; nil if it has none
	last     bool             // no other request may follow on the connection
	progress func(door.Stage) // told how far the request has come; nil is no one
	crowded  func() bool      // the connection is to be left to one that waits for it; nil is never
	status   int              // 0 until the header was written
	bytes    int64
}

// Unwrap serves http.ResponseController.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *response) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
		if w.last || w.body != nil && !w.body.ended || w.crowded != nil && w.crowded() {
			w.Header()["Connection"] = []string{"close"}
		}
		if w.progress != nil {
			w.progress(door.Sending)
		}
		// Not every writer has deadlines, and none is needed where it has not.
		if !w.patient {
			_ = http.NewResponseController(w.ResponseWriter).SetWriteDeadline(time.Now().Add(w.timeout))
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *response) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// send writes a whole answer. The length is set here because an answer to HEAD
// carries that of the GET it stands for.
func (w *response) send(status int, contentType string, body []byte) {
	hd := w.Header()
	if contentType == typeText { // it is for people, and who asked may show it to a terminal
		body = []byte(visible.Text(string(body)))
	}
	if contentType != "" {
		hd["Content-Type"] = []string{contentType}
	}
	hd["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	if len(body) > 0 {
		_, _ = w.Write(body) // the client went away; there is no one to tell
	}
}

// Types of the bodies that are sent.
const (
	typeJSON    = "application/json"
	typeText    = "text/plain; charset=utf-8"
	typeProblem = "application/problem+json"
)
