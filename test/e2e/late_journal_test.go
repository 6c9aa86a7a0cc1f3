// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"

	"kresd-manager/test/product"
)

// On a busy machine journald takes the last words of a unit after systemd has
// forgotten its invocation. The refusal has them all the same.
func TestTheWordsOfAUnitThatJournaldTakesLate(t *testing.T) {
	for _, c := range []struct{ name, pointer, value, unit, says string }{
		{"a component", extra, command("needed", "echo 'no socket here' >&2; exit 7"), extraUnit, "no socket here"},
		{"the canary", "/lua/script", `"no_such_function()"`, "kresd@canary.service", "attempt to call global 'no_such_function'"},
		{"the policy-loader", "/local-data/rpz", `[{"file": "/etc/knot-resolver/broken.rpz"}]`, "kres-policy-loader.service", "broken.rpz"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sut.Fresh(t, basic)
			if err := sut.WriteFile("/etc/knot-resolver/broken.rpz", []byte("$ORIGIN rpz.\n@ SOA . . 1 1 1 1 1\nbroken CNAME\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			result := func() string { return sut.Show(t, c.unit, "Result") }
			journald := strings.TrimSpace(sut.Must(t, "systemctl", "show", "--property=MainPID", "--value", "systemd-journald.service"))
			sut.Must(t, "kill", "-STOP", journald)
			answered := make(chan product.Answer, 1)
			go func() {
				a, err := sut.Request(t.Context(), "PUT", "/v1/config"+c.pointer, c.value)
				if err != nil {
					t.Error(err)
				}
				answered <- a
			}()
			// The unit has failed, and its words are on their way. The canary is
			// reset at once; that it was is seen in its result.
			product.Eventually(t, "the unit has failed", func() bool { return result() != "success" || len(answered) > 0 })
			sut.Must(t, "kill", "-CONT", journald)
			a := <-answered
			if a.Code < 400 || a.Code > 499 || !strings.Contains(a.Body, c.says) {
				t.Errorf("%d %s", a.Code, a.Body)
			}
		})
	}
}
