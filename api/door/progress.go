// SPDX-License-Identifier: Apache-2.0

package door

import (
	"sync"
	"time"
)

// progress is how far a connection has come with its request. It is safe for
// concurrent use.
type progress struct {
	mu    sync.Mutex
	what  Stage
	since time.Time
}

// Stage of a request.
type Stage uint8

const (
	between   Stage = iota // no request, or its header is being read; net/http sees to it
	Receiving              // its body is being read
	Working                // it is being carried out, however long that takes
	Sending                // the answer has begun
)

func (p *progress) now(what Stage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.what, p.since = what, time.Now()
}

// waits tells since when the client has been waited for, if it is.
func (p *progress) waits() (since time.Time, waits bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.since, p.what == Receiving || p.what == Sending
}

// Now notes how far the request of a connection has come.
func (c *Caller) Now(what Stage) {
	if c.conn != nil {
		c.conn.progress.now(what)
	}
}
