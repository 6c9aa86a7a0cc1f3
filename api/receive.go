// SPDX-License-Identifier: Apache-2.0

package api

import (
	"io"
	"net/http"
	"time"

	"kresd-manager/api/door"
)

// Bounds of what is done for a body that no one has read to its end when its
// request is answered: its sender is to read the answer before the connection is
// cut, and to hold it no longer than that (RFC 9112 section 9.6).
const (
	lingerTime  = 500 * time.Millisecond
	lingerBytes = 1 << 20
)

// body is the body of a request.
type body struct {
	io.ReadCloser
	ended bool // all of it has come
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.ended = b.ended || err == io.EOF
	return n, err
}

// receive gives every request the time in which its body must have come, counted
// from its header. Left to itself net/http waits for what a handler has not read,
// without a deadline: for bodies of those who may do nothing, and for bodies where
// none belongs.
//
// A connection is closed after the answer unless the next request certainly begins
// where this one ends:
//
//   - when others wait for a place who have fewer of them, or of the same source;
//   - when the answer begins before all of the body has come;
//   - after a body with Transfer-Encoding. If there was Content-Length, too, which
//     net/http does not tell, it must be closed (RFC 9112 section 6.1), and hardly
//     any client sends a second request after one without it;
//   - after HTTP/1.0, in which Transfer-Encoding means that the length is not known
//     (the same section); net/http does not tell that either.
func (h *handlers) receive(next serve) serve {
	return func(w *response, r *http.Request) {
		c := door.CallerOf(r)
		w.progress, w.crowded = c.Now, c.Crowded
		w.last = len(r.TransferEncoding) > 0 || !r.ProtoAtLeast(1, 1)
		w.progress(door.Working)
		defer w.progress(door.Sending) // net/http may still hold the end of the answer
		if r.Body == nil || r.Body == http.NoBody {
			next(w, r)
			return
		}
		out := http.NewResponseController(w.ResponseWriter)
		_ = out.SetReadDeadline(time.Now().Add(h.opt.BodyTimeout)) // net/http lifts it at the end of the body
		w.body = &body{ReadCloser: r.Body}
		// Not in place: net/http looks at what is left of the body that it knows.
		r = r.WithContext(r.Context())
		r.Body = w.body
		answered := false
		defer func() {
			if answered {
				linger(w, out)
			}
			if !w.body.ended {
				_ = out.SetReadDeadline(time.Unix(1, 0)) // net/http finds nothing to wait for
			}
		}()
		next(w, r)
		answered = true
	}
}

// strangersTime is for the body of one of whom nothing is known.
const strangersTime = 5 * time.Second

// hurry gives the body of a request that anyone may send less time: it is short, and whoever
// sends it slowly has a connection that others wait for.
func (h *handlers) hurry(w *response) {
	_ = http.NewResponseController(w.ResponseWriter).SetReadDeadline(time.Now().Add(min(h.opt.BodyTimeout, strangersTime)))
}

// linger sends the answer off and reads for a moment what the client is still
// sending.
func linger(w *response, out *http.ResponseController) {
	if w.body.ended || w.status == 0 || out.Flush() != nil {
		return
	}
	_ = out.SetReadDeadline(time.Now().Add(lingerTime))
	_, _ = io.CopyN(io.Discard, w.body, lingerBytes)
}
