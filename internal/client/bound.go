// SPDX-License-Identifier: Apache-2.0

package client

import (
	"fmt"
	"io"
	"net/http"
)

// What is read at most, in bytes, whoever answers. A manager stays far below:
// it reads 64 MiB of configuration at most, keeps 4 MiB of a change for the
// history, and cuts messages at 32 KiB and problems at some thousands.
const (
	maxHeader = 64 << 10  // of each answer
	maxConfig = 128 << 20 // a configuration as JSON, where it is longer than as YAML
	maxAnswer = 32 << 20  // any other answer
	maxError  = 32 << 20  // why a request is refused, with all problems of a configuration
	maxEvent  = 8 << 20   // one event or message of a stream: a plan of some thousand steps
)

// TooLongError is an answer that is longer than any of the manager's. It was
// not read to its end.
type TooLongError struct {
	Address string // path of the socket, or host:port
	What    string // "answer" or the like
	Most    int64  // bytes
	doubt   string // whether a change may have been made
}

func (e *TooLongError) Error() string {
	return fmt.Sprintf("cannot read the %s of %s: it is longer than %s, and no answer of kresd-manager is; check what listens there%s",
		e.What, e.Address, size(e.Most), e.doubt)
}

// size is a number of bytes for people.
func size(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d MiB", n>>20)
}

// readBody reads the body of an answer, or fails with *[TooLongError].
func readBody(resp *http.Response, what string, most int64) ([]byte, error) {
	if resp.ContentLength > most {
		return nil, &TooLongError{What: what, Most: most}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	if err == nil && int64(len(body)) > most {
		return nil, &TooLongError{What: what, Most: most}
	}
	return body, err
}
