// SPDX-License-Identifier: Apache-2.0

package promises

import "testing"

// Truthful. kresctl, the API and systemctl reload fail when the change failed, and say why.
func TestTruthful(t *testing.T) {
	sut.Fresh(t, three)
	const reason = "/lua/script:1: '=' expected"
	sut.WriteConfig(t, three+"lua: {script: \"this is no Lua\"}\n")
	fails(t, []string{reason}, "kresctl", "reload")
	fails(t, []string{"kresd-manager.service"}, "systemctl", "reload", "kresd-manager")
	says(t, "the journal", sut.Exec(t, "journalctl", "-u", "kresd-manager", "-n", "20", "-o", "cat"), reason)
	if a := sut.Call(t, "PUT", "/v1/config/lua/script", "\"this is no Lua\""); a.Code != 422 {
		t.Errorf("PUT: %d %s", a.Code, a.Body)
	}
	says(t, "kresctl status", sut.Exec(t, "kresctl", "status"), "PUT /lua/script", "FAILED", "kresd@canary.service", reason)
	sut.WriteConfig(t, three)
	sut.Must(t, "systemctl", "reload", "kresd-manager")
}
