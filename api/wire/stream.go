// SPDX-License-Identifier: Apache-2.0

package wire

// StreamEnding is the kind of the last event of a stream that the manager breaks
// off because it ends. A stream that has come to its end has no such event.
const StreamEnding = "ending"

// Ending is the data of that event.
type Ending struct {
	// Restart tells that another manager follows at once, so that it is worth trying
	// again. Where an administrator has stopped the manager, a connection to its socket
	// would start it.
	Restart bool `json:"restart,omitempty"`
}
