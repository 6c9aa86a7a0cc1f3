// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"strings"
	"testing"

	"kresd-manager/test/browser"
)

// cockpitConfig has a role for each of the people who log in to Cockpit.
const cockpitConfig = `
workers: 1
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
// and each sees what the role of that person may do.
func TestInCockpitEachSeesWhatTheirRoleMay(t *testing.T) {
	sut.Must(t, "sh", "-ec", `
		groupadd --force dns-admins
		groupadd --force dns-readers
		id anna >/dev/null 2>&1 || useradd --create-home --shell /bin/bash --groups knot-resolver,dns-admins anna
		id rita >/dev/null 2>&1 || useradd --create-home --shell /bin/bash --groups knot-resolver,dns-readers rita
		for who in root anna rita; do echo "$who:`+cockpitPassword+`"; done | chpasswd
		sed -i /root/d /etc/cockpit/disallowed-users
		systemctl unmask --quiet cockpit.socket
		systemctl start cockpit.socket`)
	sut.Fresh(t, cockpitConfig)
	for who, role := range map[string]string{"root": "configure", "anna": "configure", "rita": "read"} {
		t.Run(who, func(t *testing.T) {
			p := cockpit(t, who)
			p.Role("heading", "Overview").Shown()
			p.Role("rowheader", "kresd@1").Shown()
			if said := p.Role("banner", "").Text(); !strings.Contains(said, "role "+role) {
				t.Errorf("the page says %q, want the role %s", said, role)
			}
			p.Accessible("the overview in Cockpit")
			p.Role("navigation", "Pages").Role("link", "Configuration").Click()
			p.Role("textbox", "Configuration in YAML").Shown()
			writes := p.Role("button", "Preview").Count()
			if want := map[string]int{"configure": 1, "read": 0}[role]; writes != want {
				t.Errorf("there are %d buttons to preview a change, want %d:\n%s", writes, want, p.Outline())
			}
		})
	}
}

// cockpit logs in to Cockpit and opens our pages there.
func cockpit(t *testing.T, who string) *browser.Page {
	t.Helper()
	p := open(t)
	p.Only("/kresd/")
	p.Open("http://127.0.0.1:9090/kresd")
	p.Role("textbox", "User name").Fill(who)
	p.Role("textbox", "Password").Fill(cockpitPassword)
	p.Role("button", "Log in").Click()
	return p.Frame(`iframe[name$="/kresd"]`)
}
