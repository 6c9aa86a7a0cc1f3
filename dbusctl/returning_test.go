// SPDX-License-Identifier: Apache-2.0

package dbusctl

import "testing"

func TestReturning(t *testing.T) {
	const loader = "kres-policy-loader.service"
	for name, c := range map[string]struct {
		rows []listed
		want bool
	}{
		"no one else":                       {[]listed{{Name: "kresd@2.service", Active: "deactivating", JobType: "restart"}}, false},
		"one that stops":                    {[]listed{{Name: "kresd@1.service", Active: "deactivating", JobType: "stop"}}, false},
		"one that stands by":                {[]listed{{Name: "kresd@1.service", Active: "inactive"}}, false},
		"one that is stopped to be started": {[]listed{{Name: "kresd@1.service", Active: "deactivating", JobType: "restart"}}, true},
		"one that starts":                   {[]listed{{Name: "kresd@1.service", Active: "activating", JobType: "start"}}, true},
		"one that crashed":                  {[]listed{{Name: "kresd@1.service", Active: "activating"}}, true},
		"one that crashed and shall stop":   {[]listed{{Name: "kresd@1.service", Active: "activating", JobType: "stop"}}, false},
		"the canary":                        {[]listed{{Name: "kresd@canary.service", Active: "activating", JobType: "start"}}, false},
		"rules that load":                   {[]listed{{Name: "kresd@1.service", JobType: "start"}, {Name: loader, Active: "activating", JobType: "start"}}, true},
		"rules that wait for all to stop":   {[]listed{{Name: "kresd@1.service", JobType: "restart"}, {Name: loader, Active: "active", JobType: "restart"}}, false},
		"everything stops":                  {[]listed{{Name: "kresd@1.service", JobType: "stop"}, {Name: loader, Active: "active", JobType: "stop"}}, false},
	} {
		if got := returning(c.rows, "kresd@2.service"); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
