// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"strconv"
	"strings"
	"testing"

	"kresd-manager/test/browser"
	"kresd-manager/test/product"
)

// cockpitConfig has a role for two of the people who log in to Cockpit; root needs none.
const cockpitConfig = `
# The resolver of the house.
workers: 1 # one is enough
network:
  listen:
    - interface: 127.0.0.1
dnssec:
  enable: false
management:
  unix-socket: /run/knot-resolver/kres-api.sock
  roles:
    - {role: read, groups: [dns-readers]}
    - {role: configure, groups: [dns-admins]}
local-data:
  addresses:
    host.example: 192.0.2.1
`

const cockpitPassword = "correct horse battery staple"

// In Cockpit the pages ask as the person who has logged in, without administrative access,
// and each sees what the role of that person may do. Who has none, or may not even open the
// socket, is told what is missing. The fleet comes last: its agent stays.
func TestInCockpitEachSeesWhatTheirRoleMay(t *testing.T) {
	sut.Must(t, "sh", "-ec", `
		groupadd --force dns-admins
		groupadd --force dns-readers
		add() { id "$1" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash --groups "$2" "$1"; }
		add anna knot-resolver,dns-admins
		add rita knot-resolver,dns-readers
		add nora knot-resolver
		add olaf users
		for who in root anna rita nora olaf; do echo "$who:`+cockpitPassword+`"; done | chpasswd
		sed -i /root/d /etc/cockpit/disallowed-users
		systemctl unmask --quiet cockpit.socket
		systemctl start cockpit.socket`)
	sut.Fresh(t, cockpitConfig)

	t.Run("anna configures", func(t *testing.T) {
		p := cockpit(t, "anna")
		role(t, p, "configure")
		p.Accessible("the overview in Cockpit")
		turnedFast(t, p, "anna")
		sut.Must(t, "kresctl", "config", "set", "-p", "/nsid", "changed")
		before := sut.Must(t, "cat", product.ConfigFile)
		refused := toSave(p)
		refused.Click()
		said := p.Role("alert", "").Text()
		for _, part := range []string{"not saved", "permission denied", "administrative access"} {
			if !strings.Contains(said, part) {
				t.Errorf("without administrative access the page says %q, which lacks %q", said, part)
			}
		}
		p.Accessible("what could not be saved")
		if now := sut.Must(t, "cat", product.ConfigFile); now != before {
			t.Errorf("the file is another one:\n%s", now)
		}
	})
	t.Run("rita reads", func(t *testing.T) {
		p := cockpit(t, "rita")
		role(t, p, "read")
		turn(p, "Configuration")
		p.Role("textbox", "Configuration in YAML").Shown()
		p.Role("tab", "File and running").Click()
		p.Role("main", "").Contains("The files are shown to the role configure")
		for _, control := range []string{"Preview", "Save…"} {
			if n := p.Role("button", control).Count(); n != 0 {
				t.Errorf("who may read finds %d buttons %q", n, control)
			}
		}
	})
	t.Run("root saves", func(t *testing.T) {
		p := cockpit(t, "root")
		role(t, p, "configure")
		if n := p.Role("navigation", "Pages").Role("link", "Fleet").Count(); n != 0 {
			t.Errorf("there is a page of the fleet, and no kres-fleet")
		}
		sut.Must(t, "sh", "-ec", "chmod 0640 "+product.ConfigFile+"; chgrp knot-resolver "+product.ConfigFile)
		toSave(p).Click()
		p.Role("main", "").Contains("The files hold what runs.")
		file := sut.Must(t, "cat", product.ConfigFile)
		for _, part := range []string{"workers: 1 # one is enough\n", "nsid: changed\n"} {
			if !strings.Contains(file, part) {
				t.Errorf("the file lacks %q:\n%s", part, file)
			}
		}
		if mode := sut.Must(t, "stat", "-c", "%a %U %G", product.ConfigFile); mode != "640 root knot-resolver\n" {
			t.Errorf("the file has mode and owner %s", mode)
		}
	})
	t.Run("nora has no role", func(t *testing.T) {
		p := cockpit(t, "nora")
		missing := p.Role("dialog", "You have no role here").Shown()
		missing.Contains("names nora or a group of yours")
		missing.Contains("kresctl config get -p /management/roles")
		p.Accessible("no role")
		uncontrolled(t, p)
	})
	t.Run("olaf may not open the socket", func(t *testing.T) {
		p := open(t)
		p.Only("/kresd/")
		p.Open(cockpitAddress)
		p.Role("textbox", "User name").Fill("olaf")
		p.Role("textbox", "Password").Fill("a wrong one")
		p.Role("button", "Log in").Click()
		product.Eventually(t, "Cockpit says that the password is wrong", func() bool {
			return strings.Contains(browser.Eval[string](p, "document.body.innerText"), "Wrong user name or password")
		})
		p = logIn(p, "olaf")
		missing := p.Role("region", "Connection").Shown()
		missing.Contains("olaf may not open /run/knot-resolver/kres-api.sock")
		missing.Contains("usermod --append --groups knot-resolver olaf")
		p.Accessible("no access")
		uncontrolled(t, p)
	})
	t.Run("the fleet", fleetInCockpit)
}

const cockpitAddress = "http://127.0.0.1:9090/kresd"

// cockpit logs in to Cockpit and opens our pages there.
func cockpit(t *testing.T, who string) *browser.Page {
	t.Helper()
	p := open(t)
	p.Only("/kresd/")
	p.Open(cockpitAddress)
	return logIn(p, who)
}

// logIn logs in at the login of Cockpit.
func logIn(p *browser.Page, who string) *browser.Page {
	p.Role("textbox", "User name").Fill(who)
	p.Role("textbox", "Password").Fill(cockpitPassword)
	p.Role("button", "Log in").Click()
	return p.Frame(`iframe[name$="/kresd"]`)
}

// role waits for the overview and holds which role the page shows.
func role(t *testing.T, p *browser.Page, want string) {
	t.Helper()
	p.Role("heading", "Overview").Shown()
	p.Role("rowheader", "kresd@1").Shown()
	if said := p.Role("banner", "").Text(); !strings.Contains(said, "role "+want) {
		t.Errorf("the page says %q, want the role %s", said, want)
	}
}

// turn opens a page.
func turn(p *browser.Page, page string) {
	p.Role("navigation", "Pages").Role("link", page).Click()
}

// toSave is the button that writes what runs into the file.
func toSave(p *browser.Page) browser.Element {
	turn(p, "Configuration")
	p.Role("tab", "File and running").Click()
	return p.Role("button", "Save to the file").Shown()
}

// uncontrolled fails the test if a page that shows nothing can change something.
func uncontrolled(t *testing.T, p *browser.Page) {
	t.Helper()
	if n := p.Role("main", "").Role("button", "").Count() + p.Role("table", "").Count(); n != 0 {
		t.Errorf("there are %d buttons and tables for who may see nothing:\n%s", n, p.Outline())
	}
}

// turnedFast turns pages as fast as someone who looks for something, and holds that nothing
// of a page that was left stays in the bridge of Cockpit: it would keep others waiting.
func turnedFast(t *testing.T, p *browser.Page, who string) {
	t.Helper()
	connections := func() int {
		n, err := strconv.Atoi(strings.TrimSpace(sut.Must(t, "sh", "-ec", `ls -l /proc/$(pgrep -o -u `+who+` -f cockpit-bridge)/fd | grep -c socket:`)))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before, most := connections(), 0
	for range 10 {
		turn(p, "Logs") // a stream on which nothing may come for long
		p.Role("main", "").Contains("kresd-manager info")
		turn(p, "Units")
		p.Role("heading", "Units").Nth(0).Shown()
		most = max(most, connections())
	}
	turn(p, "Overview")
	p.Role("rowheader", "kresd@1").Shown()
	// A page has at most two streams, and asks for something beside.
	if most > before+3 {
		t.Errorf("the bridge had up to %d connections, and %d before pages were turned", most, before)
	}
}
