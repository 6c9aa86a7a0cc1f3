// SPDX-License-Identifier: Apache-2.0

package api

import (
	"sync"
	"time"
)

// progress is how far a connection has come with its request. It is safe for
// concurrent use.
type progress struct {
	mu    sync.Mutex
	what  stage
	since time.Time
}

// stage of a request.
type stage uint8

const (
	between   stage = iota // no request, or its header is being read; net/http sees to it
	receiving              // its body is being read
	working                // it is being carried out, however long that takes
	sending                // the answer has begun
)

func (p *progress) now(what stage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.what, p.since = what, time.Now()
}

// waits tells since when the client has been waited for, if it is.
func (p *progress) waits() (since time.Time, waits bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.since, p.what == receiving || p.what == sending
}

// now notes how far the request of a connection has come.
func (c *caller) now(what stage) {
	if c.conn != nil {
		c.conn.progress.now(what)
	}
}
