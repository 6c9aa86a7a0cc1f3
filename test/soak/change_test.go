// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"fmt"
	"math/rand/v2"
)

// request is one to the API.
type request struct{ method, path, body string }

func (q request) String() string {
	if len(q.body) > 60 {
		return q.method + " " + q.path + " …"
	}
	return q.method + " " + q.path + " " + q.body
}

// requests are what someone asks of the API meanwhile. Each has the same chance.
var requests = []func(r *rand.Rand) request{
	func(r *rand.Rand) request { return request{"PUT", "/v1/config", document(drawn(r))} },
	func(r *rand.Rand) request { return request{"PUT", "/v1/config?confirm-within=2s", document(drawn(r))} },
	func(r *rand.Rand) request {
		return request{"PUT", "/v1/config/workers", fmt.Sprint(2 + r.IntN(most-1))}
	},
	func(r *rand.Rand) request {
		return request{"PUT", "/v1/config/local-data/addresses/which.example", fmt.Sprintf("%q", address(1+r.IntN(9)))}
	},
	func(r *rand.Rand) request {
		return request{"PATCH", "/v1/config", fmt.Sprintf(`[{"op": "add", "path": "/nsid", "value": "p%d"}]`, r.IntN(3))}
	},
	func(r *rand.Rand) request {
		return request{"PUT", "/v1/config/nsid?confirm-within=1s", fmt.Sprintf(`"c%d"`, r.IntN(3))}
	},
	func(*rand.Rand) request { return request{"DELETE", "/v1/config/nsid", ""} },
	func(*rand.Rand) request { return request{"PUT", "/v1/config/lua/script", `"this is no Lua"`} },
	func(*rand.Rand) request { return request{"POST", "/v1/rollback", ""} },
	func(*rand.Rand) request { return request{"POST", "/v1/confirm", ""} },
	func(*rand.Rand) request { return request{"POST", "/v1/cancel", ""} },
	func(*rand.Rand) request { return request{"POST", "/renew", ""} },
	func(*rand.Rand) request { return request{"POST", "/reload", ""} },
}
