// SPDX-License-Identifier: Apache-2.0

package render

import (
	"strings"
	"testing"
)

// Zone text that was written on another system is that of this one.
func TestZoneTextHasLinesOfItsOwn(t *testing.T) {
	const records = `"a.example. A 192.0.2.1\r\nb.example. A 192.0.2.2\n\rc.example. A 192.0.2.3\rd.example. A 192.0.2.4\n"`
	rules, _ := PolicyLoader(parse(t, "local-data: {records: "+records+", rules: [{records: "+records+"}]}"))
	const want = "[[\na.example. A 192.0.2.1\nb.example. A 192.0.2.2\nc.example. A 192.0.2.3\nd.example. A 192.0.2.4\n]]"
	if n := strings.Count(rules, want); n != 2 {
		t.Errorf("%d times, want 2:\n%s", n, rules)
	}
}
