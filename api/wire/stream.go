// SPDX-License-Identifier: Apache-2.0

package wire

// StreamEnding is the kind of the last event of a stream that the manager breaks
// off because it ends. A stream that has come to its end has no such event.
const StreamEnding = "ending"
