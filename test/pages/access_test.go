// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"strings"
	"testing"

	"kresd-manager/test/browser"
)

// address is where the manager serves its pages.
const address = "127.0.0.1:5000"

// config is served at address, with a token for each role.
const config = `workers: 2
network:
  listen:
    - interface: 127.0.0.1
dnssec:
  enable: false
management:
  interface: 127.0.0.1@5000
  roles:
    - {role: read, name: rita, token-file: /etc/knot-resolver/read.token}
    - {role: configure, name: anna, token-file: /etc/knot-resolver/configure.token}
# The answers that tests ask for.
local-data:
  addresses:
    host.example: 192.0.2.1
`

// tokens are made once, by role.
var tokens map[string]string

// serving starts the manager afresh with a configuration, and makes the tokens of config.
func serving(t *testing.T, config string) {
	t.Helper()
	if tokens == nil {
		tokens = map[string]string{}
		for _, role := range []string{"read", "configure"} {
			tokens[role] = strings.TrimSpace(sut.Must(t, "sh", "-ec", `umask 077
				kresctl token new >/root/`+role+`.token
				kresctl token hash /root/`+role+`.token >/etc/knot-resolver/`+role+`.token
				chown kresd-manager /etc/knot-resolver/`+role+`.token
				cat /root/`+role+`.token`))
		}
	}
	sut.Fresh(t, config)
}

// as opens the pages and logs in with the token of a role.
func as(t *testing.T, role string) *browser.Page {
	t.Helper()
	p := open(t)
	p.Open("http://" + address + "/ui/")
	p.Role("textbox", "Token").Fill(tokens[role])
	p.Role("dialog", "").Role("button", "Log in").Click()
	p.Role("button", "Log out").Shown()
	return p
}

// request asks the API from within a page, as its scripts do, and returns the status.
func request(p *browser.Page, method, path, body string) int {
	return browser.Eval[int](p, `fetch("`+path+`", {method: "`+method+`", body: `+body+`, headers: {"Content-Type": "application/json"}}).then(r => r.status)`)
}

// A token is pasted once. What is shown and what can be done is what its role may do.
func TestATokenIsPastedOnce(t *testing.T) {
	serving(t, config)
	p := open(t)
	p.Open("http://" + address + "/ui/")
	p.Accessible("the login")
	p.Role("textbox", "Token").Fill("no such token")
	p.Role("button", "Log in").Click()
	p.Role("alert", "").Shown()
	p.Accessible("a refused login")
	if code := request(p, "GET", "/v1/config", "undefined"); code != 401 {
		t.Errorf("without a login /v1/config answers %d", code)
	}
	p.Role("textbox", "Token").Fill(tokens["read"])
	p.Role("button", "Log in").Click()
	p.Role("button", "Log out").Shown()
	if n := p.Role("dialog", "").Count(); n != 0 {
		t.Errorf("there are %d dialogs after the login:\n%s", n, p.Outline())
	}

	// The token is nowhere that a script or a look at the screen could find it.
	if kept := browser.Eval[string](p, `JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}, location.href, document.body.innerText])`); strings.Contains(kept, tokens["read"]) || !strings.HasPrefix(kept, `["",`) {
		t.Errorf("the page keeps what it should not: %s", kept)
	}
	// A new document needs no login.
	p.Open("http://" + address + "/ui/")
	p.Role("button", "Log out").Shown()
	if code := request(p, "GET", "/v1/status", "undefined"); code != 200 {
		t.Errorf("a reader may not see the state: %d", code)
	}
	for path, body := range map[string]string{"/v1/config/workers": `"3"`, "/v1/config?dry-run=1": `"{}"`} {
		if code := request(p, "PUT", path, body); code != 403 {
			t.Errorf("a reader's PUT %s answers %d, want 403", path, code)
		}
	}
	if code := request(p, "POST", "/cache/clear", `"{}"`); code != 403 {
		t.Errorf("a reader clears the cache: %d", code)
	}
	p.Role("button", "Log out").Click()
	p.Role("textbox", "Token").Shown()
	if code := request(p, "GET", "/v1/status", "undefined"); code != 401 {
		t.Errorf("after the logout /v1/status answers %d", code)
	}
}
