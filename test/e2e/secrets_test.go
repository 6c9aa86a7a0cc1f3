// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"kresd-manager/test/machine"
	"kresd-manager/test/product"
)

// TestSecretsStayOutOfSight changes secrets in every way and looks for them in
// everything that is said about it, and in what others can read.
func TestSecretsStayOutOfSight(t *testing.T) {
	const mark = "hush-hush"
	secret := func(n int) string { return fmt.Sprintf("%s-%d-and-more-than-32-bytes-of-it", mark, n) }
	with := func(n int, more string) string {
		return strings.Replace(basic, "network:\n", "network:\n  tls: {sticket-secret: "+secret(n)+"}\n", 1) + "logging: {level: debug}\n" + more
	}
	clean := func(who, text string) {
		t.Helper()
		if at := strings.Index(text, mark); at >= 0 {
			t.Errorf("%s tells a secret: …%s", who, text[max(0, at-200):min(len(text), at+100)])
		}
	}
	sut.Fresh(t, with(0, ""))

	sut.Must(t, "systemd-run", "--unit=events-of-secrets", "kresctl", "events", "--json") // into the journal
	tidy(t, "systemctl stop events-of-secrets")

	change := func(code int, method, path, body string, header ...string) {
		t.Helper()
		a := sut.Call(t, method, path, body, header...)
		if a.Code != code {
			t.Errorf("%s %s: %d, want %d", method, path, a.Code, code)
		}
		clean(fmt.Sprintf("%s %s with %d", method, path, a.Code), a.Body+fmt.Sprint(a.Header))
	}
	const pointer = "/v1/config/network/tls/sticket-secret"
	yaml := []string{"Content-Type", "application/yaml"}
	change(200, "PUT", pointer+"?dry-run", `"`+secret(1)+`"`)
	change(200, "PUT", pointer+"?dry-run", `"`+secret(1)+`"`, "Accept", "application/json")
	change(200, "PUT", pointer, `"`+secret(1)+`"`)
	change(200, "PUT", pointer, `"`+secret(2)+`"`, "Accept", "application/json")
	change(200, "PATCH", "/v1/config", `[{"op": "replace", "path": "/network/tls/sticket-secret", "value": "`+secret(3)+`"}]`)
	change(409, "PATCH", "/v1/config", `[{"op": "test", "path": "/network/tls/sticket-secret", "value": "`+mark+`"}]`)
	change(400, "PUT", pointer, `"`+mark+`"`)             // too short
	change(400, "PUT", pointer, `["`+secret(4)+`"]`)      // no text
	change(400, "PUT", pointer+"/x", `"`+secret(4)+`"`)   // below a text
	change(400, "PUT", pointer, `"`+secret(4)+`" "more"`) // broken
	change(400, "PUT", "/v1/config", with(4, "  sticket-secret: "+secret(5)+"\n"), yaml...)
	change(422, "PUT", "/v1/config", with(4, "lua: {script: 'error(\"no\")'}\n"), yaml...)
	change(400, "PUT", "/v1/config", strings.Replace(with(4, ""), "{sticket", "{sticket-secret-file: /none, sticket", 1), yaml...)
	change(400, "PUT", "/v1/config/management/roles", `{"ops": {"role": "operate", "token": "`+secret(4)+`"}}`)
	change(400, "PUT", "/v1/config/management/roles", `{"ops": {"role": "operate", "token": ["`+secret(4)+`"]}}`)
	change(200, "GET", "/v1/status", "")

	command := func(code int, args ...string) {
		t.Helper()
		r := sut.Exec(t, args...)
		if r.Code != code {
			t.Errorf("%s: exit %d, want %d\n%s", strings.Join(args, " "), r.Code, code, r.Stderr)
		}
		clean(strings.Join(args, " "), r.Stdout+r.Stderr)
	}
	sut.WriteConfig(t, with(6, ""))
	command(0, "kresctl", "plan")
	command(0, "kresctl", "config", "explain", "/network/tls/sticket-secret")
	command(0, "kresctl", "reload", "--dry-run")
	command(0, "kresctl", "reload")
	command(0, "kresctl", "status")
	command(0, "kresctl", "validate", product.ConfigFile)
	sut.WriteConfig(t, strings.Replace(with(6, ""), secret(6), mark, 1))
	command(1, "kresctl", "validate", product.ConfigFile)
	command(1, "kresctl", "reload")
	sut.WriteConfig(t, with(6, "lua: {script: 'error(\"no\")'}\n"))
	command(1, "kresctl", "reload")
	sut.Must(t, "chmod", "0600", product.ConfigFile)
	command(1, "systemctl", "reload", "kresd-manager.service") // cannot read it
	command(0, "systemctl", "show", "kresd-manager.service", "kresd@1.service", "kresd@canary.service", "kres-policy-loader.service")
	command(0, "ps", "axeww")
	clean("the journal", sut.Must(t, "journalctl", "--no-pager", "--output=verbose"))
	if !strings.Contains(sut.Journal(t.Context(), "events-of-secrets.service"), "kresd@2.service") {
		t.Error("no events were seen")
	}

	if !strings.Contains(sut.Must(t, "cat", "/run/kresd-manager/worker/worker.lua"), secret(6)) {
		t.Error("the workers do not have the last secret")
	}
	r := sut.Run(t.Context(), machine.Cmd{User: "nobody", Args: []string{"sh", "-c", "grep -rlsD skip " + mark + " /run /var /etc /tmp"}})
	if r.Stdout != "" {
		t.Errorf("anyone can read the secret in\n%s", r.Stdout)
	}
	tidy(t, "chmod 0644 "+product.ConfigFile)
}
