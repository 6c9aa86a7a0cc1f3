// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
)

// A cookie that someone else has seen is of no use to them.
func TestTheCookieIsOfOneUser(t *testing.T) {
	b, seen := open(t)
	who := int64(1000)
	b.peer = func(*http.Request) int64 { return who }
	_, code, _ := strings.Cut(b.Link(), "#code=")
	resp, _ := b.ask(t, "POST", "/v1/session", `{"code": "`+code+`"}`, inJSON)
	cookie, _, _ := strings.Cut(resp.Header.Get("Set-Cookie"), ";")
	for _, step := range []struct {
		who  int64
		want int
	}{{1000, 200}, {1001, 401}, {0, 401}, {unknown, 401}, {1000, 200}} {
		who = step.who
		*seen = nil
		resp, text := b.ask(t, "GET", "/v1/config", "", "Cookie: "+cookie)
		if resp.StatusCode != step.want || step.want == 401 && (!strings.Contains(text, "open the link") || len(*seen) > 0) {
			t.Errorf("user %d: %d %s, and the manager is asked %q", step.who, resp.StatusCode, text, *seen)
		}
	}
}

// The kernel tells whose a connection is.
func TestWhoIsAtTheOtherEnd(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer accepted.Close()
	r, err := http.NewRequestWithContext(withPeer(t.Context(), accepted), "GET", "/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := peerOf(r); got != int64(os.Getuid()) {
		t.Errorf("%d, want %d", got, os.Getuid())
	}
	const table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n" +
		"   0: LOCAL REMOTE 01 00000000:00000000 00:00000000 00000000  1234        0 9 1 0 20 4 30 10 -1\n"
	near, far := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 40000}, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}
	filled := strings.NewReplacer("LOCAL", hexAddr(near), "REMOTE", hexAddr(far)).Replace(table)
	for name, c := range map[string]struct {
		text      string
		near, far net.Addr
		want      int64
	}{
		"it":              {filled, near, far, 1234},
		"the other end":   {filled, far, near, unknown},
		"nothing":         {"", near, far, unknown},
		"cut off":         {filled[:len(filled)-70], near, far, unknown},
		"over IPv6":       {filled, &net.TCPAddr{IP: net.IPv6loopback, Port: 1}, far, unknown},
		"of another kind": {filled, &net.UnixAddr{}, far, unknown},
	} {
		if got := ownerOf(strings.NewReader(c.text), c.near, c.far); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
