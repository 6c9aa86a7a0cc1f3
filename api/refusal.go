// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"kresd-manager/api/door"
	"kresd-manager/api/wire"
	"kresd-manager/internal/config/text"
	"kresd-manager/internal/session"
)

// refusal is a request that is refused before the Controller sees it, or by a
// condition that the client set.
type refusal struct {
	status  int
	kind    wire.Kind
	title   string
	message string
}

func (e *refusal) Error() string { return e.message }

// badBody is a request body that cannot be read.
type badBody struct{ err error }

func (e *badBody) Error() string { return e.err.Error() }
func (e *badBody) Unwrap() error { return e.err }

func malformed(format string, args ...any) error {
	return &refusal{http.StatusBadRequest, wire.KindMalformed, "malformed request", fmt.Sprintf(format, args...)}
}

func noSuchRoute(path string) error {
	return &refusal{http.StatusNotFound, wire.KindNoRoute, "not found",
		fmt.Sprintf("there is nothing at %s", printable(path))}
}

func noSuchKey(err error) error {
	return &refusal{http.StatusNotFound, wire.KindNoValue, "not found", err.Error()}
}

func wrongMethod(method, path string, allow []string) error {
	return &refusal{http.StatusMethodNotAllowed, wire.KindMethod, "method not allowed",
		fmt.Sprintf("%s takes %s, not %s", printable(path), strings.Join(allow, ", "), method)}
}

func slowBody() error {
	return &refusal{http.StatusRequestTimeout, wire.KindSlow, "body too slow", "the request body did not come in time; nothing was done"}
}

func nothingToCancel(format string, args ...any) error {
	return &refusal{http.StatusConflict, wire.KindIdle, "nothing to cancel", fmt.Sprintf(format, args...)}
}

func foreignHost(host string) error {
	return &refusal{http.StatusForbidden, wire.KindForeign, "forbidden",
		fmt.Sprintf("%s is not a name of this machine; use localhost as host", printable(host))}
}

func foreignOrigin(origin string) error {
	return &refusal{http.StatusForbidden, wire.KindForeign, "forbidden",
		fmt.Sprintf("requests of pages from %s are refused; see /management/allow-origins", printable(origin))}
}

func crossSite(method, path string) error {
	return &refusal{http.StatusForbidden, wire.KindForeign, "forbidden",
		fmt.Sprintf("%s %s was sent by a page of another site, by what the browser says; nothing was done", method, printable(path))}
}

func noInterface(address string) error {
	return &refusal{http.StatusForbidden, wire.KindDenied, "access denied",
		fmt.Sprintf("%s is not the address in /management/interface", address)}
}

// Answers to who may not do what was asked. They say what would help.

func denied(who string, has access, method, path string, need access) error {
	may := "may do nothing"
	if has != nothing {
		may = fmt.Sprintf("has the role %q only", string(has))
	}
	return &refusal{http.StatusForbidden, wire.KindDenied, "access denied",
		fmt.Sprintf("%s %s needs the role %q in /management/roles, and %s %s", method, printable(path), string(need), who, may)}
}

func tokenNeeded(method, path string) error {
	return &refusal{http.StatusUnauthorized, wire.KindToken, "token needed",
		fmt.Sprintf("%s %s over TCP needs a token; send the header Authorization: Bearer TOKEN (kresctl --token-file), or a client certificate of a role", method, printable(path))}
}

func wrongToken() error {
	return &refusal{http.StatusUnauthorized, wire.KindToken, "wrong token", "no role in /management/roles has the token that was sent"}
}

func loggedOut() error {
	return &refusal{http.StatusUnauthorized, wire.KindToken, "token needed",
		fmt.Sprintf("the session has ended: it was not used for %d hours, you logged out, or its token is gone; log in again", int(session.Idle.Hours()))}
}

func oldLink() error {
	return &refusal{http.StatusUnauthorized, wire.KindToken, "wrong code",
		fmt.Sprintf("the link was followed already, or is older than %d minutes; kresctl ui makes another one", int(session.LinkTime.Minutes()))}
}

func clearLogin() error {
	return &refusal{http.StatusForbidden, wire.KindDenied, "access denied",
		"the token would go over the network in the clear; set /management/tls, or reach the pages through ssh as docs/pages.md says"}
}

func noPages() error {
	return &refusal{http.StatusConflict, wire.KindNoPages, "no address",
		"the manager does not listen over TCP, so the pages have no address; set /management/interface, or reach them through ssh as docs/pages.md says"}
}

func noLink() error {
	return &refusal{http.StatusForbidden, wire.KindDenied, "access denied",
		"a link to the pages is for who sends a token or calls on the unix socket; use kresctl --token-file"}
}

// slowedDown refuses a token that was not looked at.
type slowedDown struct {
	*refusal
	wait time.Duration
}

func (e *slowedDown) Unwrap() error { return e.refusal }

func guessing(from door.Source) *refusal {
	return &refusal{http.StatusTooManyRequests, wire.KindGuessing, "too many wrong tokens",
		fmt.Sprintf("%s has sent too many wrong tokens, so its tokens are ignored for some seconds; check the token, then try again", from)}
}

func noTokens(method, path string, need access) error {
	return &refusal{http.StatusUnauthorized, wire.KindToken, "token needed",
		fmt.Sprintf("%s %s over TCP needs a token, and no role has one; add to /management/roles: {role: %s, token-file: PATH}, or use the unix socket",
			method, printable(path), need)}
}

func unsupportedType(header, value, accepted string) error {
	return &refusal{http.StatusUnsupportedMediaType, wire.KindType, "unsupported media type",
		fmt.Sprintf("cannot read a body with %s %s; use %s", header, printable(value), accepted)}
}

func notAcceptable(err error) error {
	return &refusal{http.StatusNotAcceptable, wire.KindAccept, "not acceptable",
		fmt.Sprintf("cannot answer in that format: %v; ask for application/json", err)}
}

func preconditionFailed(etag string) error {
	return &refusal{http.StatusPreconditionFailed, wire.KindPrecondition, "precondition failed",
		fmt.Sprintf("the running configuration is not the one the request is meant for; its ETag is %q", etag)}
}

// accepted lists the names of media types for people.
func accepted(types map[string]text.Format) string {
	var names []string
	for _, n := range slices.Sorted(maps.Keys(types)) {
		if n != "" {
			names = append(names, n)
		}
	}
	return strings.Join(names, ", ")
}

// printable keeps what a client sent from spoiling a text.
func printable(s string) string {
	if q := strconv.Quote(s); len(q) != len(s)+2 {
		return q
	}
	return s
}
