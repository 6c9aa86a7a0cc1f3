// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"maps"
	"strings"
	"testing"

	"kresd-manager/test/browser"
)

// attack is what a page elsewhere can try against the manager of someone who is logged in,
// each with what comes of it.
const attack = `(async () => {
	const at = "http://` + address + `", came = {};
	const tell = async (name, promise) => { came[name] = await promise.then(async (r) => r.type + " " + r.status + " " + await r.text(), () => "refused"); };
	const asked = (how) => ({credentials: "include", ...how});
	await tell("read", fetch(at + "/v1/config", asked({})));
	await tell("read without looking", fetch(at + "/v1/config", asked({mode: "no-cors"})));
	await tell("read a page", fetch(at + "/ui/", asked({mode: "no-cors"})));
	await tell("write", fetch(at + "/v1/config/workers", asked({method: "PUT", body: "3", headers: {"Content-Type": "application/json"}})));
	await tell("stop", fetch(at + "/stop", asked({method: "POST", mode: "no-cors"})));
	await tell("clear", fetch(at + "/cache/clear", asked({method: "POST", mode: "no-cors", body: "{}"})));
	await tell("log in", fetch(at + "/v1/session", asked({method: "POST", mode: "no-cors", body: "{\"token\": \"x\"}"})));
	navigator.sendBeacon(at + "/renew", "");
	const load = (name, e, attribute, to) => new Promise((done) => {
		e.onload = () => { came[name] = "loaded"; done(); };
		e.onerror = () => { came[name] = "refused"; done(); };
		e[attribute] = to;
		document.body.append(e);
	});
	await load("as a script", document.createElement("script"), "src", at + "/v1/config");
	await load("as a style", Object.assign(document.createElement("link"), {rel: "stylesheet"}), "href", at + "/v1/config");
	await load("as a picture", document.createElement("img"), "src", at + "/ui/csp");
	// A form in a frame, which needs no leave to be sent.
	const frame = Object.assign(document.createElement("iframe"), {name: "f"}), form = Object.assign(document.createElement("form"), {method: "post", action: at + "/stop", target: "f"});
	document.body.append(frame, form);
	await new Promise((done) => { frame.onload = done; form.submit(); });
	try { came["in a frame"] = frame.contentDocument ? "seen" : "refused"; } catch { came["in a frame"] = "refused"; }
	return came;
})()`

// A page elsewhere, at another port of the same host among them, has nothing of what someone
// may do who is logged in, in the browser that they use.
func TestPagesElsewhereCanDoNothing(t *testing.T) {
	serving(t, config)
	sut.Must(t, "sh", "-c", "mkdir -p /tmp/elsewhere && echo '<!doctype html><title>x</title><body>' >/tmp/elsewhere/index.html")
	sut.Must(t, "systemd-run", "--unit=elsewhere", "--collect", "python3", "-m", "http.server", "--bind", "127.0.0.1", "--directory", "/tmp/elsewhere", "5001")
	defer sut.Must(t, "systemctl", "stop", "elsewhere")
	sut.Must(t, "sh", "-c", "for i in $(seq 100); do curl -so /dev/null http://127.0.0.1:5001/ && exit; sleep 0.1; done; exit 1")
	p := as(t, "configure")
	before := sut.PIDs(t)
	for _, site := range []string{"http://127.0.0.1:5001", "http://localhost:5001"} {
		p.Open(site)
		came := browser.Eval[map[string]string](p, attack)
		if len(came) != 11 {
			t.Errorf("%s: %v", site, came)
		}
		for what, how := range came {
			if how != "refused" {
				t.Errorf("%s: %s: %s", site, what, how)
			}
		}
	}
	if after := sut.PIDs(t); !maps.Equal(before, after) {
		t.Errorf("before %v, after %v", before, after)
	}
	if got := strings.TrimSpace(sut.Must(t, "kresctl", "config", "get", "-p", "/workers")); got != "2" {
		t.Errorf("workers: %s", got)
	}
	p.Open("http://" + address + "/ui/") // and the session is what it was
	p.Role("button", "Log out").Shown()
	_ = p.Troubles() // those of pages that ask elsewhere, and are refused
}
