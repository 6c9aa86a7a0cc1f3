// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"
)

// What an operator sees of the real daemons: the health, the daemon's own words, how
// what runs and the file differ, and the ways to change either.
func TestAnOperatorSeesWhatIsThere(t *testing.T) {
	sut.Fresh(t, basic)
	status := func(want ...string) {
		t.Helper()
		says(t, "kresctl status", sut.Must(t, "kresctl", "status"), want...)
	}
	says(t, "kresctl status", sut.Must(t, "kresctl", "status"), "● running · ", "kresd@1 ", " current ", "kres-policy-loader ")
	if out := sut.Must(t, "kresctl", "diff"); out != "" {
		t.Errorf("the file and what runs differ: %s", out)
	}

	// Over the API: the plan in words, and the way back.
	says(t, "config set", sut.Must(t, "kresctl", "config", "set", "-p", "/nsid", "ns1"),
		"(/nsid changed) · no UDP query lost", "applied in ", "undo: kresctl rollback ", "keep: kresctl config save")
	status("changed over the API, not saved")
	if r := sut.Exec(t, "kresctl", "diff"); r.Code != 1 || !strings.Contains(r.Stdout, "-/nsid: ns1\n") {
		t.Errorf("diff: %d\n%s%s", r.Code, r.Stdout, r.Stderr)
	}

	// In the file: an edit that a worker refuses leaves both as they are.
	refused := sut.Exec(t, "sh", "-c", `EDITOR='echo "lua: {script: no_such_function()}" >>' kresctl edit`)
	says(t, "kresctl edit", refused.Stderr, "is still not valid", "/var/tmp/kresctl-edit-")
	sut.Must(t, "sh", "-c", "rm -r /var/tmp/kresctl-edit-*")
	status("FAILED: ", "no_such_function", "changed over the API, not saved")
	says(t, "kresctl edit", sut.Must(t, "sh", "-c", `EDITOR='echo "nsid: ns2" >>' kresctl edit`), "~ /nsid: ns1 → ns2", "saved in /etc/knot-resolver/config.yaml")
	says(t, "the file", sut.Must(t, "cat", "/etc/knot-resolver/config.yaml"), "nsid: ns2\n")
	if out := sut.Must(t, "kresctl", "status"); strings.Contains(out, "edited") || strings.Contains(out, "not saved") {
		t.Errorf("the file was saved, and the status is\n%s", out)
	}

	// An edit that no one has applied is seen, and what applies it is known before.
	sut.Must(t, "sh", "-c", "sed -i s/ns2/ns3/ /etc/knot-resolver/config.yaml")
	status("edited, not applied: kresctl diff shows what")
	if r := sut.Exec(t, "kresctl", "plan", "--exit-code", "-q"); r.Code != 1 {
		t.Errorf("plan --exit-code: %d\n%s%s", r.Code, r.Stdout, r.Stderr)
	}
	sut.Must(t, "kresctl", "reload")
	says(t, "reload again", sut.Must(t, "kresctl", "reload"), "nothing to do")
	says(t, "config get --effective", sut.Must(t, "kresctl", "config", "get", "--effective"), "nsid: ns3\n", "  # default\n")
}
