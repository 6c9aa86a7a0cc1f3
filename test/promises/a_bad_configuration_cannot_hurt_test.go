// SPDX-License-Identifier: Apache-2.0

package promises

import (
	"maps"
	"testing"
)

// A bad configuration cannot hurt. It is refused where it is wrong by itself, where the
// canary cannot live with it, and where its rules cannot be loaded; what ran before runs,
// and the answer says which key it is, and why.
func TestABadConfigurationCannotHurt(t *testing.T) {
	sut.Fresh(t, three)
	before := sut.PIDs(t)
	client(t)
	for wrong, words := range map[string][]string{
		"workers: many\n":                             {"/etc/knot-resolver/config.yaml:1:10: /workers: expected an integer"},
		three + "worker: 3\n":                         {"/worker: ", "workers"},
		three + "lua: {script: \"this is no Lua\"}\n": {"/lua/script:1: '=' expected"},
		three + "    other.example: 192.0.2.2\n  records: |\n    here is no record\n": {"/local-data/records: line "},
	} {
		sut.WriteConfig(t, wrong)
		fails(t, words, "kresctl", "reload")
		sut.Expect(t, "host.example.", "192.0.2.1")
		if now := sut.PIDs(t); !maps.Equal(before, now) {
			t.Errorf("the processes are %v, and were %v", now, before)
		}
	}
	sut.WriteConfig(t, three)
	sut.Must(t, "kresctl", "reload")
}
