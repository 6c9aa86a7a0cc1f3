// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"time"

	"kresd-manager/units"
)

// Access is what a caller may do: the text of a role, "" for nothing.
type Access string

// Accesses are all of them, each with those before it.
var Accesses = []Access{"", "read", "operate", "configure"}

// Login says whether a caller can log in with a token.
type Login string

// Ways to log in.
const (
	LoginToken   Login = "token"    // by POST /v1/session
	LoginNoToken Login = "no-token" // no role of the configuration has a token
	LoginNoTLS   Login = "no-tls"   // the token would go over the network in the clear
	LoginNone    Login = "none"     // on a unix socket, where the kernel says who calls
)

// Logins are all of them.
var Logins = []Login{LoginToken, LoginNoToken, LoginNoTLS, LoginNone}

// Session is who asks, and what they may do.
type Session struct {
	Who units.Who `json:"who"`
	// Name is how the history would call them, without the address.
	Name string `json:"name"`
	Role Access `json:"role"`
	// Session tells that a cookie came with the request, of which it has the role, and
	// Expires when that ends without another request.
	Session bool       `json:"session"`
	Expires *time.Time `json:"expires,omitempty"`
	Login   Login      `json:"login"`
	// Pages is the address of the pages over TCP, "" if the manager has none.
	Pages string `json:"pages,omitempty"`
}

// LogIn is the body of a request to log in to the pages: with a token, or with the code of
// a link that [SessionLink] made.
type LogIn struct {
	Token string `json:"token,omitempty"`
	Code  string `json:"code,omitempty"`
}

// SessionLink is a link that logs in once to the pages.
type SessionLink struct {
	// URL has the code behind #, which browsers send to no one.
	URL     string    `json:"url"`
	Expires time.Time `json:"expires"`
}
