// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"strings"
	"syscall"

	"kresd-manager/api/wire"
)

// Error is a request that the manager answered and did not fulfil. Its text
// has everything the answer tells and may have several lines.
type Error struct {
	Status  int // HTTP status
	Problem wire.Problem
}

func (e *Error) Error() string { return strings.TrimSpace(e.Problem.Text()) }

// Denied reports whether the manager refused a request because of who made it, where it
// came from, or because a token is missing.
func (e *Error) Denied() bool {
	return e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden
}

// Unmet reports whether the condition of the request did not hold: [ChangeOptions.IfMatch].
func (e *Error) Unmet() bool { return e.Status == http.StatusPreconditionFailed }

// InFile puts the name of a file into the problems of a refusal that the manager found
// in what it only knows as a request body.
func InFile(err error, file string) error {
	var refused *Error
	if errors.As(err, &refused) {
		for i := range refused.Problem.Problems {
			if p := &refused.Problem.Problems[i]; p.File == wire.BodyName {
				p.File = file
			}
		}
	}
	return err
}

// ConnectError is a request that got no answer, or none that can be read.
type ConnectError struct {
	Address string // path of the socket, or host:port
	// Reason says what happened and what can be done about it.
	Reason string
	Err    error
}

func (e *ConnectError) Error() string {
	return fmt.Sprintf("kresd-manager does not answer on %s: %s", e.Address, e.Reason)
}

// Unwrap gives the reason as the system has it.
func (e *ConnectError) Unwrap() error { return e.Err }

// NotPermitted reports whether an error is that the socket of the manager may not be
// opened.
func NotPermitted(err error) bool {
	var none *ConnectError
	return errors.As(err, &none) && errors.Is(none.Err, fs.ErrPermission)
}

// Unreachable reports whether an error is that no manager answered: nothing did,
// something that is not taken for it, or a manager that ended.
func Unreachable(err error) bool {
	var none *ConnectError
	var peer *PeerError
	var long *TooLongError
	var other *AnswerError
	var ended *EndedError
	return errors.As(err, &ended) || errors.As(err, &none) || errors.As(err, &peer) || errors.As(err, &long) || errors.As(err, &other)
}

// AnswerError is an answer that does not have the form of the manager's.
type AnswerError struct {
	Address string // path of the socket, or host:port
	What    string // "answer" or the like
	Err     error  // what does not fit, for programmers
	doubt   string // whether a change may have been made
}

func (e *AnswerError) Error() string {
	return fmt.Sprintf("cannot read the %s of %s: it does not have the form of this version of kresd-manager; check what listens there%s",
		e.What, e.Address, e.doubt)
}

// Unwrap gives what does not fit.
func (e *AnswerError) Unwrap() error { return e.Err }

// explain turns an error of the transport into one for people.
func (c *Client) explain(err error, q request) error {
	var reason string
	var peer *PeerError
	var long *TooLongError
	var lookup *net.DNSError
	switch {
	case errors.As(err, &peer):
		return peer
	case errors.As(err, &long):
		long.Address, long.doubt = c.address, q.doubt()
		return long
	case strings.Contains(err.Error(), "server response headers exceeded"): // net/http has no value for it
		return &TooLongError{c.address, "header", maxHeader, q.doubt()}
	case untrusted(err) != "":
		reason = untrusted(err)
	case errors.As(err, &lookup): // it may be a time-out as well
		reason = unknownHost(lookup)
	case errors.Is(err, fs.ErrNotExist):
		reason = "no such file; is it running? systemctl status kresd-manager"
	case errors.Is(err, syscall.ECONNREFUSED):
		reason = "nothing listens there; is it running? systemctl status kresd-manager"
	case errors.Is(err, fs.ErrPermission):
		reason = "permission denied; you need to be root or in group knot-resolver"
	case errors.Is(err, syscall.EINVAL):
		reason = "not a usable path of a socket"
	case errors.Is(err, context.DeadlineExceeded):
		reason = fmt.Sprintf("no answer within %s", q.timeout) + q.doubt()
	case errors.Is(err, context.Canceled):
		reason = "interrupted" + q.doubt()
	case errors.Is(err, io.ErrUnexpectedEOF):
		reason = "the connection was cut off in the middle of the answer" + q.doubt()
	case errors.Is(err, io.EOF):
		reason = "the connection was closed without an answer" + q.doubt()
	case strings.Contains(err.Error(), "malformed HTTP"), strings.Contains(err.Error(), "readLoopPeekFailLocked"): // nor for these
		reason = "what listens there does not speak HTTP" + q.doubt()
	default:
		reason = innermost(err).Error() + q.doubt()
	}
	return &ConnectError{Address: c.address, Reason: reason, Err: err}
}

// unknownHost says why a name has no address. It may be this resolver that is to
// tell.
func unknownHost(e *net.DNSError) string {
	if e.IsNotFound {
		return fmt.Sprintf("there is no host %s; check the name, or name its address", e.Name)
	}
	return fmt.Sprintf("the address of %s cannot be looked up now; name the address, or use the unix socket", e.Name)
}

// innermost is the error that says what happened; those around it repeat the
// request and the address.
func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// doubt warns that a change may have been made although its answer is missing.
func (q request) doubt() string {
	if q.method == http.MethodGet { // it changes nothing (RFC 9110 section 9.2.1)
		return ""
	}
	return "; the change may have been made or still go on, see kresctl status"
}

// NoValue reports whether the manager says that the configuration has nothing there.
func NoValue(err error) bool {
	var refused *Error
	return errors.As(err, &refused) && refused.Problem.Kind == wire.KindNoValue
}
