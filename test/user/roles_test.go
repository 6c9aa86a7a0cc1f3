// SPDX-License-Identifier: Apache-2.0

package user

import (
	"strings"
	"testing"

	"kresd-manager/test/product"
)

// TestRolesOfAnOrdinaryUsersManager has a resolver above port 1023 whose API is
// told by its configuration whom to let in.
func TestRolesOfAnOrdinaryUsersManager(t *testing.T) {
	const (
		readers = "0123456789abcdef0123456789abcdef"
		admins  = "fedcba9876543210fedcba9876543210"
		api     = "http://127.0.0.1:5380"
	)
	login(t)
	home := "/home/" + name
	management := `management:
  interface: 127.0.0.1@5380
  pprof: true
  allow-origins: ['https://admin.example']
  roles:
    - {role: read, token: ` + readers + `}
    - {role: configure, token-file: ` + home + `/admins.token}
`
	if err := sut.WriteFile(home+"/my.yaml", []byte(basic+management), 0o644); err != nil {
		t.Fatal(err)
	}
	ann(t, "sh", "-c", "umask 077; echo "+admins+" >"+home+"/admins.token")
	p := begin(t, cmd(product.Programs+"/kresd-manager", "run", "--user", "-c", home+"/my.yaml"))
	p.endAtCleanup(t, cmd, "systemctl", "--user")
	p.ready(t)
	expect(t, 5300, "host.example.", "192.0.2.1")

	ask := func(args ...string) (code, text string) {
		t.Helper()
		out := root(t, append([]string{"curl", "--silent", "--show-error", "--include", "--max-time", "20", "--write-out", `\n%{http_code}`}, args...)...)
		at := strings.LastIndexByte(out, '\n')
		return out[at+1:], out[:at]
	}
	bearer := func(token string) string { return "Authorization: Bearer " + token }
	for _, c := range []struct {
		what, code, says string
		args             []string
	}{
		{"no token", "401", "token", []string{api + "/v1/status"}},
		{"the token of readers", "200", `"workers":2`, []string{"-H", bearer(readers), api + "/v1/status"}},
		{"more than readers may", "403", "/management/roles", []string{"-H", bearer(readers), "-X", "POST", api + "/reload"}},
		{"the token of a file", "200", "", []string{"-H", bearer(admins), "-X", "PUT", "--json", `"192.0.2.7"`, api + "/v1/config/local-data/addresses/host.example"}},
		{"a wrong token", "401", "no role in /management/roles has the token that was sent", []string{"-H", bearer(admins + "x"), api + "/v1/status"}},
		{"a page that is allowed", "200", "Access-Control-Allow-Origin: https://admin.example", []string{"-H", bearer(readers), "-H", "Origin: https://admin.example", api + "/v1/status"}},
		{"another page", "403", "https://other.example", []string{"-H", bearer(readers), "-H", "Origin: https://other.example", api + "/v1/status"}},
		{"profiles", "200", "kresd-manager", []string{"-H", bearer(admins), "--output", "-", api + "/debug/pprof/cmdline"}},
		{"profiles for readers", "403", "/management/roles", []string{"-H", bearer(readers), api + "/debug/pprof/cmdline"}},
	} {
		if code, text := ask(c.args...); code != c.code || !strings.Contains(text, c.says) {
			t.Errorf("%s: %s, want %s with %q\n%s", c.what, code, c.code, c.says, text)
		}
	}
	expect(t, 5300, "host.example.", "192.0.2.7")
}
