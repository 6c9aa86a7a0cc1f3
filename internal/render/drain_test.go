// SPDX-License-Identifier: Apache-2.0

package render

import (
	"testing"
	"time"
)

func TestTheDrainDeadlineIsATimeInAFileOfItsOwn(t *testing.T) {
	for text, want := range map[string]string{
		"{}":                               "5s\n",
		"systemd: {drain-deadline: 10s}":   "10s\n",
		"systemd: {drain-deadline: 250ms}": "250ms\n",
		"systemd: {drain-deadline: 0s}":    "0s\n",
	} {
		c := parse(t, text)
		if got := DrainDeadline(c); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
		if d, err := time.ParseDuration(want[:len(want)-1]); err != nil || d != c.Systemd.DrainDeadline {
			t.Errorf("%q is read back as %v, %v", want, d, err)
		}
		plain, _ := Worker(parse(t, "{}"), machine.render)
		if lua, _ := Worker(c, machine.render); lua != plain {
			t.Errorf("%s is part of what the workers read", text)
		}
	}
}
