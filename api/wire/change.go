// SPDX-License-Identifier: Apache-2.0

package wire

import "kresd-manager/units"

// Change is a change while it waits, while it is carried out, and when it has ended.
type Change struct {
	units.ChangeStatus
	// Problem is why a change that has ended is not in force: what its request was, or
	// would have been, answered with.
	Problem *Problem `json:"problem,omitempty"`
}

// Changes is the answer to who asks for all of them: what is in progress, what waits,
// and what has ended a short time ago, in this order.
type Changes struct {
	Changes []Change `json:"changes"`
}
