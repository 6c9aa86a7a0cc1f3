// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"

	"kresd-manager/test/browser"
	"kresd-manager/test/certificate"
)

// pair is a certificate with its key, both in PEM, and the pin of its public key.
type pair struct {
	cert, key []byte
	pin       string
}

var onePair *pair

// served is the certificate that the browser trusts, made once.
func served(t *testing.T) *pair {
	t.Helper()
	if onePair == nil {
		p := new(pair)
		p.cert, p.key = certificate.NewAuthority(t).Issue(t, "127.0.0.1")
		block, _ := pem.Decode(p.cert)
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
		p.pin = base64.StdEncoding.EncodeToString(sum[:])
		onePair = p
	}
	return onePair
}

// encrypted is config with a certificate.
func encrypted(t *testing.T) string {
	t.Helper()
	const cert, key = "/etc/knot-resolver/pages.pem", "/etc/knot-resolver/pages.key"
	for path, text := range map[string][]byte{cert: served(t).cert, key: served(t).key} {
		if err := sut.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sut.Must(t, "chown", "kresd-manager", cert, key)
	return strings.Replace(config, "  roles:", "  tls: {cert-file: "+cert+", key-file: "+key+"}\n  roles:", 1)
}

// Over TLS a session is in a cookie that the browser gives to no one else: it takes the name
// __Host- only with all that goes with it. It outlives the page and the manager, and not its
// time; what a wrong token leads to is said.
func TestASessionOverTLS(t *testing.T) {
	serving(t, encrypted(t))
	p := open(t)
	p.Open("https://" + address + "/ui/")
	if !browser.Eval[bool](p, "isSecureContext") {
		t.Error("the browser does not trust the connection")
	}
	login := func(token string) {
		p.Role("textbox", "Token").Fill(token)
		p.Role("dialog", "").Role("button", "Log in").Click()
	}
	login(tokens["configure"])
	p.Role("button", "Log out").Shown()
	cookie := func() *network.Cookie {
		t.Helper()
		all := p.Cookies()
		if len(all) != 1 {
			t.Fatalf("there are %d cookies, want one: %+v", len(all), all)
		}
		return all[0]
	}
	c := cookie()
	if c.Name != "__Host-kres" || !c.Secure || !c.HTTPOnly || c.SameSite != network.CookieSameSiteStrict || c.Path != "/" || c.Domain != "127.0.0.1" || !c.Session {
		t.Errorf("the cookie is %+v", c)
	}
	if seen := browser.Eval[string](p, "document.cookie"); seen != "" {
		t.Errorf("scripts see %q", seen)
	}

	// It outlives the page.
	p.Open("about:blank")
	p.Open("https://" + address + "/ui/")
	p.Role("button", "Log out").Shown()
	if got := cookie().Value; got != c.Value {
		t.Error("the page has another session")
	}

	// A logout ends it, also for who has kept the cookie.
	p.Role("button", "Log out").Click()
	p.Role("textbox", "Token").Shown()
	if all := p.Cookies(); len(all) != 0 {
		t.Errorf("after the logout there are %+v", all)
	}
	if out := sut.Exec(t, "curl", "-sk", "-o", "/dev/null", "-w", "%{http_code}", "-b", c.Name+"="+c.Value, "https://"+address+"/v1/config"); out.Stdout != "401" {
		t.Errorf("the cookie of a session that has ended is answered with %s", out.Stdout)
	}

	// Its time is over: the page that is open says so, and keeps what it shows.
	login(tokens["configure"])
	p.Role("rowheader", "kresd@1").Shown()
	p.Role("navigation", "Pages").Role("link", "Configuration").Click()
	edited(p, "# what someone was about to write\n")
	sut.Must(t, "sh", "-ec", `systemctl stop kresd-manager.socket
		systemctl kill --signal=KILL kresd-manager.service # it takes no leave, so that the page comes back by itself
		systemctl stop kresd-manager.service
		sed -Ei 's/"used":"20[0-9]{2}/"used":"2020/g' /run/kresd-manager/sessions.json
		systemctl start kresd-manager.socket kresd-manager.service`)
	p.Role("dialog", "").Contains("The session has ended")
	p.Accessible("a session that has ended")

	// Who guesses waits, and is told.
	login("a wrong token")
	p.Role("alert", "").Contains("no role in /management/roles has the token")
	for range 10 {
		request(p, "POST", "/v1/session", `JSON.stringify({token: "another wrong token"})`)
	}
	login("a wrong token")
	p.Role("alert", "").Contains("has sent too many wrong tokens")
	p.Accessible("a login that is slowed down")
	sut.Must(t, "systemctl", "restart", "kresd-manager.service") // which has forgotten it
	login(tokens["configure"])
	p.Role("dialog", "").Gone()
	if text := p.Role("textbox", "Configuration in YAML").Text(); !strings.Contains(text, "about to write") {
		t.Errorf("the page has lost what was typed: %q", text)
	}
}
