// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"kresd-manager/api/wire"
	"kresd-manager/internal/doctor"
	"kresd-manager/test/product"
)

// pages is the part of TestInterface about the pages, in the sandbox of the installed
// unit. It goes on where encrypted ends: TLS at apiAddress, and a role for a token.
func pages(t *testing.T) {
	const (
		dir  = "/etc/knot-resolver/api/"
		site = "https://" + apiAddress
	)
	renew := makeCertificates[:strings.Index(makeCertificates, "openssl")] + makeCertificates[strings.Index(makeCertificates, "issue()"):]
	sut.Must(t, "sh", "-c", renew+"issue server subjectAltName=IP:127.0.0.1")
	sut.Must(t, "kresctl", "config", "save", "-q")
	browser := func(args ...string) (code, body string) {
		t.Helper()
		return curl(t, append([]string{"--cacert", dir + "ca.pem", "-b", "/root/cookies", "-c", "/root/cookies", "--compressed"}, args...)...)
	}
	session := func() (s wire.Session) {
		t.Helper()
		code, body := browser(site + "/v1/session")
		if err := json.Unmarshal([]byte(body), &s); err != nil || code != "200" {
			t.Fatalf("%s %s", code, body)
		}
		return s
	}
	if code, body := browser(site + "/ui/"); code != "200" || !strings.Contains(body, "<!DOCTYPE html>") && !strings.Contains(body, "<!doctype html>") {
		t.Errorf("the page: %s %.100s", code, body)
	}
	if s := session(); s.Role != "" || s.Login != wire.LoginToken || s.Pages != site+"/ui/" {
		t.Errorf("before: %+v", s)
	}
	// A link of kresctl logs in, as root, who asked for it over the unix socket.
	link := regexp.MustCompile(`#code=(\S+)`).FindStringSubmatch(sut.Must(t, "kresctl", "ui"))
	if link == nil {
		t.Fatal("kresctl ui gives no link")
	}
	if code, body := browser("--json", `{"code": "`+link[1]+`"}`, site+"/v1/session"); code != "200" {
		t.Errorf("the link: %s %s", code, body)
	}
	if s := session(); s.Role != "configure" || s.Name != "root" || !s.Session {
		t.Errorf("by the link: %+v", s)
	}
	if code, body := browser("--json", `{"token": "`+strings.TrimSpace(sut.Must(t, "cat", "/root/token"))+`"}`, site+"/v1/session"); code != "200" {
		t.Fatalf("log in: %s %s", code, body)
	}
	if jar := sut.Must(t, "cat", "/root/cookies"); strings.Count(jar, "__Host-kres") != 1 {
		t.Errorf("cookies: %s", jar)
	}
	if s := session(); s.Role != "configure" || s.Name != "deploy" {
		t.Errorf("by the token: %+v", s)
	}
	// What is written down makes no one anyone, and outlives the manager.
	saved := sut.Must(t, "cat", "/run/kresd-manager/sessions.json")
	cookie := regexp.MustCompile(`__Host-kres\s(\S+)`).FindStringSubmatch(sut.Must(t, "cat", "/root/cookies"))
	if cookie == nil || strings.Contains(saved, cookie[1]) || strings.Contains(saved, link[1]) || strings.TrimSpace(sut.Must(t, "stat", "-c", "%U %a", "/run/kresd-manager/sessions.json")) != "kresd-manager 600" {
		t.Errorf("%s", saved)
	}
	sut.Must(t, "systemctl", "restart", "kresd-manager.service")
	if s := session(); s.Role != "configure" || s.Name != "deploy" {
		t.Errorf("after a restart: %+v", s)
	}
	if code, body := browser("-X", "PUT", "--json", `"by-cookie"`, site+"/v1/config/nsid"); code != "200" {
		t.Errorf("a change: %s %s", code, body)
	}
	if code, body := browser("-X", "PUT", "--json", `"x"`, "-H", "Sec-Fetch-Site: same-site", site+"/v1/config/nsid"); code != "403" {
		t.Errorf("of another page: %s %s", code, body)
	}
	// What the manager sees in its sandbox is no more than what root sees.
	var own, all doctor.Report
	_, body := browser(site + "/v1/doctor")
	if err := json.Unmarshal([]byte(body), &own); err != nil || len(own.Checks) < 10 {
		t.Errorf("%v: %s", err, body)
	}
	if err := json.Unmarshal([]byte(sut.Exec(t, "kresctl", "doctor", "--json").Stdout), &all); err != nil {
		t.Error(err)
	}
	known := map[string]bool{}
	for _, f := range all.Findings {
		known[f.What] = true
	}
	for _, f := range own.Findings {
		if !known[f.What] {
			t.Errorf("the manager finds what root does not: %+v", f)
		}
	}
	t.Logf("root finds %d, the manager %d; unseen: %q", len(all.Findings), len(own.Findings), own.Unseen)
	if code, body := browser(site + "/v1/files"); code != "200" || !strings.Contains(body, `"path":"/etc/knot-resolver/config.yaml"`) || !strings.Contains(body, `by-cookie`) {
		t.Errorf("files: %s %s", code, body)
	}
	watched(t, site)

	// Another token, and whoever had the old one is out.
	sut.Must(t, "sh", "-c", "kresctl token new | kresctl token hash - >/etc/knot-resolver/token")
	if code, body := browser(site + "/v1/status"); code != "401" || !strings.Contains(body, "the session has ended") {
		t.Errorf("with another token: %s %s", code, body)
	}
	if journal := sut.Journal(t.Context(), "kresd-manager.service"); strings.Contains(journal, link[1]) || strings.Contains(journal, cookie[1]) || !strings.Contains(journal, "logged in to the pages") {
		t.Error("the journal has what could be sent, or does not say who logged in")
	}
}

// watched looks at what viewers cost, and prints it.
func watched(t *testing.T, site string) {
	pid := strings.TrimSpace(sut.Must(t, "systemctl", "show", "-p", "MainPID", "--value", "kresd-manager.service"))
	used := func() (ticks int) { // utime and stime, proc_pid_stat(5)
		fields := strings.Fields(sut.Must(t, "sed", "s/.*) //", "/proc/"+pid+"/stat"))
		for _, f := range fields[11:13] {
			n, err := strconv.Atoi(f)
			if err != nil {
				t.Fatal(err)
			}
			ticks += n
		}
		return ticks
	}
	memory := func() string {
		return strings.TrimSpace(sut.Must(t, "sed", "-n", "s/^RssAnon: *//p", "/proc/"+pid+"/status"))
	}
	idle, before := memory(), used()
	sut.Must(t, "sleep", "5")
	quiet := used() - before
	before = used()
	out := sut.Must(t, "sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 10; do curl -sN --max-time 12 --unix-socket "+product.Socket+" http://api/v1/metrics/stream >/tmp/viewer$i & done; wait; cat /tmp/viewer1; rm /tmp/viewer*")
	busy := used() - before
	if n := strings.Count(out, "event: sample\n"); n < 2 || strings.Count(out, "event: history\n") != 1 || !strings.Contains(out, `"unit":"kresd@1.service"`) {
		t.Errorf("%d samples: %s", n, out)
	}
	const ca = "/etc/knot-resolver/api/ca.pem"
	if r := sut.Exec(t, "curl", "-sN", "--max-time", "2", "--cacert", ca, "-b", "/root/cookies", site+"/v1/metrics/stream"); !strings.Contains(r.Stdout, "event: history\n") || strings.Contains(r.Stdout, `"when":[]`) {
		t.Errorf("the stream with a cookie does not begin with the past: %s", r.Stdout)
	}
	t.Logf("without viewers %d ms of CPU in 5 s, %s of memory; with 10 viewers %d ms in 12 s, %s", quiet*10, idle, busy*10, memory())
}
