// SPDX-License-Identifier: Apache-2.0

package wire

// StreamEnding is the kind of the last event of a stream that the manager breaks
// off because it ends. A stream that has come to its end has no such event.
const StreamEnding = "ending"

// StreamGap is the kind of the event that comes first in a stream of events that
// cannot be taken up where its reader left it.
const StreamGap = "gap"

// Gap is the data of such an event.
type Gap struct {
	// After is the id that the reader has sent, and Next the first event that is known
	// after it, 0 if there is none.
	After string `json:"after"`
	Next  uint64 `json:"next"`
	// Reason says why, in words.
	Reason string `json:"reason"`
}
