// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestShownUnits(t *testing.T) {
	for name, c := range map[string]struct {
		names []string
		out   string
		want  map[string]map[string]string
	}{
		"one": {[]string{"a.service"}, "Id=a\nExecStop={ path=/x ; argv[]=/x a=b }\n", map[string]map[string]string{"a.service": {"Id": "a", "ExecStop": "{ path=/x ; argv[]=/x a=b }"}}},
		"two, by the names they are asked for": {
			[]string{"a.service", "b.socket"}, "Id=alias.service\nStatusText=\n\nId=b.socket\n",
			map[string]map[string]string{"a.service": {"Id": "alias.service", "StatusText": ""}, "b.socket": {"Id": "b.socket"}},
		},
		"one that has nothing":     {[]string{"a.service"}, "", map[string]map[string]string{"a.service": {}}},
		"fewer than were asked":    {[]string{"a.service", "b.socket"}, "Id=a\n", map[string]map[string]string{}},
		"more than were asked for": {[]string{"a.service"}, "Id=a\n\nId=b\n", map[string]map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, shown(c.names, c.out)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
