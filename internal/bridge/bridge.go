// SPDX-License-Identifier: Apache-2.0

// Package bridge carries the pages of a manager to a browser on this machine: from the
// unix socket, which browsers cannot open, to a loopback port. Whoever has the link may do
// what its maker may, and no one else who reaches the port.
package bridge

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"path"
	"strings"
	"sync"
	"time"

	"kresd-manager/api/wire"
)

const (
	cookieName    = "kres"
	sessionPath   = "/v1/session"
	pagesPath     = "/ui"
	headerTimeout = 5 * time.Second
	idleTimeout   = time.Minute
	maxLogIn      = 4096 // bytes of a body

	// Any user of this machine reaches the port. What those who have not followed the link
	// may keep busy, here and of the connections that its maker has at the manager: each user
	// as many requests at a time as a browser sends to begin with, and some more, each for
	// so long.
	maxStrangers    = 16
	maxAllStrangers = 64
	strangersTime   = 30 * time.Second
	maxHeaderBytes  = 64 << 10
)

// quiet drops what package net/http has to say: browsers leave whenever they like.
var quiet = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)

// Bridge is safe for concurrent use.
type Bridge struct {
	listener net.Listener
	forward  *httputil.ReverseProxy
	crossing *http.CrossOriginProtection
	cookie   string

	peer func(*http.Request) int64 // who sends a request

	mu    sync.Mutex
	code  string // of the link; "" once it was followed
	owner int64  // who has followed it

	strangers map[int64]int // requests of those who have not, by user
	all       int           // of all of them
}

// Open listens on a loopback port. What is asked there goes over to, as requests to a
// host.
func Open(to http.RoundTripper, host string) (*Bridge, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("cannot listen for a browser: %w", err)
	}
	b := &Bridge{listener: l, crossing: http.NewCrossOriginProtection(), cookie: secret(), code: secret(), strangers: map[int64]int{}, peer: peerOf}
	b.forward = &httputil.ReverseProxy{
		Transport:     to,
		FlushInterval: -1, // of streams
		ErrorLog:      quiet,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = "http", host, host
			for _, name := range []string{"Cookie", "Origin", "Referer", "Sec-Fetch-Site", "Authorization"} {
				r.Out.Header.Del(name) // were looked at here, and are of this address
			}
		},
		ModifyResponse: func(r *http.Response) error {
			r.Header.Del("Set-Cookie")
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			refuse(w, http.StatusServiceUnavailable, wire.KindUnavailable, "manager not reachable", err.Error())
		},
	}
	return b, nil
}

func secret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails, crypto/rand.Read
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// Link is the address of the pages with a code that logs in once. It is behind #, which
// browsers send to no one.
func (b *Bridge) Link() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return "http://" + b.listener.Addr().String() + pagesPath + "/#code=" + b.code
}

// Serve serves until the context ends, which is no error.
func (b *Bridge) Serve(ctx context.Context) error {
	server := &http.Server{Handler: b, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes, ConnContext: withPeer, ErrorLog: quiet}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(b.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("cannot serve the browser any more: %w", err)
	}
	return nil
}

func (b *Bridge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	session := r.URL.Path == sessionPath
	known := b.known(r)
	leave, ok := b.bound(w, r, known)
	if !ok {
		refuse(w, http.StatusServiceUnavailable, wire.KindBusy, "not available", "too many requests that have not followed the link; try again")
		return
	}
	defer leave()
	switch {
	case r.Host != b.listener.Addr().String(): // a name that was made to point here
		refuse(w, http.StatusForbidden, wire.KindForeign, "forbidden", "use the address that kresctl ui has printed")
	case b.foreign(r):
		refuse(w, http.StatusForbidden, wire.KindForeign, "forbidden", "the request was sent by a page of another site; nothing was done")
	case isPage(r): // has nothing that not all may know
		b.forward.ServeHTTP(w, r)
	case session && r.Method == http.MethodPost:
		b.logIn(w, r)
	case session && r.Method == http.MethodDelete:
		refuse(w, http.StatusConflict, wire.KindDenied, "not possible", "kresctl ui ends with Ctrl-C, and with it what the browser may do")
	case known:
		b.forward.ServeHTTP(w, r)
	case session:
		answer(w, http.StatusOK, "application/json", wire.Session{Login: wire.LoginNone})
	default:
		refuse(w, http.StatusUnauthorized, wire.KindToken, "link needed", "open the link that kresctl ui has printed; it works once, so start kresctl ui again for another browser")
	}
}

// bound bounds a request of who has not followed the link: what it may keep busy and for
// how long. ok is false where too many do already.
func (b *Bridge) bound(w http.ResponseWriter, r *http.Request, known bool) (leave func(), ok bool) {
	until := time.Time{} // the connection may have been a stranger's
	leave = func() {}
	if !known {
		if leave, ok = b.enter(b.peer(r)); !ok {
			return nil, false
		}
		until = time.Now().Add(strangersTime)
	}
	out := http.NewResponseController(w) // not every writer has deadlines
	_ = out.SetReadDeadline(until)
	_ = out.SetWriteDeadline(until)
	return leave, true
}

func (b *Bridge) enter(who int64) (leave func(), ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.strangers[who] >= maxStrangers || b.all >= maxAllStrangers {
		return nil, false
	}
	b.strangers[who]++
	b.all++
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.all--
		if b.strangers[who]--; b.strangers[who] == 0 {
			delete(b.strangers, who)
		}
	}, true
}

// isPage reports whether a request is for a file of the pages. What is sent on without the
// cookie is what its maker may ask: no manager is left to find out where ".." leads to.
func isPage(r *http.Request) bool {
	p := r.URL.Path
	if r.Method != http.MethodGet && r.Method != http.MethodHead || strings.Contains(r.URL.EscapedPath(), "%") {
		return false
	}
	return p == pagesPath || strings.HasPrefix(p, pagesPath+"/") && (path.Clean(p) == p || path.Clean(p)+"/" == p)
}

// foreign reports whether a page of another origin sends the request, by what the browser
// says (Fetch Metadata; RFC 6454).
func (b *Bridge) foreign(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return true
	}
	origin := r.Header.Get("Origin")
	return b.crossing.Check(r) != nil || origin != "" && origin != "http://"+b.listener.Addr().String()
}

// known reports whether the browser is the one that has followed the link, of the same user.
// Browsers send a cookie to all ports of an address: a server of another user of this
// machine, of which someone opens a page, sees it.
func (b *Bridge) known(r *http.Request) bool {
	c, err := r.Cookie(cookieName)
	if err != nil || !same(c.Value, b.cookie) {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.code == "" && b.peer(r) == b.owner
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// logIn takes the code of the link, once, and answers what the manager says of who asks.
func (b *Bridge) logIn(w http.ResponseWriter, r *http.Request) {
	var sent wire.LogIn
	if json.NewDecoder(http.MaxBytesReader(w, r.Body, maxLogIn)).Decode(&sent) != nil || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		refuse(w, http.StatusBadRequest, wire.KindMalformed, "malformed request", `send {"code": "…"} of the link`)
		return
	}
	b.mu.Lock()
	right := b.code != "" && same(sent.Code, b.code)
	if right {
		b.code, b.owner = "", b.peer(r)
	}
	b.mu.Unlock()
	if !right {
		refuse(w, http.StatusUnauthorized, wire.KindToken, "wrong code", "the link was followed already; start kresctl ui again")
		return
	}
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: b.cookie, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	ask := r.Clone(r.Context())
	ask.Method, ask.Body, ask.ContentLength = http.MethodGet, http.NoBody, 0
	ask.Header.Del("Content-Type")
	b.forward.ServeHTTP(w, ask)
}

func refuse(w http.ResponseWriter, status int, kind wire.Kind, title, message string) {
	answer(w, status, "application/problem+json", wire.Problem{Kind: kind, Title: title, Status: status, Message: message})
}

func answer(w http.ResponseWriter, status int, contentType string, v any) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // or the browser went away
}
